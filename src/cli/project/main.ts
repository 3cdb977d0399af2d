/** The project's own commands, behind the npm scripts. `bootstrap.mjs` has installed everything before this runs. */
import path from 'node:path';
import { completeLockfile } from './completeLockfile.ts';
import { test } from './test.ts';
import { ROOT, runTool } from './tools.ts';

const astro = (...args: string[]) => runTool({ package: 'astro', args });

/** A server in this terminal, also where another one runs already: it takes the next port. Astro's lock would refuse it. */
const serve = (command: 'dev' | 'preview', args: readonly string[]) =>
  astro(command, '--ignore-lock', ...args);

const commands: Record<string, (args: readonly string[]) => Promise<number>> = {
  async start(args) {
    const status = await astro('build');
    return status === 0 ? serve('preview', args) : status;
  },
  dev: (args) => serve('dev', args),
  build: (args) => astro('build', ...args),
  test,
  async bench(args) {
    const { bench } = await import('../../../tests/bench/main.ts');
    return bench(args);
  },
  async guests() {
    const { writeGuests } = await import('./guests.ts');
    writeGuests();
    return 0;
  },
  async lock() {
    const added = completeLockfile(path.join(ROOT, 'package-lock.json'));
    process.stdout.write(`${added.length} entries added${added.map((name) => `\n  ${name}`).join('')}\n`);
    return 0;
  },
};

const [name = '', ...args] = process.argv.slice(2);
const command = commands[name];
if (command === undefined) {
  process.stderr.write(`There is no command "${name}". There are: ${Object.keys(commands).join(', ')}.\n`);
  process.exitCode = 2;
} else {
  process.exitCode = await command(args);
}
