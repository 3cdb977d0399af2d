/** Copying what is on one disk to another: `qemu-img convert`, `commit` and `rebase`. Each yields how far it is, in bytes. */
import { DiskError } from '../errors.ts';
import type { DiskImage } from '../image.ts';
import { isZero } from '../numbers.ts';
import { Qcow2Image } from '../qcow2/qcow2Image.ts';

/** How far: `done` of `total` bytes. A caller may stop between two steps; the target is then incomplete. */
export interface Progress {
  readonly done: number;
  readonly total: number;
}

/** Bytes copied in one step. */
const STEP = 2 ** 20;
/** Zeros of at least this many bytes are left out of a copy, `qemu-img convert -S`. */
const SPARSE = 4096;

/** A part of the chain above and including `image` that is not zeros; `depth` says in which image it lies. */
export interface ChainStatus {
  readonly length: number;
  readonly kind: 'data' | 'zero';
  /** False: no image of the chain says anything. */
  readonly present: boolean;
  readonly depth: number;
  readonly offset: number | null;
  readonly compressed: boolean;
  /** The image that decides; null when the chain ends before. */
  readonly image: DiskImage;
}

/** Asks down the chain: who decides about the bytes from `offset` on? */
export function chainStatus(image: DiskImage, offset: number, length: number, depth = 0): ChainStatus {
  const status = image.status(offset, length);
  if (status.kind !== 'unallocated') {
    const { kind } = status;
    return { ...status, kind, present: true, depth, image };
  }
  const { backing } = image;
  const none = { kind: 'zero', present: false, offset: null, compressed: false } as const;
  if (backing === null) return { ...none, length: status.length, depth, image };
  // Behind the end of a shorter backing file there are zeros.
  if (offset >= backing.size) return { ...none, length: status.length, depth, image };
  return chainStatus(backing, offset, Math.min(status.length, backing.size - offset), depth + 1);
}

/** Runs of the whole disk, in order. */
export function* chainRuns(
  image: DiskImage,
  from = 0,
  to = image.size,
): Generator<ChainStatus & { start: number }> {
  for (let at = from; at < to; ) {
    const status = chainStatus(image, at, to - at);
    yield { ...status, start: at };
    at += status.length;
  }
}

/**
 * Copies all of `source` to `target`, which is empty and at least as large. Zeros are left out. With `compress`, the target is a
 * qcow2 image and its clusters are compressed.
 */
export function* copyImage(
  source: DiskImage,
  target: DiskImage,
  { compress = false }: { compress?: boolean } = {},
): Generator<Progress, void, void> {
  const total = source.size;
  const unit = target instanceof Qcow2Image ? target.clusterSize : SPARSE;
  for (const run of chainRuns(source)) {
    const end = run.start + run.length;
    if (run.kind === 'data') {
      for (let at = run.start; at < end; ) {
        // Whole clusters, though a run may start within one: what precedes it was zeros or has been copied with it.
        const next = Math.min(end, at - (at % STEP) + STEP);
        copyPart(source, target, at, next, unit, compress);
        at = next;
        yield { done: at, total };
      }
    } else yield { done: end, total };
  }
  target.flush();
}

function copyPart(
  source: DiskImage,
  target: DiskImage,
  start: number,
  end: number,
  unit: number,
  compress: boolean,
): void {
  const first = start - (start % unit);
  for (let at = first; at < end; at += unit) {
    const length = Math.min(unit, source.size - at);
    const data = source.read(at, length);
    if (isZero(data)) continue;
    if (!compress) target.write(at, data);
    else if (!(target instanceof Qcow2Image))
      throw new DiskError('invalid', 'Compression not supported for this file format');
    else if (target.status(at, length).kind === 'unallocated') target.writeCompressed(at, data);
  }
}

/** Writes what `image` holds itself into its backing file and empties `image`. Throws `missing` without a backing file. */
export function* commitImage(image: DiskImage): Generator<Progress, void, void> {
  const { backing } = image;
  if (backing === null) throw new DiskError('missing', 'Image does not have a backing file');
  if (image.size > backing.size) backing.resize(image.size);
  for (let at = 0; at < image.size; ) {
    const status = image.status(at, Math.min(STEP, image.size - at));
    if (status.kind === 'zero') backing.writeZeroes(at, status.length);
    if (status.kind === 'data') backing.write(at, image.read(at, status.length));
    at += status.length;
    yield { done: at, total: image.size };
  }
  backing.flush();
}

/**
 * Makes `image` read the same over `target` (null: over nothing) as over its backing file: what differs is written into it. The
 * caller then names the new backing file.
 */
export function* rebaseImage(image: Qcow2Image, target: DiskImage | null): Generator<Progress, void, void> {
  const below = (disk: DiskImage | null, at: number, length: number) => {
    const out = new Uint8Array(length);
    if (disk !== null && at < disk.size) out.set(disk.read(at, Math.min(length, disk.size - at)));
    return out;
  };
  for (let at = 0; at < image.size; ) {
    const status = image.status(at, Math.min(STEP, image.size - at));
    if (status.kind === 'unallocated') {
      for (let part = at; part < at + status.length; ) {
        const end = Math.min(at + status.length, part - (part % image.clusterSize) + image.clusterSize);
        const now = below(image.backing, part, end - part);
        if (!sameBytes(now, below(target, part, end - part))) image.write(part, now);
        part = end;
      }
    }
    at += status.length;
    yield { done: at, total: image.size };
  }
  image.flush();
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.every((byte, at) => byte === b[at]);
}

/** Where two disks differ first; null when they are equal (what is longer has only zeros there). */
export function firstDifference(a: DiskImage, b: DiskImage): number | null {
  const end = Math.max(a.size, b.size);
  const zero = (disk: DiskImage, at: number, length: number) =>
    at >= disk.size || chainStatus(disk, at, Math.min(length, disk.size - at)).kind === 'zero';
  for (let at = 0; at < end; ) {
    const length = Math.min(STEP, end - at);
    const span = Math.min(runLength(a, at, length), runLength(b, at, length));
    if (!(zero(a, at, span) && zero(b, at, span))) {
      const found = differenceIn(partOf(a, at, span), partOf(b, at, span));
      if (found >= 0) return at + found;
    }
    at += span;
  }
  return null;
}

function runLength(disk: DiskImage, at: number, length: number): number {
  return at >= disk.size ? length : chainStatus(disk, at, Math.min(length, disk.size - at)).length;
}

function partOf(disk: DiskImage, at: number, length: number): Uint8Array {
  const out = new Uint8Array(length);
  if (at < disk.size) out.set(disk.read(at, Math.min(length, disk.size - at)));
  return out;
}

function differenceIn(a: Uint8Array, b: Uint8Array): number {
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return at;
  return -1;
}
