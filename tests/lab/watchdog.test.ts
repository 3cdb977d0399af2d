import { describe, expect, test } from 'vitest';
import { LOOK_INTERVAL, Watchdog } from '../../src/lab/worker/watchdog.ts';
import { settled } from '../support/labClock.ts';

function watched(limit: number) {
  const heard: string[] = [];
  const answers: (() => void)[] = [];
  const dog = new Watchdog({
    ping: () => new Promise<void>((resolve) => answers.push(resolve)),
    limit: () => limit,
    onSlow: (waited) => heard.push(`slow ${waited}`),
    onStuck: (waited) => heard.push(`stuck ${waited}`),
  });
  const look = (times: number) => {
    for (let n = 0; n < times; n += 1) dog.look();
  };
  return { dog, heard, answers, look };
}

describe('the watchdog', () => {
  test('says nothing of a worker that answers', async () => {
    const { heard, answers, look } = watched(2000);
    for (let n = 0; n < 40; n += 1) {
      look(1);
      answers.shift()?.();
      await settled();
    }
    expect(heard).toEqual([]);
  });

  test('tells a slow worker first, and a stuck one once, at the limit', () => {
    const { heard, look } = watched(2000);
    look(1 + 2000 / LOOK_INTERVAL);
    expect(heard.at(0)).toBe('slow 1000');
    expect(heard.at(-1)).toBe('stuck 2000');
    expect(heard.filter((text) => text.startsWith('stuck'))).toHaveLength(1);
  });

  test('begins again when the answer comes late', async () => {
    const { heard, answers, look } = watched(2000);
    look(6);
    answers.shift()?.();
    await settled();
    heard.length = 0;
    look(4);
    expect(heard).toEqual([]);
  });

  test('does not mistake the old worker’s late answer for the new one’s', async () => {
    const { dog, heard, answers, look } = watched(1500);
    look(3);
    dog.reset();
    look(1);
    answers.shift()?.();
    await settled();
    look(6);
    expect(heard.at(-1)).toBe('stuck 1500');
  });
});
