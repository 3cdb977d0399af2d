/** Names in directories: eight and three capitals, and long names in entries before them ("FAT Long Directory Entries"). */
import { decodeUtf8 } from '../../base/index.ts';
import { DiskError } from '../errors.ts';
import { le16, setLe16 } from '../numbers.ts';
import { ENTRY } from './bootSector.ts';

/** UTF-16 units in one long entry, and where they lie. */
const UNITS = [1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30];
const LAST = 0x40;
export const LONG_NAME_ATTRIBUTES = 0x0f;
const MAX_LONG = 255;

/** Small letters of a whole base or extension, as Windows NT marks them in byte 12. */
const SMALL_BASE = 8;
const SMALL_EXTENSION = 16;

/**
 * 11 bytes of a short name for `name`, and byte 12, when it is one as it stands: capitals, digits and a few signs, or base or extension
 * wholly in small letters; else null.
 */
export function asShortName(
  name: string,
): { readonly packed: Uint8Array; readonly caseFlags: number } | null {
  const match = /^([A-Z0-9!#$%&'()@^_`{}~-]{1,8})(?:\.([A-Z0-9!#$%&'()@^_`{}~-]{1,3}))?$/i.exec(name);
  if (match === null) return null;
  const [base, extension] = [match[1]!, match[2] ?? ''];
  if ([base, extension].some((part) => /[a-z]/.test(part) && /[A-Z]/.test(part))) return null;
  const caseFlags = (/[a-z]/.test(base) ? SMALL_BASE : 0) | (/[a-z]/.test(extension) ? SMALL_EXTENSION : 0);
  return { packed: pack(base.toUpperCase(), extension.toUpperCase()), caseFlags };
}

function pack(base: string, extension: string): Uint8Array {
  const text = base.padEnd(8) + extension.padEnd(3);
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** A short name as it is shown; `caseFlags` (byte 12) of Windows NT say that base (8) or extension (16) is in small letters. */
export function shortNameText(bytes: Uint8Array, caseFlags: number): string {
  const raw = bytes.slice(0, 11);
  // 0xe5 marks a free entry, so that a name that starts with it is stored with 5.
  if (raw[0] === 0x05) raw[0] = 0xe5;
  const part = (start: number, end: number, small: boolean) => {
    let text = '';
    for (const byte of raw.subarray(start, end)) text += byte < 0x80 ? String.fromCharCode(byte) : '_';
    text = text.trimEnd();
    return small ? text.toLowerCase() : text;
  };
  const base = part(0, 8, (caseFlags & SMALL_BASE) !== 0);
  const extension = part(8, 11, (caseFlags & SMALL_EXTENSION) !== 0);
  return extension === '' ? base : `${base}.${extension}`;
}

/** A short name that no one in `taken` (11 characters each) has, made from a long one: `LONGNA~1.TXT`. Throws `full`. */
export function makeShortName(name: string, taken: ReadonlySet<string>): Uint8Array {
  const clean = (text: string) =>
    text
      .toUpperCase()
      .replace(/[ .]/g, '')
      .replace(/[^A-Z0-9!#$%&'()@^_`{}~-]/g, '_');
  const dot = name.lastIndexOf('.');
  const base = clean(dot > 0 ? name.slice(0, dot) : name) || '_';
  const extension = dot > 0 ? clean(name.slice(dot + 1)).slice(0, 3) : '';
  for (let number = 1; number < 1_000_000; number++) {
    const tail = `~${number}`;
    const packed = pack(base.slice(0, 8 - tail.length) + tail, extension);
    if (!taken.has(decodeUtf8(packed))) return packed;
  }
  throw new DiskError('full', `no short name is left for '${name}'`);
}

/** Throws DiskError `invalid` for what can be no name. */
export function requireName(name: string): void {
  const wrong = /[\u0000-\u001f"*/:<>?\\|]/.test(name) || /[. ]$/.test(name) || name.startsWith(' ');
  if (name === '' || name.length > MAX_LONG || wrong)
    throw new DiskError('invalid', `'${name}' is no name for a file`);
}

/** What ties long entries to the short one behind them. */
export function checksum(short: Uint8Array): number {
  let sum = 0;
  for (const byte of short.subarray(0, 11)) sum = (((sum & 1) << 7) + (sum >> 1) + byte) & 0xff;
  return sum;
}

/** The entries that come before the short one, in the order they lie on the disk: the last part of the name first. */
export function longEntries(name: string, short: Uint8Array): Uint8Array {
  const count = Math.ceil(name.length / UNITS.length);
  const bytes = new Uint8Array(count * ENTRY);
  for (let part = 0; part < count; part++) {
    const entry = bytes.subarray((count - 1 - part) * ENTRY, (count - part) * ENTRY);
    entry[0] = (part + 1) | (part === count - 1 ? LAST : 0);
    entry[11] = LONG_NAME_ATTRIBUTES;
    entry[13] = checksum(short);
    for (const [i, at] of UNITS.entries()) {
      const place = part * UNITS.length + i;
      setLe16(entry, at, place < name.length ? name.charCodeAt(place) : place === name.length ? 0 : 0xffff);
    }
  }
  return bytes;
}

/** Collects long entries as a directory is read from its start; a name counts only whole and with the right checksum. */
export class LongNameReader {
  #expected = 0;
  #checksum = 0;
  #text = '';

  add(entry: Uint8Array): void {
    const order = entry[0]! & 0x3f;
    if ((entry[0]! & LAST) !== 0) {
      this.#expected = order;
      this.#checksum = entry[13]!;
      this.#text = '';
    }
    if (order === 0 || order !== this.#expected || entry[13] !== this.#checksum) {
      this.reset();
      return;
    }
    let part = '';
    for (const at of UNITS) {
      const unit = le16(entry, at);
      if (unit === 0) break;
      part += String.fromCharCode(unit);
    }
    this.#text = part + this.#text;
    this.#expected = order - 1;
  }

  /** The name for the short entry that follows; null when there is none. */
  take(short: Uint8Array): string | null {
    const whole = this.#text !== '' && this.#expected === 0 && this.#checksum === checksum(short);
    const name = whole ? this.#text : null;
    this.reset();
    return name;
  }

  reset(): void {
    this.#expected = 0;
    this.#text = '';
    this.#checksum = -1;
  }
}
