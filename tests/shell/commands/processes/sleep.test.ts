/** How long sleep and timeout take, on the host's clock. */
import { expect, test } from 'vitest';
import { commandHost } from '../../../support/commandHost.ts';

test.each([
  ['sleep 1.5 1s', 2500],
  ['sleep .25', 250],
  ['timeout 2 sleep infinity', 2000],
  ['timeout 1 sleep 999999999d', 1000],
  ['timeout 0.5m sleep inf', 30_000],
  ['sleep infinity & sleep 1; kill $!', 1000],
])('%s', (line, milliseconds) => {
  const { command, events } = commandHost();
  const before = events.now;
  command(line);
  expect(Math.round((events.now - before) / 1e6 / 50) * 50).toBe(milliseconds);
});
