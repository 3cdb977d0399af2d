/** docker-init, the first process of a container of --init: runs a command, passes signals on to it, and takes in orphans. As tini does. */
import { isOsError } from '../base/index.ts';
import {
  type Pid,
  type Program,
  type SignalName,
  type Sys,
  signalNames,
  signalNumber,
  sys,
  writeAll,
} from '../linux/index.ts';

/** Signals that are about the reaper itself. */
const own: readonly SignalName[] = [
  'KILL',
  'STOP',
  'CHLD',
  'FPE',
  'ILL',
  'SEGV',
  'BUS',
  'ABRT',
  'TRAP',
  'SYS',
  'TTIN',
  'TTOU',
];

export const dockerInit: Program = function* ({ argv, env }) {
  const args = argv[1] === '--' ? argv.slice(2) : argv.slice(1);
  const [command] = args;
  if (command === undefined) {
    yield* writeAll(
      2,
      'docker-init (version 0.19.0)\nUsage: docker-init [OPTIONS] PROGRAM -- [ARGS] | --version\n',
    );
    return 1;
  }
  const passed = signalNames.filter((signal) => !own.includes(signal));
  for (const signal of [...passed, 'CHLD'] as const) yield* sys.sigaction(signal, 'catch');
  const child = yield* sys.fork(function* () {
    for (const signal of [...passed, 'CHLD'] as const) yield* sys.sigaction(signal, 'default');
    yield* sys.setpgid(0, 0);
    yield* foreground();
    for (const folder of command.includes('/')
      ? ['']
      : (env.get('PATH') ?? '').split(':').map((dir) => `${dir}/`)) {
      try {
        return yield* sys.execve(`${folder}${command}`, args, env);
      } catch (error) {
        if (!isOsError(error)) throw error;
      }
    }
    yield* writeAll(
      2,
      `[FATAL tini (${yield* sys.getpid()})] exec ${command} failed: No such file or directory\n`,
    );
    return 127;
  });
  for (;;) {
    const status = yield* waitOrPass(child);
    if (status !== null) return status;
  }
};

/** On a terminal the child's group is the one that reads. */
function* foreground(): Sys<void> {
  try {
    yield* sys.sigprocmask('block', ['TTOU']);
    yield* sys.tcsetpgrp(0, yield* sys.getpid());
    yield* sys.sigprocmask('unblock', ['TTOU']);
  } catch (error) {
    if (!isOsError(error, 'ENOTTY', 'EBADF', 'EPERM')) throw error;
  }
}

/** The child's status when it has ended. */
function* waitOrPass(child: Pid): Sys<number | null> {
  try {
    const { pid, state } = yield* sys.wait4(-1);
    if (pid !== child) return null;
    if (state.kind === 'exited') return state.code;
    return state.kind === 'signaled' ? 128 + signalNumber(state.signal) : null;
  } catch (error) {
    if (!isOsError(error, 'EINTR')) throw error;
    for (const signal of yield* sys.takeSignals()) if (signal !== 'CHLD') yield* sys.kill(child, signal);
    return null;
  }
}
