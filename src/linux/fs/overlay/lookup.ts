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
  readonly asked: { layer: number; found: LayerFinding }[];
}

/** Looks `name` up from the top down. Null parts mean that no layer shows it. */
export function findInLayers(upperDir: Inode | null, lowerDirs: readonly LowerPart[], name: string): Found {
  const asked: Found['asked'] = [];
  const lowers: LowerPart[] = [];
  const parts = upperDir === null ? lowerDirs : [{ inode: upperDir, layer: 0 }, ...lowerDirs];
  let upper: Inode | null = null;
  for (const { inode: dir, layer } of parts) {
    const inode = dir.lookup(name);
    const found = finding(inode);
    asked.push({ layer, found });
    if (inode === null) continue;
    const isDir = inode.type === 'dir';
    const first = upper === null && lowers.length === 0;
    // What is no directory ends the search: it is the answer, or it cuts a merged directory off.
    if (found === 'whiteout' || (!isDir && !first)) break;
    if (layer === 0) upper = inode;
    else lowers.push({ inode, layer });
    if (!isDir || found === 'opaque') break;
  }
  return { upper, lowers, asked };
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
