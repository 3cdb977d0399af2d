/** tcpdump(8): frames as they cross a device, on the screen or in a capture file. */
import { isOsError, strerror } from '../../../../base/index.ts';
import {
  type Fd,
  O_CREAT,
  O_TRUNC,
  O_WRONLY,
  type Received,
  readAll,
  readFile,
  type Sys,
  sys,
  writeAll,
} from '../../../../linux/index.ts';
import {
  CaptureError,
  type CaptureFile,
  captureHeader,
  captureRecord,
  ETH_P_ALL,
  FramePrinter,
  type PrinterOptions,
  readCapture,
} from '../../../../network/index.ts';
import type { CommandSpec, Parsed } from '../../options.ts';
import { type Links, readLinks } from '../links.ts';
import { Refused } from '../words.ts';
import { listDevices } from './devices.ts';
import { compileFilter, type Filter } from './filter/index.ts';
import { Stamps } from './stamps.ts';

const SNAP_LENGTH = 262_144;
const ETHERNET = 'link-type EN10MB (Ethernet)';

type Dump = NonNullable<PrinterOptions['dump']>;

interface Settings {
  readonly printer: FramePrinter;
  readonly accepts: Filter;
  readonly count: number | null;
  readonly write: string | null;
  readonly stamps: Stamps;
  /** --count: frames are counted, not shown. */
  readonly countOnly: boolean;
  readonly snapLength: number;
  readonly direction: 'in' | 'out' | 'inout';
}

function* settingsOf(parsed: Parsed): Sys<Settings> {
  const count = parsed.value('c');
  if (count !== null && !/^[1-9]\d*$/.test(count))
    throw new Refused(`tcpdump: invalid packet count ${count}`, 1);
  const times = (key: string) => parsed.order.filter((each) => each === key).length;
  const forms = ['clock', 'none', 'seconds', 'since before', 'date', 'since first'] as const;
  const form = forms[times('t')];
  if (form === undefined) throw new Refused('tcpdump: only -t, -tt, -ttt, -tttt and -ttttt are supported', 1);
  const direction = parsed.value('direction') ?? 'inout';
  if (direction !== 'in' && direction !== 'out' && direction !== 'inout')
    throw new Refused(`tcpdump: unknown capture direction \`${direction}'`, 1);
  if (times('v') > 1) throw new Refused('tcpdump: -v more than once is not simulated', 1);
  const dump = (['X', 'x', 'A'] as const)
    .map((key) => key.repeat(Math.min(times(key), 2)))
    .find((key): key is Dump => key !== '');
  return {
    printer: new FramePrinter({
      linkLevel: parsed.has('e'),
      verbose: parsed.has('v'),
      absoluteSequence: parsed.has('absolute-tcp-sequence-numbers'),
      quiet: parsed.has('q'),
      ...(dump !== undefined && { dump }),
    }),
    accepts: yield* compileFilter(parsed.operands.join(' ')),
    count: count === null ? null : Number(count),
    write: parsed.value('w'),
    stamps: new Stamps(form),
    countOnly: parsed.has('count'),
    snapLength: snapLengthOf(parsed),
    direction,
  };
}

const KINDS = { host: 'In ', broadcast: 'B  ', multicast: 'M  ', otherhost: 'P  ', outgoing: 'Out' } as const;

/** Frames are written as they come: to the screen, or to a file. */
class Capture {
  readonly #settings: Settings;
  readonly #links: Links;
  /** Null: all. */
  readonly #device: string | null;
  readonly #epoch: number;
  #file: Fd | null = null;
  captured = 0;
  received = 0;

  constructor(settings: Settings, links: Links, device: string | null, epoch: number) {
    this.#settings = settings;
    this.#links = links;
    this.#device = device;
    this.#epoch = epoch;
  }

  *begin(): Sys<void> {
    const { write } = this.#settings;
    if (write === null) return;
    this.#file = write === '-' ? 1 : yield* sys.open(write, O_WRONLY | O_CREAT | O_TRUNC, 0o644);
    yield* writeAll(this.#file, captureHeader('micro', this.#settings.snapLength));
  }

  get full(): boolean {
    const { count } = this.#settings;
    return count !== null && this.captured >= count;
  }

  *take({ data, from, time }: Received): Sys<void> {
    if (from.family !== 'packet') return;
    const { kind = 'host', device } = from;
    const outgoing = kind === 'outgoing';
    const { direction, accepts, snapLength, countOnly, stamps, printer } = this.#settings;
    if (!accepts(data)) return;
    this.received++;
    // What a loopback device sends comes back at once.
    const link = this.#links.byIndex(device);
    if (outgoing && link?.kind === 'loopback') return;
    if (direction !== 'inout' && (direction === 'out') !== outgoing) return;
    this.captured++;
    if (this.#file !== null) {
      yield* writeAll(this.#file, captureRecord(data, time, this.#epoch, 'micro', snapLength));
      return;
    }
    if (countOnly) return;
    const name = this.#device === null ? `${this.#links.name(device).padEnd(5)} ${KINDS[kind]} ` : '';
    const stamp = stamps.text(BigInt(this.#epoch) * 1_000_000_000n + BigInt(time));
    yield* writeAll(1, `${stamp}${name}${printer.line(data)}\n`);
  }

  /** Takes frames until there are enough or a signal comes; whether it was a signal. */
  *run(fd: Fd): Sys<boolean> {
    while (!this.full) {
      try {
        yield* this.take(yield* sys.recvmsg(fd, SNAP_LENGTH));
      } catch (error) {
        if (!isOsError(error, 'EINTR')) throw error;
        if ((yield* sys.takeSignals()).some((signal) => signal === 'INT' || signal === 'TERM')) return true;
      }
    }
    return false;
  }
}

/** -s: how much of each frame is kept; 0 is the largest number (tcpdump.c). Throws Refused. */
function snapLengthOf(parsed: Parsed): number {
  const text = parsed.value('snapshot-length');
  if (text === null) return SNAP_LENGTH;
  const length = /^(\d+|0x[0-9a-f]+)$/i.test(text) ? Number(text) : Number.NaN;
  if (!(length <= SNAP_LENGTH))
    throw new Refused(`tcpdump: invalid snaplen ${text} (must be >= 0 and <= 262144)`, 1);
  return length === 0 ? SNAP_LENGTH : length;
}

function* openDevice(name: string | null, links: Links): Sys<Fd> {
  const link = name === null ? null : links.byName(name);
  if (name !== null && link === null)
    throw new Refused(`tcpdump: ${name}: No such device exists\n(No such device exists)`, 1);
  if (link?.up === false) throw new Refused(`tcpdump: ${name}: That device is not up`, 1);
  let fd: Fd;
  try {
    fd = yield* sys.socket({ family: 'packet', type: 'raw', protocol: ETH_P_ALL });
  } catch (error) {
    if (!isOsError(error, 'EPERM')) throw error;
    const what = `You don't have permission to perform this capture on that device\n(socket: Operation not permitted)`;
    throw new Refused(`tcpdump: ${name ?? 'any'}: ${what}`, 1);
  }
  yield* sys.bind(fd, { family: 'packet', device: link?.index ?? 0 });
  return fd;
}

/** Of `-i any`; otherwise the first device that works, the loopback device last. */
function chosenDevice(parsed: Parsed, links: Links): string | null {
  const given = parsed.value('interface');
  if (given === 'any') return null;
  const working = links.all.filter(({ up, carrier }) => up && carrier);
  const device = given ?? (working.find(({ kind }) => kind !== 'loopback') ?? working[0])?.name;
  if (device === undefined) throw new Refused('tcpdump: no suitable device found', 1);
  return device;
}

const counted = (count: number) => `${count} packet${count === 1 ? '' : 's'}\n`;
const plural = (count: number, what: string) => `${count} packet${count === 1 ? '' : 's'} ${what}\n`;

function* listen(parsed: Parsed): Sys<number> {
  const settings = yield* settingsOf(parsed);
  const links = yield* readLinks();
  const device = chosenDevice(parsed, links);
  if (device === null && (parsed.has('e') || settings.write !== null))
    throw new Refused('tcpdump: -i any with -e or -w is not simulated', 1);
  if (settings.snapLength < SNAP_LENGTH && settings.write === null && !settings.countOnly)
    throw new Refused('tcpdump: -s without -w, showing frames that are cut off, is not simulated', 1);
  const fd = yield* openDevice(device, links);
  const { index, kind } = device === null ? { index: 0, kind: null } : links.need(device);
  if (device !== null && !parsed.has('no-promiscuous-mode') && kind !== 'loopback')
    yield* sys.setsockopt(fd, 'PACKET_ADD_MEMBERSHIP', index);
  const clock = yield* sys.clock_gettime('realtime');
  const uptime = yield* sys.clock_gettime('monotonic');
  const capture = new Capture(settings, links, device, clock.sec - uptime.sec);
  yield* capture.begin();
  yield* sys.sigaction('INT', 'catch');
  yield* sys.sigaction('TERM', 'catch');
  const type = device === null ? 'link-type LINUX_SLL2 (Linux cooked v2)' : ETHERNET;
  const cooked = device === null ? 'tcpdump: data link type LINUX_SLL2\n' : '';
  const quiet =
    settings.write === null && !parsed.has('v')
      ? 'tcpdump: verbose output suppressed, use -v[v]... for full protocol decode\n'
      : '';
  const program = quiet === '' ? 'tcpdump: ' : '';
  yield* writeAll(
    2,
    `${cooked}${quiet}${program}listening on ${device ?? 'any'}, ${type}, snapshot length ${settings.snapLength} bytes\n`,
  );
  const interrupted = yield* capture.run(fd);
  if (interrupted && settings.write !== '-') yield* writeAll(1, '\n');
  const drops = Number(yield* sys.getsockopt(fd, 'PACKET_STATISTICS'));
  yield* writeAll(
    2,
    `${plural(capture.captured, 'captured')}${plural(capture.received, 'received by filter')}${plural(drops, 'dropped by kernel')}`,
  );
  return 0;
}

function* read(parsed: Parsed, file: string): Sys<number> {
  const settings = yield* settingsOf(parsed);
  let bytes: Uint8Array;
  try {
    bytes = file === '-' ? yield* readAll(0) : yield* readFile(file);
  } catch (error) {
    if (!isOsError(error)) throw error;
    throw new Refused(`tcpdump: ${file}: ${strerror(error.code)}`, 1);
  }
  if (settings.write !== null) throw new Refused('tcpdump: -r together with -w is not simulated', 1);
  let capture: CaptureFile;
  try {
    capture = readCapture(bytes);
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error;
    throw new Refused(`tcpdump: ${error.message}`, 1);
  }
  yield* writeAll(2, `reading from file ${file}, ${ETHERNET}, snapshot length ${capture.snapLength}\n`);
  const shown = capture.records
    .filter(({ frame, length }) => settings.accepts(frame, length))
    .slice(0, settings.count ?? capture.records.length);
  if (!settings.countOnly && shown.some(({ frame, length }) => frame.length < length))
    throw new Refused('tcpdump: showing frames that are cut off is not simulated', 1);
  if (settings.countOnly) yield* writeAll(1, counted(shown.length));
  else
    for (const { frame, time } of shown)
      yield* writeAll(1, `${settings.stamps.text(time)}${settings.printer.line(frame)}\n`);
  return 0;
}

export const tcpdumpCommand: CommandSpec = {
  name: 'tcpdump',
  usage: '[OPTION]... [EXPRESSION]',
  summary:
    'Show frames that cross a network device. Addresses and ports are shown as numbers, with or without -n.\n' +
    'EXPRESSION: [PROTOCOL] [src|dst] [host|net|port|portrange|proto] VALUE, ether [src|dst] host MAC, vlan [ID], arp, icmp, tcp, udp, broadcast,\n' +
    'less LENGTH, greater LENGTH, PROTOCOL[OFFSET:SIZE] = VALUE; and, or, not, ( ).',
  options: [
    { short: 'A', help: 'show what a packet carries as text' },
    { short: 'c', argument: 'COUNT', help: 'leave after COUNT packets' },
    { long: 'count', help: 'say only how many there are' },
    { short: 'D', long: 'list-interfaces', help: 'list the devices' },
    { short: 'e', help: 'show the link-level header' },
    { short: 'i', long: 'interface', argument: 'INTERFACE', help: 'listen there; any is all of them' },
    { short: 'l', help: 'write each line at once, as is done anyhow' },
    { short: 'n', help: 'numbers instead of names' },
    { short: 'p', long: 'no-promiscuous-mode', help: 'only frames that the device takes by itself' },
    { short: 'q', help: 'less of each packet' },
    { short: 'Q', long: 'direction', argument: 'DIRECTION', help: 'in, out or inout' },
    { short: 'r', argument: 'FILE', help: 'read packets from FILE' },
    {
      short: 's',
      long: 'snapshot-length',
      argument: 'LENGTH',
      help: 'bytes of each packet; 0 is all of them',
    },
    { short: 'S', long: 'absolute-tcp-sequence-numbers', help: 'sequence numbers as they are' },
    {
      short: 't',
      help: 'no time; twice: seconds since 1970; 3: since the one before; 4: with the date; 5: since the first',
    },
    { short: 'U', long: 'packet-buffered', help: 'write each packet at once, as is done anyhow' },
    { short: 'v', help: 'more of each packet' },
    { short: 'w', argument: 'FILE', help: 'write packets to FILE' },
    { short: 'x', help: 'show the bytes of a packet; twice: with its link-level header' },
    { short: 'X', help: 'show them as text, too' },
  ],
  *run(parsed) {
    try {
      if (parsed.has('list-interfaces')) return yield* listDevices();
      const file = parsed.value('r');
      return yield* file === null ? listen(parsed) : read(parsed, file);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      yield* writeAll(2, `${error.message}\n`);
      return error.status;
    }
  },
};
