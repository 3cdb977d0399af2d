/** nano at work: shows its window, reads a key, does what the key means. `keys.ts` says what that is. */
import type { Sys } from '../../../../linux/index.ts';
import type { Key } from '../../../editor/keys.ts';
import { Frame, type Row } from '../frame.ts';
import type { Input, Terminal } from '../terminal.ts';
import { Buffer, columnOf, indexOfColumn, isBefore, type Place } from './buffer.ts';
import { rescue } from './files.ts';
import {
  type HelpEntry,
  helpRows,
  type Message,
  marginOf,
  messageRow,
  OTHER_ROWS,
  pageStart,
  textRows,
  titleRow,
} from './window.ts';

/** Keys after which a message goes away by itself. */
const MESSAGE_KEYS = 20;

export interface Settings {
  lineNumbers: boolean;
  readonly viewOnly: boolean;
  autoIndent: boolean;
  /** Blanks that Tab types; null: a tab. */
  readonly tabBlanks: number | null;
}

/** The editor is left. */
export class Quit extends Error {
  readonly status: number;
  constructor(status = 0) {
    super('nano is left');
    this.status = status;
  }
}

export interface Last {
  search: string;
  replacement: string;
  caseSensitive: boolean;
  backwards: boolean;
  regular: boolean;
}

export class Editor {
  readonly terminal: Terminal;
  readonly settings: Settings;
  readonly buffer = new Buffer();
  name = '';
  mark: Place | null = null;
  /** What a question is about, shown in colour. */
  spot: readonly [Place, Place] | null = null;
  cut = '';
  readonly last: Last = {
    search: '',
    replacement: '',
    caseSensitive: false,
    backwards: false,
    regular: false,
  };
  readonly history = new Map<string, string[]>();
  /** What the key before did: typing, cutting, moving up and down go on where they were. */
  previous = '';
  /** The column that moving up and down keeps to. */
  wanted: number | null = null;
  top = 0;
  readonly #frame: Frame;
  #message: Message | null = null;
  #messageKeys = 0;
  #help: readonly HelpEntry[] = [];

  constructor(terminal: Terminal, settings: Settings) {
    this.terminal = terminal;
    this.settings = settings;
    this.#frame = new Frame(terminal);
  }

  get height(): number {
    return Math.max(1, this.terminal.rows - OTHER_ROWS);
  }

  get message(): Message | null {
    return this.#message;
  }

  tell(text: string, kind: Message['kind'] = 'info'): void {
    this.#message = { text, kind };
    this.#messageKeys = 0;
    if (kind === 'alert') this.terminal.write('\x07');
  }

  untell(): void {
    this.#message = null;
  }

  /** The next key; resizing is dealt with, the end of the terminal rescues the text. */
  *key(): Sys<Key> {
    for (;;) {
      const input: Input = yield* this.terminal.key();
      if (input.kind === 'resize') {
        this.#frame.forget();
        this.untell();
        this.follow();
        if (this.redraw === null) this.show(this.#help);
        else this.redraw();
      } else if (input.kind === 'end') yield* this.#die();
      else if (input.kind === 'text' || input.kind === 'key' || input.kind === 'paste') return input;
    }
  }

  /** Draws what a prompt or the help shows instead of the text; set while they run. */
  redraw: (() => void) | null = null;

  /** Counts a key towards the end of a message. */
  age(): void {
    if (++this.#messageKeys >= MESSAGE_KEYS) this.#message = null;
  }

  show(help: readonly HelpEntry[]): void {
    this.#help = help;
    const { row, col } = this.#cursor();
    this.draw(helpRows(help, this.terminal.cols), messageRow(this.#message, this.terminal.cols), {
      row,
      col,
    });
  }

  /** The text with another status line and other help below it. */
  draw(help: readonly Row[], status: Row, cursor: { row: number; col: number }): void {
    const { cols } = this.terminal;
    const state = {
      buffer: this.buffer,
      name: this.name,
      lineNumbers: this.settings.lineNumbers,
      viewOnly: this.settings.viewOnly,
      autoIndent: this.settings.autoIndent,
      top: this.top,
      mark: this.mark,
      spot: this.spot,
      message: this.#message,
    };
    const rows = [titleRow(state, cols), ...textRows(state, this.height, cols), status, ...help];
    this.#frame.draw(rows, cursor);
  }

  /** Rows of one's own, for the help. */
  drawRows(rows: readonly Row[]): void {
    this.#frame.draw(rows, null);
  }

  forget(): void {
    this.#frame.forget();
  }

  #cursor(): { row: number; col: number } {
    const { cursor, line } = this.buffer;
    const margin = marginOf({ buffer: this.buffer, lineNumbers: this.settings.lineNumbers });
    const col = columnOf(line, cursor.at);
    const width = Math.max(1, this.terminal.cols - margin);
    return { row: cursor.line - this.top + 1, col: margin + col - pageStart(col, width) };
  }

  /** Moves the cursor; `sideways` movement sets the column that moving up and down keeps to. */
  go(place: Place, sideways = true): void {
    this.buffer.cursor = place;
    if (sideways) this.wanted = null;
    this.follow();
  }

  /** To a place that may be far away: into the middle of the window, when it is not seen. */
  jump(place: Place): void {
    this.buffer.cursor = place;
    this.wanted = null;
    this.centre(false);
  }

  /** Up or down by lines, in the same column as far as lines reach. */
  goLines(count: number): void {
    const { cursor, line, lines } = this.buffer;
    this.wanted ??= columnOf(line, cursor.at);
    const to = Math.max(0, Math.min(lines.length - 1, cursor.line + count));
    this.go({ line: to, at: indexOfColumn(lines[to]!, this.wanted) }, false);
  }

  /** Scrolls just as far as the cursor needs. */
  follow(): void {
    const { line } = this.buffer.cursor;
    if (line < this.top) this.top = line;
    else if (line >= this.top + this.height) this.top = line - this.height + 1;
  }

  /** Puts the cursor's line into the middle; `always` even when it can be seen already. */
  centre(always: boolean): void {
    const { line } = this.buffer.cursor;
    const seen = line >= this.top && line < this.top + this.height;
    if (always || !seen) this.top = Math.max(0, line - Math.floor(this.height / 2));
  }

  /** The marked text, first place first; null without a mark. */
  region(): readonly [Place, Place] | null {
    if (this.mark === null) return null;
    const { cursor } = this.buffer;
    return isBefore(this.mark, cursor) ? [this.mark, cursor] : [cursor, this.mark];
  }

  *#die(): Sys<never> {
    if (!this.buffer.modified) throw new Quit(1);
    const path = yield* rescue(this.name, this.buffer.text);
    this.terminal.write(path === null ? '' : `\x1b[${this.terminal.rows};1HBuffer written to ${path}\r\n`);
    throw new Quit(1);
  }
}
