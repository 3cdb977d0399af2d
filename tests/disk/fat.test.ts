/** FAT16 and FAT32: files are what was written, fsck.vfat and mtools agree, damage ends in named errors. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { equalBytes, Random } from '../../src/base/index.ts';
import {
  type BlockDevice,
  FatFs,
  formatFat,
  isDiskError,
  MemoryStore,
  RawImage,
  sliceOf,
} from '../../src/disk/index.ts';
import { hasTool, withDiskTools } from '../support/diskTools.ts';
import { PowerCutStore } from '../support/powerCut.ts';

const TIME = 1_767_603_600;
const MB = 2 ** 20;
const kinds = [
  { bits: 16, size: 8 * MB },
  { bits: 32, size: 40 * MB },
] as const;

function fresh(bits: 16 | 32, size: number): { store: MemoryStore; device: BlockDevice; fs: FatFs } {
  const store = new MemoryStore();
  store.truncate(size);
  const device = new RawImage(store);
  formatFat(device, { bits, volumeId: 0x1234abcd, label: 'VIRTBOOK' });
  return { store, device, fs: FatFs.open(device) };
}

type Step =
  | { readonly op: 'write'; readonly path: string; readonly size: number; readonly fill: number }
  | { readonly op: 'mkdir' | 'remove'; readonly path: string };

const name = fc.constantFrom(
  'A',
  'README.TXT',
  'readme.md',
  'a long name with spaces.text',
  'Größe.dat',
  '日本語',
  'x'.repeat(100),
  '.hidden',
  'two.dots.c',
);
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join('/'));
const size = fc.oneof(fc.nat(40), fc.nat(20_000), fc.constantFrom(0, 512, 2048, 4096));
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ op: fc.constant('write' as const), path, size, fill: fc.nat(255) }),
  fc.record({ op: fc.constantFrom('mkdir' as const, 'mkdir' as const, 'remove' as const), path }),
);

/** Path in capitals → contents; null for a directory. What a file system is without any format. */
class Model {
  readonly nodes = new Map<string, { path: string; data: Uint8Array | null }>([
    ['', { path: '', data: null }],
  ]);

  /** Whether the step makes sense; then it is done. */
  do(each: Step): boolean {
    const key = each.path.toUpperCase();
    const node = this.nodes.get(key);
    const parent = this.nodes.get(key.slice(0, Math.max(0, key.lastIndexOf('/'))));
    if (parent === undefined || parent.data !== null) return false;
    if (each.op === 'write') {
      if (node?.data === null) return false;
      this.nodes.set(key, { path: node?.path ?? each.path, data: new Uint8Array(each.size).fill(each.fill) });
      return true;
    }
    if (each.op === 'mkdir') {
      if (node !== undefined) return false;
      this.nodes.set(key, { path: each.path, data: null });
      return true;
    }
    if (node === undefined || [...this.nodes.keys()].some((other) => other.startsWith(`${key}/`)))
      return false;
    return this.nodes.delete(key);
  }

  below(key: string): string[] {
    return [...this.nodes.keys()].filter(
      (other) => other !== '' && other.slice(0, Math.max(0, other.lastIndexOf('/'))) === key,
    );
  }
}

function doStep(fs: FatFs, each: Step): boolean {
  try {
    if (each.op === 'write') fs.writeFile(each.path, new Uint8Array(each.size).fill(each.fill), TIME);
    else if (each.op === 'mkdir') fs.makeDirectory(each.path, TIME);
    else fs.remove(each.path);
    return true;
  } catch (error) {
    if (isDiskError(error, 'missing', 'exists', 'invalid')) return false;
    throw error;
  }
}

/** The file system holds what the model does. */
function holds(fs: FatFs, model: Model): void {
  for (const [key, { path: where, data }] of model.nodes) {
    if (data !== null) {
      expect(equalBytes(fs.readFile(where), data), where).toBe(true);
      continue;
    }
    const names = fs
      .list(where)
      .map((entry) => (where === '' ? entry.name : `${where}/${entry.name}`).toUpperCase());
    expect(names.sort()).toEqual(model.below(key).sort());
  }
}

describe.each(kinds)('FAT$bits', ({ bits, size: bytes }) => {
  test('random work leaves what a map has', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        const { fs, device } = fresh(bits, bytes);
        const model = new Model();
        const free = fs.space().free;
        for (const each of steps) expect(doStep(fs, each), JSON.stringify(each)).toBe(model.do(each));
        holds(FatFs.open(device), model);
        const paths = [...model.nodes.values()]
          .map(({ path: where }) => where)
          .filter((where) => where !== '');
        for (const where of paths.sort((a, b) => b.split('/').length - a.split('/').length)) fs.remove(where);
        expect(fs.list('')).toEqual([]);
        // FAT32's root keeps the clusters it grew by, as everywhere.
        expect(free - fs.space().free).toBeLessThanOrEqual(bits === 16 ? 0 : 4 * fs.clusterBytes);
      }),
      { numRuns: 40 },
    );
  });

  test('a full disk refuses and stays whole', () => {
    const { fs } = fresh(bits, bytes);
    fs.writeFile('kept', new Uint8Array(10_000).fill(1), TIME);
    const { free } = fs.space();
    expect(() => fs.writeFile('big', new Uint8Array(free + 1), TIME)).toThrow('no cluster is free');
    expect(fs.space().free).toBe(free);
    fs.writeFile('big', new Uint8Array(free).fill(2), TIME);
    expect(fs.space().free).toBe(0);
    expect(() => fs.makeDirectory('d', TIME)).toThrow('no cluster is free');
    expect(fs.readFile('kept')).toEqual(new Uint8Array(10_000).fill(1));
  });

  test('a power cut at any moment leaves every file old or new, and none in another’s clusters', () => {
    let cuts = 0;
    // Few names, so that files are replaced and removed.
    const few = fc.constantFrom('A', 'a long name.txt', 'D', 'D/B');
    const cutStep: fc.Arbitrary<Step> = fc.oneof(
      fc.record({ op: fc.constant('write' as const), path: few, size: fc.nat(9000), fill: fc.nat(255) }),
      fc.record({ op: fc.constantFrom('mkdir' as const, 'remove' as const), path: few }),
    );
    fc.assert(
      fc.property(fc.array(cutStep, { minLength: 4, maxLength: 10 }), fc.string(), (steps, seed) => {
        const random = Random.fromSeed(seed);
        const start = fresh(bits, bytes).store;
        let before = new Model();
        let after = before;
        const store = new PowerCutStore(start, (disk) => {
          if (!random.chance(1, 3)) return;
          cuts++;
          const left = FatFs.open(new RawImage(disk.afterCut(() => random.chance(1, 2))));
          const owners = new Set<number>();
          for (const [key, { path: where, data }] of [...before.nodes, ...after.nodes]) {
            if (data === null) continue;
            const [old, next] = [before.nodes.get(key)?.data ?? null, after.nodes.get(key)?.data ?? null];
            const found = left.find(where);
            if (found === null) expect(old === null || next === null, `${where} is lost`).toBe(true);
            else
              expect(
                [old, next].some((each) => each !== null && equalBytes(each, left.readFile(where))),
                where,
              ).toBe(true);
          }
          for (const { path: where } of left.list('').map((entry) => ({ path: entry.name }))) {
            const { cluster } = left.find(where)!;
            expect(cluster !== 0 && owners.has(cluster), `${where} shares its first cluster`).toBe(false);
            owners.add(cluster);
          }
        });
        const fs = FatFs.open(new RawImage(store));
        for (const each of steps) {
          before = after;
          const trial = new Model();
          for (const [key, node] of before.nodes) trial.nodes.set(key, node);
          trial.do(each);
          after = trial;
          doStep(fs, each);
          store.flush();
        }
      }),
      { numRuns: 40 },
    );
    expect(cuts).toBeGreaterThan(30);
  });

  test('flipped bits and a lost end end in named errors', () => {
    const { fs, store } = fresh(bits, bytes);
    fs.makeDirectory('dir', TIME);
    fs.writeFile('dir/a long name.txt', new Uint8Array(9000).fill(1), TIME);
    const used = 64 * 1024;
    const whole = store.read(0, store.size);
    const table = fs.layout.reserved * 512;
    const place = fc.oneof(
      fc.nat(511),
      fc.nat(used),
      fc.nat(100).map((n) => table + n),
      fc.nat(2000).map((n) => n + table + 2 * fs.layout.fatSectors * 512),
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(place, fc.nat(7)), { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        (flips, cut) => {
          const damaged = MemoryStore.of(whole.subarray(0, 2 * MB));
          damaged.truncate(cut ? 3 * MB : bytes);
          for (const [at, bit] of flips)
            damaged.write(at, new Uint8Array([damaged.read(at, 1)[0]! ^ (1 << bit)]));
          const named = (body: () => unknown) => {
            try {
              body();
            } catch (error) {
              if (!isDiskError(error)) throw error;
            }
          };
          named(() => {
            const found = FatFs.open(new RawImage(damaged));
            named(() => found.list('dir'));
            named(() => found.readFile('dir/a long name.txt'));
            named(() => found.writeFile('dir/a long name.txt', new Uint8Array(5000), TIME));
            named(() => found.makeDirectory('dir/new', TIME));
            named(() => found.remove('dir/a long name.txt'));
            named(() => found.space());
          });
          expect(damaged.size).toBeLessThanOrEqual(bytes);
        },
      ),
      { numRuns: 120 },
    );
  });

  describe.skipIf(!hasTool('fsck.vfat') || !hasTool('mcopy'))(
    'fsck.vfat and mtools',
    { timeout: 120_000 },
    () => {
      test('find no fault and read the same', () => {
        const runs = fc.sample(fc.array(step, { minLength: 8, maxLength: 25 }), { seed: 3, numRuns: 6 });
        withDiskTools((tools) => {
          for (const steps of runs) {
            const { fs, store } = fresh(bits, bytes);
            const model = new Model();
            for (const each of steps) if (model.do(each)) doStep(fs, each);
            tools.put('d', store);
            const { output, status } = tools.run('fsck.vfat', '-n', '-v', 'd');
            expect(status, output).toBe(0);
            expect(output).not.toMatch(/differ|wrong|summary uninitialized/i);
            expect(tools.must('mdir', '-i', 'd', '::')).toContain('Volume in drive : is VIRTBOOK');
            for (const { path: where, data } of model.nodes.values()) {
              if (data === null || !/^[ -~]*$/.test(where)) continue;
              tools.must('mcopy', '-n', '-i', 'd', `::${where}`, 'copy');
              const copy = tools.get('copy');
              expect(equalBytes(copy.read(0, copy.size), data), where).toBe(true);
            }
          }
        });
      });

      test('make file systems that are read and changed here', () => {
        withDiskTools((tools) => {
          tools.must(
            'sh',
            '-c',
            `truncate -s ${bytes} d && mkfs.vfat -F ${bits} -s ${bits === 16 ? 2 : 1} -n OTHER d >/dev/null`,
          );
          tools.must(
            'sh',
            '-c',
            'seq 1 3000 >numbers; echo small >small; mmd -i d ::dir "::dir/deep folder"',
          );
          tools.must(
            'sh',
            '-c',
            'mcopy -i d numbers "::dir/deep folder/A rather long name.txt"; mcopy -i d small ::small; mcopy -i d small ::UPPER.TXT; mdel -i d ::small',
          );
          const store = tools.get('d');
          const fs = FatFs.open(new RawImage(store));
          expect(fs.list('').map((entry) => entry.name)).toEqual(['dir', 'UPPER.TXT']);
          const numbers = tools.get('numbers');
          expect(fs.readFile('DIR/Deep Folder/a rather long NAME.txt')).toEqual(
            numbers.read(0, numbers.size),
          );
          fs.writeFile('dir/deep folder/A rather long name.txt', new Uint8Array(5000).fill(65), TIME);
          for (let i = 0; i < 200; i++) fs.writeFile(`dir/file number ${i}.txt`, new Uint8Array(i), TIME);
          fs.remove('UPPER.TXT');
          tools.put('d', store);
          const { output, status } = tools.run('fsck.vfat', '-n', 'd');
          expect(status, output).toBe(0);
          expect(tools.must('mtype', '-i', 'd', '::dir/deep folder/A rather long name.txt')).toBe(
            'A'.repeat(5000),
          );
          expect(
            tools
              .must('mdir', '-b', '-i', 'd', '::dir')
              .split('\n')
              .filter((line) => line.includes('file number')).length,
          ).toBe(200);
          expect(tools.must('mdir', '-i', 'd', '::dir')).toMatch(/2026-01-05 +9:00 +file number 7\.txt/);
        });
      });
    },
  );
});

test('kinds that do not fit a size, and FAT12, are refused', () => {
  const device = (bytes: number) => {
    const store = new MemoryStore();
    store.truncate(bytes);
    return new RawImage(store);
  };
  expect(() => formatFat(device(MB), { bits: 16, volumeId: 1 })).toThrow('FAT16 does not fit 2048 sectors');
  expect(() => formatFat(device(30 * MB), { bits: 32, volumeId: 1 })).toThrow('FAT32 does not fit');
  expect(() => formatFat(device(8 * MB), { bits: 16, volumeId: 1, label: 'small letters' })).toThrow(
    'no volume label',
  );
  expect(() => FatFs.open(device(MB))).toThrow('no boot sector');
  const { store } = fresh(16, 8 * MB);
  // As many sectors as make 4,084 clusters.
  const sectors =
    1 +
    2 * FatFs.open(new RawImage(store)).layout.fatSectors +
    32 +
    4084 * FatFs.open(new RawImage(store)).layout.sectorsPerCluster;
  store.write(19, new Uint8Array([sectors & 0xff, sectors >> 8]));
  expect(() => FatFs.open(new RawImage(store))).toThrow('FAT12 is not simulated');
});

test('a file system in a partition, large disks and their sizes', () => {
  const store = new MemoryStore();
  store.truncate(64 * 2 ** 30);
  const part = sliceOf(new RawImage(store), 2048, 60 * 2 ** 21);
  formatFat(part, { bits: 32, volumeId: 7, hidden: 2048 });
  const fs = FatFs.open(part);
  expect(fs.clusterBytes).toBe(32_768);
  fs.writeFile('hello.txt', new Uint8Array(100_000).fill(5), TIME);
  expect(fs.find('HELLO.TXT')).toMatchObject({
    name: 'hello.txt',
    shortName: 'HELLO.TXT',
    size: 100_000,
    seconds: TIME,
  });
  expect(store.read(0, 2048 * 512).every((byte) => byte === 0)).toBe(true);
});
