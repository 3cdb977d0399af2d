/**
 * An overlay is used like a directory that holds what its layers show together. Random operations on both, on any machine; the real
 * kernel is asked in realKernel.test.ts.
 */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type FsCase, onSimulatedHost, overlayCase } from '../../support/fsCases.ts';
import { merged } from '../../support/overlayModel.ts';

/** The one thing a program can tell an overlay by: it does not move directories that lower layers have a part in (EXDEV). */
function untilCrossing(tried: FsCase): FsCase {
  const { outcomes } = onSimulatedHost(tried);
  const crossing = outcomes.findIndex((outcome) => 'error' in outcome && outcome.error === 'EXDEV');
  return crossing < 0 ? tried : { ...tried, operations: tried.operations.slice(0, crossing) };
}

/** `links` of a file in a layer counts the names there, which is no matter of what is seen. */
function withoutLinks(tree: FsCase['layers'][number]) {
  return Object.fromEntries(Object.entries(tree).map(([path, { links: _, ...seen }]) => [path, seen]));
}

const seed = Number(process.env.FS_SEED ?? 7);
const numRuns = Number(process.env.FS_RUNS ?? 150);

test('does what a directory with the same files does', { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(overlayCase, (drawn) => {
      const tried = untilCrossing(drawn);
      const overlay = onSimulatedHost(tried);
      const directory = onSimulatedHost({ ...tried, layers: [merged(tried.layers)] });
      expect(overlay.outcomes).toEqual(directory.outcomes);
      expect(overlay.seen).toEqual(directory.seen);
    }),
    { seed, numRuns },
  );
});

test('shows what the model sees in its layers, and never changes the lower ones', { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(overlayCase, (tried) => {
      const { seen, layers } = onSimulatedHost(tried);
      expect(withoutLinks(seen)).toEqual(withoutLinks(merged(layers)));
      expect(layers.slice(1).map(withoutLinks)).toEqual(tried.layers.slice(1).map(withoutLinks));
    }),
    { seed, numRuns },
  );
});
