/**
 * Namespaces, users and capabilities are here what they are in Linux: the same command lines give the same. A topic is a file of command
 * lines in snippets/; `RECORD_NAMESPACES=user,mount` records the named ones anew with the machine's own kernel (as root).
 */
import { describe, expect, test } from 'vitest';
import {
  canRunReal,
  record,
  recordedOf,
  runReal,
  runSimulated,
  snippetsOf,
  topics,
} from '../../support/namespaceSnippets.ts';

for (const topic of (process.env.RECORD_NAMESPACES ?? '').split(',')) if (topic !== '') record(topic);

describe.each(topics)('%s', (topic) => {
  const recorded = recordedOf(topic);
  test.each(snippetsOf(topic))('%s', (snippet) => {
    expect(recorded[snippet], `recorded: run once with RECORD_NAMESPACES=${topic}`).toBeDefined();
    expect(runSimulated(snippet)).toEqual(recorded[snippet]);
  });

  /** One in seven, so that a recording that has become untrue is noticed without running all of them each time. */
  test.skipIf(!canRunReal())("the recording is what the machine's kernel does", { timeout: 60_000 }, () => {
    for (const [i, snippet] of snippetsOf(topic).entries())
      if (i % 7 === 0) expect({ snippet, ...runReal(snippet) }).toEqual({ snippet, ...recorded[snippet] });
  });
});
