/** traceroute(8), as the modern one for Linux: which routers packets pass, by those that throw them away when their time to live is over. */
import { isOsError, strerror } from '../../../base/index.ts';
import { type Fd, type Sys, sys, writeAll } from '../../../linux/index.ts';
import { LOOKUP_ERRORS, lookupHost, nameOf } from '../../../linux/net/names.ts';
import { monotonic } from '../../../linux/net/resolver.ts';
import {
  buildIcmp,
  formatIpv4,
  ICMP_DEST_UNREACH,
  ICMP_ECHO,
  ICMP_ECHOREPLY,
  ICMP_TIME_EXCEEDED,
  IPPROTO_ICMP,
  IPPROTO_UDP,
  parseIcmp,
  parseIpv4Packet,
} from '../../../network/index.ts';
import { type CommandSpec, type Parsed, UsageError } from '../options.ts';

const SECOND = 1_000_000_000;
const FIRST_PORT = 33_434;
/** Headers of IPv4 and of UDP or an echo. */
const HEADERS = 28;
/** A probe is waited for no longer than so many times an answer of the same hop, or of a later one (-w's HERE and NEAR). */
const HERE = 3;
const NEAR = 10;

const MARKS: ReadonlyMap<number, string> = new Map([
  [0, '!N'],
  [1, '!H'],
  [2, '!P'],
  [9, '!X'],
  [10, '!X'],
  [13, '!X'],
]);

interface Probe {
  readonly hop: number;
  readonly sent: number;
  /** Null while nothing has come. */
  answer: {
    readonly from: number;
    readonly time: number;
    readonly mark: string;
    readonly last: boolean;
  } | null;
  /** Nobody waits for it any more. */
  over: boolean;
}

interface Settings {
  readonly address: number;
  readonly first: number;
  readonly most: number;
  readonly queries: number;
  readonly together: number;
  readonly wait: number;
  readonly length: number;
  readonly echo: boolean;
  readonly numeric: boolean;
  readonly port: number;
}

class Trace {
  readonly #settings: Settings;
  readonly #send: Fd;
  readonly #receive: Fd;
  readonly #id: number;
  readonly #probes: Probe[] = [];
  #shown = 0;

  constructor(settings: Settings, send: Fd, receive: Fd, id: number) {
    this.#settings = settings;
    this.#send = send;
    this.#receive = receive;
    this.#id = id;
  }

  *run(): Sys<void> {
    const { first, most, queries, together } = this.#settings;
    const all = (most - first + 1) * queries;
    for (;;) {
      while (
        this.#probes.length < all &&
        this.#waiting.length < together &&
        this.#probes.length < this.#end * queries
      )
        yield* this.#probe();
      if (yield* this.#tell()) return;
      yield* this.#listen();
    }
  }

  get #waiting(): readonly Probe[] {
    return this.#probes.filter((probe) => !probe.over);
  }

  /** How many hops there are to ask: those up to where the packets arrived. */
  get #end(): number {
    const { first, most } = this.#settings;
    const last = this.#probes.find(({ answer }) => answer?.last === true);
    return (last?.hop ?? most) - first + 1;
  }

  *#probe(): Sys<void> {
    const { address, first, queries, length, echo, port } = this.#settings;
    const number = this.#probes.length;
    const hop = first + Math.floor(number / queries);
    const data = Uint8Array.from({ length: length - HEADERS }, (_, i) => 0x40 + (i & 63));
    yield* sys.setsockopt(this.#send, 'IP_TTL', hop);
    const bytes = echo
      ? buildIcmp({ type: ICMP_ECHO, code: 0, id: this.#id, sequence: number + 1, data })
      : data;
    const sent = yield* monotonic();
    this.#probes.push({ hop, sent, answer: null, over: false });
    yield* sys.sendto(this.#send, bytes, { family: 'inet', address, port: echo ? 0 : port + number });
  }

  /** When a probe is given up. */
  #deadline(probe: Probe): number {
    const { wait } = this.#settings;
    let patience = wait;
    for (const { hop, answer } of this.#probes) {
      if (answer === null) continue;
      if (hop === probe.hop) patience = Math.min(patience, HERE * answer.time);
      else if (hop > probe.hop) patience = Math.min(patience, NEAR * answer.time);
    }
    return probe.sent + patience;
  }

  /** Waits for an answer, or until somebody is given up. */
  *#listen(): Sys<void> {
    const next = this.#waiting.reduce((least, probe) => Math.min(least, this.#deadline(probe)), Infinity);
    const wait = Math.max(0, next - (yield* monotonic()));
    const [ready] = yield* sys.poll([{ fd: this.#receive, events: 'in' }], wait);
    if (ready!.in) this.#arrived((yield* sys.recvmsg(this.#receive, 65_536)).data, yield* monotonic());
    const now = yield* monotonic();
    for (const probe of this.#waiting) if (now >= this.#deadline(probe)) probe.over = true;
  }

  #arrived(packet: Uint8Array, now: number): void {
    const header = parseIpv4Packet(packet);
    const message =
      header === null ? null : parseIcmp(packet.subarray(header.headerLength, header.totalLength));
    if (header === null || message === null) return;
    const { type, code } = message;
    const number =
      type === ICMP_ECHOREPLY
        ? message.id === this.#id
          ? message.sequence - 1
          : -1
        : this.#quoted(message.data);
    const probe = this.#probes[number];
    if (probe === undefined || probe.over) return;
    const arrived = type === ICMP_ECHOREPLY || (type === ICMP_DEST_UNREACH && code === 3);
    if (!arrived && type !== ICMP_TIME_EXCEEDED && type !== ICMP_DEST_UNREACH) return;
    const mark = arrived || type === ICMP_TIME_EXCEEDED ? '' : ` ${MARKS.get(code) ?? `!<${code}>`}`;
    const last = type !== ICMP_TIME_EXCEEDED;
    probe.answer = { from: header.source, time: now - probe.sent, mark, last };
    probe.over = true;
  }

  /** Which probe an error quotes; -1 for none of ours. */
  #quoted(data: Uint8Array): number {
    const { echo, port } = this.#settings;
    if (data.length < HEADERS || data[9] !== (echo ? IPPROTO_ICMP : IPPROTO_UDP)) return -1;
    const at = (data[0]! & 15) * 4;
    const word = (i: number) => (data[at + i]! << 8) | data[at + i + 1]!;
    if (!echo) return word(2) - port;
    return word(4) === this.#id ? word(6) - 1 : -1;
  }

  /** Tells the hops of which all is known, in their order; true when that was the last. */
  *#tell(): Sys<boolean> {
    const { first, queries } = this.#settings;
    for (;;) {
      if (this.#shown >= this.#end) return true;
      const from = this.#shown * queries;
      const probes = this.#probes.slice(from, from + queries);
      if (probes.length < queries || probes.some(({ over }) => !over)) return false;
      yield* writeAll(1, `${`${first + this.#shown}`.padStart(2)} ${yield* this.#row(probes)}\n`);
      this.#shown++;
    }
  }

  *#row(probes: readonly Probe[]): Sys<string> {
    let text = '';
    let before: number | null = null;
    for (const { answer } of probes) {
      if (answer === null) {
        text += ' *';
        continue;
      }
      if (answer.from !== before) {
        const address = formatIpv4(answer.from);
        const name = this.#settings.numeric ? null : ((yield* nameOf(answer.from)) ?? address);
        text += name === null ? ` ${address}` : ` ${name} (${address})`;
        before = answer.from;
      }
      text += `  ${(answer.time / 1e6).toFixed(3)} ms${answer.mark}`;
    }
    return text;
  }
}

function numberOf(parsed: Parsed, key: string, usual: number, low: number, high: number): number {
  const text = parsed.value(key);
  if (text === null) return usual;
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= low && value <= high)) throw new UsageError(`'${text}' is no number from ${low} to ${high}`);
  return value;
}

function* run(parsed: Parsed): Sys<number> {
  const [host, size, ...others] = parsed.operands;
  if (host === undefined) throw new UsageError('a host is missing');
  if (others.length > 0) throw new UsageError(`one word too many: '${others[0]}'`);
  const found = yield* lookupHost(host);
  if (found.kind !== 'found') {
    yield* writeAll(
      2,
      `${host}: ${LOOKUP_ERRORS[found.kind]}\nCannot handle "host" cmdline arg \`${host}' on position 1 (argc ${parsed.order.length + 1})\n`,
    );
    return 2;
  }
  if (size !== undefined && !/^\d+$/.test(size)) throw new UsageError(`'${size}' is no length of a packet`);
  const address = found.addresses[0]!;
  const most = numberOf(parsed, 'max-hops', 30, 1, 255);
  const settings: Settings = {
    address,
    first: numberOf(parsed, 'first', 1, 1, most),
    most,
    queries: numberOf(parsed, 'queries', 3, 1, 10),
    together: numberOf(parsed, 'sim-queries', 16, 1, 100),
    wait: Math.round(numberOf(parsed, 'wait', 5, 0, 86_400) * SECOND),
    length: Math.min(65_000, Math.max(HEADERS, Number(size ?? 60))),
    echo: parsed.has('icmp'),
    numeric: parsed.has('n'),
    port: numberOf(parsed, 'port', FIRST_PORT, 1, 65_000),
  };
  const receive = yield* sys.socket({ family: 'inet', type: 'raw', protocol: IPPROTO_ICMP });
  const send = settings.echo ? receive : yield* sys.socket({ family: 'inet', type: 'dgram' });
  yield* writeAll(
    1,
    `traceroute to ${host} (${formatIpv4(address)}), ${most} hops max, ${settings.length} byte packets\n`,
  );
  try {
    yield* new Trace(settings, send, receive, (yield* sys.getpid()) & 0xffff).run();
    return 0;
  } catch (error) {
    if (!isOsError(error, 'ENETUNREACH', 'EHOSTUNREACH', 'EACCES', 'EMSGSIZE')) throw error;
    yield* writeAll(2, `connect: ${strerror(error.code)}\n`);
    return 1;
  }
}

export const tracerouteCommand: CommandSpec = {
  name: 'traceroute',
  usage: '[OPTION]... HOST [PACKETLEN]',
  summary: 'Show the routers on the way to a host.',
  usageStatus: 2,
  options: [
    { short: '4', help: 'use IPv4, as is done anyhow' },
    { short: 'f', long: 'first', argument: 'TTL', help: 'the hop to begin with; 1' },
    { short: 'I', long: 'icmp', help: 'send echo requests instead of UDP' },
    { short: 'm', long: 'max-hops', argument: 'TTL', help: 'the last hop; 30' },
    { short: 'N', long: 'sim-queries', argument: 'NUMBER', help: 'how many probes are out at a time; 16' },
    { short: 'n', help: 'no names' },
    { short: 'p', long: 'port', argument: 'PORT', help: 'the first probe’s port; 33434' },
    { short: 'q', long: 'queries', argument: 'NUMBER', help: 'probes for each hop; 3' },
    { short: 'w', long: 'wait', argument: 'SECONDS', help: 'how long to wait at most; 5' },
  ],
  run,
};
