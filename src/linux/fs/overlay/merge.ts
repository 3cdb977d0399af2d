/** The listing of a directory that several layers share: overlayfs.rst, "readdir". */
import type { DirEntry } from '../types.ts';
import { isWhiteout } from './marks.ts';
import type { OverlayInode } from './overlayInode.ts';

/** Each name once, from the topmost layer that has it, without whiteouts and what they hide. */
export function mergedEntries(dir: OverlayInode, traced: boolean): DirEntry[] {
  const entries: (DirEntry & { layer: number })[] = [];
  const hidden: { name: string; layer: number; by: number }[] = [];
  const owner = new Map<string, number>();
  const top = dir.upper === null ? dir.lowers : { inode: dir.upper, layer: 0, below: dir.lowers };
  for (let part = top; part !== null; part = part.below) {
    const { inode, layer } = part;
    for (const entry of inode.readdir()) {
      const by = owner.get(entry.name);
      if (by !== undefined) {
        hidden.push({ name: entry.name, layer, by });
        continue;
      }
      owner.set(entry.name, layer);
      const whiteout = entry.type === 'chr' && isWhiteout(inode.lookup(entry.name)!);
      if (!whiteout) entries.push({ ...entry, layer });
    }
  }
  if (traced) {
    dir.fs.trace.emit('fs.merge', dir.fs.subject, {
      path: dir.path,
      entries: entries.map(({ name, layer }) => ({ name, layer })),
      hidden,
    });
  }
  return entries.map(({ name, type }) => ({ name, type, ino: dir.find(name)?.ino ?? 0 }));
}
