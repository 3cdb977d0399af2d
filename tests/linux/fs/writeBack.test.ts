/** A power cut leaves of a file what was flushed: held against a model that keeps whole copies. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SECOND } from '../../../src/base/index.ts';
import { MemFs } from '../../../src/linux/index.ts';

function disk(writeBack = true) {
  let now = 0;
  const fs = new MemFs({
    type: 'ext4',
    dev: 1,
    clock: {
      get now() {
        return now;
      },
      realtime: () => ({ sec: 0, nsec: 0 }),
    },
    writeBack,
  });
  const file = fs.root.create('f', { type: 'file', mode: 0o644, uid: 0, gid: 0 });
  return { fs, file, wait: (by: number) => (now += by), read: () => file.read(0, file.stat().size) };
}

const operations = fc.oneof(
  fc.record({
    kind: fc.constant('write' as const),
    at: fc.nat(20_000),
    length: fc.integer({ min: 1, max: 9000 }),
    byte: fc.nat(255),
  }),
  fc.record({ kind: fc.constant('resize' as const), size: fc.nat(25_000) }),
  fc.record({ kind: fc.constantFrom('fsync' as const, 'sync' as const) }),
);

describe('a power cut', () => {
  test('brings back the last flush, whatever was written and cut off since', () => {
    fc.assert(
      fc.property(fc.array(operations, { maxLength: 30 }), (steps) => {
        const { fs, file, read } = disk();
        let durable = read();
        for (const step of steps) {
          if (step.kind === 'write') file.write(step.at, new Uint8Array(step.length).fill(step.byte));
          else if (step.kind === 'resize') file.setAttr({ size: step.size });
          else {
            if (step.kind === 'fsync') file.sync();
            else fs.sync();
            durable = read();
          }
        }
        fs.cutPower();
        expect(read()).toEqual(durable);
        const used = Array.from({ length: 8 }, (_, i) => file.dataFrom(i * 4096)).filter(
          (range, i) => range !== null && range.start === i * 4096,
        ).length;
        expect(fs.used).toBe(used * 4096);
      }),
      { seed: 20261126, numRuns: 200 },
    );
  });

  test('finds on the disk what was written half a minute ago, and not what was written since', () => {
    const { fs, file, read, wait } = disk();
    file.write(0, Uint8Array.of(1, 1, 1));
    wait(29 * SECOND);
    file.write(1, Uint8Array.of(2));
    wait(2 * SECOND);
    file.write(2, Uint8Array.of(3));
    fs.cutPower();
    expect([...read()]).toEqual([1, 2, 1]);
  });

  test('does nothing to a file system that has no disk', () => {
    const { fs, file, read } = disk(false);
    file.write(0, Uint8Array.of(7));
    fs.cutPower();
    expect([...read()]).toEqual([7]);
  });
});
