/** A server of the built book that can fall silent, and on which another build can be deployed. */
import { once } from 'node:events';
import { cpSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { writeServiceWorker } from '../../src/site/integrations/offline.ts';

const BUILT = new URL('../../dist', import.meta.url).pathname;

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
};

/** The largest script of all is none of ours; it names no other, and stays the same from build to build. */
const isOurs = (name: string) => name.endsWith('.js') && !name.includes('ts.worker');

/** Makes of the copy of the book in `folder` what another build would be: every script has another name, every page `data-edition="2"`. */
async function makeNextEdition(folder: string): Promise<void> {
  const scripts = readdirSync(path.join(folder, '_astro')).filter(isOurs);
  const renamed = (name: string) => name.replace(/\.js$/, '-2.js');
  for (const name of scripts)
    renameSync(path.join(folder, '_astro', name), path.join(folder, '_astro', renamed(name)));
  const anyScript = new RegExp(scripts.map((name) => name.replaceAll('.', '\\.')).join('|'), 'g');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  for (const name of files.filter((found) => found.endsWith('.html') || isOurs(found))) {
    const file = path.join(folder, name);
    const text = readFileSync(file, 'utf8').replace(anyScript, renamed);
    writeFileSync(file, text.replace('<html ', '<html data-edition="2" '));
  }
  await writeServiceWorker(folder);
}

/** Its host is this machine, but by a name that a page takes for another one's. */
export async function serveBook() {
  const next = mkdtempSync(path.join(tmpdir(), 'virtbook-edition-'));
  let folder = BUILT;
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://book');
    const file = path.join(folder, pathname.endsWith('/') ? `${pathname}index.html` : pathname);
    try {
      const content = readFileSync(file);
      response
        .setHeader('Content-Type', TYPES[path.extname(file)] ?? 'application/octet-stream')
        .end(content);
    } catch {
      response.writeHead(404).end();
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://book.localhost:${port}`,
    /** Another build takes the place of the one that was served. */
    async deployNext(): Promise<void> {
      cpSync(BUILT, next, { recursive: true });
      await makeNextEdition(next);
      folder = next;
    },
    /** From now on nobody answers. */
    async stop(): Promise<void> {
      if (!server.listening) return;
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await this.stop();
      rmSync(next, { recursive: true });
    },
  };
}
