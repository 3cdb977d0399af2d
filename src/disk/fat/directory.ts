/** The entries of one directory ("FAT Directory Structure"): 32 bytes each, a long name in several before its short one. */
import { concatBytes, decodeUtf8 } from '../../base/index.ts';
import { DiskError } from '../errors.ts';
import type { BlockDevice } from '../image.ts';
import { le16, le32, setLe16, setLe32 } from '../numbers.ts';
import { ENTRY } from './bootSector.ts';
import {
  asShortName,
  LONG_NAME_ATTRIBUTES,
  LongNameReader,
  longEntries,
  makeShortName,
  requireName,
  shortNameText,
} from './names.ts';

export const READ_ONLY = 0x01;
export const VOLUME_LABEL = 0x08;
export const DIRECTORY = 0x10;
const FREE = 0xe5;
/** The largest directory: 65,536 entries, by the specification. */
const MAX_ENTRIES = 65_536;

export interface FatEntry {
  readonly name: string;
  /** `LONGNA~1.TXT`; the same as the name when that is short. */
  readonly shortName: string;
  readonly directory: boolean;
  readonly attributes: number;
  readonly size: number;
  /** First of its contents; 0 for an empty file. */
  readonly cluster: number;
  /** Last change, seconds since 1970, even: two seconds are the grain. */
  readonly seconds: number;
  /** Offsets of its entries on the device, long ones first. */
  readonly slots: readonly number[];
}

/** Where a directory's entries lie. */
export interface Place {
  readonly device: BlockDevice;
  /** First cluster; 0 for the root. */
  readonly cluster: number;
  readonly pieces: readonly { readonly offset: number; readonly length: number }[];
  /** Adds a cluster of free entries; null for FAT16's root, which cannot grow. Throws `full`. */
  grow(): { readonly offset: number; readonly length: number } | null;
}

export interface NewContents {
  readonly cluster: number;
  readonly size: number;
  readonly seconds: number;
}

export class Directory {
  readonly place: Place;

  constructor(place: Place) {
    this.place = place;
  }

  /** The first two entries of a new directory: itself and the one above. */
  static start(place: Place, own: number, parent: number, seconds: number): void {
    const dot = (name: string, cluster: number) => {
      const entry = new Uint8Array(ENTRY);
      entry.fill(0x20, 0, 11);
      for (let i = 0; i < name.length; i++) entry[i] = name.charCodeAt(i);
      entry[11] = DIRECTORY;
      putContents(entry, { cluster, size: 0, seconds });
      return entry;
    };
    place.device.write(place.pieces[0]!.offset, concatBytes([dot('.', own), dot('..', parent)]));
  }

  /** In order, without `.`, `..` and the volume's label. */
  entries(): FatEntry[] {
    const found: FatEntry[] = [];
    const long = new LongNameReader();
    let slots: number[] = [];
    for (const { at, bytes } of this.#slots()) {
      if (bytes[0] === 0) break;
      if (bytes[0] === FREE) {
        long.reset();
        slots = [];
      } else if ((bytes[11]! & 0x3f) === LONG_NAME_ATTRIBUTES) {
        // A name that starts anew leaves what was before it without an owner.
        if ((bytes[0]! & 0x40) !== 0) slots = [];
        slots.push(at);
        long.add(bytes);
      } else {
        const name = long.take(bytes);
        if ((bytes[11]! & VOLUME_LABEL) === 0 && bytes[0] !== 0x2e)
          found.push(entryOf(bytes, name, [...(name === null ? [] : slots), at]));
        slots = [];
      }
    }
    return found;
  }

  /** By long or short name, whatever its letters' case. */
  find(name: string): FatEntry | null {
    const wanted = name.toUpperCase();
    const match = (each: FatEntry) =>
      each.name.toUpperCase() === wanted || each.shortName.toUpperCase() === wanted;
    return this.entries().find(match) ?? null;
  }

  add(name: string, contents: NewContents & { attributes: number }): void {
    requireName(name);
    const taken = new Set<string>();
    for (const { bytes } of this.#slots()) {
      if (bytes[0] === 0) break;
      taken.add(decodeUtf8(bytes.subarray(0, 11)));
    }
    const plain = asShortName(name);
    const short = plain?.packed ?? makeShortName(name, taken);
    const entry = new Uint8Array(ENTRY);
    entry.set(short);
    entry[11] = contents.attributes;
    entry[12] = plain?.caseFlags ?? 0;
    putContents(entry, contents);
    const bytes = concatBytes([...(plain === null ? [longEntries(name, short)] : []), entry]);
    const { slots, after } = this.#freeSlots(bytes.length / ENTRY);
    // What lies behind the end of a directory may be anything: the end moves.
    if (after !== null) this.place.device.write(after, new Uint8Array(1));
    for (const [i, at] of slots.entries())
      this.place.device.write(at, bytes.slice(i * ENTRY, (i + 1) * ENTRY));
  }

  update(entry: FatEntry, contents: NewContents): void {
    const at = entry.slots.at(-1)!;
    const bytes = this.place.device.read(at, ENTRY).slice();
    putContents(bytes, contents);
    this.place.device.write(at, bytes);
  }

  /** Frees the entry's slots: the short one first, without which the long ones mean nothing. */
  remove(entry: FatEntry): void {
    for (const at of entry.slots.toReversed()) this.place.device.write(at, new Uint8Array([FREE]));
  }

  *#slots(): Generator<{ at: number; bytes: Uint8Array }> {
    let count = 0;
    for (const { offset, length } of this.place.pieces) {
      const bytes = this.place.device.read(offset, length);
      for (let at = 0; at + ENTRY <= length; at += ENTRY) {
        if (++count > MAX_ENTRIES) return;
        yield { at: offset + at, bytes: bytes.subarray(at, at + ENTRY) };
      }
    }
  }

  /** Neighbouring free slots, and the one after them when they reach to the end; the directory grows when it has too few. */
  #freeSlots(count: number): { slots: number[]; after: number | null } {
    let run: number[] = [];
    let ended = false;
    for (const { at, bytes } of this.#slots()) {
      if (run.length === count) return { slots: run, after: ended ? at : null };
      ended ||= bytes[0] === 0;
      run = ended || bytes[0] === FREE ? [...run, at] : [];
    }
    while (run.length < count) {
      const piece = this.place.grow();
      if (piece === null) throw new DiskError('full', 'the root directory is full');
      for (let at = 0; at < piece.length; at += ENTRY) run.push(piece.offset + at);
    }
    return { slots: run.slice(0, count), after: null };
  }
}

function entryOf(bytes: Uint8Array, long: string | null, slots: readonly number[]): FatEntry {
  const shortName = shortNameText(bytes, 0);
  const [time, date] = [le16(bytes, 22), le16(bytes, 24)];
  return {
    name: long ?? shortNameText(bytes, bytes[12]!),
    shortName,
    directory: (bytes[11]! & DIRECTORY) !== 0,
    attributes: bytes[11]!,
    size: le32(bytes, 28),
    cluster: (le16(bytes, 20) & 0x0fff) * 65_536 + le16(bytes, 26),
    seconds:
      Date.UTC(
        1980 + (date >> 9),
        ((date >> 5) & 15) - 1,
        date & 31,
        time >> 11,
        (time >> 5) & 63,
        (time & 31) * 2,
      ) / 1000,
    slots,
  };
}

/** Dates start in 1980; earlier ones are that. */
function putContents(entry: Uint8Array, { cluster, size, seconds }: NewContents): void {
  const when = new Date(Math.max(seconds, 315_532_800) * 1000);
  const date = ((when.getUTCFullYear() - 1980) << 9) | ((when.getUTCMonth() + 1) << 5) | when.getUTCDate();
  const time = (when.getUTCHours() << 11) | (when.getUTCMinutes() << 5) | (when.getUTCSeconds() >> 1);
  if (le16(entry, 16) === 0) {
    setLe16(entry, 14, time);
    setLe16(entry, 16, date);
  }
  setLe16(entry, 18, date);
  setLe16(entry, 20, Math.floor(cluster / 65_536));
  setLe16(entry, 22, time);
  setLe16(entry, 24, date);
  setLe16(entry, 26, cluster % 65_536);
  setLe32(entry, 28, size);
}
