/** `route add` and `route del`: `INET_setroute` of lib/inet_sr.c, and what the kernel makes of it (`rtentry_to_fib_config`). */
import { OsError } from '../../../../base/index.ts';
import type { Sys } from '../../../../linux/index.ts';
import { type RouteChange, rtnetlink } from '../../../../linux/net/netlink/requests.ts';
import { networkOf } from '../../../../network/index.ts';
import { UsageError } from '../../options.ts';
import { readLinks } from '../links.ts';
import { Refused } from '../words.ts';
import { addressOf, maskLength } from './addresses.ts';

/** For what no host has whose name could not be found. */
const LOOKUP_FAILED = 6;
const WRONG = 3;
/** `INET_rt_usage` of lib/inet_sr.c. */
export const ROUTE_USAGE = `Usage: inet_route [-vF] del {-host|-net} Target[/prefix] [gw Gw] [metric M] [[dev] If]
       inet_route [-vF] add {-host|-net} Target[/prefix] [gw Gw] [metric M]
                              [netmask N] [mss Mss] [window W] [irtt I]
                              [mod] [dyn] [reinstate] [[dev] If]
       inet_route [-vF] add {-host|-net} Target[/prefix] [metric M] reject
       inet_route [-FC] flush      NOT supported`;
/** What is wrong, if that is told at all, and how it should have been. */
const wrong = (message = '') => new Refused(`${message}${message === '' ? '' : '\n'}${ROUTE_USAGE}`, WRONG);

const OTHERS = ['mss', 'mtu', 'window', 'irtt', 'mod', 'dyn', 'reinstate'];

interface Wanted {
  destination: number;
  /** As the mask was told; null without one. */
  length: number | null;
  /** By a word of its own. */
  masked: boolean;
  readonly net: boolean;
  gateway: number | null;
  metric: number | null;
  reject: boolean;
  device: string | null;
}

function* targetOf(words: string[]): Sys<Wanted> {
  const kind = /^#/.test(words[0] ?? '') ? words.shift()! : null;
  const word = words.shift();
  if (word === undefined) throw wrong();
  const [, text = word, length] = /^([^/]*)\/(.*)$/.exec(word) ?? [];
  if (length !== undefined && !/^(0|[1-9]\d*)?$/.test(length)) throw wrong();
  const all = text === 'default';
  return {
    destination: all ? 0 : yield* addressOf(text, LOOKUP_FAILED),
    // A mask is made by a shift, of which a processor takes five bits.
    length: length === undefined ? null : Number(length) === 0 ? 0 : ((Number(length) - 1) % 32) + 1,
    masked: false,
    net: kind === null ? all : kind === '#net',
    gateway: null,
    metric: null,
    reject: false,
    device: null,
  };
}

function* wantedOf(args: readonly string[]): Sys<Wanted> {
  const words = [...args];
  const wanted = yield* targetOf(words);
  const value = (): string => {
    const word = words.shift();
    if (word === undefined) throw wrong();
    return word;
  };
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (OTHERS.includes(word)) throw new UsageError(`the setting "${word}" is not simulated`);
    if (word === 'metric') {
      const text = value();
      if (!/^\d/.test(text)) throw wrong();
      wanted.metric = Number.parseInt(text, 10);
    } else if (word === 'netmask') {
      if (wanted.length !== null) throw wrong();
      const text = value();
      wanted.length = maskLength(yield* addressOf(text, LOOKUP_FAILED));
      if (wanted.length === null) throw wrong(`route: bogus netmask ${text}`);
      wanted.masked = true;
    } else if (word === 'gw' || word === 'gateway') {
      if (wanted.gateway !== null) throw wrong();
      wanted.gateway = yield* addressOf(value(), LOOKUP_FAILED);
    } else if (word === 'reject') wanted.reject = true;
    else {
      const named = word === 'dev' || word === 'device';
      if (wanted.device !== null || (!named && words.length > 0)) throw wrong();
      wanted.device = named ? value() : word;
    }
  }
  return wanted;
}

/** Throws Refused for a mask that does not fit, EINVAL for a network without one. */
function lengthOf({ net, length, masked, destination }: Wanted): number {
  if (!net && length !== null && (length !== 32 || masked)) {
    const mask = length === 32 ? 0 : 0xffff_ffff >>> length;
    throw wrong(`route: netmask ${mask.toString(16).padStart(8, '0')} doesn't make sense with host route`);
  }
  if (!net) return 32;
  if (length !== null && length !== 0 && networkOf(destination, length) !== destination)
    throw wrong("route: netmask doesn't match route address");
  if (networkOf(destination, length ?? 0) !== destination) throw new OsError('EINVAL');
  return length ?? 0;
}

/** Throws UsageError, Refused, and what the kernel refuses. */
export function* changeRoute(change: 'add' | 'del', words: readonly string[]): Sys<void> {
  const wanted = yield* wantedOf(words);
  const { destination, gateway, metric, reject, device } = wanted;
  const length = lengthOf(wanted);
  const link = device === null ? null : (yield* readLinks()).byName(device);
  if (device !== null && link === null && !reject) throw new OsError('ENODEV');
  const route: RouteChange = {
    type: reject ? 'unreachable' : 'unicast',
    destination,
    length,
    ...(gateway !== null && !reject && { gateway }),
    ...(link !== null && !reject && { device: link.index }),
    ...(metric !== null && { metric }),
  };
  if (change === 'del') yield* rtnetlink('RTM_DELROUTE', route);
  else
    yield* rtnetlink('RTM_NEWROUTE', {
      ...route,
      ...(reject && { scope: 'host' as const }),
      how: 'prepend',
    });
}
