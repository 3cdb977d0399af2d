/** Collects the fields a word expands to: field splitting by IFS (POSIX, "Field Splitting"), and which text was quoted. */
import { Room } from '../../linux/index.ts';
import { quotePattern } from './pattern.ts';

export interface Chunk {
  readonly text: string;
  readonly quoted: boolean;
}

export type Field = readonly Chunk[];

export function fieldText(field: Field): string {
  return field.map((chunk) => chunk.text).join('');
}

/** The field as a pattern: quoted characters stand for themselves. */
export function fieldPattern(field: Field): string {
  return field.map((chunk) => (chunk.quoted ? quotePattern(chunk.text) : chunk.text)).join('');
}

/** Where expansions put their text. */
export interface Sink {
  /** Text that is neither split nor taken as a pattern. */
  quoted(text: string): void;
  /** Text as written in the word: not split, but a pattern. */
  literal(text: string): void;
  /** The result of an unquoted expansion: split, and a pattern. */
  split(text: string): void;
  /** The end of one element of `$@`. */
  separate(): void;
}

export class FieldSink implements Sink {
  readonly fields: Field[] = [];
  #current: Chunk[] | null = null;
  /** What ended the last field: a separator that is not white space makes empty fields. */
  #ended: 'space' | 'other' = 'other';
  readonly #ifs: string;
  readonly #room = new Room();

  constructor(ifs: string) {
    this.#ifs = ifs;
  }

  #append(text: string, quoted: boolean): void {
    this.#room.take(text.length);
    this.#current ??= [];
    this.#current.push({ text, quoted });
  }

  #finish(ended: 'space' | 'other'): void {
    if (this.#current !== null) this.fields.push(this.#current);
    this.#current = null;
    this.#ended = ended;
  }

  quoted(text: string): void {
    this.#append(text, true);
  }

  literal(text: string): void {
    if (text !== '') this.#append(text, false);
  }

  split(text: string): void {
    let start = 0;
    for (let i = 0; i < text.length; i++) {
      const char = text[i]!;
      if (!this.#ifs.includes(char)) continue;
      if (i > start) this.#append(text.slice(start, i), false);
      start = i + 1;
      this.#separator(char === ' ' || char === '\t' || char === '\n');
    }
    if (start < text.length) this.#append(text.slice(start), false);
  }

  #separator(space: boolean): void {
    if (this.#current !== null) this.#finish(space ? 'space' : 'other');
    else if (!space) {
      if (this.#ended === 'other') this.fields.push([{ text: '', quoted: true }]);
      this.#ended = 'other';
    }
  }

  separate(): void {
    this.#finish('other');
  }

  finish(): readonly Field[] {
    this.#finish('other');
    return this.fields;
  }
}

/** Collects one field, never split: assignments, here-strings, `case` words. */
export class TextSink implements Sink {
  readonly #chunks: Chunk[] = [];
  readonly #room = new Room();

  quoted(text: string): void {
    this.#room.take(text.length);
    this.#chunks.push({ text, quoted: true });
  }
  literal(text: string): void {
    this.#room.take(text.length);
    this.#chunks.push({ text, quoted: false });
  }
  split(text: string): void {
    this.literal(text);
  }
  separate(): void {
    this.#chunks.push({ text: ' ', quoted: true });
  }

  field(): Field {
    return this.#chunks;
  }
}

/** How the parts around an expansion treat its result. */
export interface PartContext {
  /** Inside double quotes. */
  readonly quoted: boolean;
  /** Literal text is split too: the word of an unquoted `${x:-word}`. */
  readonly splitLiterals: boolean;
}

/** Puts the result of an expansion into `sink`: split unless quoted. */
export function emit(sink: Sink, text: string, context: PartContext): void {
  if (context.quoted) sink.quoted(text);
  else sink.split(text);
}
