/**
 * Entries in GNU tar's own format, of which the old one is what some services ask for (GNU tar manual, "Basic Tar Format"; its tar.h):
 * the magic `ustar  `, long names in entries before, and files with holes of which only what is stored is in the archive.
 */
import { concatBytes, decodeUtf8, encodeUtf8 } from '../base/index.ts';
import { BLOCK, type TarEntry, TarError, typeFlags } from './tar.ts';

/** A file with holes: `runs` say where, in a file of `size` bytes, the bytes of the contents lie, one run after the other. */
export interface SparseMap {
  readonly size: number;
  readonly runs: readonly { readonly offset: number; readonly length: number }[];
}

/** Entries of the map in the header itself, and in each block that follows it. */
const IN_HEADER = 4;
const IN_BLOCK = 21;
const MAP_AT = 386;
const MORE_AT = 482;
const SIZE_AT = 483;

function put(block: Uint8Array, at: number, width: number, text: string): void {
  block.set(encodeUtf8(text).subarray(0, width), at);
}

/** Octal digits and a NUL; what has more digits in base 256. */
function putNumber(block: Uint8Array, at: number, width: number, value: number): void {
  if (value >= 0 && value < 8 ** (width - 1)) {
    put(block, at, width, value.toString(8).padStart(width - 1, '0'));
    return;
  }
  let left = value;
  for (let i = width - 1; i > 0; i--) {
    block[at + i] = ((left % 256) + 256) % 256;
    left = Math.floor(left / 256);
  }
  block[at] = value < 0 ? 0xff : 0x80;
}

type Described = Pick<TarEntry, 'mode' | 'uid' | 'gid' | 'user' | 'group' | 'mtime'>;

function headerOf(name: Uint8Array, flag: string, size: number, entry: Described): Uint8Array {
  const block = new Uint8Array(BLOCK);
  block.set(name.subarray(0, 100));
  putNumber(block, 100, 8, entry.mode);
  putNumber(block, 108, 8, entry.uid);
  putNumber(block, 116, 8, entry.gid);
  putNumber(block, 124, 12, size);
  putNumber(block, 136, 12, entry.mtime);
  put(block, 156, 1, flag);
  put(block, 257, 8, 'ustar  \0');
  put(block, 265, 31, entry.user ?? '');
  put(block, 297, 31, entry.group ?? '');
  return block;
}

/** The last thing that is written into a header. */
function withChecksum(block: Uint8Array): Uint8Array {
  put(block, 148, 8, '        ');
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(block, 148, 8, `${sum.toString(8).padStart(6, '0')}\0 `);
  return block;
}

const padded = (bytes: Uint8Array) =>
  concatBytes([bytes, new Uint8Array((BLOCK - (bytes.length % BLOCK)) % BLOCK)]);

/** An entry of its own for a name that has no room in the header, with the NUL at its end. */
function longName(flag: 'K' | 'L', name: Uint8Array): Uint8Array[] {
  const root = { mode: 0o644, uid: 0, gid: 0, user: 'root', group: 'root', mtime: 0 };
  const header = headerOf(encodeUtf8('././@LongLink'), flag, name.length + 1, root);
  return [withChecksum(header), padded(concatBytes([name, new Uint8Array(1)]))];
}

function putRuns(block: Uint8Array, at: number, runs: SparseMap['runs']): void {
  for (const [i, { offset, length }] of runs.entries()) {
    putNumber(block, at + i * 24, 12, offset);
    putNumber(block, at + i * 24 + 12, 12, length);
  }
}

/** A map ends where the file does: with an empty run, when a hole is last. */
function closed({ size, runs }: SparseMap): SparseMap['runs'] {
  const last = runs.at(-1);
  return last !== undefined && last.offset + last.length === size
    ? runs
    : [...runs, { offset: size, length: 0 }];
}

/** The blocks of one entry. */
export function encodeGnuEntry(entry: TarEntry): Uint8Array {
  const name = encodeUtf8(entry.type === 'dir' ? `${entry.name}/` : entry.name);
  const target = encodeUtf8(entry.target);
  const content = entry.type === 'file' ? entry.content : new Uint8Array(0);
  const { sparse } = entry;
  const header = headerOf(name, sparse === undefined ? typeFlags[entry.type] : 'S', content.length, entry);
  header.set(target.subarray(0, 100), 157);
  if (entry.type === 'chr' || entry.type === 'blk') {
    putNumber(header, 329, 8, entry.major);
    putNumber(header, 337, 8, entry.minor);
  }
  const more: Uint8Array[] = [];
  if (sparse !== undefined) {
    const runs = closed(sparse);
    putRuns(header, MAP_AT, runs.slice(0, IN_HEADER));
    header[MORE_AT] = runs.length > IN_HEADER ? 1 : 0;
    putNumber(header, SIZE_AT, 12, sparse.size);
    for (let at = IN_HEADER; at < runs.length; at += IN_BLOCK) {
      const block = new Uint8Array(BLOCK);
      putRuns(block, 0, runs.slice(at, at + IN_BLOCK));
      block[IN_BLOCK * 24] = runs.length > at + IN_BLOCK ? 1 : 0;
      more.push(block);
    }
  }
  return concatBytes([
    ...(target.length > 100 ? longName('K', target) : []),
    ...(name.length > 100 ? longName('L', name) : []),
    withChecksum(header),
    ...more,
    padded(content),
  ]);
}

/** Reads a map as it comes: from the header, then from the blocks that follow. */
export class SparseReader {
  readonly #size: number;
  readonly #runs: { offset: number; length: number }[] = [];
  /** Another block of the map follows. */
  more: boolean;

  constructor(header: Uint8Array) {
    this.#size = numberAt(header, SIZE_AT, 12);
    this.more = header[MORE_AT] !== 0;
    this.#take(header, MAP_AT, IN_HEADER);
  }

  block(bytes: Uint8Array): void {
    this.more = bytes[IN_BLOCK * 24] !== 0;
    this.#take(bytes, 0, IN_BLOCK);
  }

  /** The map for `stored` bytes of contents. Throws TarError when it does not fit them. */
  map(stored: number): SparseMap {
    let end = 0;
    let sum = 0;
    for (const { offset, length } of this.#runs) {
      if (!(offset >= end) || !(length >= 0) || offset + length > this.#size)
        throw new TarError(`a sparse file's map has ${length} bytes at ${offset}, which cannot be`);
      end = offset + length;
      sum += length;
    }
    if (sum !== stored)
      throw new TarError(`a sparse file's map has ${sum} bytes, and ${stored} are in the archive`);
    return { size: this.#size, runs: this.#runs.filter(({ length }) => length > 0) };
  }

  #take(block: Uint8Array, from: number, count: number): void {
    for (let i = 0; i < count; i++) {
      const at = from + i * 24;
      if (block[at] === 0 && block[at + 12] === 0) return;
      this.#runs.push({ offset: numberAt(block, at, 12), length: numberAt(block, at + 12, 12) });
    }
  }
}

/** Octal digits, or with the first bit set base 256. */
function numberAt(block: Uint8Array, at: number, width: number): number {
  const field = block.subarray(at, at + width);
  if ((field[0]! & 0x80) === 0) {
    const end = field.indexOf(0);
    return Number.parseInt(decodeUtf8(end < 0 ? field : field.subarray(0, end)).trim() || '0', 8);
  }
  return field.subarray(1).reduce((value, byte) => value * 256 + byte, field[0]! & 0x7f);
}
