/** skopeo with `virtbook engine` as its docker-daemon, where it is installed: images in and out unchanged. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasTool } from '../support/diskTools.ts';
import { cli } from '../support/servedRegistry.ts';

describe.skipIf(!hasTool('skopeo'))('skopeo', () => {
  const folder = mkdtempSync(join(tmpdir(), 'virtbook-skopeo-'));
  const socket = join(folder, 'docker.sock');
  let engine: ChildProcess;

  beforeAll(async () => {
    engine = spawn(process.execPath, [cli, 'engine', '--socket', socket]);
    await new Promise((resolve, reject) => {
      engine.stdout!.once('data', resolve);
      engine.once('exit', reject);
    });
  }, 60_000);

  afterAll(() => {
    engine.kill();
    rmSync(folder, { recursive: true });
  });

  const skopeo = (...args: string[]) =>
    spawnSync('skopeo', ['--insecure-policy', ...args], {
      encoding: 'utf8',
      timeout: 30_000,
      cwd: folder,
      env: { ...process.env, XDG_RUNTIME_DIR: folder },
    });
  const daemon = (side: 'src' | 'dest') => `--${side}-daemon-host=unix://${socket}`;

  test('takes an image out of the daemon, and puts it in under another name', () => {
    const inspected = skopeo('inspect', `--daemon-host=unix://${socket}`, 'docker-daemon:base:latest');
    expect(JSON.parse(inspected.stdout)).toMatchObject({ Os: 'linux', Architecture: 'amd64' });
    const out = skopeo('copy', daemon('src'), 'docker-daemon:base:latest', 'dir:out');
    expect(out).toMatchObject({ status: 0 });
    expect(skopeo('copy', daemon('dest'), 'dir:out', 'docker-daemon:copied:1')).toMatchObject({ status: 0 });
    const again = skopeo('copy', daemon('src'), 'docker-daemon:copied:1', 'dir:again');
    expect(again).toMatchObject({ status: 0 });
    const manifest = (name: string) => readFileSync(join(folder, name, 'manifest.json'), 'utf8');
    expect(manifest('again')).toBe(manifest('out'));
  });
});
