/** `ip link`. */

import { type Sys, writeAll } from '../../../../linux/index.ts';
import {
  type LinkChange,
  type NamespaceName,
  type NewLink,
  rtnetlink,
} from '../../../../linux/net/netlink/requests.ts';
import { parseMac } from '../../../../network/index.ts';
import { jsonText } from '../json.ts';
import { type Links, readLinks } from '../links.ts';
import { expand, numberWord, Refused, switchWord, unsimulated, type Words } from '../words.ts';
import { linkJson, statisticsJson } from './linkJson.ts';
import { briefLine, headLines, statisticsLines } from './linkText.ts';
import { namespaceNamed, namespaceNames } from './netns.ts';
import { block, type IpOptions } from './options.ts';

const COMMANDS = ['add', 'change', 'delete', 'help', 'list', 'lst', 'replace', 'set', 'show'];
const KINDS = ['bridge', 'dummy', 'veth', 'vlan'];
/** Kinds of the real tool that are not simulated. */
const OTHER_KINDS =
  'amt bareudp bond can dsa geneve gre gretap gtp hsr ifb ipip ipoib ipvlan ipvtap macsec macvlan macvtap netdevsim nlmon sit team tun vcan vrf vti vxcan vxlan wireguard wwan xfrm'.split(
    ' ',
  );
/** What the real tool can set besides. */
const OTHER_SETTINGS =
  'addrgenmode broadcast brd carrier dynamic gro_max_size group gso_max_segs gso_max_size index link-netns link-netnsid mode numrxqueues numtxqueues protodown protodown_reason state trailers vf vrf xdp xdpdrv xdpgeneric xdpoffload'.split(
    ' ',
  );

const HELP = `Usage: ip link add [link DEV] [ name ] NAME [ type { bridge | dummy | veth | vlan } [ ARGS ] ]
       ip link delete DEVICE [ type TYPE ]
       ip link set DEVICE [ { up | down } ] [ name NEWNAME ] [ address LLADDR ] [ mtu MTU ]
                  [ { arp | promisc | multicast | allmulticast } { on | off } ] [ alias TEXT ]
                  [ txqueuelen LEN ] [ master DEVICE | nomaster ] [ netns { PID | NAME } ] [ type TYPE ARGS ]
       ip link show [ DEVICE ] [ up ] [ master DEVICE ] [ type TYPE ]
`;

export function* linkObject(words: Words, options: IpOptions): Sys<number> {
  const word = words.peek();
  const command = word === null ? 'show' : expand(word, COMMANDS);
  if (word !== null) words.next();
  switch (command) {
    case 'add':
      return yield* add(words);
    case 'delete':
      return yield* remove(words);
    case 'set':
    case 'change':
      return yield* set(words);
    case 'show':
    case 'list':
    case 'lst':
      return yield* show(words, options);
    case 'help':
      yield* writeAll(1, HELP);
      return 0;
    case 'replace':
      throw unsimulated('ip', `"link ${command}"`);
    default:
      throw new Refused(`Command "${word}" is unknown, try "ip link help".`, 255);
  }
}

function* show(words: Words, options: IpOptions): Sys<number> {
  const links = yield* readLinks();
  let shown = links.all;
  while (!words.done) {
    if (words.take('up')) shown = shown.filter((link) => link.up);
    else if (words.take('master')) {
      const name = words.next();
      const bridge = links.need(name, `Device does not exist\n`, 255);
      shown = shown.filter((link) => link.master === bridge.index);
    } else if (words.take('type')) {
      const kind = words.next();
      const wanted = kind === 'tun' ? 'tap' : kind;
      shown = shown.filter((link) =>
        kind === 'bridge_slave' ? link.port !== null : link.kind === wanted && link.kind !== 'physical',
      );
    } else {
      words.take('dev');
      const name = words.next();
      const link = links.need(name, `Device "${name}" does not exist.`);
      shown = [link];
    }
  }
  if (options.json) {
    const all = shown.map((link) => ({
      ...linkJson(links, link, options, true),
      ...(options.statistics > 0 && statisticsJson(link)),
    }));
    yield* writeAll(1, jsonText(all, options));
    return 0;
  }
  const names = yield* namespaceNames();
  const text = shown.map((link) => {
    if (options.brief) return `${briefLine(links, link)}\n`;
    const lines = headLines(links, link, options, { mode: true, names });
    return block([...lines, ...(options.statistics > 0 ? statisticsLines(link) : [])], options);
  });
  yield* writeAll(1, text.join(''));
  return 0;
}

function* remove(words: Words): Sys<number> {
  const links = yield* readLinks();
  words.take('dev');
  if (words.done) throw new Refused('Not enough information: "dev" argument is required.', 255);
  if (words.take('group')) throw unsimulated('ip', '"group" of "link delete"');
  const name = words.next();
  // The kernel asks for the device alone: a kind that is not its own changes nothing.
  if (words.take('type')) words.next();
  if (!words.done)
    throw new Refused(`Error: either "dev" is duplicate, or "${words.peek()}" is a garbage.`, 255);
  const link = links.need(name);
  yield* rtnetlink('RTM_DELLINK', { index: link.index });
  return 0;
}

function macWord(words: Words): string {
  const text = words.next();
  const mac = parseMac(text);
  if (mac !== null) return mac;
  const { length } = text.split(':');
  throw new Refused(
    length === 6 ? `"${text}" is invalid lladdr.` : `Invalid address length ${length} - must be 6 bytes`,
    1,
  );
}

function* namespaceWord(words: Words): Sys<NamespaceName> {
  const text = words.next();
  const name = yield* namespaceNamed(text);
  if (name === null) throw new Refused(`Error: argument "${text}" is wrong: Invalid "netns" value\n`, 255);
  return name;
}

/** IFALIASZ, with the zero that ends it. */
const ALIAS_LENGTH = 256;

function aliasWord(words: Words): string {
  const text = words.next();
  if (text.length < ALIAS_LENGTH) return text;
  throw new Refused(`Error: argument "${text}" is wrong: alias too long\n`, 255);
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function* set(words: Words): Sys<number> {
  const links = yield* readLinks();
  const change: Mutable<Omit<LinkChange, 'index'>> = {};
  let name: string | null = null;
  while (!words.done) {
    if (words.take('up')) change.up = true;
    else if (words.take('down')) change.up = false;
    else if (words.take('name')) change.name = words.next();
    else if (words.take('address', 'addr')) change.mac = macWord(words);
    else if (words.take('mtu')) change.mtu = numberWord(words, 'mtu', 0, 0xffff_ffff);
    else if (words.take('txqueuelen', 'qlen', 'txqlen'))
      change.queueLength = numberWord(words, 'txqueuelen', 0, 0x7fff_ffff);
    else if (words.take('master')) {
      const master = words.next();
      change.master = links.need(
        master,
        `Error: argument "${master}" is wrong: Device does not exist\n`,
        255,
      ).index;
    } else if (words.take('nomaster')) change.master = 0;
    else if (words.take('promisc')) change.promiscuous = switchWord(words, 'promisc', 1);
    else if (words.take('multicast')) change.multicast = switchWord(words, 'multicast', 1);
    else if (words.take('allmulticast')) change.allMulticast = switchWord(words, 'allmulticast', 1);
    else if (words.take('arp')) change.arp = switchWord(words, 'arp', 1);
    else if (words.take('alias')) change.alias = aliasWord(words);
    else if (OTHER_SETTINGS.includes(words.peek()!))
      throw unsimulated('ip', `"${words.peek()}" of "link set"`);
    else if (words.take('netns')) change.namespace = yield* namespaceWord(words);
    else if (words.take('type')) Object.assign(change, typeArguments(words));
    else if (name === null) {
      words.take('dev');
      name = words.next();
    } else throw new Refused(`Error: either "dev" is duplicate, or "${words.peek()}" is a garbage.`, 255);
  }
  if (name === null) throw new Refused('Not enough information: "dev" argument is required.', 255);
  yield* rtnetlink('RTM_SETLINK', { ...change, index: links.need(name).index });
  return 0;
}

/** What follows `type bridge` and `type bridge_slave`. Throws Refused. */
function typeArguments(words: Words): Pick<LinkChange, 'bridge' | 'port'> {
  const kind = words.next();
  if (kind === 'bridge') return { bridge: bridgeArguments(words) };
  if (kind !== 'bridge_slave') throw unsimulated('ip', `"type ${kind}" of "link set"`);
  const port: Mutable<NonNullable<LinkChange['port']>> = {};
  while (!words.done) {
    if (words.take('hairpin')) port.hairpin = switchWord(words, 'hairpin');
    else if (words.take('learning')) port.learning = switchWord(words, 'learning');
    else if (words.take('flood')) port.flood = switchWord(words, 'flood');
    else if (words.take('mcast_flood')) port.multicastFlood = switchWord(words, 'mcast_flood');
    else if (words.take('bcast_flood')) port.broadcastFlood = switchWord(words, 'bcast_flood');
    else if (words.take('isolated')) port.isolated = switchWord(words, 'isolated');
    else throw unsimulated('ip', `"${words.peek()}" of "type bridge_slave"`);
  }
  return { port };
}

function bridgeArguments(words: Words): NonNullable<LinkChange['bridge']> {
  const bridge: Mutable<NonNullable<LinkChange['bridge']>> = {};
  while (!words.done) {
    if (words.take('ageing_time')) bridge.ageing = numberWord(words, 'ageing_time', 0, 0xffff_ffff) * 1e7;
    else if (words.take('vlan_filtering'))
      bridge.vlanFiltering = numberWord(words, 'vlan_filtering', 0, 1) === 1;
    else if (words.take('vlan_default_pvid'))
      bridge.defaultPvid = numberWord(words, 'vlan_default_pvid', 0, 4094);
    else if (words.take('stp_state')) {
      if (numberWord(words, 'stp_state', 0, 1) === 1) throw unsimulated('ip', 'the spanning tree protocol');
    } else throw unsimulated('ip', `"${words.peek()}" of "type bridge"`);
  }
  return bridge;
}

/** `bridge0`, …: the first of a kind's names that is free. */
function freeName(links: Links, kind: string): string {
  let number = 0;
  while (links.byName(`${kind}${number}`) !== null) number++;
  return `${kind}${number}`;
}

function* add(words: Words): Sys<number> {
  const links = yield* readLinks();
  const made: Mutable<Partial<NewLink>> = {};
  const change: Mutable<Omit<LinkChange, 'index'>> = {};
  while (!words.done && made.kind === undefined) {
    if (words.take('link')) made.link = links.need(words.next()).index;
    else if (words.take('address', 'addr')) change.mac = macWord(words);
    else if (words.take('mtu')) change.mtu = numberWord(words, 'mtu', 0, 0xffff_ffff);
    else if (words.take('up')) change.up = true;
    else if (words.take('master')) change.master = links.need(words.next()).index;
    else if (words.take('netns')) made.namespace = yield* namespaceWord(words);
    else if (words.take('type')) made.kind = kindWord(words);
    else {
      words.take('name', 'dev');
      if (made.name !== undefined)
        throw new Refused(`Error: either "name" is duplicate, or "${words.peek()}" is a garbage.`, 255);
      made.name = words.next();
    }
  }
  if (made.kind === undefined) throw new Refused('Not enough information: "type" argument is required', 1);
  const { kind } = made;
  if (kind === 'vlan') made.vlan = vlanArguments(words);
  else if (kind === 'veth') made.peer = yield* peerArguments(words);
  else if (kind === 'bridge') change.bridge = bridgeArguments(words);
  if (!words.done) throw unsimulated('ip', `"${words.peek()}" of "type ${kind}"`);
  const name = made.name ?? freeName(links, kind);
  yield* rtnetlink('RTM_NEWLINK', { ...made, kind, name });
  const settled = Object.keys(change).length > 0 && Object.keys(change.bridge ?? { x: 0 }).length > 0;
  if (!settled && Object.keys(change).every((key) => key === 'bridge')) return 0;
  if (made.namespace !== undefined)
    throw unsimulated('ip', 'settings of a link that is added to another namespace');
  const { index } = (yield* readLinks()).need(name);
  yield* rtnetlink('RTM_SETLINK', { ...change, index });
  return 0;
}

function kindWord(words: Words): NewLink['kind'] {
  const kind = words.next();
  if (KINDS.includes(kind)) return kind as NewLink['kind'];
  if (OTHER_KINDS.includes(kind)) throw unsimulated('ip', `the link type "${kind}"`);
  throw new Refused('Error: Unknown device type.', 2);
}

function vlanArguments(words: Words): number {
  let id: number | null = null;
  while (!words.done) {
    if (words.take('id')) id = numberWord(words, 'id', 0, 4094);
    else if (words.take('protocol')) {
      if (!/^802\.1q$/i.test(words.next())) throw unsimulated('ip', 'a VLAN protocol other than 802.1Q');
    } else break;
  }
  if (id === null) throw new Refused('Error: VLAN properties not specified.', 2);
  return id;
}

function* peerArguments(words: Words): Sys<NonNullable<NewLink['peer']>> {
  let name: string | null = null;
  let namespace: NamespaceName | null = null;
  if (!words.take('peer')) return { name, namespace };
  while (!words.done) {
    if (words.take('netns')) namespace = yield* namespaceWord(words);
    else if (name === null) {
      words.take('name');
      name = words.next();
    } else break;
  }
  return { name, namespace };
}
