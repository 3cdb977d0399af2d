/** How an archive's members and the files differ: tar -d. */
import { equalBytes, isOsError, strerror } from '../../../base/index.ts';
import { fileTypeOf, O_RDONLY, readFile, type Stat, type Sys, sys, writeAll } from '../../../linux/index.ts';
import type { TarEntry } from '../../../oci/index.ts';
import { complain } from '../support.ts';
import { SafeNames, shown } from './tarNames.ts';

export class Comparison {
  differs = false;
  readonly #names: SafeNames;

  constructor(absolute: boolean) {
    this.#names = new SafeNames(absolute);
  }

  *compare(entry: TarEntry, path: string): Sys<void> {
    const name = (yield* this.#names.of(path)).replace(/(?<=.)\/+$/, '');
    try {
      const stat = yield* sys.lstat(name);
      const differences =
        entry.type === 'link' ? yield* linkDifferences(entry, stat) : yield* this.#of(entry, stat, name);
      for (const difference of differences) yield* this.#tell(name, difference);
    } catch (error) {
      if (!isOsError(error)) throw error;
      this.differs = true;
      yield* complain('tar', `${shown(name)}: Warning: Cannot stat: ${strerror(error.code)}`);
    }
  }

  *#of(entry: TarEntry, stat: Stat, name: string): Sys<string[]> {
    const type = fileTypeOf(stat.mode);
    if (type !== entry.type) return ['File type differs'];
    const found: string[] = [];
    if (type === 'symlink') {
      if ((yield* sys.readlink(name)) !== entry.target) found.push('Symlink differs');
      return found;
    }
    if ((stat.mode & 0o7777) !== entry.mode) found.push('Mode differs');
    if (type === 'dir') return found;
    if (stat.uid !== entry.uid) found.push('Uid differs');
    if (stat.gid !== entry.gid) found.push('Gid differs');
    if (stat.mtime.sec !== entry.mtime) found.push('Mod time differs');
    if (type === 'chr' || type === 'blk') {
      const { major, minor } = stat.rdev;
      if (major !== entry.major || minor !== entry.minor) found.push('Device number differs');
    }
    if (type !== 'file') return found;
    if (stat.size !== (entry.sparse?.size ?? entry.content.length)) found.push('Size differs');
    else if (!(yield* sameContents(name, entry))) found.push('Contents differ');
    return found;
  }

  *#tell(name: string, difference: string): Sys<void> {
    this.differs = true;
    yield* writeAll(1, `${shown(name)}: ${difference}\n`);
  }
}

/** Of a file with holes, what is stored must be the same, and the rest zeros. */
function* sameContents(path: string, { content, sparse }: TarEntry): Sys<boolean> {
  if (sparse === undefined) return equalBytes(yield* readFile(path), content);
  const fd = yield* sys.open(path, O_RDONLY);
  const mapping = yield* sys.mmap(fd);
  yield* sys.close(fd);
  let taken = 0;
  const stored = sparse.runs.map(({ offset, length }) => {
    taken += length;
    return { start: offset, bytes: content.subarray(taken - length, taken) };
  });
  const isZero = (start: number, end: number): boolean => {
    for (
      let range = mapping.dataFrom(start);
      range !== null && range.start < end;
      range = mapping.dataFrom(range.end)
    ) {
      const from = Math.max(start, range.start);
      if (mapping.read(from, Math.min(end, range.end) - from).some((byte) => byte !== 0)) return false;
      if (range.end >= end) break;
    }
    return true;
  };
  let at = 0;
  for (const { start, bytes } of stored) {
    if (!isZero(at, start) || !equalBytes(mapping.read(start, bytes.length), bytes)) return false;
    at = start + bytes.length;
  }
  return isZero(at, sparse.size);
}

function* linkDifferences(entry: TarEntry, stat: Stat): Sys<string[]> {
  const target = yield* sys.lstat(entry.target);
  return target.dev === stat.dev && target.ino === stat.ino ? [] : [`Not linked to ${entry.target}`];
}
