/** Which bracket a learner forgot to close: a parser finds out long after the place. */
import { tokenizer, tokTypes } from 'acorn';

export interface Bracket {
  readonly sign: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
}

interface Open extends Bracket {
  /** Of its line. */
  readonly indent: number;
}

const openers = new Map([
  [tokTypes.braceL, '{'],
  [tokTypes.dollarBraceL, '{'],
  [tokTypes.parenL, '('],
  [tokTypes.bracketL, '['],
]);
const closers = new Set([tokTypes.braceR, tokTypes.parenR, tokTypes.bracketR]);

/**
 * The bracket that is still open at offset `end` of `source`, or null. Where one further out was closed in its place, which the
 * indentation of the closing line gives away, it is the one inside.
 */
export function unclosed(source: string, end: number): Bracket | null {
  const lines = source.split('\n');
  const indentOf = (line: number) => /^\s*/.exec(lines[line - 1]!)![0].length;
  const open: Open[] = [];
  let suspect: Open | null = null;
  try {
    for (const { type, start, loc } of tokenizer(source, { ecmaVersion: 'latest', locations: true })) {
      if (start >= end) break;
      const { line, column } = loc!.start;
      const sign = openers.get(type);
      if (sign !== undefined) open.push({ sign, line, column: column + 1, indent: indentOf(line) });
      if (!closers.has(type)) continue;
      const closed = open.pop();
      const first = indentOf(line) === column;
      if (closed !== undefined && first && column < closed.indent) suspect ??= closed;
    }
  } catch (error) {
    // What is no token ends the search: what is open by then is open.
    if (!(error instanceof SyntaxError)) throw error;
  }
  return open.length === 0 ? null : (suspect ?? open.at(-1)!);
}
