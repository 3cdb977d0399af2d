/** Keys that leave a container alone: moby's term.ToBytes and its escape proxy. */
import { concatBytes } from '../../../base/index.ts';

const DEFAULT = 'ctrl-p,ctrl-q';

/** `ctrl-p,ctrl-q` or single characters, as bytes; an invalid text gives the default. */
export function detachKeysOf(text: string | null): Uint8Array {
  const codes = (text === null || text === '' ? DEFAULT : text).split(',').map((key) => {
    if (key.length === 1) return key.charCodeAt(0);
    const [, letter] = /^ctrl-([a-z@[\\\]^_])$/.exec(key) ?? [];
    return letter === undefined ? -1 : letter.toUpperCase().charCodeAt(0) - 64;
  });
  return codes.includes(-1) ? detachKeysOf(null) : Uint8Array.from(codes);
}

/** Finds the keys in what is typed: what may be their beginning is held back until it is clear. */
export class KeySequence {
  readonly #keys: Uint8Array;
  #matched = 0;

  constructor(keys: Uint8Array) {
    this.#keys = keys;
  }

  push(bytes: Uint8Array): { passed: Uint8Array; complete: boolean } {
    const parts: Uint8Array[] = [];
    for (const byte of bytes) {
      if (byte === this.#keys[this.#matched]) {
        this.#matched++;
        if (this.#matched === this.#keys.length) return { passed: concatBytes(parts), complete: true };
        continue;
      }
      if (this.#matched > 0) parts.push(this.#keys.slice(0, this.#matched));
      this.#matched = byte === this.#keys[0] ? 1 : 0;
      if (this.#matched === 0) parts.push(Uint8Array.of(byte));
    }
    return { passed: concatBytes(parts), complete: false };
  }
}
