/** du(1) and tree(1). */
import { type Sys, sys, writeAll } from '../../../linux/index.ts';
import type { CommandSpec } from '../options.ts';
import { attempt, isDirectory, isSymlink, joinPath, namesIn, orNull } from '../support.ts';
import { humanSize } from './ls.ts';

/** A path that du looks at, with what is in it when that has been summed up. */
interface Summed {
  readonly path: string;
  readonly above: Summed | null;
  /** Bytes; null before it was looked at. */
  size: number | null;
  isDir: boolean;
}

export const du: CommandSpec = {
  name: 'du',
  usage: '[OPTION]... [FILE]...',
  summary: 'Show how much space directories take.',
  options: [
    { short: 'a', long: 'all', help: 'files too' },
    { short: 'h', long: 'human-readable', help: 'sizes as 1K 234M 2G' },
    { short: 's', long: 'summarize', help: 'only the total of each operand' },
    { short: 'b', long: 'bytes', help: 'apparent sizes in bytes' },
    { short: 'x', long: 'one-file-system', help: 'stay on one file system' },
  ],
  *run(parsed) {
    const seen = new Set<string>();
    const show = (size: number) =>
      parsed.has('bytes')
        ? `${size}`
        : parsed.has('human-readable')
          ? humanSize(size)
          : `${Math.ceil(size / 1024)}`;
    // A tree may be as deep as paths are long: deeper than calls nest.
    const visit = function* (start: string): Sys<void> {
      const left: Summed[] = [{ path: start, above: null, size: null, isDir: false }];
      let device: number | null = null;
      for (let at = left.pop(); at !== undefined; at = left.pop()) {
        const { path, above } = at;
        if (at.size === null) {
          const stat = yield* sys.lstat(path);
          const key = `${stat.dev}:${stat.ino}`;
          if (seen.has(key) && !isDirectory(stat)) continue;
          seen.add(key);
          at.size = parsed.has('bytes') ? stat.size : stat.blocks * 512;
          at.isDir = isDirectory(stat);
          left.push(at);
          if (!at.isDir || (device !== null && parsed.has('one-file-system') && stat.dev !== device))
            continue;
          device ??= stat.dev;
          for (const name of [...((yield* orNull(() => namesIn(path))) ?? [])].reverse())
            left.push({ path: joinPath(path, name), above: at, size: null, isDir: false });
          continue;
        }
        if (above !== null) above.size! += at.size;
        if (above === null || (!parsed.has('summarize') && (at.isDir || parsed.has('all'))))
          yield* writeAll(1, `${show(at.size)}\t${path}\n`);
      }
    };
    let status = 0;
    for (const path of parsed.operands.length === 0 ? ['.'] : parsed.operands) {
      if (!(yield* attempt('du', `cannot access '${path}'`, () => visit(path)))) status = 1;
    }
    return status;
  },
};

export const tree: CommandSpec = {
  name: 'tree',
  usage: '[OPTION]... [DIRECTORY]...',
  summary: 'Draw directories as a tree.',
  options: [
    { short: 'a', help: 'names that start with . too' },
    { short: 'd', help: 'only directories' },
    { short: 'L', argument: 'LEVEL', help: 'at most LEVEL deep' },
  ],
  *run(parsed) {
    const limit = Number(parsed.value('L') ?? Number.POSITIVE_INFINITY);
    let dirs = 0;
    let files = 0;
    const draw = function* (path: string, prefix: string, depth: number): Sys<void> {
      if (depth > limit) return;
      const entries: { name: string; dir: boolean; label: string }[] = [];
      for (const name of (yield* orNull(() => namesIn(path))) ?? []) {
        if (name.startsWith('.') && !parsed.has('a')) continue;
        const stat = yield* sys.lstat(joinPath(path, name));
        if (parsed.has('d') && !isDirectory(stat)) continue;
        const target = isSymlink(stat) ? ` -> ${yield* sys.readlink(joinPath(path, name))}` : '';
        entries.push({ name, dir: isDirectory(stat), label: name + target });
      }
      for (const [i, entry] of entries.entries()) {
        const last = i === entries.length - 1;
        yield* writeAll(1, `${prefix}${last ? '└── ' : '├── '}${entry.label}\n`);
        if (entry.dir) dirs++;
        else files++;
        if (entry.dir) yield* draw(joinPath(path, entry.name), prefix + (last ? '    ' : '│   '), depth + 1);
      }
    };
    for (const path of parsed.operands.length === 0 ? ['.'] : parsed.operands) {
      yield* writeAll(1, `${path}\n`);
      yield* draw(path, '', 1);
    }
    const plural = (count: number, one: string, many: string) => `${count} ${count === 1 ? one : many}`;
    const fileCount = parsed.has('d') ? '' : `, ${plural(files, 'file', 'files')}`;
    yield* writeAll(1, `\n${plural(dirs, 'directory', 'directories')}${fileCount}\n`);
    return 0;
  },
};
