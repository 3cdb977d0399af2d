/**
 * Matches awk's regular expressions by automata: a nondeterministic one is built from the tree (Thompson, 1968), and a deterministic
 * one from it as far as texts need it. Unlike the expressions of JavaScript, which grep and sed use, it finds the longest of the
 * leftmost matches as POSIX wants it (`/ab|abcd/`), counts bytes as mawk does, and needs time in proportion to the text for any
 * pattern, so that no pattern can hang a host.
 */
import { parseRegex, type RegexNode } from './regexSyntax.ts';

type Node =
  | { readonly kind: 'set'; readonly bytes: Uint8Array; readonly next: number }
  | { readonly kind: 'split'; next: number; other: number }
  | { readonly kind: 'start' | 'end'; readonly next: number }
  | { readonly kind: 'match' };

/** A state of the deterministic automaton: the places the other one can be in at once. */
class State {
  readonly places: readonly number[];
  /** By byte; null leads nowhere, absent is not yet known. */
  readonly next: (State | null | undefined)[] = [];
  readonly accepts: boolean;
  /** Accepts where the text ends. */
  readonly acceptsAtEnd: boolean;

  constructor(places: readonly number[], accepts: boolean, acceptsAtEnd: boolean) {
    this.places = places;
    this.accepts = accepts;
    this.acceptsAtEnd = acceptsAtEnd;
  }
}

/** Built states are forgotten when there are so many. */
const MOST_STATES = 500;

export interface Match {
  readonly start: number;
  readonly end: number;
}

export class Regex {
  readonly source: string;
  readonly #nodes: Node[] = [];
  readonly #first: number;
  #states = new Map<string, State>();
  /** Where a match may begin: at the text's start, and later. */
  readonly #atStart: State;
  readonly #later: State;
  /** Bytes with which a later match can begin. */
  readonly #heads = new Uint8Array(256);

  /** Throws RegexError. `source` has one character for each byte. */
  constructor(source: string) {
    this.source = source;
    this.#nodes.push({ kind: 'match' });
    this.#first = this.#build(parseRegex(source), 0);
    this.#atStart = this.#state([this.#first], true, false);
    this.#later = this.#state([this.#first], false, false);
    for (const place of this.#later.places) {
      const node = this.#nodes[place]!;
      if (node.kind === 'set') for (let byte = 0; byte < 256; byte++) this.#heads[byte]! |= node.bytes[byte]!;
    }
  }

  /** Whether some part of `text` matches. */
  test(text: string): boolean {
    let state = this.#state([this.#first], true, true);
    for (let i = 0; ; i++) {
      if (state.accepts) return true;
      if (i === text.length) return state.acceptsAtEnd;
      state = this.#step(state, text.charCodeAt(i), true)!;
    }
  }

  /** The leftmost and of those the longest match that begins at `from` or later. */
  find(text: string, from = 0): Match | null {
    const nowhere = !this.#later.accepts && !this.#later.acceptsAtEnd;
    for (let start = from; start <= text.length; start++) {
      if (start > 0 && nowhere && (start === text.length || this.#heads[text.charCodeAt(start)] === 0))
        continue;
      const end = this.#longest(text, start);
      if (end >= 0) return { start, end };
    }
    return null;
  }

  #longest(text: string, start: number): number {
    let end = -1;
    let state: State | null = start === 0 ? this.#atStart : this.#later;
    for (let i = start; state !== null; i++) {
      if (state.accepts) end = i;
      if (i === text.length) return state.acceptsAtEnd ? i : end;
      state = this.#step(state, text.charCodeAt(i), false);
    }
    return end;
  }

  /** The node where `tree` begins; it goes on at `next`. */
  #build(tree: RegexNode, next: number): number {
    switch (tree.kind) {
      case 'empty':
        return next;
      case 'set':
        return this.#nodes.push({ kind: 'set', bytes: tree.bytes, next }) - 1;
      case 'start':
      case 'end':
        return this.#nodes.push({ kind: tree.kind, next }) - 1;
      case 'sequence':
        return this.#build(tree.left, this.#build(tree.right, next));
      case 'either': {
        const other = this.#build(tree.right, next);
        return this.#nodes.push({ kind: 'split', next: this.#build(tree.left, next), other }) - 1;
      }
      case 'repeat': {
        const split = { kind: 'split' as const, next, other: next };
        const at = this.#nodes.push(split) - 1;
        split.next = this.#build(tree.operand, tree.sign === '?' ? next : at);
        return tree.sign === '+' ? split.next : at;
      }
    }
  }

  /** All places reachable from `seeds` without a character, as a state. `floating`: a match may also begin here. */
  #state(seeds: readonly number[], atStart: boolean, floating: boolean): State {
    const seen = new Set<number>();
    const follow = (place: number, atEnd: boolean) => {
      if (seen.has(place)) return;
      seen.add(place);
      const node = this.#nodes[place]!;
      if (node.kind === 'split') {
        follow(node.next, atEnd);
        follow(node.other, atEnd);
      } else if (node.kind === 'start' && atStart) follow(node.next, atEnd);
      else if (node.kind === 'end' && atEnd) follow(node.next, atEnd);
    };
    for (const seed of seeds) follow(seed, false);
    if (floating) follow(this.#first, false);
    const places = [...seen].sort((a, b) => a - b);
    const key = `${floating ? '~' : ''}${places.join()}`;
    let state = this.#states.get(key);
    if (state === undefined) {
      const accepts = seen.has(0);
      seen.clear();
      for (const place of places) follow(place, true);
      state = new State(places, accepts, seen.has(0));
      if (this.#states.size >= MOST_STATES) this.#forget();
      this.#states.set(key, state);
    }
    return state;
  }

  #forget(): void {
    for (const state of this.#states.values()) state.next.length = 0;
    this.#states = new Map();
  }

  #step(state: State, byte: number, floating: boolean): State | null {
    const known = state.next[byte];
    if (known !== undefined) return known;
    const seeds: number[] = [];
    for (const place of state.places) {
      const node = this.#nodes[place]!;
      if (node.kind === 'set' && node.bytes[byte] === 1) seeds.push(node.next);
    }
    const next = seeds.length === 0 && !floating ? null : this.#state(seeds, false, floating);
    state.next[byte] = next;
    return next;
  }
}
