/**
 * Image layers: a tree of files as a tar archive and back. Whiteouts of an archive (`.wh.name`, `.wh..wh..opq`; image-spec layer.md,
 * "Whiteouts") and of an overlay (character device 0/0, an extended attribute) are different things; they are converted here.
 */
import { encodeUtf8, sha256Hex } from '../base/index.ts';
import type { FileSpec, FileTree } from '../linux/index.ts';
import { type TarEntry, writeTar } from './tar.ts';
import { readTar } from './tarReader.ts';

/** The extended attribute of an overlay's opaque directory; its value is `y`. */
export const OPAQUE_XATTR = 'trusted.overlay.opaque';
const EMPTY = new Uint8Array(0);

/** A layer: its archive and the digest of that (the diff id). */
export interface Layer {
  readonly tar: Uint8Array;
  /** `sha256:` and 64 hex digits over the uncompressed archive. */
  readonly diffId: string;
}

export function makeLayer(tree: FileTree): Layer {
  const tar = writeTar(withParents(tree).flatMap(([path, spec]) => tarEntries(path.slice(1), spec)));
  return { tar, diffId: `sha256:${sha256Hex(tar)}` };
}

/** All files by path, directories that the tree does not name put before what is in them. */
function withParents(tree: FileTree): [string, FileSpec][] {
  const all = new Map<string, FileSpec>(Object.entries(tree));
  for (const path of Object.keys(tree)) {
    for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
      const dir = path.slice(0, at);
      if (!all.has(dir)) all.set(dir, { type: 'dir' });
    }
  }
  return [...all].filter(([path]) => path !== '/').sort(([a], [b]) => (a < b ? -1 : 1));
}

function tarEntries(name: string, given: FileSpec): TarEntry[] {
  const spec = typeof given === 'string' ? { content: given } : given;
  const type = spec.type ?? (spec.target === undefined ? 'file' : 'symlink');
  const base = {
    uid: spec.uid ?? 0,
    gid: spec.gid ?? 0,
    mtime: spec.mtime?.sec ?? 0,
    content: EMPTY,
    target: '',
    major: spec.rdev?.major ?? 0,
    minor: spec.rdev?.minor ?? 0,
    xattrs: {},
  };
  if (type === 'chr' && base.major === 0 && base.minor === 0) {
    return [{ ...base, name: whiteoutName(name), type: 'file', mode: 0 }];
  }
  if (type === 'sock') return [];
  const content = spec.content ?? '';
  const entry: TarEntry = {
    ...base,
    name,
    type,
    mode: spec.mode ?? (type === 'dir' ? 0o755 : type === 'symlink' ? 0o777 : 0o644),
    content: type === 'file' ? (typeof content === 'string' ? encodeUtf8(content) : content) : EMPTY,
    target: spec.target ?? '',
  };
  const opaque = spec.xattrs?.[OPAQUE_XATTR];
  if (opaque === undefined) return [entry];
  return [entry, { ...base, name: `${name}/.wh..wh..opq`, type: 'file', mode: 0 }];
}

function whiteoutName(name: string): string {
  const at = name.lastIndexOf('/') + 1;
  return `${name.slice(0, at)}.wh.${name.slice(at)}`;
}

/** A layer's files as they lie in an overlay's lower directory. */
export function layerTree(tar: Uint8Array): FileTree {
  const tree: Record<string, FileSpec> = {};
  const opaque: string[] = [];
  for (const entry of readTar(tar)) {
    if (entry.name === '') continue;
    const at = entry.name.lastIndexOf('/') + 1;
    const base = entry.name.slice(at);
    // Other names of this kind are bookkeeping of a storage driver's (aufs), no files of the image.
    if (base.startsWith('.wh..wh.') && base !== '.wh..wh..opq') continue;
    if (base === '.wh..wh..opq') opaque.push(`/${entry.name.slice(0, at - 1)}`);
    else if (base.startsWith('.wh.')) {
      tree[`/${entry.name.slice(0, at)}${base.slice(4)}`] = {
        type: 'chr',
        mode: 0,
        rdev: { major: 0, minor: 0 },
      };
    } else tree[`/${entry.name}`] = fileSpec(entry, tree);
  }
  for (const path of opaque) {
    const dir = tree[path];
    tree[path] = { ...(typeof dir === 'object' ? dir : {}), type: 'dir', xattrs: { [OPAQUE_XATTR]: 'y' } };
  }
  return tree;
}

function fileSpec(entry: TarEntry, tree: FileTree): FileSpec {
  const { mode, uid, gid, content, target, major, minor } = entry;
  const common = { mode, uid, gid, mtime: { sec: entry.mtime, nsec: 0 } };
  switch (entry.type) {
    case 'file':
      return { ...common, content };
    case 'symlink':
      return { ...common, target };
    case 'link': {
      // A hard link within a layer: a tree as data knows no links, the contents are the same.
      const linked = tree[`/${target.replace(/^(\.?\/)+/, '')}`];
      return linked === undefined ? { ...common, content } : linked;
    }
    case 'chr':
    case 'blk':
      return { ...common, type: entry.type, rdev: { major, minor } };
    default:
      return { ...common, type: entry.type };
  }
}
