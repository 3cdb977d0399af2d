/** mount(8) and umount(8). */
import { isOsError, type OsError, strerror } from '../../../base/index.ts';
import {
  fileTypeOf,
  MNT_DETACH,
  MS_BIND,
  MS_MOVE,
  MS_NODEV,
  MS_NOEXEC,
  MS_NOSUID,
  MS_PRIVATE,
  MS_RDONLY,
  MS_REC,
  MS_REMOUNT,
  MS_SHARED,
  MS_SLAVE,
  MS_UNBINDABLE,
  type Sys,
  sys,
  writeAll,
} from '../../../linux/index.ts';
import { canonical } from '../files/paths.ts';
import { type CommandSpec, type Parsed, UsageError } from '../options.ts';
import { complain, joinPath, orNull } from '../support.ts';
import { mounted } from './mountLines.ts';

/** Option words that set a flag of mount(2), and those that take it back. */
const flagWords: Record<string, number> = {
  ro: MS_RDONLY,
  nosuid: MS_NOSUID,
  nodev: MS_NODEV,
  noexec: MS_NOEXEC,
  bind: MS_BIND,
  rbind: MS_BIND | MS_REC,
  remount: MS_REMOUNT,
  move: MS_MOVE,
};
const opposites: Record<string, number> = {
  rw: MS_RDONLY,
  suid: MS_NOSUID,
  dev: MS_NODEV,
  exec: MS_NOEXEC,
  defaults: 0,
  relatime: 0,
};

const propagationFlags: Record<string, number> = {
  shared: MS_SHARED,
  slave: MS_SLAVE,
  private: MS_PRIVATE,
  unbindable: MS_UNBINDABLE,
  rshared: MS_SHARED | MS_REC,
  rslave: MS_SLAVE | MS_REC,
  rprivate: MS_PRIVATE | MS_REC,
  runbindable: MS_UNBINDABLE | MS_REC,
};

/** Flags that a mount of its own has, apart from what it shows. */
const OWN_FLAGS = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC;

interface Wish {
  readonly flags: number;
  /** One call each, after everything else. */
  readonly propagations: readonly number[];
  readonly data: string;
}

function wishOf(parsed: Parsed): Wish {
  let flags = 0;
  const data: string[] = [];
  const propagations: number[] = [];
  for (const word of parsed.values('options').flatMap((list) => list.match(/(?:\\.|[^,\\])+/g) ?? [])) {
    if (Object.hasOwn(flagWords, word)) flags |= flagWords[word]!;
    else if (Object.hasOwn(opposites, word)) flags &= ~opposites[word]!;
    else if (Object.hasOwn(propagationFlags, word)) propagations.push(propagationFlags[word]!);
    else data.push(word);
  }
  if (parsed.has('read-only')) flags |= MS_RDONLY;
  if (parsed.has('bind')) flags |= MS_BIND;
  if (parsed.has('rbind')) flags |= MS_BIND | MS_REC;
  if (parsed.has('move')) flags |= MS_MOVE;
  for (const key of parsed.order)
    if (key.startsWith('make-')) propagations.push(propagationFlags[key.slice('make-'.length)]!);
  return { flags, propagations, data: data.join(',') };
}

/** A bind mount takes its flags by a second call. */
function* apply(
  source: string,
  target: string,
  type: string,
  { flags, propagations, data }: Wish,
): Sys<void> {
  const fresh =
    propagations.length === 0 || (flags & (MS_BIND | MS_MOVE | MS_REMOUNT)) !== 0 || type !== 'none';
  if (fresh) yield* sys.mount(source, target, type, flags, data);
  const binding = (flags & (MS_BIND | MS_REMOUNT)) === MS_BIND;
  if (binding && (flags & OWN_FLAGS) !== 0)
    yield* sys.mount('none', target, 'none', (flags & OWN_FLAGS) | MS_BIND | MS_REMOUNT, '');
  for (const flag of propagations) yield* sys.mount('none', target, 'none', flag, '');
}

function* explain(error: OsError, source: string, target: string, type: string, wish: Wish): Sys<string> {
  const missing = (path: string) => orNull(() => sys.stat(path), 'ENOENT');
  switch (error.code) {
    case 'EPERM':
      return (yield* sys.geteuid()) === 0 ? 'permission denied.' : 'must be superuser to use mount.';
    case 'ENODEV':
      if (type === 'none' && (yield* missing(source)) === null)
        return `special device ${source} does not exist.`;
      if (type === 'none') return `${source} is not a block device.`;
      return `unknown filesystem type '${type}'.`;
    case 'ENOTBLK':
      return `${source} is not a block device.`;
    case 'ENOENT':
      return (yield* missing(target)) === null
        ? 'mount point does not exist.'
        : `special device ${source} does not exist.`;
    case 'ENOTDIR':
      return 'mount point is not a directory.';
    case 'EINVAL':
      if ((wish.flags & MS_REMOUNT) !== 0) return 'mount point not mounted or bad option.';
      if ((wish.flags & MS_MOVE) !== 0)
        return 'bad option; moving a mount residing under a shared mount is unsupported.';
      if (wish.propagations.length > 0) return 'not mount point or bad option.';
      return `wrong fs type, bad option, bad superblock on ${source}, missing codepage or helper program, or other error.`;
    default:
      return `mount(2) system call failed: ${strerror(error.code)}.`;
  }
}

/** What mount -v says. */
function* doneText(source: string, target: string, { flags, propagations }: Wish): Sys<string> {
  const place = (yield* canonical(target)) ?? target;
  const changesOnly = propagations.length > 0 && (flags & (MS_BIND | MS_MOVE | MS_REMOUNT)) === 0;
  if (changesOnly) return `mount: ${place} propagation flags changed.`;
  const of =
    (flags & MS_REMOUNT) !== 0
      ? ((yield* mounted()).findLast((line) => line.target === place)?.source ?? source)
      : source;
  const shown = (flags & (MS_BIND | MS_MOVE)) !== 0 ? ((yield* canonical(source)) ?? source) : of;
  const verb = (flags & MS_MOVE) !== 0 ? 'moved to' : (flags & MS_BIND) !== 0 ? 'bound on' : 'mounted on';
  return `mount: ${shown} ${verb} ${place}.`;
}

/** What is found on a device: the only kind of file system that disks have here. */
function* typeOn(source: string): Sys<string> {
  const stat = yield* orNull(() => sys.stat(source), 'ENOENT', 'ENOTDIR', 'EACCES');
  return stat !== null && fileTypeOf(stat.mode) === 'blk' ? 'ext4' : 'none';
}

export const mount: CommandSpec = {
  name: 'mount',
  usage: '[-t TYPE] [-o OPTIONS] SOURCE DIRECTORY',
  summary: 'Mount a file system, or show what is mounted.',
  options: [
    { short: 't', long: 'types', argument: 'TYPE', help: 'type of the file system' },
    { short: 'o', long: 'options', argument: 'LIST', help: 'options, separated by commas' },
    { short: 'v', long: 'verbose', help: 'tell what is done' },
    { short: 'r', long: 'read-only', help: 'as -o ro' },
    { short: 'B', long: 'bind', help: 'show a directory in a second place' },
    { short: 'R', long: 'rbind', help: 'with what is mounted below it' },
    { short: 'M', long: 'move', help: 'move a mount' },
    { long: 'make-shared', help: 'what is mounted below appears in its copies, and from there' },
    { long: 'make-slave', help: 'hears of its copies, which do not hear of it' },
    { long: 'make-private', help: 'neither tells nor hears' },
    { long: 'make-unbindable', help: 'private, and not to be copied' },
    { long: 'make-rshared', help: 'as make-shared, with all below' },
    { long: 'make-rslave', help: 'as make-slave, with all below' },
    { long: 'make-rprivate', help: 'as make-private, with all below' },
    { long: 'make-runbindable', help: 'as make-unbindable, with all below' },
  ],
  *run(parsed) {
    if (parsed.operands.length === 0 && parsed.order.every((key) => key === 'types' || key === 'verbose')) {
      const type = parsed.value('types');
      const all = yield* orNull(() => mounted(), 'ENOENT');
      if (all === null) {
        yield* complain('mount', 'failed to read mtab: No such file or directory');
        return 2;
      }
      const lines = all.filter((line) => type === null || line.type === type);
      yield* writeAll(
        1,
        lines
          .map((line) => `${line.source} on ${line.target} type ${line.type} (${line.options})\n`)
          .join(''),
      );
      return 0;
    }
    const wish = wishOf(parsed);
    const alone = (wish.flags & MS_REMOUNT) !== 0 || wish.propagations.length > 0;
    const [source, named = alone ? source : undefined] = parsed.operands;
    if (source === undefined) throw new UsageError('bad usage');
    if (named === undefined) {
      yield* complain('mount', `${source}: can't find in /etc/fstab.`);
      return 1;
    }
    const plain = wish.flags & (MS_BIND | MS_MOVE | MS_REMOUNT);
    const type = parsed.value('types') ?? (plain === 0 ? yield* typeOn(source) : 'none');
    // What is mounted on `.` is not what `.` means afterwards.
    const target = (yield* canonical(named)) ?? named;
    try {
      yield* apply(source, target, type, wish);
      if (parsed.has('verbose')) yield* writeAll(1, `${yield* doneText(source, target, wish)}\n`);
      return 0;
    } catch (error) {
      if (!isOsError(error)) throw error;
      const shown = target.startsWith('/') ? target : joinPath(yield* sys.getcwd(), target);
      yield* complain('mount', `${shown}: ${yield* explain(error, source, target, type, wish)}`);
      yield* writeAll(2, '       dmesg(1) may have more information after failed mount system call.\n');
      return 32;
    }
  },
};

const refusals: Partial<Record<OsError['code'], string>> = {
  EINVAL: 'not mounted.',
  EBUSY: 'target is busy.',
  ENOENT: 'no mount point specified.',
  EPERM: 'must be superuser to unmount.',
};

/** Mounts at and below a path, innermost first. */
function* treeAt(path: string): Sys<string[]> {
  const full = (yield* canonical(path)) ?? path;
  const targets = (yield* mounted()).map(({ target }) => target).reverse();
  if (!targets.includes(full)) return [];
  const below = full === '/' ? full : `${full}/`;
  return targets.filter((target) => target === full || target.startsWith(below));
}

/** The path of what is mounted at `path`, whichever way that is written; where nothing is, `path`. */
function* mountPoint(path: string): Sys<string> {
  const full = path === '' ? null : yield* canonical(path);
  const all = (yield* orNull(() => mounted(), 'ENOENT')) ?? [];
  return full !== null && all.some(({ target }) => target === full) ? full : path;
}

/** `/mnt (/dev/vdb1)`, as umount -v names it. */
function* sourceOf(path: string): Sys<string> {
  const full = (yield* canonical(path)) ?? path;
  const line = (yield* mounted()).findLast(({ target }) => target === full);
  return line === undefined ? full : `${full} (${line.source})`;
}

export const umount: CommandSpec = {
  name: 'umount',
  usage: '[OPTION]... DIRECTORY...',
  summary: 'Take mounted file systems away.',
  options: [
    { short: 'f', long: 'force', help: 'for servers that do not answer, of which there are none here' },
    { short: 'l', long: 'lazy', help: 'even when in use: it goes from sight at once' },
    { short: 'R', long: 'recursive', help: 'with all that is mounted below' },
    { short: 'v', long: 'verbose', help: 'tell what is done' },
  ],
  *run(parsed) {
    if (parsed.operands.length === 0) throw new UsageError('bad usage');
    const targets: string[] = [];
    let status = 0;
    for (const operand of parsed.operands) {
      const tree = parsed.has('recursive') ? yield* treeAt(operand) : [yield* mountPoint(operand)];
      targets.push(...tree);
      if (tree.length > 0) continue;
      yield* complain('umount', `${operand}: not mounted`);
      status = 1;
    }
    for (const target of targets) {
      const told = parsed.has('verbose');
      const source = told && !parsed.has('recursive') ? yield* sourceOf(target) : target;
      try {
        yield* sys.umount(target, parsed.has('lazy') ? MNT_DETACH : 0);
        if (told) yield* writeAll(1, `umount: ${source} unmounted\n`);
      } catch (error) {
        if (!isOsError(error)) throw error;
        yield* complain('umount', `${target}: ${refusals[error.code] ?? strerror(error.code)}`);
        status = 32;
      }
    }
    return status;
  },
};
