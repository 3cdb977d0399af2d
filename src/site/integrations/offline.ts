/** Makes the book work without a network: after the build it writes `sw.js`, which keeps every file of it (offline/worker.ts). */
import { createHash } from 'node:crypto';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AstroIntegration } from 'astro';
import { stripTypes } from '../../sandbox/stripTypes.ts';

const WORKER = new URL('../offline/worker.ts', import.meta.url);
const REGISTRATION = new URL('../scripts/offline.ts', import.meta.url);

/** The worker itself; the page for wrong addresses, which only a server shows; what the search brings along for pages that are made otherwise. */
const LEFT_OUT =
  /^(sw\.js|404\.html|pagefind\/(pagefind-(ui|modular-ui|component-ui|highlight)\.|wasm\.unknown))/;

/** Writes the service worker of the built book in the folder `root`; returns how many files, of how many bytes, it will keep. */
export async function writeServiceWorker(root: string): Promise<{ files: number; bytes: number }> {
  const digests: Record<string, string> = {};
  let bytes = 0;
  const names = (await readdir(root, { recursive: true })).map((name) => name.replaceAll(path.sep, '/'));
  for (const name of names.filter((found) => !LEFT_OUT.test(found)).sort()) {
    const file = path.join(root, name);
    if (!(await stat(file)).isFile()) continue;
    const content = await readFile(file);
    bytes += content.length;
    digests[name.replace(/(^|\/)index\.html$/, '$1')] = createHash('sha256').update(content).digest('base64');
  }
  const stripped = stripTypes(await readFile(WORKER, 'utf8'), 'worker.ts');
  if (!stripped.ok) throw new Error('offline/worker.ts cannot be read');
  const script = stripped.code.replace('export function', 'function');
  await writeFile(path.join(root, 'sw.js'), `${script}\nkeepBook(self, ${JSON.stringify(digests)});\n`);
  return { files: Object.keys(digests).length, bytes };
}

/** Must stand last: it keeps what the others have written. */
export function offline(): AstroIntegration {
  return {
    name: 'virtbook-offline',
    hooks: {
      'astro:config:setup': ({ injectScript }) =>
        injectScript('page', `import ${JSON.stringify(fileURLToPath(REGISTRATION))};`),
      'astro:build:done': async ({ dir, logger }) => {
        const { files, bytes } = await writeServiceWorker(fileURLToPath(dir));
        logger.info(`${files} files (${(bytes / 1e6).toFixed(1)} MB) are kept for reading without a network`);
      },
    },
  };
}
