/** What the embedded resolver knows by itself: containers of the networks that the asking one is in (libnetwork's svcRecords). */
import {
  buildDns,
  type DnsMessage,
  type DnsRecord,
  dnsReply,
  dnsTypeName,
  type Ipv4,
  parseIpv4,
  RCODES,
} from '../../network/index.ts';
import type { Container } from '../model.ts';
import { dnsNames } from './settings.ts';
import { type Endpoint, isDefault } from './types.ts';

/** Seconds that an answer may be kept. */
const TTL = 600;
const LONGEST_DATAGRAM = 512;

/** A container's endpoint with the names it has there. */
export interface NamedEndpoint {
  readonly endpoint: Endpoint;
  readonly names: readonly string[];
}

export function namedEndpoint(endpoint: Endpoint, container: Container): NamedEndpoint {
  const settings = container.NetworkSettings.Networks[endpoint.network.record.Name];
  return { endpoint, names: dnsNames(container, settings?.Aliases ?? null) };
}

/** Networks whose names an endpoint's container may ask for. */
export const hasNames = ({ network, address }: Endpoint): boolean => address !== 0 && !isDefault(network);

/** `web`, or `web.NETWORK` for that of one network; names are told apart without case. */
export function addressesOf(name: string, known: readonly NamedEndpoint[]): Ipv4[] {
  const wanted = name.toLowerCase().replace(/\.$/, '');
  return known
    .filter(({ endpoint, names }) =>
      names.some((each) => {
        const own = each.toLowerCase();
        return own === wanted || `${own}.${endpoint.network.record.Name.toLowerCase()}` === wanted;
      }),
    )
    .map(({ endpoint }) => endpoint.address);
}

/** `web.NETWORK` of `3.0.18.172.in-addr.arpa`; null when no container has the address. */
function nameOf(reverse: string, known: readonly NamedEndpoint[]): string | null {
  const [, digits = ''] = /^([\d.]+)\.in-addr\.arpa$/i.exec(reverse) ?? [];
  const address = parseIpv4(digits.split('.').reverse().join('.'));
  const found = known.find(({ endpoint }) => endpoint.address === address);
  return found === undefined ? null : `${found.names[0]}.${found.endpoint.network.record.Name}`;
}

const reply = (query: DnsMessage, answers: readonly DnsRecord[]): DnsMessage =>
  dnsReply(query, 'NOERROR', { answers, recursionAvailable: true });

/** The answer, if it is about a container; null: others must be asked. `turn` picks who of several comes first. */
export function ownAnswer(
  query: DnsMessage,
  known: readonly NamedEndpoint[],
  turn: () => number,
): DnsMessage | null {
  const { name = '', type = 0 } = query.questions[0] ?? {};
  const kind = dnsTypeName(type);
  if (kind === 'PTR') {
    const target = nameOf(name, known);
    return target === null ? null : reply(query, [{ name, ttl: TTL, data: { type: 'PTR', target } }]);
  }
  if (kind !== 'A' && kind !== 'AAAA' && kind !== 'MX') return null;
  const found = addressesOf(name, known);
  if (found.length === 0) return null;
  const first = kind === 'A' && found.length > 1 ? turn() % found.length : 0;
  const turned = [...found.slice(first), ...found.slice(0, first)];
  const records = turned.map((address): DnsRecord => ({ name, ttl: TTL, data: { type: 'A', address } }));
  return reply(query, kind === 'A' ? records : []);
}

export const serverFailure = (query: DnsMessage): DnsMessage =>
  dnsReply(query, 'SERVFAIL', { recursionAvailable: true });

export const failed = ({ rcode }: DnsMessage): boolean =>
  rcode === RCODES.indexOf('SERVFAIL') || rcode === RCODES.indexOf('REFUSED');

/** As a datagram: as many answers as fit, and whether there are more. */
export function datagramOf(message: DnsMessage): Uint8Array {
  let { answers } = message;
  for (;;) {
    const truncated = answers.length < message.answers.length;
    const bytes = buildDns({ ...message, answers, truncated });
    if (bytes.length <= LONGEST_DATAGRAM || answers.length === 0) return bytes;
    answers = answers.slice(0, -1);
  }
}
