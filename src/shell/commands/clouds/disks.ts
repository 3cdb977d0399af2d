/** Disks of a cloud: files of it, with their holes. */
import { MemoryStore, RawImage, streamOptimized } from '../../../disk/index.ts';
import { type Fd, O_RDONLY, type Sys, sys, writeAll } from '../../../linux/index.ts';
import type { TarEntry } from '../../../oci/index.ts';
import { FileStore } from '../disk/fileStore.ts';
import { copyStored } from './link.ts';
import type { CloudStore } from './store.ts';

export const GIB_BYTES = 2 ** 30;

type AnyStore = CloudStore<object>;
type Contents = Pick<TarEntry, 'content' | 'sparse'>;

/** Where each stored run of a file lies, and its bytes. */
function* runsOf({ content, sparse }: Contents): Generator<{ offset: number; bytes: Uint8Array }> {
  let taken = 0;
  for (const { offset, length } of sparse?.runs ?? [{ offset: 0, length: content.length }]) {
    yield { offset, bytes: content.subarray(taken, taken + length) };
    taken += length;
  }
}

export const sizeOf = ({ content, sparse }: Contents): number => sparse?.size ?? content.length;

/** An archive's member as a disk. */
export function diskIn(contents: Contents): RawImage {
  const memory = new MemoryStore();
  for (const { offset, bytes } of runsOf(contents)) memory.write(offset, bytes);
  memory.truncate(sizeOf(contents));
  return new RawImage(memory);
}

export function* saveDisk(store: AnyStore, path: string, contents: Contents): Sys<void> {
  yield* store.parents(path);
  const fd = yield* store.create(path);
  for (const { offset, bytes } of runsOf(contents)) {
    yield* sys.lseek(fd, offset, 'set');
    yield* writeAll(fd, bytes);
  }
  yield* sys.ftruncate(fd, sizeOf(contents));
  yield* sys.close(fd);
}

/** A disk's file as a compressed VMDK in another; `name` is what the image says it is called. */
export function* writeVmdk(from: Fd, to: Fd, name: string): Sys<void> {
  const store = yield* FileStore.over(from);
  const stored = (offset: number, length: number) => {
    const range = store.dataFrom(offset);
    return range !== null && range.start < offset + length;
  };
  for (const piece of streamOptimized(new RawImage(store), { name, cid: CID }, stored)) {
    yield* sys.compute(piece.length * COMPRESS_COST);
    yield* writeAll(to, piece);
  }
}

/** An image says by it whether it was changed since: a new one has any number. */
const CID = 0x20260105;
/** Nanoseconds a byte: about 50 MB a second. */
const COMPRESS_COST = 20;

export function* copyDisk(store: AnyStore, from: string, to: string): Sys<void> {
  yield* store.parents(to);
  const [source, target] = [yield* sys.open(from, O_RDONLY), yield* store.create(to)];
  yield* copyStored(source, target);
  yield* sys.close(source);
  yield* sys.close(target);
}
