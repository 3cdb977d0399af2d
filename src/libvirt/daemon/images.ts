/** The files a domain starts from: each is opened and looked at before anything is made, and what is wrong is told by its name. */
import { type ByteRange, isOsError, OsError, strerror } from '../../base/index.ts';
import { type ByteStore, backingFileOf, type DiskImage, isDiskError, openImage } from '../../disk/index.ts';
import { type Fd, type FileMapping, O_RDONLY, O_RDWR, R_OK, type Sys, sys } from '../../linux/index.ts';
import type { DiskConfig, DomainConfig } from '../domain/config.ts';
import { LibvirtError } from '../errors.ts';
import { monitorError } from './monitorError.ts';

/** An open image file, and those below it. */
export interface OpenDisk {
  readonly chain: readonly {
    readonly fd: Fd;
    readonly format: DiskConfig['format'];
    readonly path: string;
  }[];
  /** `device:inode` of the file at the top: what two domains may not write to. */
  readonly identity: string;
}

/** Reads alone: writing through it is our own mistake. */
class MappedStore implements ByteStore {
  readonly size: number;
  readonly #mapping: FileMapping;

  constructor(size: number, mapping: FileMapping) {
    this.size = size;
    this.#mapping = mapping;
  }

  read(offset: number, length: number): Uint8Array {
    const out = new Uint8Array(length);
    out.set(this.#mapping.read(offset, length));
    return out;
  }

  dataFrom(offset: number): ByteRange | null {
    return this.#mapping.dataFrom(offset);
  }

  write(): never {
    throw new OsError('EROFS');
  }

  truncate(): never {
    throw new OsError('EROFS');
  }

  flush(): void {}
}

/** Opens a disk's image and all below it; descriptors go to `opened` as they come, so that whoever fails can close them. */
export function* openDisk(disk: DiskConfig, opened: Fd[]): Sys<OpenDisk> {
  const chain: OpenDisk['chain'][number][] = [];
  let identity = '';
  let next: { path: string; format: DiskConfig['format'] } | null = {
    path: disk.source,
    format: disk.format,
  };
  const stores: { store: ByteStore; format: DiskConfig['format'] }[] = [];
  while (next !== null) {
    const { path, format }: { path: string; format: DiskConfig['format'] } = next;
    if (chain.some((above) => above.path === path))
      throw new LibvirtError('internal', `backing store for ${disk.source} is self-referential`);
    const writable = chain.length === 0 && !disk.readOnly;
    const fd = yield* openFile(path, writable);
    opened.push(fd);
    const stat = yield* sys.fstat(fd);
    if (stat.mode >> 12 !== 0o10) throw monitorError(`-drive file=${path}: '${path}' is not a regular file`);
    if (chain.length === 0) identity = `${stat.dev}:${stat.ino}`;
    chain.push({ fd, format, path });
    const store = new MappedStore(stat.size, yield* sys.mmap(fd));
    stores.push({ store, format });
    next = backingOf(store, format, path);
  }
  check(stores, disk);
  return { chain, identity };
}

function* openFile(path: string, writable: boolean): Sys<Fd> {
  try {
    return yield* sys.open(path, writable ? O_RDWR : O_RDONLY);
  } catch (error) {
    if (!isOsError(error)) throw error;
    throw new LibvirtError('plain', `Cannot access storage file '${path}': ${strerror(error.code)}`);
  }
}

function backingOf(
  store: ByteStore,
  format: DiskConfig['format'],
  path: string,
): { path: string; format: DiskConfig['format'] } | null {
  const backing = guarded(path, format, () => backingFileOf(store, format));
  if (backing === null) return null;
  if (backing.format === null)
    throw new LibvirtError(
      'invalid',
      `format of backing image '${backing.file}' of image '${path}' was not specified in the image metadata (See https://libvirt.org/kbase/backing_chains.html for troubleshooting)`,
    );
  if (backing.format !== 'raw' && backing.format !== 'qcow2')
    throw new LibvirtError('config', `unknown driver format value '${backing.format}'`);
  const folder = path.slice(0, path.lastIndexOf('/') + 1);
  return {
    path: backing.file.startsWith('/') ? backing.file : folder + backing.file,
    format: backing.format,
  };
}

/** Whether the images can be read, before a machine is made for them. */
function check(
  stores: readonly { store: ByteStore; format: DiskConfig['format'] }[],
  disk: DiskConfig,
): void {
  const image = guarded(disk.source, disk.format, () =>
    stores.reduceRight<DiskImage | null>(
      (backing, { store, format }) => openImage(store, format, { backing, writable: false }),
      null,
    ),
  );
  if (image === null || disk.slice === null) return;
  const { offset, size } = disk.slice;
  if (offset + size > image.size)
    throw monitorError(
      `-blockdev file=${disk.source}: The sum of offset (${offset}) and size (${size}) has to be smaller or equal to the  actual size of the containing file (${image.size})`,
    );
}

function guarded<T>(path: string, format: string, look: () => T): T {
  try {
    return look();
  } catch (error) {
    if (isDiskError(error)) throw monitorError(`-drive file=${path},format=${format}: ${error.message}`);
    throw error;
  }
}

/** Whether what the emulator is going to load is there, before anything is given up for it. Throws LibvirtError. */
export function* requireBootFiles({ kernel, initrd }: DomainConfig): Sys<void> {
  for (const [what, path] of [
    ['kernel', kernel],
    ['initrd', initrd],
  ]) {
    if (path === null || path === undefined) continue;
    try {
      yield* sys.access(path, R_OK);
    } catch (error) {
      if (!isOsError(error)) throw error;
      throw monitorError(`could not load ${what} '${path}': ${strerror(error.code)}`);
    }
  }
}
