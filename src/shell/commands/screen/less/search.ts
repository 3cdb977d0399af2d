/** Searching: the pattern in force, where the next match is, and marking matches on the screen. */
import type { Sys } from '../../../../linux/index.ts';
import { compileRegex, type Regex } from '../../../regex/index.ts';
import { both, type Cell, cellsOf, REVERSE } from '../cells.ts';
import type { LessOptions } from './options.ts';
import type { Source } from './source.ts';

export type Direction = 1 | -1;

export class Searching {
  /** Of the last search command. */
  direction: Direction = 1;
  highlight = true;
  readonly #options: LessOptions;
  #text: string | null = null;
  #pattern: Regex | null = null;
  #inverted = false;

  constructor(options: LessOptions) {
    this.#options = options;
  }

  get hasPattern(): boolean {
    return this.#text !== null;
  }

  /** Takes a new pattern; false when it is malformed. `inverted`: lines that do not match. */
  set(text: string, inverted: boolean): boolean {
    if (compileRegex(text, { extended: true }) === null) return false;
    this.#text = text;
    this.#inverted = inverted;
    this.refresh();
    return true;
  }

  /** After a change of the options. */
  refresh(): void {
    if (this.#text === null) return;
    const { ignoreCase } = this.#options;
    const ignores = ignoreCase === 'always' || (ignoreCase === 'smart' && !/\p{Lu}/u.test(this.#text));
    this.#pattern = compileRegex(this.#text, { extended: true, ignoreCase: ignores });
  }

  /** The `count`th line with a match, from `line` on; null when there is none, and when Ctrl-C ended the reading. */
  *find(source: Source, line: number, direction: Direction, count: number): Sys<number | null> {
    let left = count;
    for (let at = line; at >= 0 && (yield* source.has(at)); at += direction) {
      const matches = this.#matches(searchText(source.lines[at]!, this.#options.colours));
      if (matches !== this.#inverted && --left <= 0) return at;
    }
    return null;
  }

  /** A row with what matches in its line in reverse video. */
  marked(row: readonly Cell[], source: Source, line: number): readonly Cell[] {
    if (this.#pattern === null || !this.highlight || this.#inverted) return row;
    const cells = cellsOf(source.lines[line] ?? '', this.#options.colours);
    const text = cells.map((cell) => cell.char).join('');
    const starts = new Map<number, number>();
    let length = 0;
    for (const cell of cells) {
      starts.set(cell.at, length);
      length += cell.char.length;
    }
    const spans = [...this.#pattern.matches(text)].map(({ index, end }) => [index, end] as const);
    if (spans.length === 0) return row;
    return row.map((cell) => {
      const start = starts.get(cell.at) ?? -1;
      const inside = spans.some(([from, to]) => start >= from && start < to);
      return inside && !cell.style.split(';').includes(REVERSE)
        ? { ...cell, style: both(cell.style, REVERSE) }
        : cell;
    });
  }

  #matches(text: string): boolean {
    return this.#pattern?.test(text) ?? false;
  }
}

/** A line without what only styles it. */
function searchText(line: string, colours: boolean): string {
  if (!line.includes('\b') && !(colours && line.includes('\x1b'))) return line;
  return cellsOf(line, colours)
    .map((cell) => cell.char)
    .join('');
}
