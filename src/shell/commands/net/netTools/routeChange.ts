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
const OTHERS = ['mss', 'mtu', 'window', 'irtt', 'mod', 'dyn', 'reinstate'];

interface Wanted {
  destination: number;
  /** As the mask was told; null without one. */
  length: number | null;
  readonly net: boolean;
  gateway: number | null;
  metric: number | null;
  reject: boolean;
  device: string | null;
}

function* targetOf(words: string[]): Sys<Wanted> {
  const kind = /^#/.test(words[0] ?? '') ? words.shift()! : null;
  const word = words.shift();
  if (word === undefined) throw new UsageError('a target is missing');
  const [, text = word, length] = /^([^/]*)\/(.*)$/.exec(word) ?? [];
  if (length !== undefined && !(/^\d+$/.test(length) && Number(length) <= 32))
    throw new UsageError(`'${length}' is no length of a prefix`);
  const all = text === 'default';
  return {
    destination: all ? 0 : yield* addressOf(text, LOOKUP_FAILED),
    length: length === undefined ? null : Number(length),
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
  const value = (name: string): string => {
    const word = words.shift();
    if (word === undefined) throw new UsageError(`'${name}' needs a value`);
    return word;
  };
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (OTHERS.includes(word)) throw new UsageError(`the setting "${word}" is not simulated`);
    if (word === 'metric') {
      const text = value(word);
      if (!/^\d/.test(text)) throw new UsageError(`'${text}' is no metric`);
      wanted.metric = Number.parseInt(text, 10);
    } else if (word === 'netmask') {
      if (wanted.length !== null) throw new UsageError('the mask is given twice');
      const text = value(word);
      wanted.length = maskLength(yield* addressOf(text, LOOKUP_FAILED));
      if (wanted.length === null) throw new Refused(`route: bogus netmask ${text}`, WRONG);
    } else if (word === 'gw' || word === 'gateway') {
      if (wanted.gateway !== null) throw new UsageError('the gateway is given twice');
      wanted.gateway = yield* addressOf(value(word), LOOKUP_FAILED);
    } else if (word === 'reject') wanted.reject = true;
    else {
      const named = word === 'dev' || word === 'device';
      if (wanted.device !== null || (!named && words.length > 0))
        throw new UsageError(`'${word}' is no setting of a route`);
      wanted.device = named ? value(word) : word;
    }
  }
  return wanted;
}

/** Throws Refused for a mask that does not fit, EINVAL for a network without one. */
function lengthOf({ net, length, destination }: Wanted): number {
  if (!net && length !== null && length !== 32) {
    const mask = (0xffff_ffff >>> length).toString(16).padStart(8, '0');
    throw new Refused(`route: netmask ${mask} doesn't make sense with host route`, WRONG);
  }
  if (!net) return 32;
  if (length !== null && length !== 0 && networkOf(destination, length) !== destination)
    throw new Refused("route: netmask doesn't match route address", WRONG);
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
