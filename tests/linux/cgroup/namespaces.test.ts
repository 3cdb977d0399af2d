/** Cgroup namespaces, and memory that is hard to have, against what a real kernel did with the same lines. */
import { expect, test } from 'vitest';
import { recordedParts, simulatedParts } from '../../support/cgroupTranscripts.ts';

const recorded = recordedParts('namespaces');
const simulated = simulatedParts(recorded);

test.each(recorded.map(({ title, text }, i) => [title, text, i] as const))('%s', (title, text, i) => {
  expect(simulated[i]?.title).toBe(title);
  expect(simulated[i]!.text).toBe(text);
});
