/** nsenter(1) of util-linux: runs a program in the namespaces of others. */
import { isOsError, strerror } from '../../../base/index.ts';
import { CLONE_NEWPID, CLONE_NEWUSER, type Fd, O_RDONLY, type Sys, sys } from '../../../linux/index.ts';
import type { CommandSpec, Parsed } from '../options.ts';
import { orNull } from '../support.ts';
import { enteringOptions, type Kind, kinds } from './kinds.ts';
import { becomeProgram, endAs, Failed, must, reporting } from './starting.ts';

interface Opened {
  readonly kind: Kind;
  readonly fd: Fd;
}

/** The order in which they are entered: users first, mounts late, since what is opened by a path has to be by then. */
const order = ['user', 'cgroup', 'ipc', 'uts', 'net', 'pid', 'mnt', 'time'];

function* openPath(path: string): Sys<Fd> {
  return yield* must(`cannot open ${path}`, () => sys.open(path, O_RDONLY));
}

/** The file that an option or the target's number means. Throws Failed. */
function* openKind(kind: Kind, given: string, target: string | null): Sys<Fd> {
  if (given !== '') return yield* openPath(given);
  if (target === null) throw new Failed(`neither filename nor target pid supplied for ns/${kind.file}`);
  return yield* openPath(`/proc/${target}/ns/${kind.file}`);
}

/** All of the target's, but a user namespace that is one's own: nobody enters that again. */
function* openAll(target: string): Sys<Opened[]> {
  const opened: Opened[] = [];
  for (const kind of kinds) {
    const path = `/proc/${target}/ns/${kind.file}`;
    if (kind.file === 'user') {
      const theirs = yield* must(`stat of ${path} failed`, () => sys.stat(path));
      if (theirs.ino === (yield* sys.stat('/proc/self/ns/user')).ino) continue;
    }
    opened.push({ kind, fd: yield* openPath(path) });
  }
  return opened;
}

function* openDirectory(parsed: Parsed, option: string, link: string, target: string | null): Sys<Fd | null> {
  if (!parsed.has(option)) return null;
  const given = parsed.value(option) ?? '';
  if (given !== '') return yield* openPath(given);
  if (target === null) throw new Failed(`neither filename nor target pid supplied for ${link}`);
  return yield* openPath(`/proc/${target}/${link}`);
}

/** Without leave for the user namespace first, it may still be entered last: root goes down so to an ordinary user's. */
function* enter(opened: readonly Opened[]): Sys<void> {
  const sorted = [...opened].sort((a, b) => order.indexOf(a.kind.file) - order.indexOf(b.kind.file));
  const late: Opened[] = [];
  for (const { kind, fd } of sorted) {
    try {
      yield* sys.setnsfd(fd, kind.flag);
      yield* sys.close(fd);
    } catch (error) {
      if (!isOsError(error)) throw error;
      if (kind.flag !== CLONE_NEWUSER)
        throw new Failed(`reassociate to namespace 'ns/${kind.file}' failed: ${strerror(error.code)}`);
      late.push({ kind, fd });
    }
  }
  for (const { kind, fd } of late)
    yield* must(`reassociate to namespace 'ns/${kind.file}' failed`, () => sys.setnsfd(fd, kind.flag));
}

/** `dropped`: the groups were given up before. */
function* setIds(parsed: Parsed, intoUser: boolean, dropped: boolean): Sys<void> {
  const number = (option: string, what: string) => {
    const text = parsed.value(option);
    if (text !== null && !/^\d+$/.test(text)) throw new Failed(`failed to parse ${what}: '${text}'`);
    return text === null ? null : Number(text);
  };
  const byDefault = intoUser && !parsed.has('preserve-credentials') ? 0 : null;
  const gid = number('setgid', 'gid') ?? byDefault;
  const uid = number('setuid', 'uid') ?? byDefault;
  if (gid !== null) {
    if ((yield* orNull(() => sys.setgroups([]), 'EPERM')) === null && !dropped)
      throw new Failed('setgroups failed: Operation not permitted');
    yield* must('setgid failed', () => sys.setgid(gid));
  }
  if (uid !== null) yield* must('setuid failed', () => sys.setuid(uid));
}

function* run(parsed: Parsed, env: ReadonlyMap<string, string>): Sys<number> {
  const target = parsed.value('target');
  if (target !== null && !/^\d+$/.test(target)) throw new Failed(`failed to parse pid: '${target}'`);
  if (parsed.has('all') && target === null) throw new Failed('no target PID specified for --all');
  const opened: Opened[] = parsed.has('all') ? yield* openAll(target!) : [];
  for (const kind of kinds) {
    if (!parsed.has(kind.long)) continue;
    opened.push({ kind, fd: yield* openKind(kind, parsed.value(kind.long) ?? '', target) });
  }
  const root = yield* openDirectory(parsed, 'root', 'root', target);
  const directory = yield* openDirectory(parsed, 'wd', 'cwd', target);
  const dropped =
    opened.some(({ kind }) => kind.flag === CLONE_NEWUSER) &&
    !parsed.has('preserve-credentials') &&
    (yield* orNull(() => sys.setgroups([]), 'EPERM')) !== null;
  yield* enter(opened);
  if (root !== null) {
    yield* must('change directory by root file descriptor failed', () => sys.fchdir(root));
    yield* must('chroot failed', () => sys.chroot('.'));
    yield* sys.close(root);
  }
  const inside = parsed.value('wdns');
  if (inside !== null) yield* must('change directory by working directory failed', () => sys.chdir(inside));
  if (directory !== null) {
    yield* must('change directory by working directory file descriptor failed', () => sys.fchdir(directory));
    yield* sys.close(directory);
  }
  const has = (flag: number) => opened.some(({ kind }) => kind.flag === flag);
  const start = function* (): Sys<number> {
    yield* setIds(parsed, has(CLONE_NEWUSER), dropped);
    return yield* becomeProgram(parsed.operands, env);
  };
  if (!has(CLONE_NEWPID) || parsed.has('no-fork')) return yield* start();
  return yield* endAs(yield* must('fork failed', () => sys.fork(() => reporting('nsenter', start))));
}

export const nsenter: CommandSpec = {
  name: 'nsenter',
  usage: '[OPTION]... [PROGRAM [ARGUMENT]...]',
  summary: 'Run a program with namespaces of other processes.',
  operandsEndOptions: true,
  options: [
    { short: 'a', long: 'all', help: 'enter all namespaces' },
    { short: 't', long: 'target', argument: 'PID', help: 'target process to get namespaces from' },
    ...enteringOptions,
    { short: 'S', long: 'setuid', argument: 'UID', help: 'set uid in entered namespace' },
    { short: 'G', long: 'setgid', argument: 'GID', help: 'set gid in entered namespace' },
    { long: 'preserve-credentials', help: 'do not touch uids or gids' },
    { short: 'r', long: 'root', argument: 'DIR', optional: true, help: 'set the root directory' },
    { short: 'w', long: 'wd', argument: 'DIR', optional: true, help: 'set the working directory' },
    { short: 'W', long: 'wdns', argument: 'DIR', help: 'set the working directory in namespace' },
    { short: 'F', long: 'no-fork', help: "do not fork before exec'ing PROGRAM" },
  ],
  *run(parsed, { env }) {
    return yield* reporting('nsenter', () => run(parsed, env));
  },
};
