/** A read-mostly tree whose nodes are computed at each look: what /proc is made of. */
import { encodeUtf8, FewMap, OsError, type Sibling, Siblings } from '../../base/index.ts';
import type { UserNamespace } from '../credentials/userNamespace.ts';
import type { Dentry } from './dentry.ts';
import type { Location } from './mount.ts';
import {
  type DeviceNumber,
  type DirEntry,
  type FileSystem,
  type FileType,
  type FsClock,
  type Inode,
  modeBitsOf,
  type Permissions,
  type Stat,
} from './types.ts';

interface NodeBase {
  /** Permission bits; default 0555 for directories, 0444 for files. */
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
}

/** What a path of the tree is at this moment. */
export type ComputedNode =
  | (NodeBase & {
      readonly kind: 'dir';
      /** Names now. */
      readonly names: () => readonly string[];
      readonly child: (name: string) => ComputedNode | null;
    })
  | (NodeBase & {
      readonly kind: 'file';
      readonly text: () => string;
      readonly write?: (text: Uint8Array) => void;
    })
  | (NodeBase & {
      readonly kind: 'link';
      /** In bytes; default 0, as for most links of /proc. */
      readonly size?: number;
      readonly target: () => string;
      readonly follow?: () => Location | null;
    });

const types: Record<ComputedNode['kind'], FileType> = { dir: 'dir', file: 'file', link: 'symlink' };
const NO_DEVICE: DeviceNumber = { major: 0, minor: 0 };

/** A directory of fixed names. */
export function directoryOf(children: Readonly<Record<string, ComputedNode>>): ComputedNode {
  const names = Object.keys(children);
  return {
    kind: 'dir',
    names: () => names,
    child: (name) => (Object.hasOwn(children, name) ? children[name]! : null),
  };
}

export class ComputedFs implements FileSystem {
  readonly type: string;
  readonly dev: number;
  readonly root: Inode;
  rootEntry: Dentry | null = null;
  owner: UserNamespace | null = null;
  readonly readOnly = false;
  readonly clock: FsClock;
  readonly #inos = new FewMap<string, number>();

  constructor(type: string, dev: number, clock: FsClock, root: ComputedNode) {
    this.type = type;
    this.dev = dev;
    this.clock = clock;
    this.root = new ComputedInode(this, '/', '', root);
  }

  /** The same number for the same path, always. */
  inoOf(path: string): number {
    let ino = this.#inos.get(path);
    if (ino === undefined) {
      ino = this.#inos.size + 1;
      this.#inos.set(path, ino);
    }
    return ino;
  }

  options(): string {
    return '';
  }

  statfs() {
    return { blockSize: 4096, blocks: 0, blocksFree: 0, files: 0, filesFree: 0 };
  }
}

class ComputedInode implements Inode, Sibling<ComputedInode> {
  readonly fs: ComputedFs;
  readonly ino: number;
  readonly type: FileType;
  /** Ends with a slash. */
  readonly #path: string;
  readonly name: string;
  #node: ComputedNode;
  #children: Siblings<ComputedInode> | null = null;
  next: ComputedInode | null = null;
  /** The length of the text that was read to its end: the next read there finds the end, even if the text would be longer by now. */
  #shown = 0;

  constructor(fs: ComputedFs, path: string, name: string, node: ComputedNode) {
    this.fs = fs;
    this.ino = fs.inoOf(path);
    this.type = types[node.kind];
    this.#path = path;
    this.name = name;
    this.#node = node;
  }

  stat(): Stat {
    const now = this.fs.clock.realtime();
    return {
      dev: this.fs.dev,
      ino: this.ino,
      mode: this.mode,
      nlink: this.type === 'dir' ? 2 : 1,
      uid: this.uid,
      gid: this.gid,
      rdev: NO_DEVICE,
      size: this.#node.kind === 'link' ? (this.#node.size ?? 0) : 0,
      blocks: 0,
      atime: now,
      mtime: now,
      ctime: now,
    };
  }

  permissions(): Permissions {
    return this;
  }

  get mode(): number {
    const usual = this.type === 'dir' ? 0o555 : this.type === 'symlink' ? 0o777 : 0o444;
    return modeBitsOf(this.type) | (this.#node.mode ?? usual);
  }

  get uid(): number {
    return this.#node.uid ?? 0;
  }

  get gid(): number {
    return this.#node.gid ?? 0;
  }

  lookup(name: string): Inode | null {
    if (this.#node.kind !== 'dir') throw new OsError('ENOTDIR');
    const node = this.#node.child(name);
    const known = this.#children === null ? null : this.#children.get(name);
    if (node === null) {
      if (known !== null) this.#children!.remove(known);
      return null;
    }
    if (known !== null && known.type === types[node.kind]) {
      known.#node = node;
      return known;
    }
    const inode = new ComputedInode(this.fs, `${this.#path}${name}/`, name, node);
    this.#children ??= new Siblings();
    this.#children.add(inode);
    return inode;
  }

  readdir(): DirEntry[] {
    const node = this.#node;
    if (node.kind !== 'dir') throw new OsError('ENOTDIR');
    return node.names().flatMap((name) => {
      const inode = this.lookup(name);
      return inode === null ? [] : [{ name, ino: inode.ino, type: inode.type }];
    });
  }

  readlink(): string {
    if (this.#node.kind !== 'link') throw new OsError('EINVAL');
    return this.#node.target();
  }

  magicLink(): Location | null {
    return this.#node.kind === 'link' ? (this.#node.follow?.() ?? null) : null;
  }

  read(offset: number, count: number): Uint8Array {
    if (this.#node.kind !== 'file') throw new OsError('EISDIR');
    if (offset > 0 && offset === this.#shown) {
      this.#shown = 0;
      return new Uint8Array();
    }
    const text = encodeUtf8(this.#node.text());
    const part = text.subarray(offset, offset + count);
    this.#shown = offset + part.length === text.length ? text.length : 0;
    return part;
  }

  write(_offset: number, data: Uint8Array): number {
    if (this.#node.kind !== 'file' || this.#node.write === undefined) throw new OsError('EACCES');
    this.#node.write(data);
    return data.length;
  }

  /** Shells truncate what they write to; these files take that as Linux' do. */
  setAttr(change: { size?: number }): void {
    if (change.size === undefined) throw new OsError('EPERM');
  }
  create(): Inode {
    throw new OsError('ENOENT');
  }
  link(): void {
    throw new OsError('EPERM');
  }
  unlink(): void {
    throw new OsError('EPERM');
  }
  rmdir(): void {
    throw new OsError('EPERM');
  }
  rename(): void {
    throw new OsError('EPERM');
  }
  getxattr(): Uint8Array {
    throw new OsError('EOPNOTSUPP');
  }
  setxattr(): void {
    throw new OsError('EOPNOTSUPP');
  }
  listxattr(): string[] {
    return [];
  }
  removexattr(): void {
    throw new OsError('EOPNOTSUPP');
  }
}
