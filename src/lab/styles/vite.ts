/**
 * The Vite plugin that keeps the lab's styles out of reading pages.
 *
 * Monaco imports about a hundred CSS files from its modules, and a bundler links the CSS of everything a page may import later,
 * lazily or not, into the page. Here each such import becomes a script module instead: it takes the CSS as text (`?inline`, so that
 * the bundler still minifies it and finds the icon font) and hands it to `attachStyle`, which makes a constructed style sheet
 * when, and only when, the editor is loaded. Used by astro.config.mjs; imports nothing from Node.
 */

interface ResolveContext {
  resolve(
    source: string,
    importer: string | undefined,
    options: { skipSelf: boolean },
  ): Promise<{ id: string } | null>;
}

const PREFIX = '\0virtbook-style:';
/** The suffix keeps the bundler's own CSS plugins, which look at the end of an id, away from the script module. */
const SUFFIX = '.mjs';
const LAB_PACKAGES = /[\\/]node_modules[\\/](?:monaco-editor|@xterm)[\\/]/;

/** What the development server must bundle before the first visit, or it reloads the page when the lab is first opened. */
const LAB_DEPENDENCIES = [
  '@xterm/xterm',
  '@xterm/addon-clipboard',
  '@xterm/addon-fit',
  '@xterm/addon-search',
  '@xterm/addon-web-links',
  'comlink',
  'idb',
  'monaco-editor/editor',
  'monaco-editor/features/register.all',
  'monaco-editor/languages/definitions/dockerfile/register',
  'monaco-editor/languages/definitions/javascript/register',
  'monaco-editor/languages/definitions/shell/register',
  'monaco-editor/languages/definitions/typescript/register',
  'monaco-editor/languages/definitions/xml/register',
  'monaco-editor/languages/definitions/yaml/register',
  'monaco-editor/languages/features/typescript/register',
  // What the worker and the figures stand on.
  '@jitl/quickjs-wasmfile-release-sync',
  '@noble/hashes/legacy.js',
  '@noble/hashes/sha2.js',
  '@noble/hashes/utils.js',
  '@sveltejs/acorn-typescript',
  'acorn',
  'canonicalize',
  'diff',
  'fflate',
  'quickjs-emscripten-core',
];

/** A Vite plugin (typed structurally, so that the lab does not depend on Vite's own types). */
export function labVite() {
  const attach = new URL('./attach.ts', import.meta.url).pathname;
  return {
    name: 'virtbook-lab',
    enforce: 'pre' as const,
    config: () => ({
      optimizeDeps: { include: LAB_DEPENDENCIES },
      worker: { format: 'es' as const },
    }),
    resolveId: {
      // With a filter the bundler asks for style sheets only, and not for each of its thousands of modules.
      filter: { id: /\.css$/ },
      async handler(this: ResolveContext, source: string, importer: string | undefined) {
        const resolved = await this.resolve(source, importer, { skipSelf: true });
        if (!resolved || !LAB_PACKAGES.test(resolved.id)) return null;
        return PREFIX + resolved.id + SUFFIX;
      },
    },
    load(id: string) {
      if (!id.startsWith(PREFIX)) return null;
      const css = id.slice(PREFIX.length, -SUFFIX.length);
      return `import css from ${JSON.stringify(`${css}?inline`)};
import { attachStyle } from ${JSON.stringify(attach)};
attachStyle(${JSON.stringify(css.replace(/.*node_modules[\\/]/, ''))}, css);`;
    },
  };
}
