/** A small map against a `Map` that is told the same. */
import { expect, test } from 'vitest';
import { FewMap, Random } from '../../src/base/index.ts';

function pairsOf<K, V>(map: FewMap<K, V> | Map<K, V>): [K, V][] {
  const pairs: [K, V][] = [];
  map.forEach((value, key) => {
    pairs.push([key, value]);
  });
  return pairs;
}

test('whatever is put in and taken out, it has what a Map has, in the same order', () => {
  const random = Random.fromSeed('few');
  for (let round = 0; round < 50; round++) {
    const few = new FewMap<string, number>();
    const model = new Map<string, number>();
    const names = random.between(1, 20);
    for (let step = 0; step < 60; step++) {
      const name = `n${random.below(names)}`;
      if (random.chance(2, 3)) {
        few.set(name, step);
        model.set(name, step);
      } else {
        expect(few.delete(name)).toBe(model.delete(name));
      }
      expect(few.get(name)).toBe(model.get(name));
      expect(few.has(name)).toBe(model.has(name));
      expect(few.size).toBe(model.size);
    }
    expect(pairsOf(few)).toEqual(pairsOf(model));
    expect(few.keys()).toEqual([...model.keys()]);
  }
});
