/** Image → machines: what the figure tells is what the qcow2 files hold, and what it says of a backing file is so. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  CLUSTERS,
  CloneWorld,
  DISKS,
  type Disk,
  renderHistory,
  walkThrough,
} from '../../src/figures/clone/index.ts';

const KIB = 1024;

/** The world after the first `count` steps of the walk-through, and what the last one told. */
function played(count: number) {
  const world = new CloneWorld();
  let told: readonly string[] = [];
  for (const { operation } of walkThrough.slice(0, count)) told = world.run(operation);
  return { world, frame: world.frame, told };
}

const cell = (count: number, disk: Disk, cluster: number) => played(count).frame.rows[cluster]!.files[disk];

describe('the walk-through', () => {
  test('a new machine’s file holds no cluster, and is small', () => {
    const { frame } = played(1);
    expect(frame.rows.map(({ files }) => files.web1)).toEqual(Array(CLUSTERS).fill({ kind: 'absent' }));
    expect(frame.sizes.web1).toBeLessThan(200 * KIB);
    expect(frame.rows[1]!.seen.web1).toEqual({ text: 'kernel 1', from: 'base' });
    expect(frame.rows[4]!.seen.web1).toEqual({ text: '', from: null });
  });

  test('reading copies nothing', () => {
    expect(played(3).frame).toEqual(played(2).frame);
    expect(played(3).told.join(' ')).toContain('base.qcow2 has it');
  });

  test('the first write to a cluster takes a new one and copies the rest of the old', () => {
    const { frame, told } = played(4);
    expect(frame.rows[3]!.files.web1).toEqual({ kind: 'data', text: 'config a' });
    expect(frame.rows[3]!.files.base).toEqual({ kind: 'data', text: 'config' });
    expect(frame.sizes.web1! - played(3).frame.sizes.web1!).toBeGreaterThanOrEqual(64 * KIB);
    expect(told.join(' ')).toMatch(/The other 65024 bytes are read from base\.qcow2/);
  });

  test('the second takes none', () => {
    expect(played(5).frame.sizes).toEqual(played(4).frame.sizes);
    expect(cell(5, 'web1', 3)).toEqual({ kind: 'data', text: 'config b' });
  });

  test('the other machine and the base see nothing of it', () => {
    expect(played(6).frame.rows[3]!.seen.web2).toEqual({ text: 'config', from: 'base' });
  });

  test('where no file holds anything, the rest of a new cluster is zeros', () => {
    const { frame, told } = played(7);
    expect(told.join(' ')).toContain('The other 65024 bytes are zeros');
    expect(frame.rows[4]!.seen).toEqual({
      web1: { text: '', from: null },
      web2: { text: 'logs', from: 'web2' },
    });
  });

  test('changing the base shows through, but not where a machine has its own', () => {
    const { rows } = played(8).frame;
    expect(rows[2]!.seen).toEqual({
      web1: { text: 'libs 2', from: 'base' },
      web2: { text: 'libs 2', from: 'base' },
    });
    expect(rows[3]!.seen.web1).toEqual({ text: 'config b', from: 'web1' });
  });
});

test('whatever machines write, the base keeps what it had, and no machine sees the other’s', () => {
  const write = fc.record({
    disk: fc.constantFrom<'web1' | 'web2'>('web1', 'web2'),
    cluster: fc.integer({ min: 0, max: CLUSTERS - 1 }),
    text: fc.constantFrom('a', 'b', 'c'),
  });
  fc.assert(
    fc.property(fc.array(write, { maxLength: 12 }), (writes) => {
      const { world, frame } = played(2);
      const base = frame.rows.map(({ files }) => files.base);
      const model = { web1: new Map<number, string>(), web2: new Map<number, string>() };
      for (const { disk, cluster, text } of writes) {
        world.run({ kind: 'write', disk, cluster, text });
        model[disk].set(cluster, text);
      }
      expect(world.frame.rows.map(({ files }) => files.base)).toEqual(base);
      for (const { cluster, seen } of world.frame.rows)
        for (const disk of ['web1', 'web2'] as const) {
          const own = model[disk].get(cluster);
          expect(seen[disk]).toEqual(
            own === undefined ? frame.rows[cluster]!.seen[disk] : { text: own, from: disk },
          );
        }
    }),
    { seed: 11, numRuns: 40 },
  );
});

describe('as HTML', () => {
  test('the start and a step for each operation', () => {
    expect(renderHistory(walkThrough)).toHaveLength(walkThrough.length + 1);
    expect(renderHistory([])).toHaveLength(1);
  });

  test('a machine that does not exist says so', () => {
    const [, step] = renderHistory([{ operation: { kind: 'read', disk: 'web1', cluster: 0 }, remark: '' }]);
    expect(step!.detail).toContain('There is no web1.qcow2 yet.');
  });

  test('no name of a disk is missing from its table', () => {
    for (const disk of DISKS) expect(renderHistory([])[0]!.detail).toContain(`in ${disk}<wbr>.qcow2`);
  });
});
