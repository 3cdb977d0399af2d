/** The guest kernel's initial file system: the programs in /bin, and the list of drivers that it may start. */
import { encodeUtf8 } from '../../base/index.ts';
import { type CpioEntry, writeCpio } from './cpio.ts';
import { guestBox } from './images.ts';
import { GUEST_PROGRAMS } from './programList.ts';

/** Drivers that the guest kernel has; it starts one only when the initramfs lists it. */
export const GUEST_DRIVERS = ['virtio_blk', 'virtio_net', 'virtio_balloon'] as const;

export type GuestDriver = (typeof GUEST_DRIVERS)[number];

export interface InitramfsOptions {
  /** `etc/modules`; all that there are when left out. A guest without virtio_blk does not see its disks. */
  readonly drivers?: readonly GuestDriver[];
  /** Names in /bin; all that there are when left out. `init`, `login` and `sh` are what a boot needs. */
  readonly programs?: readonly string[];
  /** More programs and files, by their paths without a slash before them. One may stand in for a program of the same name. */
  readonly files?: Readonly<Record<string, Uint8Array>>;
}

const DIRECTORY = 0o040755;
const FILE = 0o100644;
const PROGRAM = 0o100755;
const LINK = 0o120777;

/** The archive that a loader puts into the guest's memory, a multiple of 4 bytes. */
export function guestInitramfs({
  drivers = GUEST_DRIVERS,
  programs = GUEST_PROGRAMS,
  files = {},
}: InitramfsOptions = {}): Uint8Array {
  const nothing = new Uint8Array();
  const target = encodeUtf8('/bin/box');
  const entries: CpioEntry[] = [
    { name: 'bin', mode: DIRECTORY, bytes: nothing },
    { name: 'bin/box', mode: PROGRAM, bytes: guestBox() },
    ...programs.map((name) => ({ name: `bin/${name}`, mode: LINK, bytes: target })),
    { name: 'etc', mode: DIRECTORY, bytes: nothing },
    { name: 'etc/modules', mode: FILE, bytes: encodeUtf8(drivers.map((driver) => `${driver}\n`).join('')) },
  ];
  const own = entries.filter(({ name }) => !Object.hasOwn(files, name));
  const more = Object.entries(files).map(([name, bytes]) => ({ name, mode: PROGRAM, bytes }));
  return writeCpio([...own, ...more]);
}
