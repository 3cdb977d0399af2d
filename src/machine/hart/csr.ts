/** Who may access which CSR (Privileged Architecture 2.1, 3.1.6.5, 18.2.8, 18.6.1), and what the instruction does. */
import { CAUSE, HSTATUS_VTVM, M, MSTATUS_TVM, S, U } from './bits.ts';
import { type Csr, type CsrContext, csrs } from './csrTable.ts';

const SATP = 0x180;
const HGATP = 0x680;
/** Supervisor CSRs that have a VS twin 0x100 higher, which takes their place in V=1 (18.2). */
const TWINS = new Set([0x100, 0x104, 0x105, 0x140, 0x141, 0x142, 0x143, 0x144, SATP]);

/** Exception codes of a refused access, or 0. */
type Refusal = 0 | typeof CAUSE.illegalInstruction | typeof CAUSE.virtualInstruction;

export class CsrFile {
  readonly #context: CsrContext;

  constructor(context: CsrContext) {
    this.#context = context;
  }

  /** The register that `number` names in the present mode. */
  #named(number: number): Csr | undefined {
    return csrs.get(this.#context.state.virtual && TWINS.has(number) ? number + 0x100 : number);
  }

  #refuses(number: number, write: boolean): Refusal {
    const { privilege, virtual, mstatus, hstatus } = this.#context.state;
    if (!csrs.has(number) || (write && number >> 10 === 3)) return CAUSE.illegalInstruction;
    const level = (number >> 8) & 3;
    if (privilege === M) return 0;
    if (level === 3) return CAUSE.illegalInstruction;
    if (virtual) {
      if (level === 2 || (level === 1 && privilege === U)) return CAUSE.virtualInstruction;
      if (number === SATP && hstatus & HSTATUS_VTVM) return CAUSE.virtualInstruction;
    } else {
      // HS-mode has level 2.
      if (level > (privilege === S ? 2 : 0)) return CAUSE.illegalInstruction;
      if ((number === SATP || number === HGATP) && mstatus & MSTATUS_TVM) return CAUSE.illegalInstruction;
    }
    return number >> 8 === 0xc ? this.#refusesCounter(1 << (number & 31)) : 0;
  }

  #refusesCounter(bit: number): Refusal {
    const { privilege, virtual, mcounteren, hcounteren, scounteren } = this.#context.state;
    if (!(mcounteren & bit)) return CAUSE.illegalInstruction;
    if (virtual && !(hcounteren & bit)) return CAUSE.virtualInstruction;
    if (privilege === U && !(scounteren & bit)) {
      return virtual ? CAUSE.virtualInstruction : CAUSE.illegalInstruction;
    }
    return 0;
  }

  /**
   * CSRRW, CSRRS or CSRRC (`kind` 1, 2, 3) with `operand`; `write` is false when CSRRS and CSRRC name x0 or 0.
   * Gives the old value, or null after which {@link refusal} is the exception code.
   */
  execute(number: number, kind: number, operand: number, write: boolean): number | null {
    this.refusal = this.#refuses(number, write);
    if (this.refusal !== 0) return null;
    const csr = this.#named(number)!;
    const old = csr.read(this.#context);
    if (write) {
      const start = csr.modify ? csr.modify(this.#context) : old;
      csr.write?.(this.#context, kind === 1 ? operand : kind === 2 ? start | operand : start & ~operand);
    }
    return old;
  }
  refusal: Refusal = 0;

  /** What a debugger sees and sets: no access rules, and no swapping in V=1. */
  peek(number: number): number | undefined {
    return csrs.get(number)?.read(this.#context);
  }

  poke(number: number, value: number): void {
    this.#context.counters.debugger = true;
    csrs.get(number)?.write?.(this.#context, value | 0);
    this.#context.counters.debugger = false;
  }
}
