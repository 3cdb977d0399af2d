/** Random work on a disk image as plain data, a model to hold it to, and an image made by it. */
import * as fc from 'fast-check';
import {
  applySnapshot,
  createQcow2,
  createSnapshot,
  type DiskImage,
  deleteSnapshot,
  MemoryStore,
  type Qcow2Image,
  type Qcow2Options,
} from '../../src/disk/index.ts';

/** Sectors of 512 bytes; a run is filled with one byte. */
export type DiskStep =
  | { readonly op: 'write' | 'zero'; readonly at: number; readonly count: number; readonly fill: number }
  | { readonly op: 'snapshot' | 'apply' | 'delete'; readonly index: number }
  | { readonly op: 'resize'; readonly sectors: number };

export const SECTORS = 96;

const at = fc.nat(SECTORS - 1);
const count = fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 40 }));
const fill = fc.integer({ min: 1, max: 255 });
const weighted = <T>(weight: number, arbitrary: fc.Arbitrary<T>) => ({ weight, arbitrary });

/** Any step; `snapshots` false: writes alone. */
export function anyDiskStep({ snapshots = true, resize = true } = {}): fc.Arbitrary<DiskStep> {
  return fc.oneof(
    weighted(6, fc.record({ op: fc.constant('write' as const), at, count, fill })),
    weighted(2, fc.record({ op: fc.constant('zero' as const), at, count, fill })),
    ...(snapshots
      ? [
          weighted(
            3,
            fc.record({
              op: fc.constantFrom('snapshot' as const, 'apply' as const, 'delete' as const),
              index: fc.nat(3),
            }),
          ),
        ]
      : []),
    ...(resize
      ? [
          weighted(
            1,
            fc.record({
              op: fc.constant('resize' as const),
              sectors: fc.integer({ min: 1, max: 2 * SECTORS }),
            }),
          ),
        ]
      : []),
  );
}

/** What a disk is, without any format: an array, and arrays kept under names. */
export class DiskModel {
  bytes: Uint8Array;
  nextId = 1;
  readonly snapshots: { id: string; bytes: Uint8Array }[] = [];

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

/** Does `step` to the model alone; steps that make no sense at this point do nothing. */
export function modelStep(step: DiskStep, model: DiskModel): void {
  switch (step.op) {
    case 'write':
    case 'zero': {
      const start = Math.min(step.at * 512, model.bytes.length);
      model.bytes.fill(step.op === 'zero' ? 0 : step.fill, start, start + step.count * 512);
      return;
    }
    case 'snapshot':
      model.snapshots.push({ id: `${model.nextId++}`, bytes: model.bytes.slice() });
      return;
    case 'apply':
      model.bytes = model.snapshots[step.index]?.bytes.slice() ?? model.bytes;
      return;
    case 'delete': {
      model.snapshots.splice(step.index, 1);
      model.nextId = 1 + Math.max(0, ...model.snapshots.map(({ id }) => Number(id)));
      return;
    }
    case 'resize': {
      const grown = new Uint8Array(step.sectors * 512);
      grown.set(model.bytes.subarray(0, grown.length));
      model.bytes = grown;
    }
  }
}

/** Does `step` to the model and the image alike. */
export function doStep(step: DiskStep, model: DiskModel, image: Qcow2Image): void {
  const kept = 'index' in step ? model.snapshots[step.index] : undefined;
  const size = model.bytes.length;
  modelStep(step, model);
  switch (step.op) {
    case 'write':
    case 'zero': {
      const start = Math.min(step.at * 512, size);
      const length = Math.min(step.count * 512, size - start);
      if (step.op === 'zero') image.writeZeroes(start, length);
      else image.write(start, new Uint8Array(length).fill(step.fill));
      return;
    }
    case 'snapshot':
      createSnapshot(image, `s${step.index}`, { seconds: 0, nanoseconds: 0 });
      return;
    case 'apply':
      if (kept !== undefined) applySnapshot(image, kept.id);
      return;
    case 'delete':
      if (kept !== undefined) deleteSnapshot(image, kept.id);
      return;
    case 'resize':
      image.resize(step.sectors * 512);
  }
}

/** All of a disk. */
export function contents(image: DiskImage): Uint8Array {
  return image.read(0, image.size);
}

/** A small image in memory; 512-byte clusters make its tables meet their limits soon. */
export function smallImage(
  options: Partial<Qcow2Options> = {},
  backing: DiskImage | null = null,
): { store: MemoryStore; image: Qcow2Image } {
  const store = new MemoryStore();
  const named = backing === null ? {} : { backingFile: 'base', backingFormat: backing.format };
  const image = createQcow2(store, { size: SECTORS * 512, clusterSize: 512, ...named, ...options }, backing);
  return { store, image };
}
