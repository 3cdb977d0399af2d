/** Sparse files: what is never written takes no space, in the simulated host and in this program's memory. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { equalBytes, SPARSE_BLOCK, SparseBytes } from '../../../src/base/index.ts';
import { MemFs, O_CREAT, O_RDWR, type Stat, type Sys, sys } from '../../../src/linux/index.ts';
import { commandHost } from '../../support/commandHost.ts';
import { testHost } from '../../support/linuxHost.ts';

/** Runs `body` as a program and gives what it returned. */
function inProgram<T>(body: () => Sys<T>): T {
  let result: T | undefined;
  const host = testHost({
    probe: function* () {
      result = yield* body();
      return 0;
    },
  });
  const { state } = host.run(['/usr/bin/probe']);
  expect(state).toEqual({ kind: 'exited', code: 0 });
  return result as T;
}

describe('a file of 100 GB', () => {
  test('takes the space of what was written', () => {
    const stats = inProgram<Stat[]>(function* () {
      const fd = yield* sys.open('/tmp/disk', O_CREAT | O_RDWR, 0o600);
      yield* sys.ftruncate(fd, 100e9);
      const empty = yield* sys.fstat(fd);
      yield* sys.lseek(fd, 50e9, 'set');
      yield* sys.write(fd, new Uint8Array(5000).fill(7));
      const written = yield* sys.fstat(fd);
      yield* sys.ftruncate(fd, 50e9);
      return [empty, written, yield* sys.fstat(fd)];
    });
    // 50e9 is 1024 bytes into a block: 5,000 bytes meet two of them.
    expect(stats.map(({ size, blocks }) => [size, blocks])).toEqual([
      [100e9, 0],
      [100e9, 16],
      [50e9, 8],
    ]);
  });

  test('ls and du disagree about it, and copies keep it so, up to an overlay or by cp', () => {
    const host = commandHost({
      '/l': { type: 'dir' },
      '/u': { type: 'dir' },
      '/w': { type: 'dir' },
      '/m': { type: 'dir' },
    });
    const { stdout, stderr } = host.command(
      [
        'truncate -s 100G /l/disk',
        'echo data >>/l/disk',
        'ls -l /l/disk | cut -d" " -f5',
        'du /l/disk',
        'mount -t overlay overlay -o lowerdir=/l,upperdir=/u,workdir=/w /m',
        'chmod 600 /m/disk',
        'du /u/disk',
        'stat -c %s /m/disk',
        'cp /m/disk /w/copy',
        'du /w/copy',
        'stat -c %s /w/copy',
      ].join(' && '),
    );
    expect(stderr).toBe('');
    expect(stdout).toBe('107374182405\n4\t/l/disk\n4\t/u/disk\n107374182405\n4\t/w/copy\n107374182405\n');
  });

  test('is dumped for a world’s hash without reading its holes', () => {
    const host = commandHost();
    const hashes = ['truncate -s 100G disk', 'printf x >>disk', 'truncate -s 200G disk'].map((line) => {
      host.command(line);
      return JSON.stringify(host.host.dump());
    });
    expect(new Set(hashes).size).toBe(3);
  });
});

test('SEEK_DATA and SEEK_HOLE find what is stored, and a mapping sees what is written later', () => {
  const found = inProgram(function* () {
    const fd = yield* sys.open('/tmp/f', O_CREAT | O_RDWR, 0o600);
    const mapping = yield* sys.mmap(fd);
    yield* sys.lseek(fd, 3 * SPARSE_BLOCK, 'set');
    yield* sys.write(fd, new Uint8Array(10).fill(9));
    yield* sys.ftruncate(fd, 10 * SPARSE_BLOCK);
    const places = [
      yield* sys.lseek(fd, 0, 'data'),
      yield* sys.lseek(fd, 0, 'hole'),
      yield* sys.lseek(fd, 3 * SPARSE_BLOCK + 5, 'hole'),
    ];
    let error = '';
    try {
      yield* sys.lseek(fd, 5 * SPARSE_BLOCK, 'data');
    } catch (caught) {
      error = (caught as Error).message;
    }
    return { places, error, mapped: [...mapping.read(3 * SPARSE_BLOCK + 8, 4)] };
  });
  expect(found).toEqual({
    places: [3 * SPARSE_BLOCK, 0, 4 * SPARSE_BLOCK],
    error: 'No such device or address',
    mapped: [9, 9, 0, 0],
  });
});

test('a full file system refuses a block, never a hole, and gets blocks back', () => {
  const clock = { now: 0, realtime: () => ({ sec: 0, nsec: 0 }) };
  const fs = new MemFs({ type: 'tmpfs', dev: 1, clock, capacity: 3 * SPARSE_BLOCK });
  const file = fs.root.create('f', { type: 'file', mode: 0o600, uid: 0, gid: 0 });
  const free = () => fs.statfs().blocksFree;
  file.setAttr({ size: 1e12 });
  file.write(5e11, new Uint8Array(2 * SPARSE_BLOCK));
  expect(free()).toBe(0);
  expect(() => file.write(0, new Uint8Array(1))).toThrow('No space left on device');
  file.write(5e11 + 100, new Uint8Array(1));
  file.setAttr({ size: 5e11 + SPARSE_BLOCK });
  expect(free()).toBe(1);
  fs.root.unlink('f');
  expect(free()).toBe(3);
  file.setAttr({ size: 0 });
  expect(free()).toBe(3);
});

describe('sparse bytes do what an array does', () => {
  const LENGTH = 5 * SPARSE_BLOCK;
  const offset = fc.oneof(
    fc.nat(LENGTH),
    fc.nat(5).map((n) => Math.min(LENGTH, n * SPARSE_BLOCK)),
  );
  const step = fc.record({
    op: fc.constantFrom('write', 'discard'),
    a: offset,
    b: offset,
    fill: fc.integer({ min: 1, max: 255 }),
  });

  test('after any writes and discards', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), offset, (steps, from) => {
        const sparse = new SparseBytes();
        const model = new Uint8Array(LENGTH);
        for (const { op, a, b, fill } of steps) {
          const [start, end] = a < b ? [a, b] : [b, a];
          model.fill(op === 'write' ? fill : 0, start, end);
          if (op === 'discard') sparse.discard(start, end - start);
          else {
            const before = sparse.blocks;
            const missing = sparse.missing(start, end - start);
            sparse.write(start, new Uint8Array(end - start).fill(fill));
            expect(sparse.blocks - before).toBe(missing);
          }
        }
        expect(equalBytes(sparse.read(0, LENGTH), model)).toBe(true);
        // Whatever is not zero lies in a range of data, and ranges come in order.
        const holes = model.slice(from);
        for (let range = sparse.dataFrom(from); range !== null; range = sparse.dataFrom(range.end)) {
          expect(range.start).toBeGreaterThanOrEqual(from);
          holes.fill(0, range.start - from, range.end - from);
        }
        expect(holes.every((byte) => byte === 0)).toBe(true);
      }),
    );
  });
});
