/**
 * How a device reaches the driver's memory. For a device of the machine it is the RAM (memory.ts); for one that a hypervisor gives
 * to its guest, guest physical memory. A device checks with `contains` first, always: whoever is asked for more may throw.
 */
export interface Dma {
  /** `kind` is what the memory is wanted for; memory that may only be read is none for a `store`. */
  contains(address: number, length: number, kind?: 'load' | 'store'): boolean;
  read16(address: number): number;
  /** Unsigned. */
  read32(address: number): number;
  /** A copy of `length` bytes. */
  read(address: number, length: number): Uint8Array;
  write16(address: number, value: number): void;
  write32(address: number, value: number): void;
  write(address: number, bytes: Uint8Array): void;
}
