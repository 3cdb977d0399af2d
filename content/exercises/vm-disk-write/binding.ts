/** How `service` and the host meet: the host functions behind the learner's `GuestMemory` and `Image`, and the prelude that makes these of them. */
import { type HostFunctions, type Json, OsError } from '../../../src/exercise/index.ts';

/** What a host gives the learner's `GuestMemory`. `read` and `write` throw OsError EFAULT outside of the guest's memory. */
export interface HostMemory {
  contains(address: number, length: number): boolean;
  read(address: number, length: number): Uint8Array;
  write(address: number, bytes: Uint8Array): void;
}

/** What a host gives the learner's `Image`: without any look at the disk's size. */
export interface HostImage {
  read(sector: number, count: number): Uint8Array;
  write(sector: number, bytes: Uint8Array): void;
  flush(): void;
}

/** More at once than a disk of this exercise holds is a mistake of the caller's. */
const MOST_BYTES = 1 << 20;

/** A full queue of this exercise needs some hundreds. */
const MOST_ACCESSES = 5000;

/** A whole number from 0 on: what addresses, lengths and sectors are. Throws OsError EINVAL that says what was given instead. */
function whole(value: Json | undefined, what: string, most = Number.MAX_VALUE): number {
  if (typeof value === 'number' && value >= 0 && Number.isInteger(value) && value <= most) return value;
  throw new OsError('EINVAL', `${JSON.stringify(value ?? null)} is no ${what}`);
}

/** Bytes cross the border as a text of one character each: the quickest form there. */
function bytesOf(text: Json | undefined): Uint8Array {
  const from = text as string;
  const bytes = new Uint8Array(from.length);
  for (let i = 0; i < from.length; i++) bytes[i] = from.charCodeAt(i);
  return bytes;
}

function textOf(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

const WIDTHS: readonly Json[] = [2, 4, 8];

/** For one call of `service`. Throws OsError ELOOP when it goes on for longer than any queue can need. */
export function hostFunctions(memory: HostMemory, image: HostImage): HostFunctions {
  let accesses = 0;
  const counted: HostFunctions = Object.fromEntries(
    Object.entries(accessors(memory, image)).map(([name, access]) => [
      name,
      (...args) => {
        if (++accesses > MOST_ACCESSES)
          throw new OsError(
            'ELOOP',
            `service() does not come to an end: ${MOST_ACCESSES} accesses in one call`,
          );
        return access(...args);
      },
    ]),
  );
  return counted;
}

function accessors(memory: HostMemory, image: HostImage): HostFunctions {
  const width = (value: Json | undefined) => (WIDTHS.includes(value ?? null) ? (value as number) : 2);
  return {
    contains: (address, length) => memory.contains(whole(address, 'address'), whole(length, 'length')),
    load(address, size) {
      const bytes = memory.read(whole(address, 'address'), width(size));
      let value = 0;
      for (let i = bytes.length - 1; i >= 0; i--) value = value * 256 + bytes[i]!;
      return value;
    },
    store(address, size, value) {
      if (typeof value !== 'number' || !Number.isInteger(value))
        throw new OsError('EINVAL', `${JSON.stringify(value ?? null)} is no number to write into memory`);
      const bytes = new Uint8Array(width(size));
      const low = BigInt.asUintN(32, BigInt(value));
      for (let i = 0; i < bytes.length; i++) bytes[i] = Number((low >> BigInt(8 * i)) & 0xffn);
      memory.write(whole(address, 'address'), bytes);
      return null;
    },
    read: (address, length) =>
      textOf(memory.read(whole(address, 'address'), whole(length, 'length of up to 1 MiB', MOST_BYTES))),
    write(address, text) {
      memory.write(whole(address, 'address'), bytesOf(text));
      return null;
    },
    imageRead: (sector, count) =>
      textOf(image.read(whole(sector, 'sector'), whole(count, 'number of sectors', MOST_BYTES / 512))),
    imageWrite(sector, text) {
      const bytes = bytesOf(text);
      if (bytes.length % 512 !== 0)
        throw new OsError(
          'EINVAL',
          `image.write takes whole sectors of 512 bytes, not ${bytes.length} bytes`,
        );
      image.write(whole(sector, 'sector'), bytes);
      return null;
    },
    imageFlush() {
      image.flush();
      return null;
    },
  };
}

/** The arguments of a call of `service`, as the prelude turns them into what the learner is given. */
export function serviceArguments(
  queue: {
    readonly size: number;
    readonly descriptors: number;
    readonly available: number;
    readonly used: number;
  },
  image: { readonly sectors: number; readonly readOnly: boolean },
): readonly Json[] {
  const { size, descriptors, available, used } = queue;
  const { sectors, readOnly } = image;
  return [
    { size, descriptors, available, used },
    { sectors, readOnly },
  ];
}

export const PRELUDE = `(host) => {
  'use strict';
  const Bytes = Uint8Array, ErrorOf = TypeError, freeze = Object.freeze, apply = Reflect.apply;
  const codeAt = Function.prototype.call.bind(String.prototype.charCodeAt);
  const part = Function.prototype.call.bind(Bytes.prototype.subarray);
  const characters = String.fromCharCode;
  const bytes = (text) => {
    const length = text.length;
    const out = new Bytes(length);
    for (let i = 0; i < length; i++) out[i] = codeAt(text, i);
    return out;
  };
  const text = (value, name) => {
    if (!(value instanceof Bytes)) throw new ErrorOf(name + ' takes a Uint8Array');
    let out = '';
    for (let at = 0; at < value.length; at += 4096) out += apply(characters, undefined, part(value, at, at + 4096));
    return out;
  };
  const memory = freeze({
    contains: (address, length) => host.contains(address, length),
    readU16: (address) => host.load(address, 2),
    readU32: (address) => host.load(address, 4),
    readU64: (address) => host.load(address, 8),
    writeU16: (address, value) => { host.store(address, 2, value); },
    writeU32: (address, value) => { host.store(address, 4, value); },
    read: (address, length) => bytes(host.read(address, length)),
    write: (address, value) => { host.write(address, text(value, 'guestMemory.write')); },
  });
  return (args) => [args[0], memory, freeze({
    sectors: args[1].sectors,
    readOnly: args[1].readOnly,
    read: (sector, count) => bytes(host.imageRead(sector, count)),
    write: (sector, value) => { host.imageWrite(sector, text(value, 'image.write')); },
    flush: () => { host.imageFlush(); },
  })];
}`;

export const HOST_FUNCTIONS = [
  'contains',
  'load',
  'store',
  'read',
  'write',
  'imageRead',
  'imageWrite',
  'imageFlush',
] as const;
