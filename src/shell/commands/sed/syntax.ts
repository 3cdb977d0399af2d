/** A sed script as data. After POSIX sed(1) and the GNU manual, chapters 2 to 5. */
import type { Regex } from '../../regex/index.ts';

/** A regular expression; null stands for the last one that was used. */
export type Pattern = Regex | null;

export type Address =
  | { readonly kind: 'line'; readonly line: number }
  | { readonly kind: 'last' }
  | { readonly kind: 'match'; readonly pattern: Pattern }
  /** `first~step` */
  | { readonly kind: 'step'; readonly first: number; readonly step: number };

/** Where a range ends: an address, `+N` lines later, or at the next multiple of N. */
export type RangeEnd =
  | Address
  | { readonly kind: 'plus'; readonly lines: number }
  | { readonly kind: 'multiple'; readonly of: number };

/** A part of what `s` puts in: text, `&` and `\1` as groups, and case conversions. */
export type ReplacementPart =
  | { readonly text: string }
  | { readonly group: number }
  /** `\U \L \E`, and `\u \l` for one character. */
  | { readonly turn: 'U' | 'L' | 'E' | 'u' | 'l' };

export interface Substitution {
  readonly pattern: Pattern;
  readonly replacement: readonly ReplacementPart[];
  /** Which match is the first to be replaced; 1 unless a number was given. */
  readonly from: number;
  readonly all: boolean;
  readonly print: boolean;
  readonly file: string | null;
}

export type Action =
  | { readonly name: '{'; readonly end: number }
  | { readonly name: '}' | '=' | 'd' | 'D' | 'g' | 'G' | 'h' | 'H' | 'n' | 'N' | 'p' | 'P' | 'x' | 'z' | 'F' }
  | { readonly name: 'a' | 'i' | 'c'; readonly text: string }
  | { readonly name: 'b' | 't' | 'T'; readonly to: number }
  | { readonly name: 'q' | 'Q'; readonly status: number }
  | { readonly name: 'l'; readonly width: number | null }
  | { readonly name: 'r' | 'R' | 'w' | 'W'; readonly file: string }
  | { readonly name: 'y'; readonly map: ReadonlyMap<string, string> }
  | { readonly name: 's'; readonly substitution: Substitution };

export interface Command {
  readonly first: Address | null;
  /** `0,/re/`: the end may already match on the first line. */
  readonly zero: boolean;
  readonly second: RangeEnd | null;
  readonly negated: boolean;
  readonly action: Action;
}

/** A mistake in a script: where it is, counted in characters from 1, and what it is. */
export class ScriptError extends Error {
  readonly at: number;
  constructor(at: number, message: string) {
    super(message);
    this.at = at;
  }
}
