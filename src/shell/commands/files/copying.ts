/** Copying trees: what cp(1), and mv(1) between file systems, do. */
import {
  fileTypeOf,
  O_CREAT,
  O_RDONLY,
  O_TRUNC,
  O_WRONLY,
  READ_SIZE,
  type Stat,
  type Sys,
  sys,
  writeAll,
} from '../../../linux/index.ts';
import { attempt, complain, isDirectory, joinPath, namesIn, orNull } from '../support.ts';

export interface CopyOptions {
  /** For messages. */
  readonly command: string;
  readonly recursive: boolean;
  /** Owner, mode, times and extended attributes too. */
  readonly preserve: boolean;
  /** Follow symbolic links in the source. */
  readonly dereference: boolean;
}

/** What is left to do: to copy an entry, or to leave a directory when all in it is done. */
interface Step {
  readonly from: string;
  readonly to: string;
  readonly dereference: boolean;
  /** Of a directory that was entered. */
  readonly entered: Stat | null;
}

/** One copy of a tree, or of a file. */
interface Copying {
  readonly options: CopyOptions;
  readonly from: string;
  readonly to: string;
  /** What is left, the next one last. */
  readonly left: Step[];
  /** Device and inode of the first directory that was made: it may lie in the tree that is copied. */
  made: string | null;
}

const identity = ({ dev, ino }: Stat) => `${dev}:${ino}`;

/** Copies `from` to the path `to` itself; false after a message. A tree may be as deep as paths are long: deeper than calls nest. */
export function* copy(from: string, to: string, options: CopyOptions): Sys<boolean> {
  let good = true;
  const left: Step[] = [{ from, to, dereference: options.dereference, entered: null }];
  const copying: Copying = { options, from, to, left, made: null };
  for (let step = left.pop(); step !== undefined; step = left.pop()) {
    const { entered } = step;
    const now = step;
    const what = entered === null ? `cannot stat '${step.from}'` : `setting permissions for '${step.to}'`;
    const reached = yield* attempt(options.command, what, function* () {
      if (entered !== null) yield* leaveDirectory(now, entered, options);
      else if (!(yield* copyOne(now, copying))) good = false;
    });
    if (!reached) good = false;
  }
  return good;
}

function* copyOne(step: Step, copying: Copying): Sys<boolean> {
  const { from, to } = step;
  const { options } = copying;
  const stat = step.dereference ? yield* sys.stat(from) : yield* sys.lstat(from);
  const type = fileTypeOf(stat.mode);
  if (type === 'dir') {
    if (options.recursive) return yield* enterDirectory(step, stat, copying);
    yield* complain(options.command, `-r not specified; omitting directory '${from}'`);
    return false;
  }
  let good: boolean;
  if (type === 'file' || (type !== 'symlink' && !options.recursive)) {
    // Without -r a pipe or a device is read, so that what comes out of it is copied.
    good = yield* copyFile(from, to, stat, options.command);
  } else {
    good = yield* attempt(options.command, `cannot create special file '${to}'`, function* () {
      yield* orNull(() => sys.unlink(to), 'ENOENT');
      if (type === 'symlink') yield* sys.symlink(yield* sys.readlink(from), to);
      else yield* sys.mknod(to, stat.mode, stat.rdev);
    });
  }
  if (good && options.preserve) yield* preserve(from, to, stat);
  return good;
}

/** Holes of a sparse file stay holes, as with --sparse=auto. */
function* copyContents(input: number, output: number, { size, blocks, mode }: Stat): Sys<void> {
  const sparse = fileTypeOf(mode) === 'file' && blocks * 512 < size;
  for (let at = 0; ; ) {
    if (sparse) {
      const data = yield* orNull(() => sys.lseek(input, at, 'data'), 'ENXIO');
      if (data === null) return yield* sys.ftruncate(output, Math.max(at, size));
      at = yield* sys.lseek(output, data, 'set');
    }
    const bytes = yield* sys.read(input, READ_SIZE);
    if (bytes.length === 0) return;
    yield* writeAll(output, bytes);
    at += bytes.length;
  }
}

function* copyFile(from: string, to: string, stat: Stat, command: string): Sys<boolean> {
  const target = yield* orNull(() => sys.stat(to), 'ENOENT', 'ENOTDIR');
  if (target !== null && target.dev === stat.dev && target.ino === stat.ino) {
    yield* complain(command, `'${from}' and '${to}' are the same file`);
    return false;
  }
  let input = -1;
  const opened = yield* attempt(command, `cannot open '${from}' for reading`, function* () {
    input = yield* sys.open(from, O_RDONLY);
  });
  if (!opened) return false;
  const good = yield* attempt(command, `cannot create regular file '${to}'`, function* () {
    const output = yield* sys.open(to, O_WRONLY | O_CREAT | O_TRUNC, stat.mode & 0o777);
    yield* copyContents(input, output, stat);
    yield* sys.close(output);
  });
  yield* sys.close(input);
  return good;
}

function* enterDirectory(step: Step, stat: Stat, copying: Copying): Sys<boolean> {
  const { from, to } = step;
  const { options, left } = copying;
  if (identity(stat) === copying.made) {
    const [source, target] = [copying.from, copying.to];
    yield* complain(options.command, `cannot copy a directory, '${source}', into itself, '${target}'`);
    return false;
  }
  const made = yield* attempt(options.command, `cannot create directory '${to}'`, function* () {
    const existing = yield* orNull(() => sys.stat(to), 'ENOENT');
    if (existing !== null && isDirectory(existing)) return;
    yield* sys.mkdir(to, (stat.mode & 0o777) | 0o700);
    copying.made ??= identity(yield* sys.stat(to));
  });
  if (!made) return false;
  left.push({ ...step, entered: stat });
  return yield* attempt(options.command, `cannot access '${from}'`, function* () {
    // Links inside a tree are copied as links, whatever was said of the operand.
    for (const name of [...(yield* namesIn(from))].reverse())
      left.push({ from: joinPath(from, name), to: joinPath(to, name), dereference: false, entered: null });
  });
}

function* leaveDirectory({ from, to }: Step, stat: Stat, options: CopyOptions): Sys<void> {
  if (options.preserve) return yield* preserve(from, to, stat);
  const mask = yield* sys.umask(0);
  yield* sys.umask(mask);
  yield* sys.chmod(to, stat.mode & 0o7777 & ~mask);
}

function* preserve(from: string, to: string, stat: Stat): Sys<void> {
  yield* orNull(() => sys.lchown(to, stat.uid, stat.gid), 'EPERM');
  const link = fileTypeOf(stat.mode) === 'symlink';
  if (!link) {
    yield* sys.chmod(to, stat.mode & 0o7777);
    for (const name of yield* sys.listxattr(from)) {
      yield* orNull(function* () {
        yield* sys.setxattr(to, name, yield* sys.getxattr(from, name));
      });
    }
  }
  yield* sys.utimensat(to, stat.atime, stat.mtime, false);
}
