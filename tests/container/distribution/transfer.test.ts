/** docker push and pull between engines and a registry, over the simulated network. */
import { describe, expect, test } from 'vitest';
import { decodeUtf8, encodeUtf8, SECOND } from '../../../src/base/index.ts';
import type { ImageSpec } from '../../../src/world/index.ts';
import { notes, registryWorld } from '../../support/registryWorld.ts';
import { VtScreen } from '../../support/vtScreen.ts';

const shape = (text: string) =>
  text
    .replace(/sha256:[0-9a-f]{64}/g, 'sha256:H')
    .replace(/^[0-9a-f]{12}: /gm, 'ID: ')
    .replace(/size: \d+/, 'size: N');

describe('push, then pull elsewhere', () => {
  const { sh } = registryWorld();

  test('layers go up top first, and are not sent twice', () => {
    sh(
      'one',
      'docker tag notes:1 reg:5000/team/notes:1; docker tag notes:1 reg:5000/team/notes:2; docker tag notes:1 reg:5000/other/notes',
    );
    expect(shape(sh('one', 'docker push reg:5000/team/notes:1'))).toBe(
      `The push refers to repository [reg:5000/team/notes]\n${'ID: Preparing\n'.repeat(3)}${'ID: Pushed\n'.repeat(3)}1: digest: sha256:H size: N\n`,
    );
    expect(shape(sh('one', 'docker push reg:5000/team/notes:2'))).toContain(
      'ID: Layer already exists\n'.repeat(3),
    );
    expect(shape(sh('one', 'docker push reg:5000/other/notes'))).toBe(
      `Using default tag: latest\nThe push refers to repository [reg:5000/other/notes]\n${'ID: Preparing\n'.repeat(3)}${'ID: Mounted from team/notes\n'.repeat(3)}latest: digest: sha256:H size: N\n`,
    );
    expect(sh('one', 'docker images --digests reg:5000/team/notes | grep -c sha256')).toBe('2\n');
  });

  test('what comes down is what went up', () => {
    const said = sh('two', 'docker pull reg:5000/team/notes:1');
    expect(shape(said)).toBe(
      `1: Pulling from team/notes\n${'ID: Pulling fs layer\n'.repeat(3)}${'ID: Verifying Checksum\nID: Download complete\nID: Pull complete\n'.repeat(3)}Digest: sha256:H\nStatus: Downloaded newer image for reg:5000/team/notes:1\nreg:5000/team/notes:1\n`,
    );
    const id = (host: string) =>
      sh(host, 'docker image inspect -f "{{.Id}} {{.RepoDigests}}" reg:5000/team/notes:1');
    expect(id('two').split(' ')[0]).toBe(id('one').split(' ')[0]);
    expect(id('two')).toContain(/Digest: (sha256:\w+)/.exec(said)![1]);
    expect(sh('two', 'docker run --rm reg:5000/team/notes:1')).toBe('the page\n');
    expect(sh('two', 'docker run --rm reg:5000/team/notes:1 ls /srv')).toBe('page\n');
    expect(shape(sh('two', 'docker pull reg:5000/team/notes:1'))).toBe(
      '1: Pulling from team/notes\nDigest: sha256:H\nStatus: Image is up to date for reg:5000/team/notes:1\nreg:5000/team/notes:1\n',
    );
  });

  test('all that a repository has, page by page', () => {
    sh(
      'one',
      'for i in $(seq 3 120); do docker tag notes:1 reg:5000/many:$i; done; docker push -qa reg:5000/many',
    );
    const said = sh('two', 'docker rmi reg:5000/team/notes:1 >/dev/null; docker pull -a reg:5000/many');
    expect(shape(said)).toMatch(
      /^10: Pulling from many\n(ID: Pulling fs layer\n){3}(ID: .*\n)*Digest: sha256:H\n100: Pulling from many\nDigest: sha256:H\n/,
    );
    expect(said.match(/Pulling from/g)).toHaveLength(118);
    expect(said).toMatch(/\nStatus: Downloaded newer image for reg:5000\/many\nreg:5000\/many\n$/);
    expect(sh('two', 'docker images -q reg:5000/many | wc -l; docker pull -aq reg:5000/many')).toBe(
      '118\nreg:5000/many\n',
    );
    expect(sh('two', 'docker pull -a reg:5000/many:3')).toContain("tag can't be used with --all-tags/-a");
    expect(sh('two', 'docker pull -a reg:5000/nothing')).toContain('repository reg:5000/nothing not found');
    sh(
      'two',
      'docker rmi $(docker images --format "{{.Repository}}:{{.Tag}}" reg:5000/many); docker pull -q reg:5000/team/notes:1',
    );
  });

  test('by digest; and what is shared is there already', () => {
    const digest = /sha256:\w+/.exec(sh('two', 'docker images --digests reg:5000/team/notes'))![0];
    expect(shape(sh('two', `docker pull reg:5000/team/notes@${digest}`))).toContain(
      'Status: Image is up to date for reg:5000/team/notes@sha256:H\n',
    );
    sh(
      'one',
      'docker run --name changed notes:1 sh -c "echo new > /srv/new"; docker commit changed reg:5000/more; docker push -q reg:5000/more',
    );
    expect(shape(sh('two', 'docker pull reg:5000/more'))).toBe(
      `Using default tag: latest\nlatest: Pulling from more\n${'ID: Already exists\n'.repeat(3)}ID: Pulling fs layer\nID: Verifying Checksum\nID: Download complete\nID: Pull complete\nDigest: sha256:H\nStatus: Downloaded newer image for reg:5000/more:latest\nreg:5000/more:latest\n`,
    );
    expect(sh('two', 'docker run --rm reg:5000/more cat /srv/new')).toBe('new\n');
  });

  test('run gets what is missing', () => {
    sh('two', 'docker rmi -f $(docker images -q)');
    expect(sh('two', 'docker images -q; ls /var/lib/docker/overlay2')).toBe('');
    const said = sh('two', 'docker run --rm reg:5000/team/notes:1 2>/tmp/err; cat /tmp/err');
    expect(said).toMatch(
      /^the page\nUnable to find image 'reg:5000\/team\/notes:1' locally\n1: Pulling from team\/notes\n/,
    );
  });

  test.each([
    [
      'pull reg:5000/team/notes:9',
      'Error response from daemon: manifest for reg:5000/team/notes:9 not found: manifest unknown: manifest unknown',
    ],
    [
      'pull reg:5000/nope',
      'Error response from daemon: manifest for reg:5000/nope:latest not found: manifest unknown: manifest unknown',
    ],
    [
      'pull nowhere.example/x',
      'Error response from daemon: Get "https://nowhere.example/v2/": dial tcp: lookup nowhere.example: no such host',
    ],
    [
      'pull 192.0.2.1:5001/x',
      'Error response from daemon: Get "https://192.0.2.1:5001/v2/": dial tcp 192.0.2.1:5001: connect: connection refused',
    ],
    [
      'pull 192.0.2.1:5000/x',
      'Error response from daemon: Get "https://192.0.2.1:5000/v2/": http: server gave HTTP response to HTTPS client',
    ],
    [
      'pull localhost:5000/x',
      'Error response from daemon: Get "http://localhost:5000/v2/": dial tcp 127.0.0.1:5000: connect: connection refused',
    ],
    ['pull Notes', 'invalid reference format: repository name (library/Notes) must be lowercase'],
    ['push reg:5000/none', 'An image does not exist locally with the tag: reg:5000/none'],
    ['push reg:5000/team/notes:7', 'tag does not exist: reg:5000/team/notes:7'],
  ])('docker %s', (command, message) => {
    expect(sh('one', `docker ${command}`)).toMatch(
      new RegExp(`(^|\n)${message.replace(/[.*+?()[\]|]/g, '\\$&')}\n\\[1\\]\n$`),
    );
  });
});

describe('what is damaged does not come in', () => {
  const { sh } = registryWorld({ registry: { images: [notes] } });
  const store = () =>
    sh(
      'two',
      'docker images -q; ls /var/lib/docker/overlay2 /var/lib/docker/image/overlay2/layerdb/sha256 /var/lib/docker/image/overlay2/layerdb/tmp 2>/dev/null | grep -E "^[0-9a-f]" | sort -u',
    );

  test('a layer with another digest', () => {
    const before = store();
    const manifest = JSON.parse(sh('one', 'curl -s http://reg:5000/v2/notes/manifests/1')) as {
      layers: { digest: string }[];
    };
    const hex = manifest.layers[2]!.digest.slice(7);
    const data = `/var/lib/registry/docker/registry/v2/blobs/sha256/${hex.slice(0, 2)}/${hex}/data`;
    sh('reg', `cp ${data} /tmp/good; printf X | dd of=${data} bs=1 seek=20 conv=notrunc 2>/dev/null`);
    const said = sh('two', 'docker pull reg:5000/notes:1');
    expect(said).toContain(`filesystem layer verification failed for digest sha256:${hex}\n[1]`);
    expect(said.match(/Pull complete/g)).toHaveLength(2);
    expect(store()).toBe(before);
    sh('reg', `cp /tmp/good ${data}`);
    expect(sh('two', 'docker pull -q reg:5000/notes:1; docker run --rm reg:5000/notes:1')).toBe(
      'reg:5000/notes:1\nthe page\n',
    );
  });

  test('a manifest that is not what it says', () => {
    const digest = sh(
      'one',
      'curl -sI http://reg:5000/v2/notes/manifests/1 | tr -d "\\r" | grep -i content-digest | cut -d: -f3',
    ).trim();
    sh(
      'reg',
      `sed -i 's/"size":/"size" :/' /var/lib/registry/docker/registry/v2/blobs/sha256/${digest.slice(0, 2)}/${digest}/data`,
    );
    expect(sh('one', 'docker pull reg:5000/notes:1')).toBe(
      `Error response from daemon: manifest verification failed for digest sha256:${digest}\n[1]\n`,
    );
  });
});

test('docker manifest inspect asks the registry itself', () => {
  const { sh } = registryWorld({ registry: { images: [notes] } });
  const said = sh('one', 'docker manifest inspect --insecure reg:5000/notes:1');
  expect(said).toMatch(/^\{\n\t"config": \{\n/);
  expect(JSON.parse(said)).toEqual(JSON.parse(sh('one', 'curl -s http://reg:5000/v2/notes/manifests/1')));
  expect(sh('one', 'docker manifest inspect --insecure reg:5000/notes:2')).toBe(
    'no such manifest: reg:5000/notes:2\n[1]\n',
  );
  expect(sh('one', 'docker manifest inspect reg:5000/notes:1')).toBe(
    'Get "https://reg:5000/v2/": http: server gave HTTP response to HTTPS client\n[1]\n',
  );
});

test('who breaks off a pull has nothing of it', () => {
  const big: ImageSpec = {
    reference: 'big:1',
    layers: [{ '/one': 'x'.repeat(1000) }, { '/two': { content: noise(400_000) } }],
  };
  const { sh } = registryWorld({ registry: { images: [big] }, images: [], rate: 1e6 });
  expect(sh('two', 'timeout 1 docker pull reg:5000/big:1')).toMatch(/Pull complete\n[\s\S]*\[124\]\n$/);
  expect(sh('two', 'sleep 1; docker images -q; ls /var/lib/docker/overlay2')).toBe('');
  expect(sh('two', 'docker pull -q reg:5000/big:1; docker images -q | wc -l')).toBe('reg:5000/big:1\n1\n');
});

test('on a terminal each layer has a line that changes', () => {
  const big: ImageSpec = {
    reference: 'big:1',
    layers: [{ '/one': 'x' }, { '/two': { content: noise(400_000) } }],
  };
  const { world } = registryWorld({ registry: { images: [big] }, images: [], rate: 1e6 });
  const screen = new VtScreen(24, 130);
  const terminal = world.host('two').openTerminal({
    user: 'root',
    size: { rows: 24, cols: 130 },
    onOutput: (bytes) => screen.write(decodeUtf8(bytes)),
  });
  const lines = () =>
    screen.lines.map((line) =>
      line
        .trimEnd()
        .replace(/[0-9a-f]{12}: /, 'ID: ')
        .replace(/[0-9a-f]{64}/, 'H'),
    );
  world.run(world.now + SECOND);
  terminal.input(encodeUtf8('docker pull reg:5000/big:1\r'));
  world.run(world.now + 2 * SECOND);
  const during = lines();
  const at = during.indexOf('1: Pulling from big');
  expect(during[at + 1]).toBe('ID: Pull complete');
  expect(during[at + 2]).toMatch(/^ID: Downloading \[=+> +\] +[\d.]+kB\/[\d.]+kB$/);
  world.run(world.now + 3 * SECOND);
  expect(lines().slice(at, at + 6)).toEqual([
    '1: Pulling from big',
    'ID: Pull complete',
    'ID: Pull complete',
    'Digest: sha256:H',
    'Status: Downloaded newer image for reg:5000/big:1',
    'reg:5000/big:1',
  ]);
});

/** Bytes that do not compress, the same each time. */
function noise(size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let state = 12_345;
  for (let i = 0; i < size; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[i] = state >>> 16;
  }
  return bytes;
}

test('bytes take the time that the link gives them, once for each layer', () => {
  const images = [{ reference: 'big:1', layers: [{ '/noise': { content: noise(2_000_000) } }] }];
  const { sh, world } = registryWorld({ images, rate: 10e6 });
  const seconds = (host: string, command: string): number => {
    const before = world.now;
    sh(host, command);
    return (world.now - before) / 1e9;
  };
  sh('one', 'docker tag big:1 reg:5000/big:1');
  // 2 MB at 10 Mbit/s are 1.6 s, with what Ethernet, IP and TCP add 1.67 s.
  for (const [host, command] of [
    ['one', 'docker push -q reg:5000/big:1'],
    ['two', 'docker pull -q reg:5000/big:1'],
  ] as const) {
    const taken = seconds(host, command);
    expect(taken).toBeGreaterThan(1.6);
    expect(taken).toBeLessThan(2);
  }
  expect(seconds('two', 'docker pull -q reg:5000/big:1')).toBeLessThan(0.1);
});

test('a daemon.json that is no JSON, and a route that leads nowhere, are told as they are', () => {
  const { sh } = registryWorld();
  sh('two', `echo '{"insecure-registries": ["reg:5000",]}' >/etc/docker/daemon.json`);
  expect(sh('two', 'docker pull reg:5000/x')).toContain(
    "unable to configure the Docker daemon with file /etc/docker/daemon.json: invalid character ']' looking for beginning of value",
  );
  sh(
    'two',
    `echo '{"insecure-registries": ["reg:5000"]}' >/etc/docker/daemon.json; ip route add blackhole 192.0.2.1`,
  );
  expect(sh('two', 'docker pull reg:5000/x')).toContain('dial tcp 192.0.2.1:5000: connect: invalid argument');
});
