/**
 * Address translation: Sv32 (Privileged Architecture 10.3) for S, U, VS and VU, Sv32x4 (18.5) behind it when V=1.
 * A and D bits follow Svade, a page fault when one must be set, unless ADUE of menvcfg (stage 1 of HS and U, and stage 2) or
 * henvcfg (stage 1 of VS and VU) asks for updates by hardware (Svadu). Page tables must lie in RAM.
 */
import {
  CAUSE,
  ENVCFGH_ADUE,
  M,
  MSTATUS_MXR,
  MSTATUS_SUM,
  type Privilege,
  PTE_A,
  PTE_D,
  PTE_R,
  PTE_U,
  PTE_V,
  PTE_W,
  PTE_X,
  S,
  U,
} from './bits.ts';
import type { CodeCache } from './codeCache.ts';
import { TLB_FETCH, TLB_LOAD, TLB_STORE } from './layout.ts';
import { PMP_R, PMP_W, PMP_X, type Pmp } from './pmp.ts';
import type { HartState } from './state.ts';

/** What an access wants; the numbers are those of the TLBs. */
export type Access = typeof TLB_FETCH | typeof TLB_LOAD | typeof TLB_STORE;

/** Returned instead of a physical address; {@link Mmu.cause} says why. */
export const FAULT = -1;

/** Pseudoinstructions for stage-2 faults of implicit accesses (18.6.3, table of special values). */
const READ_PTE = 0x2000;
const WRITE_PTE = 0x2020;

const ACCESS_FAULT = [CAUSE.fetchAccess, CAUSE.loadAccess, CAUSE.storeAccess] as const;
const PAGE_FAULT = [CAUSE.fetchPage, CAUSE.loadPage, CAUSE.storePage] as const;
const GUEST_PAGE_FAULT = [CAUSE.fetchGuestPage, CAUSE.loadGuestPage, CAUSE.storeGuestPage] as const;
const RIGHT = [PMP_X, PMP_R, PMP_W] as const;

/** Whose rules a translation follows: the mode of the access, which need not be the hart's (MPRV, HLV). */
export interface AccessMode {
  readonly privilege: Privilege;
  readonly virtual: boolean;
  /** HLVX: execute permission stands for read permission. */
  readonly hlvx?: boolean;
}

export class Mmu {
  readonly #state: HartState;
  readonly #pmp: Pmp;
  readonly #code: CodeCache;
  /** Of the last fault: exception code, guest physical address (guest-page faults, else 0), pseudoinstruction or 0. */
  cause = 0;
  gpa = 0;
  pseudo = 0;

  constructor(state: HartState, pmp: Pmp, code: CodeCache) {
    this.#state = state;
    this.#pmp = pmp;
    this.#code = code;
  }

  /** The physical address of `width` bytes at `va` (which do not cross a page), or {@link FAULT}. */
  translate(va: number, width: number, access: Access, mode: AccessMode): number {
    const pa = this.#stages(va, access, mode);
    if (pa === FAULT) return FAULT;
    if (this.#pmp.allows(pa, width, RIGHT[access], mode.privilege)) return pa;
    return this.#fail(ACCESS_FAULT[access]);
  }

  #stages(va: number, access: Access, mode: AccessMode): number {
    const state = this.#state;
    if (!mode.virtual) {
      if (mode.privilege === M || state.satp >= 0) return va >>> 0;
      return this.#stage1(state.satp, va, access, mode);
    }
    const gpa = state.vsatp >= 0 ? va >>> 0 : this.#stage1(state.vsatp, va, access, mode);
    return gpa === FAULT ? FAULT : this.#stage2(gpa, access, access, mode.hlvx === true, 0);
  }

  #stage1(satp: number, va: number, access: Access, mode: AccessMode): number {
    const state = this.#state;
    const status = mode.virtual ? state.vsstatus : state.mstatus;
    const mxr = ((status | state.mstatus) & MSTATUS_MXR) !== 0;
    const hardware = ((mode.virtual ? state.henvcfgh & state.menvcfgh : state.menvcfgh) & ENVCFGH_ADUE) !== 0;
    let table = (satp & 0x3f_ffff) * 4096;
    for (let level = 1; level >= 0; level--) {
      const at = table + (level === 1 ? va >>> 22 : (va >>> 12) & 0x3ff) * 4;
      const pa = mode.virtual ? this.#stage2(at, TLB_LOAD, access, false, READ_PTE) : at;
      if (pa === FAULT) return FAULT;
      const pte = this.#readPte(pa, access);
      if (pte === null) return FAULT;
      if (!valid(pte)) return this.#fail(PAGE_FAULT[access]);
      const ppn = pte >>> 10;
      if ((pte & (PTE_R | PTE_X)) === 0) {
        if (pte & (PTE_A | PTE_D | PTE_U)) return this.#fail(PAGE_FAULT[access]);
        table = ppn * 4096;
        continue;
      }
      const user = (pte & PTE_U) !== 0;
      const userAllowed = user
        ? mode.privilege === U || (access !== TLB_FETCH && (status & MSTATUS_SUM) !== 0)
        : mode.privilege === S;
      const misaligned = level === 1 && (ppn & 0x3ff) !== 0;
      if (misaligned || !userAllowed || !permits(pte, access, mxr, mode.hlvx === true)) {
        return this.#fail(PAGE_FAULT[access]);
      }
      const missing = missingBits(pte, access);
      if (missing !== 0) {
        if (!hardware) return this.#fail(PAGE_FAULT[access]);
        const writable = mode.virtual ? this.#stage2(at, TLB_STORE, access, false, WRITE_PTE) : at;
        if (writable === FAULT || !this.#writePte(writable, pte | missing, access)) return FAULT;
      }
      return leafAddress(ppn, level, va >>> 0);
    }
    return this.#fail(PAGE_FAULT[access]);
  }

  /** Sv32x4: `access` is what stage 2 must permit, `original` what the instruction does and the fault is named after. */
  #stage2(gpa: number, access: Access, original: Access, hlvx: boolean, pseudo: number): number {
    const { hgatp, mstatus, menvcfgh } = this.#state;
    if (hgatp >= 0) return gpa;
    let table = (hgatp & 0x3f_fffc) * 4096;
    for (let level = 1; level >= 0; level--) {
      const index = level === 1 ? Math.floor(gpa / 2 ** 22) : Math.floor(gpa / 4096) & 0x3ff;
      const pa = table + index * 4;
      const pte = this.#readPte(pa, original);
      if (pte === null) return FAULT;
      if (!valid(pte)) break;
      const ppn = pte >>> 10;
      if ((pte & (PTE_R | PTE_X)) === 0) {
        if (pte & (PTE_A | PTE_D | PTE_U)) break;
        table = ppn * 4096;
        continue;
      }
      const misaligned = level === 1 && (ppn & 0x3ff) !== 0;
      // All stage-2 accesses count as user accesses (18.5.1).
      if (misaligned || !(pte & PTE_U) || !permits(pte, access, (mstatus & MSTATUS_MXR) !== 0, hlvx)) break;
      const missing = missingBits(pte, access);
      if (missing !== 0) {
        if (!(menvcfgh & ENVCFGH_ADUE)) break;
        if (!this.#writePte(pa, pte | missing, original)) return FAULT;
      }
      return leafAddress(ppn, level, gpa);
    }
    this.#fail(GUEST_PAGE_FAULT[original]);
    this.gpa = gpa;
    this.pseudo = pseudo;
    return FAULT;
  }

  #fail(cause: number): typeof FAULT {
    this.cause = cause;
    this.gpa = 0;
    this.pseudo = 0;
    return FAULT;
  }

  /** Implicit accesses are made with S-level rights (3.7.2). */
  #readPte(pa: number, access: Access): number | null {
    const { memory } = this.#state;
    if (memory.contains(pa, 4) && this.#pmp.allows(pa, 4, PMP_R, S)) return memory.read32(pa) | 0;
    this.#fail(ACCESS_FAULT[access]);
    return null;
  }

  #writePte(pa: number, pte: number, access: Access): boolean {
    if (this.#pmp.allows(pa, 4, PMP_W, S)) {
      this.#code.storeWord(pa, pte);
      return true;
    }
    this.#fail(ACCESS_FAULT[access]);
    return false;
  }
}

/** V set, and not the reserved encoding of W without R. */
function valid(pte: number): boolean {
  return (pte & PTE_V) !== 0 && (pte & (PTE_R | PTE_W)) !== PTE_W;
}

function permits(pte: number, access: Access, mxr: boolean, hlvx: boolean): boolean {
  if (access === TLB_FETCH || hlvx) return (pte & PTE_X) !== 0;
  if (access === TLB_STORE) return (pte & PTE_W) !== 0;
  return (pte & PTE_R) !== 0 || (mxr && (pte & PTE_X) !== 0);
}

/** Which of A and D the access needs and the entry lacks. */
function missingBits(pte: number, access: Access): number {
  return (access === TLB_STORE ? PTE_A | PTE_D : PTE_A) & ~pte;
}

/** `address` is at most 34 bits. */
function leafAddress(ppn: number, level: number, address: number): number {
  return level === 1 ? (ppn >>> 10) * 2 ** 22 + (address % 2 ** 22) : ppn * 4096 + (address % 4096);
}
