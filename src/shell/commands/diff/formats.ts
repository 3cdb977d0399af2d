/** A comparison as text: diff's normal output, and the unified one of -u. */
import type { Change } from './changes.ts';

export interface TextFile {
  readonly lines: readonly string[];
  /** The last line has no newline. */
  readonly unended: boolean;
}

const NO_NEWLINE = '\\ No newline at end of file\n';

/** A line with its mark; what is missing at its end is told. */
function marked(mark: string, file: TextFile, at: number): string {
  const missing = file.unended && at === file.lines.length - 1;
  return `${mark}${file.lines[at]}\n${missing ? NO_NEWLINE : ''}`;
}

function span(mark: string, file: TextFile, from: number, end: number): string {
  let out = '';
  for (let at = from; at < end; at++) out += marked(mark, file, at);
  return out;
}

/** `3` or `3,5`; where there are no lines, the line before. */
function range(from: number, end: number): string {
  return end - from > 1 ? `${from + 1},${end}` : `${end}`;
}

export function normal(a: TextFile, b: TextFile, changes: readonly Change[]): string {
  let out = '';
  for (const { from, fromEnd, to, toEnd } of changes) {
    const letter = from === fromEnd ? 'a' : to === toEnd ? 'd' : 'c';
    out += `${range(from, fromEnd)}${letter}${range(to, toEnd)}\n${span('< ', a, from, fromEnd)}`;
    if (letter === 'c') out += '---\n';
    out += span('> ', b, to, toEnd);
  }
  return out;
}

/** `3,4`, with the length and not the end; a length of 1 is left out. */
function unifiedRange(from: number, end: number): string {
  const length = end - from;
  return length === 1 ? `${from + 1}` : `${length === 0 ? from : from + 1},${length}`;
}

/** Hunks with `context` lines around the changes; changes closer than that share one. */
export function unified(a: TextFile, b: TextFile, changes: readonly Change[], context: number): string {
  let out = '';
  for (let first = 0; first < changes.length; ) {
    let last = first;
    while (last + 1 < changes.length && changes[last + 1]!.from - changes[last]!.fromEnd <= 2 * context)
      last++;
    const hunk = changes.slice(first, last + 1);
    const [start, end] = [hunk[0]!, hunk.at(-1)!];
    const before = Math.min(context, start.from);
    const after = Math.min(context, a.lines.length - end.fromEnd);
    const left = unifiedRange(start.from - before, end.fromEnd + after);
    const right = unifiedRange(start.to - before, end.toEnd + after);
    out += `@@ -${left} +${right} @@\n`;
    let at = start.from - before;
    for (const change of hunk) {
      out += span(' ', a, at, change.from) + span('-', a, change.from, change.fromEnd);
      out += span('+', b, change.to, change.toEnd);
      at = change.fromEnd;
    }
    out += span(' ', a, at, end.fromEnd + after);
    first = last + 1;
  }
  return out;
}
