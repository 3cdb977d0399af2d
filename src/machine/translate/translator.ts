/**
 * Translates hot pages to WebAssembly and runs them. Which pages are hot is counted in instructions of the interpreter, so that it depends
 * on the program alone; and it is of no consequence: translated code leaves the same registers, memory and counts as the interpreter does.
 */
import { assert, Slot } from '../../base/index.ts';
import { contextOf, type MemoryAccess } from '../hart/access.ts';
import { type CodeCache, PAGE_WORDS } from '../hart/codeCache.ts';
import type { Executor } from '../hart/execute.ts';
import { TLB_LOAD, TLB_STORE, tlbStart } from '../hart/layout.ts';
import { MARK } from '../hart/operations.ts';
import type { HartState } from '../hart/state.ts';
import type { PhysicalMemory } from '../memory.ts';
import {
  ACCESS_RESULT,
  EXIT_BUDGET,
  EXIT_CHANGED,
  EXIT_INTERPRET,
  EXIT_LEFT,
  EXIT_PC,
  EXIT_REASON,
  translatePage,
} from './translatePage.ts';
import { webAssembly } from './wasmApi.ts';

/**
 * Instructions that the interpreter does in a page before it is translated, if nothing else is said. It takes about as long over them as
 * translating takes, so that neither what runs for a moment nor what goes on loses much.
 */
export const HOT = 2_000_000;
/** As how many instructions a call of the interpreter counts in a page that is translated: what was decoded since is missed at once. */
const MISSING = 5_000;
/** Instructions that the interpreter does at once, at most. All count for the page that they begin in. */
const STRETCH = 1000;
/** So few instructions are not worth entering translated code for, and so often it is tried nevertheless. */
const FEW = 6;
const SHORT_TIMES = 16;
const SLOT = 4;

type Run = (
  hart: number,
  page: number,
  count: number,
  limit: number,
  next: number,
  loads: number,
  stores: number,
) => number;

interface Translation {
  readonly run: Run;
  readonly leaders: readonly number[];
}

const translators = new Slot<PhysicalMemory, Translator>('translator');

/** What executes for a hart, while translated code of the memory runs. */
export interface Runner {
  readonly state: HartState;
  readonly access: MemoryAccess;
  /** Instructions that make a page hot. */
  readonly hot: number;
}

/** The translated pages of one memory, shared by its harts. */
export class Translator {
  readonly #code: CodeCache;
  /** By place in the code cache. */
  readonly #pages: (Translation | undefined)[] = [];
  readonly #heat: number[] = [];
  /** At which heat a page is translated again, how often it was, and what was decoded at the last time. */
  readonly #again: (number | undefined)[] = [];
  readonly #times: number[] = [];
  readonly #decoded: number[] = [];
  readonly #imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** How often translated code that begins at a slot ended after few instructions. */
  readonly #short = new Map<number, number>();
  #runner: Runner | null = null;
  /** Counts decoded instructions lost: a store that changes it may have changed what runs. */
  #changes = 0;
  /** Pages translated so far. */
  translated = 0;

  private constructor(memory: PhysicalMemory, code: CodeCache) {
    assert(memory.linear !== null, 'translation needs a memory that is translatable');
    this.#code = code;
    const onChange: CodeCache['onChange'] = (place) => this.#changed(place);
    code.onChange = onChange;
    this.#imports = {
      env: {
        memory: memory.linear,
        load: (va: number, width: 1 | 2 | 4) => this.#load(va, width),
        store: (va: number, width: 1 | 2 | 4, value: number) => this.#store(va, width, value),
      },
    };
  }

  static of(memory: PhysicalMemory, code: CodeCache): Translator {
    let translator = translators.get(memory);
    if (!translator) {
      translator = new Translator(memory, code);
      translators.set(memory, translator);
    }
    return translator;
  }

  /** As {@link Executor.execute} does; `hartOffset` is where the hart's state lies in the buffer. */
  execute(budget: number, runner: Runner, executor: Executor, hartOffset: number): void {
    const { state, access } = runner;
    const end = state.cycles + budget;
    while (state.cycles < end && !state.attention) {
      const slot = access.enterPage(state.pc);
      if (slot < 0) {
        state.cycles++;
        return;
      }
      const place = Math.floor(slot / PAGE_WORDS);
      const page = access.single ? undefined : this.#pages[place];
      const left = end - state.cycles;
      if (!page || !(this.#code.code[slot]! & MARK)) {
        const { single } = access;
        if (!single) this.#translateIfHot(place, runner.hot);
        const before = state.cycles;
        executor.execute(Math.min(left, STRETCH), !single);
        if (!single) this.#heatUp(place, state.cycles - before);
        continue;
      }
      this.#runner = runner;
      const mode = contextOf(access.dataMode());
      const { words } = state;
      const executed = page.run(
        hartOffset,
        state.pc & ~0xfff,
        0,
        left,
        state.pc & 0xfff,
        hartOffset + tlbStart(mode, TLB_LOAD) * 4,
        hartOffset + tlbStart(mode, TLB_STORE) * 4,
      );
      this.#runner = null;
      state.cycles += executed;
      state.pc = words[EXIT_PC]!;
      const reason = words[EXIT_REASON]!;
      if (reason === EXIT_INTERPRET && executed < FEW) this.#wasShort(slot);
      if (reason === EXIT_INTERPRET && executed < left) executor.execute(1);
      else if (reason === EXIT_BUDGET && executed < left) executor.execute(left - executed);
      else assert(reason <= EXIT_CHANGED && reason >= EXIT_LEFT, `translated code left for reason ${reason}`);
    }
  }

  /** Where translated code time and again comes to an instruction of the interpreter's at once, the interpreter had better go on. */
  #wasShort(slot: number): void {
    const times = (this.#short.get(slot) ?? 0) + 1;
    this.#short.set(slot, times % SHORT_TIMES);
    if (times === SHORT_TIMES) this.#code.code[slot]! &= ~MARK;
  }

  #heatUp(place: number, instructions: number): void {
    this.#heat[place] = (this.#heat[place] ?? 0) + instructions + (this.#pages[place] ? MISSING : 0);
  }

  #translateIfHot(place: number, hot: number): void {
    const heat = this.#heat[place] ?? 0;
    // Again with what was decoded since, when the interpreter is still busy there; ever more seldom.
    const times = this.#times[place] ?? 0;
    if (heat < (this.#again[place] ?? hot * (1 + times))) return;
    this.#again[place] = heat + hot * (1 + times);
    const { code, decoded } = this.#code;
    if (this.#pages[place] && this.#decoded[place] === decoded[place]) return;
    this.#times[place] = times + 1;
    this.#decoded[place] = decoded[place]!;
    const start = place * PAGE_WORDS;
    const translation = translatePage(code, start);
    if (!translation) return;
    this.#unmark(place);
    const instance = new webAssembly.Instance(new webAssembly.Module(translation.module), this.#imports);
    this.#pages[place] = { run: instance.exports['run'] as Run, leaders: translation.leaders };
    for (const leader of translation.leaders) code[start + (leader / 2) * SLOT]! |= MARK;
    this.translated++;
  }

  #unmark(place: number): void {
    const { code } = this.#code;
    const start = place * PAGE_WORDS;
    for (const leader of this.#pages[place]?.leaders ?? []) code[start + (leader / 2) * SLOT]! &= ~MARK;
    this.#pages[place] = undefined;
  }

  #changed(place: number | null): void {
    this.#changes++;
    const places = place === null ? [...this.#pages.keys()] : [place];
    for (const each of places) {
      this.#unmark(each);
      this.#heat[each] = 0;
      this.#again[each] = undefined;
    }
  }

  #load(va: number, width: 1 | 2 | 4): number {
    const { state, access } = this.#runner!;
    const value = access.plainLoad(va, width);
    state.words[ACCESS_RESULT] = value === null ? EXIT_INTERPRET : 0;
    return value ?? 0;
  }

  #store(va: number, width: 1 | 2 | 4, value: number): number {
    const { state, access } = this.#runner!;
    const before = this.#changes;
    const done = access.plainStore(va, width, value);
    state.words[ACCESS_RESULT] = !done ? EXIT_INTERPRET : this.#changes === before ? 0 : EXIT_CHANGED;
    return 0;
  }
}
