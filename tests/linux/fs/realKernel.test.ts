/** The simulated file systems and the machine's own kernel do the same with the same random operations. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  directoryCase,
  type FsCase,
  onRealKernel,
  onSimulatedHost,
  overlayCase,
} from '../../support/fsCases.ts';

const reason = onRealKernel([
  {
    layers: [{ '/': { type: 'dir', mode: 0o755, uid: 0 } }, { '/': { type: 'dir', mode: 0o755, uid: 0 } }],
    operations: [],
  },
]);
const possible = typeof reason !== 'string';
if (!possible) console.warn(`the machine's own overlayfs is not compared: ${reason}`);

/** A new set of cases each day would find more, and one that anybody can repeat finds it again: FS_SEED changes it. */
const seed = Number(process.env.FS_SEED ?? 7);
const numRuns = Number(process.env.FS_RUNS ?? 150);

/** Where ours differs, told with the operation: nothing when all is the same. */
function compare(cases: readonly FsCase[]): void {
  const real = onRealKernel(cases);
  if (typeof real === 'string') throw new Error(real);
  for (const [i, tried] of cases.entries()) {
    const ours = onSimulatedHost(tried);
    const { outcomes, seen, layers } = real[i]!;
    tried.operations.forEach((operation, step) => {
      const context = `case ${i}, step ${step}: ${JSON.stringify(operation)}\n${JSON.stringify(tried)}`;
      expect(ours.outcomes[step], context).toEqual(outcomes[step]);
    });
    expect(ours.seen, `seen after case ${i}: ${JSON.stringify(tried)}`).toEqual(seen);
    expect(ours.layers, `layers after case ${i}: ${JSON.stringify(tried)}`).toEqual(layers);
  }
}

describe.skipIf(!possible)('against the real kernel', () => {
  test('a directory', { timeout: 60_000 }, () => {
    compare(fc.sample(directoryCase, { seed, numRuns }));
  });

  test('an overlay', { timeout: 60_000 }, () => {
    compare(fc.sample(overlayCase, { seed, numRuns }));
  });
});
