/** Files from data: how scenarios and image layers describe a tree. */
import { assert, encodeUtf8 } from '../../base/index.ts';
import type { DeviceNumber, FileType, Inode, Timespec } from './types.ts';

/** Absolute path → file. Directories on the way are made (0755, root) when the tree does not name them. */
export type FileTree = Readonly<Record<string, FileSpec>>;

/** A text is a regular file, 0644, of root. */
export type FileSpec =
  | string
  | {
      readonly type?: FileType;
      readonly content?: string | Uint8Array;
      /** Permission bits; default 0644, directories 0755. */
      readonly mode?: number;
      readonly uid?: number;
      readonly gid?: number;
      /** Makes it a symbolic link. */
      readonly target?: string;
      readonly rdev?: DeviceNumber;
      readonly mtime?: Timespec;
      readonly xattrs?: Readonly<Record<string, string | Uint8Array>>;
    };

/** Makes the files of `tree` below `root`, parents first; a file that is there already is replaced, a directory takes the attributes. */
export function populate(root: Inode, tree: FileTree): void {
  const paths = parentsFirst(Object.keys(tree));
  for (const path of paths) place(root, path, tree[path]!);
  // Times last: making a file changes its directory's.
  for (const path of paths.reverse()) {
    const spec = tree[path]!;
    if (typeof spec !== 'string' && spec.mtime !== undefined) {
      find(root, path).setAttr({ atime: spec.mtime, mtime: spec.mtime });
    }
  }
}

/** In the order of their components: what a directory holds comes right after it. */
function parentsFirst(paths: readonly string[]): string[] {
  const keys = paths.map((path) => path.replaceAll('/', '\0')).sort();
  return keys.map((key) => key.replaceAll('\0', '/'));
}

function split(path: string): string[] {
  assert(path.startsWith('/'), `${path} in a file tree is not absolute`);
  return path.split('/').filter((name) => name !== '');
}

function find(root: Inode, path: string): Inode {
  let at = root;
  for (const name of split(path)) at = at.lookup(name)!;
  return at;
}

function place(root: Inode, path: string, given: FileSpec): void {
  const names = split(path);
  const name = names.pop();
  const spec = typeof given === 'string' ? { content: given } : given;
  const type = spec.type ?? (spec.target === undefined ? 'file' : 'symlink');
  const owner = { uid: spec.uid ?? 0, gid: spec.gid ?? 0 };
  const mode = spec.mode ?? (type === 'dir' ? 0o755 : type === 'symlink' ? 0o777 : 0o644);
  if (name === undefined) {
    root.setAttr({ mode, ...owner });
    return;
  }
  let parent = root;
  for (const step of names) {
    let next = parent.lookup(step);
    while (next?.type === 'symlink') next = find(root, `/${next.readlink()}`);
    parent = next ?? parent.create(step, { type: 'dir', mode: 0o755, uid: 0, gid: 0 });
  }
  const before = parent.lookup(name);
  if (before !== null && before.type === 'dir' && type === 'dir') {
    before.setAttr({ mode, ...owner });
    return;
  }
  if (before !== null) parent.unlink(name);
  const inode = parent.create(name, {
    type,
    mode,
    ...owner,
    ...(spec.target !== undefined && { target: spec.target }),
    ...(spec.rdev !== undefined && { rdev: spec.rdev }),
  });
  const content = spec.content ?? '';
  if (type === 'file') inode.write(0, typeof content === 'string' ? encodeUtf8(content) : content);
  for (const [key, value] of Object.entries(spec.xattrs ?? {})) {
    inode.setxattr(key, typeof value === 'string' ? encodeUtf8(value) : value);
  }
}
