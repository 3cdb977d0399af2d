/** What is left of worlds that are over: V8's collections of young objects have to be enough, for full ones are rare. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const script = fileURLToPath(new URL('../support/forgottenWorlds.ts', import.meta.url));
/** Some 150 KB are code and what V8 learns of it; one closure that is old from the start keeps the whole world, more than a megabyte. */
const MOST = 500_000;

test('a session that is over is not kept until the next full collection', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--expose-gc',
    '--no-allocation-site-pretenuring',
    script,
  ]);
  expect(Number(stdout)).toBeLessThan(MOST);
});
