/** `ip monitor`: what happens to devices, addresses, routes and neighbours, as it happens. */
import { isOsError } from '../../../../base/index.ts';
import { type Sys, sys, writeAll } from '../../../../linux/index.ts';
import { openRouteEvents, type RouteEventInfo } from '../../../../linux/net/netlink/monitorRequests.ts';
import { formatDate } from '../../system/dateText.ts';
import { readLinks } from '../links.ts';
import { Refused, unsimulated, type Words } from '../words.ts';
import { addressLines } from './address.ts';
import { headLines } from './linkText.ts';
import { neighbourText } from './neighbour.ts';
import { namespaceNames } from './netns.ts';
import { block, type IpOptions } from './options.ts';
import { routeText } from './route.ts';

const HELP = `Usage: ip monitor [ all | OBJECTS ] [ label ]
OBJECTS :=  address | link | neigh | route
`;

const LABELS: Readonly<Record<RouteEventInfo['kind'], string>> = {
  link: '[LINK]',
  address: '[ADDR]',
  route: '[ROUTE]',
  neighbour: '[NEIGH]',
};
/** What the real one can tell besides. */
const OTHERS = ['mroute', 'netconf', 'nexthop', 'nsid', 'prefix', 'rule', 'stats', 'all-nsid', 'dev', 'file'];

interface Wanted {
  readonly kinds: readonly RouteEventInfo['kind'][];
  readonly label: boolean;
}

/** Null: help is wanted. Throws Refused. */
function wantedOf(words: Words): Wanted | null {
  const everything: readonly RouteEventInfo['kind'][] = ['link', 'address', 'route', 'neighbour'];
  const kinds = new Set<RouteEventInfo['kind']>();
  let [all, label] = [false, false];
  while (!words.done) {
    const word = words.next();
    const kind = everything.find((each) => each.startsWith(word.replace('neighbor', 'neighbour')));
    if (word === 'label') label = true;
    else if (word === 'help') return null;
    else if (word === 'all') all = true;
    else if (kind !== undefined) kinds.add(kind);
    else if (OTHERS.includes(word)) throw unsimulated('ip', `"monitor ${word}"`);
    else throw new Refused(`Argument "${word}" is unknown, try "ip monitor help".`, 255);
  }
  return { kinds: all || kinds.size === 0 ? everything : [...kinds], label };
}

function* eventLines(event: RouteEventInfo, options: IpOptions): Sys<string[]> {
  const links = yield* readLinks();
  switch (event.kind) {
    case 'link': {
      const { link } = event;
      const lines = headLines(links, link, options, { mode: false, names: yield* namespaceNames() });
      // A message of a change says nothing of the queue's length, and another end that is gone has no name.
      const first = lines[0]!.replace(/qlen \d+$/, '');
      const alone = link.linkNamespace === null && links.byIndex(link.link) === null;
      if (!alone || (link.kind !== 'veth' && link.kind !== 'vlan')) return [first, ...lines.slice(1)];
      return [first.replace(links.label(link), `${link.name}@NONE`), ...lines.slice(1)];
    }
    case 'address': {
      const [first, ...rest] = addressLines(event.address);
      return [`${event.address.index}: ${event.device}${first}`, ...rest];
    }
    case 'route':
      return [routeText(event.route, links, undefined, event.table)];
    case 'neighbour':
      return [neighbourText(event.neighbour, event.device)];
  }
}

function* stampText(kind: IpOptions['timestamps']): Sys<string> {
  if (kind === null) return '';
  const now = yield* sys.clock_gettime('realtime');
  const microseconds = Math.floor(now.nsec / 1000);
  if (kind === 'long') return `Timestamp: ${formatDate('%a %b %e %H:%M:%S %Y', now)} ${microseconds} usec\n`;
  return `[${formatDate('%Y-%m-%dT%H:%M:%S', now)}.${`${microseconds}`.padStart(6, '0')}] `;
}

export function* monitorObject(words: Words, options: IpOptions): Sys<number> {
  const wanted = wantedOf(words);
  if (wanted === null) {
    yield* writeAll(2, HELP);
    return 255;
  }
  if (options.json) throw unsimulated('ip', '"monitor" with the option "-json"');
  const socket = yield* openRouteEvents();
  for (;;) {
    let event: RouteEventInfo;
    try {
      event = yield* socket.next();
    } catch (error) {
      if (!isOsError(error, 'ENOBUFS')) throw error;
      yield* writeAll(2, 'netlink receive error No buffer space available (105)\n');
      continue;
    }
    if (!wanted.kinds.includes(event.kind)) continue;
    const stamp = yield* stampText(options.timestamps);
    const [first, ...rest] = yield* eventLines(event, options);
    const head = `${wanted.label ? LABELS[event.kind] : ''}${event.gone ? 'Deleted ' : ''}${first}`;
    yield* writeAll(1, stamp + block([head, ...rest], options));
  }
}
