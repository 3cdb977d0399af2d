/** qcow2 images hold what is written, whatever their cluster size, counts, backing files and snapshots. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { equalBytes } from '../../src/base/index.ts';
import {
  checkImage,
  commitImage,
  copyImage,
  createQcow2,
  createSnapshot,
  type DiskImage,
  deleteSnapshot,
  emptyImage,
  firstDifference,
  listSnapshots,
  MemoryStore,
  openImage,
  Qcow2Image,
  RawImage,
  rebaseImage,
} from '../../src/disk/index.ts';
import { anyDiskStep, contents, DiskModel, doStep, SECTORS, smallImage } from '../support/diskModel.ts';

const clusterSize = fc.constantFrom(512, 1024, 4096, 65_536);
const refcountBits = fc.constantFrom(1, 2, 4, 8, 16, 32, 64);

/** A raw disk with a pattern, `sectors` long. */
function patterned(sectors: number): RawImage {
  const bytes = new Uint8Array(sectors * 512);
  for (let at = 0; at < bytes.length; at++) bytes[at] = (at >> 9) % 3 === 0 ? 0 : (at * 7) & 0xff;
  return new RawImage(MemoryStore.of(bytes));
}

function modelOver(backing: DiskImage | null): DiskModel {
  const bytes = new Uint8Array(SECTORS * 512);
  if (backing !== null) bytes.set(backing.read(0, Math.min(backing.size, bytes.length)));
  return new DiskModel(bytes);
}

function sound(image: Qcow2Image): void {
  const { corruptions, leaks, messages } = checkImage(image);
  expect({ corruptions, leaks, messages }).toEqual({ corruptions: 0, leaks: 0, messages: [] });
}

describe('random work', () => {
  test.each([
    { name: 'a blank disk', backing: null },
    { name: 'a backing file that is shorter', backing: patterned(50) },
    { name: 'a backing file that is longer', backing: patterned(150) },
  ])('on $name leaves what an array has, and nothing lost', ({ backing }) => {
    fc.assert(
      fc.property(clusterSize, fc.array(anyDiskStep(), { maxLength: 25 }), (size, steps) => {
        const { image, store } = smallImage({ clusterSize: size }, backing);
        const model = modelOver(backing);
        for (const step of steps) doStep(step, model, image);
        for (const each of [image, Qcow2Image.open(store, { backing })]) {
          expect(equalBytes(contents(each), model.bytes)).toBe(true);
          expect(listSnapshots(each).map(({ id }) => id)).toEqual(model.snapshots.map(({ id }) => id));
          sound(each);
        }
      }),
      { numRuns: 80 },
    );
  });

  test('goes by every width of refcounts, as far as it can count', () => {
    fc.assert(
      fc.property(
        refcountBits,
        fc.array(anyDiskStep({ snapshots: false }), { maxLength: 25 }),
        (bits, steps) => {
          const { image } = smallImage({ refcountBits: bits });
          const model = modelOver(null);
          for (const step of steps) doStep(step, model, image);
          expect(equalBytes(contents(image), model.bytes)).toBe(true);
          sound(image);
          const snapshot = () => createSnapshot(image, 's', { seconds: 0, nanoseconds: 0 });
          if (bits === 1 && checkImage(image).allocatedClusters > 0)
            expect(snapshot).toThrow('would exceed 1');
        },
      ),
    );
  });

  test('on version 2, which has no zero clusters', () => {
    const backing = patterned(SECTORS);
    fc.assert(
      fc.property(fc.array(anyDiskStep({ resize: false }), { maxLength: 25 }), (steps) => {
        const { image } = smallImage({ version: 2 }, backing);
        const model = modelOver(backing);
        for (const step of steps) doStep(step, model, image);
        expect(equalBytes(contents(image), model.bytes)).toBe(true);
        sound(image);
      }),
    );
  });
});

describe('a large disk', () => {
  test('of 8 TB takes the space of what was written, and its refcount table moves when it is full', () => {
    const store = new MemoryStore();
    const image = createQcow2(store, { size: 8e12, clusterSize: 65_536 });
    for (const at of [0, 1e12, 8e12 - 512]) image.write(at, new Uint8Array(512).fill(5));
    expect([...image.read(1e12 - 1, 2)]).toEqual([0, 5]);
    expect(store.stored).toBeLessThan(2 ** 20);
    sound(image);

    const small = smallImage({ size: 40 * 2 ** 20, clusterSize: 512 });
    const place = small.image.header.refcountTableOffset;
    const data = new Uint8Array(2 ** 20);
    for (let at = 0; at < 40; at++) small.image.write(at * 2 ** 20, data.fill(at + 1));
    expect(small.image.header.refcountTableOffset).not.toBe(place);
    expect(
      contents(Qcow2Image.open(small.store)).every((byte, at) => byte === Math.floor(at / 2 ** 20) + 1),
    ).toBe(true);
    sound(small.image);
  });

  test('preallocated has a place for every cluster and reads as zeros', () => {
    const { image, store } = smallImage({ preallocation: 'metadata' });
    expect(checkImage(image).allocatedClusters).toBe(SECTORS);
    const before = store.size;
    image.write(0, new Uint8Array(SECTORS * 512).fill(9));
    expect(store.size).toBe(before);
    sound(image);
  });
});

describe('whole images', () => {
  const disks = fc.record({
    size: clusterSize,
    steps: fc.array(anyDiskStep({ resize: false }), { maxLength: 15 }),
  });

  function* made(size: number, steps: readonly Parameters<typeof doStep>[0][], backing: DiskImage | null) {
    const { image, store } = smallImage({ clusterSize: size }, backing);
    const model = modelOver(backing);
    for (const step of steps) doStep(step, model, image);
    yield { image, store, model };
  }

  test('are the same after conversion to raw, to qcow2 and to compressed qcow2', () => {
    fc.assert(
      fc.property(disks, ({ size, steps }) => {
        for (const { image, model } of made(size, steps, patterned(40))) {
          const raw = new MemoryStore();
          raw.truncate(image.size);
          const plain = smallImage({ clusterSize: size }).image;
          const packed = smallImage({ clusterSize: size });
          for (const _ of copyImage(image, new RawImage(raw)));
          for (const _ of copyImage(image, plain));
          for (const _ of copyImage(image, packed.image, { compress: true }));
          expect(equalBytes(raw.read(0, raw.size), model.bytes)).toBe(true);
          for (const copy of [plain, packed.image, Qcow2Image.open(packed.store)]) {
            expect(firstDifference(copy, image)).toBeNull();
            sound(copy);
          }
          // A compressed cluster is replaced when it is written to.
          packed.image.write(512, new Uint8Array(512).fill(0xee));
          model.bytes.fill(0xee, 512, 1024);
          expect(equalBytes(contents(packed.image), model.bytes)).toBe(true);
          sound(packed.image);
        }
      }),
      { numRuns: 40 },
    );
  });

  test('commit puts what the overlay has into its backing file', () => {
    fc.assert(
      fc.property(disks, ({ size, steps }) => {
        const base = smallImage({ clusterSize: 1024 });
        base.image.write(700, new Uint8Array(9000).fill(3));
        for (const { image, model } of made(
          size,
          steps.filter(({ op }) => op === 'write' || op === 'zero'),
          base.image,
        )) {
          for (const _ of commitImage(image));
          expect(equalBytes(contents(base.image), model.bytes)).toBe(true);
          emptyImage(image);
          expect(equalBytes(contents(image), model.bytes)).toBe(true);
          expect(checkImage(image).allocatedClusters).toBe(0);
          for (const each of [image, base.image]) sound(each);
        }
      }),
      { numRuns: 40 },
    );
  });

  test('rebase keeps what is read over another backing file', () => {
    fc.assert(
      fc.property(disks, fc.boolean(), ({ size, steps }, toNothing) => {
        const base = patterned(70);
        const other = toNothing ? null : new RawImage(MemoryStore.of(new Uint8Array(30 * 512).fill(1)));
        for (const { image, store, model } of made(size, steps, base)) {
          for (const _ of rebaseImage(image, other));
          image.setBacking(other === null ? null : 'other', other === null ? null : 'raw');
          expect(equalBytes(contents(Qcow2Image.open(store, { backing: other })), model.bytes)).toBe(true);
        }
      }),
      { numRuns: 40 },
    );
  });
});

test('check finds leaked and lost clusters, and repair puts the counts right', () => {
  const { image } = smallImage({ clusterSize: 1024 });
  image.write(0, new Uint8Array(8 * 1024).fill(1));
  const [first, second] = [image.status(0, 1024).offset! / 1024, image.status(1024, 1024).offset! / 1024];
  image.refcounts.set(first, 3);
  image.refcounts.set(second, 0);
  const found = checkImage(image);
  expect(found.messages.slice(0, 2)).toEqual([
    `Leaked cluster ${first} refcount=3 reference=1`,
    `ERROR cluster ${second} refcount=0 reference=1`,
  ]);
  expect([found.leaks, found.corruptions]).toEqual([1, 3]);
  expect(checkImage(image, 'leaks')).toMatchObject({ leaksFixed: 1 });
  expect(checkImage(image)).toMatchObject({ leaks: 0, corruptions: 2 });
  expect(checkImage(image, 'all')).toMatchObject({ corruptionsFixed: 1 });
  sound(image);
});

test('a snapshot that is deleted gives back what only it used', () => {
  const { image } = smallImage();
  image.write(0, new Uint8Array(20 * 512).fill(1));
  const before = checkImage(image).imageEndOffset;
  const { id } = createSnapshot(image, 'before', { seconds: 1_767_603_600, nanoseconds: 0 });
  image.write(0, new Uint8Array(20 * 512).fill(2));
  expect(checkImage(image).imageEndOffset).toBeGreaterThan(before);
  deleteSnapshot(image, id);
  sound(image);
  image.write(30 * 512, new Uint8Array(20 * 512).fill(3));
  // The new clusters went where the snapshot's were.
  expect(checkImage(image).imageEndOffset).toBeLessThanOrEqual(before + 30 * 512);
});

test('a dirty image is put right when it is opened for writing', () => {
  const { image, store } = smallImage();
  image.write(0, new Uint8Array(512).fill(1));
  image.refcounts.set(image.status(0, 512).offset! / 512, 0);
  image.header.incompatible |= 1;
  image.writeHeader();
  expect(
    checkImage(openImage(store, 'qcow2', { writable: false }) as Qcow2Image).corruptions,
  ).toBeGreaterThan(0);
  const opened = openImage(store, 'qcow2') as Qcow2Image;
  sound(opened);
  expect(Qcow2Image.open(store).header.incompatible).toBe(0);
});
