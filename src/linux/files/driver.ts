/**
 * Device drivers that come with a host from outside of this room, as kernel modules do: a node in /dev, and what opening it gives.
 * Such a file does its work by ioctl(2).
 */
import type { DeviceNumber, Location, Stat } from '../fs/index.ts';
import type { OpenFile } from './openFile.ts';

export interface Driver {
  /** Its node's name in /dev. */
  readonly node: string;
  readonly device: DeviceNumber;
  /** Permission bits and group of the node. */
  readonly mode: number;
  readonly gid: number;
  /** Throws OsError. */
  open(location: Location, flags: number): OpenFile;
  /** All its state as JSON, for the world's hash. */
  dump(): unknown;
}

/** Drivers by `major:minor`. */
export function driversByNumber(drivers: readonly Driver[]): ReadonlyMap<string, Driver> {
  return new Map(drivers.map((driver) => [`${driver.device.major}:${driver.device.minor}`, driver]));
}

const EPOCH = { sec: 0, nsec: 0 };

/** What fstat(2) says of a file without a name, anon_inode:[…]. */
export function anonymousStat(): Stat {
  const rdev = { major: 0, minor: 0 };
  const times = { atime: EPOCH, mtime: EPOCH, ctime: EPOCH };
  return { dev: 9, ino: 1, mode: 0o600, nlink: 1, uid: 0, gid: 0, rdev, size: 0, blocks: 0, ...times };
}
