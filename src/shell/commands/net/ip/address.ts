/** `ip address`. */

import { type Sys, writeAll } from '../../../../linux/index.ts';
import { type AddressInfo, type NewAddress, rtnetlink } from '../../../../linux/net/netlink/requests.ts';
import {
  customaryBroadcast,
  formatIpv4,
  formatPrefix,
  parseIpv4,
  parsePrefix,
} from '../../../../network/index.ts';
import { type Json, jsonText } from '../json.ts';
import { readLinks } from '../links.ts';
import { expand, Refused, unsimulated, type Words } from '../words.ts';
import { linkJson, statisticsJson } from './linkJson.ts';
import { briefHead, headLines, statisticsLines } from './linkText.ts';
import { namespaceNames } from './netns.ts';
import { block, type IpOptions } from './options.ts';

const COMMANDS = ['add', 'change', 'replace', 'delete', 'show', 'list', 'lst', 'flush', 'help'];

const HELP = `Usage: ip address { add | change | replace } IFADDR dev IFNAME [ broadcast ADDR ] [ scope SCOPE ] [ label LABEL ]
       ip address del IFADDR dev IFNAME
       ip address flush dev IFNAME
       ip address show [ dev IFNAME ] [ up ]
`;

export function* addressObject(words: Words, options: IpOptions): Sys<number> {
  const word = words.peek();
  const command = word === null ? 'show' : expand(word, COMMANDS);
  if (word !== null) words.next();
  switch (command) {
    case 'add':
      return yield* change('RTM_NEWADDR', words);
    case 'change':
    case 'replace':
      return yield* change('RTM_NEWADDR', words, true);
    case 'delete':
      return yield* change('RTM_DELADDR', words);
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
      throw new Refused(`Command "${word}" is unknown, try "ip address help".`, 255);
    default:
      throw unsimulated('ip', `"address ${command}"`);
  }
}

/** The two lines of an address. */
export function addressLines(address: AddressInfo): string[] {
  const { broadcast, scope, secondary, label } = address;
  const brd = broadcast === null ? '' : ` brd ${formatIpv4(broadcast)}`;
  return [
    `    inet ${formatPrefix(address)}${brd} scope ${scope} ${secondary ? 'secondary ' : ''}${label}`,
    '       valid_lft forever preferred_lft forever',
  ];
}

const briefJson = ({ address, length }: AddressInfo): { readonly [key: string]: Json } => ({
  local: formatIpv4(address),
  prefixlen: length,
});

/** How long "for ever" is. */
const FOR_EVER = 0xffff_ffff;

function addressJson(info: AddressInfo): { readonly [key: string]: Json | undefined } {
  return {
    family: 'inet',
    ...briefJson(info),
    ...(info.broadcast !== null && { broadcast: formatIpv4(info.broadcast) }),
    scope: info.scope,
    ...(info.secondary && { secondary: true }),
    label: info.label,
    valid_life_time: FOR_EVER,
    preferred_life_time: FOR_EVER,
  };
}

function* show(words: Words, options: IpOptions): Sys<number> {
  const links = yield* readLinks();
  let shown = links.all;
  while (!words.done) {
    if (words.take('up')) shown = shown.filter((link) => link.up);
    else if (words.take('scope', 'to', 'label', 'type', 'master', 'vrf', 'primary', 'secondary'))
      throw unsimulated('ip', 'this selection of "address show"');
    else {
      words.take('dev');
      const name = words.next();
      shown = [links.need(name, `Device "${name}" does not exist.`)];
    }
  }
  const addresses = yield* rtnetlink('RTM_GETADDR', null);
  if (options.json) {
    const all = shown.map((link) => ({
      ...linkJson(links, link, options, false),
      addr_info: addresses
        .filter(({ index }) => index === link.index)
        .map((each) => (options.brief ? briefJson(each) : addressJson(each))),
      ...(options.statistics > 0 && statisticsJson(link)),
    }));
    yield* writeAll(1, jsonText(all, options));
    return 0;
  }
  const names = yield* namespaceNames();
  const text = shown.map((link) => {
    const own = addresses.filter(({ index }) => index === link.index);
    if (options.brief)
      return `${briefHead(links, link)}${own.map((each) => `${formatPrefix(each)} `).join('')}\n`;
    if (options.oneline)
      return own.map((each) => `${link.index}: ${link.name}${addressLines(each).join('\\')}\n`).join('');
    const head = headLines(links, link, options, { mode: false, names });
    const counted = options.statistics > 0 ? statisticsLines(link) : [];
    return block([...head, ...own.flatMap(addressLines), ...counted], options);
  });
  yield* writeAll(1, text.join(''));
  return 0;
}

function prefixWord(text: string) {
  const prefix = parsePrefix(text);
  if (prefix === null) throw new Refused(`Error: any valid prefix is expected rather than "${text}".`, 1);
  return prefix;
}

function addressWord(words: Words): number {
  const text = words.next();
  const address = parseIpv4(text);
  if (address === null) throw new Refused(`Error: any valid address is expected rather than "${text}".`, 1);
  return address;
}

function* change(message: 'RTM_NEWADDR' | 'RTM_DELADDR', words: Words, replace = false): Sys<number> {
  const links = yield* readLinks();
  let local: string | null = null;
  let device: string | null = null;
  let broadcast: number | '+' | null = null;
  let scope: NewAddress['scope'];
  let label: string | undefined;
  while (!words.done) {
    if (words.take('dev')) device = words.next();
    else if (words.take('broadcast', 'brd')) {
      if (words.take('+')) broadcast = '+';
      else if (!words.take('-')) broadcast = addressWord(words);
    } else if (words.take('scope')) scope = scopeWord(words.next());
    else if (words.take('label')) label = words.next();
    else if (words.take('peer', 'anycast', 'metric', 'valid_lft', 'preferred_lft', 'noprefixroute', 'nodad'))
      throw unsimulated('ip', 'this setting of an address');
    else if (local === null || words.take('local')) local = words.next();
    else throw new Refused(`Error: either "local" is duplicate, or "${words.peek()}" is a garbage.`, 255);
  }
  if (device === null) throw new Refused('Not enough information: "dev" argument is required.', 1);
  if (local === null) throw new Refused('Not enough information: "local" argument is required', 1);
  const { index } = links.need(device);
  const { address, length } = yield* completed(message, index, local);
  yield* rtnetlink(message, {
    index,
    address,
    length,
    broadcast: broadcast === '+' ? customaryBroadcast(address, length) : broadcast,
    ...(scope !== undefined && { scope }),
    ...(label !== undefined && { label }),
    ...(replace && { replace }),
  });
  return 0;
}

/** Deleting an address without its length deletes it with whatever length it has, and says so. */
function* completed(message: 'RTM_NEWADDR' | 'RTM_DELADDR', index: number, text: string) {
  const prefix = prefixWord(text);
  if (message === 'RTM_NEWADDR' || text.includes('/')) return prefix;
  yield* writeAll(
    2,
    `Warning: Executing wildcard deletion to stay compatible with old scripts.\n         Explicitly specify the prefix length (${text}/32) to avoid this warning.\n         This special behaviour is likely to disappear in further releases,\n         fix your scripts!\n`,
  );
  const known = (yield* rtnetlink('RTM_GETADDR', null)).find(
    (each) => each.index === index && each.address === prefix.address,
  );
  return known ?? prefix;
}

function scopeWord(text: string): NonNullable<NewAddress['scope']> {
  if (text === 'global' || text === 'link' || text === 'host') return text;
  throw new Refused(`Error: argument "${text}" is wrong: invalid scope value.\n`, 255);
}

function* flush(words: Words): Sys<number> {
  if (words.done) throw new Refused('Flush requires arguments.', 1);
  const links = yield* readLinks();
  words.take('dev');
  const name = words.next();
  const { index } = links.need(name, `Device "${name}" does not exist.`);
  if (!words.done) throw unsimulated('ip', 'a selection of "address flush" besides the device');
  for (;;) {
    // The secondary addresses of a network go with its primary one.
    const [first] = (yield* rtnetlink('RTM_GETADDR', null)).filter((each) => each.index === index);
    if (first === undefined) return 0;
    yield* rtnetlink('RTM_DELADDR', first);
  }
}
