/** Putting files into an archive: tar -c, -r and -u. */
import { concatBytes, isOsError, strerror } from '../../../base/index.ts';
import { fileTypeOf, O_RDONLY, readFile, type Stat, type Sys, sys } from '../../../linux/index.ts';
import { encodeEntry, encodeGnuEntry, type TarEntry, type TarType } from '../../../oci/index.ts';
import { changeMode } from '../modes.ts';
import { complain, joinPath, namesIn } from '../support.ts';
import { Exclusion, SafeNames, shown } from './tarNames.ts';
import { goTo, groupIds, type TarSettings, userIds } from './tarSettings.ts';

/** Where the entries go, and what is told of them. */
export interface Sink {
  entry(entry: TarEntry, name: string, bytes: Uint8Array): Sys<void>;
  /** Device and inode of the archive itself, which is not put into it; null for a pipe. */
  readonly self: Pick<Stat, 'dev' | 'ino'> | null;
  /** Seconds since 1970 of what an archive holds already under a name: with -u what is not newer is left out. */
  readonly times: ReadonlyMap<string, number> | null;
}

type Contents = Pick<TarEntry, 'content' | 'sparse'>;

/** What tar here takes into memory of one file; the real one reads piece by piece. */
const LARGEST = 256 * 2 ** 20;

class TooLarge extends Error {}

/** A file's bytes: with `sparse`, those outside of its holes. Throws TooLarge. */
function* contentsOf(path: string, size: number, sparse: boolean): Sys<Contents> {
  const fd = yield* sys.open(path, O_RDONLY);
  const mapping = sparse && size > 0 ? yield* sys.mmap(fd) : null;
  yield* sys.close(fd);
  const runs: { offset: number; length: number }[] = [];
  for (let range = mapping?.dataFrom(0) ?? null; range !== null; range = mapping!.dataFrom(range.end)) {
    const end = Math.min(range.end, size);
    runs.push({ offset: range.start, length: end - range.start });
    if (end === size) break;
  }
  const stored = mapping === null ? size : runs.reduce((sum, { length }) => sum + length, 0);
  if (stored > LARGEST)
    throw new TooLarge(
      `${stored} bytes are more than the simulated tar takes of one file${sparse ? '' : '; holes are left out with -S'}`,
    );
  if (stored === size) return { content: yield* readFile(path) };
  yield* sys.compute(Math.ceil(stored / READ_PER_NANO));
  const content = concatBytes(runs.map(({ offset, length }) => mapping!.read(offset, length)));
  return { content, sparse: { size, runs } };
}

/** Memory is read at 8 GB/s, as read(2) is. */
const READ_PER_NANO = 8;

export class Packer {
  failed = false;
  readonly #settings: TarSettings;
  readonly #sink: Sink;
  readonly #names: SafeNames;
  readonly #exclusions: Exclusion[] = [];
  /** Where the first name of a file with several is, by device and inode. */
  readonly #links = new Map<string, string>();
  #users = new Map<number, string>();
  #groups = new Map<number, string>();

  constructor(settings: TarSettings, sink: Sink) {
    this.#settings = settings;
    this.#sink = sink;
    this.#names = new SafeNames(settings.absolute);
  }

  *pack(): Sys<void> {
    this.#users = new Map([...(yield* userIds())].map(([name, id]) => [id, name]));
    this.#groups = new Map([...(yield* groupIds())].map(([name, id]) => [id, name]));
    const { words } = this.#settings;
    const last = words.findLastIndex((word) => word.key === 'file');
    for (const [at, word] of words.entries()) {
      if (word.key === 'directory') yield* goTo(word.value);
      else if (word.key === 'file') yield* this.#visit(word.value, true);
      else if (at < last) this.#exclusions.push(new Exclusion(word.value));
    }
    const late = words.filter((word, at) => word.key === 'exclude' && at > last);
    if (late.length === 0) return;
    yield* complain(
      'tar',
      'The following options were used after any non-optional arguments in archive create or update mode.  These options are positional and affect only arguments that follow them.  Please, rearrange them properly.',
    );
    for (const word of late) yield* this.#fail(`--exclude ‘${word.value}’ has no effect`);
  }

  *#visit(path: string, given = false): Sys<void> {
    if (this.#exclusions.some((exclusion) => exclusion.matches(path))) return;
    yield* this.#names.of(path);
    let stat: Stat;
    try {
      stat = this.#settings.dereference ? yield* sys.stat(path) : yield* sys.lstat(path);
    } catch (error) {
      return yield* this.#refused(error, path, 'Cannot stat');
    }
    const { self } = this.#sink;
    if (self !== null && stat.dev === self.dev && stat.ino === self.ino)
      return yield* complain('tar', `${shown(path)}: file is the archive; not dumped`);
    const type = fileTypeOf(stat.mode);
    if (type === 'sock') return yield* complain('tar', `${shown(path)}: socket ignored`);
    let inner: string[] = [];
    let contents: Contents = { content: new Uint8Array(0) };
    try {
      if (type === 'dir' && this.#settings.recursive) inner = yield* namesIn(path);
      if (type === 'file') contents = yield* contentsOf(path, stat.size, this.#settings.sparse);
    } catch (error) {
      if (error instanceof TooLarge) return yield* this.#fail(`${shown(path)}: ${error.message}`);
      yield* this.#refused(error, path, 'Cannot open');
      if (type === 'file') return;
    }
    yield* this.#add(path, stat, type, contents, given);
    for (const name of inner) yield* this.#visit(joinPath(path, name));
  }

  *#add(path: string, stat: Stat, type: TarType, contents: Contents, given: boolean): Sys<void> {
    const spoken = type === 'dir' ? (path.endsWith('/') ? path : `${path}/`) : path;
    const safe = yield* this.#names.of(spoken);
    const name = type === 'dir' ? safe.replace(/\/$/, '') : safe;
    const known = this.#sink.times?.get(safe);
    if (known !== undefined && stat.mtime.sec <= known) return;
    const key = `${stat.dev}:${stat.ino}`;
    const first = type === 'dir' || stat.nlink < 2 ? undefined : this.#links.get(key);
    if (given && first === name) return;
    if (stat.nlink > 1 && type !== 'dir') {
      yield* this.#names.of(path, 'hard link targets');
      if (first === undefined) this.#links.set(key, name);
    }
    const target = type === 'symlink' && first === undefined ? yield* sys.readlink(path) : (first ?? '');
    const entry = this.#entry(name, first === undefined ? type : 'link', stat, contents, target);
    const encode = this.#settings.format === 'gnu' ? encodeGnuEntry : encodeEntry;
    yield* this.#sink.entry(entry, spoken, encode(entry));
  }

  #entry(name: string, type: TarType, stat: Stat, { content, sparse }: Contents, target: string): TarEntry {
    const { owner, group, mode, mtime, numeric } = this.#settings;
    const user = owner?.name ?? this.#users.get(stat.uid) ?? '';
    const groupName = group?.name ?? this.#groups.get(stat.gid) ?? '';
    const bits = stat.mode & 0o7777;
    return {
      name,
      type,
      mode: mode === null ? bits : (changeMode(mode, bits, type === 'dir', 0) ?? bits),
      uid: owner?.id ?? stat.uid,
      gid: group?.id ?? stat.gid,
      ...(!numeric && user !== '' && { user }),
      ...(!numeric && groupName !== '' && { group: groupName }),
      mtime: mtime ?? stat.mtime.sec,
      content: type === 'file' ? content : new Uint8Array(0),
      ...(type === 'file' && sparse !== undefined && { sparse }),
      target,
      major: stat.rdev.major,
      minor: stat.rdev.minor,
      xattrs: {},
    };
  }

  *#fail(message: string): Sys<void> {
    this.failed = true;
    yield* complain('tar', message);
  }

  *#refused(error: unknown, path: string, what: string): Sys<void> {
    if (!isOsError(error)) throw error;
    yield* this.#fail(`${shown(path)}: ${what}: ${strerror(error.code)}`);
  }
}

/** Records of twenty blocks: what tar writes at a time, and to a multiple of which it fills up with zeros. */
export const RECORD = 10_240;

/** The zeros that end an archive of `length` bytes. */
export function ending(length: number): Uint8Array {
  const marked = length + 1024;
  return new Uint8Array(Math.ceil(marked / RECORD) * RECORD - length);
}

/** Gathers bytes into whole records. */
export class Records {
  #parts: Uint8Array[] = [];
  #size: number;

  /** `start`: so many bytes are in the archive already. */
  constructor(start: number) {
    this.#size = start % RECORD;
  }

  /** What is complete now; null when nothing is. */
  add(bytes: Uint8Array): Uint8Array | null {
    this.#parts.push(bytes);
    this.#size += bytes.length;
    if (this.#size < RECORD) return null;
    const all = concatBytes(this.#parts);
    const left = this.#size % RECORD;
    const whole = all.length - left;
    this.#parts = [all.subarray(whole)];
    this.#size = left;
    return all.subarray(0, whole);
  }
}
