/** docker commit: the upper directory as a layer, whiteouts and all. */
import { expect, test } from 'vitest';
import { engineHost } from '../support/engineHost.ts';

const { sh, out, read } = engineHost();

test('what a container changed is a new layer over the image’s', () => {
  out('docker run -d --name one -e A=1 notes:1');
  out(
    'docker exec one sh -c "echo new >/srv/page; rm /srv/old; rm -r /data; mkdir /data; echo own >/data/own"',
  );
  const id = out('docker commit -m "a note" -a ada one snap:1').trim();
  expect(id).toMatch(/^sha256:[0-9a-f]{64}$/);
  expect(out('docker run --rm snap:1 sh -c "cat page; ls /srv /data; echo $A"')).toContain('new\n');
  expect(out('docker run --rm snap:1 ls /srv')).toBe('page\n');
  expect(out('docker run --rm snap:1 ls /data')).toBe('own\n');
  expect(out("docker run --rm snap:1 sh -c 'echo $A'")).toBe('1\n');
  expect(out('docker run --rm notes:1 cat /srv/old')).toBe('the old page\n');
});

test('the new name is told too', () => {
  out('docker create --name told base; docker commit told told:2; docker commit told');
  const events = out(
    "docker events --since 1m --until 0s -f type=image --format '{{.Action}} {{.Actor.Attributes.name}}'",
  );
  expect(events).toBe('tag snap:1\ntag told:2\n');
});

test('layers below are shared; the diff id is the archive’s; history tells', () => {
  const layers = (name: string) =>
    JSON.parse(out(`docker inspect -f '{{json .RootFS.Layers}}' ${name}`)) as string[];
  expect(layers('snap:1').slice(0, -1)).toEqual(layers('notes:1'));
  const config = out('docker inspect -f "{{.Id}}" snap:1').trim().slice(7);
  expect(read(`/var/lib/docker/image/overlay2/imagedb/content/sha256/${config}`)).toContain(
    layers('snap:1').at(-1),
  );
  expect(out('docker history snap:1 --format "{{.Comment}}"').split('\n')[0]).toBe('a note');
  expect(
    out('docker diff one; docker run -d --name two snap:1 >/tmp/id; docker diff two').split('\n'),
  ).toContain('D /srv/old');
});

test('a container that changed nothing is an empty layer; an image in use stays', () => {
  expect(out('docker diff two')).toBe('');
  expect(sh('docker rmi snap:1').err).toContain(
    'conflict: unable to remove repository reference "snap:1" (must force)',
  );
  out('docker commit two');
  expect(out('docker images --format "{{.Repository}}"')).toContain('<none>');
  expect(out('docker rm -f two; docker image prune -f')).toMatch(/Deleted Images:\ndeleted: sha256:/);
  expect(sh('docker commit nope').err).toBe('Error response from daemon: No such container: nope\n');
});

test('--change gives the image another configuration', () => {
  out(
    `docker run --name three base true
docker commit -c 'CMD ["a", "b c"]' -c 'ENV X=1 Y=$X' --change 'WORKDIR /x' -c 'WORKDIR y' three changed`.replace(
      ' -q',
      '',
    ),
  );
  const config = JSON.parse(out('docker inspect -f "{{json .Config}}" changed')) as Record<string, unknown>;
  expect(config).toMatchObject({ Cmd: ['a', 'b c'], WorkingDir: '/x/y' });
  expect(config.Env).toEqual(expect.arrayContaining(['X=1', 'Y=']));
  expect(sh("docker commit -c 'RUN x' three").err).toBe(
    'Error response from daemon: RUN is not a valid change command\n',
  );
  out("echo x >/tmp/x; tar -c -C /tmp x | docker import -c 'CMD [\"a\"]' -c 'EXPOSE 80' - imported");
  expect(JSON.parse(out('docker inspect -f "{{json .Config}}" imported'))).toMatchObject({
    ...{ Cmd: ['a'], ExposedPorts: { '80/tcp': {} } },
  });
});
