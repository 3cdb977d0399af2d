/**
 * The platform-level interrupt controller (RISC-V PLIC specification 1.0.0, chapters named at each rule): sources 1 … n with a
 * priority each, and contexts (a hart in a mode) with enables and a threshold each. All sources here are level-triggered.
 */
import { assert, type Trace } from '../../base/index.ts';
import { type BusDevice, type InterruptBit, type InterruptLines, MEIP, SEIP, type Width } from '../bus.ts';
import type { InterruptWire } from './interruptWire.ts';

const PENDING = 0x1000;
const ENABLE = 0x2000;
const ENABLE_STRIDE = 0x80;
const CONTEXT = 0x200000;
const CONTEXT_STRIDE = 0x1000;
/** Priorities and thresholds are WARL fields of 3 bits, as in QEMU `virt`. */
const PRIORITY_MASK = 7;

interface Context {
  readonly lines: InterruptLines;
  readonly bit: InterruptBit;
  readonly enable: Uint32Array;
  threshold: number;
}

/** What {@link Plic.save} gives: plain JSON, indexed by source and by context. */
export interface PlicState {
  readonly priority: readonly number[];
  readonly pending: readonly number[];
  readonly inService: readonly number[];
  readonly contexts: readonly { readonly enable: readonly number[]; readonly threshold: number }[];
}

export class Plic implements BusDevice {
  readonly name: string;
  readonly base: number;
  readonly size = 0x600000;
  /** Sources 1 … `sources`; 0 means "no interrupt" (chapter 4, "Interrupt Identifiers"). */
  readonly sources: number;
  readonly #trace: Trace | null;
  readonly #contexts: readonly Context[];
  readonly #priority: Uint8Array;
  /** The levels of the wires. */
  readonly #level: Uint8Array;
  /** Interrupt pending bits: set by a gateway, cleared by a claim. */
  readonly #pending: Uint8Array;
  /** Gateways that wait for a completion before they forward anything again (chapter 2, "Interrupt Gateways"). */
  readonly #inService: Uint8Array;

  /** Contexts are 2h for hart h's machine mode and 2h + 1 for its supervisor mode. */
  constructor(
    base: number,
    sources: number,
    harts: readonly InterruptLines[],
    trace: Trace | null = null,
    name = 'plic',
  ) {
    this.name = name;
    assert(sources >= 1 && sources <= 1023, `${sources} sources`);
    this.base = base;
    this.sources = sources;
    this.#trace = trace;
    this.#priority = new Uint8Array(sources + 1);
    this.#level = new Uint8Array(sources + 1);
    this.#pending = new Uint8Array(sources + 1);
    this.#inService = new Uint8Array(sources + 1);
    this.#contexts = harts.flatMap((lines) =>
      [MEIP, SEIP].map((bit) => ({
        lines,
        bit: bit as InterruptBit,
        enable: new Uint32Array(ENABLE_STRIDE / 4),
        threshold: 0,
      })),
    );
  }

  /** The wire into source `source`. */
  wire(source: number): InterruptWire {
    assert(source >= 1 && source <= this.sources, `source ${source} is not one of 1 … ${this.sources}`);
    return { set: (level) => this.#setLevel(source, level) };
  }

  /**
   * As after power-on: nothing enabled, pending or in service. The wires keep the levels that their devices drive, and a high one
   * is pending again: devices are reset before.
   */
  reset(): void {
    for (const registers of [this.#priority, this.#pending, this.#inService]) registers.fill(0);
    for (const context of this.#contexts) {
      context.enable.fill(0);
      context.threshold = 0;
    }
    for (let source = 1; source <= this.sources; source++) this.#gateway(source);
    this.#notify();
  }

  save(): PlicState {
    return {
      priority: [...this.#priority],
      pending: [...this.#pending],
      inService: [...this.#inService],
      contexts: this.#contexts.map(({ enable, threshold }) => ({ enable: [...enable], threshold })),
    };
  }

  /** Goes on from a state that one of the same size saved. The devices at its wires are restored too, before or after: levels are theirs. */
  restore(state: PlicState): void {
    this.#priority.set(state.priority);
    this.#pending.set(state.pending);
    this.#inService.set(state.inService);
    for (const [i, context] of this.#contexts.entries()) {
      context.enable.set(state.contexts[i]!.enable);
      context.threshold = state.contexts[i]!.threshold;
    }
    this.#notify();
  }

  load(offset: number, width: Width): number | null {
    if (width !== 4) return null;
    if (offset < PENDING) return this.#priority[offset >> 2] ?? 0;
    if (offset < ENABLE) return this.#pendingWord((offset - PENDING) >> 2);
    if (offset < CONTEXT) {
      const { context, word } = enablePlace(offset);
      return this.#contexts[context]?.enable[word] ?? 0;
    }
    const index = Math.floor((offset - CONTEXT) / CONTEXT_STRIDE);
    const context = this.#contexts[index];
    if (!context) return 0;
    const register = offset % CONTEXT_STRIDE;
    if (register === 0) return context.threshold;
    return register === 4 ? this.#claim(context, index) : 0;
  }

  store(offset: number, width: Width, value: number): boolean {
    if (width !== 4) return false;
    if (offset < PENDING) this.#writePriority(offset >> 2, value);
    else if (offset >= CONTEXT) this.#writeContext(offset, value);
    else if (offset >= ENABLE) this.#writeEnable(offset, value);
    this.#notify();
    return true;
  }

  /** Chapter 5, "Interrupt Priorities": 0 never interrupts. Source 0 does not exist, and its register is zero. */
  #writePriority(source: number, value: number): void {
    if (source >= 1 && source <= this.sources) this.#priority[source] = value & PRIORITY_MASK;
  }

  /** Chapter 7, "Interrupt Enables": a bit a source; bit 0 and bits past the last source are wired to zero. */
  #writeEnable(offset: number, value: number): void {
    const { context, word } = enablePlace(offset);
    const enable = this.#contexts[context]?.enable;
    if (enable) enable[word] = (value & this.#existing(word)) >>> 0;
  }

  #writeContext(offset: number, value: number): void {
    const index = Math.floor((offset - CONTEXT) / CONTEXT_STRIDE);
    const context = this.#contexts[index];
    if (!context) return;
    const register = offset % CONTEXT_STRIDE;
    if (register === 0) context.threshold = value & PRIORITY_MASK;
    if (register === 4) this.#complete(context, index, value);
  }

  /**
   * Chapter 9, "Interrupt Claim Process": the pending, enabled source of the highest priority, the lowest number among equals; its
   * pending bit is cleared. The threshold is not looked at: a hart may poll with the highest threshold. 0 when there is none.
   */
  #claim(context: Context, index: number): number {
    const source = this.#best(context, 0);
    if (source === 0) return 0;
    this.#pending[source] = 0;
    this.#inService[source] = 1;
    this.#trace?.emit('irq.claim', this.name, { source, context: index });
    this.#notify();
    return source;
  }

  /** Chapter 10, "Interrupt Completion": ignored when the source is not enabled for the context. */
  #complete(context: Context, index: number, source: number): void {
    if (source > this.sources || !enabled(context, source) || !this.#inService[source]) return;
    this.#inService[source] = 0;
    this.#trace?.emit('irq.complete', this.name, { source, context: index });
    this.#gateway(source);
  }

  #setLevel(source: number, level: boolean): void {
    if ((this.#level[source] === 1) === level) return;
    this.#level[source] = level ? 1 : 0;
    this.#trace?.emit(level ? 'irq.raise' : 'irq.lower', this.name, { source });
    this.#gateway(source);
    this.#notify();
  }

  /**
   * Chapter 2: a gateway for a level forwards one request and no other before its completion. A level that falls before the claim
   * takes nothing back: the request has been forwarded.
   */
  #gateway(source: number): void {
    if (this.#level[source] && !this.#inService[source]) this.#pending[source] = 1;
  }

  /** Chapter 8, "Priority Thresholds": a context is told of priorities strictly above its threshold. */
  #notify(): void {
    for (const context of this.#contexts) {
      context.lines.setInterrupt(context.bit, this.#best(context, context.threshold) !== 0);
    }
  }

  #best(context: Context, above: number): number {
    let best = 0;
    let bestPriority = above;
    for (let source = 1; source <= this.sources; source++) {
      if (!this.#pending[source] || !enabled(context, source)) continue;
      const priority = this.#priority[source]!;
      if (priority > bestPriority) [best, bestPriority] = [source, priority];
    }
    return best;
  }

  #pendingWord(word: number): number {
    let bits = 0;
    for (let bit = 0; bit < 32; bit++) if (this.#pending[word * 32 + bit]) bits |= 1 << bit;
    return bits >>> 0;
  }

  /** The bits of register `word` whose sources exist. */
  #existing(word: number): number {
    let bits = 0;
    for (let bit = 0; bit < 32; bit++) {
      const source = word * 32 + bit;
      if (source >= 1 && source <= this.sources) bits |= 1 << bit;
    }
    return bits;
  }
}

function enablePlace(offset: number): { context: number; word: number } {
  const at = offset - ENABLE;
  return { context: Math.floor(at / ENABLE_STRIDE), word: (at % ENABLE_STRIDE) >> 2 };
}

function enabled(context: Context, source: number): boolean {
  return ((context.enable[source >> 5]! >>> (source & 31)) & 1) === 1;
}
