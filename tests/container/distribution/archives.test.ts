/** docker save, load, import; and that real tools read what is saved. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { hasTool } from '../../support/diskTools.ts';
import type { NetworkWorld } from '../../support/networkWorld.ts';
import { registryWorld } from '../../support/registryWorld.ts';

let world: NetworkWorld;
let sh: NetworkWorld['sh'];
beforeAll(() => {
  world = registryWorld();
  sh = world.sh;
  sh(
    'one',
    `docker run --name changed notes:1 sh -c 'ln /srv/page /srv/link; ln -s page /srv/symlink; mkdir -m 1777 /deep; touch /deep/old'
     docker commit changed made:1
     mkdir ctx; printf 'FROM notes:1\\nRUN rm -r /srv && mkdir /srv && echo built > /srv/page\\nLABEL a=b\\nCOPY file /file\\n' > ctx/Dockerfile; echo file > ctx/file
     docker build -q -t built:1 ctx`,
  );
});

test('what is saved is loaded again: images made by commit and by build, with their names', () => {
  const ids = (host: string) =>
    sh(host, 'docker image inspect -f "{{.Id}} {{.RootFS.Layers}}" made:1 built:1 notes:1');
  expect(
    sh('one', 'docker save -o /tmp/all.tar made:1 built:1 notes:1; tar tf /tmp/all.tar | grep -v blobs'),
  ).toBe('index.json\nmanifest.json\noci-layout\nrepositories\n');
  const loaded = 'Loaded image: made:1\nLoaded image: built:1\nLoaded image: notes:1\n';
  expect(sh('one', 'docker rmi -f made:1 built:1 >/dev/null; docker load -i /tmp/all.tar')).toBe(loaded);
  const before = ids('one');
  expect(before.split('\n')).toHaveLength(4);
  sh('one', 'nc -N -l -p 9 < /tmp/all.tar & sleep 0.1');
  expect(sh('two', 'sleep 0.2; nc -d 192.0.2.11 9 > /tmp/all.tar; docker load < /tmp/all.tar')).toBe(loaded);
  expect(ids('two')).toBe(before);
  expect(
    sh('two', 'docker run --rm built:1 cat /srv/page /file; docker run --rm made:1 ls -A /deep /srv'),
  ).toBe('built\nfile\n/deep:\nold\n\n/srv:\nlink\npage\nsymlink\n');
});

test('pushed and pulled they are the same, too', () => {
  sh('one', 'for i in made built; do docker tag $i:1 reg:5000/$i:1; docker push -q reg:5000/$i:1; done');
  const id = (host: string) =>
    sh(host, 'for i in made built; do docker image inspect -f "{{.Id}}" reg:5000/$i:1; done');
  sh(
    'two',
    'docker rmi -f $(docker images -q) >/dev/null; for i in made built; do docker pull -q reg:5000/$i:1; done',
  );
  expect(id('two')).toBe(id('one'));
});

test('an image without a name is loaded by its id; a name moves', () => {
  const id = sh('one', 'docker image inspect -f "{{.Id}}" notes:1').trim();
  sh('one', `docker save ${id} > /tmp/id.tar; docker save made:1 > /tmp/made.tar; docker tag notes:1 made:1`);
  expect(sh('one', 'docker load -i /tmp/id.tar')).toBe(`Loaded image ID: ${id}\n`);
  expect(sh('one', 'docker load -q -i /tmp/made.tar')).toBe(
    `The image made:1 already exists, renaming the old one with ID ${id} to empty string\nLoaded image: made:1\n`,
  );
});

test('an archive of files becomes an image', () => {
  sh(
    'one',
    'mkdir -p /tmp/files/etc; echo hello > /tmp/files/etc/hello; tar -C /tmp/files -c . | docker import -m "from files" - files:1',
  );
  expect(sh('one', 'docker history --format "{{.Size}} {{.Comment}}" files:1')).toBe('6B from files\n');
  expect(
    sh('one', 'docker create --name files files:1 /none >/dev/null; docker cp files:/etc/hello - | tar xO'),
  ).toBe('hello\n');
  // A client may leave the tag in the name.
  const post = (query: string) =>
    sh(
      'one',
      `tar -C /tmp/files -c . | curl -s -X POST --unix-socket /run/docker.sock -H 'Content-Type: application/x-tar' --data-binary @- 'http://d/images/create?fromSrc=-&${query}'`,
    );
  for (const query of ['repo=im2:9', 'repo=im2&tag=8', 'repo=im2:7&tag=6', 'repo=im2']) post(query);
  expect(sh('one', "docker images --format '{{.Tag}}' im2 | sort")).toBe('6\n8\n9\nlatest\n');
  expect(sh('one', 'echo no | docker import - x')).toMatch(/\[1\]\n$/);
});

test('what is no archive of images is refused by name', () => {
  for (const [make, message] of [
    ['echo no', 'unexpected EOF'],
    ['head -c 1024 /usr/bin/env', 'unexpected EOF'],
    ["sh -c 'yes | head -c 2048'", 'archive/tar: invalid tar header'],
    [
      'tar c /etc/hostname',
      'open /var/lib/docker/tmp/docker-import-\\d+/etc/json: no such file or directory',
    ],
    [
      'tar c -C /etc hostname',
      'open /var/lib/docker/tmp/docker-import-\\d+/repositories: no such file or directory',
    ],
    ['head -c 1600 /tmp/made.tar', 'unexpected EOF'],
  ] as const)
    expect(sh('one', `${make} 2>/dev/null | docker load`)).toMatch(
      new RegExp(`^Error response from daemon: ${message}\\n\\[1\\]\\n$`),
    );
  expect(sh('one', 'docker save nope')).toBe('Error response from daemon: No such image: nope:latest\n[1]\n');
});

test.skipIf(!hasTool('skopeo'))('skopeo reads what docker save has written', () => {
  sh('one', 'docker save -o /tmp/made.tar made:1');
  const folder = mkdtempSync(join(tmpdir(), 'virtbook-save-'));
  try {
    writeFileSync(join(folder, 'made.tar'), world.world.host('one').view.readFile('/tmp/made.tar')!);
    const { stdout, stderr } = spawnSync(
      'skopeo',
      ['inspect', '--raw', '--config', `docker-archive:${folder}/made.tar`],
      { encoding: 'utf8' },
    );
    expect(stderr).toBe('');
    const layers = sh('one', 'docker image inspect -f "{{json .RootFS.Layers}}" made:1');
    expect((JSON.parse(stdout) as { rootfs: { diff_ids: string[] } }).rootfs.diff_ids).toEqual(
      JSON.parse(layers),
    );
    const copied = spawnSync(
      'skopeo',
      ['--insecure-policy', 'copy', `docker-archive:${folder}/made.tar`, `dir:${folder}/out`],
      { encoding: 'utf8' },
    );
    expect([copied.status, copied.stderr]).toEqual([0, '']);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
