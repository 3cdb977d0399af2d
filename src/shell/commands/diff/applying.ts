/** Finds the places of hunks and applies them, as GNU patch does: with offsets, and with less and less context. */
import type { Hunk } from './unified.ts';

const MOST_FUZZ = 2;

export class Applying {
  /** Lines of the file, with their newlines. */
  readonly #input: readonly string[];
  readonly #output: string[] = [];
  /** Lines of the input that are already in the output. */
  #taken = 0;
  /** How far the last hunk was from where it should have been. */
  offset = 0;

  constructor(input: readonly string[]) {
    this.#input = input;
  }

  /** How many more lines the output has than the input up to here. */
  get shift(): number {
    return this.#output.length - this.#taken;
  }

  get result(): string {
    return this.#output.join('') + this.#input.slice(this.#taken).join('');
  }

  /** Where the hunk's lines begin, from 1, and how many lines of context were passed over; null when nowhere. */
  locate(hunk: Hunk, fuzz: number): number | null {
    const pattern = hunk.lines.filter(({ kind }) => kind !== '+').map(({ text }) => text);
    const guess = firstOf(hunk) + this.offset;
    if (pattern.length === 0) return guess;
    const [prefix, suffix, context] = contextOf(hunk);
    let before = fuzz + prefix - context;
    const after = fuzz + suffix - context;
    const last = this.#input.length - pattern.length + 1;
    const matches = (at: number, skip: number, drop: number) =>
      at > this.#taken &&
      at <= last &&
      pattern.every((line, i) => i < skip || i >= pattern.length - drop || this.#input[at - 1 + i] === line);
    if (before < 0 && firstOf(hunk) <= 1) {
      if (after < 0 && pattern.length !== this.#input.length) return null;
      return matches(1, 0, Math.max(after, 0)) ? 1 : null;
    }
    before = Math.max(before, 0);
    if (after < 0) return matches(last, before, 0) ? last : null;
    const farthest = Math.max(last - guess, guess - 1);
    for (let distance = 0; distance <= farthest; distance++) {
      if (matches(guess + distance, before, after)) return guess + distance;
      if (matches(guess - distance, before, after)) return guess - distance;
    }
    return null;
  }

  /** As much context as there is, then less. */
  search(hunk: Hunk): { at: number; fuzz: number } | null {
    const [, , context] = contextOf(hunk);
    for (let fuzz = 0; fuzz <= Math.min(MOST_FUZZ, context); fuzz++) {
      const at = this.locate(hunk, fuzz);
      if (at !== null) return { at, fuzz };
    }
    return null;
  }

  apply(hunk: Hunk, at: number): void {
    this.offset = at - firstOf(hunk);
    this.#copy(at - 1);
    for (const { kind, text } of hunk.lines) {
      if (kind === '+') this.#output.push(text);
      else if (kind === '-') this.#taken++;
      else this.#copy(this.#taken + 1);
    }
  }

  #copy(upTo: number): void {
    for (const line of this.#input.slice(this.#taken, upTo)) this.#output.push(line);
    this.#taken = Math.max(this.#taken, upTo);
  }
}

/** The line where the hunk's old lines begin; a hunk that only adds names the line before. */
export function firstOf(hunk: Hunk): number {
  return hunk.lines.every(({ kind }) => kind === '+') ? hunk.oldStart + 1 : hunk.oldStart;
}

/** Lines of context before and behind the changes, and the larger of both. */
function contextOf({ lines }: Hunk): [number, number, number] {
  const first = lines.findIndex(({ kind }) => kind !== ' ');
  const prefix = first < 0 ? lines.length : first;
  const suffix = lines.length - 1 - lines.findLastIndex(({ kind }) => kind !== ' ');
  return [prefix, suffix, Math.max(prefix, suffix)];
}
