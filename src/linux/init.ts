/** PID 1: runs the scripts of /etc/init.d in the order of their names, then takes in orphans for ever. */
import { isOsError } from '../base/index.ts';
import type { Program, Sys } from './program.ts';
import { writeAll } from './stdio.ts';
import { sys } from './sys.ts';
import { O_CREAT, O_WRONLY } from './syscalls.ts';

const SCRIPTS = '/etc/init.d';
/** Made when the last script has ended. */
export const BOOTED = '/run/booted';
const ENVIRONMENT = new Map([['PATH', '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin']]);

export const init: Program = function* () {
  yield* sys.setname('init');
  yield* sys.sigaction('CHLD', 'catch');
  for (const script of yield* scripts()) yield* run(script);
  yield* sys.close(yield* sys.open(BOOTED, O_WRONLY | O_CREAT, 0o444));
  for (;;) yield* reapOne();
};

function* scripts(): Sys<string[]> {
  try {
    const fd = yield* sys.open(SCRIPTS, 0);
    const entries = yield* sys.getdents(fd);
    yield* sys.close(fd);
    return entries
      .filter((entry) => entry.type === 'file')
      .map((entry) => `${SCRIPTS}/${entry.name}`)
      .sort();
  } catch (error) {
    if (isOsError(error, 'ENOENT')) return [];
    throw error;
  }
}

function* run(script: string): Sys<void> {
  const pid = yield* sys.fork(function* () {
    yield* sys.setsid();
    try {
      return yield* sys.execve(script, [script], ENVIRONMENT);
    } catch (error) {
      if (!isOsError(error)) throw error;
      yield* writeAll(2, `init: ${script}: ${error.message}\n`);
      return 127;
    }
  });
  for (;;) {
    try {
      if ((yield* sys.wait4(pid)).pid === pid) return;
    } catch (error) {
      if (!isOsError(error, 'EINTR')) throw error;
      yield* sys.takeSignals();
    }
  }
}

function* reapOne(): Sys<void> {
  try {
    yield* sys.wait4(-1);
  } catch (error) {
    if (isOsError(error, 'ECHILD')) yield* sys.pause();
    else if (!isOsError(error, 'EINTR')) throw error;
    yield* sys.takeSignals();
  }
}
