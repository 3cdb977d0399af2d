/** `ip neighbour`. */

import { type Sys, writeAll } from '../../../../linux/index.ts';
import { type NeighbourInfo, rtnetlink } from '../../../../linux/net/netlink/requests.ts';
import { formatIpv4, parseIpv4, parseMac } from '../../../../network/index.ts';
import { jsonText } from '../json.ts';
import { readLinks } from '../links.ts';
import { expand, Refused, unsimulated, type Words } from '../words.ts';
import { block, type IpOptions } from './options.ts';

const COMMANDS = ['add', 'change', 'replace', 'delete', 'get', 'show', 'list', 'lst', 'flush', 'help'];

const HELP = `Usage: ip neigh { add | del | change | replace } ADDRESS [ lladdr LLADDR ] [ nud STATE ] dev DEVICE
       ip neigh { show | flush } [ dev DEVICE ] [ nud STATE ]
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

function* show(words: Words, options: IpOptions): Sys<number> {
  const links = yield* readLinks();
  let device: number | null = null;
  let state: string | null = null;
  while (!words.done) {
    if (words.take('nud')) state = words.next().toUpperCase();
    else {
      words.take('dev');
      device = links.need(words.next()).index;
    }
  }
  const all = yield* rtnetlink('RTM_GETNEIGH', null);
  const shown = all.filter(
    (each) => (device === null || each.index === device) && (state === null || each.state === state),
  );
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
  const text = shown.map((each) => {
    const dev = device === null ? `dev ${links.name(each.index)} ` : '';
    const mac = each.mac === null ? '' : `lladdr ${each.mac} `;
    return block([`${formatIpv4(each.address)} ${dev}${mac}${each.state} `], options);
  });
  yield* writeAll(1, text.join(''));
  return 0;
}

function* flush(words: Words): Sys<number> {
  if (words.done) throw new Refused('Flush requires arguments.', 1);
  const links = yield* readLinks();
  let device: number | null = null;
  while (!words.done) {
    words.take('dev');
    device = words.take('all') ? null : links.need(words.next()).index;
  }
  for (const { index, address, state } of yield* rtnetlink('RTM_GETNEIGH', null))
    if ((device === null || index === device) && state !== 'PERMANENT')
      yield* rtnetlink('RTM_DELNEIGH', { index, address });
  return 0;
}
