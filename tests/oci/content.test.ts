/** Images as files: OCI layouts and docker-archives, written by us, held against the specification's schemas, and read back. */
import fc from 'fast-check';
import { gunzipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { canonicalJson, encodeUtf8 } from '../../src/base/index.ts';
import {
  blobPath,
  buildImage,
  DOCKER_MANIFEST,
  gzipped,
  ImageError,
  type ImageErrorKind,
  makeLayer,
  manifestFor,
  OCI_INDEX,
  packImage,
  parseImageConfig,
  parseManifest,
  readArchive,
  readImage,
  readLayout,
  readTar,
  type SavedImage,
  savedOf,
  sha256Of,
  type TarEntry,
  tarOfFiles,
  unpackLayer,
  writeDockerArchive,
  writeLayout,
  writeTar,
} from '../../src/oci/index.ts';
import { schemaErrors } from '../support/imageSchemas.ts';

const amd64 = { os: 'linux', architecture: 'amd64' };
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

const built = buildImage({
  reference: 'notes:1',
  layers: [
    {
      '/etc/hello': 'hello\n',
      '/srv': { type: 'dir', mode: 0o700 },
      '/bin/sh': { content: 'x', mode: 0o755 },
    },
    { '/etc/hello': { type: 'chr', rdev: { major: 0, minor: 0 } }, '/etc/new': 'new\n' },
  ],
  config: {
    Cmd: ['sh'],
    Env: ['A=b'],
    ExposedPorts: { '80/tcp': {} },
    Healthcheck: { Test: ['CMD', 'true'], Interval: 5e9 },
    Labels: { a: 'b' },
    StopSignal: 'SIGINT',
    Volumes: { '/data': {} },
  },
});
const saved: SavedImage = {
  config: encodeUtf8(canonicalJson(built.config)),
  parsed: built.config,
  tars: built.layers.map(({ tar }) => tar),
  names: ['notes:1', 'example.com:5000/team/notes:latest'],
};
const packed = packImage(saved.config, saved.tars);
const layout = (): Map<string, Uint8Array> =>
  writeLayout([{ image: packed, annotations: { 'org.opencontainers.image.ref.name': '1' } }]);

function kindOf(read: () => unknown): ImageErrorKind | null {
  try {
    read();
    return null;
  } catch (error) {
    if (error instanceof ImageError) return error.kind;
    throw error;
  }
}

const reader = (files: ReadonlyMap<string, Uint8Array>) => (path: string) => files.get(path) ?? null;
const read = (files: ReadonlyMap<string, Uint8Array>) => readLayout(reader(files), amd64);

describe('an OCI layout', () => {
  test('is what the schemas ask for', () => {
    const files = layout();
    expect(schemaErrors('image-layout', files.get('oci-layout')!)).toEqual([]);
    expect(schemaErrors('image-index', files.get('index.json')!)).toEqual([]);
    expect(schemaErrors('image-manifest', packed.manifest.bytes)).toEqual([]);
    expect(schemaErrors('config', packed.config.bytes)).toEqual([]);
    for (const { descriptor } of packed.layers)
      expect(schemaErrors('content-descriptor', encodeUtf8(JSON.stringify(descriptor)))).toEqual([]);
    expect([...files.keys()].sort()).toEqual(
      [packed.manifest, packed.config, ...packed.layers]
        .map(({ descriptor }) => blobPath(descriptor.digest))
        .concat('index.json', 'oci-layout')
        .sort(),
    );
  });

  test('the schemas would find what is wrong', () => {
    expect(schemaErrors('image-manifest', encodeUtf8('{"schemaVersion":1,"layers":[]}')).sort()).toEqual([
      " must have required property 'config'",
      '/layers must NOT have fewer than 1 items',
      '/schemaVersion must be >= 2',
    ]);
    expect(
      schemaErrors('image-index', encodeUtf8('{"schemaVersion":2,"manifests":[{"digest":"x"}]}')).length,
    ).toBeGreaterThan(1);
  });

  test('is read back as it was', () => {
    const [image, ...more] = read(layout());
    expect(more).toEqual([]);
    expect(image).toMatchObject({ index: null, annotations: { 'org.opencontainers.image.ref.name': '1' } });
    expect(image?.image).toEqual(packed);
    expect(savedOf(image!)).toEqual({ ...saved, names: ['1:latest'] });
  });

  test('the same image gives the same bytes, and other tools’ gzip gives the archives back', () => {
    expect(layout()).toEqual(layout());
    for (const [i, { bytes }] of packed.layers.entries()) expect(gunzipSync(bytes)).toEqual(saved.tars[i]);
  });

  test('of an index for several platforms, that of ours is taken', () => {
    const other = packImage(
      encodeUtf8(canonicalJson({ ...built.config, architecture: 'arm64' })),
      saved.tars,
    );
    const files = new Map([...layout(), ...writeLayout([{ image: other, annotations: {} }])]);
    const nested = encodeUtf8(
      canonicalJson({
        schemaVersion: 2,
        mediaType: OCI_INDEX,
        manifests: [
          { ...other.manifest.descriptor, platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } },
          { ...packed.manifest.descriptor, platform: amd64 },
        ],
      }),
    );
    files.set(blobPath(sha256Of(nested)), nested);
    const entry = { mediaType: OCI_INDEX, digest: sha256Of(nested), size: nested.length };
    files.set('index.json', encodeUtf8(canonicalJson({ schemaVersion: 2, manifests: [entry] })));
    const of = (architecture: string) => readLayout(reader(files), { os: 'linux', architecture })[0]?.image;
    expect(of('amd64')?.manifest.descriptor.digest).toBe(packed.manifest.descriptor.digest);
    expect(of('arm64')?.parsed.architecture).toBe('arm64');
    expect(kindOf(() => of('s390x'))).toBe('no-image');
    const list = parseManifest(text(nested), null);
    expect(manifestFor(list, { os: 'linux', architecture: 'arm64', variant: 'v7' })).toBeNull();
  });

  const digestOf = (bytes: Uint8Array) => blobPath(sha256Of(bytes));
  const [bottom, top] = packed.layers.map(({ bytes }) => bytes) as [Uint8Array, Uint8Array];
  /** A layout of a manifest that is given as an object. */
  const withManifest = (change: (manifest: Record<string, unknown>) => void): Map<string, Uint8Array> => {
    const manifest = JSON.parse(text(packed.manifest.bytes)) as Record<string, unknown>;
    change(manifest);
    const bytes = encodeUtf8(JSON.stringify(manifest));
    const entry = { ...packed.manifest.descriptor, digest: sha256Of(bytes), size: bytes.length };
    return new Map([
      ...layout(),
      [digestOf(bytes), bytes],
      ['index.json', encodeUtf8(JSON.stringify({ schemaVersion: 2, manifests: [entry] }))],
    ]);
  };
  const withConfig = (change: (config: Record<string, unknown>) => void) => {
    const config = JSON.parse(text(packed.config.bytes)) as Record<string, unknown>;
    change(config);
    const bytes = encodeUtf8(JSON.stringify(config));
    const files = withManifest((manifest) => {
      manifest.config = { ...packed.config.descriptor, digest: sha256Of(bytes), size: bytes.length };
    });
    return files.set(digestOf(bytes), bytes);
  };
  const withTop = (bytes: Uint8Array, mediaType = packed.layers[1]!.descriptor.mediaType) =>
    withManifest((manifest) => {
      manifest.layers = [
        packed.layers[0]!.descriptor,
        { mediaType, digest: sha256Of(bytes), size: bytes.length },
      ];
    }).set(digestOf(bytes), bytes);
  const without = (path: string) => {
    const files = layout();
    files.delete(path);
    return files;
  };
  const changed = (path: string, bytes: Uint8Array) => new Map([...layout(), [path, bytes]]);

  test.each<[string, Map<string, Uint8Array>, ImageErrorKind]>([
    ['without oci-layout', without('oci-layout'), 'no-image'],
    ['without index.json', without('index.json'), 'no-image'],
    [
      'of another version',
      changed('oci-layout', encodeUtf8('{"imageLayoutVersion":"2.0.0"}')),
      'layout-version',
    ],
    ['whose oci-layout is no JSON', changed('oci-layout', encodeUtf8('{')), 'layout-version'],
    ['whose index is a list', changed('index.json', encodeUtf8('[]')), 'manifest'],
    ['whose index is a manifest', changed('index.json', packed.manifest.bytes), 'manifest'],
    [
      'with an empty index',
      changed('index.json', encodeUtf8('{"schemaVersion":2,"manifests":[]}')),
      'no-image',
    ],
    ['without its manifest', without(digestOf(packed.manifest.bytes)), 'blob-missing'],
    ['without its configuration', without(digestOf(saved.config)), 'blob-missing'],
    ['without a layer', without(digestOf(bottom)), 'blob-missing'],
    ['with a byte more in a layer', changed(digestOf(top), new Uint8Array([...top, 0])), 'blob-size'],
    [
      'with a flipped bit in a layer',
      changed(
        digestOf(top),
        top.map((b, i) => (i === 30 ? b ^ 1 : b)),
      ),
      'blob-digest',
    ],
    ['with two layers in one’s place', withTop(bottom), 'diff-id'],
    ['with a layer that is cut off', withTop(top.subarray(0, 50)), 'layer-format'],
    ['with a layer that is no archive', withTop(encodeUtf8('no tar')), 'diff-id'],
    [
      'with a layer of another type',
      withTop(top, 'application/vnd.oci.image.layer.v1.tar+zstd'),
      'layer-type',
    ],
    ['with zstd in a layer', withTop(new Uint8Array([0x28, 0xb5, 0x2f, 0xfd, 0])), 'layer-format'],
    ['with a layer less than the configuration says', withManifest((m) => (m.layers = [])), 'config'],
    ['with a configuration without rootfs', withConfig((c) => delete c.rootfs), 'config'],
    ['with a configuration whose Env is a text', withConfig((c) => (c.config = { Env: 'A=b' })), 'config'],
    ['with a history of too many layers', withConfig((c) => (c.history = [{}, {}, {}])), 'config'],
    ['without an architecture', withConfig((c) => delete c.architecture), 'config'],
  ])('%s is refused by name', (_, files, kind) => {
    expect(kindOf(() => read(files))).toBe(kind);
  });

  test('a configuration as others write it: nulls, empty layers, no history', () => {
    const [image] = read(
      withConfig((config) => {
        config.config = { Cmd: null, Entrypoint: null, Labels: null, Env: ['A=b'], ArgsEscaped: true };
        config.history = [{ empty_layer: true }, { created_by: 'x' }, {}, { empty_layer: true, comment: '' }];
      }),
    );
    expect(image?.image.parsed.config).toEqual({ Env: ['A=b'] });
    expect(image?.image.parsed.history.map(({ empty_layer }) => empty_layer ?? false)).toEqual([
      true,
      false,
      false,
      true,
    ]);
    expect(parseImageConfig(encodeUtf8(JSON.stringify({ ...built.config, history: null }))).history).toEqual(
      [],
    );
  });
});

describe('a docker-archive', () => {
  const archive = writeDockerArchive([saved]);
  const files = new Map(readTar(archive).map((entry) => [entry.name, entry]));

  test('has the manifest of docker load, and is a layout too', () => {
    expect(JSON.parse(text(files.get('manifest.json')!.content))).toEqual([
      {
        Config: `blobs/sha256/${built.id.slice(7)}`,
        RepoTags: saved.names,
        Layers: built.layers.map(({ diffId }) => `blobs/sha256/${diffId.slice(7)}`),
      },
    ]);
    expect(JSON.parse(text(files.get('repositories')!.content))).toEqual({
      notes: { 1: built.layers[1]!.diffId.slice(7) },
      'example.com:5000/team/notes': { latest: built.layers[1]!.diffId.slice(7) },
    });
    expect(schemaErrors('image-index', files.get('index.json')!.content)).toEqual([]);
    expect(readArchive(archive, amd64)).toEqual([saved]);
  });

  test('without manifest.json it is read as the layout it is', () => {
    const rest = writeTar([...files.values()].filter(({ name }) => name !== 'manifest.json'));
    expect(readArchive(rest, amd64).map(({ names }) => names)).toEqual(saved.names.map((name) => [name]));
    expect(kindOf(() => readArchive(writeTar([]), amd64))).toBe('no-image');
    expect(kindOf(() => readArchive(encodeUtf8('no tar'), amd64))).toBe('archive');
  });

  /** As docker save wrote it before version 25: a folder a layer, equal layers as links. */
  const legacy = (change: (entries: TarEntry[]) => TarEntry[] = (entries) => entries): Uint8Array => {
    const [a, b] = built.layers;
    const config = encodeUtf8(
      canonicalJson({
        ...built.config,
        history: [],
        rootfs: { type: 'layers', diff_ids: [a!.diffId, b!.diffId, a!.diffId] },
      }),
    );
    const id = sha256Of(config).slice(7);
    const entry = (name: string, content: Uint8Array): TarEntry => ({
      ...files.get('index.json')!,
      name,
      content,
    });
    return writeTar(
      change([
        { ...entry('1', new Uint8Array(0)), type: 'dir' },
        entry('1/VERSION', encodeUtf8('1.0')),
        entry('1/layer.tar', a!.tar),
        entry('2/layer.tar', b!.tar),
        { ...entry('3/layer.tar', new Uint8Array(0)), type: 'symlink', target: '../1/layer.tar' },
        entry(`${id}.json`, config),
        entry(
          'manifest.json',
          encodeUtf8(
            JSON.stringify([
              {
                Config: `${id}.json`,
                RepoTags: ['old:1', 'no name'],
                Layers: ['1/layer.tar', '2/layer.tar', '3/layer.tar'],
              },
            ]),
          ),
        ),
      ]),
    );
  };

  test('of an older Docker is read too', () => {
    const [image] = readArchive(legacy(), amd64);
    expect(image?.names).toEqual(['old:1']);
    expect(image?.tars.map(sha256Of)).toEqual([0, 1, 0].map((i) => built.layers[i]!.diffId));
  });

  test.each<[string, (entries: TarEntry[]) => TarEntry[], ImageErrorKind]>([
    ['a layer is missing', (all) => all.filter(({ name }) => name !== '2/layer.tar'), 'blob-missing'],
    [
      'a link leads in a circle',
      (all) => all.map((e) => (e.type === 'symlink' ? { ...e, target: '../3/layer.tar' } : e)),
      'blob-missing',
    ],
    [
      'a layer is another one',
      (all) => all.map((e) => (e.name === '2/layer.tar' ? { ...e, content: makeLayer({}).tar } : e)),
      'diff-id',
    ],
    [
      'the configuration is not what its name says',
      (all) =>
        all.map((e) =>
          e.name.endsWith('.json') && e.name !== 'manifest.json' ? { ...e, content: encodeUtf8('{}') } : e,
        ),
      'blob-digest',
    ],
    [
      'manifest.json is no list',
      (all) => all.map((e) => (e.name === 'manifest.json' ? { ...e, content: encodeUtf8('{}') } : e)),
      'manifest',
    ],
    [
      'manifest.json is no JSON',
      (all) => all.map((e) => (e.name === 'manifest.json' ? { ...e, content: encodeUtf8('[') } : e)),
      'manifest',
    ],
    [
      'an entry is no object',
      (all) => all.map((e) => (e.name === 'manifest.json' ? { ...e, content: encodeUtf8('[null]') } : e)),
      'manifest',
    ],
  ])('%s: refused by name', (_, change, kind) => {
    expect(kindOf(() => readArchive(legacy(change), amd64))).toBe(kind);
  });
});

test('Docker’s media types, for registries that want them', () => {
  const docker = packImage(saved.config, saved.tars, { docker: true });
  expect(docker.manifest.descriptor.mediaType).toBe(DOCKER_MANIFEST);
  const blobs = new Map(
    [docker.manifest, docker.config, ...docker.layers].map((b) => [b.descriptor.digest, b.bytes]),
  );
  expect(readImage(docker.manifest.descriptor, (digest) => blobs.get(digest) ?? null)).toEqual(docker);
});

test('a layer that would fill the memory is given up', () => {
  expect(() => unpackLayer(gzipped(new Uint8Array(1 << 20)), 1 << 19)).toThrow(
    'it has more than 524288 bytes',
  );
  expect(unpackLayer(gzipped(new Uint8Array(1 << 20)), 1 << 20)).toHaveLength(1 << 20);
});

describe('damaged input', () => {
  const whole = writeDockerArchive([saved]);
  const files = layout();

  test('an archive with any bytes changed, cut or put twice: an image, or an error by name', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 8 }),
        fc.option(fc.nat(whole.length)),
        (edits, cut) => {
          const bytes = whole.slice(0, cut ?? whole.length);
          for (const [at, value] of edits) if (at < bytes.length) bytes[at] = value;
          kindOf(() => readArchive(bytes, amd64));
        },
      ),
      { seed: 7, numRuns: 300 },
    );
  });

  const json: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom<unknown>(
        null,
        0,
        -1,
        2,
        '',
        'x',
        packed.config.descriptor,
        packed.manifest.descriptor,
        [],
        {},
        OCI_INDEX,
      ),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(
        fc.constantFrom(
          'schemaVersion',
          'mediaType',
          'manifests',
          'config',
          'layers',
          'digest',
          'size',
          'rootfs',
          'diff_ids',
          'history',
          'Config',
          'Layers',
          'RepoTags',
          'platform',
          'annotations',
          '__proto__',
        ),
        tie('value'),
        { maxKeys: 4 },
      ),
    ),
  })).value;

  test('any JSON in place of a layout’s or an archive’s files', () => {
    fc.assert(
      fc.property(
        json,
        fc.constantFrom('oci-layout', 'index.json', 'manifest.json', 'manifest', 'config'),
        (value, where) => {
          const bytes = encodeUtf8(JSON.stringify(value));
          if (where === 'manifest' || where === 'config') {
            const entry = { ...packed.manifest.descriptor, digest: sha256Of(bytes), size: bytes.length };
            kindOf(() => readImage(entry, (digest) => (digest === entry.digest ? bytes : null)));
            kindOf(() =>
              readImage(packed.manifest.descriptor, (digest) =>
                digest === packed.config.descriptor.digest ? bytes : (files.get(blobPath(digest)) ?? null),
              ),
            );
            return;
          }
          const some = new Map([...files, [where, bytes]]);
          kindOf(() => read(some));
          kindOf(() => readArchive(tarOfFiles(some), amd64));
        },
      ),
      { seed: 7, numRuns: 500 },
    );
  });
});
