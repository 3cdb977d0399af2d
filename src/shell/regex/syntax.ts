/** POSIX regular expressions (XBD chapter 9, with GNU's extensions) as trees. */
import type { CharacterSet } from './characters.ts';

/** What holds at a place between two characters; `line…` are `^` and `$`, `text…` are GNU's \` and \'. */
export type Assertion =
  | 'lineStart'
  | 'lineEnd'
  | 'textStart'
  | 'textEnd'
  | 'wordStart'
  | 'wordEnd'
  | 'wordEdge'
  | 'noWordEdge'
  /** No word character before, none behind: grep -w. */
  | 'noWordBefore'
  | 'noWordAfter';

export type RegexNode =
  | { readonly kind: 'characters'; readonly set: CharacterSet }
  | { readonly kind: 'assertion'; readonly assertion: Assertion }
  | { readonly kind: 'sequence' | 'either'; readonly items: readonly RegexNode[] }
  | { readonly kind: 'repeat'; readonly operand: RegexNode; readonly least: number; readonly most: number }
  | { readonly kind: 'group'; readonly index: number; readonly operand: RegexNode }
  | { readonly kind: 'reference'; readonly index: number };

/** What is wrong with an expression, in the words of regcomp(3). */
export class RegexProblem extends Error {}

/** Matching needed more steps or memory than a host has. */
export class RegexExhausted extends Error {
  constructor() {
    super('memory exhausted');
  }
}

/**
 * Programs differ in what they make of mistakes. `posix`: regcomp(3). `sed`: a closing parenthesis without an opening one is a mistake
 * too. `grep`: braces that are no interval stand for themselves, and an operator without an operand repeats nothing.
 */
export type Dialect = 'posix' | 'sed' | 'grep';

export interface RegexOptions {
  readonly extended: boolean;
  readonly dialect?: Dialect;
  readonly ignoreCase?: boolean;
  /** `^` and `$` match at the newlines within the text too (sed's M). */
  readonly multiline?: boolean;
  /** Only matches that no word character touches, or that are the whole line (grep -w, -x). */
  readonly only?: 'words' | 'lines' | null;
  /** Of the matches at a place the first counts that a search finds which tries left before right and more before less, not the longest. */
  readonly first?: boolean;
  /** A search that is exhausted found nothing, instead of throwing RegexExhausted. */
  readonly givesUp?: boolean;
}
