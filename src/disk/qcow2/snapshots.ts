/**
 * Internal snapshots: a second L1 table that shares L2 tables and clusters with the active one; their counts say so. Each change
 * of the table is a new table that the header makes valid at once.
 */
import { DiskError } from '../errors.ts';
import { readL1 } from './clusterMap.ts';
import { decodeL2, encodeL1, encodeL2, type L1Entry } from './entries.ts';
import type { Qcow2Image } from './qcow2Image.ts';
import { encodeSnapshots, readSnapshots, type Snapshot } from './snapshotTable.ts';

export function listSnapshots(image: Qcow2Image): Snapshot[] {
  return readSnapshots(image.store, image.header);
}

/** By id first, then by name, as qemu-img looks. */
export function findSnapshot(image: Qcow2Image, wanted: string): Snapshot | null {
  const all = listSnapshots(image);
  return all.find(({ id }) => id === wanted) ?? all.find(({ name }) => name === wanted) ?? null;
}

/** Keeps the disk as it is under `name`. `at` is the time that is written down, seconds since 1970. */
export function createSnapshot(
  image: Qcow2Image,
  name: string,
  at: { seconds: number; nanoseconds: number; vmClock?: number },
): Snapshot {
  const { header, map } = image;
  const all = listSnapshots(image);
  const id = String(1 + all.reduce((most, each) => Math.max(most, Number.parseInt(each.id, 10) || 0), 0));
  const l1Offset = copyL1(image, map.l1);
  addReferences(image, map.l1, 1);
  const snapshot: Snapshot = {
    id,
    name,
    l1Offset,
    l1Size: header.l1Size,
    seconds: at.seconds,
    nanoseconds: at.nanoseconds,
    vmClock: at.vmClock ?? 0,
    vmStateSize: 0,
    diskSize: header.size,
  };
  // Nothing is this image's alone any more: the next write to each cluster copies it.
  markCopied(image);
  replaceTable(image, [...all, snapshot]);
  return snapshot;
}

/** Makes the disk what it was; what it is now is lost. Throws DiskError `missing`. */
export function applySnapshot(image: Qcow2Image, wanted: string): void {
  const { header, store, map } = image;
  const snapshot = required(image, wanted);
  const then = readL1(store, snapshot.l1Offset, snapshot.l1Size);
  const now = [...map.l1];
  const old = { offset: header.l1Offset, length: header.l1Size * 8 };
  addReferences(image, then, 1);
  const l1Offset = copyL1(image, then);
  store.flush();
  header.l1Offset = l1Offset;
  header.l1Size = snapshot.l1Size;
  header.size = snapshot.diskSize;
  image.writeHeader();
  store.flush();
  map.reload();
  addReferences(image, now, -1);
  image.refcounts.release(old.offset, old.length);
  markCopied(image);
  store.flush();
}

/** Forgets a snapshot and gives back what only it used. Throws DiskError `missing`. */
export function deleteSnapshot(image: Qcow2Image, wanted: string): void {
  const snapshot = required(image, wanted);
  const entries = readL1(image.store, snapshot.l1Offset, snapshot.l1Size);
  replaceTable(
    image,
    listSnapshots(image).filter(({ id }) => id !== snapshot.id),
  );
  addReferences(image, entries, -1);
  image.refcounts.release(snapshot.l1Offset, snapshot.l1Size * 8);
  markCopied(image);
  image.store.flush();
}

function required(image: Qcow2Image, wanted: string): Snapshot {
  const snapshot = findSnapshot(image, wanted);
  if (snapshot === null) throw new DiskError('missing', `snapshot '${wanted}' not found`);
  return snapshot;
}

function replaceTable(image: Qcow2Image, snapshots: readonly Snapshot[]): void {
  const { header, store, clusterSize } = image;
  const old = { offset: header.snapshotsOffset, length: tableLength(image) };
  const bytes = encodeSnapshots(snapshots);
  const offset = snapshots.length === 0 ? 0 : image.allocate(Math.ceil(bytes.length / clusterSize));
  if (offset !== 0) store.write(offset, bytes);
  store.flush();
  header.snapshotsOffset = offset;
  header.snapshotCount = snapshots.length;
  image.writeHeader();
  store.flush();
  if (old.length > 0) image.refcounts.release(old.offset, old.length);
}

/** Bytes of the table on the disk. */
export function tableLength(image: Qcow2Image): number {
  return encodeSnapshots(listSnapshots(image)).length;
}

/** A new L1 table with these entries, none of them "copied". */
function copyL1(image: Qcow2Image, entries: readonly L1Entry[]): number {
  const { clusterSize } = image;
  const clusters = Math.ceil((entries.length * 8) / clusterSize);
  // A disk of no bytes has a table of no entries, which lies nowhere.
  if (clusters === 0) return 0;
  const bytes = new Uint8Array(entries.length * 8);
  for (const [at, { offset }] of entries.entries()) encodeL1(bytes, at * 8, offset, false);
  const offset = image.allocate(clusters);
  image.store.write(offset, bytes);
  return offset;
}

/** Adds `change` to the counts of all that these L1 entries lead to: a cluster counts each path to it. */
function addReferences(image: Qcow2Image, entries: readonly L1Entry[], change: 1 | -1): void {
  const { refcounts, clusterSize, store, header } = image;
  for (const { offset } of entries) {
    if (offset === 0) continue;
    requireTable(image, offset);
    const table = store.read(offset, clusterSize);
    for (let at = 0; at < clusterSize; at += 8) {
      const entry = decodeL2(table, at, header.clusterBits, header.version);
      if (entry.kind === 'unallocated' || entry.offset === 0) continue;
      const length = entry.kind === 'compressed' ? entry.length : clusterSize;
      if (entry.offset >= store.size + clusterSize)
        throw new DiskError('corrupt', `Cluster allocation offset ${entry.offset} outside of the file`);
      const end = Math.ceil((entry.offset + length) / clusterSize);
      for (let cluster = Math.floor(entry.offset / clusterSize); cluster < end; cluster++)
        refcounts.add(cluster, change);
    }
    refcounts.add(offset / clusterSize, change);
  }
  store.flush();
}

/** Sets the "copied" bits of the active tables to what the counts say. */
function markCopied(image: Qcow2Image): void {
  const { map, refcounts, clusterSize, store, header } = image;
  const alone = (offset: number) => refcounts.get(offset / clusterSize) === 1;
  map.l1.forEach(({ offset, copied }, index) => {
    if (offset === 0) return;
    requireTable(image, offset);
    const table = store.read(offset, clusterSize);
    let changed = false;
    for (let at = 0; at < clusterSize; at += 8) {
      const entry = decodeL2(table, at, header.clusterBits, header.version);
      if (entry.kind === 'unallocated' || entry.kind === 'compressed' || entry.offset === 0) continue;
      if (entry.copied === alone(entry.offset)) continue;
      encodeL2(table, at, header.clusterBits, { ...entry, copied: !entry.copied });
      changed = true;
    }
    if (changed) store.write(offset, table);
    if (copied === alone(offset)) return;
    const bytes = new Uint8Array(8);
    encodeL1(bytes, 0, offset, !copied);
    store.write(header.l1Offset + index * 8, bytes);
  });
  map.reload();
}

function requireTable(image: Qcow2Image, offset: number): void {
  if (offset % image.clusterSize !== 0 || offset >= image.store.size)
    throw new DiskError('corrupt', `L2 table offset ${offset} unaligned or outside of the file`);
}
