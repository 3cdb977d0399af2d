/** Turns the bytes a terminal sends into keys: ECMA-48 and xterm's control sequences. */
import { textFromBytes } from '../text.ts';

export type Key =
  | { readonly kind: 'text'; readonly text: string }
  /** `C-a`, `M-b`, `Up`, `C-Right`, `Enter`, `Tab`, `Backspace`, `Delete` … */
  | { readonly kind: 'key'; readonly name: string }
  | { readonly kind: 'paste'; readonly text: string };

const PASTE_START = '\x1b[200~';
const PASTE_END = '\x1b[201~';
const ESCAPE = 0x1b;

const finals: Readonly<Record<string, string>> = {
  A: 'Up',
  B: 'Down',
  C: 'Right',
  D: 'Left',
  F: 'End',
  H: 'Home',
  Z: 'S-Tab',
};

const tildes: Readonly<Record<string, string>> = {
  1: 'Home',
  2: 'Insert',
  3: 'Delete',
  4: 'End',
  5: 'PageUp',
  6: 'PageDown',
  7: 'Home',
  8: 'End',
};

/** One character a byte; as arguments of one call, those of a long paste would overflow the stack. */
const latin = (bytes: readonly number[]) => bytes.map((byte) => String.fromCharCode(byte)).join('');

/** Keeps bytes until they make a whole key. */
export class KeyReader {
  #bytes: number[] = [];
  /** The end of a paste is nowhere before: it comes byte by byte. */
  #searched = 0;

  feed(bytes: Uint8Array): void {
    for (const byte of bytes) this.#bytes.push(byte);
  }

  /** Gives back what has not been read: the next command's input. */
  get pending(): number {
    return this.#bytes.length;
  }

  /** The next whole key, or null when more bytes are needed. */
  next(): Key | null {
    const [first] = this.#bytes;
    if (first === undefined) return null;
    if (first === 0x1b) return this.#escape();
    if (first < 0x20 || first === 0x7f) return this.#drop(1, controlKey(first));
    const length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (this.#bytes.length < length) return null;
    return this.#drop(length, {
      kind: 'text',
      text: textFromBytes(Uint8Array.from(this.#bytes.slice(0, length))),
    });
  }

  /** The next byte as it is: after C-v. */
  nextRaw(): string | null {
    const key = this.#bytes.shift();
    return key === undefined ? null : String.fromCharCode(key);
  }

  #drop(count: number, key: Key): Key {
    this.#bytes.splice(0, count);
    this.#searched = 0;
    return key;
  }

  #escape(): Key | null {
    const second = this.#bytes[1];
    if (second === undefined) return null;
    if (second === 0x5b) return this.#sequence();
    if (second === 0x4f) {
      const third = this.#bytes[2];
      if (third === undefined) return null;
      return this.#drop(3, { kind: 'key', name: finals[String.fromCharCode(third)] ?? 'Unknown' });
    }
    this.#bytes.shift();
    const rest = this.next();
    if (rest === null) {
      this.#bytes.unshift(0x1b);
      return null;
    }
    if (rest.kind === 'text') return { kind: 'key', name: `M-${rest.text}` };
    return rest.kind === 'key' ? { kind: 'key', name: `M-${rest.name}` } : rest;
  }

  /** ESC [ parameters final */
  #sequence(): Key | null {
    let end = 2;
    while (end < this.#bytes.length && (this.#bytes[end]! < 0x40 || this.#bytes[end]! > 0x7e)) end++;
    if (end >= this.#bytes.length) return null;
    const text = latin(this.#bytes.slice(0, end + 1));
    if (text === PASTE_START) return this.#paste();
    const [number = '', modifier = ''] = text.slice(2, -1).split(';');
    const final = text.at(-1)!;
    const name = final === '~' ? tildes[number] : finals[final];
    const prefix = modifier === '5' ? 'C-' : modifier === '3' ? 'M-' : '';
    return this.#drop(end + 1, { kind: 'key', name: name === undefined ? 'Unknown' : prefix + name });
  }

  /** Where the paste from `start` on ends; -1: not yet. */
  #pasteEnd(start: number): number {
    const from = Math.max(start, this.#searched);
    this.#searched = this.#bytes.length;
    for (let at = this.#bytes.indexOf(ESCAPE, from); at >= 0; at = this.#bytes.indexOf(ESCAPE, at + 1)) {
      const found = latin(this.#bytes.slice(at, at + PASTE_END.length));
      if (found === PASTE_END) return at;
      // The rest of it may come yet.
      if (at + PASTE_END.length > this.#bytes.length) this.#searched = Math.min(this.#searched, at);
    }
    return -1;
  }

  #paste(): Key | null {
    const start = PASTE_START.length;
    const end = this.#pasteEnd(start);
    if (end < 0) return null;
    const text = textFromBytes(Uint8Array.from(this.#bytes.slice(start, end)));
    return this.#drop(end + PASTE_END.length, { kind: 'paste', text: text.replace(/\r\n?/g, '\n') });
  }
}

function controlKey(byte: number): Key {
  switch (byte) {
    case 0x09:
      return { kind: 'key', name: 'Tab' };
    case 0x0a:
    case 0x0d:
      return { kind: 'key', name: 'Enter' };
    case 0x08:
    case 0x7f:
      return { kind: 'key', name: 'Backspace' };
    default:
      return { kind: 'key', name: `C-${String.fromCharCode(byte + 0x60)}` };
  }
}
