/** `bridge link`. */

import { type Sys, writeAll } from '../../../../linux/index.ts';
import {
  type LinkChange,
  type LinkInfo,
  type PortInfo,
  rtnetlink,
} from '../../../../linux/net/netlink/requests.ts';
import { flagNames, otherEnd } from '../ip/linkJson.ts';
import { type Json, jsonText } from '../json.ts';
import { type Links, readLinks } from '../links.ts';
import { expand, numberWord, Refused, switchWord, unsimulated, type Words } from '../words.ts';
import type { BridgeOptions } from './index.ts';

/** By their numbers (BR_STATE_*). */
const STATES = ['disabled', 'listening', 'learning', 'forwarding', 'blocking'] as const;
const UNSIMULATED = [
  'guard',
  'root_block',
  'fastleave',
  'mcast_router',
  'mcast_to_unicast',
  'neigh_suppress',
  'vlan_tunnel',
  'locked',
  'learning_sync',
  'hwmode',
  'backup_port',
  'mab',
];

export function* linkObject(words: Words, options: BridgeOptions): Sys<number> {
  const word = words.peek();
  const command = word === null ? 'show' : expand(word, ['set', 'show', 'lst', 'list', 'help']);
  if (word !== null) words.next();
  if (command === null) throw new Refused(`Command "${word}" is unknown, try "bridge link help".`, 255);
  if (command === 'help') {
    yield* writeAll(1, HELP);
    return 0;
  }
  return yield* command === 'set' ? set(words) : show(words, options);
}

const HELP = `Usage: bridge link set dev DEV [ cost COST ] [ priority PRIO ] [ state STATE ] [ hairpin {on | off} ]
                       [ learning {on | off} ] [ flood {on | off} ] [ mcast_flood {on | off} ]
                       [ bcast_flood {on | off} ] [ isolated {on | off} ]
       bridge link show [ dev DEV ]
`;

function portLines(
  links: Links,
  link: LinkInfo,
  port: PortInfo,
  { details, statistics }: BridgeOptions,
): string {
  if (statistics) throw unsimulated('bridge', 'the option "-s" for links');
  const onOff = (on: boolean) => (on ? 'on' : 'off');
  const first = `${link.index}: ${links.label(link)}: ${links.flags(link)} mtu ${link.mtu} master ${links.name(link.master)} state ${port.state} priority ${port.priority} cost ${port.cost} \n`;
  if (!details) return first;
  return `${first}    hairpin ${onOff(port.hairpin)} learning ${onOff(port.learning)} flood ${onOff(port.flood)} mcast_flood ${onOff(port.multicastFlood)} bcast_flood ${onOff(port.broadcastFlood)} isolated ${onOff(port.isolated)} \n`;
}

function portJson(links: Links, link: LinkInfo, port: PortInfo, options: BridgeOptions): Json {
  if (options.statistics || options.details)
    throw unsimulated('bridge', 'the options "-d" and "-s" with "-j"');
  return {
    ifindex: link.index,
    ...otherEnd(links, link),
    ifname: link.name,
    flags: flagNames(links, link),
    mtu: link.mtu,
    master: links.name(link.master),
    state: port.state,
    priority: port.priority,
    cost: port.cost,
  };
}

function* show(words: Words, options: BridgeOptions): Sys<number> {
  const links = yield* readLinks();
  let device: number | null = null;
  while (!words.done) {
    if (!words.take('dev')) throw unsimulated('bridge', `"${words.peek()}" of "link show"`);
    device = links.need(words.next(), undefined, 255).index;
  }
  if (options.json) {
    const told = links.all
      .filter(({ index, port }) => port !== null && (device === null || index === device))
      .map((link) => portJson(links, link, link.port!, options));
    yield* writeAll(1, jsonText(told, options));
    return 0;
  }
  const text = links.all
    .filter(({ index }) => device === null || index === device)
    .map((link) => (link.port === null ? '' : portLines(links, link, link.port, options)));
  yield* writeAll(1, text.join(''));
  return 0;
}

type Port = { -readonly [K in keyof NonNullable<LinkChange['port']>]: NonNullable<LinkChange['port']>[K] };

function stateWord(words: Words): PortInfo['state'] {
  const text = words.next();
  const state = /^[0-4]$/.test(text) ? STATES[Number(text)] : STATES.find((each) => each === text);
  if (state === undefined) throw new Refused('Error: invalid STP port state', 255);
  return state;
}

function* set(words: Words): Sys<number> {
  const links = yield* readLinks();
  let device: string | null = null;
  const port: Port = {};
  while (!words.done) {
    if (words.take('dev')) device = words.next();
    else if (words.take('state')) port.state = stateWord(words);
    else if (words.take('cost')) port.cost = numberWord(words, 'cost', 1, 65_535);
    else if (words.take('priority')) port.priority = numberWord(words, 'priority', 0, 63);
    else if (words.take('hairpin')) port.hairpin = switchWord(words, 'hairpin');
    else if (words.take('learning')) port.learning = switchWord(words, 'learning');
    else if (words.take('flood')) port.flood = switchWord(words, 'flood');
    else if (words.take('mcast_flood')) port.multicastFlood = switchWord(words, 'mcast_flood');
    else if (words.take('bcast_flood')) port.broadcastFlood = switchWord(words, 'bcast_flood');
    else if (words.take('isolated')) port.isolated = switchWord(words, 'isolated');
    else if (UNSIMULATED.includes(words.peek()!))
      throw unsimulated('bridge', `"${words.peek()}" of "link set"`);
    else throw new Refused(`Error: argument "${words.peek()}" is wrong: unknown\n`, 255);
  }
  if (device === null) throw new Refused('Device is a required argument.', 255);
  yield* rtnetlink('RTM_SETLINK', { index: links.need(device, undefined, 255).index, port });
  return 0;
}
