import { describe, expect, test } from 'vitest';
import { Saver, saveTrouble } from '../../src/lab/storage/saver.ts';
import { LabClock } from '../support/labClock.ts';

function setUp() {
  const clock = new LabClock();
  const written: number[] = [];
  const trouble: (string | null)[] = [];
  const disk = { full: false };
  const saver = new Saver<number>({
    write: async (value) => {
      if (disk.full) throw Object.assign(new Error('no room'), { name: 'QuotaExceededError' });
      written.push(value);
    },
    onTrouble: (reason) => trouble.push(reason),
    later: clock.later,
  });
  return { clock, written, trouble, disk, saver };
}

describe('saving without a press', () => {
  test('changes within a moment become one write of the latest', async () => {
    const { clock, written, saver } = setUp();
    for (const value of [1, 2, 3]) saver.save(value);
    await clock.pass(1000);
    saver.save(4);
    await clock.pass(1000);
    expect(written).toEqual([3, 4]);
  });

  test('leaving the page writes what is waiting', async () => {
    const { written, saver } = setUp();
    saver.save(1);
    await saver.flush();
    expect(written).toEqual([1]);
  });

  test('a value counts as written only once it is', async () => {
    const done: (() => void)[] = [];
    const saver = new Saver<number>({
      write: () => new Promise((resolve) => void done.push(resolve)),
      onTrouble: () => {},
      later: () => {},
    });
    saver.save(1);
    const flushed = saver.flush();
    expect(saver.unwritten).toBe(1);
    saver.save(2);
    expect(saver.unwritten).toBe(2);
    done[0]!();
    await flushed;
    expect(saver.unwritten).toBe(2);
    void saver.flush();
    done[1]!();
    await new LabClock().pass(0);
    expect(saver.unwritten).toBeNull();
  });

  test('a full disk is told once; the value is kept and written when there is room', async () => {
    const { clock, written, trouble, disk, saver } = setUp();
    disk.full = true;
    saver.save(1);
    await clock.pass(1000);
    saver.save(2);
    await clock.pass(1000);
    expect(trouble).toHaveLength(1);
    disk.full = false;
    await saver.flush();
    expect(written).toEqual([2]);
    expect(trouble.at(-1)).toBeNull();
  });

  test.each([
    ['QuotaExceededError', /no room left.*safe as long as this page stays open.*Export/s],
    ['InvalidStateError', /storage was closed.*Export it to a file, then reload/s],
    ['UnknownError', /could not be stored \(why\).*Export/s],
  ])('%s says what is safe and what to do', (name, text) => {
    expect(saveTrouble(Object.assign(new Error('why'), { name }))).toMatch(text);
  });
});
