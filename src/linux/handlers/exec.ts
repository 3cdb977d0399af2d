/** execve(2): built-in programs by their magic header, scripts by `#!`. */
import { assert, decodeUtf8, OsError } from '../../base/index.ts';
import { type Credentials, capable, includesAll } from '../credentials/credentials.ts';
import {
  appliesIn,
  CAPABILITY_XATTR,
  type FileCapabilities,
  readFileCapabilities,
} from '../credentials/fileCapabilities.ts';
import { afterExec } from '../credentials/transitions.ts';
import {
  hasXattr,
  type Inode,
  type Location,
  MAY_EXEC,
  pathOf,
  requireAccess,
  S_ISGID,
  S_ISUID,
  walk,
} from '../fs/index.ts';
import type { Kernel } from '../kernel.ts';
import { EXECUTABLE_MAGIC } from '../program.ts';
import { MS_NOEXEC } from '../syscalls.ts';
import { NO_ENVIRONMENT, type Task } from '../tasks/task.ts';

/** Interpreters that name interpreters: at most this many. */
const MAX_INTERPRETERS = 5;
/** Bytes of a file that are read to find out what it is (BINPRM_BUF_SIZE). */
const HEADER = 256;
const NEWLINE = 10;
/** Bytes that arguments and environment may have together. */
const ARG_MAX = 2_097_152;

interface Image {
  readonly name: string;
  readonly argv: readonly string[];
  readonly location: Location;
}

export function execve(
  kernel: Kernel,
  task: Task,
  path: string,
  argv: readonly string[],
  env: ReadonlyMap<string, string>,
): undefined {
  let size = 0;
  for (const text of argv) size += text.length + 1;
  env.forEach((value, key) => {
    size += key.length + value.length + 2;
  });
  if (size > ARG_MAX) throw new OsError('E2BIG');
  // A copy has no room for more: it stays as long as the process.
  const image = load(kernel, task, path, argv.slice(), 0);
  const program = kernel.programs.get(image.name);
  if (program === undefined) throw new OsError('ENOEXEC');
  const credentials = credentialsAfter(task, image.location);
  task.fds.closeOnExec();
  task.credentials = credentials;
  task.namespaces.time = task.namespaces.timeForChildren;
  task.namespaces.time.entered = true;
  task.execed = true;
  kernel.memory.renew(task);
  task.argv = image.argv;
  task.env = env.size === 0 ? NO_ENVIRONMENT : new Map(env);
  task.comm = path.slice(path.lastIndexOf('/') + 1).slice(0, 15);
  task.exe = pathOf(image.location, task.root);
  task.caught = [];
  task.catching = 0;
  task.program = program({ argv: image.argv, env: task.env });
  kernel.trace.emit('task.exec', kernel.name, { pid: kernel.rootPid(task), path, argv: image.argv });
}

function load(kernel: Kernel, task: Task, path: string, argv: readonly string[], depth: number): Image {
  if (depth > MAX_INTERPRETERS) throw new OsError('ELOOP');
  const location = walk(kernel.vfsContext(task), path);
  const { inode } = location.dentry;
  if (inode.type !== 'file') throw new OsError('EACCES');
  requireAccess(task.credentials, inode, MAY_EXEC);
  if ((location.mount.flags & MS_NOEXEC) !== 0) throw new OsError('EACCES');
  const header = inode.read(0, HEADER);
  const end = header.indexOf(NEWLINE);
  const line = decodeUtf8(end < 0 ? header : header.subarray(0, end));
  if (line.startsWith(EXECUTABLE_MAGIC)) {
    return { name: line.slice(EXECUTABLE_MAGIC.length), argv, location };
  }
  if (!line.startsWith('#!')) throw new OsError('ENOEXEC');
  const [, interpreter, argument] = /^#!\s*(\S+)\s*(.*?)\s*$/.exec(line) ?? [];
  if (interpreter === undefined) throw new OsError('ENOEXEC');
  const given = argument === undefined || argument === '' ? [] : [argument];
  return load(kernel, task, interpreter, [interpreter, ...given, path, ...argv.slice(1)], depth + 1);
}

/** Set-user-ID and set-group-ID programs run with their owner's ids, those with capabilities of their own with these. */
function credentialsAfter(task: Task, { dentry: { inode }, mount }: Location): Credentials {
  const before = task.credentials;
  const { mode, uid, gid } = inode.stat();
  assert(mode !== 0, 'an executable has a mode');
  const gains = !mount.nosuid;
  const setsIds = gains && !before.noNewPrivs && before.userNs.maps(uid, gid);
  const ids = {
    euid: setsIds && (mode & S_ISUID) !== 0 ? uid : before.euid,
    // Without leave to execute for the group the bit once meant mandatory locking.
    egid: setsIds && (mode & S_ISGID) !== 0 && (mode & 0o010) !== 0 ? gid : before.egid,
  };
  const { tracee } = task;
  const watched = tracee !== null && !capable(tracee.tracer.credentials, before.userNs, 'CAP_SYS_PTRACE');
  return afterExec(before, ids, gains ? fileCapabilities(inode, before) : null, watched);
}

/** EPERM for a program that would start without all it asks for. */
function fileCapabilities(inode: Inode, who: Credentials): FileCapabilities | null {
  if (!hasXattr(inode, CAPABILITY_XATTR)) return null;
  const stored = readFileCapabilities(inode.getxattr(CAPABILITY_XATTR));
  if (stored === null) throw new OsError('EINVAL');
  if (!appliesIn(stored, who.userNs)) return null;
  if (stored.effective && !includesAll(who.bounding, stored.permitted)) throw new OsError('EPERM');
  return stored;
}
