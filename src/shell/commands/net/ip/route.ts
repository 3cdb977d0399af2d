/** `ip route`. */

import { type Sys, sys, writeAll } from '../../../../linux/index.ts';
import { type RouteChange, type RouteInfo, rtnetlink } from '../../../../linux/net/netlink/requests.ts';
import { formatIpv4, formatPrefix, parseIpv4, parsePrefix } from '../../../../network/index.ts';
import { type Json, jsonText } from '../json.ts';
import { type Links, readLinks } from '../links.ts';
import { expand, numberWord, Refused, unsimulated, type Words } from '../words.ts';
import { block, type IpOptions } from './options.ts';
import { tableNumber } from './tables.ts';

const COMMANDS = [
  'list',
  'show',
  'lst',
  'get',
  'add',
  'delete',
  'replace',
  'change',
  'prepend',
  'append',
  'flush',
  'help',
];
const TYPES = ['unicast', 'local', 'broadcast', 'unreachable', 'blackhole', 'prohibit'] as const;

const HELP = `Usage: ip route { show | flush } [ PREFIX ] [ dev DEVICE ] [ table { main | local | all } ]
       ip route get ADDRESS [ from ADDRESS ] [ oif DEVICE ]
       ip route { add | del | change | replace | prepend } [ unreachable | blackhole | prohibit ] PREFIX [ via ADDRESS ] [ dev DEVICE ]
                [ src ADDRESS ] [ metric NUMBER ] [ scope SCOPE ] [ proto PROTOCOL ] [ onlink ]
`;

export function* routeObject(words: Words, options: IpOptions): Sys<number> {
  const word = words.peek();
  const command = word === null ? 'show' : expand(word, COMMANDS);
  if (word !== null) words.next();
  switch (command) {
    case 'show':
    case 'list':
    case 'lst':
      return yield* show(words, options);
    case 'get':
      return yield* get(words, options);
    case 'add':
    case 'change':
    case 'replace':
    case 'prepend':
      yield* rtnetlink('RTM_NEWROUTE', { ...(yield* routeWords(words)), how: command });
      return 0;
    case 'delete':
      yield* rtnetlink('RTM_DELROUTE', yield* routeWords(words));
      return 0;
    case 'flush':
      return yield* flush(words);
    case 'help':
      yield* writeAll(1, HELP);
      return 0;
    case null:
      throw new Refused(`Command "${word}" is unknown, try "ip route help".`, 255);
    default:
      throw unsimulated('ip', `"route ${command}"`);
  }
}

/** `default` or a prefix. Throws Refused. */
function destinationWord(text: string) {
  const prefix = text === 'default' ? { address: 0, length: 0 } : parsePrefix(text);
  if (prefix === null) throw new Refused(`Error: any valid prefix is expected rather than "${text}".`, 1);
  return prefix;
}

function addressWord(words: Words): number {
  const text = words.next();
  const address = parseIpv4(text);
  if (address === null) throw new Refused(`Error: any valid address is expected rather than "${text}".`, 1);
  return address;
}

function* routeWords(words: Words): Sys<RouteChange> {
  const links = yield* readLinks();
  let route: Partial<RouteChange> = {};
  let destination: ReturnType<typeof destinationWord> | null = null;
  while (!words.done) {
    if (words.take('via')) {
      words.take('inet');
      route = { ...route, gateway: addressWord(words) };
    } else if (words.take('dev', 'oif')) route = { ...route, device: links.need(words.next()).index };
    else if (words.take('src')) route = { ...route, source: addressWord(words) };
    else if (words.take('metric', 'priority', 'preference'))
      route = { ...route, metric: numberWord(words, 'metric', 0, 0xffff_ffff) };
    else if (words.take('scope')) route = { ...route, scope: scopeWord(words.next()) };
    else if (words.take('proto', 'protocol')) route = { ...route, protocol: protocolWord(words.next()) };
    else if (words.take('onlink')) route = { ...route, onlink: true };
    else if (words.take('table')) {
      if (words.next() !== 'main') throw unsimulated('ip', 'changing a table of routes besides "main"');
    } else if (words.take('nexthop', 'mtu', 'encap', 'tos', 'dsfield', 'realms', 'nhid', 'advmss', 'rtt'))
      throw unsimulated('ip', 'this setting of a route');
    else if (destination === null) {
      const type = TYPES.find((each) => each === words.peek());
      if (type !== undefined) {
        words.next();
        if (type === 'local' || type === 'broadcast')
          throw unsimulated('ip', `adding routes of type "${type}"`);
        route = { ...route, type };
      }
      words.take('to');
      destination = destinationWord(words.next());
    } else throw new Refused(`Error: either "to" is duplicate, or "${words.peek()}" is a garbage.`, 255);
  }
  if (destination === null) throw unsimulated('ip', 'a route without a destination');
  return { ...route, destination: destination.address, length: destination.length };
}

function scopeWord(text: string): NonNullable<RouteChange['scope']> {
  if (text === 'global' || text === 'link' || text === 'host') return text;
  throw new Refused(`Error: argument "${text}" is wrong: invalid "scope" value\n`, 255);
}

function protocolWord(text: string): NonNullable<RouteChange['protocol']> {
  if (text === 'kernel' || text === 'boot' || text === 'static' || text === 'dhcp') return text;
  throw new Refused(`Error: argument "${text}" is wrong: "protocol" value is invalid\n`, 255);
}

/** Those that a host has from the start, in the order in which all are shown. */
const TABLES = ['main', 'local'] as const;
type TableName = (typeof TABLES)[number];

/** What was asked for is the same in all lines, and left out. */
interface Asked {
  readonly device: boolean;
  readonly protocol: boolean;
}

function prefixText(destination: number, length: number): string {
  if (length === 0) return 'default';
  return length === 32 ? formatIpv4(destination) : formatPrefix({ address: destination, length });
}

const NOTHING: Asked = { device: false, protocol: false };

/** As `ip route show` writes it: what is usual is left out. */
export function routeText(
  route: RouteInfo,
  links: Links,
  asked: Asked = NOTHING,
  table: TableName = 'main',
): string {
  const { type, destination, length, gateway, device, protocol, scope, source, metric } = route;
  return [
    type !== 'unicast' && `${type} `,
    `${prefixText(destination, length)} `,
    gateway !== null && `via ${formatIpv4(gateway)} `,
    device !== 0 && !asked.device && `dev ${links.name(device)} `,
    table === 'local' && 'table local ',
    protocol !== 'boot' && !asked.protocol && `proto ${protocol} `,
    scope !== 'global' && `scope ${scope} `,
    source !== null && `src ${formatIpv4(source)} `,
    metric !== 0 && `metric ${metric} `,
    route.onlink && 'onlink ',
    route.linkDown && 'linkdown ',
  ]
    .filter((part) => part !== false)
    .join('');
}

/** The same as members. */
function routeJson(route: RouteInfo, links: Links, asked: Asked, table: TableName): Json {
  const { type, destination, length, gateway, device, protocol, scope, source, metric } = route;
  return {
    ...(type !== 'unicast' && { type }),
    dst: prefixText(destination, length),
    ...(gateway !== null && { gateway: formatIpv4(gateway) }),
    ...(device !== 0 && !asked.device && { dev: links.name(device) }),
    ...(table === 'local' && { table }),
    ...(protocol !== 'boot' && !asked.protocol && { protocol }),
    ...(scope !== 'global' && { scope }),
    ...(source !== null && { prefsrc: formatIpv4(source) }),
    ...(metric !== 0 && { metric }),
    flags: [...(route.onlink ? ['onlink'] : []), ...(route.linkDown ? ['linkdown'] : [])],
  };
}

function* chosen(words: Words, links: Links) {
  let tables: readonly TableName[] = ['main'];
  let asked = NOTHING;
  const wanted: ((route: RouteInfo) => boolean)[] = [];
  while (!words.done) {
    if (words.take('dev', 'oif')) {
      const { index } = links.need(words.next());
      wanted.push((route) => route.device === index);
      asked = { ...asked, device: true };
    } else if (words.take('table')) {
      tables = tablesWord(words.next());
    } else if (words.take('proto', 'protocol')) {
      const protocol = protocolWord(words.next());
      wanted.push((route) => route.protocol === protocol);
      asked = { ...asked, protocol: true };
    } else if (words.take('via')) {
      const gateway = addressWord(words);
      wanted.push((route) => route.gateway === gateway);
    } else if (words.take('root', 'match', 'type', 'scope', 'src', 'from'))
      throw unsimulated('ip', 'this selection of routes');
    else {
      words.take('to');
      words.take('exact');
      const { address, length } = destinationWord(words.next());
      wanted.push((route) => route.destination === address && route.length === length);
    }
  }
  const routes: { readonly route: RouteInfo; readonly table: TableName }[] = [];
  for (const table of tables)
    for (const route of yield* rtnetlink('RTM_GETROUTE', { table }))
      if (wanted.every((fits) => fits(route))) routes.push({ route, table });
  return { tables, asked, routes };
}

/** Throws Refused. */
function tablesWord(text: string): readonly TableName[] {
  if (text === 'all') return TABLES;
  if (text === 'cache') throw unsimulated('ip', 'the table of routes "cache"');
  const number = tableNumber(text);
  if (number === 0) return TABLES;
  if (number === 254) return ['main'];
  if (number === 255) return ['local'];
  throw new Refused('Error: ipv4: FIB table does not exist.\nDump terminated', 2);
}

function* show(words: Words, options: IpOptions): Sys<number> {
  const links = yield* readLinks();
  const { tables, routes, asked } = yield* chosen(words, links);
  // Which table it is need not be told of the only one.
  const told = (table: TableName) => (tables.length === 1 ? 'main' : table);
  const text = options.json
    ? jsonText(
        routes.map(({ route, table }) => routeJson(route, links, asked, told(table))),
        options,
      )
    : routes
        .map(({ route, table }) => block([routeText(route, links, asked, told(table))], options))
        .join('');
  yield* writeAll(1, text);
  return 0;
}

function* flush(words: Words): Sys<number> {
  if (words.done) throw new Refused('"ip route flush" requires arguments.', 1);
  const { tables, routes } = yield* chosen(words, yield* readLinks());
  if (tables.some((table) => table !== 'main'))
    throw unsimulated('ip', 'changing a table of routes besides "main"');
  for (const { route } of routes) {
    const { destination, length, metric, type } = route;
    yield* rtnetlink('RTM_DELROUTE', { destination, length, metric, type });
  }
  return 0;
}

function* get(words: Words, options: IpOptions): Sys<number> {
  const links = yield* readLinks();
  let destination: number | null = null;
  let source: number | undefined;
  let device: number | undefined;
  while (!words.done) {
    if (words.take('from')) source = addressWord(words);
    else if (words.take('oif', 'dev')) device = links.need(words.next()).index;
    else if (words.take('iif', 'mark', 'uid', 'vrf', 'tos', 'sport', 'dport', 'ipproto', 'fibmatch'))
      throw unsimulated('ip', 'this argument of "route get"');
    else {
      words.take('to');
      destination = addressWord(words);
    }
  }
  if (destination === null) throw new Refused('need at least a destination address', 1);
  const way = yield* rtnetlink('RTM_LOOKUP', {
    destination,
    ...(source !== undefined && { source }),
    ...(device !== undefined && { device }),
  });
  const type = way.type === 'unicast' ? '' : `${way.type} `;
  const from = source === undefined ? '' : `from ${formatIpv4(source)} `;
  const via = way.gateway === null ? '' : `via ${formatIpv4(way.gateway)} `;
  const src = source === undefined && way.source !== null ? `src ${formatIpv4(way.source)} ` : '';
  const cache = way.type === 'unicast' ? '' : `<${way.type === 'local' ? 'local' : 'local,brd'}> `;
  const uid = yield* sys.getuid();
  if (options.json) {
    const flags = way.type === 'unicast' ? [] : way.type === 'local' ? ['local'] : ['local', 'brd'];
    const told = {
      ...(way.type !== 'unicast' && { type: way.type }),
      dst: formatIpv4(destination),
      ...(source !== undefined && { from: formatIpv4(source) }),
      ...(way.gateway !== null && { gateway: formatIpv4(way.gateway) }),
      dev: links.name(way.device),
      ...(source === undefined && way.source !== null && { prefsrc: formatIpv4(way.source) }),
      flags: [],
      uid,
      cache: flags,
    };
    yield* writeAll(1, jsonText([told], options));
    return 0;
  }
  yield* writeAll(
    1,
    `${type}${formatIpv4(destination)} ${from}${via}dev ${links.name(way.device)} ${src}uid ${uid} \n    cache ${cache}\n`,
  );
  return 0;
}
