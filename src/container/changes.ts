/** `docker diff`: what the upper directory says against the layers below, as the engine's archive.Changes reports it. */
import { type DirEntry, O_RDONLY, type Stat, type Sys, sys } from '../linux/index.ts';
import { statOrNull } from './files.ts';

/** 0 changed, 1 added, 2 deleted. */
export interface Change {
  readonly Path: string;
  readonly Kind: 0 | 1 | 2;
}

function* entriesOf(path: string): Sys<DirEntry[]> {
  const fd = yield* sys.open(path, O_RDONLY);
  const entries = yield* sys.getdents(fd);
  yield* sys.close(fd);
  return entries
    .filter(({ name }) => name !== '.' && name !== '..')
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

const isDir = (stat: Stat) => (stat.mode & 0o170000) === 0o040000;
const isWhiteout = (stat: Stat) =>
  (stat.mode & 0o170000) === 0o020000 && stat.rdev.major === 0 && stat.rdev.minor === 0;

/** Whether some lower directory shows `path`: the first, from the top, that has anything there decides. */
function* isBelow(lowers: readonly string[], path: string): Sys<boolean> {
  for (const lower of lowers) {
    const stat = yield* statOrNull(lower + path);
    if (stat !== null) return !isWhiteout(stat);
  }
  return false;
}

/** Changes below `upper`, in the order of their paths; a directory with changes inside counts as changed. */
export function* changesOf(upper: string, lowers: readonly string[]): Sys<Change[]> {
  const changes: Change[] = [];
  yield* collect(changes, upper, lowers, '');
  return changes;
}

/** Adds the changes in the directory `dir`, a path below `upper`. */
function* collect(changes: Change[], upper: string, lowers: readonly string[], dir: string): Sys<void> {
  for (const { name } of yield* entriesOf(upper + dir)) {
    const path = `${dir}/${name}`;
    const stat = yield* sys.lstat(upper + path);
    const below = yield* isBelow(lowers, path);
    if (isWhiteout(stat)) {
      if (below) changes.push({ Path: path, Kind: 2 });
      continue;
    }
    changes.push({ Path: path, Kind: below ? 0 : 1 });
    if (isDir(stat)) yield* collect(changes, upper, lowers, path);
  }
}
