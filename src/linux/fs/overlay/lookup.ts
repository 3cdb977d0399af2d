/** Which layers a name comes from: overlayfs.rst, "Upper and Lower", "Directories", "Whiteouts and opaque directories". */
import type { LayerFinding } from '../events.ts';
import type { Inode } from '../types.ts';
import { isOpaque, isWhiteout } from './marks.ts';

/** An inode of a lower layer, and which one. */
export interface LowerPart {
  readonly inode: Inode;
  readonly layer: number;
  /** What merges with it from layers further down. */
  readonly below: LowerPart | null;
}

export interface Found {
  readonly upper: Inode | null;
  /** For a directory the topmost of all that merge; else at most one. */
  readonly lowers: LowerPart | null;
}

/** A layer that was asked for a name, and what it said. */
export interface Asked {
  readonly layer: number;
  readonly found: LayerFinding;
}

/**
 * Looks `name` up from the top down. Null parts mean that no layer shows it. What each layer says is added to `asked`. Where the lower parts
 * are those that were found `before`, they are the same objects.
 */
export function findInLayers(
  upperDir: Inode | null,
  lowerDirs: LowerPart | null,
  name: string,
  asked: Asked[] | null = null,
  before: LowerPart | null = null,
): Found {
  let upper: Inode | null = null;
  if (upperDir !== null) {
    upper = upperDir.lookup(name);
    const found = finding(upper);
    asked?.push({ layer: 0, found });
    if (found === 'whiteout') return { upper: null, lowers: null };
    if (found !== 'absent' && found !== 'dir') return { upper, lowers: null };
  }
  return { upper, lowers: findBelow(lowerDirs, name, upper === null, asked, before) };
}

/** Parts of lower layers; `alone`: nothing is above them. */
function findBelow(
  lowerDirs: LowerPart | null,
  name: string,
  alone: boolean,
  asked: Asked[] | null,
  before: LowerPart | null,
): LowerPart | null {
  for (let dir = lowerDirs; dir !== null; dir = dir.below) {
    const { layer } = dir;
    const inode = dir.inode.lookup(name);
    const found = finding(inode);
    asked?.push({ layer, found });
    if (inode === null) continue;
    const isDir = inode.type === 'dir';
    // What is no directory ends the search: it is the answer, or it cuts a merged directory off.
    if (found === 'whiteout' || (!isDir && !alone)) return null;
    const ends = !isDir || found === 'opaque';
    const below = ends
      ? null
      : findBelow(dir.below, name, false, asked, before === null ? null : before.below);
    const same = before !== null && before.inode === inode && before.below === below;
    return same ? before : { inode, layer, below };
  }
  return null;
}

/** Whether some lower layer shows `name`, so that removing it takes a whiteout. */
export function isInLower(lowerDirs: LowerPart | null, name: string): boolean {
  return findInLayers(null, lowerDirs, name).lowers !== null;
}

function finding(inode: Inode | null): LayerFinding {
  if (inode === null) return 'absent';
  if (isWhiteout(inode)) return 'whiteout';
  if (inode.type === 'dir') return isOpaque(inode) ? 'opaque' : 'dir';
  return inode.type === 'file' || inode.type === 'symlink' ? inode.type : 'other';
}
