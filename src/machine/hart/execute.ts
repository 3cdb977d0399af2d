/**
 * The main loop: one switch over decoded operations. Addresses that a TLB knows are served here, the rest goes to access.ts and rare.ts.
 * The numbers of the cases are those of operations.ts. A slot is four words per halfword, so the pc is `(i >> 1) + pcDelta`.
 */
import type { MemoryAccess } from './access.ts';
import { contextOf } from './access.ts';
import {
  divide,
  divideUnsigned,
  multiplyHigh,
  multiplyHighSignedUnsigned,
  multiplyHighUnsigned,
  remainder,
  remainderUnsigned,
} from './arithmetic.ts';
import { type CodeCache, CROSS_START } from './codeCache.ts';
import { TLB_FETCH, TLB_LOAD, TLB_STORE, tlbStart } from './layout.ts';
import { MARK } from './operations.ts';
import type { RareInstructions } from './rare.ts';
import type { HartState } from './state.ts';

export class Executor {
  readonly #state: HartState;
  readonly #access: MemoryAccess;
  readonly #rare: RareInstructions;
  readonly #cache: CodeCache;
  readonly #i8: Int8Array;
  readonly #u8: Uint8Array;
  readonly #i16: Int16Array;
  readonly #u16: Uint16Array;
  readonly #i32: Int32Array;

  constructor(state: HartState, access: MemoryAccess, rare: RareInstructions, cache: CodeCache) {
    this.#state = state;
    this.#access = access;
    this.#rare = rare;
    this.#cache = cache;
    const { buffer } = state.memory;
    this.#i8 = new Int8Array(buffer);
    this.#u8 = new Uint8Array(buffer);
    this.#i16 = new Int16Array(buffer);
    this.#u16 = new Uint16Array(buffer);
    this.#i32 = new Int32Array(buffer);
  }

  /**
   * Executes from the state's pc, at most `budget` instructions, 1 or more; returns early when the state asks for attention, after a
   * trap, and where control comes to an instruction that translated code begins with, when `stopAtMarks`. Counts into the state's cycles.
   */
  execute(budget: number, stopAtMarks = false): void {
    const state = this.#state;
    state.cycles = this.#loop(budget, stopAtMarks ? MARK | 63 : 63);
  }

  /** Returns the state's cycles after it. */
  #loop(budget: number, mask: number): number {
    const state = this.#state;
    const access = this.#access;
    const { x, words, cycles: base } = state;
    const i8 = this.#i8;
    const u8 = this.#u8;
    const i16 = this.#i16;
    const u16 = this.#u16;
    const i32 = this.#i32;
    const loads = tlbStart(contextOf(access.dataMode()), TLB_LOAD);
    const stores = tlbStart(contextOf(access.dataMode()), TLB_STORE);
    const fetches = tlbStart(contextOf(state), TLB_FETCH);
    let i = access.enterPage(state.pc);
    if (i < 0) return base + 1;
    const code = this.#cache.code;
    let pcDelta = (state.pc - (i >> 1)) | 0;
    const limit = access.single ? 1 : budget;
    /** Where a jump that may leave the page goes. */
    let target = 0;
    let far = false;
    /** Something outside this loop ran and may have asked for attention. */
    let slow = false;
    let va = 0;
    let v = 0;
    let entry = 0;
    for (let n = 0; n < limit; n++) {
      const w = code[i + 1]!;
      switch (code[i]! & mask) {
        case 1: // lui
          x[w & 255] = code[i + 2]!;
          break;
        case 2: // auipc
          x[w & 255] = (i >> 1) + pcDelta + code[i + 2]!;
          break;
        case 3: // jal near
          x[w & 255] = (i >> 1) + pcDelta + (w >>> 25);
          i += code[i + 2]!;
          continue;
        case 4: // jal far
          target = ((i >> 1) + pcDelta + code[i + 2]!) | 0;
          x[w & 255] = (i >> 1) + pcDelta + (w >>> 25);
          far = true;
          break;
        case 5: // jalr
          target = (x[(w >> 8) & 255]! + code[i + 2]!) & ~1;
          x[w & 255] = (i >> 1) + pcDelta + (w >>> 25);
          far = true;
          break;
        case 6: // beq near
          i += x[(w >> 8) & 255]! === x[(w >> 16) & 255]! ? code[i + 2]! : w >>> 24;
          continue;
        case 7: // bne near
          i += x[(w >> 8) & 255]! !== x[(w >> 16) & 255]! ? code[i + 2]! : w >>> 24;
          continue;
        case 8: // blt near
          i += x[(w >> 8) & 255]! < x[(w >> 16) & 255]! ? code[i + 2]! : w >>> 24;
          continue;
        case 9: // bge near
          i += x[(w >> 8) & 255]! >= x[(w >> 16) & 255]! ? code[i + 2]! : w >>> 24;
          continue;
        case 10: // bltu near
          i += x[(w >> 8) & 255]! >>> 0 < x[(w >> 16) & 255]! >>> 0 ? code[i + 2]! : w >>> 24;
          continue;
        case 11: // bgeu near
          i += x[(w >> 8) & 255]! >>> 0 >= x[(w >> 16) & 255]! >>> 0 ? code[i + 2]! : w >>> 24;
          continue;
        case 12: // beq far
          if (x[(w >> 8) & 255]! === x[(w >> 16) & 255]!) {
            target = ((i >> 1) + pcDelta + code[i + 2]!) | 0;
            far = true;
          }
          break;
        case 13: // bne far
          if (x[(w >> 8) & 255]! !== x[(w >> 16) & 255]!) {
            target = ((i >> 1) + pcDelta + code[i + 2]!) | 0;
            far = true;
          }
          break;
        case 14: // blt far
          if (x[(w >> 8) & 255]! < x[(w >> 16) & 255]!) {
            target = ((i >> 1) + pcDelta + code[i + 2]!) | 0;
            far = true;
          }
          break;
        case 15: // bge far
          if (x[(w >> 8) & 255]! >= x[(w >> 16) & 255]!) {
            target = ((i >> 1) + pcDelta + code[i + 2]!) | 0;
            far = true;
          }
          break;
        case 16: // bltu far
          if (x[(w >> 8) & 255]! >>> 0 < x[(w >> 16) & 255]! >>> 0) {
            target = ((i >> 1) + pcDelta + code[i + 2]!) | 0;
            far = true;
          }
          break;
        case 17: // bgeu far
          if (x[(w >> 8) & 255]! >>> 0 >= x[(w >> 16) & 255]! >>> 0) {
            target = ((i >> 1) + pcDelta + code[i + 2]!) | 0;
            far = true;
          }
          break;
        case 18: // lb
          va = (x[(w >> 8) & 255]! + code[i + 2]!) | 0;
          entry = loads + ((va >>> 11) & 510);
          if ((va & ~0xfff) === words[entry]) {
            x[w & 255] = i8[(va + words[entry + 1]!) | 0]!;
            break;
          }
          state.pc = (i >> 1) + pcDelta;
          state.cycles = base + n;
          v = access.load(va, 1, code[i + 3]!);
          if (access.faulted) return base + n + 1;
          x[w & 255] = (v << 24) >> 24;
          slow = true;
          break;
        case 19: // lh
          va = (x[(w >> 8) & 255]! + code[i + 2]!) | 0;
          entry = loads + ((va >>> 11) & 510);
          if ((va & ~0xffe) === words[entry]) {
            x[w & 255] = i16[((va + words[entry + 1]!) | 0) >> 1]!;
            break;
          }
          state.pc = (i >> 1) + pcDelta;
          state.cycles = base + n;
          v = access.load(va, 2, code[i + 3]!);
          if (access.faulted) return base + n + 1;
          x[w & 255] = (v << 16) >> 16;
          slow = true;
          break;
        case 20: // lw
          va = (x[(w >> 8) & 255]! + code[i + 2]!) | 0;
          entry = loads + ((va >>> 11) & 510);
          if ((va & ~0xffc) === words[entry]) {
            x[w & 255] = i32[((va + words[entry + 1]!) | 0) >> 2]!;
            break;
          }
          state.pc = (i >> 1) + pcDelta;
          state.cycles = base + n;
          v = access.load(va, 4, code[i + 3]!);
          if (access.faulted) return base + n + 1;
          x[w & 255] = v;
          slow = true;
          break;
        case 21: // lbu
          va = (x[(w >> 8) & 255]! + code[i + 2]!) | 0;
          entry = loads + ((va >>> 11) & 510);
          if ((va & ~0xfff) === words[entry]) {
            x[w & 255] = u8[(va + words[entry + 1]!) | 0]!;
            break;
          }
          state.pc = (i >> 1) + pcDelta;
          state.cycles = base + n;
          v = access.load(va, 1, code[i + 3]!);
          if (access.faulted) return base + n + 1;
          x[w & 255] = v;
          slow = true;
          break;
        case 22: // lhu
          va = (x[(w >> 8) & 255]! + code[i + 2]!) | 0;
          entry = loads + ((va >>> 11) & 510);
          if ((va & ~0xffe) === words[entry]) {
            x[w & 255] = u16[((va + words[entry + 1]!) | 0) >> 1]!;
            break;
          }
          state.pc = (i >> 1) + pcDelta;
          state.cycles = base + n;
          v = access.load(va, 2, code[i + 3]!);
          if (access.faulted) return base + n + 1;
          x[w & 255] = v;
          slow = true;
          break;
        case 23: // sb
          va = (x[(w >> 8) & 255]! + code[i + 2]!) | 0;
          entry = stores + ((va >>> 11) & 510);
          if ((va & ~0xfff) === words[entry]) {
            i8[(va + words[entry + 1]!) | 0] = x[(w >> 16) & 255]!;
            break;
          }
          state.pc = (i >> 1) + pcDelta;
          state.cycles = base + n;
          if (!access.store(va, 1, x[(w >> 16) & 255]!, code[i + 3]!)) return base + n + 1;
          slow = true;
          break;
        case 24: // sh
          va = (x[(w >> 8) & 255]! + code[i + 2]!) | 0;
          entry = stores + ((va >>> 11) & 510);
          if ((va & ~0xffe) === words[entry]) {
            i16[((va + words[entry + 1]!) | 0) >> 1] = x[(w >> 16) & 255]!;
            break;
          }
          state.pc = (i >> 1) + pcDelta;
          state.cycles = base + n;
          if (!access.store(va, 2, x[(w >> 16) & 255]!, code[i + 3]!)) return base + n + 1;
          slow = true;
          break;
        case 25: // sw
          va = (x[(w >> 8) & 255]! + code[i + 2]!) | 0;
          entry = stores + ((va >>> 11) & 510);
          if ((va & ~0xffc) === words[entry]) {
            i32[((va + words[entry + 1]!) | 0) >> 2] = x[(w >> 16) & 255]!;
            break;
          }
          state.pc = (i >> 1) + pcDelta;
          state.cycles = base + n;
          if (!access.store(va, 4, x[(w >> 16) & 255]!, code[i + 3]!)) return base + n + 1;
          slow = true;
          break;
        case 26: // addi
          x[w & 255] = x[(w >> 8) & 255]! + code[i + 2]!;
          break;
        case 27: // slti
          x[w & 255] = x[(w >> 8) & 255]! < code[i + 2]! ? 1 : 0;
          break;
        case 28: // sltiu
          x[w & 255] = x[(w >> 8) & 255]! >>> 0 < code[i + 2]! >>> 0 ? 1 : 0;
          break;
        case 29: // xori
          x[w & 255] = x[(w >> 8) & 255]! ^ code[i + 2]!;
          break;
        case 30: // ori
          x[w & 255] = x[(w >> 8) & 255]! | code[i + 2]!;
          break;
        case 31: // andi
          x[w & 255] = x[(w >> 8) & 255]! & code[i + 2]!;
          break;
        case 32: // slli
          x[w & 255] = x[(w >> 8) & 255]! << code[i + 2]!;
          break;
        case 33: // srli
          x[w & 255] = x[(w >> 8) & 255]! >>> code[i + 2]!;
          break;
        case 34: // srai
          x[w & 255] = x[(w >> 8) & 255]! >> code[i + 2]!;
          break;
        case 35: // add
          x[w & 255] = x[(w >> 8) & 255]! + x[(w >> 16) & 255]!;
          break;
        case 36: // sub
          x[w & 255] = x[(w >> 8) & 255]! - x[(w >> 16) & 255]!;
          break;
        case 37: // sll
          x[w & 255] = x[(w >> 8) & 255]! << x[(w >> 16) & 255]!;
          break;
        case 38: // slt
          x[w & 255] = x[(w >> 8) & 255]! < x[(w >> 16) & 255]! ? 1 : 0;
          break;
        case 39: // sltu
          x[w & 255] = x[(w >> 8) & 255]! >>> 0 < x[(w >> 16) & 255]! >>> 0 ? 1 : 0;
          break;
        case 40: // xor
          x[w & 255] = x[(w >> 8) & 255]! ^ x[(w >> 16) & 255]!;
          break;
        case 41: // srl
          x[w & 255] = x[(w >> 8) & 255]! >>> x[(w >> 16) & 255]!;
          break;
        case 42: // sra
          x[w & 255] = x[(w >> 8) & 255]! >> x[(w >> 16) & 255]!;
          break;
        case 43: // or
          x[w & 255] = x[(w >> 8) & 255]! | x[(w >> 16) & 255]!;
          break;
        case 44: // and
          x[w & 255] = x[(w >> 8) & 255]! & x[(w >> 16) & 255]!;
          break;
        case 45: // mul
          x[w & 255] = Math.imul(x[(w >> 8) & 255]!, x[(w >> 16) & 255]!);
          break;
        case 46: // mulh
          x[w & 255] = multiplyHigh(x[(w >> 8) & 255]!, x[(w >> 16) & 255]!);
          break;
        case 47: // mulhsu
          x[w & 255] = multiplyHighSignedUnsigned(x[(w >> 8) & 255]!, x[(w >> 16) & 255]!);
          break;
        case 48: // mulhu
          x[w & 255] = multiplyHighUnsigned(x[(w >> 8) & 255]!, x[(w >> 16) & 255]!);
          break;
        case 49: // div
          x[w & 255] = divide(x[(w >> 8) & 255]!, x[(w >> 16) & 255]!);
          break;
        case 50: // divu
          x[w & 255] = divideUnsigned(x[(w >> 8) & 255]!, x[(w >> 16) & 255]!);
          break;
        case 51: // rem
          x[w & 255] = remainder(x[(w >> 8) & 255]!, x[(w >> 16) & 255]!);
          break;
        case 52: // remu
          x[w & 255] = remainderUnsigned(x[(w >> 8) & 255]!, x[(w >> 16) & 255]!);
          break;
        case 0: // undecoded
          this.#cache.fill(i);
          n--;
          continue;
        case 53: // page end
          target = ((i >> 1) + pcDelta) | 0;
          far = true;
          n--;
          break;
        case 54: // cross
          state.pc = (i >> 1) + pcDelta;
          state.cycles = base + n;
          v = access.fetchSecondHalf(state.pc);
          if (v < 0) return base + n + 1;
          this.#cache.fillCrossing(code[i + 3]! | (v << 16));
          pcDelta = (state.pc - (CROSS_START >> 1)) | 0;
          i = CROSS_START;
          n--;
          continue;
        case 55: // rare
          state.pc = (i >> 1) + pcDelta;
          state.cycles = base + n;
          this.#rare.execute(code[i + 3]!, w >>> 25);
          if (state.attention) return base + n + 1;
          break;
        default:
          if (code[i]! & MARK) {
            state.pc = ((i >> 1) + pcDelta) | 0;
            return base + n;
          }
          throw new Error(`Virtbook bug: operation ${code[i]} in the code cache at ${i}`);
      }
      if (far) {
        far = false;
        entry = fetches + ((target >>> 11) & 510);
        if (words[entry] !== (target & ~0xfff)) {
          state.pc = target;
          return base + n + 1;
        }
        i = words[entry + 1]! + ((target & 0xffe) << 1);
        pcDelta = (target - (i >> 1)) | 0;
        continue;
      }
      i += w >>> 24;
      if (slow) {
        slow = false;
        if (state.attention) {
          state.pc = (i >> 1) + pcDelta;
          return base + n + 1;
        }
      }
    }
    state.pc = ((i >> 1) + pcDelta) | 0;
    return base + limit;
  }
}
