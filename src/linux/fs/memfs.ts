/**
 * A file system in memory: tmpfs, and the stand-in for a disk's ext4. Directories keep their entries in the order of creation,
 * so that listings are the same in every engine.
 */
import type { UserNamespace } from '../credentials/userNamespace.ts';
import type { ChargedFile } from '../memory/filePages.ts';
import type { Dentry } from './dentry.ts';
import { MemInode } from './memInode.ts';
import type { FileSystem, FsClock } from './types.ts';

const BLOCK = 4096;

export interface MemFsOptions {
  /** As in /proc/mounts: `tmpfs`, `ext4`. */
  readonly type: string;
  readonly dev: number;
  readonly clock: FsClock;
  /** Bytes that fit; statfs and ENOSPC go by it. Default 8 GiB. */
  readonly capacity?: number;
  readonly uuid?: string;
  readonly rootMode?: number;
  readonly options?: string;
  /** Whether {@link MemFs.cutPower} finds files as a disk would have them; default false: they are what was last written. */
  readonly writeBack?: boolean;
  /** Told what files take: the memory that a tmpfs is. May throw ENOMEM. */
  readonly charge?: (file: ChargedFile, bytes: number) => void;
}

export class MemFs implements FileSystem {
  readonly type: string;
  readonly dev: number;
  readonly root: MemInode;
  rootEntry: Dentry | null = null;
  owner: UserNamespace | null = null;
  readonly readOnly = false;
  readonly clock: FsClock;
  capacity: number;
  readonly uuid?: string;
  readonly #options: string;
  readonly charge: MemFsOptions['charge'];
  /** Files with bytes that are not on the disk; null: there is no disk apart from memory. */
  readonly unwritten: Set<MemInode> | null;
  #nextIno = 2;
  /** Bytes in 4-KiB blocks that files hold. */
  used = 0;
  inodes = 0;

  constructor(options: MemFsOptions) {
    this.type = options.type;
    this.dev = options.dev;
    this.clock = options.clock;
    this.capacity = options.capacity ?? 8 * 2 ** 30;
    if (options.uuid !== undefined) this.uuid = options.uuid;
    this.#options = options.options ?? '';
    this.charge = options.charge;
    this.unwritten = options.writeBack ? new Set() : null;
    this.root = new MemInode(this, 1, { type: 'dir', mode: options.rootMode ?? 0o755, uid: 0, gid: 0 });
  }

  nextIno(): number {
    return this.#nextIno++;
  }

  options(): string {
    return this.#options;
  }

  /** sync(2): all bytes go to the disk. */
  sync(): void {
    for (const inode of [...(this.unwritten ?? [])]) inode.sync();
  }

  /**
   * Bytes that were not on the disk are lost. Names and attributes stay as they are: a journal has them at once. (ext4 commits its
   * own each 5 s.)
   */
  cutPower(): void {
    for (const inode of [...(this.unwritten ?? [])]) inode.cutPower();
  }

  statfs() {
    const blocks = Math.floor(this.capacity / BLOCK);
    return {
      blockSize: BLOCK,
      blocks,
      blocksFree: blocks - this.used / BLOCK,
      files: 524_288,
      filesFree: 524_288 - this.inodes,
    };
  }
}
