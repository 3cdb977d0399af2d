/** The tree as a file system: directories are groups, files are their interface. The type cgroup2 of mount(2). */
import { decodeUtf8, encodeUtf8, FewMap, OsError } from '../../base/index.ts';
import type { UserNamespace } from '../credentials/userNamespace.ts';
import type {
  Dentry,
  DirEntry,
  FileSystem,
  FileType,
  Inode,
  NewInode,
  Permissions,
  SetAttr,
  Stat,
} from '../fs/index.ts';
import type { Cgroup } from './cgroup.ts';
import { fileNames, fileOf } from './files/index.ts';
import { type InterfaceFile, modeOf } from './files/types.ts';
import { CGROUP_DEV, changeAttributes, permissionsOf, statOf } from './permissions.ts';
import type { CgroupTree } from './tree.ts';

/** All mounts show the same groups; in a cgroup namespace a mount starts at its root. */
export class CgroupFs implements FileSystem {
  readonly type = 'cgroup2';
  readonly dev = CGROUP_DEV;
  readonly readOnly = false;
  readonly root: Inode;
  rootEntry: Dentry | null = null;
  owner: UserNamespace | null = null;
  readonly #tree: CgroupTree;

  constructor(root: Inode, tree: CgroupTree) {
    this.root = root;
    this.#tree = tree;
  }

  options(): string {
    return this.#tree.nsdelegate ? 'nsdelegate,memory_recursiveprot' : '';
  }

  statfs() {
    return { blockSize: 4096, blocks: 0, blocksFree: 0, files: 0, filesFree: 0 };
  }
}

/** Protection of memory is always handed down here, as the second one asks for. */
const OPTIONS: readonly string[] = ['nsdelegate', 'memory_recursiveprot'];

/** Of a group's directory until chmod(2). */
const DIRECTORY_MODE = 0o755;
const modeOfDirectory = ({ parent }: Cgroup) => (parent === null ? 0o555 : DIRECTORY_MODE);

/** The inodes of a host's groups. */
export class CgroupInodes {
  readonly tree: CgroupTree;
  readonly fs: CgroupFs;

  constructor(tree: CgroupTree) {
    this.tree = tree;
    this.fs = new CgroupFs(this.directory(tree.root), tree);
    tree.root.view = this.fs;
  }

  directory(cgroup: Cgroup): Inode {
    cgroup.directory ??= new CgroupDirectory(this, cgroup);
    return cgroup.directory;
  }

  /** mount(2) by somebody whose root is `root`. The options are those of the one hierarchy; only the host's own may change them. EINVAL. */
  mount(root: Cgroup, options: ReadonlyMap<string, string>): FileSystem {
    for (const name of options.keys()) if (!OPTIONS.includes(name)) throw new OsError('EINVAL');
    if (root === this.tree.root && options.size > 0) this.tree.nsdelegate = options.has('nsdelegate');
    return this.viewFrom(root);
  }

  /** The file system as a mount sees it that starts at `root`. */
  viewFrom(root: Cgroup): FileSystem {
    root.view ??= new CgroupFs(this.directory(root), this.tree);
    return root.view;
  }
}

/** The group whose directory an inode is, or null. */
export const groupOf = (inode: Inode): Cgroup | null =>
  inode instanceof CgroupDirectory ? inode.cgroup : null;

/** What neither directories nor files can do. */
abstract class CgroupInode {
  readonly inodes: CgroupInodes;
  readonly cgroup: Cgroup;
  readonly ino: number;

  constructor(inodes: CgroupInodes, cgroup: Cgroup, ino: number) {
    this.inodes = inodes;
    this.cgroup = cgroup;
    this.ino = ino;
  }

  get fs(): FileSystem {
    return this.inodes.fs;
  }

  link(): void {
    throw new OsError('EPERM');
  }
  unlink(): void {
    throw new OsError('EPERM');
  }
  rename(): void {
    throw new OsError('EPERM');
  }
  readlink(): string {
    throw new OsError('EINVAL');
  }
  getxattr(): Uint8Array {
    throw new OsError('ENODATA');
  }
  setxattr(): void {
    throw new OsError('EOPNOTSUPP');
  }
  listxattr(): string[] {
    return [];
  }
  removexattr(): void {
    throw new OsError('ENODATA');
  }
}

class CgroupDirectory extends CgroupInode implements Inode {
  readonly type = 'dir';
  readonly #files = new FewMap<string, CgroupFile>();

  constructor(inodes: CgroupInodes, cgroup: Cgroup) {
    super(inodes, cgroup, cgroup.id);
  }

  stat(): Stat {
    return statOf(
      this.cgroup,
      '',
      this.ino,
      modeOfDirectory(this.cgroup),
      this.inodes.tree.kernel.realtime(),
    );
  }

  permissions(): Permissions {
    return permissionsOf(this.cgroup, '', modeOfDirectory(this.cgroup));
  }

  setAttr(change: SetAttr): void {
    changeAttributes(this.cgroup, '', change);
  }

  lookup(name: string): Inode | null {
    const child = this.cgroup.children.get(name);
    if (child !== undefined) return this.inodes.directory(child);
    if (this.cgroup.removed) return null;
    const file = fileOf(this.cgroup, name);
    if (file === null) {
      this.#files.delete(name);
      return null;
    }
    let inode = this.#files.get(name);
    if (inode === undefined) {
      inode = new CgroupFile(this.inodes, this.cgroup, file);
      this.#files.set(name, inode);
    }
    return inode;
  }

  readdir(): DirEntry[] {
    const files = this.cgroup.removed ? [] : fileNames(this.cgroup);
    return [...files, ...this.cgroup.children.keys()].map((name) => {
      const { ino, type } = this.lookup(name)!;
      return { name, ino, type };
    });
  }

  /** mkdir(2) makes a group; nothing else can be made here. */
  create(name: string, { type, uid, gid, mode }: NewInode): Inode {
    if (type === 'file') throw new OsError('EACCES');
    if (type !== 'dir') throw new OsError('EPERM');
    if (fileOf(this.cgroup, name) !== null) throw new OsError('EEXIST');
    const made = this.inodes.tree.create(this.cgroup, name, { uid, gid });
    if (mode !== DIRECTORY_MODE) changeAttributes(made, '', { mode });
    return this.inodes.directory(made);
  }

  rmdir(name: string): void {
    const child = this.cgroup.children.get(name);
    if (child === undefined) throw new OsError(this.lookup(name) === null ? 'ENOENT' : 'ENOTDIR');
    this.inodes.tree.remove(child);
  }

  read(): Uint8Array {
    throw new OsError('EISDIR');
  }
  write(): number {
    throw new OsError('EISDIR');
  }
}

class CgroupFile extends CgroupInode implements Inode {
  readonly type: FileType = 'file';
  readonly #file: InterfaceFile;

  constructor(inodes: CgroupInodes, cgroup: Cgroup, file: InterfaceFile) {
    super(inodes, cgroup, inodes.tree.nextId());
    this.#file = file;
  }

  stat(): Stat {
    return statOf(
      this.cgroup,
      this.#file.name,
      this.ino,
      modeOf(this.#file),
      this.inodes.tree.kernel.realtime(),
    );
  }

  permissions(): Permissions {
    return permissionsOf(this.cgroup, this.#file.name, modeOf(this.#file));
  }

  /** Shells truncate what they write to: that says nothing to these files. */
  setAttr({ size: _, ...change }: SetAttr): void {
    if (Object.keys(change).length > 0) changeAttributes(this.cgroup, this.#file.name, change);
  }

  read(offset: number, count: number): Uint8Array {
    this.#requireThere();
    const { read } = this.#file;
    if (read === undefined) throw new OsError('EINVAL');
    return encodeUtf8(read(this.cgroup, this.inodes.tree)).subarray(offset, offset + count);
  }

  write(_offset: number, data: Uint8Array): number {
    this.#requireThere();
    const { write } = this.#file;
    this.#requireDelegated();
    if (write === undefined) throw new OsError('EINVAL');
    write(this.cgroup, decodeUtf8(data).trim(), this.inodes.tree);
    return data.length;
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
  rmdir(): void {
    throw new OsError('ENOTDIR');
  }

  /** Limits of the group that a namespace begins with are not for those in it. */
  #requireDelegated(): void {
    const { tree } = this.inodes;
    const root = tree.viewRoot(tree.kernel.current!);
    if (tree.nsdelegate && root !== tree.root && root === this.cgroup && !this.#file.delegated)
      throw new OsError('EPERM');
  }

  /** Open files of a group or controller that is gone. */
  #requireThere(): void {
    if (this.cgroup.removed || fileOf(this.cgroup, this.#file.name) !== this.#file)
      throw new OsError('ENODEV');
  }
}
