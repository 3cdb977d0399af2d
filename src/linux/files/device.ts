/** The character devices of null(4), full(4) and random(4). */
import { OsError, type Random } from '../../base/index.ts';
import type { Location, Stat } from '../fs/index.ts';
import type { Task } from '../tasks/task.ts';
import { OpenFile } from './openFile.ts';

/** What a device does; offsets mean nothing to it. */
export interface CharDevice {
  read(count: number): Uint8Array;
  write(data: Uint8Array): number;
}

const swallow = (data: Uint8Array) => data.length;
const zeros = (count: number) => new Uint8Array(count);

/** Its number: major:minor. */
export const URANDOM = '1:9';

/** Drivers by `major:minor`. */
export function charDevices(random: Random): ReadonlyMap<string, CharDevice> {
  const noise = (count: number) => {
    const out = new Uint8Array(count);
    for (let i = 0; i < count; i++) out[i] = random.below(256);
    return out;
  };
  const full = () => {
    throw new OsError('ENOSPC');
  };
  return new Map<string, CharDevice>([
    ['1:3', { read: () => zeros(0), write: swallow }],
    ['1:5', { read: zeros, write: swallow }],
    ['1:7', { read: zeros, write: full }],
    ['1:8', { read: noise, write: swallow }],
    [URANDOM, { read: noise, write: swallow }],
  ]);
}

export class DeviceFile extends OpenFile {
  readonly #location: Location;
  readonly #device: CharDevice;

  constructor(location: Location, device: CharDevice, flags: number) {
    super(flags);
    this.#location = location;
    this.#device = device;
  }

  override get location(): Location {
    return this.#location;
  }

  get name(): string {
    return this.#location.dentry.name;
  }

  stat(): Stat {
    return this.#location.dentry.inode.stat();
  }

  read(_task: Task, count: number): Uint8Array {
    return this.#device.read(count);
  }

  override pread(count: number): Uint8Array {
    return this.#device.read(count);
  }

  write(_task: Task, data: Uint8Array): number {
    return this.#device.write(data);
  }

  override seek(): number {
    return 0;
  }
}
