/** Reads one line from a terminal in raw mode, with emacs keys. `bindings.ts` says which key does what. */
import { isOsError, largest } from '../../base/index.ts';
import { type Sys, sys, type Termios, writeAll } from '../../linux/index.ts';
import { bytesFromText } from '../text.ts';
import { bindings } from './bindings.ts';
import { EditBuffer, KillRing } from './buffer.ts';
import { Display } from './display.ts';
import type { History } from './history.ts';
import { type Key, KeyReader } from './keys.ts';
import { IncrementalSearch } from './search.ts';

/** What Tab found. */
export interface Completions {
  /** Where the completed word starts, in characters. */
  readonly start: number;
  /** Replacements for the word, quoted as needed, sorted. */
  readonly candidates: readonly { readonly text: string; readonly label: string; readonly final: string }[];
}

export type Completer = (line: string, cursor: number) => Sys<Completions>;

export type LineResult =
  | { readonly kind: 'line'; readonly text: string }
  | { readonly kind: 'eof' }
  | { readonly kind: 'interrupt' }
  | { readonly kind: 'hangup' };

/** Everything an action may touch. */
export interface EditState {
  readonly buffer: EditBuffer;
  readonly kills: KillRing;
  readonly history: History;
  /** Index into the history of the line shown; the history's length for the new line. */
  historyIndex: number;
  /** Lines as edited, by history index, while this line is being read. */
  readonly edited: Map<number, string>;
  /** The key before this one was a kill, a yank, `M-.` or a Tab. */
  lastAction: string;
  /** How often `M-.` was pressed in a row. */
  lastArgument: { index: number; length: number } | null;
  /** Numeric argument; null when none was typed. */
  argument: number | null;
}

export type Action = (state: EditState, key: Key) => void;

export class LineEditor {
  readonly #fd: number;
  readonly #kills = new KillRing();
  readonly #keys = new KeyReader();
  #out = '';
  readonly #display: Display;

  constructor(fd: number) {
    this.#fd = fd;
    this.#display = new Display((text) => {
      this.#out += text;
    });
  }

  *#flush(): Sys<void> {
    const text = this.#out;
    this.#out = '';
    if (text !== '') yield* writeAll(2, bytesFromText(text));
  }

  *#columns(): Sys<number> {
    const { cols } = yield* sys.tcgetwinsize(this.#fd);
    return cols === 0 ? 80 : cols;
  }

  /** Reads a line; the terminal is as it was afterwards. */
  *read(prompt: string, history: History, completer: Completer): Sys<LineResult> {
    const modes = yield* sys.tcgetattr(this.#fd);
    yield* sys.tcsetattr(this.#fd, rawModes);
    this.#display.cols = yield* this.#columns();
    this.#out += '\x1b[?2004h';
    this.#display.start(prompt);
    let atEnd = false;
    try {
      const result = yield* this.#edit(history, completer);
      atEnd = result.kind === 'eof';
      return result;
    } finally {
      // At end of file readline leaves the prompt's line, so that what the shell says next does not overwrite it.
      this.#out += `\x1b[?2004l\r${atEnd ? '\n' : ''}`;
      yield* this.#flush();
      yield* sys.tcsetattr(this.#fd, modes);
    }
  }

  *#edit(history: History, completer: Completer): Sys<LineResult> {
    const state: EditState = {
      buffer: new EditBuffer(),
      kills: this.#kills,
      history,
      historyIndex: history.entries.length,
      edited: new Map(),
      lastAction: '',
      lastArgument: null,
      argument: null,
    };
    for (;;) {
      const key = yield* this.#key();
      if (key === 'interrupt') {
        this.#display.update(state.buffer.text, state.buffer.length);
        this.#out += '^C';
        this.#display.finish();
        return { kind: 'interrupt' };
      }
      if (key === 'hangup') return { kind: 'hangup' };
      if (key === 'end') return { kind: 'eof' };
      const result = yield* this.#handle(state, key, completer);
      if (result !== null) return result;
      this.#display.update(state.buffer.text, state.buffer.cursor);
    }
  }

  /** The next key; signals and window changes are dealt with on the way. */
  *#key(): Sys<Key | 'interrupt' | 'hangup' | 'end'> {
    for (;;) {
      const key = this.#keys.next();
      if (key !== null) return key;
      const bytes = yield* this.#read();
      if (!(bytes instanceof Uint8Array)) return bytes;
      if (bytes.length === 0) return 'end';
      this.#keys.feed(bytes);
    }
  }

  *#read(): Sys<Uint8Array | 'interrupt' | 'hangup'> {
    for (;;) {
      yield* this.#flush();
      try {
        // One byte at a time: what was typed ahead of a command is the command's to read.
        return yield* sys.read(this.#fd, 1);
      } catch (error) {
        if (isOsError(error, 'EIO')) return 'hangup';
        if (!isOsError(error, 'EINTR')) throw error;
      }
      const signals = yield* sys.takeSignals();
      if (signals.includes('HUP')) return 'hangup';
      if (signals.includes('INT')) return 'interrupt';
      if (signals.includes('WINCH')) this.#display.resized(yield* this.#columns());
    }
  }

  *#handle(state: EditState, key: Key, completer: Completer): Sys<LineResult | null> {
    if (key.kind !== 'key') {
      const count = key.kind === 'text' ? (state.argument ?? 1) : 1;
      state.buffer.insert(key.text.repeat(Math.max(0, Math.min(count, 1000))));
      state.argument = null;
      state.lastAction = 'insert';
      return null;
    }
    switch (key.name) {
      case 'Enter':
        this.#display.update(state.buffer.text, state.buffer.length);
        this.#display.finish();
        return { kind: 'line', text: state.buffer.text };
      case 'C-d':
        if (state.buffer.length === 0) return { kind: 'eof' };
        break;
      case 'C-l':
        this.#display.clearScreen();
        return null;
      case 'C-r':
      case 'C-s':
        return yield* this.#search(state, key.name === 'C-r', completer);
      case 'C-v':
        yield* this.#quotedInsert(state);
        return null;
      case 'Tab':
      case 'M-?':
        yield* this.#complete(state, completer, key.name === 'M-?');
        return null;
    }
    const digit = /^M-(\d|-)$/.exec(key.name)?.[1];
    if (digit !== undefined) {
      state.argument = digit === '-' ? -1 : (state.argument ?? 0) * 10 + Number(digit);
      return null;
    }
    const action = bindings.get(key.name);
    if (action === undefined) this.#out += '\x07';
    else action(state, key);
    state.argument = null;
    state.lastAction = key.name;
    return null;
  }

  *#quotedInsert(state: EditState): Sys<void> {
    let char = this.#keys.nextRaw();
    while (char === null) {
      const bytes = yield* this.#read();
      if (!(bytes instanceof Uint8Array) || bytes.length === 0) return;
      this.#keys.feed(bytes);
      char = this.#keys.nextRaw();
    }
    state.buffer.insert(char);
  }

  /** C-r: a line of its own until the search ends; the key that ended it is then handled. */
  *#search(state: EditState, backwards: boolean, completer: Completer): Sys<LineResult | null> {
    const search = new IncrementalSearch(state.history, state.buffer.text, backwards);
    const { prompt } = this.#display;
    for (;;) {
      this.#display.replace(search.prompt, search.text, search.cursor);
      const key = yield* this.#key();
      const outcome = typeof key === 'string' ? 'cancel' : search.handle(key);
      if (outcome === 'more') continue;
      if (outcome !== 'cancel') {
        state.buffer.set(search.text, search.cursor);
        state.historyIndex = search.index;
      }
      this.#display.replace(prompt, state.buffer.text, state.buffer.cursor);
      if (key === 'interrupt') return yield* this.#interrupted(state);
      if (key === 'hangup' || key === 'end') return { kind: 'hangup' };
      return outcome === 'again' ? yield* this.#handle(state, key, completer) : null;
    }
  }

  *#interrupted(state: EditState): Sys<LineResult> {
    this.#display.update(state.buffer.text, state.buffer.length);
    this.#out += '^C';
    this.#display.finish();
    return { kind: 'interrupt' };
  }

  *#complete(state: EditState, completer: Completer, listAtOnce: boolean): Sys<void> {
    const { buffer } = state;
    const again = state.lastAction === 'Tab' || listAtOnce;
    state.lastAction = 'Tab';
    const { start, candidates } = yield* completer(buffer.text, buffer.cursor);
    if (candidates.length === 0) {
      this.#out += '\x07';
      return;
    }
    const replace = (text: string) => {
      const chars = [...buffer.text];
      const tail = chars.slice(buffer.cursor).join('');
      buffer.set(chars.slice(0, start).join('') + text + tail, start + [...text].length);
    };
    const [only] = candidates;
    if (candidates.length === 1 && !listAtOnce) {
      replace(only!.text + only!.final);
      state.lastAction = '';
      return;
    }
    const common = commonPrefix(candidates.map((candidate) => candidate.text));
    const typed = [...buffer.text].slice(start, buffer.cursor).join('');
    if (common.length > typed.length && !listAtOnce) {
      replace(common);
      return;
    }
    if (!again) {
      this.#out += '\x07';
      return;
    }
    yield* this.#list(
      state,
      candidates.map((candidate) => candidate.label),
    );
  }

  /** Shows the candidates below the line; asks first when there are many. */
  *#list(state: EditState, labels: readonly string[]): Sys<void> {
    this.#display.update(state.buffer.text, state.buffer.cursor);
    this.#display.finish();
    if (labels.length > 100) {
      this.#out += `Display all ${labels.length} possibilities? (y or n)`;
      const key = yield* this.#key();
      this.#out += '\n';
      const yes =
        typeof key !== 'string' &&
        ((key.kind === 'text' && /[yY ]/.test(key.text)) || (key.kind === 'key' && key.name === 'Tab'));
      if (yes) this.#out += columns(labels, yield* this.#columns());
    } else this.#out += columns(labels, yield* this.#columns());
    this.#display.start(this.#display.prompt);
    this.#display.update(state.buffer.text, state.buffer.cursor);
  }
}

/** Readline's terminal modes: keys come one by one, without echo; Ctrl-C still makes a signal. */
const rawModes: Partial<Termios> = { icanon: false, echo: false, icrnl: false, iexten: false };

function commonPrefix(texts: readonly string[]): string {
  let prefix = texts[0] ?? '';
  for (const text of texts) while (!text.startsWith(prefix)) prefix = prefix.slice(0, -1);
  return prefix;
}

/** Lays labels out in columns, down first, as ls does. */
export function columns(labels: readonly string[], width: number): string {
  const cell = largest(labels.map((label) => [...label].length)) + 2;
  const perRow = Math.max(1, Math.floor(width / cell));
  const rows = Math.ceil(labels.length / perRow);
  let out = '';
  for (let row = 0; row < rows; row++) {
    const line: string[] = [];
    for (let i = row; i < labels.length; i += rows) line.push(labels[i]!.padEnd(cell));
    out += `${line.join('').trimEnd()}\n`;
  }
  return out;
}
