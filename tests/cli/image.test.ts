/** `virtbook image`: out to skopeo, umoci and podman and in again, where they are installed. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { exportImage, importImage, listImages } from '../../src/cli/imageCommand.ts';
import { fastDirectory, hasTool } from '../support/diskTools.ts';
import { localPodman } from '../support/localPodman.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(fastDirectory(), 'virtbook-image-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function run(program: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', timeout: 60_000 });
  return status === 0 ? stdout : `${stdout}${stderr}[${status}]`;
}
/** What a command writes; its refusal with the exit status. In this process: a new one takes seconds to load. */
async function image(command: 'list' | 'export' | 'import', ...args: string[]): Promise<string> {
  const operands = args.filter((arg) => !arg.startsWith('--'));
  const options = { exercise: undefined, seed: 'play', platform: 'linux/amd64' };
  const given = Object.fromEntries(
    args.filter((arg) => arg.startsWith('--')).map((arg) => /^--(\w+)(?:=(.*))?$/.exec(arg)!.slice(1)),
  ) as Record<string, string>;
  const written: string[] = [];
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation((text) => written.push(`${text}`) > 0);
  const all = { ...options, ...given } as never;
  const [first = '', second = ''] = operands;
  try {
    if (command === 'list') await listImages(all);
    else if (command === 'export') await exportImage(first, second, all);
    else importImage(first, all);
  } catch (error) {
    written.push(`${(error as Error).message}\n[1]`);
  } finally {
    spy.mockRestore();
  }
  return written.join('');
}
const at = (...names: string[]): string => join(folder, ...names);
const digestIn = (layout: string): string =>
  (JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')) as { manifests: { digest: string }[] })
    .manifests[0]!.digest;

test('what there is, and what it is when it comes back', async () => {
  const [id] = /[0-9a-f]{12}/.exec(await image('list')) ?? [];
  expect(await image('export', 'base', `oci:${at('base')}`)).toMatch(new RegExp(`^sha256:${id}`));
  const shown = await image('import', at('base'));
  expect(shown).toContain(`  Id           sha256:${id}`);
  expect(shown).toContain(
    `  Manifest     ${digestIn(at('base'))} application/vnd.oci.image.manifest.v1+json\n`,
  );
  expect(shown).toMatch(
    / {2}Platform {5}linux\/amd64\n[\s\S]* {2}Cmd {10}\["\/bin\/sh"\]\n[\s\S]* {2}layer sha256:\w{64} \d+ bytes, \d+ files\n$/,
  );
  await image('export', 'base:latest', `docker-archive:${at('base.tar')}`);
  expect(await image('import', `docker-archive:${at('base.tar')}`)).toMatch(/^base:latest\n/);
});

test('an image is added to a layout that is there, or takes the place of its namesake', async () => {
  const names = () =>
    (
      JSON.parse(readFileSync(at('two', 'index.json'), 'utf8')) as { manifests: { annotations: unknown }[] }
    ).manifests.map(({ annotations }) => annotations);
  await image('export', 'base', `oci:${at('two')}:one`);
  await image('export', 'base', `oci:${at('two')}:two`, '--docker=1');
  await image('export', 'base', `oci:${at('two')}:one`);
  expect(names()).toEqual(['two', 'one'].map((name) => ({ 'org.opencontainers.image.ref.name': name })));
  expect(await image('import', `oci:${at('two')}:two`)).toContain(
    'application/vnd.docker.distribution.manifest.v2+json',
  );
  expect(await image('import', `oci:${at('two')}:three`)).toMatch(/there is no image three\n\[1\]$/);
});

test('what is wrong is told in a line', async () => {
  expect(await image('export', 'nope', `oci:${at('x')}`)).toBe(
    'There is no image nope. There are: base:latest.\n[1]',
  );
  expect(await image('import', at('nowhere'))).toMatch(/nowhere: neither a file nor one of oci:PATH, /);
  expect(await image('import', `oci:${at('nowhere')}`)).toMatch(/ENOENT.*\n\[1\]$/);
  mkdirSync(at('full'));
  writeFileSync(at('full', 'file'), '');
  expect(await image('export', 'base', `oci:${at('full')}`)).toMatch(
    /there are files in it, and it is no OCI layout\n/,
  );
  await image('export', 'base', `oci:${at('bad')}`);
  const blobs = at('bad', 'blobs', 'sha256');
  const largest = readdirSync(blobs)
    .map((name) => join(blobs, name))
    .sort((a, b) => readFileSync(b).length - readFileSync(a).length)[0]!;
  const bytes = readFileSync(largest);
  bytes[bytes.length >> 1]! ^= 4;
  writeFileSync(largest, bytes);
  expect(await image('import', at('bad'))).toMatch(
    /: blob sha256:\w{64} has the digest sha256:\w{64} \(blob-digest\)\n\[1\]$/,
  );
  expect(await image('import', at('base'), '--name=x')).toMatch(
    /^base[\s\S]*--name is what --registry keeps/,
  );
  expect(await image('import', at('base'), '--platform=linux')).toMatch(/OS\/ARCHITECTURE is needed/);
});

test('an image is kept for a registry', async () => {
  expect(await image('import', at('base'), `--registry=${at('data')}`, '--name=team/base:v1')).toContain(
    `team/base:v1 is ${digestIn(at('base'))}\n`,
  );
  const link = at(
    'data',
    'docker',
    'registry',
    'v2',
    'repositories',
    'team',
    'base',
    '_manifests',
    'tags',
    'v1',
    'current',
    'link',
  );
  expect(readFileSync(link, 'utf8')).toBe(digestIn(at('base')));
});

describe.skipIf(!hasTool('skopeo'))('skopeo', () => {
  const copy = (from: string, to: string) => run('skopeo', '--insecure-policy', 'copy', '-q', from, to);

  test('copies a layout and gives it back unchanged', async () => {
    await image('export', 'base', `oci:${at('out')}`);
    expect(copy(`oci:${at('out')}:latest`, `oci:${at('back')}:latest`)).toBe('');
    expect(digestIn(at('back'))).toBe(digestIn(at('out')));
    const withoutName = (text: string) => text.replace(/^.*\n/, '');
    expect(withoutName(await image('import', `oci:${at('back')}:latest`))).toBe(
      withoutName(await image('import', `oci:${at('out')}:latest`)),
    );
  });

  test('reads our docker-archive, and we read its', async () => {
    await image('export', 'base', `docker-archive:${at('ours.tar')}`);
    expect(copy(`docker-archive:${at('ours.tar')}`, `docker-archive:${at('theirs.tar')}:base:latest`)).toBe(
      '',
    );
    expect(await image('import', at('theirs.tar'))).toBe(await image('import', at('ours.tar')));
    expect(copy(`docker-archive:${at('ours.tar')}:base:latest`, `oci-archive:${at('theirs.oci.tar')}`)).toBe(
      '',
    );
    // It writes another configuration, of the same layers.
    const layers = (text: string) => text.match(/ {2}layer .*\n/g);
    expect(layers(await image('import', at('theirs.oci.tar')))).toEqual(
      layers(await image('import', at('ours.tar'))),
    );
  });
});

test.skipIf(!hasTool('umoci'))('umoci unpacks an image of ours', async () => {
  await image('export', 'base', `oci:${at('bundled')}`);
  const said = run('umoci', 'raw', 'unpack', '--rootless', '--image', `${at('bundled')}:latest`, at('root'));
  expect(said).not.toContain('[');
  expect(readFileSync(at('root', 'etc', 'os-release'), 'utf8')).toContain('Virtbook');
});

describe.skipIf(!hasTool('podman'))('podman', () => {
  test('loads our archives, and we read what it saves in each of its formats', async () => {
    const podman = localPodman(at());
    await image('export', 'base', `docker-archive:${at('ours.tar')}`);
    expect(await podman('load', '--input', at('ours.tar'))).toMatchObject({ status: 0 });
    const id = (await podman('images', '--quiet', '--no-trunc')).stdout.trim();
    expect(id).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(await image('import', `docker-archive:${at('ours.tar')}`)).toContain(`  Id           ${id}\n`);
    for (const [format, place] of [
      ['docker-archive', 'docker-archive'],
      ['oci-archive', 'oci-archive'],
      ['oci-dir', 'oci'],
    ] as const) {
      const file = at(`podman-${format}`);
      expect(await podman('save', '--format', format, '--output', file, id)).toMatchObject({ status: 0 });
      expect(await image('import', `${place}:${file}`)).toContain(`  Id           ${id}\n`);
    }
  });
});
