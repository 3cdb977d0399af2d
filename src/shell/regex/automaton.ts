/** A deterministic automaton, made from a network as far as texts need it. It needs one step a character, whatever the expression. */
import { Alphabet, codeBefore, widthOf } from './alphabet.ts';
import { EDGE } from './characters.ts';
import type { Network } from './network.ts';
import { RegexExhausted } from './syntax.ts';

/** Where the network can be at once. Assertions at this place are decided when it is known what follows. */
class State {
  readonly seeds: readonly number[];
  /** Kind of the character read last. */
  readonly before: number;
  /** By letter; null leads nowhere, absent is not yet known. */
  readonly next: (State | null | undefined)[] = [];
  /** By kind of what follows: whether the expression ends here. */
  readonly accepts: (boolean | undefined)[] = [];

  constructor(seeds: readonly number[], before: number) {
    this.seeds = seeds;
    this.before = before;
  }
}

/** So many places of the network may be looked at in one search for states that are not built yet. */
const MOST_BUILDING = 5_000_000;
/** Built states are forgotten when there are so many. */
const MOST_STATES = 1000;

export class Automaton {
  readonly #network: Network;
  readonly #alphabet: Alphabet;
  /** A match may begin anywhere, not only where reading begins. */
  readonly #floating: boolean;
  #states = new Map<string, State>();
  /** Characters read so far, and places looked at while states were built. */
  steps = 0;
  /** How many of them this search may still take for building. */
  #building = MOST_BUILDING;

  constructor(network: Network, floating: boolean) {
    this.#network = network;
    this.#alphabet = new Alphabet(network.sets);
    this.#floating = floating;
  }

  /** The end of the longest match that begins at `start`; -1 when none does. */
  longest(text: string, start: number): number {
    this.#building = MOST_BUILDING;
    let end = -1;
    const before = start === 0 ? EDGE : this.#side(codeBefore(text, start));
    let state: State | null = this.#state([this.#network.first], before);
    for (let at = start; ; ) {
      this.steps++;
      if (at >= text.length) return this.#accepts(state, EDGE) ? at : end;
      const code = text.codePointAt(at)!;
      const letter = this.#alphabet.letterOf(code);
      if (this.#accepts(state, this.#alphabet.sides[letter]!)) end = at;
      state = this.#step(state, letter);
      if (state === null) return end;
      at += widthOf(code);
    }
  }

  /** Of a floating automaton: whether some part matches. */
  test(text: string): boolean {
    this.#building = MOST_BUILDING;
    let state = this.#state([this.#network.first], EDGE);
    for (let at = 0; at < text.length; ) {
      this.steps++;
      const code = text.codePointAt(at)!;
      const letter = this.#alphabet.letterOf(code);
      if (this.#accepts(state, this.#alphabet.sides[letter]!)) return true;
      state = this.#step(state, letter)!;
      at += widthOf(code);
    }
    return this.#accepts(state, EDGE);
  }

  /** Of a floating automaton that reads backwards: where matches begin, a 1 for each place. Null when nowhere. */
  starts(text: string): Uint8Array | null {
    this.#building = MOST_BUILDING;
    let marks: Uint8Array | null = null;
    let state = this.#state([this.#network.first], EDGE);
    for (let at = text.length; ; ) {
      this.steps++;
      const code = at === 0 ? -1 : codeBefore(text, at);
      const letter = at === 0 ? -1 : this.#alphabet.letterOf(code);
      if (this.#accepts(state, at === 0 ? EDGE : this.#alphabet.sides[letter]!)) {
        marks ??= new Uint8Array(text.length + 1);
        marks[at] = 1;
      }
      if (at === 0) return marks;
      state = this.#step(state, letter)!;
      at -= widthOf(code);
    }
  }

  #side(code: number): number {
    return this.#alphabet.sides[this.#alphabet.letterOf(code)]!;
  }

  /** All places reachable from the state's without a character. */
  #closure(state: State, after: number): Set<number> {
    const { places, first } = this.#network;
    const seen = new Set<number>();
    const waiting = this.#floating ? [...state.seeds, first] : [...state.seeds];
    while (waiting.length > 0) {
      const at = waiting.pop()!;
      if (seen.has(at)) continue;
      seen.add(at);
      const place = places[at]!;
      if (place.kind === 'split' || place.kind === 'loop') waiting.push(place.next, place.other);
      else if (place.kind === 'save') waiting.push(place.next);
      else if (place.kind === 'assertion' && this.#network.holds(place.assertion, state.before, after))
        waiting.push(place.next);
    }
    this.steps += seen.size;
    this.#building -= seen.size;
    if (this.#building < 0) throw new RegexExhausted();
    return seen;
  }

  #accepts(state: State, after: number): boolean {
    const known = state.accepts[after];
    if (known !== undefined) return known;
    const accepts = this.#closure(state, after).has(0);
    state.accepts[after] = accepts;
    return accepts;
  }

  #state(seeds: readonly number[], before: number): State {
    const key = `${before}:${seeds.join()}`;
    let state = this.#states.get(key);
    if (state === undefined) {
      if (this.#states.size >= MOST_STATES) this.#forget();
      state = new State(seeds, before);
      this.#states.set(key, state);
    }
    return state;
  }

  #forget(): void {
    for (const state of this.#states.values()) state.next.length = 0;
    this.#states = new Map();
  }

  #step(state: State, letter: number): State | null {
    const known = state.next[letter];
    if (known !== undefined) return known;
    const side = this.#alphabet.sides[letter]!;
    const members = this.#alphabet.members[letter]!;
    const seeds = new Set<number>();
    for (const at of this.#closure(state, side)) {
      const place = this.#network.places[at]!;
      if (place.kind === 'characters' && members[place.set]!) seeds.add(place.next);
    }
    const next =
      seeds.size === 0 && !this.#floating
        ? null
        : this.#state(
            [...seeds].sort((a, b) => a - b),
            side,
          );
    state.next[letter] = next;
    return next;
  }
}
