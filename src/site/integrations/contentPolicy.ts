/**
 * The content security policy: one `<meta>` per page, written after the build, which allows the page's own inline scripts by
 * their SHA-256 and nothing else inline (CSP Level 3, §2.3.1 "hash-source").
 */
import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AstroIntegration } from 'astro';

/** `wasm-unsafe-eval` is for the search index and the sandbox, inline styles for Starlight, the editor and the terminal. */
const directives = (scriptHashes: readonly string[]) => [
  "default-src 'none'",
  ["script-src 'self' 'wasm-unsafe-eval'", ...scriptHashes].join(' '),
  "style-src-elem 'self' 'unsafe-inline'",
  "style-src-attr 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
];

/** Scripts that a browser runs and that stand in the page itself. Data blocks (JSON and the like) do not run. */
function inlineScripts(html: string): string[] {
  const scripts: string[] = [];
  for (const [, attributes = '', body = ''] of html.matchAll(/<script\b([^>]*)>([\s\S]*?)<\/script>/g)) {
    const type = /\btype="?([^"\s>]*)/.exec(attributes)?.[1] ?? 'module';
    const runs = type === 'module' || type === 'text/javascript';
    if (runs && !/\bsrc=/.test(attributes) && body !== '') scripts.push(body);
  }
  return scripts;
}

/** The page with its policy as the first element of its head after the character set. */
export function withPolicy(html: string): string {
  const hashes = inlineScripts(html).map(
    (script) => `'sha256-${createHash('sha256').update(script).digest('base64')}'`,
  );
  const policy = directives([...new Set(hashes)].sort()).join('; ');
  const meta = `<meta http-equiv="Content-Security-Policy" content="${policy}">`;
  const charset = /<meta charset="utf-8"\s*\/?>/i.exec(html);
  if (charset === null)
    throw new Error('a page without <meta charset="utf-8">: where should its policy stand?');
  const end = charset.index + charset[0].length;
  return html.slice(0, end) + meta + html.slice(end);
}

export function contentPolicy(): AstroIntegration {
  return {
    name: 'virtbook-content-policy',
    hooks: {
      'astro:build:done': async ({ dir, logger }) => {
        const root = fileURLToPath(dir);
        const pages = (await readdir(root, { recursive: true })).filter((name) => name.endsWith('.html'));
        for (const page of pages) {
          const file = path.join(root, page);
          await writeFile(file, withPolicy(await readFile(file, 'utf8')));
        }
        logger.info(`${pages.length} pages have their policy`);
      },
    },
  };
}
