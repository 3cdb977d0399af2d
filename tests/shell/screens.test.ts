/**
 * Programs that fill the screen show, key by key, what the real ones were seen to show. `RECORD_SCREENS=less` records a topic anew
 * on a terminal of this machine.
 */
import { describe, expect, test } from 'vitest';
import {
  comparable,
  recordedScreens,
  recordScreens,
  runCase,
  runReally,
  screenTopic,
} from '../support/screenCases.ts';
import { files } from '../support/screenFiles.ts';
import { machineVersion } from '../support/shellSnippets.ts';

const versions: Readonly<Record<string, string>> = {
  less: 'less 590 (GNU regular expressions)',
  nano: ' GNU nano, version 7.2',
};

const topics = Object.keys(versions);

for (const topic of (process.env.RECORD_SCREENS ?? '').split(',')) {
  if (topic !== '') await recordScreens(topic, screenTopic(topic, files));
}

describe.each(topics)('%s', (topic) => {
  const recorded = recordedScreens(topic);
  const cases = screenTopic(topic, files);
  /** A few, so that a recording that has become untrue is noticed. They mostly wait: all at once, and while ours are run. */
  const few = cases.filter((_, i) => i % 10 === 0);
  const same = machineVersion(topic) === versions[topic];
  const really = same ? Promise.all(few.map(runReally)) : null;
  really?.catch(() => {});

  test.each(cases)('$name', (one) => {
    expect(recorded[one.name], `recorded: run once with RECORD_SCREENS=${topic}`).toBeDefined();
    expect(comparable(topic, runCase(one))).toEqual(comparable(topic, recorded[one.name]!));
  });

  test.skipIf(!same)("the recording is what the machine's program shows", { timeout: 120_000 }, async () => {
    const shown = await really!;
    for (const [i, one] of few.entries()) expect(shown[i], one.name).toEqual(recorded[one.name]);
  });
});
