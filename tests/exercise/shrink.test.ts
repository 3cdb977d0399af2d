/** A counterexample is made as small as it can be by leaving things out. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { shrinkList } from '../../src/exercise/shrink.ts';

describe('shrinkList', () => {
  test('keeps exactly what is needed, in its order', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(40), { minLength: 1, maxLength: 30 }), fc.nat(), (list, pick) => {
        const needed = list.filter((_item, i) => (pick >> (i % 20)) % 2 === 1 && i < 20);
        const fails = (items: readonly number[]) => needed.every((item) => items.includes(item));
        expect(shrinkList(list, fails, 10_000)).toEqual(needed);
      }),
    );
  });

  test('the result fails, and nothing can be taken from it, whatever fails', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(9), { maxLength: 20 }), fc.integer({ min: 1, max: 30 }), (list, least) => {
        const fails = (items: readonly number[]) => items.reduce((sum, item) => sum + item, 0) >= least;
        fc.pre(fails(list));
        const small = shrinkList(list, fails, 10_000);
        expect(fails(small)).toBe(true);
        for (const at of small.keys()) expect(fails(small.toSpliced(at, 1))).toBe(false);
      }),
    );
  });

  test('asks no more often than it may', () => {
    let asked = 0;
    const list = Array.from({ length: 64 }, (_item, i) => i);
    const fails = () => {
      asked++;
      return asked % 3 === 0;
    };
    shrinkList(list, fails, 17);
    expect(asked).toBeLessThanOrEqual(17);
  });
});
