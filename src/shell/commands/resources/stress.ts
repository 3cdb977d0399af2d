/** stress(1): workers that compute, or take memory and write to it, for a while. */
import { isOsError, MILLISECOND } from '../../../base/index.ts';
import { type Sys, signalNumber, sys, writeAll } from '../../../linux/index.ts';
import { type CommandSpec, type Parsed, UsageError } from '../options.ts';
import { duration } from '../processes/running.ts';

const MIB = 1024 * 1024;
/** Bytes that a processor writes to again in this time. */
const REWRITE = 10 * MIB;
const REWRITE_TIME = MILLISECOND;

const units: Record<string, number> = { '': 1, B: 1, K: 1024, M: MIB, G: 1024 * MIB };

function bytesOf(text: string): number {
  const match = /^(\d+)([BKMG]?)$/i.exec(text);
  if (match === null) throw new UsageError(`incorrect argument: '${text}'`);
  return Number(match[1]) * units[match[2]!.toUpperCase()]!;
}

function countOf(parsed: Parsed, key: string): number {
  const text = parsed.value(key) ?? '0';
  if (!/^\d+$/.test(text)) throw new UsageError(`incorrect argument: '${text}'`);
  return Number(text);
}

function* compute(): Sys<number> {
  for (;;) yield* sys.compute(10 * MILLISECOND);
}

interface Memory {
  readonly bytes: number;
  readonly keep: boolean;
}

/** Takes the memory, writes to all of it and gives it back, again and again; with `keep` it is taken once. */
function* useMemory({ bytes, keep }: Memory): Sys<number> {
  for (;;) {
    try {
      yield* sys.brk(bytes);
    } catch (error) {
      if (!isOsError(error, 'ENOMEM')) throw error;
      const pid = yield* sys.getpid();
      yield* writeAll(2, `stress: FAIL: [${pid}] hogvm malloc failed: ${error.message}\n`);
      return 1;
    }
    for (let left = bytes; left > 0; left -= MIB) yield* sys.touch(Math.min(left, MIB));
    do yield* sys.compute(Math.max(1, Math.round((bytes / REWRITE) * REWRITE_TIME)));
    while (keep);
    yield* sys.brk(-bytes);
  }
}

/** The worker's alarm ends it after `limit`. */
function* worker(body: () => Sys<number>, limit: number | null): Sys<number> {
  if (limit !== null) yield* sys.alarm(limit);
  return yield* body();
}

export const stress: CommandSpec = {
  name: 'stress',
  usage: '[OPTION]...',
  summary: 'Put load on processors and memory.',
  options: [
    { short: 'c', long: 'cpu', argument: 'N', help: 'N workers that compute' },
    { short: 'm', long: 'vm', argument: 'N', help: 'N workers that use memory' },
    { long: 'vm-bytes', argument: 'B', help: 'this much each (default 256M)' },
    { long: 'vm-keep', help: 'take memory once, and write to it again' },
    { short: 't', long: 'timeout', argument: 'N', help: 'end after N seconds' },
    { short: 'q', long: 'quiet', help: 'say nothing' },
  ],
  *run(parsed) {
    return yield* dispatch(parsed);
  },
};

function* dispatch(parsed: Parsed): Sys<number> {
  const started = yield* sys.clock_gettime('monotonic');
  const cpus = countOf(parsed, 'cpu');
  const vms = countOf(parsed, 'vm');
  if (parsed.operands.length > 0) throw new UsageError(`unrecognized option: ${parsed.operands[0]}`);
  if (cpus + vms === 0) throw new UsageError('no workers: give --cpu or --vm');
  const time = parsed.value('timeout');
  const limit = time === null ? null : duration(time);
  if (time !== null && limit === null) throw new UsageError(`incorrect argument: '${time}'`);
  const memory = { bytes: bytesOf(parsed.value('vm-bytes') ?? '256M'), keep: parsed.has('vm-keep') };
  const own = yield* sys.getpid();
  const say = function* (kind: 'info' | 'FAIL' | 'WARN', text: string): Sys<void> {
    if (!(kind === 'info' && parsed.has('quiet')))
      yield* writeAll(kind === 'info' ? 1 : 2, `stress: ${kind}: [${own}] ${text}\n`);
  };
  yield* say('info', `dispatching hogs: ${cpus} cpu, 0 io, ${vms} vm, 0 hdd`);
  const workers = new Set<number>();
  for (let i = 0; i < cpus; i++) workers.add(yield* sys.fork(() => worker(compute, limit)));
  for (let i = 0; i < vms; i++) workers.add(yield* sys.fork(() => worker(() => useMemory(memory), limit)));
  let failed = false;
  while (workers.size > 0) {
    const { pid, state } = yield* sys.wait4(-1);
    if (!workers.delete(pid)) continue;
    if (state.kind === 'signaled' && state.signal === 'ALRM') continue;
    if (state.kind === 'exited' && state.code === 0) continue;
    const how =
      state.kind === 'signaled'
        ? `got signal ${signalNumber(state.signal)}`
        : `returned error ${state.kind === 'exited' ? state.code : 0}`;
    yield* say('FAIL', `(425) <-- worker ${pid} ${how}`);
    if (!failed) yield* say('WARN', '(427) now reaping child worker processes');
    failed = true;
    for (const other of workers) yield* sys.kill(other, 'TERM');
  }
  const now = yield* sys.clock_gettime('monotonic');
  const seconds = Math.floor(now.sec - started.sec + (now.nsec - started.nsec) / 1e9 + 0.5);
  if (failed) yield* say('FAIL', `(461) failed run completed in ${seconds}s`);
  else yield* say('info', `successful run completed in ${seconds}s`);
  return failed ? 1 : 0;
}
