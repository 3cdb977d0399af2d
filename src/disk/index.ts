/** Disk images, partitions, boot sectors, file systems on blocks. */
export { type ByteStore, MemoryStore } from './byteStore.ts';
export { DiskError, type DiskErrorCode, isDiskError } from './errors.ts';
export { Ext2Fs, type Ext2Inode, type Ext2Name } from './ext2/ext2Fs.ts';
export type { FatEntry } from './fat/directory.ts';
export { FatFs } from './fat/fatFs.ts';
export { type FatFormat, formatFat } from './fat/format.ts';
export { type BlockDevice, type BlockStatus, type DiskImage, SECTOR } from './image.ts';
export {
  type ChainStatus,
  chainRuns,
  commitImage,
  copyImage,
  firstDifference,
  type Progress,
  rebaseImage,
} from './operations/copying.ts';
export { type Measured, measureQcow2 } from './operations/measure.ts';
export {
  type FoundGpt,
  GPT_TYPES,
  type Gpt,
  type GptPartition,
  readGpt,
  writeGpt,
} from './partitions/gpt.ts';
export {
  hasBootSignature,
  MBR_TYPES,
  type Mbr,
  type MbrPartition,
  readMbr,
  writeMbr,
} from './partitions/mbr.ts';
export { sliceOf } from './partitions/slice.ts';
export { backingFileOf, IMAGE_FORMATS, type ImageFormat, openImage, probeFormat } from './probe.ts';
export { type CheckResult, checkImage, type Repair } from './qcow2/check.ts';
export { createQcow2, type Qcow2Options } from './qcow2/create.ts';
export { FEATURES as QCOW2_FEATURES } from './qcow2/features.ts';
export { Qcow2Image } from './qcow2/qcow2Image.ts';
export { emptyImage } from './qcow2/resize.ts';
export {
  applySnapshot,
  createSnapshot,
  deleteSnapshot,
  findSnapshot,
  listSnapshots,
} from './qcow2/snapshots.ts';
export type { Snapshot } from './qcow2/snapshotTable.ts';
export { RawImage } from './rawImage.ts';
export { type StreamOptions, streamOptimized } from './vmdk/streamOptimized.ts';
export { VmdkImage } from './vmdk/vmdkImage.ts';
