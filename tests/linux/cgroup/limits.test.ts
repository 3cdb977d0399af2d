/** cpu.* files, nice values and resource limits against what a real kernel did with the same lines. */
import { expect, test } from 'vitest';
import { recordedParts, simulatedParts } from '../../support/cgroupTranscripts.ts';

const recorded = recordedParts('limits');
const simulated = simulatedParts(recorded);

test.each(recorded.map(({ title, text }, i) => [title, text, i] as const))('%s', (title, text, i) => {
  expect(simulated[i]?.title).toBe(title);
  expect(simulated[i]!.text).toBe(text);
});
