/** Power cuts and damage: what was flushed stays, and no bytes lead out of the file or into an unnamed error. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { equalBytes, isOsError, Random } from '../../src/base/index.ts';
import {
  applySnapshot,
  type ByteStore,
  checkImage,
  copyImage,
  createSnapshot,
  deleteSnapshot,
  isDiskError,
  listSnapshots,
  MemoryStore,
  openImage,
  Qcow2Image,
} from '../../src/disk/index.ts';
import {
  anyDiskStep,
  contents,
  DiskModel,
  doStep,
  modelStep,
  SECTORS,
  smallImage,
} from '../support/diskModel.ts';
import { PowerCutStore } from '../support/powerCut.ts';

/** Messages of a check that are no harm: leaks, and "copied" bits that are off. */
const harmless = /^Leaked cluster|^ERROR OFLAG_COPIED/;

describe('a power cut at any moment', () => {
  test('leaks clusters at worst: all that was flushed and not written to since reads the same', () => {
    const steps = fc.array(anyDiskStep({ resize: false }), { minLength: 1, maxLength: 8 });
    let cuts = 0;
    fc.assert(
      fc.property(steps, fc.string(), (work, seed) => {
        const random = Random.fromSeed(seed);
        const { store: start } = smallImage();
        let before: Uint8Array = new Uint8Array(SECTORS * 512);
        let after = before;
        const store = new PowerCutStore(start, (disk) => {
          cuts++;
          const left = Qcow2Image.open(disk.afterCut(() => random.chance(1, 2)));
          const { messages } = checkImage(left);
          expect(messages.filter((message) => !harmless.test(message))).toEqual([]);
          // Each sector is what it was before the step or what it is after it.
          const found = contents(left);
          for (let at = 0; at < found.length; at += 512) {
            const sector = found.subarray(at, at + 512);
            const fits = [before, after].some((each) => equalBytes(each.subarray(at, at + 512), sector));
            expect(fits, `sector ${at / 512} after a cut`).toBe(true);
          }
          for (const { id } of listSnapshots(left)) applySnapshot(left, id);
        });
        const image = Qcow2Image.open(store);
        const model = new DiskModel(before);
        for (const step of work) {
          before = model.bytes.slice();
          const trial = new DiskModel(before.slice());
          trial.snapshots.push(...model.snapshots);
          modelStep(step, trial);
          after = trial.bytes;
          doStep(step, model, image);
          image.flush();
          store.flush();
        }
      }),
      { numRuns: 60 },
    );
    expect(cuts).toBeGreaterThan(500);
  });
});

/** Everything that reads or writes, on an image that may be damaged; named errors are the answer to damage. */
function useAll(store: ByteStore): void {
  const named = (body: () => void) => {
    try {
      body();
    } catch (error) {
      if (!isDiskError(error) && !isOsError(error)) throw error;
    }
  };
  named(() => {
    const image = openImage(store, 'qcow2') as Qcow2Image;
    named(() => checkImage(image));
    if (image.size > 2 ** 22) return;
    named(() => contents(image));
    named(() => image.write(100, new Uint8Array(3000).fill(1)));
    named(() => image.writeZeroes(20_000, 9000));
    named(() => createSnapshot(image, 'x', { seconds: 0, nanoseconds: 0 }));
    for (const each of ['1', '2']) {
      named(() => applySnapshot(image, each));
      named(() => deleteSnapshot(image, each));
    }
    named(() => image.resize(image.size + 4096));
    named(() => {
      for (const _ of copyImage(image, smallImage({ size: image.size }).image));
    });
    named(() => checkImage(image, 'all'));
  });
}

/** Honest work on the image of these tests needs some thousands. */
const MOST_ACCESSES = 500_000;

/** Notes the farthest byte asked for, and ends work that has no end. */
class WatchedStore extends MemoryStore {
  farthest = 0;
  #accesses = 0;
  #count(): void {
    if (++this.#accesses > MOST_ACCESSES) throw new Error('the image is worked on without an end');
  }
  override read(offset: number, length: number): Uint8Array {
    this.#count();
    expect(offset).toBeGreaterThanOrEqual(0);
    this.farthest = Math.max(this.farthest, offset + length);
    return super.read(offset, length);
  }
  override write(offset: number, data: Uint8Array): void {
    this.#count();
    this.farthest = Math.max(this.farthest, offset + data.length);
    super.write(offset, data);
  }
}

describe('a damaged image', () => {
  const sound = (() => {
    const { image, store } = smallImage({ clusterSize: 512, backingFile: 'base', backingFormat: 'raw' });
    image.write(0, new Uint8Array(30 * 512).fill(1));
    createSnapshot(image, 'one', { seconds: 0, nanoseconds: 0 });
    image.write(10 * 512, new Uint8Array(30 * 512).fill(2));
    createSnapshot(image, 'two', { seconds: 0, nanoseconds: 0 });
    image.writeCompressed(60 * 512, new Uint8Array(512).fill(3));
    return store.read(0, store.size);
  })();
  const bit = fc.oneof(
    fc.nat(8 * 200),
    fc.nat(8 * sound.length - 1),
    fc.nat(8 * 3072).map((n) => n + 8 * 512),
  );
  /** Far more than any honest work on this image needs. */
  const BOUND = 2 ** 26;

  test('by flipped bits ends in named errors and stays within bounds', () => {
    fc.assert(
      fc.property(fc.array(bit, { minLength: 1, maxLength: 4 }), (bits) => {
        const bytes = sound.slice();
        for (const each of bits) bytes[each >> 3]! ^= 1 << (each & 7);
        const store = new WatchedStore();
        store.write(0, bytes);
        useAll(store);
        expect(store.farthest).toBeLessThan(BOUND);
      }),
      { numRuns: 1500 },
    );
  });

  test('by a refcount block that lies elsewhere ends, too', () => {
    const bytes = sound.slice();
    // The table's first entry: the block that counts the image's own tables.
    bytes[518]! ^= 4;
    const store = new WatchedStore();
    store.write(0, bytes);
    useAll(store);
    expect(store.farthest).toBeLessThan(BOUND);
  });

  test('by a lost end ends in named errors', () => {
    fc.assert(
      fc.property(fc.nat(sound.length), (length) => {
        useAll(MemoryStore.of(sound.slice(0, length)));
      }),
      { numRuns: 300 },
    );
  });

  test.each<[string, (bytes: DataView) => void, string]>([
    ['another magic', (v) => v.setUint8(0, 0), 'Image is not in qcow2 format'],
    ['version 9', (v) => v.setUint32(4, 9), 'Unsupported qcow2 version 9'],
    ['clusters of 1 GB', (v) => v.setUint32(20, 30), 'Unsupported cluster size: 2^30'],
    ['encryption', (v) => v.setUint32(32, 1), 'encrypted images (method 1) are not simulated'],
    [
      'an unknown feature',
      (v) => v.setUint8(74, 1),
      'Unsupported qcow2 feature(s): Unknown incompatible feature: 10000000000',
    ],
    ['extended L2 entries', (v) => v.setUint8(79, 16), 'Unsupported qcow2 feature(s): extended L2 entries'],
    ['no refcount table', (v) => v.setUint32(56, 0), 'Image does not contain a reference count table'],
    ['an L1 table in the middle of nowhere', (v) => v.setUint32(40, 5), 'Active L1 table offset invalid'],
    ['a short L1 table', (v) => v.setUint32(36, 0), 'L1 table is too small'],
    ['zstd', (v) => v.setUint32(76, 8) ?? v.setUint8(104, 1), 'compression type zstd is not simulated'],
  ])('with %s says so', (_name, damage, message) => {
    const bytes = sound.slice();
    damage(new DataView(bytes.buffer));
    expect(() => openImage(MemoryStore.of(bytes), 'qcow2')).toThrow(message);
  });

  test('cannot lead a guest’s write into its tables', () => {
    const { image, store } = smallImage();
    image.write(0, new Uint8Array(512).fill(1));
    const l2 = image.map.l1[0]!.offset;
    const entry = new DataView(store.read(l2, 8).slice().buffer);
    for (const [target, what] of [
      [512, 'refcount table'],
      [1024, 'refcount block'],
      [1536, 'active L1 table'],
      [l2, 'active L2 table'],
    ] as const) {
      entry.setUint32(4, target);
      store.write(l2, new Uint8Array(entry.buffer));
      const damaged = Qcow2Image.open(store);
      expect(() => damaged.write(0, new Uint8Array(512))).toThrow(`overlaps with ${what}`);
    }
  });
});
