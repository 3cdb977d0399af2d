/** taskset(1) of util-linux 2.38: on which processors a process may run. */
import { isOsError, strerror } from '../../../base/index.ts';
import { type CpuSet, cpuRange, cpuSetOf, cpusOf, type Sys, sys, writeAll } from '../../../linux/index.ts';
import { type CommandSpec, UsageError } from '../options.ts';
import { runFound } from '../processes/running.ts';
import { complain } from '../support.ts';

/** The program knows no processors beyond these: glibc's cpu_set_t, doubled until the kernel is content. */
const MOST = 8192;

/** Hexadecimal digits, with commas and `0x` as one likes; null: not understood. */
function parseMask(text: string): CpuSet | null {
  const digits = text.replace(/^0x/, '').replaceAll(',', '');
  return /^[\da-f]*$/i.test(digits) ? BigInt(`0x0${digits.slice(-MOST / 4)}`) : null;
}

/** `0,3,7-11`, `0-31:2`; null: not understood. */
function parseList(text: string): CpuSet | null {
  let cpus = 0n;
  for (const part of text.split(',')) {
    const range = /^(\d+)(?:-(\d+)(?::(\d+))?)?$/.exec(part);
    if (range === null) return null;
    const first = Number(range[1]);
    const last = Number(range[2] ?? first);
    const stride = Number(range[3] ?? 1);
    if (last < first || stride === 0) return null;
    if (first < MOST) cpus |= cpuRange(first, Math.min(last, MOST - 1), 1, Math.min(stride, MOST));
  }
  return cpus;
}

/** Two in a row are named both, three and more as a range. */
function showList(cpus: readonly number[]): string {
  const parts: string[] = [];
  for (let i = 0; i < cpus.length; i++) {
    let run = 0;
    while (cpus[i + run + 1] === cpus[i]! + run + 1) run++;
    parts.push(run < 2 ? `${cpus[i]}` : `${cpus[i]}-${cpus[i]! + run}`);
    if (run >= 2) i += run;
  }
  return parts.join(',');
}

/** Runs `body` and says of which process it failed to `verb` the affinity, if it does. */
function* orComplaint(verb: 'get' | 'set', pid: number, body: () => Sys<unknown>): Sys<boolean> {
  try {
    yield* body();
    return true;
  } catch (error) {
    if (!isOsError(error)) throw error;
    yield* complain('taskset', `failed to ${verb} pid ${pid}'s affinity: ${strerror(error.code)}`);
    return false;
  }
}

/** Tells what a running process has, and with `cpus` changes it. */
function* ofRunning(pid: number, cpus: readonly number[] | null, asList: boolean): Sys<number> {
  const tell = (age: string) =>
    orComplaint('get', pid, function* () {
      const own = yield* sys.sched_getaffinity(pid);
      const text = asList ? `list: ${showList(own)}` : `mask: ${cpuSetOf(own).toString(16)}`;
      const who = pid === 0 ? yield* sys.getpid() : pid;
      yield* writeAll(1, `pid ${who}'s ${age} affinity ${text}\n`);
    });
  if (!(yield* tell('current'))) return 1;
  if (cpus === null) return 0;
  if (!(yield* orComplaint('set', pid, () => sys.sched_setaffinity(pid, cpus)))) return 1;
  return (yield* tell('new')) ? 0 : 1;
}

export const taskset: CommandSpec = {
  name: 'taskset',
  usage: '[OPTION]... {MASK | CPU-LIST} {PID | COMMAND [ARG]...}',
  summary: 'Show or change on which processors a process may run.',
  operandsEndOptions: true,
  options: [
    { short: 'a', long: 'all-tasks', help: 'all threads of the process: here it has one' },
    { short: 'p', long: 'pid', help: 'of a running process' },
    { short: 'c', long: 'cpu-list', help: 'processors by number: 0,3,7-11' },
    { short: 'h', long: 'help', help: 'show this help and leave' },
    { short: 'V', long: 'version', help: 'tell the version' },
  ],
  *run(parsed, { env, argv }) {
    const { operands } = parsed;
    if (parsed.has('version')) {
      yield* writeAll(1, 'taskset from util-linux 2.38.1\n');
      return 0;
    }
    const asList = parsed.has('cpu-list');
    const running = parsed.has('pid');
    if (!running && operands.length < 2) throw new UsageError('bad usage');
    // As the real one, which takes the last argument for the number whatever it is.
    const pidText = running ? (operands[1] ?? operands[0] ?? argv.at(-1)!) : null;
    if (pidText !== null && !/^\d+$/.test(pidText)) {
      yield* complain('taskset', `invalid PID argument: '${pidText}'`);
      return 1;
    }
    if (pidText !== null && operands.length < 2) return yield* ofRunning(Number(pidText), null, asList);
    const text = operands[0]!;
    const wanted = asList ? parseList(text) : parseMask(text);
    if (wanted === null) {
      yield* complain('taskset', `failed to parse CPU ${asList ? 'list' : 'mask'}: ${text}`);
      return 1;
    }
    const cpus = cpusOf(wanted);
    if (pidText !== null) return yield* ofRunning(Number(pidText), cpus, asList);
    const own = yield* sys.getpid();
    if (!(yield* orComplaint('set', own, () => sys.sched_setaffinity(0, cpus)))) return 1;
    return yield* runFound('taskset', operands.slice(1), env, (command) => `failed to execute ${command}`);
  },
};
