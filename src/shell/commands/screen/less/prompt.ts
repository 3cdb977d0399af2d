/** The prompt language of less(1), section PROMPTS: `?c` conditions with `:` and `.`, `%c` values, backslash to quote. */

/** What prompts tell about the place one is at; null for what is not known. */
export interface Place {
  /** Empty for standard input. */
  readonly file: string;
  /** Counted from 1. */
  readonly fileNumber: number;
  readonly fileCount: number;
  readonly nextFile: string | null;
  /** No prompt for this file before. */
  readonly first: boolean;
  readonly atEnd: boolean;
  readonly size: number | null;
  /** Lines counted from 1, at the top and at the bottom of the screen. */
  readonly topLine: number;
  readonly bottomLine: number;
  readonly lineCount: number | null;
  /** Bytes before the top row, and up to the end of the bottom row. */
  readonly topByte: number;
  readonly bottomByte: number;
}

const TAIL = '?e(END) ?x- Next\\: %x..%t';
export const SHORT_PROMPT = `?n?f%f .?m(%T %i of %m) ..${TAIL}`;
export const MEDIUM_PROMPT = '?n?f%f .?m(%T %i of %m) ..?e(END) ?x- Next\\: %x.:?pB%pB\\%:byte %bB?s/%s...%t';
export const LONG_PROMPT =
  '?f%f .?n?m(%T %i of %m) ..?ltlines %lt-%lb?L/%L. :byte %bB?s/%s. .?e(END) ?x- Next\\: %x.:?pB%pB\\%..%t';
export const STATUS = '?f%f .?m(%T %i of %m) .?ltlines %lt-%lb?L/%L. .byte %bB?s/%s. ?e(END) :?pB%pB\\%..%t';
export const WAITING = 'Waiting for data... (interrupt to abort)';

/** `prototype` with everything filled in. */
export function promptText(prototype: string, place: Place): string {
  return new Filling(prototype, place).run();
}

/** Rounded to the nearest, as less has it. */
const percent = (part: number, whole: number) => Math.floor((100 * part) / whole + 0.5);

class Filling {
  readonly #chars: readonly string[];
  readonly #place: Place;
  #at = 0;
  #out = '';

  constructor(prototype: string, place: Place) {
    this.#chars = [...prototype];
    this.#place = place;
  }

  run(): string {
    while (this.#at < this.#chars.length) {
      const char = this.#chars[this.#at++]!;
      if (char === '\\') this.#out += this.#chars[this.#at++] ?? '';
      else if (char === '?') {
        if (!this.#condition()) this.#skip(true);
      } else if (char === ':') this.#skip(false);
      else if (char === '%') this.#value();
      else if (char !== '.') this.#out += char;
    }
    return this.#out;
  }

  /** To the end of a conditional, or to its else part. */
  #skip(toElse: boolean): void {
    let depth = 0;
    while (this.#at < this.#chars.length) {
      const char = this.#chars[this.#at++];
      if (char === '\\') this.#at++;
      else if (char === '?') depth++;
      else if (char === ':' && toElse && depth === 0) return;
      else if (char === '.' && depth-- === 0) return;
    }
  }

  #condition(): boolean {
    const place = this.#place;
    switch (this.#chars[this.#at++]) {
      case 'a':
        return this.#out !== '';
      case 'e':
        return place.atEnd;
      case 'f':
        return place.file !== '';
      case 'm':
        return place.fileCount > 1;
      case 'n':
        return place.first;
      case 'x':
        return place.nextFile !== null;
      case 'L':
        return place.lineCount !== null;
      case 's':
      case 'B':
        return place.size !== null;
      case 'b':
      case 'l':
        this.#at++;
        return true;
      case 'p':
        this.#at++;
        return place.size !== null && place.size > 0;
      default:
        return false;
    }
  }

  #value(): void {
    const place = this.#place;
    const letter = this.#chars[this.#at++];
    const atTop = 'blp'.includes(letter ?? ' ') && this.#chars[this.#at++] === 't';
    const byte = atTop ? place.topByte : place.bottomByte;
    const values: Record<string, () => string> = {
      b: () => `${byte}`,
      l: () => `${atTop ? place.topLine : place.bottomLine}`,
      p: () => (place.size === null ? '?' : `${percent(byte, place.size)}`),
      B: () => `${place.size ?? '?'}`,
      s: () => `${place.size ?? '?'}`,
      L: () => `${place.lineCount ?? '?'}`,
      f: () => place.file,
      i: () => `${place.fileNumber}`,
      m: () => `${place.fileCount}`,
      T: () => 'file',
      x: () => place.nextFile ?? '',
      '%': () => '%',
    };
    if (letter === 't') this.#out = this.#out.replace(/ +$/, '');
    else this.#out += values[letter ?? '']?.() ?? '';
  }
}
