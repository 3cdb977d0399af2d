/** Durations as go-units words them: from two days on, too, in hours that are rounded first. */
import { expect, test } from 'vitest';
import { humanDuration } from '../../src/container/humanDuration.ts';

const HOUR = 3600;
const DAY = 24 * HOUR;

test.each([
  [3 * DAY - HOUR, '2 days'],
  [3 * DAY - HOUR / 2, '3 days'],
  [14 * DAY - HOUR / 2, '2 weeks'],
  [330 * DAY - HOUR, '10 months'],
  [330 * DAY - HOUR / 2, '11 months'],
  [1095 * DAY - HOUR / 2, '2 years'],
])('%d seconds', (seconds, words) => expect(humanDuration(seconds)).toBe(words));
