/**
 * Every exercise's world is built with no more code than a page has when it builds it: the commands of the later part are not loaded then,
 * and a setup that waits for one of them waits for ever. Node, which has them all, does not show that.
 */
import { readdirSync } from 'node:fs';
import { expect, test, vi } from 'vitest';

// The tests' set-up has loaded all commands: here the modules are loaded once more, without it.
vi.resetModules();
const { loadExercise } = await import('../../src/lab/worker/catalogue.ts');
const { providedNames } = await import('../../src/shell/commands/later.ts');

const exercises = readdirSync(new URL('../../content/exercises', import.meta.url));

test.each(exercises)('%s', async (id) => {
  const { start, description } = await loadExercise(id);
  const outputs: string[] = [];
  const session = await start({
    seed: 'page',
    onOutput: (_, bytes) => outputs.push(new TextDecoder().decode(bytes)),
    onProgress: () => {},
  });
  session.openTerminal(description('page').hosts[0]!, { rows: 24, cols: 80 });
  session.advance(100_000_000);
  expect(outputs.join('')).toMatch(/\$ $/);
  expect(providedNames()).not.toContain('awk');
});
