/**
 * Walks a network place by place, which tells what the groups are and follows references. Without references it walks within a match
 * that the automata have found and never comes twice to the same place of network and text. With references it tries everything there
 * is: the steps are counted, and no more than a limit are taken.
 */
import { Alphabet, codeBefore, widthOf } from './alphabet.ts';
import { EDGE } from './characters.ts';
import type { Network, Place } from './network.ts';
import { RegexExhausted } from './syntax.ts';

/** Steps for one match of an expression with references. */
const MOST_STEPS = 10_000_000;
/** Pairs of a place in the network and one in the text that can be kept in mind. */
const MOST_PAIRS = 2 ** 28;

export class Walker {
  readonly #network: Network;
  readonly #alphabet: Alphabet;
  readonly #ignoreCase: boolean;
  steps = 0;

  constructor(network: Network, ignoreCase: boolean) {
    this.#network = network;
    this.#alphabet = new Alphabet(network.sets);
    this.#ignoreCase = ignoreCase;
  }

  get size(): number {
    return this.#network.places.length;
  }

  /** Slots of the match from `start` to `end`. As in the GNU library, the first way through counts: left before right, more before less. `first`: it may end earlier. */
  within(text: string, start: number, end: number, first = false): Int32Array | null {
    const size = end - start + 1;
    if (size * this.#network.places.length > MOST_PAIRS) throw new RegexExhausted();
    const seen = new Uint8Array(size * this.#network.places.length);
    const enters = (place: number, at: number) => {
      const pair = place * size + at - start;
      if (seen[pair] === 1) return false;
      seen[pair] = 1;
      return true;
    };
    return this.#walk(text, start, end, enters, (at) => first || at === end);
  }

  /** Slots of the longest match that begins at `start`; null when none does. Slot 1 is its end. */
  longest(text: string, start: number, limit = this.steps + MOST_STEPS): Int32Array | null {
    return this.#walk(
      text,
      start,
      text.length,
      () => {
        if (this.steps > limit) throw new RegexExhausted();
        return true;
      },
      (at) => at === text.length,
    );
  }

  #walk(
    text: string,
    start: number,
    end: number,
    enters: (place: number, at: number) => boolean,
    suffices: (at: number) => boolean,
  ): Int32Array | null {
    const { places, first, slots: size } = this.#network;
    const slots = new Int32Array(size).fill(-1);
    let best: Int32Array | null = null;
    /** Pairs: a place and where in the text to go on with it, or -1 - slot and its value before. */
    const stack: number[] = [first, start];
    while (stack.length > 0) {
      let at = stack.pop()!;
      let number = stack.pop()!;
      if (number < 0) {
        slots[-1 - number] = at;
        continue;
      }
      for (;;) {
        this.steps++;
        if (!enters(number, at)) break;
        const place: Place = places[number]!;
        if (place.kind === 'match') {
          if (best === null || at > best[1]!) {
            best = slots.slice();
            best[0] = start;
            best[1] = at;
          }
          if (suffices(at)) return best;
          break;
        }
        if (place.kind === 'characters') {
          if (at >= end) break;
          const code = text.codePointAt(at)!;
          if (!this.#alphabet.members[this.#alphabet.letterOf(code)]![place.set]!) break;
          at += widthOf(code);
        } else if (place.kind === 'assertion') {
          if (!this.#network.holds(place.assertion, this.#sideBefore(text, at), this.#sideAfter(text, at)))
            break;
        } else if (place.kind === 'reference') {
          const length = this.#referenced(text, at, slots, place.index);
          if (length < 0 || at + length > end) break;
          at += length;
        } else if (place.kind === 'split') stack.push(place.other, at);
        else {
          const before = slots[place.slot]!;
          if (place.kind === 'loop') {
            if (before === at) {
              number = place.other;
              continue;
            }
            stack.push(place.other, at);
          }
          stack.push(-1 - place.slot, before);
          slots[place.slot] = at;
        }
        number = place.next;
      }
    }
    return best;
  }

  /** How long what the group matched is, when it stands here too; else -1. */
  #referenced(text: string, at: number, slots: Int32Array, index: number): number {
    const from = slots[2 * index]!;
    const to = slots[2 * index + 1]!;
    if (from < 0 || to < from) return -1;
    const wanted = text.slice(from, to);
    this.steps += wanted.length;
    if (text.startsWith(wanted, at)) return wanted.length;
    if (!this.#ignoreCase) return -1;
    return text.slice(at, at + wanted.length).toLowerCase() === wanted.toLowerCase() ? wanted.length : -1;
  }

  #sideBefore(text: string, at: number): number {
    return at === 0 ? EDGE : this.#alphabet.sides[this.#alphabet.letterOf(codeBefore(text, at))]!;
  }

  #sideAfter(text: string, at: number): number {
    return at >= text.length ? EDGE : this.#alphabet.sides[this.#alphabet.letterOf(text.codePointAt(at)!)]!;
  }
}
