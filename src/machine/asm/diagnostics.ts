/** What the assembler says about a source that is not right, and how it guesses what was meant. */

/** A stretch of the source. */
export interface Place {
  /** Counted from 1. */
  readonly line: number;
  /** Counted from 1, in UTF-16 code units. */
  readonly column: number;
  readonly length: number;
  /** Set inside a macro or a repetition: what was being expanded. The place is then where it was called. */
  readonly within?: string;
}

/** One thing that is wrong. */
export interface Diagnostic extends Omit<Place, 'within'> {
  /** A sentence that says what is wrong and what was expected. */
  readonly message: string;
  /** What the writer probably wanted. */
  readonly hint?: string;
}

/** A hint that is costly to find is looked for only when its diagnostic is new. */
export type Hint = string | (() => string | undefined) | undefined;

/** As many as are kept; a broken macro in a long repetition would give millions. */
const MOST = 200;

/** Control characters of the source as escapes. */
const visible = (text: string) =>
  text.replace(/[\0-\x1f\x7f]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`);

/** Collects diagnostics in the order of their lines. */
export class Diagnostics {
  #list: Diagnostic[] = [];
  #seen = new Set<string>();

  /** Notes a problem once, however many rounds find it. */
  add(place: Place, message: string, hint?: Hint): void {
    const { line, column, length, within } = place;
    const short = visible(message).replace(/`([^`]{60})[^`]+`/g, '`$1…`');
    const full = within === undefined ? short : `${short} (in ${within})`;
    const key = `${line}:${column}:${full}`;
    if (this.#seen.has(key) || this.#list.length >= MOST) return;
    this.#seen.add(key);
    const found = typeof hint === 'function' ? hint() : hint;
    this.#list.push({ line, column, length, message: full, ...(found === undefined ? {} : { hint: found }) });
  }

  get any(): boolean {
    return this.#list.length > 0;
  }

  sorted(): Diagnostic[] {
    const list = [...this.#list].sort((a, b) => a.line - b.line || a.column - b.column);
    const last = list.at(-1);
    if (last !== undefined && list.length >= MOST)
      list.push({ ...last, message: `${MOST} mistakes are listed; there may be more` });
    return list;
  }
}

/** Edits (insert, delete, replace, swap neighbours) from `a` to `b`. */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = previous[j - 1]! + Number(a[i - 1] !== b[j - 1]);
      let best = Math.min(change, previous[j]! + 1, current[j - 1]! + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, before[j - 2]! + 1);
      current.push(best);
    }
    before = previous;
    previous = current;
  }
  return previous[b.length]!;
}

/** "did you mean …?" for the nearest of `names`, if one is near. */
export function didYouMean(wrong: string, names: Iterable<string>): string | undefined {
  const word = wrong.toLowerCase().slice(0, 40);
  const limit = word.length <= 2 ? 1 : word.length <= 5 ? 2 : 3;
  let best: string | undefined;
  let least = limit + 1;
  for (const name of names) {
    if (Math.abs(name.length - word.length) > limit) continue;
    const d = distance(word, name.toLowerCase());
    if (d < least && d < name.length && d < word.length) {
      least = d;
      best = name;
    }
  }
  return best === undefined ? undefined : `did you mean \`${best}\`?`;
}
