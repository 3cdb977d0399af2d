/**
 * A hart: RV32IMAC with Zicsr, Zifencei, Zicntr, Zicclsm, M, S and U modes, Sv32 with Svade and Svadu, PMP and the hypervisor extension.
 * What the specifications leave open is said in mmu.ts, access.ts, rare.ts and csrTable.ts.
 */
import { assert } from '../../base/index.ts';
import type { Core, InterruptBit } from '../bus.ts';
import { HART_STATE_BYTES, type PhysicalMemory } from '../memory.ts';
import { HOT, type Runner, Translator } from '../translate/translator.ts';
import { MemoryAccess } from './access.ts';
import { M, type Privilege } from './bits.ts';
import { CodeCache } from './codeCache.ts';
import { Counters } from './counters.ts';
import { CsrFile } from './csr.ts';
import { csrs } from './csrTable.ts';
import { Executor } from './execute.ts';
import { TLB_FETCH, TLB_LOAD, TLB_STORE } from './layout.ts';
import { FAULT, Mmu } from './mmu.ts';
import { Pmp } from './pmp.ts';
import { RareInstructions } from './rare.ts';
import { type HartBus, type HartSnapshot, HartState } from './state.ts';
import { type TrapHook, Traps } from './traps.ts';

export interface HartOptions {
  readonly memory: PhysicalMemory;
  /** What is outside of RAM; an access fault when absent. */
  readonly bus?: HartBus;
  /** mhartid, less than the memory's number of harts. */
  readonly hartId?: number;
  /** mtime. */
  readonly time?: () => bigint;
  /** Translates hot code to WebAssembly: where the memory is translatable, unless told otherwise. What the hart does is the same. */
  readonly translate?: boolean;
  /** How many instructions the interpreter does in a page before it is translated. */
  readonly hot?: number;
}

/** What a hart did so far. */
export interface HartCounts {
  /** Instructions that retired. */
  readonly retired: number;
  /** Instructions that trapped, and interrupts taken. */
  readonly trapped: number;
  /** Traps by cause, sorted; `i` before the number of an interrupt. */
  readonly traps: Readonly<Record<string, number>>;
}

const emptyBus: HartBus = { load: () => null, store: () => false };
const csrNumbers = new Map([...csrs].map(([number, { name }]) => [name, number]));

export class Hart implements Core {
  readonly #state: HartState;
  readonly #traps: Traps;
  readonly #mmu: Mmu;
  readonly #access: MemoryAccess;
  readonly #csr: CsrFile;
  readonly #executor: Executor;
  readonly #code: CodeCache;
  readonly #translator: Translator | null;
  readonly #runner: Runner;
  #runStart = 0;

  constructor({
    memory,
    bus = emptyBus,
    hartId = 0,
    time = () => 0n,
    translate = memory.linear !== null,
    hot = HOT,
  }: HartOptions) {
    assert(hartId < memory.harts, `hart ${hartId} of a memory for ${memory.harts}`);
    const state = new HartState(memory, bus, hartId, time);
    const code = CodeCache.of(memory);
    code.addHart(state);
    const pmp = new Pmp(state);
    const traps = new Traps(state);
    const mmu = new Mmu(state, pmp, code);
    const access = new MemoryAccess(state, mmu, pmp, traps, code);
    const csr = new CsrFile({ state, traps, pmp, counters: new Counters(state) });
    this.#state = state;
    this.#traps = traps;
    this.#mmu = mmu;
    this.#access = access;
    this.#csr = csr;
    this.#code = code;
    this.#translator = translate ? Translator.of(memory, code) : null;
    this.#runner = { state, access, hot };
    this.#executor = new Executor(state, access, new RareInstructions(state, traps, access, csr, code), code);
  }

  get waiting(): boolean {
    return this.#state.waiting && !this.#mayWake();
  }

  get progress(): number {
    return this.#state.cycles - this.#runStart;
  }

  run(budget: number): number {
    const state = this.#state;
    this.#runStart = state.cycles;
    state.yielding = false;
    // Another hart may have written what this one reserved.
    if (this.#code.lastHart !== state) state.reservation = -1;
    this.#code.lastHart = state;
    while (this.progress < budget && !state.yielding) {
      state.attention = false;
      if (state.waiting) {
        if (!this.#mayWake()) break;
        state.waiting = false;
      }
      const cause = this.#traps.pendingInterrupt();
      if (cause < 0) this.#execute(budget - this.progress);
      else {
        state.cycles++;
        state.trapped++;
        this.#traps.enter({ interrupt: true, cause, tval: 0, gva: false, gpa: 0, tinst: 0 });
      }
    }
    return this.progress;
  }

  #execute(budget: number): void {
    const offset = this.#state.hartId * HART_STATE_BYTES;
    if (this.#translator) this.#translator.execute(budget, this.#runner, this.#executor, offset);
    else this.#executor.execute(budget);
  }

  /** Pages that were translated to WebAssembly so far, for all harts of the memory. */
  get translatedPages(): number {
    return this.#translator?.translated ?? 0;
  }

  /** WFI ends when an enabled interrupt is pending, whatever the global enables and delegation say (3.3.3). */
  #mayWake(): boolean {
    return (this.#traps.pendingBits() & this.#state.mie) !== 0;
  }

  yieldSoon(): void {
    this.#state.yielding = true;
    this.#state.attention = true;
  }

  setInterrupt(bit: InterruptBit, level: boolean): void {
    const state = this.#state;
    state.lines = level ? state.lines | (1 << bit) : state.lines & ~(1 << bit);
    state.attention = true;
  }

  /** Drives a bit of hgeip: guest external interrupt `guest`, 1 … 31 (18.2.4). */
  setGuestInterrupt(guest: number, level: boolean): void {
    assert(Number.isInteger(guest) && guest >= 1 && guest <= 31, `guest external interrupt ${guest}`);
    const state = this.#state;
    state.hgeip = level ? state.hgeip | (1 << guest) : state.hgeip & ~(1 << guest);
    state.attention = true;
  }

  reset(entry: number, argument: number): void {
    const state = this.#state;
    state.reset();
    this.#access.pmpChanged();
    state.pc = entry | 0;
    state.x[10] = state.hartId;
    state.x[11] = argument | 0;
  }

  /** Ends an LR reservation, as a world switch must: the next SC of whoever runs then fails. */
  dropReservation(): void {
    this.#state.reservation = -1;
  }

  /** Everything of the hart that memory does not hold; interrupt lines as they are at the moment. */
  save(): HartSnapshot {
    return this.#state.save();
  }

  /** Goes on from a snapshot: the same instructions, results and counts, when memory and devices are as they were too. */
  restore(snapshot: HartSnapshot): void {
    this.#state.restore(snapshot);
    this.#access.pmpChanged();
  }

  /** Forgets all address translations: after page tables were changed from outside of the machine, as by SFENCE and HFENCE. */
  flushTranslations(): void {
    this.#state.flushTlbs();
  }

  /** From now on `hook` sees each trap to HS or M mode before it is taken; null for none. */
  hookTraps(hook: TrapHook | null): void {
    this.#traps.hook = hook;
  }

  /** Address of the next instruction, unsigned. */
  get pc(): number {
    return this.#state.pc >>> 0;
  }

  set pc(address: number) {
    if (address & 1) assert(false, `pc 0x${address.toString(16)} is odd`);
    this.#state.pc = address | 0;
  }

  get privilege(): Privilege {
    return this.#state.privilege;
  }

  /** V, the virtualization mode. */
  get virtual(): boolean {
    return this.#state.virtual;
  }

  /** Changes the mode without a trap, as a hypervisor outside of the machine does; M is never virtual. */
  setMode(privilege: Privilege, virtual: boolean): void {
    assert(!(virtual && privilege === M), 'M-mode has V=0');
    this.#state.privilege = privilege;
    this.#state.virtual = virtual;
    this.#state.attention = true;
  }

  /** x`register`, unsigned. */
  readRegister(register: number): number {
    if (!(register >= 0 && register < 32)) assert(false, `register x${register}`);
    return this.#state.x[register]! >>> 0;
  }

  writeRegister(register: number, value: number): void {
    if (!(register >= 0 && register < 32)) assert(false, `register x${register}`);
    if (register !== 0) this.#state.x[register] = value;
  }

  /** A CSR's value by its name, unsigned, whatever the mode; `vs…` and `s…` are what they are called, also in V=1. */
  readCsr(name: string): number {
    return this.#csr.peek(csrNumber(name))! >>> 0;
  }

  /** Writes as M-mode software would; read-only fields keep their values. */
  writeCsr(name: string, value: number): void {
    this.#csr.poke(csrNumber(name), value);
  }

  /** The physical address that a load, store or fetch at `va` would have in the present mode, or null where it would trap. */
  translate(va: number, access: 'load' | 'store' | 'fetch'): number | null {
    const { privilege, virtual } = this.#state;
    const fetch = access === 'fetch';
    const mode = fetch ? { privilege, virtual } : this.#access.dataMode();
    const kind = fetch ? TLB_FETCH : access === 'load' ? TLB_LOAD : TLB_STORE;
    const pa = this.#mmu.translate(va | 0, 1, kind, mode);
    return pa === FAULT ? null : pa;
  }

  get counts(): HartCounts {
    const { cycles, trapped } = this.#state;
    const traps: Record<string, number> = {};
    for (const [i, count] of this.#traps.counts.entries()) {
      if (count > 0) traps[i < 32 ? `${i}` : `i${i - 32}`] = count;
    }
    return { retired: cycles - trapped, trapped, traps };
  }
}

function csrNumber(name: string): number {
  const number = csrNumbers.get(name);
  assert(number !== undefined, `no CSR is named ${name}`);
  return number;
}
