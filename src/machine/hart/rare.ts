/** Instructions that the main loop leaves aside: SYSTEM, atomics, and whatever is illegal. */
import type { MemoryAccess } from './access.ts';
import {
  CAUSE,
  HSTATUS_HU,
  HSTATUS_VTSR,
  HSTATUS_VTVM,
  HSTATUS_VTW,
  M,
  MSTATUS_TSR,
  MSTATUS_TVM,
  MSTATUS_TW,
  S,
  U,
} from './bits.ts';
import type { CodeCache } from './codeCache.ts';
import type { CsrFile } from './csr.ts';
import { TLB_LOAD, TLB_STORE } from './layout.ts';
import type { HartState } from './state.ts';
import type { Traps } from './traps.ts';

const ECALL = 0x0000_0073;
const EBREAK = 0x0010_0073;
const SRET = 0x1020_0073;
const MRET = 0x3020_0073;
const WFI = 0x1050_0073;
/** funct7 of instructions that name registers under SYSTEM's funct3 0. */
const SFENCE_VMA = 0x09;
const HFENCE_VVMA = 0x11;
const HFENCE_GVMA = 0x31;
/** C.EBREAK, whose bits are its own. */
const C_EBREAK = 0x9002;

export class RareInstructions {
  readonly #state: HartState;
  readonly #traps: Traps;
  readonly #access: MemoryAccess;
  readonly #csr: CsrFile;
  readonly #code: CodeCache;

  constructor(state: HartState, traps: Traps, access: MemoryAccess, csr: CsrFile, code: CodeCache) {
    this.#state = state;
    this.#traps = traps;
    this.#access = access;
    this.#csr = csr;
    this.#code = code;
  }

  /** Executes the instruction `raw` at the state's pc, which then is the next one's or a handler's. `length` is in bytes. */
  execute(raw: number, length: number): void {
    if (raw === C_EBREAK && length === 2) this.#breakpoint();
    else if (length === 2) this.#illegal(raw);
    else if ((raw & 0x7f) === 0x2f && ((raw >> 12) & 7) === 2) this.#atomic(raw);
    else if ((raw & 0x7f) === 0x73) this.#system(raw);
    else this.#illegal(raw);
  }

  #illegal(raw: number): void {
    this.#traps.exception(CAUSE.illegalInstruction, raw);
  }

  #refuse(cause: number, raw: number): void {
    this.#traps.exception(cause, raw);
  }

  #breakpoint(): void {
    this.#traps.exception(CAUSE.breakpoint, this.#state.pc);
  }

  #retire(rd: number, value: number): void {
    if (rd !== 0) this.#state.x[rd] = value;
    this.#state.pc = (this.#state.pc + 4) | 0;
  }

  #system(raw: number) {
    const f3 = (raw >> 12) & 7;
    if (f3 === 0) this.#privileged(raw);
    else if (f3 === 4) this.#guestAccess(raw);
    else this.#csrInstruction(raw, f3);
  }

  #csrInstruction(raw: number, f3: number): void {
    const field = (raw >> 15) & 31;
    const operand = f3 & 4 ? field : this.#state.x[field]!;
    const old = this.#csr.execute(raw >>> 20, f3 & 3, operand, (f3 & 3) === 1 || field !== 0);
    if (old === null) this.#refuse(this.#csr.refusal, raw);
    else this.#retire((raw >> 7) & 31, old);
  }

  #privileged(raw: number) {
    const state = this.#state;
    const { privilege, virtual, mstatus, hstatus } = state;
    switch (raw) {
      case ECALL: {
        const cause =
          privilege === M
            ? CAUSE.ecallM
            : privilege === U
              ? CAUSE.ecallU
              : virtual
                ? CAUSE.ecallVS
                : CAUSE.ecallS;
        return this.#traps.exception(cause, 0);
      }
      case EBREAK:
        return this.#breakpoint();
      case MRET:
        return privilege === M ? this.#traps.mret() : this.#illegal(raw);
      case SRET:
        if (virtual && (privilege === U || hstatus & HSTATUS_VTSR)) {
          return this.#refuse(CAUSE.virtualInstruction, raw);
        }
        if (privilege === U || (privilege === S && !virtual && mstatus & MSTATUS_TSR))
          return this.#illegal(raw);
        return this.#traps.sret();
      case WFI:
        return this.#waitForInterrupt(raw);
    }
    if ((raw & 0x7fff) !== 0x73) return this.#illegal(raw);
    switch (raw >>> 25) {
      case SFENCE_VMA:
        if (virtual && (privilege === U || hstatus & HSTATUS_VTVM)) {
          return this.#refuse(CAUSE.virtualInstruction, raw);
        }
        if (privilege === U || (privilege === S && !virtual && mstatus & MSTATUS_TVM))
          return this.#illegal(raw);
        break;
      case HFENCE_VVMA:
      case HFENCE_GVMA: {
        if (virtual) return this.#refuse(CAUSE.virtualInstruction, raw);
        const trapped = raw >>> 25 === HFENCE_GVMA && (mstatus & MSTATUS_TVM) !== 0;
        if (privilege === U || (privilege === S && trapped)) return this.#illegal(raw);
        break;
      }
      default:
        return this.#illegal(raw);
    }
    // Fences may always do more than they are asked (10.2.1): all translations go.
    state.flushTlbs();
    this.#retire(0, 0);
  }

  /** The time limit of TW and VTW is zero: where they apply WFI traps at once (3.1.6.5, 18.6.1). */
  #waitForInterrupt(raw: number) {
    const state = this.#state;
    const { privilege, virtual, mstatus, hstatus } = state;
    if (privilege !== M && mstatus & MSTATUS_TW) return this.#illegal(raw);
    if (virtual && (privilege === U || hstatus & HSTATUS_VTW))
      return this.#refuse(CAUSE.virtualInstruction, raw);
    if (privilege === U) return this.#illegal(raw);
    state.waiting = true;
    state.attention = true;
    this.#retire(0, 0);
  }

  /** HLV, HLVX, HSV (18.3.1). */
  #guestAccess(raw: number) {
    const { privilege, virtual, hstatus, x } = this.#state;
    const f7 = raw >>> 25;
    const kind = (raw >> 20) & 31;
    const isStore = (f7 & 1) === 1;
    const width = ([1, 2, 4] as const)[(f7 - 0x30) >> 1];
    const rd = (raw >> 7) & 31;
    // rs2 says: 0 signed, 1 unsigned, 3 HLVX; a word has no unsigned form on RV32, a byte no HLVX.
    const known = isStore
      ? rd === 0
      : kind === 0 || (kind === 1 && width !== 4) || (kind === 3 && width !== 1);
    if (width === undefined || f7 < 0x30 || !known) return this.#illegal(raw);
    if (virtual) return this.#refuse(CAUSE.virtualInstruction, raw);
    if (privilege === U && !(hstatus & HSTATUS_HU)) return this.#illegal(raw);
    const address = x[(raw >> 15) & 31]!;
    const mode = this.#access.guestMode(!isStore && kind === 3);
    if (isStore) {
      if (this.#access.store(address, width, x[kind]!, raw, mode)) this.#retire(0, 0);
      return;
    }
    const value = this.#access.load(address, width, raw, mode);
    if (this.#access.faulted) return;
    this.#retire(
      rd,
      kind !== 0 || width === 4 ? value : width === 2 ? (value << 16) >> 16 : (value << 24) >> 24,
    );
  }

  /** The A extension; aq and rl order nothing that is not ordered already. */
  #atomic(raw: number) {
    const { x, memory } = this.#state;
    const state = this.#state;
    const f5 = raw >>> 27;
    const rd = (raw >> 7) & 31;
    const rs2 = (raw >> 20) & 31;
    const address = x[(raw >> 15) & 31]!;
    if (f5 === 2) {
      if (rs2 !== 0) return this.#illegal(raw);
      const pa = this.#access.atomic(address, TLB_LOAD, raw);
      if (pa === null) return;
      state.reservation = pa;
      state.reservedAt = memory.foreignWrites;
      return this.#retire(rd, memory.read32(pa) | 0);
    }
    if (f5 === 3) {
      const pa = this.#access.atomic(address, TLB_STORE, raw);
      if (pa === null) return;
      const holds = state.reservation === pa && state.reservedAt === memory.foreignWrites;
      state.reservation = -1;
      if (holds) this.#code.storeWord(pa, x[rs2]!);
      return this.#retire(rd, holds ? 0 : 1);
    }
    const combine = amoOperations[f5];
    if (!combine) return this.#illegal(raw);
    const pa = this.#access.atomic(address, TLB_STORE, raw);
    if (pa === null) return;
    const old = memory.read32(pa) | 0;
    this.#code.storeWord(pa, combine(old, x[rs2]!));
    this.#retire(rd, old);
  }
}

/** By funct5. */
const amoOperations: Readonly<Partial<Record<number, (memory: number, register: number) => number>>> = {
  0: (a, b) => (a + b) | 0,
  1: (_, b) => b,
  4: (a, b) => a ^ b,
  8: (a, b) => a | b,
  12: (a, b) => a & b,
  16: (a, b) => Math.min(a, b),
  20: (a, b) => Math.max(a, b),
  24: (a, b) => (a >>> 0 < b >>> 0 ? a : b),
  28: (a, b) => (a >>> 0 > b >>> 0 ? a : b),
};
