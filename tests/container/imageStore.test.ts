/** The engine's store of images: names, sizes, filters, what is shared, and that nothing damaged leaves it. */
import { expect, test } from 'vitest';
import { engineHost } from '../support/engineHost.ts';

const { sh, out, read } = engineHost('images');

test('sizes are those of files, each layer once', () => {
  out(
    'docker run --name changed notes:1 sh -c "printf 12345 > /five; rm /srv/old"; docker commit changed made:1',
  );
  expect(out('docker history --format "{{.Size}}" made:1').split('\n')[0]).toBe('5B');
  const size = (name: string) => Number(out(`docker image inspect -f "{{.Size}}" ${name}`));
  expect(size('made:1')).toBe(size('notes:1') + 5);
  const [images, containers, , cache] = out('docker system df').split('\n').slice(1);
  expect(images).toMatch(/^Images +3 +1 +[\d.]+kB +[\d.]+kB \(100%\)$/);
  expect(containers).toMatch(/^Containers +1 +0 +5B +5B \(100%\)$/);
  expect(cache).toMatch(/^Build Cache +0 +0 +0B +0B$/);
});

test('system df -v lists each thing, in the columns of the real client', () => {
  out('docker run -d --name sleeper -v vol:/data base sh -c "echo hi > /data/x; sleep 1000"');
  expect(out('docker system df -v').replace(/[0-9a-f]{12}/g, 'ID')).toMatch(
    new RegExp(
      [
        'Images space usage:\n',
        'REPOSITORY +TAG +IMAGE ID +CREATED +SIZE +SHARED SIZE +UNIQUE SIZE +CONTAINERS',
        'made +1 +ID +\\S.* ago +[\\d.]+kB +[\\d.]+kB +5B +0',
        '(.*\n)*Containers space usage:\n',
        'CONTAINER ID +IMAGE +COMMAND +LOCAL VOLUMES +SIZE +CREATED +STATUS +NAMES',
        'ID +base +"sh -c \'echo hi > /d…" +1 +0B +.* ago +Up .* +sleeper',
        'ID +notes:1 +"sh -c .*…" +0 +5B +.* ago +Exited .* +changed\n',
        'Local Volumes space usage:\n',
        'VOLUME NAME +LINKS +SIZE',
        'vol +1 +3B\n',
        'Build cache usage: 0B\n',
        'CACHE ID +CACHE TYPE +SIZE +CREATED +LAST USED +USAGE +SHARED\n$',
      ].join('\n'),
    ),
  );
  out('docker rm -f sleeper; docker volume rm vol');
});

test('names are a table in the daemon’s folder, as Docker writes it', () => {
  out('docker tag made:1 example.com:5000/team/made; docker tag made:1 made:2');
  const id = out('docker image inspect -f "{{.Id}}" made:1').trim();
  expect(JSON.parse(read('/var/lib/docker/image/overlay2/repositories.json')!)).toMatchObject({
    Repositories: {
      made: { 'made:1': id, 'made:2': id },
      'example.com:5000/team/made': { 'example.com:5000/team/made:latest': id },
    },
  });
  for (const name of [
    'made:2',
    'docker.io/library/made:2',
    'index.docker.io/made:2',
    id,
    id.slice(7, 15),
    'example.com:5000/team/made',
  ])
    expect(out(`docker image inspect -f "{{.Id}}" ${name}`).trim()).toBe(id);
  expect(sh('docker image inspect made:3').err).toContain('No such image: made:3');
  expect(sh('docker rmi made:1 made:2').out).toBe('Untagged: made:1\nUntagged: made:2\n');
});

test.each([
  ['', ['base:latest', 'example.com:5000/team/made:latest', 'notes:1']],
  ['notes', ['notes:1']],
  ['notes:2', []],
  ["-f 'reference=*:1'", ['notes:1']],
  ["-f 'reference=*/*/made'", ['example.com:5000/team/made:latest']],
  ['-f dangling=true', []],
  ['-f before=example.com:5000/team/made', ['base:latest', 'notes:1']],
  ['-f since=notes:1', ['example.com:5000/team/made:latest']],
  ['-f label=none', []],
])('docker images %s', (options, names) => {
  const listed = out(`docker images --format '{{.Repository}}:{{.Tag}}' ${options}`);
  expect(
    listed
      .split('\n')
      .filter((line) => line !== '')
      .sort(),
  ).toEqual(names);
});

test('filters that are none', () => {
  expect(sh('docker images -f color=red').err).toBe("Error response from daemon: invalid filter 'color'\n");
  expect(sh('docker images -f color').err).toContain('bad format of filter');
});

test('a layer whose files were changed is not saved', () => {
  const top = out(
    'docker image inspect -f "{{.GraphDriver.Data.UpperDir}}" example.com:5000/team/made',
  ).trim();
  out(`docker save -o /tmp/good.tar example.com:5000/team/made; echo changed > ${top}/five`);
  expect(sh('docker save -o /tmp/bad.tar example.com:5000/team/made').err).toMatch(
    /^Error response from daemon: layer sha256:\w{64} is damaged: its files give the digest sha256:\w{64}\n$/,
  );
  expect(sh('ls /tmp/bad.tar').status).toBe(2);
});

test('what happens to images is told', () => {
  out(
    '(timeout 2 docker events --filter type=image > /tmp/events) & sleep 0.5; docker tag notes:1 n:2; docker rmi n:2 >/dev/null; docker save notes:1 | docker load >/dev/null; sleep 2',
  );
  const events = out('cat /tmp/events')
    .trim()
    .split('\n')
    .map((line) => line.split(' ').slice(1, 3).join(' '));
  expect(events).toEqual(['image tag', 'image untag', 'image save', 'image load']);
});
