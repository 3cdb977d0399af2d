/** The snapshot table (qcow2.txt, "Snapshots"): which L1 tables besides the active one there are. */
import { concatBytes, decodeUtf8, encodeUtf8 } from '../../base/index.ts';
import type { ByteStore } from '../byteStore.ts';
import { DiskError } from '../errors.ts';
import { be16, be32, be64, roundUp, setBe16, setBe32, setBe64 } from '../numbers.ts';
import { MAX_L1_BYTES, type Qcow2Header } from './header.ts';

export interface Snapshot {
  readonly id: string;
  readonly name: string;
  readonly l1Offset: number;
  readonly l1Size: number;
  /** Seconds since 1970. */
  readonly seconds: number;
  readonly nanoseconds: number;
  /** How long the guest had run, nanoseconds. */
  readonly vmClock: number;
  /** Bytes of saved machine state behind the disk's end; 0: the disk alone. */
  readonly vmStateSize: number;
  /** Virtual size at that time. */
  readonly diskSize: number;
}

const FIXED = 40;
const EXTRA = 24;
/** Limits as in QEMU: 1,024 bytes of extra data, 64 MiB of table. */
const MAX_EXTRA = 1024;
const MAX_TABLE = 64 * 2 ** 20;

/** Throws DiskError `corrupt` when an entry leads outside of the file or of the limits. */
export function readSnapshots(store: ByteStore, header: Qcow2Header): Snapshot[] {
  const snapshots: Snapshot[] = [];
  const start = header.snapshotsOffset;
  let at = start;
  for (let i = 0; i < header.snapshotCount; i++) {
    if (at + FIXED > store.size || at - start > MAX_TABLE)
      throw new DiskError('corrupt', `Snapshot table ends in its entry ${i}`);
    const fixed = store.read(at, FIXED);
    const [idLength, nameLength, extraLength] = [be16(fixed, 12), be16(fixed, 14), be32(fixed, 36)];
    if (extraLength > MAX_EXTRA)
      throw new DiskError('corrupt', 'Too much extra metadata in snapshot table entry');
    const rest = store.read(at + FIXED, extraLength + idLength + nameLength);
    const text = (from: number, length: number) => decodeUtf8(rest.subarray(from, from + length));
    const snapshot: Snapshot = {
      l1Offset: be64(fixed, 0),
      l1Size: be32(fixed, 8),
      seconds: be32(fixed, 16),
      nanoseconds: be32(fixed, 20),
      vmClock: be64(fixed, 24),
      vmStateSize: extraLength >= 8 ? be64(rest, 0) : be32(fixed, 32),
      diskSize: extraLength >= 16 ? be64(rest, 8) : header.size,
      id: text(extraLength, idLength),
      name: text(extraLength + idLength, nameLength),
    };
    checkL1(snapshot, store.size, 2 ** header.clusterBits);
    snapshots.push(snapshot);
    at += roundUp(FIXED + rest.length, 8);
  }
  return snapshots;
}

function checkL1({ l1Offset, l1Size, id }: Snapshot, fileSize: number, cluster: number): void {
  if (l1Size * 8 > MAX_L1_BYTES) throw new DiskError('corrupt', `L1 table of snapshot ${id} too large`);
  if (l1Offset % cluster !== 0 || l1Offset + l1Size * 8 > roundUp(fileSize, cluster))
    throw new DiskError('corrupt', `L1 table offset of snapshot ${id} invalid`);
}

export function encodeSnapshots(snapshots: readonly Snapshot[]): Uint8Array {
  return concatBytes(snapshots.map(encode));
}

function encode(snapshot: Snapshot): Uint8Array {
  const id = encodeUtf8(snapshot.id);
  const name = encodeUtf8(snapshot.name);
  const bytes = new Uint8Array(roundUp(FIXED + EXTRA + id.length + name.length, 8));
  setBe64(bytes, 0, snapshot.l1Offset);
  setBe32(bytes, 8, snapshot.l1Size);
  setBe16(bytes, 12, id.length);
  setBe16(bytes, 14, name.length);
  setBe32(bytes, 16, snapshot.seconds);
  setBe32(bytes, 20, snapshot.nanoseconds);
  setBe64(bytes, 24, snapshot.vmClock);
  setBe32(bytes, 32, Math.min(snapshot.vmStateSize, 2 ** 32 - 1));
  setBe32(bytes, 36, EXTRA);
  setBe64(bytes, FIXED, snapshot.vmStateSize);
  setBe64(bytes, FIXED + 8, snapshot.diskSize);
  // The instruction counter behind it is for QEMU's record and replay: 0, as qemu-img writes it.
  bytes.set(id, FIXED + EXTRA);
  bytes.set(name, FIXED + EXTRA + id.length);
  return bytes;
}
