/**
 * Shell snippets do here what bash 5.2 does: output, messages and exit status. With RECORD_SNIPPETS set, on a machine with bash
 * 5.2, the recording is made anew first.
 */
import { describe, expect, test } from 'vitest';
import {
  machineBash,
  record,
  recordedResults,
  runInBash,
  runInOurs,
  snippetsOf,
  shellTopics as topics,
} from '../support/shellSnippets.ts';

if (process.env.RECORD_SNIPPETS !== undefined && machineBash() === '5.2')
  for (const topic of topics) record(topic);

describe.each(topics)('%s', (topic) => {
  const recorded = recordedResults(topic);
  test.each(snippetsOf(topic))('%s', (snippet) => {
    expect(recorded[snippet], 'recorded: run once with RECORD_SNIPPETS=1').toBeDefined();
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
