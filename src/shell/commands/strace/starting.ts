/** How strace(1) comes to its processes: by starting one, or by attaching to those that run. */
import { isOsError, strerror } from '../../../base/index.ts';
import { PTRACE_O_TRACEFORK, type Sys, sys, WUNTRACED } from '../../../linux/index.ts';
import { Failed, must, reporting } from '../namespaces/starting.ts';
import { type Account, accounts, complain, groupsOf, isRegular, orNull } from '../support.ts';
import type { Settings } from './settings.ts';

/** The file that a command's name means. Throws Failed. */
function* find(name: string, path: string): Sys<string> {
  if (name.includes('/')) {
    if ((yield* orNull(() => sys.stat(name))) !== null) return name;
  } else {
    for (const folder of path.split(':')) {
      const file = folder === '' ? name : `${folder}/${name}`;
      const stat = yield* orNull(() => sys.stat(file));
      if (stat !== null && isRegular(stat) && (stat.mode & 0o111) !== 0) return file;
    }
  }
  throw new Failed(`Can't stat '${name}': ${strerror('ENOENT')}`);
}

function* accountOf(user: string | null): Sys<Account | null> {
  if (user === null) return null;
  if ((yield* sys.getuid()) !== 0) throw new Failed('You must be root to use the -u option');
  const account = (yield* accounts()).find(({ name }) => name === user);
  if (account === undefined) throw new Failed(`Cannot find user '${user}'`);
  return account;
}

/** Throws Failed. */
function* become(account: Account): Sys<void> {
  const { uid, gid } = account;
  const all = yield* groupsOf(account);
  yield* must('initgroups', () => sys.setgroups(all));
  yield* must('setregid', () => sys.setresgid(gid, gid, gid));
  yield* must('setreuid', () => sys.setresuid(uid, uid, uid));
}

/** Seizes a process, which stops for it. EPERM, ESRCH. */
function* seize(pid: number, follow: boolean): Sys<void> {
  yield* sys.ptrace('PTRACE_SEIZE', pid, follow ? PTRACE_O_TRACEFORK : 0);
  yield* sys.ptrace('PTRACE_INTERRUPT', pid);
}

const refusal = (pid: number, reason: string) => `attach: ptrace(PTRACE_SEIZE, ${pid}): ${reason}`;

/** Starts the command as a child, traced from before its first program. Throws Failed. */
export function* startCommand({ command, environment, user, follow }: Settings): Sys<number> {
  const file = yield* find(command[0]!, environment.get('PATH') ?? '/usr/bin:/bin');
  const account = yield* accountOf(user);
  const pid = yield* sys.fork(function* () {
    return yield* reporting('strace', function* () {
      if (account !== null) yield* become(account);
      // It waits for its tracer.
      yield* sys.kill(yield* sys.getpid(), 'STOP');
      return yield* must('exec', () => sys.execve(file, command, environment));
    });
  });
  // What kept it from there it has told.
  const { state } = yield* sys.wait4(pid, WUNTRACED);
  if (state.kind === 'exited') throw new Failed(`Unexpected wait status 0x${(state.code << 8).toString(16)}`);
  try {
    yield* seize(pid, follow);
  } catch (error) {
    if (!isOsError(error)) throw error;
    yield* sys.kill(pid, 'KILL');
    throw new Failed(refusal(pid, strerror(error.code)));
  }
  yield* sys.kill(pid, 'CONT');
  return pid;
}

/** Attaches to each, and says so by `attached`; of those to which it cannot it complains. Whether there was one. Throws Failed. */
export function* attachTo(
  pids: readonly number[],
  follow: boolean,
  attached: (pid: number) => Sys<void>,
): Sys<boolean> {
  // The real one says so, too.
  if (pids.includes(yield* sys.getpid())) throw new Failed("I'm sorry, I can't let you do that, Dave.");
  let any = false;
  for (const pid of new Set(pids)) {
    try {
      yield* seize(pid, follow);
    } catch (error) {
      if (!isOsError(error)) throw error;
      yield* complain('strace', refusal(pid, strerror(error.code)));
      continue;
    }
    any = true;
    yield* attached(pid);
  }
  return any;
}
