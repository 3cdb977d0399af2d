/** A terminal's screen: enough of ECMA-48 to see what the line editor shows. Rows are never scrolled away. */
import { encodeUtf8, MILLISECOND } from '../../src/base/index.ts';
import type { FileTree } from '../../src/linux/index.ts';
import { charWidth } from '../../src/shell/editor/width.ts';
import type { TestHost } from './linuxHost.ts';
import { shellHost } from './shellHost.ts';

export class Screen {
  #rows: string[][] = [[]];
  #row = 0;
  #col = 0;
  cols: number;

  constructor(cols: number) {
    this.cols = cols;
  }

  /** All rows, without trailing blanks and rows. */
  get text(): string {
    const rows = this.#rows.map((row) =>
      Array.from(row, (char) => char ?? ' ')
        .join('')
        .trimEnd(),
    );
    return rows.join('\n').trimEnd();
  }

  /** The last row that shows something, and the cursor in it as `|`. */
  get line(): string {
    const row = Array.from(this.#rows[this.#row] ?? [], (char) => char ?? ' ');
    while (row.length < this.#col) row.push(' ');
    row.splice(this.#col, 0, '|');
    return row.join('').trimEnd();
  }

  write(text: string): void {
    for (let rest = text; rest !== ''; ) {
      const sequence = /^\x1b\[([?0-9;]*)([@-~])/.exec(rest);
      if (sequence !== null) {
        this.#control(sequence[1]!, sequence[2]!);
        rest = rest.slice(sequence[0].length);
        continue;
      }
      const char = String.fromCodePoint(rest.codePointAt(0)!);
      rest = rest.slice(char.length);
      this.#put(char);
    }
  }

  #put(char: string): void {
    if (char === '\r') this.#col = 0;
    else if (char === '\n') this.#row++;
    else if (char === '\b') this.#col = Math.max(0, Math.min(this.#col, this.cols - 1) - 1);
    else if (char >= ' ') {
      const width = charWidth(char);
      if (this.#col + width > this.cols) {
        this.#row++;
        this.#col = 0;
      }
      const row = (this.#rows[this.#row] ??= []);
      row[this.#col] = char;
      if (width === 2) row[this.#col + 1] = '';
      this.#col += width;
    }
    while (this.#rows.length <= this.#row) this.#rows.push([]);
  }

  #control(parameters: string, final: string): void {
    const count = Number(parameters || 1);
    const column = Math.min(this.#col, this.cols - 1);
    if (final === 'A') this.#row = Math.max(0, this.#row - count);
    else if (final === 'B') this.#row += count;
    else if (final === 'C') this.#col = Math.min(this.cols - 1, column + count);
    else if (final === 'D') this.#col = Math.max(0, column - count);
    else if (final === 'H') this.#row = this.#col = 0;
    else if (final === 'J') this.#erase(parameters === '2');
    while (this.#rows.length <= this.#row) this.#rows.push([]);
  }

  #erase(all: boolean): void {
    if (all) this.#rows = [[]];
    else {
      this.#rows.length = this.#row + 1;
      this.#rows[this.#row]!.length = Math.min(this.#rows[this.#row]!.length, this.#col);
    }
  }
}

export interface ShellSession {
  readonly host: TestHost['host'];
  readonly screen: Screen;
  /** Everything that was written to the terminal. */
  readonly output: () => string;
  /** Types, and lets half a second pass. */
  type(keys: string): void;
  resize(cols: number): void;
  /** Lets `milliseconds` pass. */
  wait(milliseconds: number): void;
  close(): void;
  readonly closed: boolean;
}

/** `student` at an interactive bash with the prompt `$ `. */
export function shellSession(
  options: { cols?: number; files?: FileTree; argv?: readonly string[] } = {},
): ShellSession {
  const cols = options.cols ?? 80;
  const own = { uid: 1000, gid: 1000 };
  const { host, advance } = shellHost({
    '/home/student/.bashrc': { content: "PS1='$ '\n", ...own },
    ...options.files,
  });
  const screen = new Screen(cols);
  const decoder = new TextDecoder();
  let output = '';
  const terminal = host.openTerminal({
    user: 'student',
    argv: options.argv ?? ['/usr/bin/bash'],
    size: { rows: 24, cols },
    onOutput: (bytes) => {
      const text = decoder.decode(bytes, { stream: true });
      output += text;
      screen.write(text);
    },
  });
  advance(500 * MILLISECOND);
  return {
    host,
    screen,
    output: () => output,
    type(keys) {
      terminal.input(encodeUtf8(keys));
      advance(500 * MILLISECOND);
    },
    resize(width) {
      screen.cols = width;
      terminal.resize({ rows: 24, cols: width });
      advance(100 * MILLISECOND);
    },
    wait: (milliseconds) => advance(milliseconds * MILLISECOND),
    close() {
      terminal.close();
      advance(500 * MILLISECOND);
    },
    get closed() {
      return terminal.closed;
    },
  };
}

/** Names of keys in tests: `<C-a>`, `<M-b>`, `<Up>`, `<Enter>` … become what a terminal sends. */
export function keys(text: string): string {
  const named: Readonly<Record<string, string>> = {
    Up: '\x1b[A',
    Down: '\x1b[B',
    Right: '\x1b[C',
    Left: '\x1b[D',
    Home: '\x1b[H',
    End: '\x1b[F',
    Delete: '\x1b[3~',
    'C-Right': '\x1b[1;5C',
    'C-Left': '\x1b[1;5D',
    Enter: '\r',
    Tab: '\t',
    Backspace: '\x7f',
    Esc: '\x1b',
    Paste: '\x1b[200~',
    EndPaste: '\x1b[201~',
  };
  return text.replace(/<([A-Za-z-]+.?|[CM]-.)>/g, (whole, name: string) => {
    if (named[name] !== undefined) return named[name];
    if (/^C-.$/.test(name)) return String.fromCharCode(name.toLowerCase().charCodeAt(2) & 0x1f);
    if (/^M-./.test(name)) return `\x1b${name === 'M-Backspace' ? '\x7f' : name.slice(2)}`;
    return whole;
  });
}
