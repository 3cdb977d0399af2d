/** The API of `virtio-blk.ts`: what `service` is given. Addresses are guest physical; numbers in memory are little-endian. */

/** A virtqueue (virtio 1.2, 2.7 “Split Virtqueues”): where the driver has put its three parts. */
export interface Queue {
  /** Entries in each part: a power of two. */
  readonly size: number;
  /** The table of descriptors, 16 bytes each: address u64, length u32, flags u16, next u16. */
  readonly descriptors: number;
  /** The available ring: flags u16, index u16, then `size` heads of chains, u16 each. */
  readonly available: number;
  /** The used ring: flags u16, index u16, then `size` elements of 8 bytes: id (the chain's head) u32, length u32. */
  readonly used: number;
}

/** The guest's memory, and no byte of anybody else's: every call with an address outside of it throws EFAULT. */
export interface GuestMemory {
  /** Whether all `length` bytes from `address` on belong to the guest. */
  contains(address: number, length: number): boolean;
  readU16(address: number): number;
  readU32(address: number): number;
  /** Exact up to 2^53; beyond, a number that is large enough to be no address and no sector. */
  readU64(address: number): number;
  /** The low 16 bits of `value`. */
  writeU16(address: number, value: number): void;
  writeU32(address: number, value: number): void;
  /** A copy of `length` bytes. */
  read(address: number, length: number): Uint8Array;
  write(address: number, bytes: Uint8Array): void;
}

/**
 * The file on the host. It does what it is told: a write beyond the disk's end makes the file longer, and one to a disk that was
 * promised to be read-only succeeds, too. Each call throws EIO when the host's own disk fails.
 */
export interface Image {
  /** The size of the guest's disk in sectors of 512 bytes. */
  readonly sectors: number;
  /** The guest was told that it may not write (VIRTIO_BLK_F_RO). */
  readonly readOnly: boolean;
  read(sector: number, count: number): Uint8Array;
  /** Writes whole sectors. They lie in the host's memory until `flush`. */
  write(sector: number, bytes: Uint8Array): void;
  /** fsync(2): what was written until now survives if the host loses its power. */
  flush(): void;
}
