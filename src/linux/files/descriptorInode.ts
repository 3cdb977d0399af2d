/** The inode of an open file that no directory names, as the links of /proc/PID/fd lead to it: pipefs, sockfs, anon_inode. */
import { OsError, Slot } from '../../base/index.ts';
import {
  Dentry,
  type DirEntry,
  type FileSystem,
  type FileType,
  fileTypeOf,
  type Inode,
  type Location,
  Mount,
  type Stat,
} from '../fs/index.ts';
import type { OpenFile } from './openFile.ts';

/** By what stands before the colon of a name; other names are those of namespaces. */
const TYPES: ReadonlyMap<string, string> = new Map([
  ['anon_inode', 'anon_inodefs'],
  ['pipe', 'pipefs'],
  ['socket', 'sockfs'],
]);

export class DescriptorInode implements Inode {
  readonly fs: FileSystem;
  readonly ino: number;
  readonly type: FileType;
  /** What opening the inode by a path gives. */
  readonly file: OpenFile;

  constructor(file: OpenFile) {
    const { dev, ino, mode } = file.stat();
    this.file = file;
    this.ino = ino;
    this.type = fileTypeOf(mode);
    this.fs = {
      type: TYPES.get(file.name.replace(/:.*/s, '')) ?? 'nsfs',
      dev,
      root: this,
      rootEntry: null,
      owner: null,
      readOnly: false,
      options: () => '',
      statfs: () => ({ blockSize: 4096, blocks: 0, blocksFree: 0, files: 0, filesFree: 0 }),
    };
  }

  stat(): Stat {
    return this.file.stat();
  }
  setAttr(): void {
    throw new OsError('EPERM');
  }
  read(): Uint8Array {
    throw new OsError('ESPIPE');
  }
  write(): number {
    throw new OsError('ESPIPE');
  }
  lookup(): null {
    throw new OsError('ENOTDIR');
  }
  readdir(): DirEntry[] {
    throw new OsError('ENOTDIR');
  }
  create(): Inode {
    throw new OsError('ENOTDIR');
  }
  link(): void {
    throw new OsError('ENOTDIR');
  }
  unlink(): void {
    throw new OsError('ENOTDIR');
  }
  rmdir(): void {
    throw new OsError('ENOTDIR');
  }
  rename(): void {
    throw new OsError('ENOTDIR');
  }
  readlink(): string {
    throw new OsError('EINVAL');
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

const locations = new Slot<OpenFile, Location>('location');

/** Where a link to `file` leads: its place in the tree, or else one of its own, outside every mount namespace. */
export function locationOf(file: OpenFile): Location {
  const known = file.location ?? locations.get(file);
  if (known !== undefined) return known;
  const inode = new DescriptorInode(file);
  const root = new Dentry(file.name, null, inode);
  const mount = new Mount({
    id: 0,
    fs: inode.fs,
    root,
    parent: null,
    mountpoint: null,
    source: inode.fs.type,
    flags: 0,
    ns: null,
  });
  const location = { mount, dentry: root };
  locations.set(file, location);
  return location;
}
