/**
 * The Vite plugin that gives what an exercise's folder has, as one module, by `exercise.ts?files`: a page that opens the exercise fetches one
 * script for it; one for each file took a worker longer to ask for than to read. By `?stripped` it gives a starter's code without its types.
 * Used by astro.config.mjs and the unit tests; imports nothing from Node.
 */
import { assert } from '../../base/index.ts';
import { stripTypes } from '../../sandbox/stripTypes.ts';

/** Vite's own plugin puts the files in. */
const FILES = `
const texts = import.meta.glob(['./*.ts', './starter/**'], { query: '?raw', import: 'default', eager: true });
const stripped = import.meta.glob('./starter/**/*.ts', { query: '?stripped', import: 'default', eager: true });
export default { texts, stripped };
`;

/** A Vite plugin (typed structurally, so that the lab does not depend on Vite's own types). */
export function exerciseFolders() {
  return {
    name: 'virtbook-exercise-folders',
    enforce: 'pre' as const,
    transform: {
      filter: { id: /\?(files|stripped)$/ },
      handler(source: string, id: string) {
        return { code: id.endsWith('?files') ? FILES : strippedModule(source, id), map: null };
      },
    },
  };
}

/** A starter's code without its types: a page runs it at once, and needs the parser that takes types away only when the learner has changed it. */
function strippedModule(source: string, id: string): string {
  const file = id.replace(/\?stripped$/, '').replace(/.*\/starter\//, '');
  const stripped = stripTypes(source, file);
  assert(stripped.ok, `${id}: a starter has to be code that can be read`);
  return `export default ${JSON.stringify(stripped.code)};`;
}
