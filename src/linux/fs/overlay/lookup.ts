/** Which layers a name comes from: overlayfs.rst, "Upper and Lower", "Directories", "Whiteouts and opaque directories". */
import type { LayerFinding } from '../events.ts';
import type { Inode } from '../types.ts';
import { isOpaque, isWhiteout } from './marks.ts';

/** An inode of a lower layer, and which one. */
export interface LowerPart {
  readonly inode: Inode;
  readonly layer: number;
}

export interface Found {
  readonly upper: Inode | null;
  /** For a directory all that merge, topmost first; else at most one. */
  readonly lowers: readonly LowerPart[];
}

/** A layer that was asked for a name, and what it said. */
export interface Asked {
  readonly layer: number;
  readonly found: LayerFinding;
}

const nothing: readonly LowerPart[] = [];

/**
 * Looks `name` up from the top down. Null parts mean that no layer shows it. What each layer says is added to `asked`. Where the lower parts
 * are those that were found `before`, the same list is returned.
 */
export function findInLayers(
  upperDir: Inode | null,
  lowerDirs: readonly LowerPart[],
  name: string,
  asked: Asked[] | null = null,
  before: readonly LowerPart[] = nothing,
): Found {
  let upper: Inode | null = null;
  if (upperDir !== null) {
    upper = upperDir.lookup(name);
    const found = finding(upper);
    asked?.push({ layer: 0, found });
    if (found === 'whiteout') return { upper: null, lowers: nothing };
    if (found !== 'absent' && found !== 'dir') return { upper, lowers: nothing };
  }
  return { upper, lowers: findBelow(lowerDirs, name, upper === null, asked, before) };
}

/** Parts of lower layers; `alone`: nothing is above them. */
function findBelow(
  lowerDirs: readonly LowerPart[],
  name: string,
  alone: boolean,
  asked: Asked[] | null,
  before: readonly LowerPart[],
): readonly LowerPart[] {
  let lowers = before;
  let count = 0;
  for (let i = 0; i < lowerDirs.length; i++) {
    const { inode: dir, layer } = lowerDirs[i]!;
    const inode = dir.lookup(name);
    const found = finding(inode);
    asked?.push({ layer, found });
    if (inode === null) continue;
    const isDir = inode.type === 'dir';
    // What is no directory ends the search: it is the answer, or it cuts a merged directory off.
    if (found === 'whiteout' || (!isDir && !(alone && count === 0))) break;
    if (lowers[count]?.inode !== inode) lowers = lowers.slice(0, count).concat({ inode, layer });
    count++;
    if (!isDir || found === 'opaque') break;
  }
  return count === lowers.length ? lowers : lowers.slice(0, count);
}

/** Whether some lower layer shows `name`, so that removing it takes a whiteout. */
export function isInLower(lowerDirs: readonly LowerPart[], name: string): boolean {
  return findInLayers(null, lowerDirs, name).lowers.length > 0;
}

function finding(inode: Inode | null): LayerFinding {
  if (inode === null) return 'absent';
  if (isWhiteout(inode)) return 'whiteout';
  if (inode.type === 'dir') return isOpaque(inode) ? 'opaque' : 'dir';
  return inode.type === 'file' || inode.type === 'symlink' ? inode.type : 'other';
}
