/** Trees of files as tar archives and back, through system calls: what `docker cp` sends either way. */
import { isOsError } from '../base/index.ts';
import {
  fileTypeOf,
  O_CREAT,
  O_TRUNC,
  O_WRONLY,
  type Path,
  readFile,
  S_IFBLK,
  S_IFCHR,
  S_IFIFO,
  type Sys,
  sys,
  writeAll,
} from '../linux/index.ts';
import type { TarEntry } from '../oci/index.ts';
import { list, makeDirs, removeTree, statOrNull } from './files.ts';

/** The file or tree at `path` as entries, the first of which has the name `name`. Sockets are left out. */
export function* packTree(path: Path, name: string): Sys<TarEntry[]> {
  const stat = yield* sys.lstat(path);
  const type = fileTypeOf(stat.mode);
  if (type === 'sock') return [];
  const entries: TarEntry[] = [
    {
      name,
      type,
      mode: stat.mode & 0o7777,
      uid: stat.uid,
      gid: stat.gid,
      mtime: stat.mtime.sec,
      content: type === 'file' ? yield* readFile(path) : new Uint8Array(0),
      target: type === 'symlink' ? yield* sys.readlink(path) : '',
      major: stat.rdev.major,
      minor: stat.rdev.minor,
      xattrs: {},
    },
  ];
  if (type !== 'dir') return entries;
  for (const child of yield* list(path))
    for (const entry of yield* packTree(`${path}/${child}`, name === '' ? child : `${name}/${child}`))
      entries.push(entry);
  return entries;
}

/** Makes the files of `entries` below `dir`, over what is there; with `owners` they belong to whom the archive says. */
export function* unpackTree(entries: readonly TarEntry[], dir: Path, owners: boolean): Sys<void> {
  for (const entry of entries) {
    const path = entry.name === '' ? dir : `${dir}/${entry.name}`;
    if (entry.name.split('/').includes('..')) throw new RangeError(`${entry.name} leads out of the archive`);
    yield* makeDirs(path.slice(0, path.lastIndexOf('/')));
    yield* unpackEntry(entry, path, dir);
    if (owners) yield* sys.lchown(path, entry.uid, entry.gid);
    if (entry.type !== 'symlink') yield* sys.chmod(path, entry.mode);
    const time = { sec: entry.mtime, nsec: 0 };
    yield* sys.utimensat(path, time, time, false);
  }
}

function* unpackEntry(entry: TarEntry, path: Path, dir: Path): Sys<void> {
  const before = yield* statOrNull(path);
  const was = before === null ? null : fileTypeOf(before.mode);
  if (entry.type === 'dir') {
    if (was !== null && was !== 'dir') yield* sys.unlink(path);
    if (was !== 'dir') yield* sys.mkdir(path, entry.mode);
    return;
  }
  if (was === 'dir') yield* removeTree(path);
  else if (was !== null && was !== 'file') yield* sys.unlink(path);
  switch (entry.type) {
    case 'file': {
      const fd = yield* sys.open(path, O_WRONLY | O_CREAT | O_TRUNC, entry.mode);
      yield* writeAll(fd, entry.content);
      yield* sys.close(fd);
      return;
    }
    case 'symlink':
      return yield* sys.symlink(entry.target, path);
    case 'link':
      if (was === 'file') yield* sys.unlink(path);
      return yield* sys.link(`${dir}/${entry.target}`, path);
    default: {
      const kind = { chr: S_IFCHR, blk: S_IFBLK, fifo: S_IFIFO }[entry.type];
      if (was === 'file') yield* sys.unlink(path);
      yield* sys.mknod(path, kind | entry.mode, { major: entry.major, minor: entry.minor });
    }
  }
}

/** What the API tells about a path; the mode's bits are those of Go's fs.FileMode. */
export interface PathStat {
  readonly name: string;
  readonly size: number;
  readonly mode: number;
  readonly mtime: string;
  readonly linkTarget: string;
}

/** ModeDir of Go's fs.FileMode. */
export const GO_DIR = 2 ** 31;
const GO_SYMLINK = 2 ** 27;

/** Null when there is no such file. */
export function* pathStat(path: Path): Sys<PathStat | null> {
  try {
    const stat = yield* sys.lstat(path);
    const type = fileTypeOf(stat.mode);
    return {
      name: path.replace(/(\/\.?)+$/, '').replace(/^.*\//, ''),
      size: stat.size,
      mode: (stat.mode & 0o777) + (type === 'dir' ? GO_DIR : type === 'symlink' ? GO_SYMLINK : 0),
      mtime: new Date(stat.mtime.sec * 1000).toISOString(),
      linkTarget: type === 'symlink' ? yield* sys.readlink(path) : '',
    };
  } catch (error) {
    if (isOsError(error, 'ENOENT', 'ENOTDIR')) return null;
    throw error;
  }
}
