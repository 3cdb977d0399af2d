/** Writes what the machine's bash 5.2 does with the snippets beside them: `node tests/shell/recordSnippets.ts`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { machineBash, runInBash, snippetsOf, topics } from '../support/shellSnippets.ts';

if (machineBash() !== '5.2') throw new Error(`needs bash 5.2, found ${machineBash() ?? 'none'}`);
for (const topic of topics) {
  const results = Object.fromEntries(snippetsOf(topic).map((snippet) => [snippet, runInBash(snippet)]));
  writeFileSync(
    join(import.meta.dirname, 'snippets', `${topic}.json`),
    `${JSON.stringify(results, null, 1)}\n`,
  );
}
