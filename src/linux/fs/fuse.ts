/**
 * A file system whose operations are functions of somebody else, by path, as with libfuse's high-level interface; here they
 * answer at once. An exercise puts a learner's code behind a mount this way.
 */
import { isOsError, OsError } from '../../base/index.ts';
import type { UserNamespace } from '../credentials/userNamespace.ts';
import type { Dentry } from './dentry.ts';
import type { MountRequest } from './mountTable.ts';
import {
  type DirEntry,
  type FileSystem,
  type FileType,
  fileTypeOf,
  type Inode,
  modeBitsOf,
  type NewInode,
  type SetAttr,
  type Stat,
} from './types.ts';

export interface FuseAttributes {
  readonly type: FileType;
  /** Permission bits. */
  readonly mode: number;
  readonly size: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly nlink?: number;
  readonly ino?: number;
  readonly mtime?: Stat['mtime'];
}

/** Paths are absolute within the mount. Each may throw OsError; anything else thrown is a fault: EIO for the caller. */
export interface FuseOperations {
  /** Null when nothing is there. */
  getattr(path: string): FuseAttributes | null;
  readdir(path: string): readonly string[];
  read(path: string, offset: number, count: number): Uint8Array;
  readlink(path: string): string;
  /** Before the first write through a descriptor, or a change of attributes. */
  openForWrite(path: string, truncate: boolean): void;
  write(path: string, offset: number, data: Uint8Array): number;
  setattr(path: string, change: SetAttr): void;
  create(path: string, init: NewInode): void;
  mkdir(path: string, init: NewInode): void;
  unlink(path: string): void;
  rmdir(path: string): void;
  rename(from: string, to: string): void;
}

export interface FuseOptions {
  readonly type: string;
  readonly operations: FuseOperations;
  /** Told what an operation threw that is no OsError. */
  readonly onFault: (operation: keyof FuseOperations, path: string, error: unknown) => void;
}

export class FuseFs implements FileSystem {
  readonly type: string;
  readonly dev: number;
  readonly root: FuseInode;
  rootEntry: Dentry | null = null;
  owner: UserNamespace | null = null;
  readonly readOnly = false;
  readonly #options: FuseOptions;
  #nextIno = 2;

  constructor(request: Pick<MountRequest, 'dev'>, options: FuseOptions) {
    this.type = options.type;
    this.dev = request.dev;
    this.#options = options;
    this.root = new FuseInode(this, null, '', 'dir', 1);
  }

  nextIno(): number {
    return this.#nextIno++;
  }

  /** Calls one operation; what it throws by mistake becomes EIO. */
  call<K extends keyof FuseOperations>(
    name: K,
    ...args: Parameters<FuseOperations[K]>
  ): ReturnType<FuseOperations[K]> {
    const operation = this.#options.operations[name] as (
      ...args: Parameters<FuseOperations[K]>
    ) => ReturnType<FuseOperations[K]>;
    try {
      return operation(...args);
    } catch (error) {
      if (isOsError(error)) throw error;
      this.#options.onFault(name, args[0], error);
      throw new OsError('EIO');
    }
  }

  options(): string {
    return '';
  }

  statfs() {
    return { blockSize: 4096, blocks: 0, blocksFree: 0, files: 0, filesFree: 0 };
  }
}

class FuseInode implements Inode {
  readonly fs: FuseFs;
  readonly ino: number;
  readonly type: FileType;
  #parent: FuseInode | null;
  #name: string;
  readonly #children = new Map<string, FuseInode>();

  constructor(fs: FuseFs, parent: FuseInode | null, name: string, type: FileType, ino: number) {
    this.fs = fs;
    this.#parent = parent;
    this.#name = name;
    this.type = type;
    this.ino = ino;
  }

  get path(): string {
    return this.#parent === null ? '/' : this.#parent.childPath(this.#name);
  }

  childPath(name: string): string {
    return this.path === '/' ? `/${name}` : `${this.path}/${name}`;
  }

  stat(): Stat {
    const attributes = this.fs.call('getattr', this.path);
    if (attributes === null) throw new OsError('ENOENT');
    const time = attributes.mtime ?? { sec: 0, nsec: 0 };
    return {
      dev: this.fs.dev,
      ino: attributes.ino ?? this.ino,
      mode: modeBitsOf(attributes.type) | (attributes.mode & 0o7777),
      nlink: attributes.nlink ?? 1,
      uid: attributes.uid ?? 0,
      gid: attributes.gid ?? 0,
      rdev: { major: 0, minor: 0 },
      size: attributes.size,
      blocks: Math.ceil(attributes.size / 512),
      atime: time,
      mtime: time,
      ctime: time,
    };
  }

  setAttr(change: SetAttr): void {
    this.fs.call('setattr', this.path, change);
  }

  lookup(name: string): FuseInode | null {
    if (this.type !== 'dir') throw new OsError('ENOTDIR');
    const attributes = this.fs.call('getattr', this.childPath(name));
    if (attributes === null) {
      this.#children.delete(name);
      return null;
    }
    const known = this.#children.get(name);
    if (known !== undefined && known.type === attributes.type) return known;
    const inode = new FuseInode(this.fs, this, name, attributes.type, this.fs.nextIno());
    this.#children.set(name, inode);
    return inode;
  }

  readdir(): DirEntry[] {
    return this.fs.call('readdir', this.path).map((name) => {
      const stat = this.lookup(name)?.stat();
      return { name, ino: stat?.ino ?? 0, type: stat === undefined ? 'file' : fileTypeOf(stat.mode) };
    });
  }

  create(name: string, init: NewInode): FuseInode {
    if (this.lookup(name) !== null) throw new OsError('EEXIST');
    if (init.type !== 'file' && init.type !== 'dir') throw new OsError('EOPNOTSUPP');
    this.fs.call(init.type === 'dir' ? 'mkdir' : 'create', this.childPath(name), init);
    const made = this.lookup(name);
    if (made === null) throw new OsError('EIO', `${this.childPath(name)} is not there after it was made`);
    return made;
  }

  link(): void {
    throw new OsError('EPERM');
  }

  unlink(name: string): void {
    if (this.lookup(name)?.type === 'dir') throw new OsError('EISDIR');
    this.fs.call('unlink', this.childPath(name));
    this.#children.delete(name);
  }

  rmdir(name: string): void {
    this.fs.call('rmdir', this.childPath(name));
    this.#children.delete(name);
  }

  rename(name: string, newParent: Inode, newName: string): void {
    if (!(newParent instanceof FuseInode) || newParent.fs !== this.fs) throw new OsError('EXDEV');
    this.fs.call('rename', this.childPath(name), newParent.childPath(newName));
    const moved = this.#children.get(name);
    this.#children.delete(name);
    newParent.#children.delete(newName);
    if (moved === undefined) return;
    moved.#parent = newParent;
    moved.#name = newName;
    newParent.#children.set(newName, moved);
  }

  readlink(): string {
    if (this.type !== 'symlink') throw new OsError('EINVAL');
    return this.fs.call('readlink', this.path);
  }

  read(offset: number, count: number): Uint8Array {
    return this.fs.call('read', this.path, offset, count);
  }

  write(offset: number, data: Uint8Array): number {
    return this.fs.call('write', this.path, offset, data);
  }

  openForWrite(truncate: boolean): void {
    this.fs.call('openForWrite', this.path, truncate);
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
