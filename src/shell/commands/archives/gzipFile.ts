/** One file of gzip's: what is refused, where the result goes, and what becomes of the file itself. */
import { decodeUtf8, encodeUtf8, isOsError, strerror } from '../../../base/index.ts';
import {
  type Fd,
  fileTypeOf,
  O_CREAT,
  O_EXCL,
  O_RDONLY,
  O_TRUNC,
  O_WRONLY,
  type Stat,
  type Sys,
  sys,
  writeAll,
} from '../../../linux/index.ts';
import { baseName, complain, isSymlink, joinPath, namesIn, orNull } from '../support.ts';
import { listLine, type Totals } from './gzipListing.ts';
import { expandedName, otherNames, ratioText } from './gzipNames.ts';
import {
  compress,
  Expander,
  GzipError,
  type GzipHeader,
  headerOf,
  isGzip,
  type Source,
  sourceOf,
} from './gzipStream.ts';

export interface GzipSettings {
  readonly mode: 'compress' | 'expand' | 'test' | 'list';
  readonly toStdout: boolean;
  readonly keep: boolean;
  readonly force: boolean;
  readonly recursive: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  /** Compressing: keep name and time in the result. Expanding: take them from there. */
  readonly names: boolean;
  readonly level: number;
  readonly suffix: string;
}

const WARNING = 2;
const ERROR = 1;
const NO_NAME = new Uint8Array(0);

export class GzipRun {
  status = 0;
  readonly totals: Totals = { files: 0, compressed: 0, expanded: 0, overhead: 0 };
  readonly #settings: GzipSettings;

  constructor(settings: GzipSettings) {
    this.#settings = settings;
  }

  *stdin(): Sys<void> {
    const { mode, force } = this.#settings;
    const terminal = mode === 'compress' ? 1 : 0;
    if (!force && mode !== 'list' && (yield* orNull(() => sys.tcgetattr(terminal))) !== null) {
      const direction = mode === 'compress' ? 'written to' : 'read from';
      const remedy = mode === 'compress' ? 'compression' : 'decompression';
      yield* writeAll(
        2,
        `gzip: compressed data not ${direction} a terminal. Use -f to force ${remedy}.\nFor help, type: gzip -h\n`,
      );
      this.status = ERROR;
      return;
    }
    const stat = yield* sys.fstat(0);
    yield* this.#guard('stdin', () => this.#work(0, 1, 'stdin', 'stdout', stat));
  }

  *file(given: string): Sys<void> {
    const found = yield* this.#find(given);
    if (found === null) return;
    const { path, stat } = found;
    if (fileTypeOf(stat.mode) === 'dir') {
      if (!this.#settings.recursive) return yield* this.#warn(`${path} is a directory -- ignored`);
      for (const name of yield* namesIn(path)) yield* this.file(joinPath(path, name));
      return;
    }
    const { mode, toStdout, force, suffix, recursive } = this.#settings;
    const inPlace = !toStdout && (mode === 'compress' || mode === 'expand');
    if (inPlace && fileTypeOf(stat.mode) !== 'file')
      return yield* this.#warn(`${path} is not a directory or a regular file - ignored`);
    if (inPlace && !force && stat.nlink > 1) {
      const others = stat.nlink - 1;
      return yield* this.#warn(`${path} has ${others} other link${others > 1 ? 's' : ''} -- file ignored`);
    }
    let target = path + suffix;
    if (mode === 'compress') {
      if (!toStdout && !force && expandedName(path, suffix) !== null) {
        if (recursive || this.#settings.quiet) return;
        const ending = path.slice(expandedName(path, suffix)!.replace(/\.tar$/, '').length);
        return yield* complain('gzip', `${path} already has ${ending} suffix -- unchanged`);
      }
    } else {
      const name = expandedName(path, suffix);
      if (name === null && inPlace) {
        if (!recursive) yield* this.#warn(`${path}: unknown suffix -- ignored`);
        return;
      }
      target = name ?? path;
    }
    yield* this.#guard(path, () => this.#open(path, target, stat, inPlace));
  }

  /** The file that is meant: gunzip finds `f.gz` when asked for `f`. */
  *#find(given: string): Sys<{ path: string; stat: Stat } | null> {
    const { mode, suffix, toStdout, force } = this.#settings;
    const follow = toStdout || force || mode === 'test' || mode === 'list';
    const lookUp = (path: string) => orNull(() => sys.lstat(path), 'ENOENT');
    let path = given;
    try {
      let stat = yield* lookUp(path);
      if (stat === null && mode !== 'compress') {
        for (const other of otherNames(given, suffix)) {
          stat = yield* lookUp(other);
          if (stat !== null) path = other;
          if (stat !== null) break;
        }
      }
      if (stat !== null && isSymlink(stat)) {
        if (!follow) {
          yield* this.#fail(`${path}: ${strerror('ELOOP')}`);
          return null;
        }
        stat = yield* sys.stat(path);
      }
      if (stat !== null) return { path, stat };
      const named = mode === 'compress' || expandedName(given, suffix) !== null ? given : given + suffix;
      yield* this.#fail(`${named}: ${strerror('ENOENT')}`);
    } catch (error) {
      if (!isOsError(error)) throw error;
      yield* this.#fail(`${path}: ${strerror(error.code)}`);
    }
    return null;
  }

  *#open(path: string, target: string, stat: Stat, inPlace: boolean): Sys<void> {
    const input = yield* sys.open(path, O_RDONLY);
    try {
      if (!inPlace) return yield* this.#work(input, 1, path, target, stat);
      const bytes = yield* sys.pread(input, 4096, 0);
      const header = this.#settings.mode === 'expand' && isGzip(bytes) ? headerOf(bytes) : null;
      const named = this.#settings.names && header?.name ? nameBeside(path, header) : target;
      const output = yield* this.#make(named);
      if (output === null) return;
      try {
        yield* this.#work(input, output, path, named, stat);
      } catch (error) {
        yield* sys.unlink(named);
        throw error;
      } finally {
        yield* sys.close(output);
      }
      yield* this.#replace(path, named, stat, this.#settings.names ? (header?.mtime ?? 0) : 0);
    } finally {
      yield* sys.close(input);
    }
  }

  *#make(path: string): Sys<Fd | null> {
    const flags = O_WRONLY | O_CREAT | (this.#settings.force ? O_TRUNC : O_EXCL);
    try {
      return yield* sys.open(path, flags, 0o600);
    } catch (error) {
      if (!isOsError(error)) throw error;
      if (error.code === 'EEXIST') yield* this.#warn(`${path} already exists;\tnot overwritten`);
      else yield* this.#fail(`${path}: ${strerror(error.code)}`);
      return null;
    }
  }

  *#replace(path: string, target: string, stat: Stat, mtime: number): Sys<void> {
    yield* orNull(() => sys.chown(target, stat.uid, stat.gid), 'EPERM');
    yield* sys.chmod(target, stat.mode & 0o7777);
    yield* sys.utimensat(target, stat.atime, mtime === 0 ? stat.mtime : { sec: mtime, nsec: 0 });
    if (!this.#settings.keep) yield* sys.unlink(path);
  }

  /** From one descriptor to another; `name` and `target` are for messages and for the header. */
  *#work(input: Fd, output: Fd, name: string, target: string, stat: Stat): Sys<void> {
    const { mode } = this.#settings;
    if (mode === 'compress') yield* this.#compress(input, output, name, target, stat);
    else {
      const source = sourceOf(input);
      const first = yield* source();
      let head: Uint8Array | null = first;
      const again: Source = function* () {
        const bytes = head ?? (yield* source());
        head = null;
        return bytes;
      };
      if (first.length > 1 && !isGzip(first)) {
        const { force, toStdout } = this.#settings;
        if (!force || !toStdout || mode !== 'expand') throw new GzipError('not in gzip format');
        for (let bytes = yield* again(); bytes.length > 0; bytes = yield* again())
          yield* writeAll(output, bytes);
      } else yield* this.#expand(again, first, { output, name, target, stat });
    }
  }

  *#compress(input: Fd, output: Fd, name: string, target: string, stat: Stat): Sys<void> {
    const { level, names } = this.#settings;
    let read = 0;
    let written = 0;
    const plain = sourceOf(input);
    const counted: Source = function* () {
      const bytes = yield* plain();
      read += bytes.length;
      return bytes;
    };
    const regular = fileTypeOf(stat.mode) === 'file';
    const kept = names && name !== 'stdin' ? encodeUtf8(baseName(name)) : NO_NAME;
    const packed = compress(counted, {
      level,
      mtime: names && regular ? stat.mtime.sec : 0,
      name: kept,
    });
    for (let bytes = yield* packed(); bytes.length > 0; bytes = yield* packed()) {
      written += bytes.length;
      yield* writeAll(output, bytes);
    }
    const overhead = 18 + (kept.length === 0 ? 0 : kept.length + 1);
    const ratio = ratioText(read - (written - overhead), read);
    if (name !== 'stdin') yield* this.#tell(name, target, ratio);
    else if (this.#settings.verbose) yield* writeAll(2, `${ratio}\n`);
  }

  *#expand(
    source: Source,
    first: Uint8Array,
    { output, name, target, stat }: { output: Fd; name: string; target: string; stat: Stat },
  ): Sys<void> {
    const { mode } = this.#settings;
    const expander = new Expander(source);
    let tail: Uint8Array = NO_NAME;
    for (let bytes = yield* expander.read(); bytes.length > 0; bytes = yield* expander.read()) {
      if (mode === 'expand') yield* writeAll(output, bytes);
    }
    if (expander.garbage && !this.#settings.quiet)
      yield* writeAll(2, `\ngzip: ${name}: decompression OK, trailing garbage ignored\n`);
    if (expander.garbage) this.status ||= WARNING;
    const header = headerOf(first);
    const overhead = 18 + (header.name === null ? 0 : header.name.length + 1);
    const compressed = expander.consumed;
    const expanded = expander.produced;
    if (mode === 'list') {
      if (name !== 'stdin') tail = yield* lastBytes(name);
      const time = header.mtime || stat.mtime.sec;
      const { verbose, quiet, names } = this.#settings;
      const shown = names && header.name !== null ? decodeUtf8(header.name) : target;
      yield* listLine(
        this.totals,
        { verbose, quiet },
        { name: shown, compressed, expanded, overhead, time, tail },
      );
    } else if (mode === 'test') {
      if (this.#settings.verbose) yield* writeAll(2, `${name === 'stdin' ? '' : `${name}:\t`} OK\n`);
    } else if (name !== 'stdin')
      yield* this.#tell(name, target, ratioText(expanded - (compressed - overhead), expanded));
  }

  /** The line of -v. */
  *#tell(name: string, target: string, ratio: string): Sys<void> {
    if (!this.#settings.verbose) return;
    const { keep, toStdout } = this.#settings;
    const done = keep ? 'created' : 'replaced with';
    yield* writeAll(2, `${name}:\t${ratio} -- ${done} ${toStdout ? 'stdout' : target}\n`);
  }

  *#warn(message: string): Sys<void> {
    if (!this.#settings.quiet) yield* complain('gzip', message);
    this.status ||= WARNING;
  }

  *#fail(message: string): Sys<void> {
    yield* complain('gzip', message);
    this.status = ERROR;
  }

  *#guard(name: string, body: () => Sys<void>): Sys<void> {
    try {
      yield* body();
    } catch (error) {
      if (error instanceof GzipError) yield* writeAll(2, `\ngzip: ${name}: ${error.message}\n`);
      else if (isOsError(error) && error.code !== 'EPIPE')
        yield* complain('gzip', `${name}: ${strerror(error.code)}`);
      else throw error;
      this.status = ERROR;
    }
  }
}

function nameBeside(path: string, header: GzipHeader): string {
  return path.slice(0, path.lastIndexOf('/') + 1) + baseName(decodeUtf8(header.name!));
}

/** The trailer of a file's last member. */
function* lastBytes(path: string): Sys<Uint8Array> {
  const fd = yield* sys.open(path, O_RDONLY);
  const { size } = yield* sys.fstat(fd);
  const bytes = yield* sys.pread(fd, 8, Math.max(0, size - 8));
  yield* sys.close(fd);
  return bytes;
}
