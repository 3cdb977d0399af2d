/** ext2 file systems, for reading: what a learner finds on a Linux guest's disk. Names, inodes, blocks, in this order. */
import { decodeUtf8 } from '../../base/index.ts';
import { DiskError } from '../errors.ts';
import type { BlockDevice } from '../image.ts';
import { le16, le32 } from '../numbers.ts';
import { DESCRIPTOR, type Ext2Layout, readSuperblock } from './superblock.ts';

export type Ext2Type = 'file' | 'directory' | 'symlink' | 'other';

export interface Ext2Inode {
  readonly number: number;
  readonly type: Ext2Type;
  /** st_mode with its type bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly links: number;
  readonly size: number;
  /** Units of 512 bytes in use. */
  readonly sectors: number;
  /** Last change, seconds since 1970. */
  readonly seconds: number;
  /** The 60 bytes of block numbers, or a short link's target. */
  readonly pointers: Uint8Array;
}

export interface Ext2Name {
  readonly name: string;
  readonly inode: number;
}

const ROOT = 2;
const DIRECT = 12;
const MAX_LINKS = 40;
/** The largest directory that is read: none that a tool makes comes near it. */
const MAX_DIRECTORY = 2 ** 26;
const TYPES = new Map<number, Ext2Type>([
  [0o10, 'file'],
  [0o04, 'directory'],
  [0o12, 'symlink'],
]);

const corrupt = (message: string) => new DiskError('corrupt', message);

export class Ext2Fs {
  readonly layout: Ext2Layout;
  readonly #device: BlockDevice;

  private constructor(device: BlockDevice, layout: Ext2Layout) {
    this.#device = device;
    this.layout = layout;
  }

  /** Throws DiskError `format`, `unsupported` (ext3's journal to be replayed, ext4's extents, by their names) or `corrupt`. */
  static open(device: BlockDevice): Ext2Fs {
    return new Ext2Fs(device, readSuperblock(device));
  }

  /** The inode at `path`, symbolic links in it followed, a last one unless `follow` is false. Throws `missing`, `invalid`. */
  stat(path: string, { follow = true } = {}): Ext2Inode {
    return this.#walk(path, follow);
  }

  /** In the order of the directory, with `.` and `..`. */
  list(path: string): Ext2Name[] {
    return this.#names(this.#directory(path));
  }

  readFile(path: string): Uint8Array {
    const inode = this.#walk(path, true);
    if (inode.type !== 'file') throw new DiskError('invalid', `'${path}' is no file`);
    return this.#contents(inode);
  }

  readLink(path: string): string {
    const inode = this.#walk(path, false);
    if (inode.type !== 'symlink') throw new DiskError('invalid', `'${path}' is no symbolic link`);
    return this.#target(inode);
  }

  #walk(path: string, follow: boolean): Ext2Inode {
    const steps = path.split('/').filter((name) => name !== '');
    let inode = this.#inode(ROOT);
    for (let followed = 0, step = steps.shift(); step !== undefined; step = steps.shift()) {
      if (inode.type !== 'directory')
        throw new DiskError('invalid', `'${path}' leads through what is no directory`);
      const found = this.#names(inode).find(({ name }) => name === step);
      if (found === undefined) throw new DiskError('missing', `'${path}' does not exist`);
      const next = this.#inode(found.inode);
      if (next.type !== 'symlink' || (steps.length === 0 && !follow)) {
        inode = next;
        continue;
      }
      if (++followed > MAX_LINKS)
        throw new DiskError('invalid', `'${path}' has too many levels of symbolic links`);
      const target = this.#target(next);
      if (target.startsWith('/')) inode = this.#inode(ROOT);
      steps.unshift(...target.split('/').filter((name) => name !== ''));
    }
    return inode;
  }

  #directory(path: string): Ext2Inode {
    const inode = this.#walk(path, true);
    if (inode.type !== 'directory') throw new DiskError('invalid', `'${path}' is no directory`);
    return inode;
  }

  #target(inode: Ext2Inode): string {
    // A short target takes the place of the block numbers: such a link has no blocks.
    if (inode.sectors === 0 && inode.size <= inode.pointers.length)
      return decodeUtf8(inode.pointers.subarray(0, inode.size));
    if (inode.size > 4096) throw corrupt(`symbolic link ${inode.number} of ${inode.size} bytes`);
    return decodeUtf8(this.#contents(inode));
  }

  #names(directory: Ext2Inode): Ext2Name[] {
    if (directory.size > MAX_DIRECTORY)
      throw corrupt(`directory ${directory.number} of ${directory.size} bytes`);
    const bytes = this.#contents(directory);
    const found: Ext2Name[] = [];
    for (let at = 0; at + 8 <= bytes.length; ) {
      const inode = le32(bytes, at);
      const length = le16(bytes, at + 4);
      const nameLength = bytes[at + 6]!;
      if (length < 8 || length % 4 !== 0 || at + length > bytes.length || nameLength + 8 > length)
        throw corrupt(`entry at ${at} of directory ${directory.number} has ${length} bytes`);
      if (inode !== 0) found.push({ inode, name: decodeUtf8(bytes.subarray(at + 8, at + 8 + nameLength)) });
      at += length;
    }
    return found;
  }

  #inode(number: number): Ext2Inode {
    const { inodes, inodesPerGroup, inodeSize, blockSize, descriptors, blocks } = this.layout;
    if (number < 1 || number > inodes) throw corrupt(`there is no inode ${number}`);
    const group = Math.floor((number - 1) / inodesPerGroup);
    const descriptor = this.#device.read(descriptors * blockSize + group * DESCRIPTOR, DESCRIPTOR);
    const table = le32(descriptor, 8);
    const at = table * blockSize + ((number - 1) % inodesPerGroup) * inodeSize;
    if (table === 0 || at + inodeSize > blocks * blockSize)
      throw corrupt(`inode ${number} is not on the device`);
    const bytes = this.#device.read(at, 128);
    const mode = le16(bytes, 0);
    const type = TYPES.get(mode >> 12) ?? 'other';
    const high = type === 'file' && this.layout.largeFiles ? le32(bytes, 108) : 0;
    return {
      number,
      type,
      mode,
      uid: le16(bytes, 2) + le16(bytes, 120) * 65_536,
      gid: le16(bytes, 24) + le16(bytes, 122) * 65_536,
      links: le16(bytes, 26),
      size: le32(bytes, 4) + high * 2 ** 32,
      sectors: le32(bytes, 28),
      seconds: le32(bytes, 16),
      pointers: bytes.slice(40, 100),
    };
  }

  /** All bytes of a file; block 0 is a hole. */
  #contents(inode: Ext2Inode): Uint8Array {
    const { blockSize, blocks } = this.layout;
    // More than all blocks and their pointers could hold of it cannot be meant: holes are limited by what fits into memory.
    if (inode.size > MAX_FILE)
      throw new DiskError('unsupported', `inode ${inode.number} has ${inode.size} bytes`);
    const out = new Uint8Array(inode.size);
    let at = 0;
    for (const block of this.#blocks(inode)) {
      if (at >= inode.size) break;
      if (block >= blocks) throw corrupt(`inode ${inode.number} leads to block ${block}`);
      if (block !== 0)
        out.set(this.#device.read(block * blockSize, Math.min(blockSize, inode.size - at)), at);
      at += blockSize;
    }
    if (at < inode.size) throw corrupt(`inode ${inode.number} has more bytes than block numbers`);
    return out;
  }

  /** Block numbers in order: twelve direct, then through one, two and three levels. */
  *#blocks({ pointers, number }: Ext2Inode): Generator<number> {
    for (let i = 0; i < DIRECT; i++) yield le32(pointers, i * 4);
    for (let level = 1; level <= 3; level++)
      yield* this.#indirect(le32(pointers, (DIRECT + level - 1) * 4), level, number);
  }

  *#indirect(block: number, level: number, inode: number): Generator<number> {
    const { blockSize, blocks } = this.layout;
    const perBlock = blockSize / 4;
    if (block >= blocks) throw corrupt(`inode ${inode} leads to block ${block}`);
    if (block === 0) {
      for (let i = 0; i < perBlock ** level; i++) yield 0;
      return;
    }
    const bytes = this.#device.read(block * blockSize, blockSize);
    for (let i = 0; i < perBlock; i++) {
      const next = le32(bytes, i * 4);
      if (level === 1) yield next;
      else yield* this.#indirect(next, level - 1, inode);
    }
  }
}

/** Files are read in one piece. */
const MAX_FILE = 2 ** 28;
