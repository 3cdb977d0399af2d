/** trace: the way of requests out of the VMs of this host and back, from /dev/trace. */
import { decodeUtf8, isOsError, strerror } from '../../../base/index.ts';
import { O_RDONLY, readAll, type Sys, sys, writeAll } from '../../../linux/index.ts';
import { type CommandSpec, type Parsed, UsageError } from '../options.ts';
import { type Caused, type Event, isOnTheWay, vmOf, withCauses } from './events.ts';

const TRACE_PATH = '/dev/trace';
const SECOND = 1_000_000_000;
/** How much earlier causes are looked for: no request takes as long. */
const BEFORE = SECOND / 10;

/** Seconds since the world's start, or with `-` before now. */
function timeOf(parsed: Parsed, option: 'since' | 'until', now: number): number | null {
  const text = parsed.value(option);
  if (text === null) return null;
  const match = /^(-?)(\d+(?:\.\d*)?|\.\d+)s?$/.exec(text);
  if (match === null) throw new UsageError(`invalid time: '${text}'`);
  const nanos = Math.round(Number(match[2]) * SECOND);
  return match[1] === '-' ? now - nanos : nanos;
}

/** `virtq.*` and `virtq.push` alike. */
function kindsOf(parsed: Parsed): ((kind: string) => boolean) | null {
  const wanted = parsed.values('kind').flatMap((value) => value.split(','));
  if (wanted.length === 0) return null;
  return (kind) =>
    wanted.some((each) => (each.endsWith('*') ? kind.startsWith(each.slice(0, -1)) : kind === each));
}

function lastOf(parsed: Parsed): number {
  const text = parsed.value('last');
  if (text === null) return Number.POSITIVE_INFINITY;
  if (!/^\d+$/.test(text)) throw new UsageError(`invalid number of events: '${text}'`);
  return Number(text);
}

function* readEvents(since: number | null): Sys<Event[]> {
  const fd = yield* sys.open(TRACE_PATH, O_RDONLY);
  try {
    if (since !== null) yield* sys.ioctl(fd, 'TRACE_SEEK', Math.max(0, since - BEFORE));
    const lines = decodeUtf8(yield* readAll(fd))
      .split('\n')
      .slice(0, -1);
    return lines.map((line) => JSON.parse(line) as Event);
  } finally {
    yield* sys.close(fd);
  }
}

const word = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

function detailText({ kind, detail }: Event): string {
  if (kind === 'vm.exit')
    return `vCPU ${detail['vcpu']}, ${word(detail['exit'])}: ${word(detail['detail'])}, pc 0x${(detail['pc'] as number).toString(16)}`;
  return Object.entries(detail)
    .map(([key, value]) => (value === true ? key : value === false ? `no ${key}` : `${key} ${word(value)}`))
    .join(', ');
}

/** `[    1.234567] #812   db/virtio0    virtq.pop      queue 0, …  <- #811`: number and cause by which lines find each other. */
function line(event: Caused): string {
  const { seq, time, kind, subject, cause } = event;
  const seconds = `${Math.floor(time / SECOND)}`.padStart(5);
  const micros = `${Math.floor((time % SECOND) / 1000)}`.padStart(6, '0');
  const because = cause === null ? '' : `  <- #${cause}`;
  return `[${seconds}.${micros}] ${`#${seq}`.padEnd(7)} ${subject.padEnd(12)} ${kind.padEnd(14)} ${detailText(event)}${because}\n`;
}

export const traceCommand: CommandSpec = {
  name: 'trace',
  usage: '[OPTION]...',
  summary:
    'Show the way of requests out of VMs and back: exits, virtqueues, image files,\n' +
    'interrupts. Each line has a time in seconds since the beginning, a number, whom\n' +
    'it is about, and the number of its cause.',
  options: [
    { short: 'a', long: 'all', help: 'also what is of no request, as turns of vCPUs' },
    {
      short: 'k',
      long: 'kind',
      argument: 'KIND,...',
      help: 'of these kinds alone; virtq.* is all of virtq',
    },
    { short: 'l', long: 'last', argument: 'N', help: 'the last N of them' },
    { short: 's', long: 'since', argument: 'TIME', help: 'from TIME on; -TIME is so many seconds ago' },
    { short: 'u', long: 'until', argument: 'TIME', help: 'up to TIME' },
    { long: 'vm', argument: 'NAME', help: 'events of this VM and its devices alone' },
  ],
  *run(parsed) {
    if (parsed.operands.length > 0) throw new UsageError(`extra operand '${parsed.operands[0]}'`);
    const { sec, nsec } = yield* sys.clock_gettime('monotonic');
    const now = sec * SECOND + nsec;
    const since = timeOf(parsed, 'since', now);
    const until = timeOf(parsed, 'until', now) ?? Number.POSITIVE_INFINITY;
    const isWanted = kindsOf(parsed);
    const vm = parsed.value('vm');
    const last = lastOf(parsed);
    let events: Event[];
    try {
      events = yield* readEvents(since);
    } catch (error) {
      if (!isOsError(error)) throw error;
      yield* writeAll(2, `trace: ${TRACE_PATH}: ${strerror(error.code)}\n`);
      return 1;
    }
    const shown = withCauses(events).filter(
      (event) =>
        event.time >= (since ?? 0) &&
        event.time <= until &&
        (isWanted !== null ? isWanted(event.kind) : parsed.has('all') || isOnTheWay(event)) &&
        (vm === null || vmOf(event) === vm),
    );
    yield* writeAll(
      1,
      shown
        .slice(Math.max(0, shown.length - last))
        .map(line)
        .join(''),
    );
    return 0;
  },
};
