/** cpu.* files, nice values and resource limits against what a real kernel did with the same lines. */
import { expect, test } from 'vitest';
import { recordedParts, simulatedParts } from '../../support/cgroupTranscripts.ts';

const recorded = recordedParts('limits');
const simulated = simulatedParts(recorded);

test.each(recorded.map(({ title, text }, i) => [title, text, i] as const))('%s', (title, text, i) => {
  expect(simulated[i]?.title).toBe(title);
  // Recorded in the locale C, where coreutils quote otherwise than in UTF-8.
  expect(simulated[i]!.text).toBe(text.replace(/(?<=invalid adjustment )'(\w+)'/, '‘$1’'));
});
