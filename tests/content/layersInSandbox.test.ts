/** Layers told to the sandbox whole answer as those that are asked one by one, whatever is done to them. */
import { expect, test } from 'vitest';
import type { Entry } from '../../content/exercises/container-disk-write/api.d.ts';
import { layersOf } from '../../content/exercises/container-disk-write/cases.ts';
import {
  applyChanges,
  forgetTold,
  HOST_FUNCTIONS,
  PRELUDE,
  stackInHost,
  stackInMemory,
} from '../../content/exercises/container-disk-write/prelude.ts';
import { randomCase } from '../../content/exercises/container-disk-write/randomCases.ts';
import { Random } from '../../src/base/index.ts';
import { sandbox } from '../../src/cli/exercises.ts';
import type { Json, Sandbox } from '../../src/sandbox/index.ts';

/** Does to a stack's layers what it is told, and writes down all that they say. */
const code = `
export function perform(stack, steps) {
  const layers = [stack.upper, ...stack.lowers];
  return steps.map(([name, index, path, entry]) => {
    try {
      const given = entry?.mode === 'none' ? { ...entry, mode: NaN } : entry;
      const value = layers[index][name](path, given);
      return value === undefined ? 'done' : value;
    } catch (error) {
      return error.message;
    }
  });
}`;

async function program(source = code): Promise<Sandbox> {
  const made = await (await sandbox()).create({
    files: { 'perform.ts': source },
    entry: 'perform.ts',
    prelude: PRELUDE,
    host: Object.fromEntries(HOST_FUNCTIONS.map((name) => [name, () => null])),
  });
  if (!made.ok) throw new Error(JSON.stringify(made.diagnostics));
  return made.sandbox;
}

function randomStep(random: Random, layers: number, paths: readonly string[]): Json {
  const odd = ['etc', '/etc/', '', '//', '__proto__', '/__proto__', 'constructor', '/constructor'];
  const path = random.chance(1, 8) ? random.pick(odd) : random.pick(paths);
  const index = random.below(layers);
  const entry = random.pick<Entry | { kind: string; mode?: number | string }>([
    { kind: 'whiteout' },
    { kind: 'dir', mode: 0o700 },
    { kind: 'dir', mode: 0o755, opaque: true },
    { kind: 'file', mode: 0o600, content: 'a:b\n' },
    { kind: 'file', mode: 0.5, content: '' },
    { kind: 'file', mode: 1e21, content: 'd493' },
    { kind: 'file', mode: 0o600 },
    { kind: 'dir', mode: 'none' },
    { kind: 'nonsense' },
  ]);
  const name = random.pick(['get', 'list', 'get', 'list', 'put', 'remove']);
  return name === 'put' ? [name, index, path, entry as Json] : [name, index, path];
}

test.each(['a', 'b', 'c', 'd', 'e'])('whatever is put, removed and asked, seed %s', async (seed) => {
  const random = Random.fromSeed(seed);
  const [told, asked] = [await program(), await program()];
  for (let round = 0; round < 30; round++) {
    const drawn = randomCase(random, ['rename']);
    const [ours, theirs] = [layersOf(drawn), layersOf(drawn)];
    const paths = ['/', '/x', ...drawn.layers.flatMap((entries) => entries.map(([path]) => path))];
    // Several calls on the same layers: they are told once, and changed by each; lower layers are put right after every one.
    const calls = [0, 1, 2].map(() =>
      Array.from({ length: 12 }, () => randomStep(random, ours.length, paths)),
    );
    const argumentsFor = (steps: Json) => ({
      name: 'perform',
      args: [stackInMemory(told, ours), steps],
    });
    const together = told.callAll(calls.map(argumentsFor))!;
    forgetTold(told);
    for (const [index, steps] of calls.entries()) {
      const single = told.call('perform', argumentsFor(steps).args);
      const { aside: _, ...second } = asked.call('perform', [stackInHost(asked, theirs), steps]);
      expect(single, JSON.stringify(steps)).toMatchObject(second);
      expect(together[index]).toEqual(single);
      applyChanges(ours, single.aside!);
      expect(ours.map(({ entries }) => [...entries])).toEqual(theirs.map(({ entries }) => [...entries]));
      for (const layers of [ours, theirs]) layers.splice(1, ours.length, ...layersOf(drawn).slice(1));
    }
  }
});

test('a lower layer that is put right between two calls is seen as it is', async () => {
  const code = await program();
  const layers = layersOf({ layers: [[], [['/a', { kind: 'whiteout' }]]], calls: [] });
  const changed = code.call('perform', [stackInMemory(code, layers), [['remove', 1, '/a']]]);
  expect(changed.aside).toEqual([[1, '/a', '']]);
  const after = code.call('perform', [stackInMemory(code, layers), [['get', 1, '/a']]]);
  expect(after).toMatchObject({ ok: true, value: [{ kind: 'whiteout' }], aside: [] });
});

test('what a learner has done to prototypes, or does while an entry is read, leaves our books in order', async () => {
  const source = `
    export function hide(stack, path) {
      Object.prototype.$told = [{ '/': 'd493' }, { '/': 'd493' }];
      return null;
    }
    export function put(stack, path) {
      try {
        stack.upper.put(path, { get kind() { stack.upper.remove('/a'); return 'file'; }, mode: 1, content: 'x' });
      } catch (error) {
        return error.message;
      }
      return 'done';
    }`;
  const code = await program(source);
  const layers = layersOf({ layers: [[['/a', { kind: 'dir', mode: 0o755 }]]], calls: [] });
  const put = code.call('put', [stackInMemory(code, layers), '/a/file']);
  expect(put).toMatchObject({ ok: true, value: expect.stringContaining('this layer has no directory /a') });
  applyChanges(layers, put.aside!);
  expect([...layers[0]!.entries.keys()]).toEqual(['/']);
  code.call('hide', [stackInHost(code, layers), '/']);
  expect(code.call('put', [stackInHost(code, layers), '/file'])).toMatchObject({ ok: true, value: 'done' });
  expect([...layers[0]!.entries.keys()]).toEqual(['/', '/file']);
});
