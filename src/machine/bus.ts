/**
 * What the parts of a machine know of each other: a hart sees physical memory and, outside of it, devices on a bus; devices see the
 * hart's interrupt lines and the virtual clock. All addresses are physical, 34 bits at most (Sv32), and plain numbers.
 */

/** Bytes of one bus access; always naturally aligned, little-endian. */
export type Width = 1 | 2 | 4;

/** A device in the physical address space. */
export interface BusDevice {
  readonly name: string;
  /** First physical address. */
  readonly base: number;
  /** Bytes of address space. */
  readonly size: number;
  /** Reads `width` bytes at `offset` from `base`, as an unsigned number; null is an access fault. */
  load(offset: number, width: Width): number | null;
  /** Writes; false is an access fault. */
  store(offset: number, width: Width, value: number): boolean;
}

/** Bits of mip that lines from outside drive (Privileged Architecture, "Machine Interrupt Registers"). */
export const MSIP = 3;
export const MTIP = 7;
export const SEIP = 9;
export const MEIP = 11;
export type InterruptBit = typeof MSIP | typeof MTIP | typeof SEIP | typeof MEIP;

/** The wires into one hart. */
export interface InterruptLines {
  setInterrupt(bit: InterruptBit, level: boolean): void;
}

/** One hart, as the platform drives it. */
export interface Core extends InterruptLines {
  /** Waits for an interrupt (WFI) that is not pending yet: time may pass without instructions. */
  readonly waiting: boolean;
  /**
   * Executes at most `budget` instructions; ends early when the hart waits or a device asks for it (see {@link Core.yieldSoon}).
   * Returns how many instructions retired or trapped: virtual time is counted in them.
   */
  run(budget: number): number;
  /** Instructions retired or trapped since the current (or last) `run` began: what a device reads the exact time from. */
  readonly progress: number;
  /** Called by a device from within a store: `run` returns after this instruction, so that the device's new event is looked at. */
  yieldSoon(): void;
  /**
   * Puts the hart into its reset state (Privileged Architecture, "Reset") in machine mode at `entry`, with its own id in a0 and
   * `argument`, the address of the device tree, in a1: what the boot ROM of QEMU's `virt` hands to the first program.
   */
  reset(entry: number, argument: number): void;
}
