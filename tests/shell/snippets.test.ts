/** Shell snippets do here what bash 5.2 does: output, messages and exit status. */
import { describe, expect, test } from 'vitest';
import {
  machineBash,
  recordedResults,
  runInBash,
  runInOurs,
  snippetsOf,
  topics,
} from '../support/shellSnippets.ts';

describe.each(topics)('%s', (topic) => {
  const recorded = recordedResults(topic);
  test.each(snippetsOf(topic))('%s', (snippet) => {
    expect(recorded[snippet], 'recorded: run tests/shell/recordSnippets.ts').toBeDefined();
    expect(runInOurs(snippet)).toEqual(recorded[snippet]);
  });
});

/** One in seven, so that a recording that has become untrue is noticed without running all of them each time. */
describe.skipIf(machineBash() !== '5.2')('the recording is what the machine bash 5.2 does', () => {
  test.each(topics)('%s', { timeout: 120_000 }, (topic) => {
    const recorded = recordedResults(topic);
    for (const snippet of snippetsOf(topic).filter((_snippet, i) => i % 7 === 0)) {
      expect(runInBash(snippet), snippet).toEqual(recorded[snippet]);
    }
  });
});
