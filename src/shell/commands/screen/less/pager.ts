/** less at work: a prompt, a command, again. */
import { type Sys, sys } from '../../../../linux/index.ts';
import type { Terminal } from '../terminal.ts';
import { BottomLine, keyName } from './bottomLine.ts';
import { type Files, looksBinary, type OpenedFile, Unopened } from './files.ts';
import type { LessOptions } from './options.ts';
import { type Place, promptText, STATUS } from './prompt.ts';
import { Searching } from './search.ts';
import type { Waiting } from './source.ts';
import { type Position, View } from './view.ts';

/** Ends the pager with a status. */
export class Leave extends Error {
  readonly status: number;
  constructor(status: number) {
    super('less is left');
    this.status = status;
  }
}

/** What a key does; `n` is the number typed before it, or null. */
export type Command = (pager: Pager, n: number | null) => Sys<void>;
export type Commands = (key: string) => Command | undefined;

export class Pager {
  readonly terminal: Terminal;
  readonly options: LessOptions;
  readonly files: Files;
  readonly searching: Searching;
  readonly bottom: BottomLine;
  readonly env: ReadonlyMap<string, string>;
  view!: View;
  readonly marks = new Map<string, { path: string; top: Position }>();
  /** Before the last long way. */
  lastTop: Position | null = null;
  readonly #commands: Commands;
  #file!: OpenedFile;
  #firstPrompt = true;

  constructor(
    terminal: Terminal,
    files: Files,
    options: LessOptions,
    env: ReadonlyMap<string, string>,
    commands: Commands,
  ) {
    this.#commands = commands;
    this.terminal = terminal;
    this.files = files;
    this.options = options;
    this.env = env;
    this.searching = new Searching(options);
    this.bottom = new BottomLine(terminal, () => this.redraw());
  }

  get path(): string {
    return this.#file.path;
  }

  /** Opens the file at `index` and shows it. False after a message, when that cannot be. */
  *show(index: number, how: { fresh?: boolean; alternate?: boolean } = {}): Sys<boolean> {
    try {
      const file = yield* this.files.open(index);
      const question = `"${file.source.name}" may be a binary file.  See it anyway? `;
      if (file.top === null && (yield* looksBinary(file.source, this.options.colours))) {
        const answer = yield* this.bottom.ask(question);
        this.terminal.write('\r\n');
        if (answer !== 'y' && answer !== 'Y') return false;
      }
      if (how.alternate) this.terminal.useAlternate();
      this.remember();
      this.#file = file;
      this.files.index = index;
      this.#firstPrompt = true;
      this.view = new View(file.source, this.terminal, this.options, this.searching);
      const top = file.top ?? { line: 0, row: 0 };
      yield* this.view.start(top, how.fresh ?? false);
      return true;
    } catch (error) {
      if (!(error instanceof Unopened)) throw error;
      this.files.remove(index);
      yield* this.bottom.message(error.message);
      return false;
    }
  }

  /** Keeps where one is in the file. */
  remember(): void {
    if (this.#file !== undefined && this.view !== undefined) this.#file.top = this.view.top;
  }

  *redraw(): Sys<void> {
    if (this.view === undefined) return;
    this.view.forget();
    yield* this.view.repaint();
  }

  /** Runs until one leaves. `prompt` is asked for each time. */
  *run(prompt: () => Sys<string> = () => this.#prompt()): Sys<number> {
    for (;;) {
      const text = yield* prompt();
      if (this.bottom.pending === null) this.bottom.prompt(text);
      this.#firstPrompt = false;
      try {
        yield* this.#command();
      } catch (error) {
        if (!(error instanceof Leave)) throw error;
        return error.status;
      }
    }
  }

  /** Reads numbers and a command's key, and does it. */
  *#command(): Sys<void> {
    let digits = '';
    for (;;) {
      const input = yield* this.bottom.key();
      if (input.kind === 'end') yield* this.#die(input.signal);
      if (input.kind === 'interrupt' && this.options.quitOnInterrupt) throw new Leave(2);
      if (input.kind === 'resize') return yield* this.redraw();
      if (input.kind === 'interrupt') return;
      const name = keyName(input);
      if (/^\d$/.test(name)) {
        digits += name;
        this.bottom.plain(`:${digits}`);
        continue;
      }
      if (name === 'Backspace' && digits !== '') {
        digits = digits.slice(0, -1);
        if (digits === '') return;
        this.bottom.plain(`:${digits}`);
        continue;
      }
      const command = this.#commands(name);
      if (command === undefined) this.bottom.bell();
      else yield* command(this, digits === '' ? null : Number(digits));
      return;
    }
  }

  /** Moved forward, or could not: at the end of the last file `-E` and `-e` leave. */
  *wentForward(moved: boolean): Sys<void> {
    const { quitAtEnd } = this.options;
    const last = this.files.index === this.files.count - 1;
    if (last && !moved && quitAtEnd !== 'no') throw new Leave(0);
    if (!moved) this.bottom.bell();
    if (last && quitAtEnd === 'first' && (yield* this.view.atEnd())) throw new Leave(0);
  }

  *status(): Sys<string> {
    return promptText(this.options.status ?? STATUS, yield* this.#place());
  }

  *#prompt(): Sys<string> {
    return promptText(this.options.prompt, yield* this.#place());
  }

  *#place(): Sys<Place> {
    const { source, top, bottom } = this.view;
    return {
      file: source.name,
      fileNumber: this.files.index + 1,
      fileCount: this.files.count,
      nextFile: this.files.path(this.files.index + 1),
      first: this.#firstPrompt,
      atEnd: yield* this.view.atEnd(),
      size: source.size,
      topLine: (top?.line ?? -1) + 1,
      bottomLine: (bottom?.line ?? -1) + 1,
      lineCount: source.ended ? source.lines.length : source.size === null ? null : yield* this.#countLines(),
      topByte: this.view.topByte(),
      bottomByte: this.view.bottomByte(),
    };
  }

  /** A file's lines can be counted; a pipe's only when they have come. */
  *#countLines(): Sys<number | null> {
    return (yield* this.view.source.toEnd()) ? this.view.source.lines.length : null;
  }

  /** As if the signal had not been caught. */
  *#die(signal: 'HUP' | 'TERM' | string): Sys<void> {
    if (signal === 'TERM') throw new Leave(15);
    yield* this.terminal.leave();
    yield* sys.kill(yield* sys.getpid(), 'HUP');
    throw new Leave(1);
  }
}

/** What sources of this pager ask before they wait; before there is a terminal nothing interrupts them but a signal itself. */
export class PagerWaiting implements Waiting {
  terminal: Terminal | null = null;

  *flush(): Sys<void> {
    if (this.terminal !== null) yield* this.terminal.flush();
  }

  *interrupted(): Sys<boolean> {
    return this.terminal !== null && (yield* this.terminal.interrupted());
  }
}
