/** `ip neighbour`. */

import { type Sys, writeAll } from '../../../../linux/index.ts';
import { type NeighbourInfo, rtnetlink } from '../../../../linux/net/netlink/requests.ts';
import {
  formatIpv4,
  inPrefix,
  type Prefix,
  parseIpv4,
  parseMac,
  parsePrefix,
} from '../../../../network/index.ts';
import { jsonText } from '../json.ts';
import { type Links, readLinks } from '../links.ts';
import { expand, Refused, unsimulated, type Words } from '../words.ts';
import { block, type IpOptions } from './options.ts';

const COMMANDS = ['add', 'change', 'replace', 'delete', 'get', 'show', 'list', 'lst', 'flush', 'help'];

const HELP = `Usage: ip neigh { add | del | change | replace } ADDRESS [ lladdr LLADDR ] [ nud STATE ] dev DEVICE
       ip neigh { show | flush } [ [ to ] PREFIX ] [ dev DEVICE ] [ nud STATE ]
`;

export function* neighbourObject(words: Words, options: IpOptions): Sys<number> {
  const word = words.peek();
  const command = word === null ? 'show' : expand(word, COMMANDS);
  if (word !== null) words.next();
  switch (command) {
    case 'add':
    case 'change':
    case 'replace':
      return yield* change(words, command);
    case 'delete': {
      const { index, address } = yield* entryWords(words);
      yield* rtnetlink('RTM_DELNEIGH', { index, address });
      return 0;
    }
    case 'show':
    case 'list':
    case 'lst':
      return yield* show(words, options);
    case 'flush':
      return yield* flush(words);
    case 'help':
      yield* writeAll(1, HELP);
      return 0;
    case null:
      throw new Refused(`Command "${word}" is unknown, try "ip neigh help".`, 255);
    default:
      throw unsimulated('ip', `"neigh ${command}"`);
  }
}

function* entryWords(words: Words) {
  const links = yield* readLinks();
  let device: string | null = null;
  let address: number | null = null;
  let mac: string | null = null;
  let state: NeighbourInfo['state'] = 'PERMANENT';
  while (!words.done) {
    if (words.take('dev')) device = words.next();
    else if (words.take('lladdr')) {
      const text = words.next();
      mac = parseMac(text);
      if (mac === null) throw new Refused(`"${text}" is invalid lladdr.`, 1);
    } else if (words.take('nud')) state = stateWord(words.next());
    else if (words.take('permanent', 'reachable', 'stale')) throw unsimulated('ip', 'a state without "nud"');
    else {
      words.take('to');
      const text = words.next();
      address = parseIpv4(text);
      if (address === null)
        throw new Refused(`Error: any valid address is expected rather than "${text}".`, 1);
    }
  }
  if (device === null || address === null)
    throw new Refused('Device and destination are required arguments.', 255);
  return { index: links.need(device).index, address, mac, state };
}

function stateWord(text: string): NeighbourInfo['state'] {
  const state = text.toUpperCase();
  if (state === 'PERMANENT' || state === 'REACHABLE' || state === 'STALE') return state;
  throw unsimulated('ip', `the state "${text}" of a neighbour set by hand`);
}

function* change(words: Words, how: 'add' | 'change' | 'replace'): Sys<number> {
  const entry = yield* entryWords(words);
  if (entry.mac === null) throw new Refused('Error: No link layer address given.', 2);
  yield* rtnetlink('RTM_NEWNEIGH', { ...entry, create: how !== 'change', exclusive: how === 'add' });
  return 0;
}

/** Without `nud`, NOARP is left out; NONE is of no neighbour that has been met. */
const STATES = ['INCOMPLETE', 'REACHABLE', 'STALE', 'DELAY', 'PROBE', 'FAILED', 'NOARP', 'PERMANENT', 'NONE'];

interface Selection {
  readonly device: number | null;
  /** Null: all. */
  readonly states: readonly string[] | null;
  readonly fits: (entry: NeighbourInfo) => boolean;
}

/** What `show` and `flush` are about. Throws Refused. */
function selection(words: Words, links: Links): Selection {
  let device: number | null = null;
  let states: readonly string[] | null = null;
  let to: Prefix | null = null;
  while (!words.done) {
    if (words.take('nud')) states = wantedStates(words.next(), states);
    else if (words.take('dev')) device = links.need(words.next()).index;
    else if (words.take('unused', 'proxy', 'master', 'vrf', 'nomaster'))
      throw unsimulated('ip', 'this selection of neighbours');
    else {
      words.take('to');
      to = prefixWord(words.next());
    }
  }
  const fits = (entry: NeighbourInfo) =>
    (device === null || entry.index === device) &&
    (states?.includes(entry.state) ?? true) &&
    (to === null || inPrefix(entry.address, to));
  return { device, states, fits };
}

function wantedStates(text: string, before: readonly string[] | null): readonly string[] {
  if (text === 'all') return STATES;
  const state = text.toUpperCase();
  if (!STATES.includes(state)) throw new Refused(`Error: argument "${text}" is wrong: nud state is bad`, 255);
  return [...(before ?? []), state];
}

function prefixWord(text: string): Prefix {
  const prefix =
    text === 'all' || text === 'any' || text === 'default' ? { address: 0, length: 0 } : parsePrefix(text);
  if (prefix === null) throw new Refused(`Error: any valid prefix is expected rather than "${text}".`, 1);
  return prefix;
}

/** A line; `device` is left out where it was asked for. */
export function neighbourText({ address, mac, state }: NeighbourInfo, device: string | null): string {
  const dev = device === null ? '' : `dev ${device} `;
  return `${formatIpv4(address)} ${dev}${mac === null ? '' : `lladdr ${mac} `}${state} `;
}

function* show(words: Words, options: IpOptions): Sys<number> {
  const links = yield* readLinks();
  const { device, fits } = selection(words, links);
  const shown = (yield* rtnetlink('RTM_GETNEIGH', null)).filter(fits);
  if (options.json) {
    const told = shown.map(({ address, index, mac, state: each }) => ({
      dst: formatIpv4(address),
      ...(device === null && { dev: links.name(index) }),
      ...(mac !== null && { lladdr: mac }),
      state: [each],
    }));
    yield* writeAll(1, jsonText(told, options));
    return 0;
  }
  const text = shown.map((each) =>
    block([neighbourText(each, device === null ? links.name(each.index) : null)], options),
  );
  yield* writeAll(1, text.join(''));
  return 0;
}

function* flush(words: Words): Sys<number> {
  if (words.done) throw new Refused('Flush requires arguments.', 1);
  const { states, fits } = selection(words, yield* readLinks());
  for (const entry of (yield* rtnetlink('RTM_GETNEIGH', null)).filter(fits))
    if (states !== null || entry.state !== 'PERMANENT')
      yield* rtnetlink('RTM_DELNEIGH', { index: entry.index, address: entry.address });
  return 0;
}
