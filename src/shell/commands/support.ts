/** What most commands share: messages, inputs, walking a tree, accounts. */
import { concatBytes, decodeUtf8, isOsError, type OsError, strerror } from '../../base/index.ts';
import {
  O_RDONLY,
  READ_SIZE,
  Room,
  readFile,
  type Stat,
  type Sys,
  sys,
  writeAll,
} from '../../linux/index.ts';
import { gatherAll } from '../heap.ts';

const NEWLINE = 10;

/** `name: message` on standard error. */
export function* complain(name: string, message: string): Sys<void> {
  yield* writeAll(2, `${name}: ${message}\n`);
}

/** Runs `body`; an error of the system becomes `name: what: No such file or directory`. Returns whether it went well. */
export function* attempt(name: string, what: string, body: () => Sys<unknown>): Sys<boolean> {
  try {
    yield* body();
    return true;
  } catch (error) {
    if (!isOsError(error) || error.code === 'EPIPE') throw error;
    yield* complain(name, `${what}: ${strerror(error.code)}`);
    return false;
  }
}

/** The result of `body`, or null when it ends in an error that `codes` lists (any when empty). */
export function* orNull<T>(body: () => Sys<T>, ...codes: OsError['code'][]): Sys<T | null> {
  try {
    return yield* body();
  } catch (error) {
    if (isOsError(error, ...codes)) return null;
    throw error;
  }
}

/** Opens each of `files` (`-` and none: standard input) for `use`; returns 1 when one could not be read. */
export function* eachInput(
  name: string,
  files: readonly string[],
  use: (fd: number, file: string) => Sys<void>,
  wording: InputWording = plainWording,
): Sys<number> {
  let status = 0;
  for (const file of files.length === 0 ? ['-'] : files) {
    let fd = 0;
    const opened =
      file === '-' ||
      (yield* attempt(name, wording.opening(file), function* () {
        fd = yield* sys.open(file, O_RDONLY);
      }));
    const good =
      opened &&
      (yield* attempt(name, wording.reading(file), function* () {
        if (file === '-') return yield* use(0, file);
        try {
          if ((yield* sys.fstat(fd)).mode >> 12 === 0o04) yield* sys.read(fd, 1);
          yield* use(fd, file);
        } finally {
          yield* sys.close(fd);
        }
      }));
    if (!good) status = 1;
  }
  return status;
}

/** What a command says before the reason, when a file cannot be opened or read. */
export interface InputWording {
  readonly opening: (file: string) => string;
  readonly reading: (file: string) => string;
}

const plainWording: InputWording = { opening: (file) => file, reading: (file) => file };

/** That of head and tail. */
export const endsWording: InputWording = {
  opening: (file) => `cannot open '${file}' for reading`,
  reading: (file) => `error reading '${file}'`,
};

/** All of an input as text. ENOMEM. */
export function* textOf(fd: number): Sys<string> {
  return decodeUtf8(yield* gatherAll(fd));
}

/** The lines of an input without their newlines, as they come: all that have ended by each read, and at last one without a newline. */
export function* eachLines(fd: number, use: (lines: readonly string[]) => Sys<void>): Sys<void> {
  let begun: Uint8Array[] = [];
  let room = new Room();
  for (;;) {
    const bytes = yield* sys.read(fd, READ_SIZE);
    if (bytes.length === 0) break;
    const end = bytes.lastIndexOf(NEWLINE) + 1;
    if (end > 0) {
      yield* use(linesOf(decodeUtf8(concatBytes([...begun, bytes.subarray(0, end)]))));
      begun = [];
      room = new Room();
    }
    room.take(bytes.length - end);
    if (end < bytes.length) begun.push(bytes.subarray(end));
  }
  if (begun.length > 0) yield* use([decodeUtf8(concatBytes(begun))]);
}

/** Lines of a text without their newlines; a last empty one does not count. */
export function linesOf(text: string): string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

/** Names in a directory without `.` and `..`, in the order of their bytes. */
export function* namesIn(path: string): Sys<string[]> {
  return yield* withNames(path, function* (names) {
    return names;
  });
}

/** What `look` makes of the names in a directory, which stays open meanwhile: the descriptor is in /proc/self/fd. */
export function* withNames<T>(path: string, look: (names: string[]) => Sys<T>): Sys<T> {
  const fd = yield* sys.open(path, O_RDONLY);
  try {
    const entries = yield* sys.getdents(fd);
    const names = entries.map((entry) => entry.name).filter((name) => name !== '.' && name !== '..');
    return yield* look(names.sort());
  } finally {
    yield* sys.close(fd);
  }
}

export const isDirectory = (stat: Stat) => (stat.mode & 0o170000) === 0o040000;
export const isRegular = (stat: Stat) => (stat.mode & 0o170000) === 0o100000;
export const isSymlink = (stat: Stat) => (stat.mode & 0o170000) === 0o120000;

export function joinPath(dir: string, name: string): string {
  return dir.endsWith('/') ? dir + name : `${dir}/${name}`;
}

export function baseName(path: string): string {
  const trimmed = path.replace(/\/+$/, '');
  return trimmed === '' ? '/' : trimmed.slice(trimmed.lastIndexOf('/') + 1);
}

export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  readonly shell: string;
}

/** The lines of a colon-separated database; none when the file is not there. */
function* database(path: string): Sys<string[][]> {
  const bytes = yield* orNull(() => readFile(path));
  return bytes === null ? [] : linesOf(decodeUtf8(bytes)).map((line) => line.split(':'));
}

/** /etc/passwd. */
export function* accounts(): Sys<Account[]> {
  return (yield* database('/etc/passwd')).map(([name = '', , uid, gid, , home = '/', shell = '/bin/sh']) => ({
    name,
    uid: Number(uid),
    gid: Number(gid),
    home,
    shell,
  }));
}

export interface Group {
  readonly name: string;
  readonly gid: number;
  readonly members: readonly string[];
}

/** /etc/group. */
export function* groups(): Sys<Group[]> {
  return (yield* database('/etc/group')).map(([name = '', , gid, members = '']) => ({
    name,
    gid: Number(gid),
    members: members.split(',').filter((member) => member !== ''),
  }));
}

/** The groups of a user, without repetition, the own one first: getgrouplist(3), which initgroups(3) sets. */
export function* groupsOf({ name, gid }: Account): Sys<number[]> {
  const member = (yield* groups()).filter(({ members }) => members.includes(name));
  return [...new Set([gid, ...member.map((group) => group.gid)])];
}

/** Seconds since 1970 as calendar fields in UTC, without the engine's clock or zone. */
export function calendar(seconds: number) {
  const date = new Date(seconds * 1000);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    weekday: date.getUTCDay(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
  };
}

export const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
export const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
export const pad = (value: number, width = 2) => String(value).padStart(width, '0');
