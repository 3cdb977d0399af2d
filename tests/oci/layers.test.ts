/** Layers and images: whiteouts both ways, digests by the formulas of the OCI image specification. */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { FileTree } from '../../src/linux/index.ts';
import { buildImage, chainIds, layerTree, makeLayer, readTar, writeTar } from '../../src/oci/index.ts';
import { listing } from './systemTar.ts';

const sha256 = (data: string | Uint8Array) => `sha256:${createHash('sha256').update(data).digest('hex')}`;
const text = (bytes: unknown) => new TextDecoder().decode(bytes as Uint8Array);
const whiteout = { type: 'chr', mode: 0, rdev: { major: 0, minor: 0 } } as const;
const opaque = { 'trusted.overlay.opaque': 'y' };

describe('whiteouts', () => {
  const tree: FileTree = {
    '/etc/gone': whiteout,
    '/srv': { type: 'dir', xattrs: opaque },
    '/srv/new': 'here\n',
    '/dev/null': { type: 'chr', mode: 0o666, rdev: { major: 1, minor: 3 } },
  };

  test('an overlay’s become .wh. files, a device stays a device', () => {
    expect(listing(makeLayer(tree).tar).map((line) => `${line[0]} ${line.split(' ').at(-1)}`)).toEqual([
      'd dev/',
      'c dev/null',
      'd etc/',
      '- etc/.wh.gone',
      'd srv/',
      '- srv/.wh..wh..opq',
      '- srv/new',
    ]);
  });

  test('.wh. files become an overlay’s', () => {
    const back = layerTree(makeLayer(tree).tar);
    expect(back['/etc/gone']).toMatchObject(whiteout);
    expect(back['/srv']).toMatchObject({ type: 'dir', xattrs: opaque });
    expect(back['/dev/null']).toMatchObject({ type: 'chr', rdev: { major: 1, minor: 3 } });
    expect(text((back['/srv/new'] as { content: Uint8Array }).content)).toBe('here\n');
    expect(Object.keys(back).filter((path) => path.includes('.wh.'))).toEqual([]);
  });

  test('an opaque mark makes its directory where the archive does not name it; other marks are left out', () => {
    const base = { ...readTar(makeLayer({ '/f': '' }).tar)[0]! };
    const tar = writeTar([
      { ...base, name: 'a/.wh..wh..opq' },
      { ...base, name: '.wh..wh.plnk' },
    ]);
    expect(layerTree(tar)).toEqual({ '/a': { type: 'dir', xattrs: opaque } });
  });

  test('hard links have the contents of what they link to', () => {
    const file = readTar(makeLayer({ '/f': 'same' }).tar)[0]!;
    const back = layerTree(writeTar([file, { ...file, name: 'g', type: 'link', target: './f' }]));
    expect(back['/g']).toEqual(back['/f']);
  });
});

describe('layers', () => {
  test('the diff id is the digest of the uncompressed archive; the order of the tree does not matter', () => {
    const one = makeLayer({ '/a/x': '1', '/b': '2' });
    expect(one.diffId).toBe(sha256(one.tar));
    expect(makeLayer({ '/b': '2', '/a/x': '1' }).diffId).toBe(one.diffId);
    expect(makeLayer({ '/b': '2', '/a/x': '1 ' }).diffId).not.toBe(one.diffId);
  });

  test('modes, owners, times and links come back', () => {
    const tree: FileTree = {
      '/x': { content: 'x', mode: 0o4750, uid: 7, gid: 8, mtime: { sec: 1234, nsec: 0 } },
      '/y': { target: 'x' },
      '/p': { type: 'fifo', mode: 0o600 },
    };
    const back = layerTree(makeLayer(tree).tar);
    expect(back['/x']).toMatchObject({ mode: 0o4750, uid: 7, gid: 8, mtime: { sec: 1234, nsec: 0 } });
    expect(back['/y']).toMatchObject({ target: 'x' });
    expect(back['/p']).toMatchObject({ type: 'fifo', mode: 0o600 });
  });
});

describe('images', () => {
  const below = buildImage({
    reference: 'below:1',
    layers: [{ '/a': '1' }, { '/b': '2' }],
    config: { Env: ['A=1'], Cmd: ['sh'], WorkingDir: '/a' },
  });
  const image = buildImage({
    reference: 'top:1',
    from: below,
    layers: [{ '/c': '3' }],
    config: { Env: ['B=2'], Cmd: ['ls'] },
  });

  test('chain ids: config.md, "Layer ChainID"', () => {
    const ids = image.config.rootfs.diff_ids;
    const first = ids[0]!;
    const second = sha256(`${first} ${ids[1]}`);
    expect(chainIds(ids)).toEqual([first, second, sha256(`${second} ${ids[2]}`)]);
    expect(chainIds(ids).slice(0, 2)).toEqual(chainIds(below.config.rootfs.diff_ids));
  });

  test('the configuration has the fields of config.md; its digest is the image’s id', () => {
    const { config } = image;
    expect(config).toMatchObject({ architecture: 'amd64', os: 'linux', rootfs: { type: 'layers' } });
    expect(config.created).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(config.rootfs.diff_ids).toEqual(image.layers.map((layer) => sha256(layer.tar)));
    expect(config.history.filter((entry) => !('empty_layer' in entry))).toHaveLength(3);
    expect(image.id).toBe(sha256(JSON.stringify(sorted(config))));
  });

  test('settings come from below unless the image has its own; the environment is joined', () => {
    expect(image.config.config).toEqual({ Env: ['A=1', 'B=2'], Cmd: ['ls'], WorkingDir: '/a' });
  });

  test('the manifest’s digest goes over configuration and layers: manifest.md', () => {
    const manifest = {
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: {
        mediaType: 'application/vnd.oci.image.config.v1+json',
        digest: image.id,
        size: JSON.stringify(sorted(image.config)).length,
      },
      layers: image.layers.map((layer) => ({
        mediaType: 'application/vnd.oci.image.layer.v1.tar',
        digest: sha256(layer.tar),
        size: layer.tar.length,
      })),
    };
    expect(image.digest).toBe(sha256(JSON.stringify(sorted(manifest))));
  });
});

/** With the keys of all objects in order, as RFC 8785 has them. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]));
}
