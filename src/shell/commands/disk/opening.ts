/** Opening images of the host's files, with the chain of backing files below them. */
import { isOsError, strerror } from '../../../base/index.ts';
import {
  backingFileOf,
  type DiskImage,
  IMAGE_FORMATS,
  type ImageFormat,
  isDiskError,
  openImage,
  probeFormat,
} from '../../../disk/index.ts';
import { O_CREAT, O_RDONLY, O_RDWR, O_TRUNC, type Sys, sys, writeAll } from '../../../linux/index.ts';
import { baseName, joinPath, orNull } from '../support.ts';
import { FileStore } from './fileStore.ts';

/** What qemu-img says after its name, and how it ends; `usage` adds the hint to --help. */
export class QemuImgError extends Error {
  readonly status: number;
  readonly usage: boolean;
  constructor(message: string, { status = 1, usage = false }: { status?: number; usage?: boolean } = {}) {
    super(message);
    this.status = status;
    this.usage = usage;
  }
}

/** An image, the file it lies in, and what is below. */
export interface OpenedImage {
  readonly path: string;
  readonly format: ImageFormat;
  readonly store: FileStore;
  readonly image: DiskImage;
  readonly backing: OpenedImage | null;
  /** The name of the backing file as the image has it, and the path that leads to. */
  readonly backingFile: {
    readonly name: string;
    readonly path: string;
    readonly format: string | null;
  } | null;
}

export interface OpenOptions {
  /** As given with -f; null: look. */
  readonly format?: string | null;
  readonly writable?: boolean;
  /** The image below is opened for writing too. */
  readonly writableBacking?: boolean;
  /** False: the image alone, what is not in it reads as zeros. */
  readonly chain?: boolean;
  /** It will be checked, damaged or not. */
  readonly repair?: boolean;
  /** An image that is open for writing already: nothing of the chain may be that file. */
  readonly locked?: FileStore | null;
}

/** Formats of QEMU that are not simulated are refused as unknown ones are, by name. */
export function formatOf(name: string, message = `Unknown file format '${name}'`): ImageFormat {
  const format = IMAGE_FORMATS.find((each) => each === name);
  if (format === undefined) throw new QemuImgError(message);
  return format;
}

/** A backing file's name is relative to the directory of the image that has it. */
export function backingPath(imagePath: string, name: string): string {
  if (name.startsWith('/') || !imagePath.includes('/')) return name;
  return joinPath(imagePath.slice(0, imagePath.length - baseName(imagePath).length) || '/', name);
}

const QEMU_PROBING_WARNING = (path: string) =>
  `WARNING: Image format was not specified for '${path}' and probing guessed raw.
         Automatically detecting the format is dangerous for raw images, write operations on block 0 will be restricted.
         Specify the 'raw' format explicitly to remove the restrictions.
`;

/** Opens an image and all below it. Throws QemuImgError with the words of qemu-img. */
export function* openChain(path: string, options: OpenOptions = {}): Sys<OpenedImage> {
  try {
    return yield* openOne(path, options, []);
  } catch (error) {
    if (!(error instanceof OpenError)) throw error;
    throw new QemuImgError(`Could not open '${path}': ${error.message}`);
  }
}

class OpenError extends Error {}

function* openOne(path: string, options: OpenOptions, above: readonly string[]): Sys<OpenedImage> {
  const { writable = false, writableBacking = false, chain = true, repair = false, locked = null } = options;
  const store = yield* openStore(path, writable);
  if (locked !== null && (yield* sameFile(store, locked)))
    throw new OpenError(`Failed to get shared "write" lock\nIs another process using the image [${path}]?`);
  const given = options.format ?? null;
  const format = given === null ? probeFormat(store) : formatOf(given);
  if (given === null && format === 'raw' && writable) yield* writeAll(2, QEMU_PROBING_WARNING(path));
  try {
    const named = backingFileOf(store, format);
    const below = named === null ? null : { ...named, name: named.file, path: backingPath(path, named.file) };
    let backing: OpenedImage | null = null;
    if (below !== null && chain) backing = yield* openBelow(below, [...above, path], writableBacking, locked);
    const image = openImage(store, format, { backing: backing?.image ?? null, writable, repair });
    return { path, format, store, image, backing, backingFile: below };
  } catch (error) {
    if (isDiskError(error)) throw new OpenError(error.message);
    throw error;
  }
}

function* openBelow(
  { path, format }: { path: string; format: string | null },
  above: readonly string[],
  writable: boolean,
  locked: FileStore | null,
): Sys<OpenedImage> {
  if (above.includes(path)) throw new OpenError(`Backing file '${path}' creates an infinite loop.`);
  try {
    return yield* openOne(path, { format, writable, locked }, above);
  } catch (error) {
    if (error instanceof OpenError) throw new OpenError(`Could not open backing file: ${error.message}`);
    throw error;
  }
}

function* openStore(path: string, writable: boolean): Sys<FileStore> {
  let fd: number;
  try {
    fd = yield* sys.open(path, writable ? O_RDWR : O_RDONLY);
  } catch (error) {
    if (isOsError(error, 'EISDIR')) throw new OpenError(notRegular(path));
    if (isOsError(error)) throw new OpenError(`Could not open '${path}': ${strerror(error.code)}`);
    throw error;
  }
  try {
    return yield* FileStore.over(fd);
  } catch (error) {
    if (isOsError(error, 'ENODEV', 'EINVAL', 'EISDIR')) throw new OpenError(notRegular(path));
    throw error;
  }
}

const notRegular = (path: string) => `'file' driver requires '${path}' to be a regular file`;

function* sameFile(a: FileStore, b: FileStore): Sys<boolean> {
  const [one, other] = [yield* sys.fstat(a.fd), yield* sys.fstat(b.fd)];
  return one.dev === other.dev && one.ino === other.ino;
}

/** Refuses `path` as the place of a new image when a file of the chain lies there: making it would empty what is read. */
export function* requireOther(path: string, opened: OpenedImage, what: string): Sys<void> {
  const target = yield* orNull(() => sys.stat(path), 'ENOENT', 'ENOTDIR', 'EACCES');
  if (target === null) return;
  for (let each: OpenedImage | null = opened; each !== null; each = each.backing) {
    const { dev, ino } = yield* sys.fstat(each.store.fd);
    if (dev === target.dev && ino === target.ino)
      throw new QemuImgError(
        `${path}: ${what}: Failed to get "write" lock\nIs another process using the image [${path}]?`,
      );
  }
}

/** A new, empty file to make an image in. */
export function* createStore(path: string): Sys<FileStore> {
  try {
    const fd = yield* sys.open(path, O_RDWR | O_CREAT | O_TRUNC, 0o644);
    return yield* FileStore.over(fd);
  } catch (error) {
    if (isOsError(error))
      throw new QemuImgError(`${path}: Could not create '${path}': ${strerror(error.code)}`);
    throw error;
  }
}

/** Does what the images of a chain have asked of their files, from the lowest up. */
export function* settleChain(opened: OpenedImage | null): Sys<void> {
  if (opened === null) return;
  yield* settleChain(opened.backing);
  yield* opened.store.settle();
}
