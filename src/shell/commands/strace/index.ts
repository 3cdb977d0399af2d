/** strace(1) 6.1: what processes ask of the kernel. Nothing is shown that the simulated kernel was not asked (see calls/index.ts). */
import { isOsError, strerror } from '../../../base/index.ts';
import {
  O_APPEND,
  O_CLOEXEC,
  O_CREAT,
  O_TRUNC,
  O_WRONLY,
  type Sys,
  signalNumber,
  sys,
  writeAll,
} from '../../../linux/index.ts';
import { Failed, reporting } from '../namespaces/starting.ts';
import { type CommandSpec, foreignOptions } from '../options.ts';
import { Lines } from './lines.ts';
import { type Settings, settingsOf } from './settings.ts';
import { attachTo, startCommand } from './starting.ts';
import { Summary } from './summary.ts';
import { fatal, TraceLoop } from './tracer.ts';

function* openOutput({ file, append }: Settings): Sys<number> {
  if (file === null) return 2;
  if (/^[|!]/.test(file)) throw new Failed('the option -o with a command is not simulated');
  try {
    const flags = O_WRONLY | O_CREAT | O_CLOEXEC | (append ? O_APPEND : O_TRUNC);
    return yield* sys.open(file, flags, 0o666);
  } catch (error) {
    if (!isOsError(error)) throw error;
    throw new Failed(`Can't fopen '${file}': ${strerror(error.code)}`);
  }
}

function* trace(settings: Settings): Sys<number> {
  const fd = yield* openOutput(settings);
  const { command, pids, follow, summary: kind, sort, file } = settings;
  const child = command.length === 0 ? null : yield* startCommand(settings);
  // With a file for the lines, Ctrl-C is for the command alone.
  const own = file !== null && child !== null ? 'ignore' : 'catch';
  for (const signal of fatal) yield* sys.sigaction(signal, own);
  const summary = kind === 'none' ? null : new Summary();
  const lines = new Lines(settings, fd);
  const loop = new TraceLoop(settings, lines, summary, child);
  const any = yield* attachTo(pids, follow, (pid) => loop.attached(pid));
  if (child === null && !any) return 1;
  const signal = yield* loop.run();
  if (summary !== null) yield* writeAll(fd, summary.text(sort));
  const ended = signal ?? (loop.end?.kind === 'signaled' ? loop.end.signal : null);
  if (ended === null) return loop.end?.kind === 'exited' ? loop.end.code : 0;
  // Whoever waits for it is to see the same end.
  if (ended !== 'KILL' && ended !== 'STOP') yield* sys.sigaction(ended, 'default');
  yield* sys.kill(yield* sys.getpid(), ended);
  return 128 + signalNumber(ended);
}

export const strace: CommandSpec = {
  name: 'strace',
  usage: '[OPTION]... {-p PID | COMMAND [ARG]...}',
  summary: `Show the system calls and signals of a command, or of processes that run.
Shown is what the simulated kernel was asked. A program here has no dynamic loader and maps no
memory, so the calls by which real programs begin are missing, and an address is shown as '...'.`,
  operandsEndOptions: true,
  wrongUsage: (message) => `strace: ${message}\nTry 'strace -h' for more information.\n`,
  options: [
    { short: 'A', long: 'output-append-mode', help: 'add to the file of -o' },
    { short: 'a', long: 'columns', argument: 'COLUMN', help: 'where results stand (default 40)' },
    { short: 'c', long: 'summary-only', help: 'count calls, errors and time, and show a table' },
    { short: 'C', long: 'summary', help: 'the same besides the calls' },
    {
      short: 'E',
      long: 'env',
      argument: 'VAR[=VAL]',
      help: "set a variable in COMMAND's environment, or remove it",
    },
    {
      short: 'e',
      argument: 'EXPR',
      help: 'trace=SET, signal=SET, status=SET or quiet=SET, each with ! for all others',
    },
    {
      long: 'trace',
      argument: 'SET',
      help: 'calls by name, %file, %process, %net, %signal, %desc, %ipc, %memory, ...',
    },
    { long: 'signal', argument: 'SET', help: 'only these signals' },
    { long: 'status', argument: 'SET', help: 'only calls that end so: successful, failed, unfinished' },
    { short: 'f', long: 'follow-forks', help: 'children, too' },
    { short: 'o', long: 'output', argument: 'FILE', help: 'write to FILE, not to standard error' },
    { short: 'p', long: 'attach', argument: 'PID', help: 'a process that runs; more than once for several' },
    { short: 'q', help: 'no messages about processes that come and go; -qq: nor about their ends' },
    { short: 'r', help: 'the time since the line before' },
    { short: 's', long: 'string-limit', argument: 'SIZE', help: 'so many bytes of a string (default 32)' },
    {
      short: 'S',
      long: 'summary-sort-by',
      argument: 'KEY',
      help: 'time, avg-time, calls, errors, name, none',
    },
    { short: 't', help: 'the time of day; -tt: with microseconds; -ttt: since 1970' },
    { short: 'T', help: 'the time spent in each call' },
    { short: 'u', long: 'user', argument: 'NAME', help: 'run COMMAND as this user' },
    { short: 'w', long: 'summary-wall-clock', help: "count a call's whole time, not the kernel's" },
    { short: 'y', long: 'decode-fds', help: 'the paths of descriptors' },
    { short: 'z', long: 'successful-only', help: 'only calls that went well' },
    { short: 'Z', long: 'failed-only', help: 'only calls that failed' },
    { short: 'h', long: 'help', help: 'show this help and leave' },
    { short: 'V', long: 'version', help: 'tell the version' },
    ...foreignOptions(
      'b:detach-on=SYSCALL D:daemonize I:interruptible=WHEN P:trace-path=PATH O:summary-syscall-overhead=TIME ' +
        'U:summary-columns=COLUMNS X:const-print-style=FORMAT Y:decode-pids d:debug i:instruction-pointer ' +
        'k:stack-traces n:syscall-number v:no-abbrev x:strings-in-hex :seccomp-bpf :output-separately :tips ' +
        ':absolute-timestamps :relative-timestamps :syscall-times :inject=SET :fault=SET :quiet=SET :raw=SET ' +
        ':abbrev=SET :verbose=SET :read=SET :write=SET :kvm=SET',
    ),
  ],
  *run(parsed, { env }) {
    if (parsed.has('version')) {
      yield* writeAll(1, 'strace -- version 6.1\n');
      return 0;
    }
    return yield* reporting('strace', () => trace(settingsOf(parsed, env)));
  },
};
