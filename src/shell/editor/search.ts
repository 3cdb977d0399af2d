/** Incremental search through the history: C-r and C-s. */
import type { History } from './history.ts';
import type { Key } from './keys.ts';

/** `more`: keep searching; `accept`, `cancel`: done; `again`: done, and the key is to be handled as usual. */
export type SearchOutcome = 'more' | 'accept' | 'cancel' | 'again';

export class IncrementalSearch {
  readonly #history: History;
  readonly #original: string;
  #backwards: boolean;
  #pattern = '';
  #failed = false;
  /** Index of the line found; the history's length while nothing was. */
  index: number;
  text: string;

  constructor(history: History, text: string, backwards: boolean) {
    this.#history = history;
    this.#original = text;
    this.#backwards = backwards;
    this.index = history.entries.length;
    this.text = text;
  }

  get prompt(): string {
    const name = this.#backwards ? 'reverse-i-search' : 'i-search';
    return `(${this.#failed ? 'failed ' : ''}${name})\`${this.#pattern}': `;
  }

  /** The cursor stands where the match starts. */
  get cursor(): number {
    const at = this.#pattern === '' ? -1 : this.text.indexOf(this.#pattern);
    return at < 0 ? [...this.text].length : [...this.text.slice(0, at)].length;
  }

  handle(key: Key): SearchOutcome {
    if (key.kind !== 'key') {
      this.#pattern += key.text;
      this.#find(this.index);
      return 'more';
    }
    switch (key.name) {
      case 'C-r':
      case 'C-s':
        this.#backwards = key.name === 'C-r';
        if (this.#pattern === '') this.#pattern = lastPattern.get(this.#history) ?? '';
        this.#find(this.#backwards ? this.index - 1 : this.index + 1);
        return 'more';
      case 'Backspace':
        this.#pattern = [...this.#pattern].slice(0, -1).join('');
        this.index = this.#history.entries.length;
        this.text = this.#original;
        if (this.#pattern !== '') this.#find(this.index);
        else this.#failed = false;
        return 'more';
      case 'C-g':
        return 'cancel';
      default:
        lastPattern.set(this.#history, this.#pattern);
        return key.name === 'M-Unknown' ? 'accept' : 'again';
    }
  }

  /** Looks for the pattern from the line at `start` on. */
  #find(start: number): void {
    const { entries } = this.#history;
    const step = this.#backwards ? -1 : 1;
    for (let i = Math.min(start, entries.length - 1); i >= 0 && i < entries.length; i += step) {
      if (!entries[i]!.text.includes(this.#pattern)) continue;
      this.index = i;
      this.text = entries[i]!.text;
      this.#failed = false;
      return;
    }
    this.#failed = true;
  }
}

/** What was searched for last: C-r C-r searches for it again. */
const lastPattern = new WeakMap<History, string>();
