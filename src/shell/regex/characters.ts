/** Sets of characters, as bracket expressions and `.` write them. A character is a Unicode code point. */

/** Of the characters at both sides of a place, this is all that assertions look at. */
export const EDGE = 0;
export const NEWLINE = 1;
export const WORD = 2;
export const OTHER = 3;

const word = /[\p{L}\p{N}_]/u;

/** NEWLINE, WORD or OTHER. */
export function sideOf(char: string): number {
  if (char === '\n') return NEWLINE;
  return word.test(char) ? WORD : OTHER;
}

const graph = /[^\p{C}\p{Z}]/u;
const alnum = /[\p{L}\p{N}]/u;

/** The named classes of isalpha(3) and the like. */
export const characterClasses: Readonly<Record<string, (char: string) => boolean>> = {
  alpha: (char) => /\p{L}/u.test(char),
  digit: (char) => char >= '0' && char <= '9',
  alnum: (char) => alnum.test(char),
  upper: (char) => /\p{Lu}/u.test(char),
  lower: (char) => /\p{Ll}/u.test(char),
  space: (char) => /\s/u.test(char) && char !== '\u00a0' && char !== '\ufeff',
  blank: (char) => char === ' ' || char === '\t',
  punct: (char) => graph.test(char) && !alnum.test(char),
  print: (char) => char === ' ' || graph.test(char),
  graph: (char) => graph.test(char),
  cntrl: (char) => /\p{Cc}/u.test(char),
  xdigit: (char) => /[0-9A-Fa-f]/.test(char),
};

/** A byte that is no character (U+DC80 … U+DCFF, see text.ts): only itself, and no set, matches it. */
function isStrayByte(char: string): boolean {
  return char.length === 1 && char >= '\udc80' && char <= '\udcff';
}

function otherCases(char: string): string[] {
  return [char.toLowerCase(), char.toUpperCase()].filter(
    (other) => other !== char && [...other].length === 1,
  );
}

export type CharacterTest = (char: string) => boolean;

export class CharacterSet {
  readonly #tests: readonly CharacterTest[];
  readonly #negated: boolean;
  readonly #ignoreCase: boolean;

  constructor(tests: readonly CharacterTest[], negated: boolean, ignoreCase: boolean) {
    this.#tests = tests;
    this.#negated = negated;
    this.#ignoreCase = ignoreCase;
  }

  has(char: string): boolean {
    if (isStrayByte(char) && (this.#negated || this.#tests.length !== 1)) return false;
    return this.#listed(char) !== this.#negated;
  }

  #listed(char: string): boolean {
    const one = (which: string) => this.#tests.some((test) => test(which));
    return one(char) || (this.#ignoreCase && otherCases(char).some(one));
  }
}

/** One character. */
export function single(char: string, ignoreCase: boolean): CharacterSet {
  return new CharacterSet([(other) => other === char], false, ignoreCase);
}

/** `.`, also \W and \S: all that `tests` do not name. */
export function allBut(tests: readonly CharacterTest[]): CharacterSet {
  return new CharacterSet(tests, true, false);
}

export const isWord: CharacterTest = (char) => sideOf(char) === WORD;
