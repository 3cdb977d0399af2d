/**
 * The overlay file system: layers seen as one tree. Semantics are those of the Linux kernel's Documentation/filesystems/
 * overlayfs.rst with its defaults: no redirect_dir, no index, no metacopy, no xino.
 */
import { assert, type Trace } from '../../../base/index.ts';
import type { UserNamespace } from '../../credentials/userNamespace.ts';
import type { Dentry } from '../dentry.ts';
import '../events.ts';
import type { FileSystem, FsClock, Inode } from '../types.ts';
import type { LowerPart } from './lookup.ts';
import { makeWhiteout } from './marks.ts';
import { OverlayInode } from './overlayInode.ts';

export interface OverlayOptions {
  /** Directories, the topmost first. */
  readonly lowers: readonly Inode[];
  /** Null makes the overlay read-only. */
  readonly upper: Inode | null;
  /** An empty directory of the upper's file system; needed with it. */
  readonly work: Inode | null;
  readonly dev: number;
  readonly clock: FsClock;
  readonly trace: Trace;
  /** Names the overlay in the trace, for example `bluebox:/merged`. */
  readonly subject: string;
  /** As shown in /proc/mounts. */
  readonly options: string;
  /** Whether look-ups and listings are traced too; they are many. */
  readonly traceLookups?: boolean;
}

export class OverlayFs implements FileSystem {
  readonly type = 'overlay';
  readonly dev: number;
  readonly root: OverlayInode;
  rootEntry: Dentry | null = null;
  owner: UserNamespace | null = null;
  readonly readOnly: boolean;
  readonly clock: FsClock;
  readonly trace: Trace;
  readonly subject: string;
  readonly traceLookups: boolean;
  readonly work: Inode | null;
  /** Overlay inodes of upper non-directories: hard links are one inode. */
  #byUpper: WeakMap<Inode, OverlayInode> | null = null;
  readonly #options: string;
  /** The topmost layer: statfs(2) tells of its file system. */
  readonly #top: Inode;
  #whiteout: Inode | null = null;
  #temporary = 0;

  constructor(options: OverlayOptions) {
    assert(options.lowers.length > 0, 'an overlay needs a lower layer');
    assert((options.upper === null) === (options.work === null), 'upper and work come together');
    this.dev = options.dev;
    this.clock = options.clock;
    this.trace = options.trace;
    this.subject = options.subject;
    this.traceLookups = options.traceLookups ?? false;
    this.readOnly = options.upper === null;
    this.work = options.work;
    this.#options = options.options;
    this.#top = options.upper ?? options.lowers[0]!;
    const lowers = options.lowers.reduceRight<LowerPart | null>(
      (below, inode, index) => ({ inode, layer: index + 1, below }),
      null,
    );
    this.root = new OverlayInode(this, null, '', options.upper, lowers);
  }

  options(): string {
    return this.#options;
  }

  statfs() {
    return this.#top.fs.statfs();
  }

  /** The inode of a non-directory of the upper layer, under whichever name it was found. */
  ofUpper(upper: Inode): OverlayInode | null {
    return this.#byUpper?.get(upper) ?? null;
  }

  noteUpper(upper: Inode, inode: OverlayInode): void {
    this.#byUpper ??= new WeakMap();
    this.#byUpper.set(upper, inode);
  }

  /** The whiteout in the work directory that every removed name is a link to: ovl_whiteout() of fs/overlayfs/dir.c. */
  sharedWhiteout(): Inode {
    if (this.#whiteout === null) {
      const name = this.temporaryName();
      makeWhiteout(this.work!, name);
      this.#whiteout = this.work!.lookup(name)!;
    }
    return this.#whiteout;
  }

  /** A name in the work directory that nothing has. */
  temporaryName(): string {
    return `#${(this.#temporary++).toString(16)}`;
  }
}
