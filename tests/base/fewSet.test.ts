/** A small set against a `Set` that is told the same. */
import { expect, test } from 'vitest';
import { FewSet, Random } from '../../src/base/index.ts';

test('whatever is put in and taken out, it has what a Set has, in the same order', () => {
  const random = Random.fromSeed('few');
  for (let round = 0; round < 50; round++) {
    const few = new FewSet<string>();
    const model = new Set<string>();
    const elements = random.between(1, 5);
    for (let step = 0; step < 40; step++) {
      const element = `e${random.below(elements)}`;
      if (random.chance(1, 2)) {
        few.add(element);
        model.add(element);
      } else {
        expect(few.delete(element)).toBe(model.delete(element));
      }
      expect(few.has(element)).toBe(model.has(element));
      expect(few.size).toBe(model.size);
      expect([...few]).toEqual([...model]);
    }
  }
});
