/** ptrace(2): who may trace whom, where a tracee stops, and what its tracer is told. */
import { expect, test } from 'vitest';
import { decodeUtf8, isOsError, SECOND } from '../../src/base/index.ts';
import {
  type Program,
  PTRACE_O_TRACEFORK,
  readFile,
  type Sys,
  type SyscallInfo,
  sys,
  WNOHANG,
  writeAll,
} from '../../src/linux/index.ts';
import { testHost } from '../support/linuxHost.ts';

function* outcome(body: () => Sys<unknown>): Sys<string> {
  try {
    yield* body();
    return 'ok';
  } catch (error) {
    if (isOsError(error)) return error.code;
    throw error;
  }
}

/** Runs `main` and gives the lines that it says. */
function told(main: (say: (text: string) => Sys<void>) => Sys<void>, user = 'root'): string[] {
  const program: Program = function* () {
    yield* main((text) => writeAll(1, `${text}\n`));
    return 0;
  };
  const { output, state } = testHost({ main: program }).run(['/usr/bin/main'], { user });
  expect(state).toEqual({ kind: 'exited', code: 0 });
  return output.trimEnd().split('\n');
}

/** A child that sleeps, traced by the caller and stopped. */
function* tracedSleeper(): Sys<number> {
  const pid = yield* sys.fork(function* () {
    yield* sys.nanosleep(SECOND);
    return 3;
  });
  yield* sys.sched_yield();
  yield* sys.ptrace('PTRACE_SEIZE', pid);
  yield* sys.ptrace('PTRACE_INTERRUPT', pid);
  yield* sys.wait4(pid);
  return pid;
}

function* statusLine(pid: number, name: string): Sys<string> {
  const text = decodeUtf8(yield* readFile(`/proc/${pid}/status`));
  return new RegExp(`^${name}:\t(.*)$`, 'm').exec(text)![1]!;
}

/** Goes on to the next stop, and tells it. */
function* next(pid: number): Sys<string> {
  yield* sys.ptrace('PTRACE_SYSCALL', pid, 0);
  const { state } = yield* sys.wait4(pid);
  if (state.kind !== 'stopped' || state.trap !== 'syscall') return JSON.stringify(state);
  const info = (yield* sys.ptrace('PTRACE_GET_SYSCALL_INFO', pid)) as SyscallInfo;
  return info.op === 'none' ? 'none' : `${info.op} ${info.request.call}`;
}

test('a tracee stops as it enters and leaves each call, and its end is told', () => {
  const lines = told(function* (say) {
    const pid = yield* tracedSleeper();
    yield* say(
      `${yield* statusLine(pid, 'State')}, ${(yield* statusLine(pid, 'TracerPid')) === `${yield* sys.getpid()}`}`,
    );
    for (let i = 0; i < 4; i++) yield* say(yield* next(pid));
  });
  expect(lines).toEqual([
    't (tracing stop), true',
    'entry nanosleep',
    'exit nanosleep',
    'entry exit',
    '{"kind":"exited","code":3}',
  ]);
});

test('a signal comes to the tracer first, which may keep it from the tracee; KILL it cannot keep', () => {
  const lines = told(function* (say) {
    const pid = yield* tracedSleeper();
    yield* say(yield* next(pid));
    yield* sys.kill(pid, 'TERM');
    yield* say(yield* next(pid));
    yield* say(yield* next(pid));
    yield* say(JSON.stringify(yield* sys.ptrace('PTRACE_GETSIGINFO', pid)).replace(/"pid":\d+/, '"pid":0'));
    yield* say(yield* next(pid));
    yield* sys.kill(pid, 'KILL');
    yield* say(JSON.stringify((yield* sys.wait4(pid)).state));
  });
  expect(lines).toEqual([
    'entry nanosleep',
    'exit nanosleep',
    '{"kind":"stopped","signal":"TERM"}',
    '{"code":"SI_USER","pid":0,"uid":0}',
    'entry nanosleep',
    '{"kind":"signaled","signal":"KILL"}',
  ]);
});

test('what comes while the tracer looks: CONT undoes a stop; and a new child is traced from its first step', () => {
  const lines = told(function* (say) {
    const pid = yield* tracedSleeper();
    yield* sys.kill(pid, 'STOP');
    yield* say(yield* next(pid));
    yield* sys.kill(pid, 'CONT');
    yield* sys.ptrace('PTRACE_SYSCALL', pid, 'STOP');
    yield* say(JSON.stringify((yield* sys.wait4(pid)).state));
    yield* sys.kill(pid, 'KILL');
    yield* sys.wait4(pid);
    const parent = yield* sys.fork(function* () {
      yield* sys.nanosleep(1_000_000);
      yield* sys.fork(function* () {
        yield* sys.getuid();
        return 4;
      });
      return 0;
    });
    yield* sys.ptrace('PTRACE_SEIZE', parent, PTRACE_O_TRACEFORK);
    const { pid: child, state } = yield* sys.wait4(-1);
    yield* say(`${child - parent} ${JSON.stringify(state)}`);
    yield* say(yield* next(child));
    yield* sys.kill(child, 'KILL');
    const ends = [yield* sys.wait4(-1), yield* sys.wait4(-1)];
    yield* say(
      ends
        .map((end) => `${end.pid - parent} ${end.state.kind}`)
        .sort()
        .join(', '),
    );
  });
  expect(lines).toEqual([
    '{"kind":"stopped","signal":"STOP"}',
    '{"kind":"stopped","signal":"CONT"}',
    '1 {"kind":"stopped","signal":"TRAP","trap":"event"}',
    'entry getuid',
    // The parent has stopped for CHLD.
    '0 stopped, 1 signaled',
  ]);
});

test('one tracer for a process, never itself, and only a stopped one is asked', () => {
  const lines = told(function* (say) {
    const pid = yield* tracedSleeper();
    const seize = (whom: number) => outcome(() => sys.ptrace('PTRACE_SEIZE', whom));
    yield* say(`${yield* seize(pid)} ${yield* seize(yield* sys.getpid())} ${yield* seize(999)}`);
    yield* next(pid);
    yield* sys.ptrace('PTRACE_SYSCALL', pid, 0);
    yield* say(yield* outcome(() => sys.ptrace('PTRACE_GET_SYSCALL_INFO', pid)));
    const other = yield* sys.fork(function* () {
      yield* say(yield* outcome(() => sys.ptrace('PTRACE_SYSCALL', pid, 0)));
      return 0;
    });
    yield* sys.wait4(other);
  });
  expect(lines).toEqual(['EPERM EPERM ESRCH', 'ESRCH', 'ESRCH']);
});

test("others' processes are not to be traced, nor those with more capabilities", () => {
  const lines = told(function* (say) {
    const pid = yield* sys.fork(function* () {
      yield* sys.pause();
      return 0;
    });
    const user = yield* sys.fork(function* () {
      yield* sys.setresuid(1000, 1000, 1000);
      yield* say(`others: ${yield* outcome(() => sys.ptrace('PTRACE_SEIZE', pid))}`);
      return 0;
    });
    yield* sys.wait4(user);
    const weak = yield* sys.fork(function* () {
      yield* sys.capset({ permitted: 0n, effective: 0n, inheritable: 0n });
      yield* say(`mightier: ${yield* outcome(() => sys.ptrace('PTRACE_SEIZE', pid))}`);
      return 0;
    });
    yield* sys.wait4(weak);
    yield* sys.kill(pid, 'KILL');
  });
  expect(lines).toEqual(['others: EPERM', 'mightier: EPERM']);
});

test('the end of a tracer sets its tracees free, and a tracee that is not its child is told of', () => {
  const lines = told(function* (say) {
    const sleeper = yield* sys.fork(function* () {
      yield* sys.nanosleep(SECOND);
      return 0;
    });
    const tracer = yield* sys.fork(function* () {
      yield* sys.ptrace('PTRACE_SEIZE', sleeper);
      yield* sys.ptrace('PTRACE_INTERRUPT', sleeper);
      yield* sys.wait4(sleeper);
      return 0;
    });
    yield* sys.wait4(tracer);
    yield* say(`${yield* statusLine(sleeper, 'TracerPid')}`);
    const second = yield* sys.fork(function* () {
      yield* sys.ptrace('PTRACE_SEIZE', sleeper);
      yield* say(JSON.stringify((yield* sys.wait4(-1)).state));
      yield* say(yield* outcome(() => sys.wait4(-1, WNOHANG)));
      return 0;
    });
    yield* sys.wait4(sleeper);
    yield* sys.wait4(second);
  });
  expect(lines).toEqual(['0', '{"kind":"exited","code":0}', 'ECHILD']);
});
