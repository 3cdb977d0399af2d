/** What a process holds in memory; which of it counts, and where, stands in cgroup/memory.ts. */
import { Charges } from '../cgroup/memory.ts';

/** Resident from the first instruction on: data, stack and heap of the program. */
export const PROCESS_ANON = 512 * 1024;
/** Resident too, but shared with all who run the same program: nobody is charged for it. */
export const PROCESS_TEXT = 1536 * 1024;
/** Half stack in the kernel, half page tables. */
export const PROCESS_KERNEL = 32 * 1024;
/** Address space besides the data segment. */
const PROCESS_SPACE = 4 * 1024 * 1024;

/** Sizes are bytes. */
export class TaskMemory {
  readonly anon = new Charges('anon');
  readonly kernel = new Charges('kernel');
  #lent: Charges | null = null;
  /** The data segment as brk(2) made it, touched or not. */
  data = 0;
  /** The most that was ever resident. */
  peak = PROCESS_ANON + PROCESS_TEXT;
  /** An OOM kill has taken its pages before it could end. */
  reaped = false;

  /** What drivers have for it: the memory of virtual machines, and the tables that map it. */
  get lent(): Charges {
    this.#lent ??= new Charges('anon');
    return this.#lent;
  }

  /** Address space: VSZ, RLIMIT_AS. */
  get space(): number {
    return PROCESS_SPACE + this.data + this.lentBytes;
  }

  /** RSS. */
  get resident(): number {
    return this.reaped ? 0 : this.anonymous + PROCESS_TEXT;
  }

  /** Of that, what is nobody else's. */
  get anonymous(): number {
    return this.anon.total + this.lentBytes;
  }

  /** What of the data segment has been touched. */
  get touched(): number {
    return Math.max(0, this.anon.total - PROCESS_ANON);
  }

  grown(): void {
    this.peak = Math.max(this.peak, this.resident);
  }

  /** The end of the process, or of its program. */
  free(): void {
    this.anon.remove(this.anon.total);
    this.kernel.remove(this.kernel.total);
    this.#lent?.remove(this.lentBytes);
  }

  // `private` and not `#private`: else each would be a field larger.
  private get lentBytes(): number {
    return this.#lent === null ? 0 : this.#lent.total;
  }
}
