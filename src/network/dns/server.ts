/** An authoritative name server (RFC 1034, 4.3.2) as a function: zones and a query give the answer. */
import { formatIpv4, type Ipv4 } from '../address/ipv4.ts';
import { buildDns, type DnsMessage, type DnsRecord, dnsTypeName, RCODES, type Rcode } from './message.ts';
import type { DomainName } from './name.ts';

export interface Zone {
  /** The name at whose end the zone's names stand, in lower case. */
  readonly origin: DomainName;
  /** Whole names in lower case; the first SOA is the zone's. */
  readonly records: readonly DnsRecord[];
}

/** What fits into a datagram without EDNS (RFC 1035, 4.2.1). */
const LONGEST_DATAGRAM = 512;
/** Aliases of aliases that are followed. */
const LONGEST_CHAIN = 8;

/** What the server can say to a query by itself; null when no zone of its own has the name, and somebody else must be asked. */
export function answerFrom(zones: readonly Zone[], query: DnsMessage): DnsMessage | null {
  const question = query.questions[0];
  if (query.response || question === undefined) return null;
  if (query.opcode !== 0) return reply(query, 'NOTIMP', {});
  let name = question.name.toLowerCase();
  if (zoneOf(zones, name) === null) return null;
  const answers: DnsRecord[] = [];
  for (let i = 0; i < LONGEST_CHAIN; i++) {
    const zone = zoneOf(zones, name);
    if (zone === null) break;
    const here = recordsAt(zone, name);
    const found = here.filter((record) => fits(record, question.type));
    answers.push(...found.map((record) => ({ ...record, name })));
    const alias = here.find((record) => record.data.type === 'CNAME');
    if (found.length > 0 || alias === undefined || alias.data.type !== 'CNAME')
      return finish(zone, query, name, here, answers);
    answers.push({ ...alias, name });
    name = alias.data.target.toLowerCase();
  }
  return reply(query, 'NOERROR', { authoritative: true, answers });
}

/** Whether nothing, or nothing of this type, has the name: the zone's SOA says how long that may be believed (RFC 2308). */
function finish(
  zone: Zone,
  query: DnsMessage,
  name: DomainName,
  here: readonly DnsRecord[],
  answers: readonly DnsRecord[],
): DnsMessage {
  const soa = zone.records.filter((record) => record.data.type === 'SOA').slice(0, 1);
  const exists = here.length > 0 || zone.records.some((record) => record.name.endsWith(`.${name}`));
  const found = answers.some((record) => record.data.type !== 'CNAME') || answers.length > 0;
  if (found && here.length > 0) return reply(query, 'NOERROR', { authoritative: true, answers });
  return reply(query, exists ? 'NOERROR' : 'NXDOMAIN', { authoritative: true, answers, authorities: soa });
}

function fits(record: DnsRecord, type: number): boolean {
  const own = dnsTypeName(type);
  return (
    type === 255 ||
    record.data.type === own ||
    (record.data.type === 'UNKNOWN' && record.data.number === type)
  );
}

/** The zone that is nearest to a name. */
function zoneOf(zones: readonly Zone[], name: DomainName): Zone | null {
  const above = zones.filter(({ origin }) => origin === '' || name === origin || name.endsWith(`.${origin}`));
  return above.sort((a, b) => b.origin.length - a.origin.length)[0] ?? null;
}

/** A name's records, or those of the wildcard that stands for it (RFC 4592). */
function recordsAt(zone: Zone, name: DomainName): readonly DnsRecord[] {
  const here = zone.records.filter((record) => record.name === name);
  if (here.length > 0 || zone.records.some((record) => record.name.endsWith(`.${name}`))) return here;
  const wildcard = `*.${name.split('.').slice(1).join('.')}`;
  return zone.records.filter((record) => record.name === wildcard);
}

/** An answer to `query`; what is not told is empty. */
export function reply(query: DnsMessage, rcode: Rcode, parts: Partial<DnsMessage>): DnsMessage {
  return {
    id: query.id,
    response: true,
    opcode: query.opcode,
    authoritative: false,
    truncated: false,
    recursionDesired: query.recursionDesired,
    recursionAvailable: false,
    rcode: RCODES.indexOf(rcode),
    questions: query.questions,
    answers: [],
    authorities: [],
    additionals: [],
    ...parts,
  };
}

/** The datagram of an answer: what is longer than 512 bytes is cut off and says so, and TCP is tried then. */
export function dnsDatagram(message: DnsMessage): Uint8Array {
  const bytes = buildDns(message);
  if (bytes.length <= LONGEST_DATAGRAM) return bytes;
  return buildDns({ ...message, truncated: true, answers: [], authorities: [], additionals: [] });
}

/** `2.0.0.10.in-addr.arpa`: where the name of an address is asked for (RFC 1035, 3.5). */
export function reverseName(address: Ipv4): DomainName {
  return `${formatIpv4(address).split('.').reverse().join('.')}.in-addr.arpa`;
}
