/** How `boot` and the host meet: the host functions behind the learner's devices and memory, and the prelude that makes these of them. */
import { type HostFunctions, type Json, OsError } from '../../../src/exercise/index.ts';

/** What the prelude makes a device of; `read` of a disk comes by its place in the list. */
export type ToldDevice =
  | { readonly kind: 'disk'; readonly name: string; readonly slot: number; readonly sectors: number }
  | {
      readonly kind: 'network';
      readonly name: string;
      readonly slot: number;
      readonly link: boolean;
      readonly entry: number;
    };

export interface ToldMemory {
  readonly hart: number;
  readonly deviceTree: number;
  readonly bootAddress: number;
}

export interface HostMachine {
  /** Throws OsError EIO. May give fewer bytes than were asked for. */
  read(device: number, sector: number, count: number): Uint8Array;
  /** Throws OsError EFAULT. */
  write(address: number, bytes: Uint8Array): void;
}

/** More in one read is a mistake of the caller's. */
const MOST_SECTORS = 128;
/** Firmware has few things to ask, and little to read; this is generous. */
const MOST_ACCESSES = 100;
const MOST_BYTES = 192 * 1024;

/** A whole number from `least` on. Throws OsError EINVAL that says what was given instead. */
function whole(value: Json | undefined, what: string, least: number, most: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  throw new OsError('EINVAL', `${JSON.stringify(value ?? null)} is no ${what}`);
}

/** Bytes cross the border as a text of decimal numbers with commas: the sandbox makes and reads such a text without a loop of its own. */
const bytesOf = (text: Json | undefined) =>
  Uint8Array.from(text === '' ? [] : (text as string).split(','), Number);

/** For one call of `boot`. Throws OsError ELOOP when it goes on for longer than any machine's devices can need. */
export function hostFunctions(machine: HostMachine): HostFunctions {
  let [accesses, moved] = [0, 0];
  const counted = (bytes: number) => {
    moved += bytes;
    if (++accesses > MOST_ACCESSES || moved > MOST_BYTES)
      throw new OsError(
        'ELOOP',
        `boot() does not come to an end: ${accesses} accesses with ${moved} bytes in one call`,
      );
  };
  return {
    read(device, sector, count) {
      const first = whole(sector, 'sector', 0, Number.MAX_SAFE_INTEGER);
      const most = whole(count, 'number of sectors from 1 to 128', 1, MOST_SECTORS);
      counted(most * 512);
      return machine.read(device as number, first, most).join();
    },
    write(address, text) {
      const bytes = bytesOf(text);
      counted(bytes.length);
      machine.write(whole(address, 'address', 0, 2 ** 32 - 1), bytes);
      return null;
    },
  };
}

/** The arguments of a call of `boot`, as the prelude turns them into what the learner is given. */
export function bootArguments(
  devices: readonly ToldDevice[],
  order: readonly string[],
  memory: ToldMemory,
): readonly Json[] {
  const { hart, deviceTree, bootAddress } = memory;
  return [
    devices.map((device): Json => {
      const { kind, name, slot } = device;
      if (kind === 'disk') return { kind, name, slot, sectors: device.sectors };
      return { kind, name, slot, link: device.link, entry: device.entry };
    }),
    order,
    { hart, deviceTree, bootAddress },
  ];
}

export const PRELUDE = `(host) => {
  'use strict';
  const Bytes = Uint8Array, ErrorOf = TypeError, freeze = Object.freeze, apply = Reflect.apply;
  const { map } = Array.prototype, { join } = Bytes.prototype, { parse } = JSON;
  const text = (value, name) => {
    if (!(value instanceof Bytes)) throw new ErrorOf(name + ' takes a Uint8Array');
    if (value.length > 65536) throw new ErrorOf(name + ' takes 64 KiB at most');
    return apply(join, value, [',']);
  };
  // Once the host has said that it goes on for too long it is not asked again, however often that error is caught.
  let over = null;
  const asked = (ask) => {
    if (over !== null) throw over;
    try {
      return ask();
    } catch (error) {
      if (error.code === 'ELOOP') over = error;
      throw error;
    }
  };
  const device = (told, index) => told.kind !== 'disk' ? freeze({ ...told }) : freeze({
    ...told,
    read: (sector, count) => new Bytes(parse('[' + asked(() => host.read(index, sector, count)) + ']')),
  });
  return (args) => (over = null, [freeze(apply(map, args[0], [device])), args[1], freeze({
    ...args[2],
    write: (address, value) => { asked(() => host.write(address, text(value, 'memory.write'))); },
  })]);
}`;

export const HOST_FUNCTIONS = ['read', 'write'] as const;
