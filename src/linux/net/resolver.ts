/** The system's resolver: who is asked is in /etc/resolv.conf (resolv.conf(5)), and the questions go out by UDP. */
import { isOsError, SECOND } from '../../base/index.ts';
import {
  DEFAULT_RESOLVER,
  type DnsType,
  isDomainName,
  parseIpv4,
  type Resolution,
  Resolver,
  type ResolverConfig,
} from '../../network/index.ts';
import type { Sys } from '../program.ts';
import { sys } from '../sys.ts';
import { textOf } from './textFile.ts';

export const DNS_PORT = 53;
/** MAXNS: more servers than these are not asked. */
const MOST_SERVERS = 3;

/** Null when there is no /etc/resolv.conf, or no server in it. */
export function* resolverConfig(): Sys<ResolverConfig | null> {
  const config = parseResolverConfig(yield* textOf('/etc/resolv.conf'));
  return config.nameservers.length === 0 ? null : config;
}

function parseResolverConfig(text: string): ResolverConfig {
  const nameservers: number[] = [];
  let search: string[] = [];
  let { ndots, timeout, attempts } = DEFAULT_RESOLVER;
  for (const line of text.split('\n')) {
    const [key, ...words] = line
      .replace(/[#;].*/, '')
      .trim()
      .split(/\s+/);
    if (key === 'nameserver') {
      const address = parseIpv4(words[0] ?? '');
      if (address !== null && nameservers.length < MOST_SERVERS) nameservers.push(address);
    } else if (key === 'search') search = words.filter((word) => isDomainName(word.replace(/\.$/, '')));
    else if (key === 'domain') search = words.slice(0, 1);
    else if (key === 'options')
      for (const word of words) {
        const [, name, value] = /^(ndots|timeout|attempts):(\d+)$/.exec(word) ?? [];
        if (name === 'ndots') ndots = Math.min(15, Number(value));
        if (name === 'timeout') timeout = Math.min(30, Math.max(1, Number(value))) * SECOND;
        if (name === 'attempts') attempts = Math.min(5, Math.max(1, Number(value)));
      }
  }
  return { nameservers, search: search.map((each) => each.replace(/\.$/, '')), ndots, timeout, attempts };
}

export function* monotonic(): Sys<number> {
  const { sec, nsec } = yield* sys.clock_gettime('monotonic');
  return sec * SECOND + nsec;
}

/** A number below 65,536 that nobody can foresee: what an answer has to repeat. */
export function* randomId(): Sys<number> {
  const [high, low] = yield* sys.getrandom(2);
  return (high! << 8) | low!;
}

/** Asks for records of a type, with the names of the search list. Waits until `until` (monotonic nanoseconds) at most. */
export function* askServers(
  config: ResolverConfig,
  name: string,
  type: DnsType,
  until: number | null = null,
): Sys<Resolution> {
  let id = 0;
  const resolver = new Resolver(config, name, type, () => id);
  while (resolver.result === null) {
    id = yield* randomId();
    const now = yield* monotonic();
    if (until !== null && now >= until) return { kind: 'timeout' };
    const { server, datagram } = resolver.next(now)!;
    const deadline = until === null ? resolver.deadline : Math.min(until, resolver.deadline);
    if (!(yield* ask(resolver, server, datagram, deadline))) resolver.timedOut();
  }
  return resolver.result;
}

/** One question to one server; false when nothing came, or it is not there. */
function* ask(resolver: Resolver, server: number, datagram: Uint8Array, deadline: number): Sys<boolean> {
  const fd = yield* sys.socket({ family: 'inet', type: 'dgram' });
  try {
    yield* sys.connect(fd, { family: 'inet', address: server, port: DNS_PORT });
    yield* sys.sendto(fd, datagram, null);
    for (;;) {
      const wait = deadline - (yield* monotonic());
      if (wait <= 0) return false;
      const [ready] = yield* sys.poll([{ fd, events: 'in' }], wait);
      if (!ready!.in) return false;
      const { data } = yield* sys.recvmsg(fd, 65_536);
      if (resolver.receive(server, data)) return true;
    }
  } catch (error) {
    // ECONNREFUSED, and all that says that no packet can go there.
    if (!isOsError(error) || error.code === 'EINTR') throw error;
    return false;
  } finally {
    yield* sys.close(fd);
  }
}
