/** Becoming the program, as the programs of util-linux do it, and waiting for one. */
import { isOsError, OsError, strerror } from '../../../base/index.ts';
import { type Sys, signalNumber, sys, type WaitStatus } from '../../../linux/index.ts';
import { complain } from '../support.ts';

/** Ends a command with a message. */
export class Failed extends Error {
  readonly status: number;

  constructor(message: string, status = 1) {
    super(message);
    this.status = status;
  }
}

/** The result of `body`; an error of the system becomes `what: Operation not permitted`. */
export function* must<T>(what: string, body: () => Sys<T>): Sys<T> {
  try {
    return yield* body();
  } catch (error) {
    if (!isOsError(error)) throw error;
    throw new Failed(`${what}: ${strerror(error.code)}`);
  }
}

/** Runs a command's `body`; what {@link Failed} says is told under its name. */
export function* reporting(name: string, body: () => Sys<number>): Sys<number> {
  try {
    return yield* body();
  } catch (error) {
    if (!(error instanceof Failed)) throw error;
    yield* complain(name, error.message);
    return error.status;
  }
}

/** execvp(3). Without words it is the user's shell as a login shell. Throws Failed with 126 or 127. */
export function* becomeProgram(words: readonly string[], env: ReadonlyMap<string, string>): Sys<never> {
  const shell = env.get('SHELL') ?? '/bin/sh';
  const argv = words.length > 0 ? words : [`-${shell.slice(shell.lastIndexOf('/') + 1)}`];
  const file = words[0] ?? shell;
  const folders = file.includes('/') ? [null] : (env.get('PATH') ?? '/bin:/usr/bin').split(':');
  let failure = new OsError('ENOENT');
  for (const folder of folders) {
    const path = folder === null ? file : `${folder}/${file}`;
    try {
      yield* sys.execve(path, argv, env);
    } catch (error) {
      if (!isOsError(error)) throw error;
      // A script without an interpreter's name.
      if (error.code === 'ENOEXEC') yield* sys.execve('/bin/sh', ['sh', path, ...argv.slice(1)], env);
      if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') failure = error;
    }
  }
  throw new Failed(
    `failed to execute ${file}: ${strerror(failure.code)}`,
    failure.code === 'ENOENT' ? 127 : 126,
  );
}

/** Waits for a child to end, and ends as it did: by its status, or by its signal. */
export function* endAs(pid: number): Sys<number> {
  const state = yield* endOf(pid);
  if (state.kind === 'exited') return state.code;
  if (state.kind !== 'signaled') return 1;
  if (state.signal !== 'KILL') yield* sys.sigaction(state.signal, 'default');
  yield* sys.sigprocmask('unblock', [state.signal]);
  yield* sys.kill(yield* sys.getpid(), state.signal);
  // A signal that PID 1 does not hear.
  return 128 + signalNumber(state.signal);
}

function* endOf(pid: number): Sys<WaitStatus['state']> {
  for (;;) {
    try {
      return (yield* sys.wait4(pid)).state;
    } catch (error) {
      if (!isOsError(error, 'EINTR')) throw error;
    }
  }
}
