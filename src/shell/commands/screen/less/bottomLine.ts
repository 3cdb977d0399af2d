/** The bottom line: prompts, messages, and what is typed there. */
import type { Sys } from '../../../../linux/index.ts';
import { painted, paintedText, REVERSE, visibleForm } from '../cells.ts';
import type { Input, Terminal } from '../terminal.ts';

/** The name of a key: a character stands for itself. */
export function keyName(input: Input): string {
  if (input.kind === 'text' || input.kind === 'paste') return input.text;
  return input.kind === 'key' ? input.name : '';
}

export class BottomLine {
  /** A key that answered a message and is a command. */
  pending: Input | null = null;
  readonly #terminal: Terminal;
  readonly #history = new Map<string, string[]>();
  /** Draws the screen after a change of its size. */
  readonly #redraw: () => Sys<void>;

  constructor(terminal: Terminal, redraw: () => Sys<void>) {
    this.#terminal = terminal;
    this.#redraw = redraw;
  }

  /** An empty prompt is a colon. */
  prompt(text: string): void {
    const width = this.#terminal.cols - 1;
    const cut = [...text].slice(0, Math.max(1, width)).join('');
    this.#terminal.write(`\r\x1b[K${cut === '' ? ':' : paintedText(cut, REVERSE)}`);
  }

  plain(text: string): void {
    this.#terminal.write(`\r\x1b[K${text}`);
  }

  bell(): void {
    this.#terminal.write('\x07');
  }

  *key(): Sys<Input> {
    const { pending } = this;
    this.pending = null;
    return pending ?? (yield* this.#terminal.key());
  }

  /** Shows a message until a key is pressed; a key other than Return is the next command. */
  *message(text: string): Sys<void> {
    for (;;) {
      this.prompt(`${text}  (press RETURN)`);
      const input = yield* this.#terminal.key();
      if (input.kind === 'resize') {
        yield* this.#redraw();
        continue;
      }
      if (!['Enter', ' '].includes(keyName(input)) && input.kind !== 'interrupt') this.pending = input;
      this.#terminal.write('\r\x1b[K');
      return;
    }
  }

  /** One key after a prompt; null when the wish was taken back. */
  *ask(text: string): Sys<string | null> {
    this.plain(text);
    const input = yield* this.#terminal.key();
    if (input.kind === 'end') this.pending = input;
    if (input.kind === 'resize') yield* this.#redraw();
    return input.kind === 'text' || input.kind === 'key' ? keyName(input) : null;
  }

  /** A line typed after `prompt`; null when it was given up: Ctrl-C, or a Backspace in the empty line. */
  *line(prompt: string, first = ''): Sys<string | null> {
    const history = this.#history.get(prompt) ?? [];
    let at = history.length;
    let text = first;
    for (;;) {
      const shown = [...text].map((char) => ({ shown: visibleForm(char) ?? char, style: '' }));
      this.plain(prompt + painted(shown));
      const input = yield* this.#terminal.key();
      if (input.kind === 'text' || input.kind === 'paste') text += input.text.replace(/\n.*/s, '');
      else if (input.kind === 'resize') yield* this.#redraw();
      else if (input.kind === 'end') {
        this.pending = input;
        return null;
      } else if (input.kind === 'interrupt') return null;
      else if (input.kind === 'key') {
        if (input.name === 'Enter') {
          if (text !== '' && text !== history.at(-1)) this.#history.set(prompt, [...history, text]);
          return text;
        }
        if (input.name === 'Backspace') {
          if (text === '') return null;
          text = [...text].slice(0, -1).join('');
        } else if (input.name === 'C-w') text = text.replace(/\S*\s*$/, '');
        else if (input.name === 'C-u') text = '';
        else if (input.name === 'Up' && at > 0) text = history[--at]!;
        else if (input.name === 'Down' && at < history.length) text = history[++at] ?? '';
        else this.bell();
      }
    }
  }
}
