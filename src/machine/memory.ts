/**
 * Physical memory: one block of RAM behind the hart's fast path. The buffer holds, before the RAM, each hart's registers and TLBs
 * (hart/layout.ts), so that code made at run time can reach all of them through one linear memory.
 */
import { assert } from '../base/index.ts';
import { type LinearMemory, linearMemory } from './translate/wasmApi.ts';

const PAGE = 4096;
/** WebAssembly's page, the unit in which its memories grow. */
const WASM_PAGE = 65536;

/** Bytes kept before the RAM for the state of one hart. */
export const HART_STATE_BYTES = 65536;

/** Told of writes that come from outside a hart, and of all that change decoded code. */
export interface WriteWatcher {
  /** Bytes from `address` (physical) on were written and may have been decoded as instructions. */
  written(address: number, length: number): void;
}

export interface MemoryOptions {
  /** First physical address; QEMU's `virt` has 0x8000_0000. */
  readonly base?: number;
  /** Bytes, a multiple of 4096. */
  readonly size: number;
  /** How many harts keep their state here. */
  readonly harts?: number;
  /** Whether code may be translated to WebAssembly, which then shares the buffer. */
  readonly translatable?: boolean;
  /** The memory of a machine that is no more and had the same size, harts and no translation: its bytes are taken over, as zeros. */
  readonly inPlaceOf?: PhysicalMemory | undefined;
}

export class PhysicalMemory {
  readonly base: number;
  readonly size: number;
  readonly harts: number;
  readonly buffer: ArrayBuffer;
  /** The same for WebAssembly, when the memory is translatable. */
  readonly linear: LinearMemory | null;
  /** Where RAM starts in the buffer. */
  readonly ramOffset: number;
  /** Counts writes that no hart made: a reservation made before one is lost (LR/SC). */
  foreignWrites = 0;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #watchers: WriteWatcher[] = [];

  constructor({ base = 0x8000_0000, size, harts = 1, translatable = false, inPlaceOf }: MemoryOptions) {
    assert(size > 0 && size % PAGE === 0, `memory of ${size} bytes is not whole pages`);
    assert(base % PAGE === 0 && base + size <= 2 ** 34, `memory at 0x${base.toString(16)} of ${size} bytes`);
    assert(size <= 2 ** 30, `memory of ${size} bytes: 1 GiB is the most`);
    this.base = base;
    this.size = size;
    this.harts = harts;
    this.ramOffset = harts * HART_STATE_BYTES;
    const bytes = Math.ceil((this.ramOffset + size) / WASM_PAGE) * WASM_PAGE;
    this.linear = translatable ? linearMemory(bytes) : null;
    if (inPlaceOf !== undefined) {
      assert(
        inPlaceOf.buffer.byteLength === bytes && this.linear === null,
        'memory in place of another kind',
      );
      new Uint8Array(inPlaceOf.buffer).fill(0);
    }
    this.buffer = this.linear?.buffer ?? inPlaceOf?.buffer ?? new ArrayBuffer(bytes);
    this.#bytes = new Uint8Array(this.buffer, this.ramOffset, size);
    this.#view = new DataView(this.buffer, this.ramOffset, size);
  }

  /** Whether all `length` bytes from the physical `address` on are RAM. */
  contains(address: number, length: number): boolean {
    return address >= this.base && length <= this.size && address - this.base <= this.size - length;
  }

  read8(address: number): number {
    return this.#view.getUint8(this.#offset(address, 1));
  }

  read16(address: number): number {
    return this.#view.getUint16(this.#offset(address, 2), true);
  }

  /** 32 bits, unsigned. */
  read32(address: number): number {
    return this.#view.getUint32(this.#offset(address, 4), true);
  }

  /** A copy of `length` bytes. */
  read(address: number, length: number): Uint8Array {
    const start = this.#offset(address, length);
    return this.#bytes.slice(start, start + length);
  }

  write8(address: number, value: number): void {
    this.#view.setUint8(this.#offset(address, 1), value);
    this.#foreign(address, 1);
  }

  write16(address: number, value: number): void {
    this.#view.setUint16(this.#offset(address, 2), value, true);
    this.#foreign(address, 2);
  }

  write32(address: number, value: number): void {
    this.#view.setUint32(this.#offset(address, 4), value, true);
    this.#foreign(address, 4);
  }

  /** What a device's DMA, a loader or a debugger does: decoded code and reservations there are dropped. */
  write(address: number, bytes: Uint8Array): void {
    this.#bytes.set(bytes, this.#offset(address, bytes.length));
    this.#foreign(address, bytes.length);
  }

  /** Fills `length` bytes with `value`. */
  fill(address: number, length: number, value: number): void {
    const start = this.#offset(address, length);
    this.#bytes.fill(value, start, start + length);
    this.#foreign(address, length);
  }

  /** Calls `watcher` after each write that no hart made. */
  watch(watcher: WriteWatcher): void {
    this.#watchers.push(watcher);
  }

  #foreign(address: number, length: number): void {
    this.foreignWrites++;
    for (const watcher of this.#watchers) watcher.written(address, length);
  }

  #offset(address: number, length: number): number {
    // The message is put together only when it is needed: page walks come here.
    if (!this.contains(address, length)) assert(false, `no RAM at 0x${address.toString(16)} + ${length}`);
    return address - this.base;
  }
}
