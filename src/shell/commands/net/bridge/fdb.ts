/** `bridge fdb`. */

import { OsError } from '../../../../base/index.ts';
import { type Sys, writeAll } from '../../../../linux/index.ts';
import { type FdbInfo, rtnetlink } from '../../../../linux/net/netlink/requests.ts';
import { parseMac } from '../../../../network/index.ts';
import { jsonText } from '../json.ts';
import { type Links, readLinks } from '../links.ts';
import { expand, numberWord, Refused, unsimulated, type Words } from '../words.ts';
import type { BridgeOptions } from './index.ts';

const COMMANDS = ['add', 'append', 'replace', 'delete', 'get', 'show', 'list', 'lst', 'flush', 'help'];

const HELP = `Usage: bridge fdb { add | append | del | replace } ADDR dev DEV master [ static | permanent ] [ vlan VID ]
       bridge fdb [ show [ br BRDEV ] [ brport DEV ] [ dev DEV ] [ vlan VID ] [ state STATE ] ]
`;

export function* fdbObject(words: Words, options: BridgeOptions): Sys<number> {
  const word = words.peek();
  const command = word === null ? 'show' : expand(word, COMMANDS);
  if (word !== null) words.next();
  switch (command) {
    case 'show':
    case 'list':
    case 'lst':
      return yield* show(words, options);
    case 'add':
    case 'append':
    case 'replace':
    case 'delete':
      return yield* change(words, command);
    case 'help':
      yield* writeAll(1, HELP);
      return 0;
    case null:
      throw new Refused(`Command "${word}" is unknown, try "bridge fdb help".`, 255);
    default:
      throw unsimulated('bridge', `"fdb ${command}"`);
  }
}

function* show(words: Words, options: BridgeOptions): Sys<number> {
  const { details, statistics, json } = options;
  const links = yield* readLinks();
  let shown: readonly FdbInfo[] = yield* rtnetlink('RTM_GETFDB', null);
  let device: string | null = null;
  let bridge: string | null = null;
  const need = (name: string) => links.need(name, undefined, 255);
  while (!words.done) {
    if (words.take('br')) {
      bridge = words.next();
      const { index } = links.need(bridge, `Cannot find bridge device "${bridge}"`, 255);
      shown = shown.filter((row) => row.bridge === index);
    } else if (words.take('dev', 'brport')) {
      device = words.next();
      const { index } = need(device);
      shown = shown.filter((row) => row.device === index);
    } else if (words.take('vlan')) {
      const vlan = numberWord(words, 'vlan', 0, 4095);
      shown = shown.filter((row) => row.vlan === vlan);
    } else if (words.take('state')) {
      const state = words.next();
      shown = shown.filter((row) => state === 'all' || row.kind === state);
    } else throw unsimulated('bridge', `"${words.peek()}" of "fdb show"`);
  }
  if (json) {
    if (details || statistics) throw unsimulated('bridge', 'the options "-d" and "-s" with "-j"');
    const told = shown.map((row) => ({
      mac: row.mac,
      ...(device === null && { ifname: links.name(row.device) }),
      ...(row.vlan !== 0 && { vlan: row.vlan }),
      flags: [],
      master: links.name(row.bridge),
      state: row.kind === 'learned' ? '' : row.kind,
    }));
    yield* writeAll(1, jsonText(told, options));
    return 0;
  }
  yield* writeAll(1, shown.map((row) => rowText(links, row, device, statistics || details)).join(''));
  return 0;
}

/** Ages are what the kernel counts: seconds since a frame from there was last seen, and since it was last looked up, which is the same here. */
function rowText(links: Links, row: FdbInfo, device: string | null, ages: boolean): string {
  const seconds = Math.floor(row.age / 1e9);
  return [
    `${row.mac} `,
    device === null && `dev ${links.name(row.device)} `,
    row.vlan !== 0 && `vlan ${row.vlan} `,
    ages && `used ${seconds}/${seconds} `,
    `master ${links.name(row.bridge)} `,
    row.kind !== 'learned' && row.kind,
  ]
    .filter((part) => part !== false)
    .join('')
    .concat('\n');
}

function* change(words: Words, how: 'add' | 'append' | 'replace' | 'delete'): Sys<number> {
  const links = yield* readLinks();
  let mac: string | null = null;
  let device: string | null = null;
  let vlan = 0;
  let kind: FdbInfo['kind'] = 'permanent';
  let master = false;
  let self = false;
  while (!words.done) {
    if (words.take('dev')) device = words.next();
    else if (words.take('master')) master = true;
    else if (words.take('self')) self = true;
    else if (words.take('permanent', 'local')) kind = 'permanent';
    else if (words.take('static', 'temp')) kind = 'static';
    else if (words.take('dynamic')) kind = 'learned';
    else if (words.take('vlan')) vlan = numberWord(words, 'vlan', 0, 4094);
    else if (mac === null) {
      words.take('to');
      const text = words.next();
      mac = parseMac(text);
      if (mac === null) throw new Refused(`Invalid address "${text}"`, 255);
    } else throw unsimulated('bridge', `"${words.peek()}" of "fdb ${how}"`);
  }
  if (mac === null || device === null) throw new Refused('Device and address are required arguments.', 255);
  const { index, kind: what } = links.need(device, undefined, 255);
  if (self || (!master && what !== 'bridge'))
    throw unsimulated('bridge', 'an address of a device itself ("self")');
  if (how === 'delete') {
    yield* rtnetlink('RTM_DELFDB', { index, mac, vlan });
    return 0;
  }
  const known = (yield* rtnetlink('RTM_GETFDB', null)).some((row) => row.mac === mac && row.vlan === vlan);
  if (how === 'add' && known) throw new OsError('EEXIST');
  yield* rtnetlink('RTM_NEWFDB', { index, mac, vlan, kind });
  return 0;
}
