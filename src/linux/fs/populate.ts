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
  const directories = new Map<string, Inode>();
  const timed: [Inode, Timespec][] = [];
  for (const [path, given] of parentsFirst(tree)) {
    const spec = typeof given === 'string' ? { content: given } : given;
    const inode = place(root, path, spec, directories);
    if (spec.mtime !== undefined) timed.push([inode, spec.mtime]);
  }
  // Times last: making a file changes its directory's.
  for (const [inode, mtime] of timed) inode.setAttr({ atime: mtime, mtime });
}

/** In the order of their components: what a directory holds comes right after it. */
function parentsFirst(tree: FileTree): (readonly [string, FileSpec])[] {
  const keyed = Object.entries(tree).map(([path, spec]) => ({ key: path.replaceAll('/', '\0'), path, spec }));
  keyed.sort((a, b) => (a.key < b.key ? -1 : 1));
  return keyed.map(({ path, spec }) => [path, spec]);
}

/** The directory at `path`, which is made when it is missing (a link on the way counts from the root, and leads to a directory); `known` has those that were asked for before. */
function directoryAt(root: Inode, path: string, known: Map<string, Inode>): Inode {
  const before = known.get(path);
  if (before !== undefined) return before;
  const slash = path.lastIndexOf('/');
  if (slash < 0) return root;
  const name = path.slice(slash + 1);
  let found = directoryAt(root, path.slice(0, slash), known);
  if (name !== '') {
    assert(name !== '.' && name !== '..', `${path} in a file tree does not go straight down`);
    const next = found.lookup(name);
    if (next?.type === 'symlink') found = directoryAt(root, next.readlink().replace(/^\/*/, '/'), known);
    else found = next ?? found.create(name, { type: 'dir', mode: 0o755, uid: 0, gid: 0 });
  }
  known.set(path, found);
  return found;
}

type Attributes = Exclude<FileSpec, string>;

/** Makes the file of one path, or gives a directory that is there its attributes; returns it. */
function place(root: Inode, path: string, spec: Attributes, directories: Map<string, Inode>): Inode {
  assert(path.startsWith('/'), `${path} in a file tree is not absolute`);
  const type = spec.type ?? (spec.target === undefined ? 'file' : 'symlink');
  const owner = { uid: spec.uid ?? 0, gid: spec.gid ?? 0 };
  const mode = spec.mode ?? (type === 'dir' ? 0o755 : type === 'symlink' ? 0o777 : 0o644);
  const named = path.endsWith('/') ? path.replace(/\/+$/, '') : path;
  if (named === '') {
    root.setAttr({ mode, ...owner });
    return root;
  }
  const slash = named.lastIndexOf('/');
  const name = named.slice(slash + 1);
  const parent = directoryAt(root, named.slice(0, slash), directories);
  const before = parent.lookup(name);
  if (before !== null && before.type === 'dir' && type === 'dir') {
    before.setAttr({ mode, ...owner });
    return before;
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
  if (spec.xattrs !== undefined)
    for (const [key, value] of Object.entries(spec.xattrs))
      inode.setxattr(key, typeof value === 'string' ? encodeUtf8(value) : value);
  return inode;
}
