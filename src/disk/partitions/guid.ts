/** GUIDs as UEFI stores them (appendix A): the first three fields little-endian, the rest as written. */
import { DiskError } from '../errors.ts';

/** Byte of the stored form for each pair of digits of the text. */
const ORDER = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];

export function decodeGuid(bytes: Uint8Array, at: number): string {
  const digits = ORDER.map((place) => bytes[at + place]!.toString(16).padStart(2, '0'))
    .join('')
    .toUpperCase();
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    digits.slice(12, 16),
    digits.slice(16, 20),
    digits.slice(20),
  ].join('-');
}

/** Throws DiskError `invalid` when the text is no GUID. */
export function encodeGuid(bytes: Uint8Array, at: number, text: string): void {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text))
    throw new DiskError('invalid', `'${text}' is no GUID`);
  const digits = text.replaceAll('-', '');
  for (const [i, place] of ORDER.entries())
    bytes[at + place] = Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16);
}
