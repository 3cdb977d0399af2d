/** `virtbook registry` with podman, where it is installed. Nothing is run by it: its storage alone is used, in a folder of the test's. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeLayer } from '../../src/oci/index.ts';
import { fastDirectory, hasTool } from '../support/diskTools.ts';
import { localPodman, type Podman, runTool } from '../support/localPodman.ts';
import { imageLayout } from '../support/registryClient.ts';
import { type RegistryHere, registryHere } from '../support/registryHere.ts';

describe.skipIf(!hasTool('podman'))('podman', () => {
  let folder: string;
  let podman: Podman;
  let served: RegistryHere | null;

  beforeEach(() => {
    folder = mkdtempSync(join(fastDirectory(), 'virtbook-podman-'));
    podman = localPodman(folder);
    served = null;
  });

  afterEach(() => {
    served?.close();
    rmSync(folder, { recursive: true });
  });

  async function start(...options: Parameters<typeof registryHere>): Promise<string> {
    served = await registryHere(...options);
    return served.address;
  }

  /** An image of podman's own making; its id. */
  async function make(): Promise<string> {
    const layer = join(folder, 'layer.tar');
    writeFileSync(layer, Buffer.from(makeLayer({ '/srv/page': 'the page\n' }).tar));
    return (await podman('import', layer)).stdout.trim();
  }

  const registry = (command: string, ...args: string[]) => podman(command, '--tls-verify=false', ...args);
  const rows = (text: string) => text.split('\n').map((line) => line.trim().split(/\s+/).join(' '));
  const done = { status: 0 };

  test.skipIf(!hasTool('skopeo'))(
    'takes an image out, and puts it into another repository, with its digest unchanged',
    async () => {
      const address = await start();
      const layout = join(folder, 'layout');
      for (const [name, bytes] of Object.entries(imageLayout().files)) {
        mkdirSync(dirname(join(layout, name)), { recursive: true });
        writeFileSync(join(layout, name), bytes);
      }
      const { digest } = imageLayout().image;
      const there = `${address}/book/hello:v1`;
      const copied = await runTool('skopeo', [
        ...['--insecure-policy', 'copy', '--preserve-digests', '--dest-tls-verify=false'],
        ...[`oci:${layout}:latest`, `docker://${there}`],
      ]);
      expect(copied).toMatchObject(done);
      expect(await registry('pull', there)).toMatchObject(done);
      expect((await podman('image', 'inspect', '--format', '{{.Digest}}', there)).stdout).toBe(`${digest}\n`);
      const digestFile = join(folder, 'digest');
      const pushed = await registry('push', '--digestfile', digestFile, there, `${address}/other/hello:v2`);
      expect(pushed).toMatchObject(done);
      expect(readFileSync(digestFile, 'utf8')).toBe(digest);
      expect(await podman('rmi', '--all')).toMatchObject(done);
      expect(await registry('pull', `${address}/other/hello@${digest}`)).toMatchObject(done);
      expect(rows((await registry('search', `${address}/hello`)).stdout)).toEqual([
        'NAME DESCRIPTION',
        `${address}/book/hello`,
        `${address}/other/hello`,
        '',
      ]);
      expect(rows((await registry('search', '--list-tags', `${address}/other/hello`)).stdout)).toEqual([
        'NAME TAG',
        `${address}/other/hello v2`,
        '',
      ]);
      expect((await registry('pull', `${address}/book/hello:v9`)).stderr).toContain('manifest unknown');
    },
  );

  test('pushes what it has made itself, in either format, and pulls it again', async () => {
    const address = await start([], { data: join(folder, 'data') });
    const id = await make();
    for (const format of ['oci', 'v2s2'])
      expect(await registry('push', '--format', format, id, `${address}/made:${format}`)).toMatchObject(done);
    expect(await podman('rmi', '--all', '--force')).toMatchObject(done);
    expect(await registry('pull', `${address}/made:oci`)).toMatchObject(done);
    expect((await podman('images', '--quiet', '--no-trunc')).stdout.trim()).toBe(id);
    expect(await registry('pull', `${address}/made:v2s2`)).toMatchObject(done);
  });

  test('logs in for a token, and pushes with it', async () => {
    const address = await start(['ann:secret'], { anonymousPull: true });
    const id = await make();
    const there = `${address}/book/hello:v1`;
    const login = (password: string) => registry('login', '--username=ann', '--password', password, address);
    expect((await login('wrong')).stderr).toContain('invalid username/password');
    expect((await registry('push', id, there)).stderr).toContain('authentication required');
    expect((await login('secret')).stdout).toBe('Login Succeeded!\n');
    expect(await registry('push', id, there)).toMatchObject(done);
    expect(await podman('logout', address)).toMatchObject(done);
    expect(await registry('pull', there)).toMatchObject(done);
    expect((await registry('push', id, there)).status).not.toBe(0);
  });
});
