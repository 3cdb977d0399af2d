/** Domain names on the wire (RFC 1035, 3.1 and 4.1.4): labels, and pointers to what was said before. */
import { decodeUtf8, encodeUtf8 } from '../../base/index.ts';
import { read16 } from '../packet/bytes.ts';

/** A name without its last dot, in lower case where names are compared; the root is the empty text. */
export type DomainName = string;

const LONGEST_LABEL = 63;
const LONGEST_NAME = 255;

/** Whether a text can be a name: labels of 1 to 63 bytes, 255 in all. */
export function isDomainName(text: string): boolean {
  if (text === '' || text === '.') return true;
  const labels = text.replace(/\.$/, '').split('.');
  const lengths = labels.map((label) => encodeUtf8(label).length);
  const total = lengths.reduce((sum, length) => sum + length + 1, 1);
  return lengths.every((length) => length > 0 && length <= LONGEST_LABEL) && total <= LONGEST_NAME;
}

/** The name at `at`, and where it ends; null for one that is malformed, leads nowhere or in a circle. */
export function readName(message: Uint8Array, at: number): { name: DomainName; end: number } | null {
  const labels: string[] = [];
  let position = at;
  let end: number | null = null;
  let total = 0;
  for (;;) {
    const length = message[position];
    if (length === undefined) return null;
    if (length >= 0xc0) {
      if (position + 1 >= message.length) return null;
      const target = read16(message, position) & 0x3fff;
      end ??= position + 2;
      // Only back, so that it ends.
      if (target >= position) return null;
      position = target;
      continue;
    }
    if (length > LONGEST_LABEL) return null;
    position++;
    if (length === 0) break;
    total += length + 1;
    if (position + length > message.length || total >= LONGEST_NAME) return null;
    labels.push(decodeUtf8(message.subarray(position, position + length)));
    position += length;
  }
  return { name: labels.join('.'), end: end ?? position };
}

/** Appends names to a message, each ending that was said before as a pointer to it. */
export class NameWriter {
  readonly #known = new Map<string, number>();

  /** The bytes of `name` when they stand at `at` of the message. */
  write(name: DomainName, at: number): number[] {
    const out: number[] = [];
    const labels = name === '' ? [] : name.replace(/\.$/, '').split('.');
    for (let i = 0; i < labels.length; i++) {
      const rest = labels.slice(i).join('.').toLowerCase();
      const known = this.#known.get(rest);
      if (known !== undefined) return [...out, 0xc0 | (known >> 8), known & 255];
      if (at + out.length < 0x4000) this.#known.set(rest, at + out.length);
      const bytes = encodeUtf8(labels[i]!);
      out.push(bytes.length, ...bytes);
    }
    return [...out, 0];
  }
}
