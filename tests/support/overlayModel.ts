/**
 * A stack of layers as one tree: worked out from the bottom up, path by path, and sharing nothing with the kernel's overlay.
 * After Documentation/filesystems/overlayfs.rst, "Upper and Lower" and "whiteouts and opaque directories".
 */
import type { Seen, Tree } from './fsOperations.ts';

function isBelow(path: string, dir: string): boolean {
  return dir === '/' ? path !== '/' : path.startsWith(`${dir}/`);
}

/** What is seen of `layers`, the topmost first. */
export function merged(layers: readonly Tree[]): Record<string, Seen> {
  let view: Record<string, Seen> = {};
  for (const layer of [...layers].reverse()) {
    // Shorter paths come first, so that a directory is there before what is in it.
    for (const path of Object.keys(layer).sort((a, b) => a.length - b.length)) {
      const own = layer[path]!;
      const merges = own.type === 'dir' && !own.opaque && view[path]?.type === 'dir';
      if (!merges) view = Object.fromEntries(Object.entries(view).filter(([each]) => !isBelow(each, path)));
      const { opaque: _, ...seen } = own;
      if (own.type === 'whiteout') delete view[path];
      else view[path] = seen;
    }
  }
  return view;
}

/**
 * Layers as an overlay would have left them. A whiteout is only where it hides something of a directory that is merged:
 * elsewhere the kernel lists it and then does not find it.
 */
export function settled(layers: readonly Tree[]): Tree[] {
  const done: Tree[] = [];
  for (const layer of [...layers].reverse()) {
    const below = merged(done);
    const kept = Object.entries(layer).filter(([path, own]) => {
      if (own.type !== 'whiteout') return true;
      const ancestors = path
        .split('/')
        .slice(1, -1)
        .map((_name, i, all) => `/${all.slice(0, i + 1).join('/')}`);
      return below[path] !== undefined && ancestors.every((each) => !layer[each]?.opaque);
    });
    done.unshift(Object.fromEntries(kept));
  }
  return done;
}
