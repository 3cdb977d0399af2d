/**
 * A file's bytes between write(2) and the disk: they lie in the page cache until fsync(2), sync(2), or until they are old enough. What is kept
 * here is the other side, the blocks as the disk has them, so that a power cut can bring them back.
 */
import { SPARSE_BLOCK as BLOCK, type Nanos, SECOND, type SparseBytes } from '../../base/index.ts';

/** Older changes are on the disk: vm.dirty_expire_centisecs, proc_sys_vm(5). */
const EXPIRES: Nanos = 30 * SECOND;

interface Before<T> {
  readonly value: T;
  /** When it was first changed. */
  readonly since: Nanos;
}

export class WriteBack {
  /** Block number → its bytes on the disk; null: a hole. */
  readonly #blocks = new Map<number, Before<Uint8Array | null>>();
  #size: Before<number> | null = null;

  /** Called before `length` bytes from `offset` on change. */
  changing(data: SparseBytes, offset: number, length: number, now: Nanos): void {
    for (let index = Math.floor(offset / BLOCK); index * BLOCK < offset + length; index++) {
      const known = this.#blocks.get(index);
      if (known !== undefined && now - known.since < EXPIRES) continue;
      const stored = data.missing(index * BLOCK, 1) === 0;
      this.#blocks.set(index, { value: stored ? data.read(index * BLOCK, BLOCK) : null, since: now });
    }
  }

  /** Called before the file's size changes. */
  resizing(size: number, now: Nanos): void {
    if (this.#size === null || now - this.#size.since >= EXPIRES) this.#size = { value: size, since: now };
  }

  /** Everything is on the disk. */
  flushed(): void {
    this.#blocks.clear();
    this.#size = null;
  }

  /** Makes `data` what the disk has, and returns the file's size there. */
  undo(data: SparseBytes, size: number, now: Nanos): number {
    for (const [index, { value, since }] of this.#blocks) {
      if (now - since >= EXPIRES) continue;
      if (value === null) data.discard(index * BLOCK, BLOCK);
      else data.write(index * BLOCK, value);
    }
    const before = this.#size;
    this.flushed();
    return before !== null && now - before.since < EXPIRES ? before.value : size;
  }
}
