/** Another virtual size: `qemu-img resize`. */
import { DiskError } from '../errors.ts';
import { SECTOR } from '../image.ts';
import { roundUp } from '../numbers.ts';
import { encodeL1 } from './entries.ts';
import { l1EntriesFor, MAX_L1_BYTES, MAX_VIRTUAL_SIZE } from './header.ts';
import type { Qcow2Image } from './qcow2Image.ts';

/** Grows or shrinks `image`; what is added reads as zeros, whatever the backing file or a cluster's tail has there. */
export function resizeImage(image: Qcow2Image, size: number): void {
  if (!Number.isInteger(size) || size < 0 || size > MAX_VIRTUAL_SIZE)
    throw new DiskError('invalid', `${size} bytes are no size of a disk`);
  if (size % SECTOR !== 0) throw new DiskError('invalid', 'The new size must be a multiple of 512');
  const { header } = image;
  const before = header.size;
  if (size < before) {
    setSize(image, size);
    dropBehind(image, size, before);
  } else {
    growL1(image, l1EntriesFor(size, header.clusterBits));
    setSize(image, size);
    blank(image, before, size);
  }
}

function setSize(image: Qcow2Image, size: number): void {
  image.header.size = size;
  image.writeHeader();
  image.store.flush();
}

/** A larger L1 table lies elsewhere; the header makes it valid at once. */
function growL1(image: Qcow2Image, entries: number): void {
  const { header, store, map, clusterSize } = image;
  if (entries * 8 > MAX_L1_BYTES)
    throw new DiskError('invalid', 'the image would need too large an L1 table');
  if (entries <= header.l1Size) return;
  const old = { offset: header.l1Offset, length: header.l1Size * 8 };
  const clusters = Math.ceil((entries * 8) / clusterSize);
  const bytes = new Uint8Array(clusters * clusterSize);
  for (const [at, { offset, copied }] of map.l1.entries()) encodeL1(bytes, at * 8, offset, copied);
  const offset = image.allocate(clusters);
  store.write(offset, bytes);
  store.flush();
  header.l1Offset = offset;
  header.l1Size = entries;
  image.writeHeader();
  store.flush();
  map.reload();
  image.refcounts.release(old.offset, old.length);
}

/** What a disk that grew shows behind its old end is zeros. */
function blank(image: Qcow2Image, before: number, size: number): void {
  const edge = Math.min(size, roundUp(before, image.clusterSize));
  if (edge > before) image.writeZeroes(before, edge - before);
  const below = Math.min(size, image.backing?.size ?? 0);
  if (below > edge) image.writeZeroes(edge, below - edge);
}

/** Forgets all that `image` holds itself: it then reads as its backing file. */
export function emptyImage(image: Qcow2Image): void {
  dropBehind(image, 0, image.size);
  image.store.flush();
}

/** Gives clusters wholly behind `size` back, then L2 tables that cover nothing else. */
function dropBehind(image: Qcow2Image, size: number, before: number): void {
  const { map, store, clusterSize } = image;
  const first = Math.ceil(size / clusterSize);
  const end = Math.ceil(before / clusterSize);
  const links = new Map<number, { kind: 'unallocated' }>();
  const dropped = [];
  for (let cluster = first; cluster < end; ) {
    const absent = map.absent(cluster, end - cluster);
    const entries = absent > 0 ? [] : map.entries(cluster, end - cluster);
    for (const [i, entry] of entries.entries()) {
      if (entry.kind === 'unallocated') continue;
      links.set(cluster + i, { kind: 'unallocated' });
      dropped.push(entry);
    }
    cluster += absent + entries.length;
  }
  map.link(links);
  store.flush();
  for (const entry of dropped) image.release(entry);
  for (let cluster = roundUp(first, map.perTable); cluster < end; cluster += map.perTable) {
    if (map.absent(cluster, 1) > 0) continue;
    const table = map.unlinkTable(cluster);
    store.flush();
    image.refcounts.release(table, clusterSize);
  }
}
