/** The text being edited: lines, a place in them, edits that can be undone. */
import { charWidth } from '../../../editor/width.ts';
import { TAB_WIDTH, visibleForm } from '../cells.ts';

/** `at` is an index in the line's UTF-16 text, never inside a character. */
export interface Place {
  readonly line: number;
  readonly at: number;
}

interface Edit {
  readonly start: Place;
  readonly removed: string;
  readonly inserted: string;
  /** The edit gave the text its empty last line. */
  readonly addedLast: boolean;
}

/** What undo takes back at once, named as nano names it. */
export interface UndoItem {
  readonly label: string;
  readonly edits: Edit[];
  readonly before: Place;
  after: Place;
}

export const isBefore = (a: Place, b: Place) => a.line < b.line || (a.line === b.line && a.at < b.at);

/** The place after the character at `at`, with marks that take no room of their own. */
export function nextAt(text: string, at: number): number {
  let to = at + (String.fromCodePoint(text.codePointAt(at) ?? 0).length || 1);
  while (to < text.length && charWidth(String.fromCodePoint(text.codePointAt(to)!)) === 0) to++;
  return Math.min(to, text.length);
}

export function previousAt(text: string, at: number): number {
  let from = 0;
  for (let next = 0; next < at; next = nextAt(text, next)) from = next;
  return from;
}

/** Columns of a character that starts in column `col`. */
export function columns(char: string, col: number): number {
  return char === '\t' ? TAB_WIDTH - (col % TAB_WIDTH) : (visibleForm(char)?.length ?? charWidth(char));
}

/** Columns before index `at`. */
export function columnOf(text: string, at: number): number {
  let col = 0;
  for (const char of text.slice(0, at)) col += columns(char, col);
  return col;
}

/** The index nearest to column `wanted`, not after it. */
export function indexOfColumn(text: string, wanted: number): number {
  let col = 0;
  let at = 0;
  while (at < text.length) {
    const next = nextAt(text, at);
    for (const char of text.slice(at, next)) col += columns(char, col);
    if (col > wanted) return at;
    at = next;
  }
  return at;
}

export class Buffer {
  lines: string[] = [''];
  cursor: Place = { line: 0, at: 0 };
  /** Undone `done` items are after the others. */
  #items: UndoItem[] = [];
  #done = 0;
  /** How many items were done when the text was last saved; null when that state cannot come back. */
  #savedAt: number | null = 0;

  /** A text ends with an empty line, where one can go on writing. */
  load(text: string): void {
    this.lines = text.split('\n');
    if (this.lines.at(-1) !== '') this.lines.push('');
  }

  get text(): string {
    return this.lines.join('\n');
  }

  get line(): string {
    return this.lines[this.cursor.line]!;
  }

  get modified(): boolean {
    return this.#savedAt !== this.#done;
  }

  saved(): void {
    this.#savedAt = this.#done;
  }

  /** Characters in all, line ends included. */
  get size(): number {
    return [...this.text].length;
  }

  textBetween(from: Place, to: Place): string {
    if (from.line === to.line) return this.lines[from.line]!.slice(from.at, to.at);
    return [
      this.lines[from.line]!.slice(from.at),
      ...this.lines.slice(from.line + 1, to.line),
      this.lines[to.line]!.slice(0, to.at),
    ].join('\n');
  }

  /** Puts `text` in the place of what is between; the cursor goes behind it. `join` adds to the last item of that name. */
  replace(label: string, from: Place, to: Place, text: string, join: boolean, cursor?: Place): void {
    const removed = this.textBetween(from, to);
    const before = this.cursor;
    const edit = this.#apply(from, removed, text);
    this.cursor = cursor ?? endOf(from, text);
    const last = this.#items[this.#done - 1];
    if (join && last?.label === label && this.#savedAt !== this.#done) {
      last.edits.push(edit);
      last.after = this.cursor;
      this.#items.length = this.#done;
      return;
    }
    if (this.#savedAt !== null && this.#savedAt > this.#done) this.#savedAt = null;
    this.#items.length = this.#done;
    this.#items.push({ label, edits: [edit], before, after: this.cursor });
    this.#done++;
  }

  /** What was undone; null when there is nothing more. */
  undo(): string | null {
    const item = this.#items[this.#done - 1];
    if (item === undefined) return null;
    for (const edit of [...item.edits].reverse()) {
      this.#apply(edit.start, edit.inserted, edit.removed);
      if (edit.addedLast) this.lines.pop();
    }
    this.#done--;
    this.cursor = item.before;
    return item.label;
  }

  redo(): string | null {
    const item = this.#items[this.#done];
    if (item === undefined) return null;
    for (const edit of item.edits) this.#apply(edit.start, edit.removed, edit.inserted);
    this.#done++;
    this.cursor = item.after;
    return item.label;
  }

  #apply(start: Place, removed: string, inserted: string): Edit {
    const to = endOf(start, removed);
    const head = this.lines[start.line]!.slice(0, start.at);
    const tail = this.lines[to.line]!.slice(to.at);
    const added = (head + inserted + tail).split('\n');
    this.lines = [...this.lines.slice(0, start.line), ...added, ...this.lines.slice(to.line + 1)];
    const addedLast = this.lines.at(-1) !== '';
    if (addedLast) this.lines.push('');
    return { start, removed, inserted, addedLast };
  }
}

/** Where a text ends that starts at `start`. */
export function endOf(start: Place, text: string): Place {
  const lines = text.split('\n');
  const last = lines.at(-1)!;
  return lines.length === 1
    ? { line: start.line, at: start.at + last.length }
    : { line: start.line + lines.length - 1, at: last.length };
}
