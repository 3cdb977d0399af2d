/** One inode of an overlay: an upper part, lower parts, or both. Changes are in `changes.ts`. */
import { assert, type ByteRange, OsError, type Sibling, Siblings } from '../../../base/index.ts';
import {
  type DirEntry,
  type FileType,
  hasXattr,
  type Inode,
  type NewInode,
  type Permissions,
  type SetAttr,
  type Stat,
} from '../types.ts';
import { createEntry, linkEntry, removeDirectory, removeEntry, renameEntry } from './changes.ts';
import { copyUp } from './copyUp.ts';
import { type Asked, findInLayers, type LowerPart } from './lookup.ts';
import { isPrivateXattr, originOf } from './marks.ts';
import { mergedEntries } from './merge.ts';
import type { OverlayFs } from './overlayFs.ts';

/** Its methods are `private` and not `#private`, as in MemInode. */
export class OverlayInode implements Inode, Sibling<OverlayInode> {
  readonly fs: OverlayFs;
  readonly ino: number;
  readonly type: FileType;
  /** Where it stands, for copy-up and the trace. Null at the root. */
  parent: OverlayInode | null;
  name: string;
  upper: Inode | null;
  /** The topmost one. */
  readonly lowers: LowerPart | null;
  /** Of a directory what was looked up. */
  #children: Siblings<OverlayInode> | null = null;
  next: OverlayInode | null = null;

  constructor(
    fs: OverlayFs,
    parent: OverlayInode | null,
    name: string,
    upper: Inode | null,
    lowers: LowerPart | null,
  ) {
    const real = upper ?? lowers?.inode;
    assert(real !== undefined, 'an overlay inode needs a part');
    this.fs = fs;
    this.parent = parent;
    this.name = name;
    this.upper = upper;
    this.lowers = lowers;
    this.type = real.type;
    this.ino = (upper === null ? null : originOf(upper)) ?? real.ino;
  }

  /** It is found there from now on, and no more where it was. */
  moveTo(dir: OverlayInode, name: string): void {
    if (this.parent !== null) this.parent.#children?.remove(this);
    this.parent = dir;
    this.name = name;
    dir.keep(this);
  }

  /** Nothing is found by `name` any more. */
  forget(name: string): void {
    const child = this.#children?.get(name) ?? null;
    if (child !== null) this.#children!.remove(child);
  }

  /** The part that is seen: the upper one, else the topmost lower one. */
  get real(): Inode {
    return this.upper ?? this.lowers!.inode;
  }

  /** Absolute in the overlay. */
  get path(): string {
    if (this.parent === null) return '/';
    const above = this.parent.path;
    return above === '/' ? `/${this.name}` : `${above}/${this.name}`;
  }

  childPath(name: string): string {
    return this.path === '/' ? `/${name}` : `${this.path}/${name}`;
  }

  stat(): Stat {
    const stat = this.real.stat();
    const merged = this.type === 'dir' && this.upper !== null && this.lowers !== null;
    return { ...stat, dev: this.fs.dev, ino: this.ino, nlink: merged ? 1 : stat.nlink };
  }

  permissions(): Permissions {
    const { real } = this;
    return real.permissions?.() ?? real.stat();
  }

  setAttr(change: SetAttr): void {
    this.needUpper(change.size !== 0).setAttr(change);
  }

  /** The sum of what its parts count: none ever counts down, and one that comes by copy-up is empty. Absent where each look is to be traced. */
  get changes(): number | undefined {
    if (this.fs.traceLookups) return undefined;
    let sum = 0;
    if (this.upper !== null) {
      const { changes } = this.upper;
      if (changes === undefined) return undefined;
      sum = changes;
    }
    for (let part = this.lowers; part !== null; part = part.below) {
      const { changes } = part.inode;
      if (changes === undefined) return undefined;
      sum += changes;
    }
    return sum;
  }

  lookup(name: string): OverlayInode | null {
    return this.find(name, this.fs.traceLookups);
  }

  /** As `lookup`; `traced` false for the overlay's own questions. */
  find(name: string, traced = false): OverlayInode | null {
    if (this.type !== 'dir') throw new OsError('ENOTDIR');
    const asked: Asked[] | null = traced ? [] : null;
    const child = this.#children === null ? null : this.#children.get(name);
    const before = child === null ? null : child.lowers;
    const { upper, lowers } = findInLayers(this.upper, this.lowers, name, asked, before);
    if (asked !== null)
      this.fs.trace.emit('fs.lookup', this.fs.subject, { path: this.childPath(name), layers: asked });
    if (upper === null && lowers === null) {
      this.forget(name);
      return null;
    }
    const known = this.known(child, upper, lowers);
    if (known !== null) return known;
    const inode = new OverlayInode(this.fs, this, name, upper, lowers);
    this.keep(inode);
    if (upper !== null && upper.type !== 'dir') this.fs.noteUpper(upper, inode);
    return inode;
  }

  readdir(): DirEntry[] {
    if (this.type !== 'dir') throw new OsError('ENOTDIR');
    return mergedEntries(this, this.fs.traceLookups);
  }

  create(name: string, init: NewInode): OverlayInode {
    createEntry(this, name, init);
    return this.find(name)!;
  }

  link(name: string, target: Inode): void {
    linkEntry(this, name, this.own(target));
  }

  unlink(name: string): void {
    removeEntry(this, name);
  }

  rmdir(name: string): void {
    removeDirectory(this, name);
  }

  rename(
    name: string,
    newParent: Inode,
    newName: string,
    flags: { noreplace?: boolean; exchange?: boolean } = {},
  ): void {
    if (flags.exchange) throw new OsError('EINVAL');
    renameEntry(this, name, this.own(newParent), newName, flags.noreplace ?? false);
  }

  readlink(): string {
    return this.real.readlink();
  }

  read(offset: number, count: number): Uint8Array {
    return this.real.read(offset, count);
  }

  dataFrom(offset: number): ByteRange | null {
    const { real } = this;
    return real.dataFrom === undefined ? { start: offset, end: real.stat().size } : real.dataFrom(offset);
  }

  write(offset: number, data: Uint8Array): number {
    return this.needUpper().write(offset, data);
  }

  openForWrite(truncate = false): void {
    this.needUpper(!truncate);
  }

  getxattr(name: string): Uint8Array {
    if (isPrivateXattr(name)) throw new OsError('EOPNOTSUPP');
    return this.real.getxattr(name);
  }

  hasXattr(name: string): boolean {
    return !isPrivateXattr(name) && hasXattr(this.real, name);
  }

  setxattr(name: string, value: Uint8Array): void {
    if (isPrivateXattr(name)) throw new OsError('EOPNOTSUPP');
    this.needUpper().setxattr(name, value);
  }

  listxattr(): string[] {
    return this.real.listxattr().filter((name) => !isPrivateXattr(name));
  }

  removexattr(name: string): void {
    if (isPrivateXattr(name)) throw new OsError('EOPNOTSUPP');
    this.real.getxattr(name);
    this.needUpper().removexattr(name);
  }

  pagedFile() {
    return this.real.pagedFile?.() ?? null;
  }

  /** The upper part; copies up, all directories above first, when there is none. Throws EROFS without an upper layer. */
  needUpper(withData = true): Inode {
    if (this.upper !== null) return this.upper;
    if (this.fs.readOnly || this.parent === null) throw new OsError('EROFS');
    const { inode, layer } = this.lowers!;
    const dir = this.parent.needUpper();
    this.upper = copyUp(this.fs, inode, layer, dir, this.name, this.path, withData);
    if (this.type !== 'dir') this.fs.noteUpper(this.upper, this);
    return this.upper;
  }

  /** The inode that already stands for these parts. */
  private known(
    child: OverlayInode | null,
    upper: Inode | null,
    lowers: LowerPart | null,
  ): OverlayInode | null {
    if (child !== null && child.upper === upper) {
      const same = child.lowers === lowers || (child.type !== 'dir' && upper !== null);
      if (same) return child;
    }
    return upper === null || upper.type === 'dir' ? null : this.fs.ofUpper(upper);
  }

  private keep(child: OverlayInode): void {
    this.#children ??= new Siblings();
    this.#children.add(child);
  }

  private own(inode: Inode): OverlayInode {
    if (!(inode instanceof OverlayInode) || inode.fs !== this.fs) throw new OsError('EXDEV');
    return inode;
  }
}
