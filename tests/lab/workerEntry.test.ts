/** The world's worker begins once, however often its script is run. */
import { afterEach, expect, test, vi } from 'vitest';

const serve = vi.hoisted(() => vi.fn());
vi.mock('../../src/lab/worker/serve.ts', () => ({ serve }));

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

test('a script that is run once more, as WebKit does, makes no second world', async () => {
  const said: unknown[] = [];
  const listening = new Set<unknown>();
  vi.stubGlobal('name', 'virtbook-world:no-such-exercise:4ca8');
  vi.stubGlobal('virtbookBegun', undefined);
  vi.stubGlobal('postMessage', (data: unknown) => said.push(data));
  vi.stubGlobal('addEventListener', (_: string, listener: unknown) => listening.add(listener));
  vi.stubGlobal('removeEventListener', (_: string, listener: unknown) => listening.delete(listener));
  vi.stubGlobal('reportError', (error: unknown) => said.push(error));
  for (let run = 0; run < 2; run++) {
    vi.resetModules();
    await import('../../src/lab/worker/host.ts');
  }
  await expect.poll(() => listening.size).toBe(0);
  expect(said).toEqual(['alive']);
  expect(serve.mock.calls).toMatchObject([[{ named: 'no-such-exercise', seed: '4ca8' }]]);
});
