/** Taking files out of an archive: tar -x. */
import { isOsError, strerror } from '../../../base/index.ts';
import {
  type Fd,
  fileTypeOf,
  O_CREAT,
  O_EXCL,
  O_WRONLY,
  S_IFBLK,
  S_IFCHR,
  S_IFIFO,
  type Sys,
  sys,
  writeAll,
} from '../../../linux/index.ts';
import type { TarEntry } from '../../../oci/index.ts';
import { complain, orNull } from '../support.ts';
import { hasDotDot, SafeNames, shown, stripComponents } from './tarNames.ts';
import { groupIds, type TarSettings, userIds } from './tarSettings.ts';

/** What is done when all else is there. */
interface Delayed {
  readonly directory: string;
  readonly path: string;
  readonly entry: TarEntry;
}

/** Bytes of a hole that are written at a time where there can be none. */
const ZEROS = 65_536;

/** All of a file's bytes; the holes of one that has them are left in a regular file, and zeros in a pipe. */
function* writeContents(fd: Fd, { content, sparse }: TarEntry): Sys<void> {
  if (sparse === undefined) return yield* writeAll(fd, content);
  const regular = fileTypeOf((yield* sys.fstat(fd)).mode) === 'file';
  let taken = 0;
  let at = 0;
  const holeTo = function* (end: number): Sys<void> {
    if (regular) yield* sys.lseek(fd, end, 'set');
    else
      for (let left = end - at; left > 0; left -= ZEROS)
        yield* writeAll(fd, new Uint8Array(Math.min(left, ZEROS)));
  };
  for (const { offset, length } of sparse.runs) {
    yield* holeTo(offset);
    yield* writeAll(fd, content.subarray(taken, taken + length));
    taken += length;
    at = offset + length;
  }
  yield* holeTo(sparse.size);
  if (regular) yield* sys.ftruncate(fd, sparse.size);
}

export class Extractor {
  failed = false;
  readonly #settings: TarSettings;
  readonly #names: SafeNames;
  /** Directories get mode and time last: making files in them would change the time, or be forbidden. */
  readonly #directories: Delayed[] = [];
  /** Links that lead elsewhere are made last: until then nothing in the archive can go through them. */
  readonly #links: Delayed[] = [];
  #users = new Map<string, number>();
  #groups = new Map<string, number>();
  #root = false;
  #umask = 0;

  constructor(settings: TarSettings) {
    this.#settings = settings;
    this.#names = new SafeNames(settings.absolute);
  }

  *start(): Sys<void> {
    this.#users = yield* userIds();
    this.#groups = yield* groupIds();
    this.#root = (yield* sys.geteuid()) === 0;
    this.#umask = yield* sys.umask(0);
    yield* sys.umask(this.#umask);
  }

  /** Whether anything of a member is left after --strip-components. */
  keeps(path: string): boolean {
    return (
      this.#settings.strip === 0 || stripComponents(path, this.#settings.strip).replace(/\/+$/, '') !== ''
    );
  }

  /** Makes the file of `entry`, in the working directory, which is `directory`. */
  *extract(entry: TarEntry, path: string, directory: string): Sys<void> {
    if (!this.keeps(path)) return;
    if (this.#settings.toStdout) {
      if (entry.type === 'file') yield* writeContents(1, entry);
      return;
    }
    const safe = yield* this.#names.of(path);
    if (!this.#settings.absolute && hasDotDot(path))
      return yield* this.#fail(`${shown(path)}: Member name contains '..'`);
    const name = stripComponents(safe, this.#settings.strip).replace(/(?<=.)\/+$/, '');
    try {
      if (entry.type === 'dir') yield* this.#makeDirectory(entry, name, directory);
      else yield* this.#make(entry, name, directory);
    } catch (error) {
      if (!isOsError(error)) throw error;
      const what =
        entry.type === 'dir'
          ? 'mkdir'
          : entry.type === 'file'
            ? 'open'
            : entry.type === 'symlink'
              ? 'create symlink'
              : 'mknod';
      if (entry.type === 'symlink')
        yield* this.#fail(
          `${shown(name)}: Cannot create symlink to ‘${entry.target}’: ${strerror(error.code)}`,
        );
      else yield* this.#fail(`${shown(name)}: Cannot ${what}: ${strerror(error.code)}`);
    }
  }

  /** Makes the delayed links, and gives directories their modes and times. */
  *finish(): Sys<void> {
    for (const { directory, path, entry } of this.#links) {
      yield* sys.chdir(directory);
      yield* orNull(() => sys.unlink(path), 'ENOENT');
      yield* sys.symlink(entry.target, path);
      yield* this.#describe(entry, path);
    }
    for (const { directory, path, entry } of this.#directories.reverse()) {
      yield* sys.chdir(directory);
      yield* orNull(() => this.#describe(entry, path), 'ENOENT');
    }
  }

  *#makeDirectory(entry: TarEntry, path: string, directory: string): Sys<void> {
    this.#directories.push({ directory, path, entry });
    const before = yield* orNull(() => sys.lstat(path), 'ENOENT', 'ENOTDIR');
    const there = before !== null && fileTypeOf(before.mode) === 'dir';
    if (there) {
      if (this.#settings.existing === 'skip') yield* this.#tellSkipped(path);
      if (this.#settings.existing !== 'replace') this.#directories.pop();
      return;
    }
    if (before !== null) yield* this.#makeWay(path);
    // Until the end the directory must let files in.
    yield* this.#withParents(path, () => sys.mkdir(path, (entry.mode & ~this.#umask) | 0o700));
  }

  *#make(entry: TarEntry, path: string, directory: string): Sys<void> {
    for (let tried = false; ; tried = true) {
      try {
        if (yield* this.#withParents(path, () => this.#create(entry, path, directory)))
          yield* this.#describe(entry, path);
        return;
      } catch (error) {
        if (!isOsError(error, 'EEXIST') || tried) throw error;
        const { existing } = this.#settings;
        if (existing === 'skip') return yield* this.#tellSkipped(path);
        if (existing === 'refuse') throw error;
        yield* this.#makeWay(path);
      }
    }
  }

  /** True: made, and to be given owner, mode and time. */
  *#create(entry: TarEntry, path: string, directory: string): Sys<boolean> {
    switch (entry.type) {
      case 'file': {
        const fd = yield* sys.open(path, O_WRONLY | O_CREAT | O_EXCL, 0o600);
        yield* writeContents(fd, entry);
        yield* sys.close(fd);
        return true;
      }
      case 'symlink': {
        const leads = entry.target.startsWith('/') || hasDotDot(entry.target);
        if (!leads || this.#settings.absolute) {
          yield* sys.symlink(entry.target, path);
          return true;
        }
        yield* sys.close(yield* sys.open(path, O_WRONLY | O_CREAT | O_EXCL, 0));
        this.#links.push({ directory, path, entry });
        return false;
      }
      case 'link':
        yield* this.#link(entry, path);
        return false;
      default: {
        const kind = { chr: S_IFCHR, blk: S_IFBLK, fifo: S_IFIFO, dir: 0 }[entry.type];
        yield* sys.mknod(path, kind | entry.mode, { major: entry.major, minor: entry.minor });
        return true;
      }
    }
  }

  *#link(entry: TarEntry, path: string): Sys<void> {
    const safe = yield* this.#names.of(entry.target, 'hard link targets');
    const target = stripComponents(safe, this.#settings.strip);
    try {
      const [from, to] = [yield* sys.lstat(target), yield* orNull(() => sys.lstat(path))];
      if (to !== null && from.dev === to.dev && from.ino === to.ino) return;
      yield* sys.link(target, path);
    } catch (error) {
      if (!isOsError(error) || error.code === 'EEXIST') throw error;
      yield* this.#fail(`${shown(path)}: Cannot hard link to ‘${target}’: ${strerror(error.code)}`);
    }
  }

  /** Removes what is in the way; a directory only when it is empty. */
  *#makeWay(path: string): Sys<void> {
    const stat = yield* sys.lstat(path);
    if (fileTypeOf(stat.mode) === 'dir') yield* orNull(() => sys.rmdir(path), 'ENOTEMPTY');
    else yield* sys.unlink(path);
  }

  /** Runs `body`; when a directory above `path` is missing, makes it and tries again. */
  *#withParents<T>(path: string, body: () => Sys<T>): Sys<T> {
    try {
      return yield* body();
    } catch (error) {
      if (!isOsError(error, 'ENOENT') || !path.includes('/')) throw error;
      for (let at = path.indexOf('/', 1); at > 0; at = path.indexOf('/', at + 1))
        yield* orNull(() => sys.mkdir(path.slice(0, at), 0o777), 'EEXIST');
      return yield* body();
    }
  }

  *#describe(entry: TarEntry, path: string): Sys<void> {
    const { owners, numeric, permissions, touch } = this.#settings;
    if (owners ?? this.#root) {
      const uid =
        (numeric || entry.user === undefined ? undefined : this.#users.get(entry.user)) ?? entry.uid;
      const gid =
        (numeric || entry.group === undefined ? undefined : this.#groups.get(entry.group)) ?? entry.gid;
      yield* sys.lchown(path, uid, gid);
    }
    if (entry.type !== 'symlink') {
      const all = permissions ?? this.#root;
      yield* sys.chmod(path, all ? entry.mode : entry.mode & 0o777 & ~this.#umask);
    }
    if (touch) return;
    const now = yield* sys.clock_gettime('realtime');
    if (entry.mtime > now.sec) yield* this.#tellFuture(entry, path, now);
    yield* sys.utimensat(path, now, { sec: entry.mtime, nsec: 0 }, false);
  }

  *#tellFuture(entry: TarEntry, path: string, now: { sec: number; nsec: number }): Sys<void> {
    const date = new Date(entry.mtime * 1000).toISOString();
    const ahead = entry.mtime - now.sec - (now.nsec > 0 ? 1 : 0);
    const fraction = String(now.nsec > 0 ? 1e9 - now.nsec : 0)
      .padStart(9, '0')
      .replace(/0+$/, '');
    const seconds = fraction === '' ? `${ahead}` : `${ahead}.${fraction}`;
    yield* complain(
      'tar',
      `${shown(path)}: time stamp ${date.slice(0, 10)} ${date.slice(11, 19)} is ${seconds} s in the future`,
    );
  }

  *#tellSkipped(path: string): Sys<void> {
    if (this.#settings.verbose > 0) yield* complain('tar', `${shown(path)}: skipping existing file`);
  }

  *#fail(message: string): Sys<void> {
    this.failed = true;
    yield* complain('tar', message);
  }
}
