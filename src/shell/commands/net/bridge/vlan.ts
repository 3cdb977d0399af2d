/** `bridge vlan`. */

import { type Sys, writeAll } from '../../../../linux/index.ts';
import { rtnetlink, type VlanInfo } from '../../../../linux/net/netlink/requests.ts';
import { jsonText } from '../json.ts';
import { readLinks } from '../links.ts';
import { expand, Refused, unsimulated, type Words } from '../words.ts';
import type { BridgeOptions } from './index.ts';

const HELP = `Usage: bridge vlan { add | del } vid VLAN_ID dev DEV [ pvid ] [ untagged ] [ self ] [ master ]
       bridge vlan { show } [ dev DEV ]
`;
const NAME_WIDTH = 18;

export function* vlanObject(words: Words, options: BridgeOptions): Sys<number> {
  const word = words.peek();
  const command =
    word === null ? 'show' : expand(word, ['add', 'delete', 'set', 'show', 'lst', 'list', 'help']);
  if (word !== null) words.next();
  switch (command) {
    case 'add':
      return yield* change(words, 'RTM_NEWVLAN');
    case 'delete':
      return yield* change(words, 'RTM_DELVLAN');
    case 'show':
    case 'list':
    case 'lst':
      return yield* show(words, options);
    case 'help':
      yield* writeAll(1, HELP);
      return 0;
    case null:
      throw new Refused(`Command "${word}" is unknown, try "bridge vlan help".`, 255);
    default:
      throw unsimulated('bridge', `"vlan ${command}"`);
  }
}

function* show(words: Words, options: BridgeOptions): Sys<number> {
  const { details, statistics, json } = options;
  if (details || statistics) throw unsimulated('bridge', 'the options "-d" and "-s" for VLANs');
  const links = yield* readLinks();
  let rows: readonly VlanInfo[] = yield* rtnetlink('RTM_GETVLAN', null);
  while (!words.done) {
    if (!words.take('dev')) throw unsimulated('bridge', `"${words.peek()}" of "vlan show"`);
    const { index } = links.need(words.next(), undefined, 255);
    rows = rows.filter((row) => row.index === index);
  }
  if (json) {
    const told = rows
      .filter(({ vlans }) => vlans.length > 0)
      .map(({ index, vlans }) => ({
        ifname: links.name(index),
        vlans: vlans.map(({ id, pvid, untagged }) => ({
          vlan: id,
          flags: [...(pvid ? ['PVID'] : []), ...(untagged ? ['Egress Untagged'] : [])],
        })),
      }));
    yield* writeAll(1, jsonText(told, options));
    return 0;
  }
  const lines = rows.flatMap(({ index, vlans }) =>
    vlans.map(
      ({ id, pvid, untagged }, i) =>
        `${(i === 0 ? links.name(index) : '').padEnd(NAME_WIDTH)}${id}${pvid ? ' PVID' : ''}${untagged ? ' Egress Untagged' : ''}\n`,
    ),
  );
  yield* writeAll(1, `port              vlan-id  \n${lines.join('')}`);
  return 0;
}

function rangeWord(words: Words): readonly [number, number] {
  const text = words.next();
  const match = /^(\d+)(?:-(\d+))?$/.exec(text);
  const low = Number(match?.[1] ?? Number.NaN);
  const high = Number(match?.[2] ?? low);
  if (!(low >= 1 && high <= 4094)) throw new Refused(`Invalid VLAN ID "${text}"`, 255);
  if (high < low) throw new Refused('Invalid VLAN range', 255);
  return [low, high];
}

function* change(words: Words, message: 'RTM_NEWVLAN' | 'RTM_DELVLAN'): Sys<number> {
  const links = yield* readLinks();
  let device: string | null = null;
  let range: readonly [number, number] | null = null;
  let [pvid, untagged, self] = [false, false, false];
  while (!words.done) {
    if (words.take('dev')) device = words.next();
    else if (words.take('vid')) range = rangeWord(words);
    else if (words.take('pvid')) pvid = true;
    else if (words.take('untagged')) untagged = true;
    else if (words.take('self')) self = true;
    else if (!words.take('master')) throw unsimulated('bridge', `"${words.peek()}" of "vlan"`);
  }
  if (device === null || range === null) throw new Refused('Device and VLAN ID are required arguments.', 255);
  const [low, high] = range;
  if (pvid && low !== high) throw new Refused('pvid cannot be configured for a vlan range', 255);
  const { index } = links.need(device, undefined, 255);
  for (let id = low; id <= high; id++) yield* rtnetlink(message, { index, self, id, pvid, untagged });
  return 0;
}
