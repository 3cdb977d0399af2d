/** The line being edited: characters, cursor, kill ring, undo. Knows nothing of the screen. */

interface Snapshot {
  readonly chars: readonly string[];
  readonly cursor: number;
}

const wordCharacter = /[\p{L}\p{N}]/u;

/** Text that C-k, C-u, C-w … took, newest last; kept from line to line. */
export class KillRing {
  readonly #entries: string[] = [];

  /** Consecutive kills make one entry. */
  add(text: string, append: 'after' | 'before' | null): void {
    if (text === '') return;
    const last = this.#entries.at(-1);
    if (append === null || last === undefined) this.#entries.push(text);
    else this.#entries[this.#entries.length - 1] = append === 'after' ? last + text : text + last;
    if (this.#entries.length > 10) this.#entries.shift();
  }

  get newest(): string {
    return this.#entries.at(-1) ?? '';
  }

  /** Brings the one before to the top: M-y. */
  rotate(): string {
    const last = this.#entries.pop();
    if (last !== undefined) this.#entries.unshift(last);
    return this.newest;
  }
}

export class EditBuffer {
  #chars: string[] = [];
  #cursor = 0;
  #undo: Snapshot[] = [];
  #typing = false;

  get text(): string {
    return this.#chars.join('');
  }
  /** Characters before the cursor. */
  get cursor(): number {
    return this.#cursor;
  }
  set cursor(value: number) {
    this.#cursor = Math.max(0, Math.min(value, this.#chars.length));
    this.#typing = false;
  }
  get length(): number {
    return this.#chars.length;
  }
  get before(): string {
    return this.#chars.slice(0, this.#cursor).join('');
  }
  get after(): string {
    return this.#chars.slice(this.#cursor).join('');
  }

  /** Replaces all; `cursor` in characters, at the end when absent. */
  set(text: string, cursor?: number): void {
    this.#remember();
    this.#chars = [...text];
    this.cursor = cursor ?? this.#chars.length;
  }

  /** Starts afresh, without a way back. */
  reset(text = ''): void {
    this.#chars = [...text];
    this.#cursor = this.#chars.length;
    this.#undo = [];
  }

  insert(text: string): void {
    if (!this.#typing) this.#remember();
    const chars = [...text];
    this.#put(this.#cursor, this.#cursor, chars);
    this.#cursor += chars.length;
    this.#typing = true;
  }

  /** Removes what lies between two positions and returns it; the cursor goes to `from`. */
  remove(from: number, to: number): string {
    const start = Math.max(0, Math.min(from, to));
    const end = Math.min(this.#chars.length, Math.max(from, to));
    if (start === end) return '';
    this.#remember();
    const removed = this.#chars.splice(start, end - start).join('');
    this.cursor = start;
    return removed;
  }

  #remember(): void {
    this.#undo.push({ chars: [...this.#chars], cursor: this.#cursor });
    this.#typing = false;
  }

  undo(): boolean {
    const snapshot = this.#undo.pop();
    if (snapshot === undefined) return false;
    this.#chars = [...snapshot.chars];
    this.cursor = snapshot.cursor;
    return true;
  }

  /** End of the word at or after the cursor: M-f. */
  wordEnd(): number {
    let i = this.#cursor;
    while (i < this.#chars.length && !wordCharacter.test(this.#chars[i]!)) i++;
    while (i < this.#chars.length && wordCharacter.test(this.#chars[i]!)) i++;
    return i;
  }

  /** Start of the word at or before the cursor: M-b. */
  wordStart(): number {
    let i = this.#cursor;
    while (i > 0 && !wordCharacter.test(this.#chars[i - 1]!)) i--;
    while (i > 0 && wordCharacter.test(this.#chars[i - 1]!)) i--;
    return i;
  }

  /** Start of the run without white space before the cursor: C-w. */
  blankWordStart(): number {
    let i = this.#cursor;
    while (i > 0 && /\s/.test(this.#chars[i - 1]!)) i--;
    while (i > 0 && !/\s/.test(this.#chars[i - 1]!)) i--;
    return i;
  }

  /** C-t: swaps the characters around the cursor. */
  transposeCharacters(): void {
    const end = Math.max(2, Math.min(this.#cursor + 1, this.#chars.length));
    if (this.#chars.length < 2 || this.#cursor === 0) return;
    this.#remember();
    const [a, b] = [this.#chars[end - 2]!, this.#chars[end - 1]!];
    this.#chars.splice(end - 2, 2, b, a);
    this.cursor = end;
  }

  /** M-t: swaps the words around the cursor. */
  transposeWords(): void {
    const end = this.wordEnd();
    this.#cursor = end;
    const second = this.wordStart();
    this.#cursor = second;
    const first = this.wordStart();
    this.#cursor = first;
    const firstEnd = this.wordEnd();
    this.#cursor = end;
    if (first === second || firstEnd > second) return;
    this.#remember();
    const text = (from: number, to: number) => this.#chars.slice(from, to);
    const swapped = [...text(second, end), ...text(firstEnd, second), ...text(first, firstEnd)];
    this.#put(first, end, swapped);
    this.cursor = end;
  }

  /** M-u, M-l, M-c. */
  changeWord(change: (word: string) => string): void {
    const end = this.wordEnd();
    const word = this.#chars.slice(this.#cursor, end).join('');
    this.#remember();
    this.#put(this.#cursor, end, [...change(word)]);
    this.cursor = end;
  }

  /** Other characters in the place of those from `from` to `to`, however many. */
  #put(from: number, to: number, chars: readonly string[]): void {
    this.#chars = [...this.#chars.slice(0, from), ...chars, ...this.#chars.slice(to)];
  }
}
