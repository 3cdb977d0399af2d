/**
 * The exercise's reference model and the book's own kernel were written apart; a learner is judged by one and reads about the other.
 * Here they have to agree, on the cases that learners are judged by.
 */
import { describe, expect, test } from 'vitest';
import type { Entry } from '../../content/exercises/container-disk-write/api.d.ts';
import { type Case, EXAMPLES, layersOf } from '../../content/exercises/container-disk-write/cases.ts';
import { childOf, DirectoryLayer, MemoryLayer } from '../../content/exercises/container-disk-write/layers.ts';
import { randomCase } from '../../content/exercises/container-disk-write/randomCases.ts';
import {
  type Call,
  type CallName,
  expect as expected,
  type Seen,
  viewOf,
} from '../../content/exercises/container-disk-write/reference.ts';
import { situationCases } from '../../content/exercises/container-disk-write/situations.ts';
import { isOsError, Random } from '../../src/base/index.ts';
import {
  type FileSpec,
  type FileTree,
  O_CREAT,
  O_RDONLY,
  O_WRONLY,
  type Sys,
  sys,
} from '../../src/linux/index.ts';
import { testHost } from '../support/linuxHost.ts';

function specOf(entry: Entry): FileSpec {
  if (entry.kind === 'whiteout') return { type: 'chr', rdev: { major: 0, minor: 0 }, mode: 0 };
  if (entry.kind === 'file') return { content: entry.content, mode: entry.mode };
  return {
    type: 'dir',
    mode: entry.mode,
    ...(entry.opaque && { xattrs: { 'trusted.overlay.opaque': 'y' } }),
  };
}

/** Layer 0 in /layers/0, and so on. */
function treeOf(layers: readonly MemoryLayer[]): FileTree {
  const tree: Record<string, FileSpec> = { '/work': { type: 'dir' }, '/merged': { type: 'dir' } };
  for (const [i, { entries }] of layers.entries()) {
    for (const [path, entry] of entries) tree[`/layers/${i}${path === '/' ? '' : path}`] = specOf(entry);
  }
  return tree;
}

/** A call on the mounted overlay; its value, or the name of its error. */
function* perform(call: Call): Sys<unknown> {
  const path = `/merged${call.path}`;
  switch (call.name) {
    case 'lookup': {
      const { mode } = yield* sys.lstat(path);
      return (mode & 0o170000) === 0o040000 ? 'dir' : 'file';
    }
    case 'readdir': {
      const fd = yield* sys.open(path, O_RDONLY);
      const entries = yield* sys.getdents(fd);
      return entries
        .map(({ name }) => name)
        .filter((name) => !/^\.\.?$/.test(name))
        .sort();
    }
    case 'openForWrite':
      yield* sys.close(yield* sys.open(path, O_WRONLY | O_CREAT, 0o644));
      return null;
    case 'unlink':
      yield* sys.unlink(path);
      return null;
    case 'mkdir':
      yield* sys.mkdir(path, 0o755);
      return null;
    case 'rename':
      yield* sys.rename(path, `/merged${call.to}`);
      return null;
  }
}

/** Runs `calls` on a host; before and after each one `look` sees the layers. */
function onHost(layers: readonly MemoryLayer[], calls: readonly Call[]) {
  const outcomes: unknown[] = [];
  const stacks: MemoryLayer[][] = [];
  const lowers = layers.slice(1).map((_layer, i) => `/layers/${i + 1}`);
  const { host, run } = testHost(
    {
      *mounted() {
        yield* sys.umask(0);
        const options = `lowerdir=${lowers.join(':')},upperdir=/layers/0,workdir=/work`;
        yield* sys.mount('overlay', '/merged', 'overlay', 0, options);
        for (const call of calls) {
          stacks.push(layers.map((_layer, i) => copyOf(i)));
          try {
            outcomes.push({ value: yield* perform(call) });
          } catch (error) {
            if (!isOsError(error)) throw error;
            outcomes.push({ error: error.code });
          }
        }
        stacks.push(layers.map((_layer, i) => copyOf(i)));
        return 0;
      },
    },
    { files: treeOf(layers) },
  );
  const copyOf = (index: number): MemoryLayer => {
    const layer = new DirectoryLayer(host.view.locate(`/layers/${index}`)!.dentry.inode);
    const entries: [string, Entry][] = [];
    const walk = (path: string) => {
      const entry = layer.get(path)!;
      entries.push([path, entry]);
      if (entry.kind === 'dir') for (const name of layer.list(path)) walk(childOf(path, name));
    };
    walk('/');
    return new MemoryLayer(entries);
  };
  const { output, state } = run(['/usr/bin/mounted']);
  expect({ output, state }).toEqual({ output: '', state: { kind: 'exited', code: 0 } });
  return { outcomes, stacks };
}

/** What the kernel answers to a look-up tells the kind alone. */
function visible(outcome: { value: unknown } | { error: string }, call: Call): unknown {
  if (call.name !== 'lookup' || !('value' in outcome)) return outcome;
  return { value: (outcome.value as Seen).kind };
}

function agree(tried: Case): void {
  const layers = layersOf(tried);
  const { outcomes, stacks } = onHost(layers, tried.calls);
  for (const [i, call] of tried.calls.entries()) {
    const { outcome, view } = expected(stacks[i]!, call);
    const absent = call.name === 'lookup' && 'value' in outcome && outcome.value === null;
    if (absent)
      expect(outcomes[i], `${i}: ${JSON.stringify(call)}`).toMatchObject({ error: /ENOENT|ENOTDIR/ });
    else expect(outcomes[i], `${i}: ${JSON.stringify(call)}`).toEqual(visible(outcome, call));
    const after = new Map([...viewOf(stacks[i + 1]!)].sort());
    expect(after, `seen after ${i}: ${JSON.stringify(call)}`).toEqual(new Map([...view].sort()));
    for (let lower = 1; lower < layers.length; lower++)
      expect(stacks[i + 1]![lower]!.entries).toEqual(stacks[i]![lower]!.entries);
  }
}

const names = Object.keys(EXAMPLES) as CallName[];

describe.each(names)('%s', (name) => {
  test('the worked examples', () => {
    for (const example of EXAMPLES[name]) agree(example);
  });

  test.each(['a', 'b', 'c'])('all that a call can meet, seed %s', (seed) => {
    for (const tried of situationCases(Random.fromSeed(`${name}/${seed}`), [name])) agree(tried);
  });

  test.each(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'])('random cases, seed %s', (seed) => {
    const random = Random.fromSeed(`${name}/${seed}`);
    for (let i = 0; i < 4; i++) agree(randomCase(random, i % 2 === 0 ? [name] : names));
  });
});
