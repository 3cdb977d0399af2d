/**
 * The superblock of ext2 (The Second Extended File System, "Superblock" and "Block Group Descriptor Table"): 1,024 bytes from the
 * start, little-endian.
 */
import { decodeUtf8 } from '../../base/index.ts';
import { DiskError } from '../errors.ts';
import type { BlockDevice } from '../image.ts';
import { le16, le32 } from '../numbers.ts';

export interface Ext2Layout {
  readonly inodes: number;
  readonly blocks: number;
  readonly freeBlocks: number;
  readonly freeInodes: number;
  readonly blockSize: number;
  readonly blocksPerGroup: number;
  readonly inodesPerGroup: number;
  readonly inodeSize: number;
  /** First block of the group descriptors. */
  readonly descriptors: number;
  /** Sizes of files have 64 bits. */
  readonly largeFiles: boolean;
  readonly label: string;
}

const START = 1024;
const MAGIC = 0xef53;
export const DESCRIPTOR = 32;

/** Features that a reader must know (s_feature_incompat). */
const FILETYPE = 0x2;
const NAMES = new Map([
  [0x1, 'compression'],
  [0x4, 'needs_recovery'],
  [0x8, 'journal_dev'],
  [0x10, 'meta_bg'],
  [0x40, 'extents'],
  [0x80, '64bit'],
  [0x100, 'mmp'],
  [0x200, 'flex_bg'],
  [0x400, 'ea_inode'],
  [0x1000, 'dirdata'],
  [0x2000, 'metadata_csum_seed'],
  [0x4000, 'large_dir'],
  [0x8000, 'inline_data'],
  [0x10000, 'encrypt'],
]);

/** Throws DiskError `format` when this is no ext file system, `unsupported` with the names of features, `corrupt`. */
export function readSuperblock(device: BlockDevice): Ext2Layout {
  if (device.size < START + 1024)
    throw new DiskError('format', 'no ext2 file system: the device is too small');
  const block = device.read(START, 1024);
  if (le16(block, 56) !== MAGIC)
    throw new DiskError('format', 'no ext2 file system: the magic number is not there');
  const revision = le32(block, 76);
  const incompatible = revision === 0 ? 0 : le32(block, 96);
  const unknown: string[] = [];
  for (let bit = 0; bit < 32; bit++) {
    const mask = 2 ** bit;
    if (mask !== FILETYPE && ((incompatible >>> bit) & 1) !== 0)
      unknown.push(NAMES.get(mask) ?? `0x${mask.toString(16)}`);
  }
  if (unknown.length > 0)
    throw new DiskError('unsupported', `ext features not simulated: ${unknown.join(', ')}`);
  const logBlock = le32(block, 24);
  if (logBlock > 6) throw new DiskError('corrupt', `blocks of 2^${logBlock + 10} bytes`);
  const layout: Ext2Layout = {
    inodes: le32(block, 0),
    blocks: le32(block, 4),
    freeBlocks: le32(block, 12),
    freeInodes: le32(block, 16),
    blockSize: 1024 << logBlock,
    blocksPerGroup: le32(block, 32),
    inodesPerGroup: le32(block, 40),
    inodeSize: revision === 0 ? 128 : le16(block, 88),
    descriptors: le32(block, 20) + 1,
    largeFiles: revision > 0 && (le32(block, 100) & 0x2) !== 0,
    label: decodeUtf8(block.subarray(120, 136)).replace(/\0.*$/s, ''),
  };
  const { blockSize, blocks, blocksPerGroup, inodesPerGroup, inodeSize } = layout;
  if (blocks * blockSize > device.size)
    throw new DiskError('corrupt', `${blocks} blocks are not on the device`);
  if (blocksPerGroup === 0 || inodesPerGroup === 0)
    throw new DiskError('corrupt', 'block groups without blocks or inodes');
  if (inodeSize < 128 || inodeSize > blockSize || (inodeSize & (inodeSize - 1)) !== 0)
    throw new DiskError('corrupt', `inodes of ${inodeSize} bytes`);
  return layout;
}
