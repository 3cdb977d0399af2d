/** `virtbook registry` as a process of this machine, with a folder that goes with it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fastDirectory } from './diskTools.ts';
import { imageLayout } from './registryClient.ts';

export const cli = fileURLToPath(new URL('../../src/cli/virtbook.ts', import.meta.url));

export class ServedRegistry {
  /** For its data and files of a test's own. */
  readonly folder = mkdtempSync(join(fastDirectory(), 'virtbook-registry-'));
  #server: ChildProcess | null = null;

  /** Its address, `127.0.0.1:PORT`. */
  start(...options: string[]): Promise<string> {
    const child = spawn(process.execPath, [cli, 'registry', '--port', '0', ...options]);
    this.#server = child;
    return new Promise((resolve, reject) => {
      let text = '';
      child.stdout.on('data', (bytes: Buffer) => {
        text += bytes.toString();
        const address = /^http:\/\/(.*)\/v2\/$/m.exec(text)?.[1];
        if (address !== undefined) resolve(address);
      });
      child.once('exit', (code) => reject(new Error(`it ended with ${code}: ${text}`)));
    });
  }

  async stop(): Promise<void> {
    const server = this.#server;
    if (server === null || server.exitCode !== null) return;
    const ended = new Promise((resolve) => server.once('exit', resolve));
    server.kill();
    await ended;
    this.#server = null;
  }

  /** The end of both. */
  async close(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true });
  }

  /** The project's own image as a layout on disk; its path. */
  writeLayout(): string {
    const layout = join(this.folder, 'layout');
    for (const [name, bytes] of Object.entries(imageLayout().files)) {
      mkdirSync(dirname(join(layout, name)), { recursive: true });
      writeFileSync(join(layout, name), bytes);
    }
    return layout;
  }
}
