/** The types of od's -t: how bytes are shown. */
import { UsageError } from '../options.ts';

export interface DumpType {
  /** Bytes of one item. */
  readonly size: number;
  /** Columns of one item, without the space before it. */
  readonly width: number;
  /** Printable characters follow the line. */
  readonly text: boolean;
  readonly show: (item: Uint8Array) => string;
}

const NAMES =
  'nul soh stx etx eot enq ack bel bs ht nl vt ff cr so si dle dc1 dc2 dc3 dc4 nak syn etb can em sub esc fs gs rs us sp'.split(
    ' ',
  );
const ESCAPES: Readonly<Record<number, string>> = {
  0: '\\0',
  7: '\\a',
  8: '\\b',
  9: '\\t',
  10: '\\n',
  11: '\\v',
  12: '\\f',
  13: '\\r',
};
const octal = (value: number | bigint, width: number) => value.toString(8).padStart(width, '0');

export function characterOf(byte: number): string {
  return ESCAPES[byte] ?? (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : octal(byte, 3));
}

const nameOf = (byte: number) => {
  const low = byte & 127;
  return low === 127 ? 'del' : (NAMES[low] ?? String.fromCharCode(low));
};

/** Least significant byte first, as the machines of this world have it. */
export function unsignedOf(item: Uint8Array): bigint {
  let value = 0n;
  for (let at = item.length - 1; at >= 0; at--) value = (value << 8n) | BigInt(item[at]!);
  return value;
}

const widths: Readonly<Record<string, Readonly<Record<number, number>>>> = {
  o: { 1: 3, 2: 6, 4: 11, 8: 22 },
  d: { 1: 4, 2: 6, 4: 11, 8: 20 },
  u: { 1: 3, 2: 5, 4: 10, 8: 20 },
  x: { 1: 2, 2: 4, 4: 8, 8: 16 },
};

function integer(letter: string, size: number): Omit<DumpType, 'text'> {
  const width = widths[letter]![size]!;
  const show = (item: Uint8Array) => {
    const value = unsignedOf(item);
    if (letter === 'o') return octal(value, width);
    if (letter === 'x') return value.toString(16).padStart(width, '0');
    return `${letter === 'd' ? BigInt.asIntN(size * 8, value) : value}`;
  };
  return { size, width, show };
}

const sizes: Readonly<Record<string, number>> = { C: 1, S: 2, I: 4, L: 8 };

/** `x1z`, `d4`, `axc`: one type after the other. Throws UsageError. */
export function typesOf(text: string): DumpType[] {
  const types: DumpType[] = [];
  for (let at = 0; at < text.length; ) {
    const letter = text[at++]!;
    let type: Omit<DumpType, 'text'>;
    if (letter === 'a') type = { size: 1, width: 3, show: (item) => nameOf(item[0]!) };
    else if (letter === 'c') type = { size: 1, width: 3, show: (item) => characterOf(item[0]!) };
    else if ('doux'.includes(letter)) {
      const given = /^(?:\d+|[CSIL])/.exec(text.slice(at))?.[0] ?? '';
      at += given.length;
      const size = given === '' ? 4 : (sizes[given] ?? Number(given));
      if (widths[letter]![size] === undefined)
        throw new UsageError(
          `invalid type string ‘${text}’;\nthis system doesn't provide a ${size}-byte integral type`,
        );
      type = integer(letter, size);
    } else throw new UsageError(`invalid character '${letter}' in type string ‘${text}’`);
    const withText = text[at] === 'z';
    if (withText) at++;
    types.push({ ...type, text: withText });
  }
  return types;
}
