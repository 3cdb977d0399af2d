/** Characters that all sets of an expression treat alike are one letter to its automata. */
import { type CharacterSet, sideOf } from './characters.ts';

export class Alphabet {
  readonly #sets: readonly CharacterSet[];
  readonly #letters = new Map<string, number>();
  readonly #byCode = new Int32Array(128).fill(-1);
  readonly #others = new Map<number, number>();
  /** Letter → NEWLINE, WORD or OTHER. */
  readonly sides: number[] = [];
  /** Letter → which sets have it. */
  readonly members: boolean[][] = [];

  constructor(sets: readonly CharacterSet[]) {
    this.#sets = sets;
  }

  letterOf(code: number): number {
    const known = code < 128 ? this.#byCode[code]! : (this.#others.get(code) ?? -1);
    if (known >= 0) return known;
    const char = String.fromCodePoint(code);
    const members = this.#sets.map((set) => set.has(char));
    const side = sideOf(char);
    const key = `${side}${members.map(Number).join('')}`;
    let letter = this.#letters.get(key);
    if (letter === undefined) {
      letter = this.members.push(members) - 1;
      this.sides.push(side);
      this.#letters.set(key, letter);
    }
    if (code < 128) this.#byCode[code] = letter;
    else this.#others.set(code, letter);
    return letter;
  }
}

/** Code point that ends before `at`. */
export function codeBefore(text: string, at: number): number {
  const low = text.charCodeAt(at - 1);
  if (low < 0xdc00 || low > 0xdfff || at < 2) return low;
  const high = text.charCodeAt(at - 2);
  return high >= 0xd800 && high <= 0xdbff ? text.codePointAt(at - 2)! : low;
}

export const widthOf = (code: number) => (code > 0xffff ? 2 : 1);
