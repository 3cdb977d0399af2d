/**
 * The Vite plugin that gives a starter's code without its types, by `?stripped`: a page that opens an exercise runs the starter at once, and
 * needs the parser that takes types away only when the learner has changed it. Used by astro.config.mjs; imports nothing from Node.
 */
import { assert } from '../../base/index.ts';
import { stripTypes } from '../../sandbox/stripTypes.ts';

/** A Vite plugin (typed structurally, so that the lab does not depend on Vite's own types). */
export function strippedStarters() {
  return {
    name: 'virtbook-stripped',
    enforce: 'pre' as const,
    transform: {
      filter: { id: /\?stripped$/ },
      handler(source: string, id: string) {
        const file = id.replace(/\?stripped$/, '').replace(/.*\/starter\//, '');
        const stripped = stripTypes(source, file);
        assert(stripped.ok, `${id}: a starter has to be code that can be read`);
        return { code: `export default ${JSON.stringify(stripped.code)};`, map: null };
      },
    },
  };
}
