/** What all of mtools(1) share: the FAT file system in an image that `-i FILE[@@OFFSET]` names, and names on it, which begin with `::`. */
import { isOsError, strerror } from '../../../base/index.ts';
import { FatFs, isDiskError, RawImage, SECTOR, sliceOf } from '../../../disk/index.ts';
import { O_RDONLY, O_RDWR, type Sys, sys, writeAll } from '../../../linux/index.ts';
import { FileStore } from '../disk/fileStore.ts';
import type { OptionSpec, Parsed } from '../options.ts';
import { orNull } from '../support.ts';

export const IMAGE: OptionSpec = {
  short: 'i',
  argument: 'FILE[@@OFFSET]',
  help: 'the disk image, and where in it the file system begins: bytes, or with s sectors, K, M, G',
};

/** The drive of `-i`. */
export const DRIVE = '::';

/** Ends a program of mtools with status 1; the lines are all that it says. */
export class MtoolsError extends Error {
  readonly lines: readonly string[];
  constructor(...lines: readonly string[]) {
    super(lines.join('\n'));
    this.lines = lines;
  }
}

export interface Volume {
  readonly fs: FatFs;
  readonly label: string;
  readonly serial: number;
  /** Writes what has changed to the image's file. */
  settle(): Sys<void>;
}

const UNITS: Readonly<Record<string, number>> = { '': 1, s: SECTOR, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };

const cannot = (why: string) => new MtoolsError(why, "Cannot initialize '::'");

function placeOf(image: string): { path: string; offset: number } {
  const at = image.lastIndexOf('@@');
  if (at < 0) return { path: image, offset: 0 };
  const match = /^(\d+)([sKMG]?)$/.exec(image.slice(at + 2));
  if (match === null) throw cannot(`${image.slice(at + 2)}: not an offset: bytes, or with s, K, M or G`);
  return { path: image.slice(0, at), offset: Number(match[1]) * UNITS[match[2]!]! };
}

/** Opens the file system of `-i`. Throws MtoolsError. */
export function* openVolume(parsed: Parsed, writable: boolean): Sys<Volume> {
  const image = parsed.value('i');
  if (image === null) throw cannot("Drive '::' not supported");
  const { path, offset } = placeOf(image);
  const store = yield* openStore(path, writable);
  try {
    const disk = new RawImage(store);
    const sectors = Math.floor((disk.size - offset) / SECTOR);
    if (offset % SECTOR !== 0 || sectors < 1) throw cannot('init :: non DOS media');
    const fs = FatFs.open(sliceOf(disk, offset / SECTOR, sectors));
    const { label, volumeId } = fs.layout;
    return { fs, label: label.trim(), serial: volumeId, settle: () => store.settle() };
  } catch (error) {
    if (isDiskError(error)) throw cannot('init :: non DOS media');
    throw error;
  }
}

function* openStore(path: string, writable: boolean): Sys<FileStore> {
  try {
    return yield* FileStore.over(yield* sys.open(path, writable ? O_RDWR : O_RDONLY));
  } catch (error) {
    if (!isOsError(error)) throw error;
    throw cannot(`Can't open ${path}: ${strerror(error.code)}`);
  }
}

export const isOnDrive = (name: string) => name.startsWith(DRIVE);

/** `::/etc/modules` → `/etc/modules`; the root is `/`. */
export function drivePath(name: string): string {
  const path = name
    .slice(DRIVE.length)
    .split('/')
    .filter((part) => part !== '' && part !== '.');
  return `/${path.join('/')}`;
}

/** Seconds since 1970. */
export function* nowSeconds(): Sys<number> {
  return (yield* sys.clock_gettime('realtime')).sec;
}

/** Whether a path of the host is a directory. */
export function* isHostDirectory(path: string): Sys<boolean> {
  const stat = yield* orNull(() => sys.stat(path), 'ENOENT', 'ENOTDIR', 'EACCES');
  return stat !== null && stat.mode >> 12 === 0o04;
}

/** Runs `body` and says what it ends in, as the programs of mtools do: some lines have no name before them. */
export function* mtoolsStatus(body: () => Sys<number>): Sys<number> {
  try {
    return yield* body();
  } catch (error) {
    if (!(error instanceof MtoolsError)) throw error;
    yield* writeAll(2, error.lines.map((line) => `${line}\n`).join(''));
    return 1;
  }
}
