/** All architectural state of one hart that is not a general register, named as the CSRs are. 32-bit values are kept signed. */
import type { PhysicalMemory } from '../memory.ts';
import { HART_STATE_BYTES } from '../memory.ts';
import { M, type Privilege } from './bits.ts';
import { TAG_EMPTY, TLB_END, X_WORDS } from './layout.ts';

/** What a hart sees outside of RAM. */
export interface HartBus {
  load(address: number, width: 1 | 2 | 4): number | null;
  store(address: number, width: 1 | 2 | 4, value: number): boolean;
}

/** A hart between two instructions, as plain JSON. */
export interface HartSnapshot {
  /** x0 … x31, signed. */
  readonly registers: readonly number[];
  /** CSRs and what else is a number, by the names of {@link HartState}. */
  readonly numbers: Readonly<Record<string, number>>;
  /** The same for 64-bit numbers, in decimal. */
  readonly wide: Readonly<Record<string, string>>;
  readonly pmpcfg: readonly number[];
  readonly pmpaddr: readonly number[];
  readonly virtual: boolean;
  readonly waiting: boolean;
}

const RESET_TO_ZERO = [
  ...(['pc', 'mstatus', 'mstatush', 'medeleg', 'mideleg', 'mie', 'mip', 'mtvec', 'mcounteren'] as const),
  ...(['mcountinhibit', 'mscratch', 'mepc', 'mcause', 'mtval', 'mtval2', 'mtinst'] as const),
  ...(['menvcfg', 'menvcfgh', 'stvec', 'scounteren', 'senvcfg', 'sscratch', 'sepc'] as const),
  ...(['scause', 'stval', 'satp', 'hstatus', 'hedeleg', 'hideleg', 'hvip', 'hcounteren'] as const),
  ...(['hgeie', 'htval', 'htinst', 'henvcfg', 'henvcfgh', 'hgatp', 'vsstatus', 'vstvec'] as const),
  ...(['vsscratch', 'vsepc', 'vscause', 'vstval', 'vsatp'] as const),
] as const;

/** What a snapshot has beside them. A reservation is not kept: SC may fail at any time (Unprivileged ISA, "LR/SC"). */
const KEPT = [...RESET_TO_ZERO, 'privilege', 'lines', 'hgeip', 'cycles', 'trapped'] as const;
const WIDE = ['mcycleOffset', 'minstretOffset', 'htimedelta'] as const;

export class HartState {
  readonly memory: PhysicalMemory;
  readonly bus: HartBus;
  readonly hartId: number;
  /** mtime, as the `time` CSR shows it. */
  readonly time: () => bigint;

  /** x0 … x31 and the sink. */
  readonly x: Int32Array;
  /** The hart's words of the buffer, TLBs included. */
  readonly words: Int32Array;
  pc = 0;
  privilege: Privilege = M;
  /** V, the virtualization mode (18.1). */
  virtual = false;
  /** Instructions retired or trapped, ever. */
  cycles = 0;
  /** Of those, the ones that trapped and so did not retire. */
  trapped = 0;
  /** Waits in WFI. */
  waiting = false;

  mstatus = 0;
  mstatush = 0;
  medeleg = 0;
  mideleg = 0;
  mie = 0;
  /** Interrupt bits that software writes: SSIP, STIP, SEIP. */
  mip = 0;
  /** Interrupt bits that wires drive: MSIP, MTIP, SEIP, MEIP. */
  lines = 0;
  mtvec = 0;
  mcounteren = 0;
  mcountinhibit = 0;
  mscratch = 0;
  mepc = 0;
  mcause = 0;
  mtval = 0;
  mtval2 = 0;
  mtinst = 0;
  menvcfg = 0;
  menvcfgh = 0;
  /** What mcycle and minstret show beyond the instructions counted above; while inhibited, the value itself. */
  mcycleOffset = 0n;
  minstretOffset = 0n;
  readonly pmpcfg = new Uint8Array(16);
  readonly pmpaddr = new Uint32Array(16);

  stvec = 0;
  scounteren = 0;
  senvcfg = 0;
  sscratch = 0;
  sepc = 0;
  scause = 0;
  stval = 0;
  satp = 0;

  hstatus = 0;
  hedeleg = 0;
  hideleg = 0;
  hvip = 0;
  hcounteren = 0;
  hgeie = 0;
  /** Guest external interrupts pending, one bit per guest 1 … 31 (18.2.4). */
  hgeip = 0;
  htval = 0;
  htinst = 0;
  henvcfg = 0;
  henvcfgh = 0;
  hgatp = 0;
  htimedelta = 0n;

  vsstatus = 0;
  vstvec = 0;
  vsscratch = 0;
  vsepc = 0;
  vscause = 0;
  vstval = 0;
  vsatp = 0;

  /** Physical address of the word that LR reserved, or −1. */
  reservation = -1;
  /** {@link PhysicalMemory.foreignWrites} when it was. */
  reservedAt = 0;

  /** Something changed that the main loop must look at: interrupts, modes, a request to return. */
  attention = false;
  /** A device wants `run` to return. */
  yielding = false;

  constructor(memory: PhysicalMemory, bus: HartBus, hartId: number, time: () => bigint) {
    this.memory = memory;
    this.bus = bus;
    this.hartId = hartId;
    this.time = time;
    this.words = new Int32Array(memory.buffer, hartId * HART_STATE_BYTES, HART_STATE_BYTES / 4);
    this.x = this.words.subarray(0, X_WORDS);
    this.flushTlbs();
  }

  /**
   * The reset state (3.4): M-mode, MIE and MPRV clear, Bare translation, PMP off; all else, which is unspecified there, is zero.
   * Counters of what the hart did go on.
   */
  reset(): void {
    for (const name of RESET_TO_ZERO) this[name] = 0;
    this.mcycleOffset = 0n;
    this.minstretOffset = 0n;
    this.htimedelta = 0n;
    this.privilege = M;
    this.virtual = false;
    this.waiting = false;
    this.reservation = -1;
    this.attention = true;
    this.pmpcfg.fill(0);
    this.pmpaddr.fill(0);
    this.x.fill(0);
    this.flushTlbs();
  }

  save(): HartSnapshot {
    return {
      registers: [...this.x.subarray(0, 32)],
      numbers: Object.fromEntries(KEPT.map((name) => [name, this[name]])),
      wide: Object.fromEntries(WIDE.map((name) => [name, `${this[name]}`])),
      pmpcfg: [...this.pmpcfg],
      pmpaddr: [...this.pmpaddr],
      virtual: this.virtual,
      waiting: this.waiting,
    };
  }

  restore(snapshot: HartSnapshot): void {
    this.x.set(snapshot.registers);
    Object.assign(this, snapshot.numbers);
    for (const name of WIDE) this[name] = BigInt(snapshot.wide[name]!);
    this.pmpcfg.set(snapshot.pmpcfg);
    this.pmpaddr.set(snapshot.pmpaddr);
    this.virtual = snapshot.virtual;
    this.waiting = snapshot.waiting;
    this.reservation = -1;
    this.attention = true;
    this.flushTlbs();
  }

  /** Forgets all translations. */
  flushTlbs(): void {
    this.words.fill(TAG_EMPTY, X_WORDS, TLB_END);
  }
}
