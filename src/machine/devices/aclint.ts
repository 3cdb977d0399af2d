/**
 * Timer and software interrupts between harts, laid out as SiFive's CLINT (QEMU `virt`), which the RISC-V ACLINT specification
 * takes apart into MSWI (chapter 3) and MTIMER (chapter 2).
 */
import type { Nanos, ScheduledEvent } from '../../base/index.ts';
import { type BusDevice, type InterruptLines, MSIP, MTIP, type Width } from '../bus.ts';
import type { Timers } from '../timing.ts';

/** mtime counts at 10 MHz, QEMU `virt`'s timebase-frequency. */
export const NANOS_PER_TICK: Nanos = 100;

const MTIMECMP = 0x4000;
const MTIME = 0xbff8;
const ALL_ONES = 2n ** 64n - 1n;

/** The MTIMER part for one hart. */
interface HartTimer {
  mtimecmp: bigint;
  /** When MTIP changes next by itself, if anybody lives to see it. */
  event: ScheduledEvent | null;
}

/** What {@link Aclint.save} gives: plain JSON; 64-bit numbers are decimal texts. */
export interface AclintState {
  readonly mtime: string;
  readonly msip: readonly boolean[];
  readonly mtimecmp: readonly string[];
}

export class Aclint implements BusDevice {
  readonly name = 'clint';
  readonly base: number;
  readonly size = 0x10000;
  readonly #harts: readonly InterruptLines[];
  readonly #timers: Timers;
  #msip: boolean[] = [];
  #hartTimers: HartTimer[] = [];
  /** mtime minus the ticks since the world started: what a write to mtime changes. */
  #offset = 0n;

  constructor(base: number, harts: readonly InterruptLines[], timers: Timers) {
    this.base = base;
    this.#harts = harts;
    this.#timers = timers;
    this.reset();
  }

  /** The `mtime` register: ticks of {@link NANOS_PER_TICK}, 64 bits (Privileged Architecture, "mtime and mtimecmp"). */
  mtime(): bigint {
    return BigInt.asUintN(64, BigInt(Math.floor(this.#timers.now / NANOS_PER_TICK)) + this.#offset);
  }

  /** No software interrupt pending; mtimecmp, which no specification gives a reset value, is as far away as can be. */
  reset(): void {
    for (const timer of this.#hartTimers) timer.event?.cancel();
    this.#msip = this.#harts.map(() => false);
    this.#hartTimers = this.#harts.map(() => ({ mtimecmp: ALL_ONES, event: null }));
    this.#offset = 0n;
    for (const [hart, lines] of this.#harts.entries()) {
      lines.setInterrupt(MSIP, false);
      this.#compare(hart);
    }
  }

  save(): AclintState {
    return {
      mtime: this.mtime().toString(),
      msip: [...this.#msip],
      mtimecmp: this.#hartTimers.map(({ mtimecmp }) => mtimecmp.toString()),
    };
  }

  /** Goes on from a state that one with as many harts saved: mtime counts on from there, whatever the time is here. */
  restore(state: AclintState): void {
    for (const hart of this.#harts.keys()) {
      this.#writeMsip(hart, state.msip[hart] ? 1 : 0);
      this.#hartTimers[hart]!.mtimecmp = BigInt(state.mtimecmp[hart]!);
    }
    this.#writeMtime(BigInt(state.mtime));
  }

  load(offset: number, width: Width): number | null {
    if (width !== 4) return null;
    if (offset < MTIMECMP) return this.#msip[offset >> 2] ? 1 : 0;
    if (offset >> 3 === MTIME >> 3) return half(this.mtime(), offset);
    const timer = this.#hartTimers[(offset - MTIMECMP) >> 3];
    return timer ? half(timer.mtimecmp, offset) : 0;
  }

  store(offset: number, width: Width, value: number): boolean {
    if (width !== 4) return false;
    if (offset < MTIMECMP) this.#writeMsip(offset >> 2, value);
    else if (offset >> 3 === MTIME >> 3) this.#writeMtime(withHalf(this.mtime(), offset, value));
    else {
      const hart = (offset - MTIMECMP) >> 3;
      const timer = this.#hartTimers[hart];
      if (timer) {
        timer.mtimecmp = withHalf(timer.mtimecmp, offset, value);
        this.#compare(hart);
      }
    }
    return true;
  }

  /** Bit 0 drives MSIP, the others are wired to zero; registers of harts that are not there are zero (ACLINT 3.1). */
  #writeMsip(hart: number, value: number): void {
    const lines = this.#harts[hart];
    if (!lines) return;
    this.#msip[hart] = (value & 1) !== 0;
    lines.setInterrupt(MSIP, this.#msip[hart]);
  }

  #writeMtime(value: bigint): void {
    this.#offset += value - this.mtime();
    for (const hart of this.#harts.keys()) this.#compare(hart);
  }

  /** MTIP is pending while mtime >= mtimecmp, unsigned; the next change is by the comparison, or by mtime's wrapping to 0. */
  #compare(hart: number): void {
    const timer = this.#hartTimers[hart]!;
    timer.event?.cancel();
    timer.event = null;
    const mtime = this.mtime();
    const pending = mtime >= timer.mtimecmp;
    this.#harts[hart]!.setInterrupt(MTIP, pending);
    const ticks = (pending ? ALL_ONES + 1n : timer.mtimecmp) - mtime;
    const intoTick = this.#timers.now % NANOS_PER_TICK;
    const delay = Number(ticks) * NANOS_PER_TICK - intoTick;
    if (Number.isSafeInteger(this.#timers.now + delay)) {
      timer.event = this.#timers.after(delay, () => this.#compare(hart));
    }
  }
}

function half(register: bigint, offset: number): number {
  return Number(BigInt.asUintN(32, offset & 4 ? register >> 32n : register));
}

function withHalf(register: bigint, offset: number, value: number): bigint {
  const bits = BigInt(value >>> 0);
  return offset & 4 ? (bits << 32n) | (register & 0xffffffffn) : ((register >> 32n) << 32n) | bits;
}
