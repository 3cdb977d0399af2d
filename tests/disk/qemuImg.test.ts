/** Images made here are sound to QEMU's own tools and read the same there; theirs read the same here. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sha256Hex } from '../../src/base/index.ts';
import {
  applySnapshot,
  checkImage,
  copyImage,
  createQcow2,
  createSnapshot,
  deleteSnapshot,
  listSnapshots,
  MemoryStore,
  openImage,
  type Qcow2Image,
  RawImage,
} from '../../src/disk/index.ts';
import { anyDiskStep, contents, DiskModel, type DiskStep, doStep, SECTORS } from '../support/diskModel.ts';
import { type DiskTools, hasTool, withDiskTools } from '../support/diskTools.ts';

const possible = hasTool('qemu-img') && hasTool('qemu-io');
if (!possible) console.warn('qemu-img and qemu-io are not here: images are not compared with QEMU');

/** DISK_SEED and DISK_RUNS find more; the same seed finds the same again. */
const seed = Number(process.env['DISK_SEED'] ?? 11);
const numRuns = Number(process.env['DISK_RUNS'] ?? 12);
const clusterSize = fc.constantFrom(512, 4096, 65_536);
const version = fc.constantFrom<2 | 3>(2, 3);

/** QEMU finds nothing to complain about, and reads `expected`. */
function agreed(tools: DiskTools, name: string, expected: Uint8Array): void {
  expect(tools.run('qemu-img', 'check', '-f', 'qcow2', name).output).toMatch(
    /^No errors were found on the image\.\n/,
  );
  tools.must('qemu-img', 'convert', '-f', 'qcow2', '-O', 'raw', name, 'out.raw');
  expect(tools.digest('out.raw')).toBe(sha256Hex(expected));
}

describe.skipIf(!possible)('qemu-img', { timeout: 120_000 }, () => {
  test('finds no fault with images made here, and reads what was written', () => {
    const steps = fc.array(anyDiskStep({ resize: false }), { maxLength: 20 });
    withDiskTools((tools) => {
      for (const [size, v, work] of fc.sample(fc.tuple(clusterSize, version, steps), { seed, numRuns })) {
        const store = new MemoryStore();
        const image = createQcow2(store, { size: SECTORS * 512, clusterSize: size, version: v });
        const model = new DiskModel(new Uint8Array(SECTORS * 512));
        for (const step of work) doStep(step, model, image);
        tools.put('ours.qcow2', store);
        agreed(tools, 'ours.qcow2', model.bytes);
        for (const { id, bytes } of model.snapshots) {
          tools.must('qemu-img', 'snapshot', '-a', id, 'ours.qcow2');
          agreed(tools, 'ours.qcow2', bytes);
        }
      }
    });
  });

  test('resized and preallocated images made here are sound', () => {
    withDiskTools((tools) => {
      for (const preallocation of ['off', 'metadata'] as const) {
        const store = new MemoryStore();
        const image = createQcow2(store, { size: 10 * 2 ** 20, clusterSize: 4096, preallocation });
        image.write(5 * 2 ** 20, new Uint8Array(100_000).fill(7));
        const model = new Uint8Array(2 ** 26);
        model.fill(7, 5 * 2 ** 20, 5 * 2 ** 20 + 100_000);
        image.resize(2 ** 26);
        tools.put('a.qcow2', store);
        agreed(tools, 'a.qcow2', model);
        image.resize(5 * 2 ** 20 + 1024);
        tools.put('a.qcow2', store);
        agreed(tools, 'a.qcow2', model.slice(0, 5 * 2 ** 20 + 1024));
      }
    });
  });

  test.each([
    ['a long L1 table and wide counts', { size: 2 ** 30, clusterSize: 512, refcountBits: 64 }],
    ['the largest clusters', { size: 2 ** 40, clusterSize: 2 ** 21 }],
    ['no bytes at all', { size: 0 }],
    ['a refcount table that has to move', { size: 2 ** 25, clusterSize: 512, preallocation: 'metadata' }],
  ] as const)('an image with %s is sound', (_name, options) => {
    withDiskTools((tools) => {
      const store = new MemoryStore();
      const image = createQcow2(store, options);
      if (options.size > 0) image.write(options.size - 3000, new Uint8Array(3000).fill(1));
      tools.put('a.qcow2', store);
      expect(tools.run('qemu-img', 'check', 'a.qcow2').output).toMatch(
        /^No errors were found on the image\.\n/,
      );
      if (options.size === 0) return;
      expect(tools.must('qemu-io', '-c', `read -P 1 ${options.size - 3000} 3000`, 'a.qcow2')).not.toContain(
        'failed',
      );
      expect(tools.must('qemu-io', '-c', `read -P 0 0 1M`, 'a.qcow2')).not.toContain('failed');
    });
  });

  test('reads compressed clusters made here, and its own are read here', () => {
    const text = new TextEncoder().encode('the same words again and again, and a number: '.repeat(9000));
    text.forEach((_, at) => {
      if (at % 977 === 0) text[at] = at & 0xff;
    });
    const disk = new Uint8Array(1024 * 1024);
    disk.set(text, 200_000);
    withDiskTools((tools) => {
      const store = new MemoryStore();
      const image = createQcow2(store, { size: disk.length });
      for (const _ of copyImage(new RawImage(MemoryStore.of(disk)), image, { compress: true }));
      expect(checkImage(image).compressedClusters).toBeGreaterThan(5);
      tools.put('ours.qcow2', store);
      agreed(tools, 'ours.qcow2', disk);
      tools.put('disk.raw', MemoryStore.of(disk));
      tools.must('qemu-img', 'convert', '-f', 'raw', '-O', 'qcow2', '-c', 'disk.raw', 'theirs.qcow2');
      const theirs = openImage(tools.get('theirs.qcow2'), 'qcow2') as Qcow2Image;
      expect(sha256Hex(contents(theirs))).toBe(sha256Hex(disk));
      expect(checkImage(theirs)).toMatchObject({ corruptions: 0, leaks: 0 });
    });
  });

  test('makes images that read the same here, with snapshots, which are then worked on here', () => {
    const steps = fc.array(anyDiskStep({ snapshots: false, resize: false }), { minLength: 3, maxLength: 10 });
    withDiskTools((tools) => {
      for (const [size, work, later] of fc.sample(fc.tuple(clusterSize, steps, steps), { seed, numRuns })) {
        tools.must(
          'qemu-img',
          'create',
          '-q',
          '-f',
          'qcow2',
          '-o',
          `cluster_size=${size}`,
          't.qcow2',
          `${SECTORS * 512}`,
        );
        const model = new DiskModel(new Uint8Array(SECTORS * 512));
        writeThere(tools, 't.qcow2', work, model);
        tools.must('qemu-img', 'snapshot', '-c', 'first', 't.qcow2');
        const first = model.bytes.slice();
        writeThere(tools, 't.qcow2', later, model);
        const store = tools.get('t.qcow2');
        const image = openImage(store, 'qcow2') as Qcow2Image;
        expect(sha256Hex(contents(image))).toBe(sha256Hex(model.bytes));
        expect(checkImage(image)).toMatchObject({ corruptions: 0, leaks: 0 });
        expect(listSnapshots(image).map(({ id, name }) => [id, name])).toEqual([['1', 'first']]);
        createSnapshot(image, 'second', { seconds: 1, nanoseconds: 0 });
        applySnapshot(image, 'first');
        expect(sha256Hex(contents(image))).toBe(sha256Hex(first));
        deleteSnapshot(image, 'first');
        tools.put('t.qcow2', store);
        agreed(tools, 't.qcow2', first);
        tools.must('qemu-img', 'snapshot', '-a', 'second', 't.qcow2');
        agreed(tools, 't.qcow2', model.bytes);
      }
    });
  });

  test('follows a chain of backing files made here, and makes one that is followed here', () => {
    withDiskTools((tools) => {
      const base = new MemoryStore();
      const lower = createQcow2(base, { size: 2 ** 20 });
      lower.write(0, new Uint8Array(200_000).fill(1));
      const over = new MemoryStore();
      const named = { backingFile: 'base.qcow2', backingFormat: 'qcow2' };
      const upper = createQcow2(over, { size: 2 ** 20, clusterSize: 4096, ...named }, lower);
      upper.write(1000, new Uint8Array(5000).fill(2));
      upper.writeZeroes(100_000, 60_000);
      tools.put('base.qcow2', base);
      tools.put('over.qcow2', over);
      agreed(tools, 'over.qcow2', contents(upper));
      expect(JSON.parse(tools.must('qemu-img', 'info', '--output=json', 'over.qcow2'))).toMatchObject({
        'backing-filename': 'base.qcow2',
        'backing-filename-format': 'qcow2',
      });
      tools.must('qemu-img', 'create', '-q', '-f', 'qcow2', '-b', 'over.qcow2', '-F', 'qcow2', 'top.qcow2');
      tools.must('qemu-io', '-c', 'write -P 9 50000 70000', 'top.qcow2');
      const top = openImage(tools.get('top.qcow2'), 'qcow2', { backing: upper });
      tools.must('qemu-img', 'convert', '-O', 'raw', 'top.qcow2', 'top.raw');
      expect(sha256Hex(contents(top))).toBe(tools.digest('top.raw'));
    });
  });

  test.each([1, 2, 4, 8, 32, 64])('counts in %i bits are read and written as there', (bits) => {
    withDiskTools((tools) => {
      tools.must('qemu-img', 'create', '-q', '-f', 'qcow2', '-o', `refcount_bits=${bits}`, 't.qcow2', '10M');
      tools.must('qemu-io', '-c', 'write -P 5 0 300k', 't.qcow2');
      const store = tools.get('t.qcow2');
      const image = openImage(store, 'qcow2') as Qcow2Image;
      expect(checkImage(image)).toMatchObject({ corruptions: 0, leaks: 0, allocatedClusters: 5 });
      image.write(2 ** 20, new Uint8Array(200_000).fill(6));
      tools.put('t.qcow2', store);
      agreed(tools, 't.qcow2', contents(image));
    });
  });

  test('repairs by the same findings', () => {
    withDiskTools((tools) => {
      const store = new MemoryStore();
      const image = createQcow2(store, { size: 2 ** 20 });
      image.write(0, new Uint8Array(400_000).fill(1));
      image.refcounts.set(6, 3);
      store.truncate(13 * 65_536);
      image.refcounts.set(12, 1);
      tools.put('a.qcow2', store);
      const theirs = tools.run('qemu-img', 'check', 'a.qcow2').output.split('\n');
      const { messages, leaks, corruptions } = checkImage(image);
      for (const message of messages) expect(theirs).toContain(message);
      expect(theirs).toContain(`${leaks} leaked clusters were found on the image.`);
      expect(theirs).toContain(`${corruptions} errors were found on the image.`);
      expect(checkImage(image, 'leaks')).toMatchObject({ leaksFixed: 2 });
      tools.put('a.qcow2', store);
      agreed(tools, 'a.qcow2', contents(image));
    });
  });
});

/** Writes with qemu-io, and to the model. */
function writeThere(tools: DiskTools, name: string, steps: readonly DiskStep[], model: DiskModel): void {
  const commands: string[] = [];
  for (const step of steps) {
    if (step.op !== 'write' && step.op !== 'zero') continue;
    const start = step.at * 512;
    const length = Math.min(step.count * 512, model.bytes.length - start);
    model.bytes.fill(step.op === 'zero' ? 0 : step.fill, start, start + length);
    commands.push(
      '-c',
      step.op === 'zero' ? `write -z ${start} ${length}` : `write -P ${step.fill} ${start} ${length}`,
    );
  }
  tools.must('qemu-io', ...commands, name);
}
