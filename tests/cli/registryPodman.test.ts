/** `virtbook registry` with podman, where it is installed. Nothing is run by it: its storage alone is used, in a folder of the test's. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeLayer } from '../../src/oci/index.ts';
import { hasTool } from '../support/diskTools.ts';
import { imageLayout } from '../support/registryClient.ts';
import { ServedRegistry } from '../support/servedRegistry.ts';

describe.skipIf(!hasTool('podman'))('podman', () => {
  let served: ServedRegistry;
  let folder: string;

  beforeEach(() => {
    served = new ServedRegistry();
    ({ folder } = served);
    mkdirSync(join(folder, 'run'));
    writeFileSync(join(folder, 'auth.json'), '{}');
  });

  afterEach(() => served.close());

  function podman(...args: string[]) {
    const places = ['root', 'runroot', 'tmpdir'].flatMap((name) => [`--${name}`, join(folder, name)]);
    const ways = ['--storage-driver=vfs', '--events-backend=none', '--cgroup-manager=cgroupfs'];
    const env = {
      ...process.env,
      HOME: folder,
      XDG_RUNTIME_DIR: join(folder, 'run'),
      REGISTRY_AUTH_FILE: join(folder, 'auth.json'),
    };
    const { status, stdout, stderr } = spawnSync('podman', [...places, ...ways, ...args], {
      encoding: 'utf8',
      timeout: 30_000,
      env,
    });
    return { status, stdout, stderr };
  }

  /** An image of podman's own making; its id. */
  function make(): string {
    const layer = join(folder, 'layer.tar');
    writeFileSync(layer, Buffer.from(makeLayer({ '/srv/page': 'the page\n' }).tar));
    return podman('import', layer).stdout.trim();
  }

  const registry = (command: string, ...args: string[]) => podman(command, '--tls-verify=false', ...args);
  const rows = (text: string) => text.split('\n').map((line) => line.trim().split(/\s+/).join(' '));
  const done = { status: 0 };

  test.skipIf(!hasTool('skopeo'))(
    'takes an image out, and puts it into another repository, with its digest unchanged',
    async () => {
      const address = await served.start();
      const { digest } = imageLayout().image;
      const there = `${address}/book/hello:v1`;
      const copied = spawnSync('skopeo', [
        ...['--insecure-policy', 'copy', '--preserve-digests', '--dest-tls-verify=false'],
        ...[`oci:${served.writeLayout()}:latest`, `docker://${there}`],
      ]);
      expect(copied).toMatchObject(done);
      expect(registry('pull', there)).toMatchObject(done);
      expect(podman('image', 'inspect', '--format', '{{.Digest}}', there).stdout).toBe(`${digest}\n`);
      const digestFile = join(folder, 'digest');
      expect(registry('push', '--digestfile', digestFile, there, `${address}/other/hello:v2`)).toMatchObject(
        done,
      );
      expect(readFileSync(digestFile, 'utf8')).toBe(digest);
      expect(podman('rmi', '--all')).toMatchObject(done);
      expect(registry('pull', `${address}/other/hello@${digest}`)).toMatchObject(done);
      expect(rows(registry('search', `${address}/hello`).stdout)).toEqual([
        'NAME DESCRIPTION',
        `${address}/book/hello`,
        `${address}/other/hello`,
        '',
      ]);
      expect(rows(registry('search', '--list-tags', `${address}/other/hello`).stdout)).toEqual([
        'NAME TAG',
        `${address}/other/hello v2`,
        '',
      ]);
      expect(registry('pull', `${address}/book/hello:v9`).stderr).toContain('manifest unknown');
    },
  );

  test('pushes what it has made itself, in either format, and pulls it again', async () => {
    const address = await served.start('--data', join(folder, 'data'));
    const id = make();
    for (const format of ['oci', 'v2s2'])
      expect(registry('push', '--format', format, id, `${address}/made:${format}`)).toMatchObject(done);
    expect(podman('rmi', '--all', '--force')).toMatchObject(done);
    expect(registry('pull', `${address}/made:oci`)).toMatchObject(done);
    expect(podman('images', '--quiet', '--no-trunc').stdout.trim()).toBe(id);
    expect(registry('pull', `${address}/made:v2s2`)).toMatchObject(done);
  });

  test('logs in for a token, and pushes with it', async () => {
    const address = await served.start('--user', 'ann:secret', '--anonymous-pull');
    const id = make();
    const there = `${address}/book/hello:v1`;
    const login = (password: string) => registry('login', '--username=ann', '--password', password, address);
    expect(login('wrong').stderr).toContain('invalid username/password');
    expect(registry('push', id, there).stderr).toContain('authentication required');
    expect(login('secret').stdout).toBe('Login Succeeded!\n');
    expect(registry('push', id, there)).toMatchObject(done);
    expect(podman('logout', address)).toMatchObject(done);
    expect(registry('pull', there)).toMatchObject(done);
    expect(registry('push', id, there).status).not.toBe(0);
  });
});
