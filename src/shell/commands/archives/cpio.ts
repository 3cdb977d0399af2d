/** cpio(1) for archives of the newc format: what an initramfs is made and taken apart with. */
import { concatBytes, decodeUtf8, encodeUtf8, isOsError, strerror } from '../../../base/index.ts';
import {
  fileTypeOf,
  O_CREAT,
  O_TRUNC,
  O_WRONLY,
  readAll,
  readFile,
  type Stat,
  type Sys,
  sys,
  writeAll,
} from '../../../linux/index.ts';
import { modeString } from '../modes.ts';
import type { CommandSpec, Parsed } from '../options.ts';
import { accounts, calendar, complain, groups, MONTHS, orNull, pad } from '../support.ts';
import { type CpioEntry, cpioTrailer, encodeCpio, readCpio } from './cpioFormat.ts';
import { Wanted } from './tarNames.ts';

/** Ends cpio with status 2. */
class CpioEnd extends Error {}

const HINT = "\nTry 'cpio --help' or 'cpio --usage' for more information.";

const blocks = (bytes: number) => {
  const count = Math.ceil(bytes / 512);
  return `${count} block${count === 1 ? '' : 's'}\n`;
};

/** Names have no `./` before them in an archive. */
const plainName = (name: string) => name.replace(/^(\.\/+)+(?=.)/, '');

function* contentOf(path: string, stat: Stat): Sys<Uint8Array> {
  const type = fileTypeOf(stat.mode);
  if (type === 'file') return yield* readFile(path);
  return type === 'symlink' ? encodeUtf8(yield* sys.readlink(path)) : new Uint8Array(0);
}

/** -o: the files whose names come on standard input. */
function* copyOut(parsed: Parsed): Sys<number> {
  const end = parsed.has('null') ? '\0' : '\n';
  const names = decodeUtf8(yield* readAll(0)).split(end);
  if (names.at(-1) === '') names.pop();
  const parts: Uint8Array[] = [];
  let status = 0;
  for (const path of names) {
    if (path === '') {
      yield* complain('cpio', 'blank line ignored');
      continue;
    }
    try {
      const stat = yield* sys.lstat(path);
      const content = yield* contentOf(path, stat);
      const { mode, ino, uid, gid, rdev } = stat;
      const links = fileTypeOf(mode) === 'dir' ? stat.nlink : 1;
      parts.push(
        encodeCpio({
          name: plainName(path),
          mode,
          ino,
          uid,
          gid,
          nlink: links,
          mtime: stat.mtime.sec,
          device: rdev,
          content,
        }),
      );
      if (parsed.has('verbose')) yield* writeAll(2, `${path}\n`);
    } catch (error) {
      if (!isOsError(error)) throw error;
      status = 2;
      yield* complain('cpio', `${path}: Cannot stat: ${strerror(error.code)}`);
    }
  }
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const archive = concatBytes([...parts, cpioTrailer(length)]);
  const file = parsed.value('file') ?? parsed.value('O');
  if (file === null) yield* writeAll(1, archive);
  else yield* writeFile(file, archive);
  if (!parsed.has('quiet')) yield* writeAll(2, blocks(archive.length));
  return status;
}

function* writeFile(path: string, bytes: Uint8Array): Sys<void> {
  const fd = yield* sys.open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o666);
  yield* writeAll(fd, bytes);
  yield* sys.close(fd);
}

function* archiveBytes(parsed: Parsed): Sys<Uint8Array> {
  const file = parsed.value('file') ?? parsed.value('I');
  if (file === null) return yield* readAll(0);
  try {
    return yield* readFile(file);
  } catch (error) {
    if (!isOsError(error)) throw error;
    throw new CpioEnd(`Cannot open ${file}: ${strerror(error.code)}`);
  }
}

/** Files older than that are listed with the year, as ls does. */
const HALF_YEAR = 31_556_952 / 2;

function listLine(
  entry: CpioEntry,
  users: ReadonlyMap<number, string>,
  groupNames: ReadonlyMap<number, string>,
  now: number,
): string {
  const { year, month, day, hour, minute } = calendar(entry.mtime);
  const old = now - entry.mtime > HALF_YEAR || entry.mtime > now;
  const time = old ? ` ${year}` : `${pad(hour)}:${pad(minute)}`;
  const when = `${MONTHS[month - 1]} ${String(day).padStart(2)} ${time}`;
  const link = fileTypeOf(entry.mode) === 'symlink' ? ` -> ${decodeUtf8(entry.content)}` : '';
  const owner = (users.get(entry.uid) ?? `${entry.uid}`).padEnd(8);
  const group = (groupNames.get(entry.gid) ?? `${entry.gid}`).padEnd(8);
  const links = String(entry.nlink).padStart(3);
  const size = String(entry.content.length).padStart(8);
  return `${modeString(entry.mode)} ${links} ${owner} ${group} ${size} ${when} ${entry.name}${link}\n`;
}

/** -i and -t. */
function* copyIn(parsed: Parsed): Sys<number> {
  const bytes = yield* archiveBytes(parsed);
  const { entries, end, fault } = readCpio(bytes);
  const patterns = parsed.operands.map((name) => new Wanted(name, '', { wildcards: true, recursive: false }));
  const users = new Map((yield* accounts()).map(({ uid, name }) => [uid, name]));
  const groupNames = new Map((yield* groups()).map(({ gid, name }) => [gid, name]));
  const now = (yield* sys.clock_gettime('realtime')).sec;
  let failed = false;
  for (const entry of entries) {
    // What is cut off is told of, not extracted.
    if (fault !== null && entry === entries.at(-1) && !parsed.has('list')) break;
    if (patterns.length > 0 && !patterns.some((pattern) => pattern.matches(entry.name))) continue;
    if (parsed.has('list')) {
      yield* writeAll(1, parsed.has('verbose') ? listLine(entry, users, groupNames, now) : `${entry.name}\n`);
      continue;
    }
    const message = yield* extract(entry, parsed);
    failed ||= message?.bad === true;
    if (message !== null) yield* complain('cpio', message.text);
    else if (parsed.has('verbose')) yield* writeAll(2, `${entry.name}\n`);
  }
  if (fault !== null) throw new CpioEnd(fault);
  if (!parsed.has('quiet')) yield* writeAll(2, blocks(end));
  return failed ? 2 : 0;
}

/** Null: made. */
function* extract(entry: CpioEntry, parsed: Parsed): Sys<{ text: string; bad: boolean } | null> {
  const { name } = entry;
  const type = fileTypeOf(entry.mode);
  if (name.startsWith('/') || name.split('/').includes('..'))
    return { text: `${name}: a name that leads out of the directory is not extracted here`, bad: true };
  const there = yield* orNull(() => sys.lstat(name), 'ENOENT', 'ENOTDIR');
  if (there !== null && type !== 'dir') {
    if (!parsed.has('unconditional') && there.mtime.sec >= entry.mtime)
      return { text: `${name} not created: newer or same age version exists`, bad: false };
    if (fileTypeOf(there.mode) !== 'dir') yield* sys.unlink(name);
  }
  try {
    yield* make(entry, parsed.has('make-directories'));
    return null;
  } catch (error) {
    if (!isOsError(error)) throw error;
    const what = type === 'dir' ? 'mkdir' : type === 'symlink' ? 'symlink' : 'open';
    return { text: `${name}: Cannot ${what}: ${strerror(error.code)}`, bad: true };
  }
}

function* make(entry: CpioEntry, parents: boolean): Sys<void> {
  const { name } = entry;
  const mode = entry.mode & 0o7777;
  if (parents)
    for (let at = name.indexOf('/'); at > 0; at = name.indexOf('/', at + 1))
      yield* orNull(() => sys.mkdir(name.slice(0, at), 0o777), 'EEXIST');
  switch (fileTypeOf(entry.mode)) {
    case 'dir':
      yield* orNull(() => sys.mkdir(name, mode), 'EEXIST');
      yield* sys.chmod(name, mode);
      return;
    case 'symlink':
      yield* sys.symlink(decodeUtf8(entry.content), name);
      return;
    case 'file':
      yield* writeFile(name, entry.content);
      yield* sys.chmod(name, mode);
      return;
    default:
      yield* sys.mknod(name, entry.mode, entry.device);
  }
}

function* run(parsed: Parsed): Sys<number> {
  const modes = ['extract', 'create', 'list'].filter((key) => parsed.has(key));
  const format = parsed.value('format')?.toLowerCase() ?? null;
  if (format !== null && format !== 'newc')
    throw new CpioEnd(`the format ${format} is not simulated: newc is${HINT}`);
  if (parsed.has('create')) {
    if (modes.length > 1) throw new CpioEnd(`Mode already defined${HINT}`);
    if (format === null) throw new CpioEnd(`the binary format is not simulated: give -H newc${HINT}`);
    return yield* copyOut(parsed);
  }
  if (modes.length === 0) throw new CpioEnd(`You must specify one of -oipt options.${HINT}`);
  return yield* copyIn(parsed);
}

export const cpio: CommandSpec = {
  name: 'cpio',
  usage: '-i [-dtuv] [PATTERN]... < ARCHIVE, or cpio -o -H newc < NAMES > ARCHIVE',
  summary: 'Make and take apart archives of the newc format, in which an initramfs comes.',
  usageStatus: 2,
  options: [
    { short: 'i', long: 'extract', help: 'take files out of an archive' },
    { short: 'o', long: 'create', help: 'make an archive of the files named on standard input' },
    { short: 't', long: 'list', help: 'list what an archive holds' },
    { short: 'H', long: 'format', argument: 'FORMAT', help: 'newc' },
    { short: 'd', long: 'make-directories', help: 'make directories where they are needed' },
    { short: 'u', long: 'unconditional', help: 'replace files, newer ones too' },
    { short: 'v', long: 'verbose', help: 'name the files' },
    { short: '0', long: 'null', help: 'names end in NUL' },
    {
      short: 'F',
      long: 'file',
      argument: 'ARCHIVE',
      help: 'the archive, in place of standard input or output',
    },
    { short: 'I', argument: 'ARCHIVE', help: 'the archive to read' },
    { short: 'O', argument: 'ARCHIVE', help: 'the archive to make' },
    { long: 'quiet', help: 'do not say how many blocks it was' },
  ],
  *run(parsed) {
    try {
      return yield* run(parsed);
    } catch (error) {
      if (!(error instanceof CpioEnd)) throw error;
      yield* complain('cpio', error.message);
      return 2;
    }
  },
};
