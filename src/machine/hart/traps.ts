/** Traps: where they go, what they record, how they return (Privileged Architecture 3.1.6 to 3.1.15, 3.3.2, 18.6). */
import {
  CAUSE,
  HS_INTERRUPTS,
  HSTATUS_GVA,
  HSTATUS_SPV,
  HSTATUS_SPVP,
  HSTATUS_VGEIN,
  M,
  MEI,
  MPP_SHIFT,
  MSI,
  MSTATUS_MIE,
  MSTATUS_MPIE,
  MSTATUS_MPP,
  MSTATUS_MPRV,
  MSTATUS_SIE,
  MSTATUS_SPIE,
  MSTATUS_SPP,
  MSTATUSH_GVA,
  MSTATUSH_MPV,
  MTI,
  type Privilege,
  S,
  SEI,
  SGEI,
  SSI,
  STI,
  U,
  VGEIN_SHIFT,
  VSEI,
  VSSI,
  VSTI,
} from './bits.ts';
import type { HartState } from './state.ts';

/** What a trap is about; the hardware's exit information when it leaves a virtual machine. */
export interface Trap {
  readonly interrupt: boolean;
  /** Exception code or interrupt number. */
  readonly cause: number;
  /** What stval or mtval will be, unsigned. */
  readonly tval: number;
  /** Whether `tval` is a guest virtual address. */
  readonly gva: boolean;
  /** Guest physical address of a guest-page fault, all 34 bits; else 0. htval and mtval2 have it shifted right by 2. */
  readonly gpa: number;
  /** Transformed instruction or pseudoinstruction (18.6.3), or 0. */
  readonly tinst: number;
}

/** A trap to HS or M mode, before any state has changed. */
export interface TrapExit extends Trap {
  readonly target: 'M' | 'HS';
  /** Where it was: V, nominal privilege, address of the instruction (unsigned). */
  readonly virtual: boolean;
  readonly privilege: Privilege;
  readonly pc: number;
}

/**
 * Takes over a trap: `deliver` lets the hart enter the handler of the target mode; `resume` continues at the pc that the hook has set,
 * in the mode that it has set; `stop` does that too, and makes `run` return.
 */
export type TrapHook = (exit: TrapExit) => 'deliver' | 'resume' | 'stop';

/** Highest priority first (3.1.9, 18.4.3). */
const PRIORITY = [MEI, MSI, MTI, SEI, SSI, STI, SGEI, VSEI, VSSI, VSTI];

export class Traps {
  readonly #state: HartState;
  hook: TrapHook | null = null;
  /** Traps entered so far, by cause; interrupts have 32 added. */
  readonly counts = new Uint32Array(64);

  constructor(state: HartState) {
    this.#state = state;
  }

  /** mip with all that drives it: software's bits, wires, and the hypervisor's virtual interrupts (18.2.3, 18.2.4). */
  pendingBits(): number {
    const { mip, lines, hvip, hgeip, hgeie, hstatus } = this.#state;
    const guest = (hstatus & HSTATUS_VGEIN) >> VGEIN_SHIFT;
    return (
      mip |
      lines |
      hvip |
      (guest !== 0 && (hgeip >>> guest) & 1 ? 1 << VSEI : 0) |
      (hgeip & hgeie ? 1 << SGEI : 0)
    );
  }

  /** The interrupt that must be taken now, or −1. */
  pendingInterrupt(): number {
    const { mie, mideleg, hideleg, mstatus, vsstatus, privilege, virtual } = this.#state;
    const ready = this.pendingBits() & mie;
    if (ready === 0) return -1;
    const delegated = mideleg | HS_INTERRUPTS;
    const toM = privilege < M || mstatus & MSTATUS_MIE ? ready & ~delegated : 0;
    const hsOpen = privilege < M && (virtual || privilege < S || (mstatus & MSTATUS_SIE) !== 0);
    const toHs = hsOpen ? ready & delegated & ~hideleg : 0;
    const vsOpen = virtual && (privilege < S || (vsstatus & MSTATUS_SIE) !== 0);
    const toVs = vsOpen ? ready & hideleg : 0;
    const chosen = toM !== 0 ? toM : toHs !== 0 ? toHs : toVs;
    return chosen === 0 ? -1 : PRIORITY.find((bit) => (chosen >> bit) & 1)!;
  }

  /** Enters the handler for `trap`, which happened at the state's pc; or does what the hook says. */
  enter(trap: Trap) {
    const state = this.#state;
    const { interrupt, cause } = trap;
    const bit = 1 << cause;
    const delegated = interrupt ? state.mideleg | HS_INTERRUPTS : state.medeleg;
    const further = interrupt ? state.hideleg : state.hedeleg;
    const target =
      state.privilege === M || !(delegated & bit) ? 'M' : state.virtual && further & bit ? 'VS' : 'HS';
    state.attention = true;
    this.counts[cause + (interrupt ? 32 : 0)]!++;
    if (target === 'VS') return this.#enterVs(trap);
    if (this.hook) {
      const { virtual, privilege, pc } = state;
      const answer = this.hook({ ...trap, target, virtual, privilege, pc: pc >>> 0 });
      if (answer === 'stop') state.yielding = true;
      if (answer !== 'deliver') return;
    }
    if (target === 'M') this.#enterM(trap);
    else this.#enterHs(trap);
  }

  #enterM({ interrupt, cause, tval, gva, gpa, tinst }: Trap): void {
    const state = this.#state;
    const { mstatus, privilege } = state;
    state.mepc = state.pc;
    state.mcause = causeWord(interrupt, cause);
    state.mtval = tval | 0;
    state.mtval2 = Math.floor(gpa / 4) | 0;
    state.mtinst = tinst;
    state.mstatush = (gva ? MSTATUSH_GVA : 0) | (state.virtual ? MSTATUSH_MPV : 0);
    state.mstatus =
      (mstatus & ~(MSTATUS_MPP | MSTATUS_MPIE | MSTATUS_MIE)) |
      (privilege << MPP_SHIFT) |
      (mstatus & MSTATUS_MIE ? MSTATUS_MPIE : 0);
    state.virtual = false;
    state.privilege = M;
    state.pc = vector(state.mtvec, interrupt, cause);
  }

  #enterHs({ interrupt, cause, tval, gva, gpa, tinst }: Trap): void {
    const state = this.#state;
    const { mstatus, privilege, virtual } = state;
    state.sepc = state.pc;
    state.scause = causeWord(interrupt, cause);
    state.stval = tval | 0;
    state.htval = Math.floor(gpa / 4) | 0;
    state.htinst = tinst;
    let hstatus = state.hstatus & ~(HSTATUS_GVA | HSTATUS_SPV);
    if (gva) hstatus |= HSTATUS_GVA;
    // SPVP keeps its value when the trap does not come from V=1 (18.2.1).
    if (virtual) hstatus = (hstatus & ~HSTATUS_SPVP) | HSTATUS_SPV | (privilege === S ? HSTATUS_SPVP : 0);
    state.hstatus = hstatus;
    state.mstatus = stackSupervisor(mstatus, privilege);
    state.virtual = false;
    state.privilege = S;
    state.pc = vector(state.stvec, interrupt, cause);
  }

  #enterVs({ interrupt, cause, tval }: Trap): void {
    const state = this.#state;
    // A VS-level interrupt looks to the guest like the S-level one below it (18.2.2).
    const seen = interrupt ? cause - 1 : cause;
    state.vsepc = state.pc;
    state.vscause = causeWord(interrupt, seen);
    state.vstval = tval | 0;
    state.vsstatus = stackSupervisor(state.vsstatus, state.privilege);
    state.privilege = S;
    state.pc = vector(state.vstvec, interrupt, seen);
  }

  /** MRET (3.3.2), already allowed. */
  mret(): void {
    const state = this.#state;
    const { mstatus, mstatush } = state;
    const to = ((mstatus & MSTATUS_MPP) >> MPP_SHIFT) as Privilege;
    state.mstatus =
      (mstatus & ~(MSTATUS_MPP | MSTATUS_MIE | (to === M ? 0 : MSTATUS_MPRV))) |
      MSTATUS_MPIE |
      (mstatus & MSTATUS_MPIE ? MSTATUS_MIE : 0);
    state.mstatush = mstatush & ~MSTATUSH_MPV;
    state.virtual = to !== M && (mstatush & MSTATUSH_MPV) !== 0;
    state.privilege = to;
    state.pc = state.mepc;
    state.attention = true;
  }

  /** SRET in M, HS or VS mode (3.3.2, 18.4.2), already allowed. */
  sret(): void {
    const state = this.#state;
    state.attention = true;
    if (state.virtual) {
      state.privilege = state.vsstatus & MSTATUS_SPP ? S : U;
      state.vsstatus = unstackSupervisor(state.vsstatus);
      state.pc = state.vsepc;
      return;
    }
    state.privilege = state.mstatus & MSTATUS_SPP ? S : U;
    state.mstatus = unstackSupervisor(state.mstatus) & ~MSTATUS_MPRV;
    state.virtual = (state.hstatus & HSTATUS_SPV) !== 0;
    state.hstatus &= ~HSTATUS_SPV;
    state.pc = state.sepc;
  }

  /** An exception whose tval is not an address: illegal and virtual instructions have the instruction's bits, calls have 0. */
  exception(cause: number, tval: number): void {
    const gva = cause === CAUSE.breakpoint && this.#state.virtual;
    this.#state.trapped++;
    this.enter({ interrupt: false, cause, tval: tval >>> 0, gva, gpa: 0, tinst: 0 });
  }
}

function causeWord(interrupt: boolean, cause: number): number {
  return interrupt ? cause | (1 << 31) : cause;
}

/** Vectored mode counts for interrupts only (3.1.7). */
function vector(tvec: number, interrupt: boolean, cause: number): number {
  return ((tvec & ~3) + (interrupt && tvec & 1 ? cause * 4 : 0)) | 0;
}

function stackSupervisor(status: number, privilege: Privilege): number {
  return (
    (status & ~(MSTATUS_SPP | MSTATUS_SPIE | MSTATUS_SIE)) |
    (privilege === S ? MSTATUS_SPP : 0) |
    (status & MSTATUS_SIE ? MSTATUS_SPIE : 0)
  );
}

function unstackSupervisor(status: number): number {
  return (status & ~(MSTATUS_SPP | MSTATUS_SIE)) | MSTATUS_SPIE | (status & MSTATUS_SPIE ? MSTATUS_SIE : 0);
}
