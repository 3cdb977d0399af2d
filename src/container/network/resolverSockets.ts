/** Where the embedded name server listens in a container's namespace, and the rules that lead port 53 there (libnetwork's rebindExternalDNS). */
import { type Fd, type Sys, sys } from '../../linux/index.ts';
import type { FilterChange } from '../../linux/net/netlink/filterRequests.ts';
import { IPPROTO_TCP, IPPROTO_UDP, parseIpv4 } from '../../network/index.ts';
import { withNetlink } from './netlink.ts';
import { EMBEDDED_RESOLVER } from './resolvConf.ts';
import {
  addition,
  destination,
  host,
  jump,
  newChain,
  port,
  protocol,
  rule,
  source,
  tableChanges,
  translateTo,
} from './ruleText.ts';

const ADDRESS = parseIpv4(EMBEDDED_RESOLVER)!;
export const DNS_PORT = 53;

/** The sockets of one container: for datagrams, and for streams (RFC 7766). */
export interface Place {
  readonly datagrams: Fd;
  readonly streams: Fd;
}

/** In the namespace that the caller is in. */
export function* openPlace(): Sys<Place> {
  const datagrams = yield* openAt('dgram');
  const streams = yield* openAt('stream');
  yield* sys.listen(streams.fd);
  yield* withNetlink((netlink) =>
    netlink.change([
      ...chains(),
      ...rulesFor(IPPROTO_TCP, streams.port),
      ...rulesFor(IPPROTO_UDP, datagrams.port),
    ]),
  );
  return { datagrams: datagrams.fd, streams: streams.fd };
}

/** A socket of the resolver's address, and its port. */
function* openAt(type: 'dgram' | 'stream'): Sys<{ fd: Fd; port: number }> {
  const fd = yield* sys.socket({ family: 'inet', type });
  yield* sys.setcloexec(fd, true);
  yield* sys.bind(fd, { family: 'inet', address: ADDRESS, port: 0 });
  const local = yield* sys.getsockname(fd);
  return { fd, port: local.family === 'inet' ? local.port : 0 };
}

const RESOLVER = host(ADDRESS);

/** In the container's namespace: what goes to the resolver's address passes these. */
const chains = (): FilterChange[] => [
  ...tableChanges('nat', []),
  newChain('nat', 'DOCKER_OUTPUT'),
  newChain('nat', 'DOCKER_POSTROUTING'),
  addition(rule('nat', 'OUTPUT', [destination(RESOLVER)], jump('DOCKER_OUTPUT'))),
  addition(rule('nat', 'POSTROUTING', [destination(RESOLVER)], jump('DOCKER_POSTROUTING'))),
];

/** Port 53 of the resolver's address is its socket's, and answers come from there. */
function rulesFor(transport: number, number: number): FilterChange[] {
  const own = protocol(transport);
  const there = [destination(RESOLVER), own, port('destination', DNS_PORT)];
  const back = [source(RESOLVER), own, port('source', number)];
  return [
    addition(rule('nat', 'DOCKER_OUTPUT', there, translateTo('dnat', ADDRESS, number))),
    addition(rule('nat', 'DOCKER_POSTROUTING', back, translateTo('snat', null, DNS_PORT))),
  ];
}
