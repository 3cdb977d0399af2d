/**
 * Loads and stores beyond the main loop's fast path: translation, protection, devices, misalignment, pages with decoded code.
 * Misaligned loads and stores work in RAM (Zicclsm), in two translations where they cross a page; at devices they trap, and so do
 * misaligned atomics anywhere.
 */
import {
  CAUSE,
  HSTATUS_SPVP,
  M,
  MPP_SHIFT,
  MSTATUS_MPP,
  MSTATUS_MPRV,
  MSTATUSH_MPV,
  type Privilege,
  S,
  U,
} from './bits.ts';
import type { CodeCache } from './codeCache.ts';
import {
  CONTEXT_HS,
  CONTEXT_M,
  CONTEXT_U,
  CONTEXT_VS,
  CONTEXT_VU,
  TAG_CODE,
  TLB_FETCH,
  TLB_LOAD,
  TLB_MASK,
  TLB_STORE,
  tlbStart,
} from './layout.ts';
import { type Access, type AccessMode, FAULT, type Mmu } from './mmu.ts';
import type { Pmp } from './pmp.ts';
import type { HartState } from './state.ts';
import { transformedInstruction } from './transform.ts';
import type { Traps } from './traps.ts';

type Width = 1 | 2 | 4;

export class MemoryAccess {
  readonly #state: HartState;
  readonly #mmu: Mmu;
  readonly #pmp: Pmp;
  readonly #traps: Traps;
  readonly #code: CodeCache;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  /** The last load or store trapped: the trap is entered already, and its result must not be used. */
  faulted = false;
  /** Set by {@link enterPage}: only one instruction may run before fetch permission is looked at again. */
  single = false;

  constructor(state: HartState, mmu: Mmu, pmp: Pmp, traps: Traps, code: CodeCache) {
    this.#state = state;
    this.#mmu = mmu;
    this.#pmp = pmp;
    this.#traps = traps;
    this.#code = code;
    this.#bytes = new Uint8Array(state.memory.buffer);
    this.#view = new DataView(state.memory.buffer);
  }

  /** After all entries changed at once. */
  pmpChanged(): void {
    this.#pmp.update();
  }

  /** The mode whose rules explicit accesses follow now: MPRV may lend another (3.1.6.3, 18.4.1). */
  dataMode(): AccessMode {
    const { mstatus, mstatush, privilege, virtual } = this.#state;
    if (!(mstatus & MSTATUS_MPRV)) return { privilege, virtual };
    const lent = ((mstatus & MSTATUS_MPP) >> MPP_SHIFT) as Privilege;
    return { privilege: lent, virtual: lent !== M && (mstatush & MSTATUSH_MPV) !== 0 };
  }

  /** The mode of HLV, HLVX and HSV (18.3.1). */
  guestMode(hlvx: boolean): AccessMode {
    return { privilege: this.#state.hstatus & HSTATUS_SPVP ? S : U, virtual: true, hlvx };
  }

  /** Reads an unsigned number for the instruction `raw`; when it traps, {@link faulted} is set. */
  load(va: number, width: Width, raw: number, mode: AccessMode = this.dataMode()): number {
    this.faulted = false;
    if (va & (width - 1)) return this.#loadMisaligned(va, width, raw, mode);
    const pa = this.#mmu.translate(va, width, TLB_LOAD, mode);
    if (pa === FAULT) return this.#memoryFault(va, va, raw, mode);
    const { memory } = this.#state;
    if (memory.contains(pa, width)) {
      if (!mode.hlvx) this.#remember(TLB_LOAD, va, pa, mode);
      const at = pa - memory.base + memory.ramOffset;
      if (width === 4) return this.#view.getUint32(at, true);
      return width === 2 ? this.#view.getUint16(at, true) : this.#bytes[at]!;
    }
    return this.#state.bus.load(pa, width) ?? this.#fault(CAUSE.loadAccess, va, va, raw, mode);
  }

  /** Writes the low `width` bytes of `value`; false when it trapped. */
  store(va: number, width: Width, value: number, raw: number, mode: AccessMode = this.dataMode()): boolean {
    this.faulted = false;
    const { memory } = this.#state;
    if (va & (width - 1)) return this.#storeMisaligned(va, width, value, raw, mode);
    if (this.#storeToCode(va, width, value, mode)) return true;
    const pa = this.#mmu.translate(va, width, TLB_STORE, mode);
    if (pa === FAULT) this.#memoryFault(va, va, raw, mode);
    else if (memory.contains(pa, width)) {
      this.#remember(TLB_STORE, va, pa, mode);
      this.#write(pa, width, value);
    } else if (!this.#state.bus.store(pa, width, value >>> 0)) {
      this.#fault(CAUSE.storeAccess, va, va, raw, mode);
    }
    return !this.faulted;
  }

  /**
   * A load by translated code: an aligned one from RAM that translates. Null for all else, before anything has happened: the
   * interpreter does it.
   */
  plainLoad(va: number, width: Width): number | null {
    if (va & (width - 1)) return null;
    const mode = this.dataMode();
    const pa = this.#mmu.translate(va, width, TLB_LOAD, mode);
    const { memory } = this.#state;
    if (pa === FAULT || !memory.contains(pa, width)) return null;
    this.#remember(TLB_LOAD, va, pa, mode);
    const at = pa - memory.base + memory.ramOffset;
    if (width === 4) return this.#view.getInt32(at, true);
    return width === 2 ? this.#view.getUint16(at, true) : this.#bytes[at]!;
  }

  /** A store by translated code, likewise; false when the interpreter has to do it. */
  plainStore(va: number, width: Width, value: number): boolean {
    if (va & (width - 1)) return false;
    const mode = this.dataMode();
    if (this.#storeToCode(va, width, value, mode)) return true;
    const pa = this.#mmu.translate(va, width, TLB_STORE, mode);
    if (pa === FAULT || !this.#state.memory.contains(pa, width)) return false;
    this.#remember(TLB_STORE, va, pa, mode);
    this.#write(pa, width, value);
    return true;
  }

  /** The physical address of an atomic's word, in RAM, writable unless `access` is a load; null when it trapped. */
  atomic(va: number, access: typeof TLB_LOAD | typeof TLB_STORE, raw: number): number | null {
    this.faulted = false;
    const mode = this.dataMode();
    const isLoad = access === TLB_LOAD;
    if (va & 3) this.#fault(isLoad ? CAUSE.loadMisaligned : CAUSE.storeMisaligned, va, va, raw, mode);
    else {
      const pa = this.#mmu.translate(va, 4, access, mode);
      if (pa === FAULT) this.#memoryFault(va, va, raw, mode);
      else if (this.#state.memory.contains(pa, 4)) return pa;
      else this.#fault(isLoad ? CAUSE.loadAccess : CAUSE.storeAccess, va, va, raw, mode);
    }
    return null;
  }

  /**
   * The word of the code cache where the instruction at the state's pc is, or −1 when fetching it trapped.
   */
  enterPage(pc: number): number {
    const { memory, words, privilege, virtual } = this.#state;
    const mode = { privilege, virtual };
    const entry = tlbStart(contextOf(mode), TLB_FETCH) + ((pc >>> 11) & TLB_MASK);
    this.single = false;
    if (words[entry] === (pc & ~0xfff)) return words[entry + 1]! + ((pc & 0xffe) << 1);
    const pa = this.#mmu.translate(pc, 2, TLB_FETCH, mode);
    if (pa === FAULT) return this.#fetchFault(pc, this.#mmu.cause);
    const page = pa - (pa % 4096);
    if (!memory.contains(page, 4096)) return this.#fetchFault(pc, CAUSE.fetchAccess);
    const start = this.#code.pageStart(page);
    this.single = !this.#pmp.uniform(page);
    if (!this.single) {
      words[entry] = pc & ~0xfff;
      words[entry + 1] = start;
    } else if ((pc & 0xfff) !== 0xffe) {
      // The second half of a long instruction may lie behind a border.
      const long = (memory.read16(pa) & 3) === 3;
      if (long && this.#mmu.translate(pc + 2, 2, TLB_FETCH, mode) === FAULT) {
        return this.#fetchFault(pc + 2, this.#mmu.cause);
      }
    }
    return start + ((pc & 0xffe) << 1);
  }

  /** The other half of an instruction whose first half is the last of its page, or −1 when fetching it trapped. */
  fetchSecondHalf(pc: number): number {
    const { memory, privilege, virtual } = this.#state;
    const second = (pc + 2) | 0;
    const pa = this.#mmu.translate(second, 2, TLB_FETCH, { privilege, virtual });
    if (pa === FAULT) return this.#fetchFault(second, this.#mmu.cause);
    return memory.contains(pa, 2) ? memory.read16(pa) : this.#fetchFault(second, CAUSE.fetchAccess);
  }

  #fetchFault(va: number, cause: number): -1 {
    const { virtual } = this.#state;
    const guest = cause === CAUSE.fetchGuestPage;
    this.#state.trapped++;
    this.#traps.enter({
      interrupt: false,
      cause,
      tval: va >>> 0,
      gva: virtual,
      gpa: guest ? this.#mmu.gpa : 0,
      tinst: guest ? this.#mmu.pseudo : 0,
    });
    return -1;
  }

  #memoryFault(va: number, start: number, raw: number, mode: AccessMode): number {
    const { cause, gpa, pseudo } = this.#mmu;
    return this.#fault(cause, va, start, raw, mode, gpa, pseudo);
  }

  /** Enters the trap of an access at `va` by an instruction whose own address is `start`. */
  #fault(
    cause: number,
    va: number,
    start: number,
    raw: number,
    mode: AccessMode,
    gpa = 0,
    pseudo = 0,
  ): number {
    this.faulted = true;
    const tinst = pseudo !== 0 ? pseudo : transformedInstruction(raw, (va - start) & 31);
    this.#state.trapped++;
    this.#traps.enter({ interrupt: false, cause, tval: va >>> 0, gva: mode.virtual, gpa, tinst });
    return 0;
  }

  /** Into a page with code that was written before: no walk, but its slots must go. False when it is no such page. */
  #storeToCode(va: number, width: Width, value: number, mode: AccessMode): boolean {
    const { memory, words } = this.#state;
    const entry = tlbStart(contextOf(mode), TLB_STORE) + ((va >>> 11) & TLB_MASK);
    if (words[entry] !== ((va & ~0xfff) | TAG_CODE)) return false;
    this.#write(((va + words[entry + 1]!) | 0) - memory.ramOffset + memory.base, width, value);
    return true;
  }

  #write(pa: number, width: Width, value: number): void {
    const { memory } = this.#state;
    const at = pa - memory.base + memory.ramOffset;
    if (width === 4) this.#view.setInt32(at, value, true);
    else if (width === 2) this.#view.setInt16(at, value, true);
    else this.#bytes[at] = value;
    this.#code.written(pa, width);
  }

  /** Puts the page into the TLB when the fast path may serve all of it. */
  #remember(kind: Access, va: number, pa: number, mode: AccessMode): void {
    const { memory, words } = this.#state;
    const page = pa - (pa % 4096);
    if (!this.#pmp.uniform(page)) return;
    const tag = va & ~0xfff;
    const entry = tlbStart(contextOf(mode), kind) + ((va >>> 11) & TLB_MASK);
    words[entry] = kind === TLB_STORE && this.#code.hasCode(page) ? tag | TAG_CODE : tag;
    words[entry + 1] = (page - memory.base + memory.ramOffset - tag) | 0;
  }

  /** The physical addresses of the bytes of a misaligned access, or null when it trapped. */
  #bytesOf(va: number, width: Width, access: Access, raw: number, mode: AccessMode): number[] | null {
    const isLoad = access === TLB_LOAD;
    const addresses: number[] = [];
    for (let i = 0; i < width; i++) {
      const at = (va + i) | 0;
      const sameBlock = i > 0 && (at & 3) !== 0;
      const pa = sameBlock ? addresses[i - 1]! + 1 : this.#mmu.translate(at, 1, access, mode);
      if (pa === FAULT) {
        this.#memoryFault(at, va, raw, mode);
        return null;
      }
      if (!this.#state.memory.contains(pa, 1)) {
        this.#fault(isLoad ? CAUSE.loadMisaligned : CAUSE.storeMisaligned, va, va, raw, mode);
        return null;
      }
      addresses.push(pa);
    }
    return addresses;
  }

  #loadMisaligned(va: number, width: Width, raw: number, mode: AccessMode): number {
    const addresses = this.#bytesOf(va, width, TLB_LOAD, raw, mode);
    if (addresses === null) return 0;
    const { memory } = this.#state;
    return addresses.reduce((value, pa, i) => value | (memory.read8(pa) << (8 * i)), 0) >>> 0;
  }

  #storeMisaligned(va: number, width: Width, value: number, raw: number, mode: AccessMode): boolean {
    const addresses = this.#bytesOf(va, width, TLB_STORE, raw, mode);
    if (addresses === null) return false;
    for (const [i, pa] of addresses.entries()) this.#write(pa, 1, (value >>> (8 * i)) & 0xff);
    return true;
  }
}

/** The TLBs that accesses by the rules of `mode` use. */
export function contextOf({ privilege, virtual }: AccessMode): number {
  if (privilege === M) return CONTEXT_M;
  if (virtual) return privilege === S ? CONTEXT_VS : CONTEXT_VU;
  return privilege === S ? CONTEXT_HS : CONTEXT_U;
}
