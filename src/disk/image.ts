/** A virtual disk, whatever its format. */

export const SECTOR = 512;

/** What a run of bytes of a virtual disk is, as bdrv_block_status and `qemu-img map` tell it. */
export interface BlockStatus {
  /** How many bytes from the asked offset on are alike. */
  readonly length: number;
  /** `unallocated`: this image does not say, its backing file does; without one it is zeros. */
  readonly kind: 'data' | 'zero' | 'unallocated';
  /** Where the bytes lie in the file, when they lie there as they are; zeros may have a place too. */
  readonly offset: number | null;
  readonly compressed: boolean;
}

/** A disk or a part of one, as partition tables and file systems see it. */
export interface BlockDevice {
  /** Bytes; of a virtual disk its virtual size. */
  readonly size: number;
  /** Throws DiskError `invalid` outside of the disk, as `write` does. */
  read(offset: number, length: number): Uint8Array;
  write(offset: number, data: Uint8Array): void;
  flush(): void;
}

export interface DiskImage extends BlockDevice {
  readonly format: 'raw' | 'qcow2' | 'vmdk';
  /** The image below, for what this one does not hold. */
  readonly backing: DiskImage | null;
  /** As `write` of zeros, with as little stored as the format allows. */
  writeZeroes(offset: number, length: number): void;
  /** A new virtual size; what is added reads as zeros. Shrinking loses what is behind the new end. */
  resize(size: number): void;
  /** About the bytes from `offset` on, at most `length`. */
  status(offset: number, length: number): BlockStatus;
}
