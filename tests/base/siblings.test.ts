/** Siblings against a `Map` that is told the same. */
import { expect, test } from 'vitest';
import { Random, type Sibling, Siblings } from '../../src/base/index.ts';

class Leaf implements Sibling<Leaf> {
  readonly name: string;
  next: Leaf | null = null;

  constructor(name: string) {
    this.name = name;
  }
}

test('few or many, each is found by its name until it is removed or another takes its place', () => {
  const random = Random.fromSeed('siblings');
  for (let round = 0; round < 50; round++) {
    const siblings = new Siblings<Leaf>();
    const model = new Map<string, Leaf>();
    const all: Leaf[] = [];
    const names = random.between(1, 20);
    for (let step = 0; step < 60; step++) {
      if (all.length === 0 || random.chance(2, 3)) {
        const leaf = new Leaf(`n${random.below(names)}`);
        all.push(leaf);
        siblings.add(leaf);
        model.set(leaf.name, leaf);
      } else {
        // Perhaps one that another has taken the place of, or that is gone.
        const leaf = random.pick(all);
        siblings.remove(leaf);
        if (model.get(leaf.name) === leaf) model.delete(leaf.name);
      }
      for (let name = 0; name < names; name++)
        expect(siblings.get(`n${name}`)).toBe(model.get(`n${name}`) ?? null);
    }
  }
});
