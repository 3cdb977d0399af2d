/** Random trees and operations, and how they are tried: on a simulated host, and where the machine lets us, on its own kernel. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { type FileSpec, type FileTree, sys } from '../../src/linux/index.ts';
import {
  anyOperation,
  type Operation,
  type Outcome,
  performAll,
  type Seen,
  type Tree,
  treeBelow,
} from './fsOperations.ts';
import { testHost } from './linuxHost.ts';
import { settled } from './overlayModel.ts';

export interface FsCase {
  /** One: a directory. More: an overlay, the upper layer first, then the lowers from the top. */
  readonly layers: readonly Tree[];
  readonly operations: readonly Operation[];
}

export interface FsResult {
  readonly outcomes: readonly Outcome[];
  /** All that is seen afterwards. */
  readonly seen: Tree;
  /** What is in each layer afterwards. */
  readonly layers: readonly Tree[];
}

const root: Seen = { type: 'dir', mode: 0o755, uid: 0 };

/** Depth-first random files; `special` adds whiteouts and opaque directories. */
function anyTree(special: boolean): fc.Arbitrary<Tree> {
  const entry = fc.oneof(
    { weight: 3, arbitrary: fc.constant('nothing' as const) },
    { weight: 3, arbitrary: fc.constant('file' as const) },
    { weight: 1, arbitrary: fc.constant('symlink' as const) },
    { weight: 4, arbitrary: fc.constant('dir' as const) },
    ...(special
      ? [
          { weight: 1, arbitrary: fc.constant('whiteout' as const) },
          { weight: 1, arbitrary: fc.constant('opaque' as const) },
        ]
      : []),
  );
  return fc
    .record({
      kinds: fc.array(entry, { minLength: 20, maxLength: 39 }),
      modes: fc.array(fc.constantFrom(0o755, 0o700, 0o644), { minLength: 5, maxLength: 5 }),
      tag: fc.constantFrom('one', 'two', 'three'),
    })
    .map(({ kinds, modes, tag }) => {
      const tree: Record<string, Seen> = { '/': root };
      let next = 0;
      const fill = (path: string, depth: number) => {
        for (const name of ['a', 'b', 'c']) {
          const kind = kinds[next++] ?? 'nothing';
          const child = `${path}/${name}`;
          const base = { mode: modes[next % 5]!, uid: next % 7 === 0 ? 1000 : 0 };
          if (kind === 'file') tree[child] = { type: 'file', ...base, text: `${tag} ${child}` };
          else if (kind === 'symlink') tree[child] = { type: 'symlink', ...base, mode: 0o777, target: 'a' };
          else if (kind === 'whiteout') tree[child] = { type: 'whiteout', mode: 0, uid: 0 };
          else if (kind !== 'nothing') {
            tree[child] = { type: 'dir', ...base, ...(kind === 'opaque' && { opaque: true }) };
            if (depth < 3) fill(child, depth + 1);
          }
        }
      };
      fill('', 1);
      return tree;
    });
}

const operations = fc.array(anyOperation(), { minLength: 1, maxLength: 25 });

/** Operations on a directory that holds something. */
export const directoryCase: fc.Arbitrary<FsCase> = fc.record({
  layers: anyTree(false).map((tree) => [tree]),
  operations,
});

/** Operations on an overlay of an upper and one to three lower layers. */
export const overlayCase: fc.Arbitrary<FsCase> = fc.record({
  layers: fc
    .tuple(
      fc.oneof(fc.constant<Tree>({ '/': root }), anyTree(true)),
      fc.array(anyTree(true), { minLength: 1, maxLength: 3 }),
    )
    .map(([upper, lowers]) => settled([upper, ...lowers])),
  operations,
});

function specOf(seen: Seen): FileSpec {
  const owner = { uid: seen.uid, gid: seen.uid };
  switch (seen.type) {
    case 'whiteout':
      return { type: 'chr', rdev: { major: 0, minor: 0 }, mode: 0 };
    case 'symlink':
      return { target: seen.target!, ...owner };
    case 'file':
      return { content: seen.text!, mode: seen.mode, ...owner };
    case 'dir':
      return {
        type: 'dir',
        mode: seen.mode,
        ...owner,
        ...(seen.opaque && { xattrs: { 'trusted.overlay.opaque': 'y' } }),
      };
  }
}

/** Does a case on a simulated host. */
export function onSimulatedHost({ layers, operations: list }: FsCase): FsResult {
  const files: Record<string, FileSpec> = { '/work': { type: 'dir' }, '/merged': { type: 'dir' } };
  for (const [i, tree] of layers.entries())
    for (const [path, seen] of Object.entries(tree))
      files[`/layers/${i}${path === '/' ? '' : path}`] = specOf(seen);
  const where = layers.map((_layer, i) => `/layers/${i}`);
  let result: FsResult | null = null;
  const { run } = testHost(
    {
      *tried() {
        yield* sys.umask(0);
        const at = layers.length > 1 ? '/merged' : where[0]!;
        const options = `lowerdir=${where.slice(1).join(':')},upperdir=${where[0]},workdir=/work`;
        if (layers.length > 1) yield* sys.mount('overlay', at, 'overlay', 0, options);
        const outcomes = yield* performAll(at, list);
        const seen = yield* treeBelow(at);
        const after: Tree[] = [];
        for (const each of where) after.push(yield* treeBelow(each));
        result = { outcomes, seen, layers: after };
        return 0;
      },
    },
    { files: files as FileTree },
  );
  const ended = run(['/usr/bin/tried']);
  if (result === null) throw new Error(`the host could not do it: ${JSON.stringify(ended)}`);
  return result;
}

/** Does cases on the machine's own kernel; a reason when it does not let us. */
export function onRealKernel(cases: readonly FsCase[]): readonly FsResult[] | string {
  const script = join(import.meta.dirname, 'realFs.py');
  const { status, stdout, stderr, error } = spawnSync('unshare', ['-m', 'python3', script], {
    input: JSON.stringify(cases),
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (error !== undefined) return error.message;
  return status === 0 ? JSON.parse(stdout) : stderr.trim().split('\n').slice(-1).join('');
}
