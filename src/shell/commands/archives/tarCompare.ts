/** How an archive's members and the files differ: tar -d. */
import { equalBytes, isOsError, strerror } from '../../../base/index.ts';
import { fileTypeOf, readFile, type Stat, type Sys, sys, writeAll } from '../../../linux/index.ts';
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
    if (stat.size !== entry.content.length) found.push('Size differs');
    else if (!equalBytes(yield* readFile(name), entry.content)) found.push('Contents differ');
    return found;
  }

  *#tell(name: string, difference: string): Sys<void> {
    this.differs = true;
    yield* writeAll(1, `${shown(name)}: ${difference}\n`);
  }
}

function* linkDifferences(entry: TarEntry, stat: Stat): Sys<string[]> {
  const target = yield* sys.lstat(entry.target);
  return target.dev === stat.dev && target.ino === stat.ino ? [] : [`Not linked to ${entry.target}`];
}
