/** What a build leaves on the host: layers whose files give the archives that their digests say, also after the daemon began anew. */
import { expect, test } from 'vitest';
import { decodeUtf8, SECOND } from '../../../src/base/index.ts';
import { layerTar, type StoredLayer } from '../../../src/container/images/layers.ts';
import { type Program, writeAll } from '../../../src/linux/index.ts';
import { chainIds, readTar } from '../../../src/oci/index.ts';
import { createWorld } from '../../../src/world/index.ts';

/** Prints the names in a layer's archive. It fails when the archive is another than the layer's digest says. */
const namesInLayer: Program = function* ({ argv: [, diffId = '', chainId = '', cacheId = ''] }) {
  const layer: StoredLayer = { diffId, chainId, cacheId };
  yield* writeAll(
    1,
    `${readTar(yield* layerTar(layer))
      .map(({ name }) => name)
      .join(' ')}\n`,
  );
  return 0;
};

const world = createWorld(
  {
    hosts: [
      {
        name: 'bluebox',
        programs: new Map([['names-in-layer', namesInLayer]]),
        images: [
          { reference: 'base:latest', from: 'base:latest', layers: [] },
          { reference: 'old:1', from: 'base:latest', layers: [{ '/srv/old': 'x', '/data/f': 'y' }] },
        ],
      },
    ],
  },
  'layers',
);

function sh(script: string): string {
  let text = '';
  let ended = false;
  world.host('bluebox').spawn({
    argv: ['/bin/bash', '-c', script],
    user: 'root',
    onOutput: (bytes) => {
      text += decodeUtf8(bytes);
    },
    onExit: () => {
      ended = true;
    },
  });
  world.runUntil(() => ended, world.now + 100 * SECOND);
  return text;
}

const DATABASE = '/var/lib/docker/image/overlay2/layerdb/sha256';

const dockerfile = `FROM old:1
WORKDIR /w/x
COPY d /w/d
RUN rm -r /srv/old /data && mkdir /data && echo n >/data/n && ln -s n /data/l
RUN --mount=type=cache,target=/cached echo x >/cached/x; chmod 4755 /data/n; rm -r /w/d
RUN true
`;

test('the archives of layers come back from the files on the host, byte for byte', () => {
  sh(`mkdir -p /ctx/d/e; cd /ctx; echo a >d/a; ln -s a d/l; cat >Dockerfile <<'END'\n${dockerfile}END`);
  sh('docker build -t built /ctx');
  const diffIds = JSON.parse(sh("docker inspect -f '{{json .RootFS.Layers}}' built")) as string[];
  const chain = chainIds(diffIds);
  const names = diffIds.map((diffId, i) => {
    const cacheId = sh(`cat ${DATABASE}/${chain[i]!.slice(7)}/cache-id`).trim();
    return sh(`names-in-layer ${diffId} ${chain[i]} ${cacheId}`).trim();
  });
  expect(names.slice(2)).toEqual([
    'w w/x',
    'w w/d w/d/a w/d/e w/d/l',
    // An overlay's directory that was made anew hides all that was in it below.
    'data data/.wh..wh..opq data/l data/n srv srv/.wh.old',
    'data data/n w w/.wh.d',
    '',
  ]);
});

test('the cache is there when the daemon begins anew', () => {
  sh('kill $(pidof dockerd); sleep 2; (dockerd >/dev/null 2>&1 &) ; sleep 2');
  const text = sh('docker build /ctx 2>&1');
  expect(text.match(/ CACHED$/gm)).toHaveLength(6);
});
