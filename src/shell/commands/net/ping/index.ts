/** ping(8). */
import { isOsError, strerror } from '../../../../base/index.ts';
import { type Sys, sys, writeAll } from '../../../../linux/index.ts';
import { LOOKUP_ERRORS, lookupHost, nameAndAddress } from '../../../../linux/net/names.ts';
import {
  ANY,
  buildIcmp,
  formatIpv4,
  ICMP_ECHO,
  parseInetAton,
  parseIpv4,
} from '../../../../network/index.ts';
import { type CommandSpec, type Parsed, UsageError } from '../../options.ts';
import { Refused } from '../words.ts';
import type { PingMessage } from './messages.ts';
import { type PingSettings, pingOptions, settingsOf } from './options.ts';
import { openPingSocket, type PingSocket, queued, received } from './socket.ts';
import { PingStatistics, timeText } from './statistics.ts';
import { USAGE, VERSION } from './usage.ts';

/** The number of its ports is of no account: the socket is never written to. */
const PROBE_PORT = 1025;
const MILLISECOND = 1_000_000;
/** Data that is long enough has the time in front, as a timeval. */
const TIMEVAL = 16;

function* now(): Sys<number> {
  const { sec, nsec } = yield* sys.clock_gettime('monotonic');
  return sec * 1_000_000_000 + nsec;
}

interface Target {
  readonly name: string;
  readonly address: number;
  readonly source: number;
}

/** A socket of udp(7) says which address packets would come from, and whether there is a way at all. */
function* findSource(address: number, device: string | null): Sys<number> {
  const probe = yield* sys.socket({ family: 'inet', type: 'dgram' });
  try {
    if (device !== null) yield* sys.setsockopt(probe, 'SO_BINDTODEVICE', device);
    yield* sys.connect(probe, { family: 'inet', address, port: PROBE_PORT });
    const local = yield* sys.getsockname(probe);
    return local.family === 'inet' ? local.address : 0;
  } catch (error) {
    if (!isOsError(error)) throw error;
    if (error.code === 'EACCES')
      throw new Refused(
        'ping: Do you want to ping broadcast? Then -b. If not, check your local firewall rules',
        2,
      );
    throw new Refused(
      `ping: ${error.code === 'ENODEV' ? `SO_BINDTODEVICE ${device}` : 'connect'}: ${strerror(error.code)}`,
      2,
    );
  } finally {
    yield* sys.close(probe);
  }
}

/** One run: requests at their times, and what comes back. */
class Pinging {
  readonly #socket: PingSocket;
  readonly #target: Target;
  readonly #settings: PingSettings;
  readonly #statistics = new PingStatistics();
  readonly #sent = new Map<number, number>();
  #first = 0;
  #last = 0;

  constructor(socket: PingSocket, target: Target, settings: PingSettings) {
    this.#socket = socket;
    this.#target = target;
    this.#settings = settings;
  }

  /** Returns the exit status. */
  *run(): Sys<number> {
    const { count, interval, patience, deadline } = this.#settings;
    const start = yield* now();
    this.#first = start;
    const stop = deadline === null ? null : start + deadline;
    let due = start;
    let giveUp: number | null = stop;
    for (;;) {
      const { transmitted, received, errors, longest } = this.#statistics;
      const time = yield* now();
      if (count !== null && received + errors >= count && stop === null) break;
      if (count !== null && received >= count) break;
      if (stop !== null && received > 0 && errors > 0 && time >= stop) break;
      if (giveUp !== null && time >= giveUp) break;
      const more = count === null || transmitted < count || stop !== null;
      if (more && time >= due) {
        yield* this.#request();
        due += interval;
        if (due <= time) due = time + interval;
        if (count !== null && this.#statistics.transmitted >= count && stop === null)
          giveUp = this.#last + (received > 0 ? Math.max(2000 * longest, interval) : patience);
        continue;
      }
      const until = Math.min(more ? due : Number.POSITIVE_INFINITY, giveUp ?? Number.POSITIVE_INFINITY);
      if (!(yield* this.#listen(until - time))) break;
    }
    const elapsed = Math.floor((this.#last - this.#first) / MILLISECOND);
    yield* writeAll(1, this.#statistics.summary(this.#target.name, elapsed));
    return this.#statistics.received === 0 ? 1 : 0;
  }

  *#request(): Sys<void> {
    const statistics = this.#statistics;
    const { size, quiet, outstanding } = this.#settings;
    const sequence = (statistics.transmitted + 1) & 0xffff;
    if (outstanding && !quiet && statistics.transmitted > 0 && this.#sent.has(sequence - 1))
      yield* writeAll(1, `no answer yet for icmp_seq=${sequence - 1}\n`);
    const data = Uint8Array.from({ length: size }, (_, i) => i & 255);
    this.#last = yield* now();
    const stamp = new DataView(data.buffer);
    if (size >= TIMEVAL) {
      stamp.setUint32(0, Math.floor(this.#last / 1e9), true);
      stamp.setUint32(4, 0);
      stamp.setUint32(8, Math.floor((this.#last % 1e9) / 1000), true);
      stamp.setUint32(12, 0);
    }
    if (statistics.transmitted === 0) this.#first = this.#last;
    const bytes = buildIcmp({ type: ICMP_ECHO, code: 0, id: this.#socket.id, sequence, data });
    statistics.transmitted++;
    this.#sent.set(sequence, this.#last);
    try {
      yield* this.#send(bytes);
    } catch (error) {
      if (!isOsError(error)) throw error;
      statistics.errors++;
      yield* writeAll(2, `ping: sendmsg: ${strerror(error.code)}\n`);
    }
  }

  /** What an earlier request met may stand in its way: that is told first. */
  *#send(bytes: Uint8Array): Sys<void> {
    const to = { family: 'inet', address: this.#target.address, port: 0 } as const;
    for (;;)
      try {
        yield* sys.sendto(this.#socket.fd, bytes, to);
        return;
      } catch (error) {
        const message = isOsError(error) ? yield* queued(this.#socket) : null;
        if (message === null) throw error;
        yield* this.#arrived(message);
      }
  }

  /** Waits for packets, at most so many nanoseconds; false when a signal ends it all. */
  *#listen(timeout: number): Sys<boolean> {
    try {
      const wait = Number.isFinite(timeout) ? Math.max(0, timeout) : null;
      const [ready] = yield* sys.poll([{ fd: this.#socket.fd, events: 'in' }], wait);
      if (!ready!.in) return true;
      const message = yield* received(this.#socket);
      if (message !== null) yield* this.#arrived(message);
      return true;
    } catch (error) {
      if (!isOsError(error, 'EINTR')) throw error;
      return !(yield* sys.takeSignals()).includes('INT');
    }
  }

  *#arrived(message: PingMessage): Sys<void> {
    const { quiet, size, numeric } = this.#settings;
    const statistics = this.#statistics;
    const { sequence } = message;
    const sentAt = this.#sent.get(sequence);
    if (sentAt === undefined && message.kind === 'error') return;
    statistics.acknowledge(sequence);
    const from = numeric ? formatIpv4(message.from) : yield* nameAndAddress(message.from);
    if (message.kind === 'error') {
      statistics.errors++;
      this.#sent.delete(sequence);
      if (!quiet) yield* writeAll(1, `From ${from} icmp_seq=${sequence} ${message.text}\n`);
      return;
    }
    // What is too short to have the time in it is not timed.
    const timed = size >= TIMEVAL && sentAt !== undefined;
    const micros = timed ? Math.floor(((yield* now()) - sentAt) / 1000) : null;
    const again = statistics.answer(sequence, micros);
    const time = micros === null ? '' : ` time=${timeText(micros)} ms`;
    if (!quiet)
      yield* writeAll(
        1,
        `${message.length} bytes from ${from}: icmp_seq=${sequence} ttl=${message.ttl}${time}${again ? ' (DUP!)' : ''}\n`,
      );
  }
}

function* ping(parsed: Parsed): Sys<number> {
  const told = parsed.order.find((each) => each === 'h' || each === 'V');
  if (told === 'h') throw new UsageError('');
  if (told === 'V') {
    yield* writeAll(1, VERSION);
    return 0;
  }
  const [name, ...others] = parsed.operands;
  if (name === undefined) throw new Refused('ping: usage error: Destination address required', 1);
  if (others.length > 0) throw new Refused('ping: a route by way of several addresses is not simulated', 1);
  const settings = settingsOf(parsed, yield* sys.getuid());
  const socket = yield* openPingSocket();
  const { fd } = socket;
  const found = yield* lookupHost(name);
  if (found.kind !== 'found') throw new Refused(`ping: ${name}: ${LOOKUP_ERRORS[found.kind]}`, 2);
  const wanted = found.addresses[0]!;
  const bound = settings.source === null ? null : parseIpv4(settings.source);
  const device = bound === null ? settings.source : null;
  const source = yield* findSource(wanted, device);
  const address = wanted === ANY ? source : wanted;
  if (device !== null) yield* sys.setsockopt(fd, 'SO_BINDTODEVICE', device);
  if (bound !== null) yield* sys.bind(fd, { family: 'inet', address: bound, port: 0 });
  if (settings.ttl !== null && settings.ttl > 0) yield* sys.setsockopt(fd, 'IP_TTL', settings.ttl);
  yield* sys.sigaction('INT', 'catch');
  const { size } = settings;
  const from =
    settings.source === null ? '' : ` from ${formatIpv4(bound ?? source)} ${device === null ? '' : device}`;
  yield* writeAll(
    1,
    `PING ${name} (${formatIpv4(address)})${from}${from === '' ? '' : ':'} ${size}(${size + 28}) bytes of data.\n`,
  );
  const numeric = settings.numeric || parseInetAton(name) !== null;
  return yield* new Pinging(socket, { name, address, source }, { ...settings, numeric }).run();
}

export const pingCommand: CommandSpec = {
  name: 'ping',
  usage: '[OPTION]... DESTINATION',
  summary: 'Send ICMP echo requests to a host, by its address or its name.',
  options: pingOptions,
  usageStatus: 2,
  wrongUsage: (message) => `${message === '' ? '' : `ping: ${message}\n`}${USAGE}`,
  *run(parsed) {
    try {
      return yield* ping(parsed);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      yield* writeAll(2, `${error.message}\n`);
      return error.status;
    }
  },
};
