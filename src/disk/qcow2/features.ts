/** Feature bits of qcow2 version 3 and their names (qcow2.txt, "Feature name table"). */
import { decodeUtf8, encodeUtf8 } from '../../base/index.ts';
import { be32 } from '../numbers.ts';

/** Masks within their own set. */
export const FEATURES = {
  // incompatible
  dirty: 1 << 0,
  corrupt: 1 << 1,
  compressionType: 1 << 3,
  // compatible
  lazyRefcounts: 1 << 0,
};

/** Incompatible bits that an image may have here. The compression type is looked at before it is refused. */
export const INCOMPATIBLE_SUPPORTED = FEATURES.dirty | FEATURES.corrupt | FEATURES.compressionType;

/** Set (0 incompatible, 1 compatible, 2 autoclear), bit, name. */
const NAMES: readonly (readonly [number, number, string])[] = [
  [0, 0, 'dirty bit'],
  [0, 1, 'corrupt bit'],
  [0, 2, 'external data file'],
  [0, 3, 'compression type'],
  [0, 4, 'extended L2 entries'],
  [1, 0, 'lazy refcounts'],
  [2, 0, 'bitmaps'],
  [2, 1, 'raw external data'],
];
const ROW = 48;

let table: Uint8Array | null = null;

/** The table as an extension's data; not to be changed. */
export function featureTable(): Uint8Array {
  if (table !== null) return table;
  const bytes = new Uint8Array(NAMES.length * ROW);
  NAMES.forEach(([set, bit, name], row) => {
    bytes[row * ROW] = set;
    bytes[row * ROW + 1] = bit;
    bytes.set(encodeUtf8(name), row * ROW + 2);
  });
  table = bytes;
  return bytes;
}

/** Names of the incompatible bits at `at` of `header` that `supported` lacks: as the image's own table names them. */
export function featureNames(header: Uint8Array, at: number, supported: number, table: Uint8Array): string[] {
  const names: string[] = [];
  for (let bit = 0; bit < 64; bit++) {
    const word = be32(header, bit < 32 ? at + 4 : at);
    if (((word >>> (bit % 32)) & 1) === 0) continue;
    if (bit < 32 && ((supported >>> bit) & 1) !== 0) continue;
    names.push(
      nameIn(table, bit) ?? knownName(bit) ?? `Unknown incompatible feature: ${(2 ** bit).toString(16)}`,
    );
  }
  return names;
}

function nameIn(table: Uint8Array, bit: number): string | null {
  for (let at = 0; at + ROW <= table.length; at += ROW) {
    if (table[at] !== 0 || table[at + 1] !== bit) continue;
    const name = table.subarray(at + 2, at + ROW);
    const end = name.indexOf(0);
    return decodeUtf8(end < 0 ? name : name.subarray(0, end));
  }
  return null;
}

function knownName(bit: number): string | null {
  return NAMES.find(([set, each]) => set === 0 && each === bit)?.[2] ?? null;
}
