/** DNS: messages, answers from zones, and the stub resolver. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SECOND } from '../../../src/base/index.ts';
import {
  answerFrom,
  buildDns,
  DEFAULT_RESOLVER,
  type DnsData,
  type DnsMessage,
  type DnsType,
  dnsDatagram,
  dnsReply,
  dnsTypeNumber,
  formatIpv4,
  isDomainName,
  parseDns,
  RCODES,
  Resolver,
  type ResolverConfig,
} from '../../../src/network/index.ts';
import { ZONES } from '../../support/networkFrames.ts';
import { ip } from '../../support/networkHosts.ts';

function query(name: string, type: DnsType): DnsMessage {
  return {
    id: 7,
    response: false,
    opcode: 0,
    authoritative: false,
    truncated: false,
    recursionDesired: true,
    recursionAvailable: false,
    rcode: 0,
    questions: [{ name, type: dnsTypeNumber(type) }],
    answers: [],
    authorities: [],
    additionals: [],
  };
}

/** Code and answers in words. */
function ask(name: string, type: DnsType): string[] | null {
  const answer = answerFrom(ZONES, query(name, type));
  if (answer === null) return null;
  const text = (data: DnsData) =>
    data.type === 'A'
      ? formatIpv4(data.address)
      : 'target' in data
        ? `${data.type} ${data.target}`
        : data.type;
  const soa = answer.authorities.map((record) => record.data.type);
  return [RCODES[answer.rcode]!, ...answer.answers.map((record) => text(record.data)), ...soa];
}

test('zones answer: records, aliases, wildcards, no data, no name, not ours', () => {
  expect(ask('example.com', 'A')).toEqual(['NOERROR', '192.0.2.1', '192.0.2.2']);
  expect(ask('WWW.Example.COM', 'A')).toEqual(['NOERROR', 'CNAME example.com', '192.0.2.1', '192.0.2.2']);
  expect(ask('www.example.com', 'CNAME')).toEqual(['NOERROR', 'CNAME example.com']);
  expect(ask('x.wild.example.com', 'A')).toEqual(['NOERROR', '192.0.2.4']);
  expect(ask('a.deep.example.com', 'MX')).toEqual(['NOERROR', 'SOA']);
  // A name that only has names below it exists.
  expect(ask('deep.example.com', 'A')).toEqual(['NOERROR', 'SOA']);
  expect(ask('nope.example.com', 'A')).toEqual(['NXDOMAIN', 'SOA']);
  expect(ask('1.2.0.192.in-addr.arpa', 'PTR')).toEqual(['NOERROR', 'PTR example.com']);
  expect(ask('example.org', 'A')).toBeNull();
  expect(ask('notexample.com', 'A')).toBeNull();
});

test('names are compressed, and an answer that is too long says so', () => {
  const one = buildDns(answerFrom(ZONES, query('example.com', 'A'))!);
  // 12 of header, 17 of question, twice 16 with a pointer for the name.
  expect(one.length).toBe(12 + 17 + 2 * 16);
  const long = dnsReply(query('example.com', 'TXT'), 'NOERROR', {
    answers: Array.from({ length: 4 }, () => ({
      name: 'example.com',
      ttl: 1,
      data: { type: 'TXT' as const, texts: ['x'.repeat(200)] },
    })),
  });
  const datagram = dnsDatagram(long);
  expect(datagram.length).toBeLessThanOrEqual(512);
  expect(parseDns(datagram)).toMatchObject({ truncated: true, answers: [] });
});

const config: ResolverConfig = {
  ...DEFAULT_RESOLVER,
  nameservers: [ip('10.0.0.1'), ip('10.0.0.2')],
  search: ['lab', 'example.com'],
};

/** Runs a resolver to its end; `answer` plays the servers, null is silence. Which names were asked of whom, and how it ended. */
function resolve(
  name: string,
  answer: (server: string, query: DnsMessage) => DnsMessage | null,
  type: DnsType = 'A',
) {
  let id = 0;
  const resolver = new Resolver(config, name, type, () => ++id);
  const asked: string[] = [];
  let now = 0;
  for (let next = resolver.next(now); next !== null; next = resolver.next(now)) {
    const sent = parseDns(next.datagram)!;
    const server = formatIpv4(next.server);
    asked.push(`${sent.questions[0]!.name} at ${server}`);
    const reply = answer(server, sent);
    if (reply === null) {
      now = resolver.deadline;
      resolver.timedOut();
    } else expect(resolver.receive(next.server, buildDns(reply))).toBe(true);
  }
  return { asked, result: resolver.result!, time: now };
}

const fromZones = (_: string, sent: DnsMessage) => answerFrom(ZONES, sent) ?? dnsReply(sent, 'NXDOMAIN', {});

describe('the stub resolver', () => {
  test('tries the search list for short names, the name itself first for others', () => {
    const short = resolve('www', fromZones);
    expect(short.asked).toEqual(['www.lab at 10.0.0.1', 'www.example.com at 10.0.0.1']);
    expect(short.result).toMatchObject({ kind: 'found', name: 'www.example.com' });
    expect(resolve('example.com', fromZones).asked).toEqual(['example.com at 10.0.0.1']);
    expect(resolve('no.such', fromZones)).toMatchObject({
      asked: ['no.such at 10.0.0.1', 'no.such.lab at 10.0.0.1', 'no.such.example.com at 10.0.0.1'],
      result: { kind: 'nxdomain' },
    });
    expect(resolve('www.', fromZones).asked).toEqual(['www at 10.0.0.1']);
    expect(resolve('deep', fromZones).result).toEqual({ kind: 'nodata' });
  });

  test('asks the next server after five seconds, or when one fails; twice around', () => {
    const silent = resolve('example.com', () => null);
    expect(silent.asked.map((each) => each.slice(-1))).toEqual(['1', '2', '1', '2']);
    expect([silent.result.kind, silent.time]).toEqual(['timeout', 20 * SECOND]);
    const failing = resolve('example.com', (server, sent) =>
      server === '10.0.0.1' ? dnsReply(sent, 'SERVFAIL', {}) : fromZones(server, sent),
    );
    expect(failing.asked).toEqual(['example.com at 10.0.0.1', 'example.com at 10.0.0.2']);
    expect(failing.result.kind).toBe('found');
  });

  test('believes only the server, the number and the question it asked', () => {
    const resolver = new Resolver(config, 'example.com', 'A', () => 77);
    const sent = parseDns(resolver.next(0)!.datagram)!;
    const right = answerFrom(ZONES, sent)!;
    expect(resolver.receive(ip('10.0.0.9'), buildDns(right))).toBe(false);
    expect(resolver.receive(ip('10.0.0.1'), buildDns({ ...right, id: 78 }))).toBe(false);
    expect(
      resolver.receive(ip('10.0.0.1'), buildDns({ ...right, questions: [{ name: 'evil', type: 1 }] })),
    ).toBe(false);
    expect(resolver.receive(ip('10.0.0.1'), buildDns({ ...right, response: false }))).toBe(false);
    expect(resolver.receive(ip('10.0.0.1'), buildDns(right))).toBe(true);
    expect(new Resolver(config, 'a..b', 'A', () => 1).result).toEqual({ kind: 'invalid' });
    expect([
      isDomainName('a'.repeat(63)),
      isDomainName('a'.repeat(64)),
      isDomainName('a.'.repeat(128)),
    ]).toEqual([true, false, false]);
  });
});

describe('messages', () => {
  const name = fc
    .array(fc.stringMatching(/^[a-z0-9-]{1,12}$/), { maxLength: 5 })
    .map((labels) => labels.join('.'));
  const data: fc.Arbitrary<DnsData> = fc.oneof(
    fc.record({ type: fc.constant('A' as const), address: fc.nat(0xffffffff) }),
    fc.record({ type: fc.constantFrom('NS' as const, 'CNAME' as const, 'PTR' as const), target: name }),
    fc.record({ type: fc.constant('MX' as const), preference: fc.nat(0xffff), target: name }),
    fc.record({
      type: fc.constant('TXT' as const),
      texts: fc.array(fc.stringMatching(/^[ -~]{0,40}$/), { minLength: 1, maxLength: 3 }),
    }),
    fc.record({
      type: fc.constant('UNKNOWN' as const),
      number: fc.constantFrom(99, 1000),
      bytes: fc.uint8Array({ maxLength: 20 }),
    }),
  );
  const record = fc.record({ name, ttl: fc.nat(0xffffffff), data });
  const arbitrary: fc.Arbitrary<DnsMessage> = fc.record({
    id: fc.nat(0xffff),
    response: fc.boolean(),
    opcode: fc.nat(15),
    authoritative: fc.boolean(),
    truncated: fc.boolean(),
    recursionDesired: fc.boolean(),
    recursionAvailable: fc.boolean(),
    rcode: fc.nat(15),
    questions: fc.array(fc.record({ name, type: fc.nat(0xffff) }), { maxLength: 2 }),
    answers: fc.array(record, { maxLength: 4 }),
    authorities: fc.array(record, { maxLength: 2 }),
    additionals: fc.array(record, { maxLength: 2 }),
  });

  test('are read as they were written', () => {
    fc.assert(
      fc.property(arbitrary, (message) => {
        expect(parseDns(buildDns(message))).toEqual(message);
      }),
      { numRuns: 300, seed: 3 },
    );
  });

  test('that are damaged end in no message or another, never in a circle', () => {
    fc.assert(
      fc.property(
        arbitrary,
        fc.array(fc.tuple(fc.nat(120), fc.nat(255)), { maxLength: 6 }),
        (message, changes) => {
          const damaged = buildDns(message);
          for (const [at, value] of changes) if (at < damaged.length) damaged[at] = value;
          const parsed = parseDns(damaged);
          if (parsed !== null) answerFrom(ZONES, parsed);
          parseDns(damaged.subarray(0, damaged.length >> 1));
        },
      ),
      { numRuns: 500, seed: 4 },
    );
    // A name that points at itself.
    expect(parseDns(Uint8Array.of(0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xc0, 12, 0, 1, 0, 1))).toBeNull();
  });
});
