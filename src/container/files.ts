/** Whole files and trees, as the daemon handles them. */
import { concatBytes, decodeUtf8, encodeUtf8, isOsError, OsError, toHex } from '../base/index.ts';
import {
  fileTypeOf,
  O_CREAT,
  O_RDONLY,
  O_TRUNC,
  O_WRONLY,
  type Path,
  READ_SIZE,
  readAll,
  readFile,
  type Stat,
  type Sys,
  sys,
  writeAll,
} from '../linux/index.ts';

export function* statOrNull(path: Path): Sys<Stat | null> {
  return unlessMissing(yield* sys.lstat(path).orError());
}

/** What a call has answered; null when it says that there is no such thing. Throws its other errors. */
export function unlessMissing<T>(answer: T | OsError): T | null {
  if (!(answer instanceof OsError)) return answer;
  if (answer.code === 'ENOENT' || answer.code === 'ENOTDIR') return null;
  throw answer;
}

/**
 * `path` with its symbolic links followed as if `root` were `/`: relative to `root`, whatever a link says. What is missing is left as it is
 * named. Null when there are more than `mostLinks` on the way.
 */
export function* resolveWithin(root: Path, path: string, mostLinks: number): Sys<string | null> {
  let done = '';
  let left = path;
  for (let links = 0, begin = 0; begin < left.length; ) {
    const slash = left.indexOf('/', begin);
    const end = slash < 0 ? left.length : slash;
    const name = left.slice(begin, end);
    begin = end + 1;
    if (name === '' || name === '.') continue;
    if (name === '..') {
      done = done.slice(0, Math.max(0, done.lastIndexOf('/')));
      continue;
    }
    const next = done === '' ? name : `${done}/${name}`;
    const at = `${root}/${next}`;
    const stat = unlessMissing(yield* sys.lstat(at).orError());
    if (stat === null || fileTypeOf(stat.mode) !== 'symlink') {
      done = next;
      continue;
    }
    const link = yield* sys.readlink(at);
    if (++links > mostLinks) return null;
    if (link.startsWith('/')) done = '';
    left = `${link}/${left.slice(begin)}`;
    begin = 0;
  }
  return done;
}

/** A regular file's text; null when there is none. */
export function* readText(path: Path): Sys<string | null> {
  const fd = unlessMissing(yield* sys.open(path, O_RDONLY).orError());
  if (fd === null) return null;
  try {
    const start = yield* sys.read(fd, READ_SIZE);
    // A regular file gives less than was asked for at its end alone.
    if (start.length < READ_SIZE) return decodeUtf8(start);
    return decodeUtf8(concatBytes([start, yield* readAll(fd)]));
  } finally {
    yield* sys.close(fd);
  }
}

/** A new file has `mode`, less the mask. */
export const writeText = (path: Path, text: string, mode = 0o640): Sys<void> =>
  writeBytes(path, encodeUtf8(text), mode);

export function* writeBytes(path: Path, bytes: Uint8Array, mode = 0o640): Sys<void> {
  const fd = yield* sys.open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
  yield* writeAll(fd, bytes);
  yield* sys.close(fd);
}

/** Names without `.` and `..`; none when it is no directory. */
export function* list(path: Path): Sys<string[]> {
  try {
    const fd = yield* sys.open(path, O_RDONLY);
    const entries = yield* sys.getdents(fd);
    yield* sys.close(fd);
    return entries
      .map((entry) => entry.name)
      .filter((name) => name !== '.' && name !== '..')
      .sort();
  } catch (error) {
    if (isOsError(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
}

/** Makes the directory, and those above it, that are missing. */
export function* makeDirs(path: Path, mode = 0o755): Sys<void> {
  const plain = path.endsWith('/') ? path.replace(/\/+$/, '') : path;
  if (plain === '') return;
  const failure = (yield* sys.mkdir(plain, mode).orError()) ?? null;
  if (failure === null || failure.code === 'EEXIST') return;
  if (failure.code !== 'ENOENT') throw failure;
  yield* makeDirs(plain.slice(0, plain.lastIndexOf('/')), mode);
  yield* sys.mkdir(plain, mode);
}

export function* removeTree(path: Path): Sys<void> {
  const stat = yield* statOrNull(path);
  if (stat === null) return;
  if (fileTypeOf(stat.mode) !== 'dir') return yield* sys.unlink(path);
  for (const name of yield* list(path)) yield* removeTree(`${path}/${name}`);
  yield* sys.rmdir(path);
}

/** Copies what is in the directory `from` into the directory `to`, with owners and modes. */
export function* copyTree(from: Path, to: Path): Sys<void> {
  for (const name of yield* list(from)) {
    const source = `${from}/${name}`;
    const target = `${to}/${name}`;
    const stat = yield* sys.lstat(source);
    const type = fileTypeOf(stat.mode);
    if (type === 'dir') {
      yield* sys.mkdir(target, stat.mode & 0o7777);
      yield* copyTree(source, target);
    } else if (type === 'symlink') yield* sys.symlink(yield* sys.readlink(source), target);
    else if (type === 'file') {
      const fd = yield* sys.open(target, O_WRONLY | O_CREAT | O_TRUNC, stat.mode & 0o7777);
      yield* writeAll(fd, yield* readFile(source));
      yield* sys.close(fd);
    }
    yield* sys.lchown(target, stat.uid, stat.gid);
  }
}

/** Bytes of the regular files in the tree at `path`. */
export function* treeSize(path: Path): Sys<number> {
  const stat = yield* statOrNull(path);
  if (stat === null) return 0;
  if (fileTypeOf(stat.mode) !== 'dir') return fileTypeOf(stat.mode) === 'file' ? stat.size : 0;
  let total = 0;
  for (const name of yield* list(path)) total += yield* treeSize(`${path}/${name}`);
  return total;
}

let lastSecond = { sec: -1, text: '' };

/** A second since 1970 as RFC 3339 has it, without its zone: times within the same have the same. */
function secondText(sec: number): string {
  if (lastSecond.sec !== sec) lastSecond = { sec, text: new Date(sec * 1000).toISOString().slice(0, 19) };
  return lastSecond.text;
}

/** RFC 3339 with nanoseconds, as Docker writes times. */
export function* timestamp(): Sys<string> {
  const { sec, nsec } = yield* sys.clock_gettime('realtime');
  return `${secondText(sec)}.${String(nsec).padStart(9, '0')}Z`;
}

/** Nanoseconds from one time of `timestamp` to a later one. */
export function nanosBetween(from: string, to: string): number {
  const fraction = (time: string) => Number((/\.(\d{1,9})/.exec(time)?.[1] ?? '').padEnd(9, '0'));
  return (
    Math.floor((Date.parse(to.slice(0, 19)) - Date.parse(from.slice(0, 19))) / 1000) * 1e9 +
    fraction(to) -
    fraction(from)
  );
}

export function* randomHex(bytes: number): Sys<string> {
  return toHex(yield* sys.getrandom(bytes));
}
