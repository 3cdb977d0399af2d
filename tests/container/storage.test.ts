/** What containers write, and where it stays: layers, volumes, binds, diff, removal. */
import { describe, expect, test } from 'vitest';
import { engineHost } from '../support/engineHost.ts';

describe('layers', () => {
  const { sh, out, host, read } = engineHost();
  const data = (name: string, key: string) =>
    out(`docker inspect -f "{{.GraphDriver.Data.${key}}}" ${name}`).trim();

  test('two containers of one image share its layers and not their writes', () => {
    out('docker run -d --name one notes:1; docker run -d --name two notes:1');
    const shared = (name: string) => data(name, 'LowerDir').split(':').slice(1);
    expect(shared('one')).toEqual(shared('two'));
    expect(data('one', 'UpperDir')).not.toBe(data('two', 'UpperDir'));
    out('docker exec one sh -c "echo mine >/srv/page; rm /srv/old"');
    expect(out('docker exec two cat /srv/page /srv/old')).toBe('the page\nthe old page\n');
    expect(out('docker run --rm notes:1 cat /srv/page')).toBe('the page\n');
    expect(read(`${shared('one')[0]}/srv/page`)).toBe('the page\n');
  });

  test('diff says what lies in the upper directory', () => {
    out('docker exec one sh -c "mkdir /new; echo 1 >/new/file; chmod 600 /etc/passwd"');
    expect(out('docker diff one')).toBe(
      'C /etc\nC /etc/passwd\nA /new\nA /new/file\nC /srv\nD /srv/old\nC /srv/page\n',
    );
    const upper = data('one', 'UpperDir');
    expect(out(`cd ${upper}; find . -mindepth 1 | sort`)).toBe(
      './etc\n./etc/passwd\n./new\n./new/file\n./srv\n./srv/old\n./srv/page\n',
    );
    expect(host.view.stat(`${upper}/srv/old`)).toMatchObject({ rdev: { major: 0, minor: 0 } });
    expect(sh('docker diff nope')).toMatchObject({
      err: 'Error response from daemon: No such container: nope\n',
      status: 1,
    });
  });

  test('a stopped container keeps its layer; a removed one leaves nothing', () => {
    const upper = data('one', 'UpperDir');
    const pid = out('docker inspect -f "{{.State.Pid}}" one').trim();
    out('docker stop -t 0 one');
    expect(read(`${upper}/new/file`)).toBe('1\n');
    expect(out('docker diff one')).toContain('A /new/file\n');
    out('docker rm one');
    expect(host.view.stat(upper)).toBeNull();
    expect(host.view.stat(`/proc/${pid}`)).toBeNull();
    expect(host.view.mounts()).not.toContain(upper);
    expect(out('ls /var/lib/docker/image/overlay2/layerdb/mounts | wc -l')).toBe('1\n');
  });

  test('rm wants a stopped container, or -f', () => {
    expect(sh('docker rm two')).toEqual({
      out: '',
      err: 'Error response from daemon: cannot remove container "/two": container is running: stop the container before removing or force remove\n',
      status: 1,
    });
    expect(out('docker rm -f two')).toBe('two\n');
    expect(sh('docker rm two').err).toBe('Error response from daemon: No such container: two\n');
    expect(sh('docker rm -f two')).toMatchObject({ status: 0 });
  });
});

describe('volumes and binds', () => {
  const { sh, out, read } = engineHost();

  test('a volume outlives its containers; :ro is read-only', () => {
    expect(out('docker volume create v1; docker volume ls')).toBe(
      'v1\nDRIVER    VOLUME NAME\nlocal     v1\n',
    );
    out('docker run --rm -v v1:/vol notes:1 sh -c "echo hi >/vol/f"');
    expect(read('/var/lib/docker/volumes/v1/_data/f')).toBe('hi\n');
    const {
      out: shown,
      err,
      status,
    } = sh('docker run --rm -v v1:/vol:ro notes:1 sh -c "cat /vol/f; echo x >/vol/f"');
    expect(shown).toBe('hi\n');
    expect(err).toContain('/vol/f: Read-only file system\n');
    expect(status).toBe(1);
  });

  test('inspect has the fields of docker’s', () => {
    expect(JSON.parse(out('docker volume inspect v1'))).toEqual([
      {
        CreatedAt: expect.stringMatching(/^2026-01-05T09:\d\d:\d\dZ$/),
        Driver: 'local',
        Labels: null,
        Mountpoint: '/var/lib/docker/volumes/v1/_data',
        Name: 'v1',
        Options: null,
        Scope: 'local',
      },
    ]);
  });

  test('an empty volume is filled from the image when its container is made, a full one is not', () => {
    out('docker create --name never -v fresh:/data notes:1 true');
    expect(read('/var/lib/docker/volumes/fresh/_data/first')).toBe('from the image\n');
    // Once: what is taken out afterwards does not come back.
    expect(out('rm /var/lib/docker/volumes/fresh/_data/first; docker start -a never; docker rm never')).toBe(
      'never\n',
    );
    expect(
      out('ls /var/lib/docker/volumes/fresh/_data; docker run --rm -v fresh:/data notes:1 ls /data'),
    ).toBe('first\n');
    expect(out('docker run --rm -v v1:/data notes:1 ls /data')).toBe('f\n');
  });

  test('a link on the way is followed within the image', () => {
    out(`mkdir /linked; printf 'FROM notes:1\\nRUN ln -s /data /way; ln -s / /up\\n' >/linked/Dockerfile`);
    out('docker build -qt linked /linked; docker create --name linking -v l1:/way -v l2:/up/data linked');
    expect(out('ls /var/lib/docker/volumes/l1/_data /var/lib/docker/volumes/l2/_data')).toBe(
      '/var/lib/docker/volumes/l1/_data:\nfirst\n\n/var/lib/docker/volumes/l2/_data:\nfirst\n',
    );
    out('docker rm linking; docker volume rm l1 l2; docker rmi linked');
  });

  test('a volume in use stays', () => {
    const id = out('docker run -d --name user -v v1:/vol notes:1').trim();
    expect(sh('docker volume rm v1')).toMatchObject({
      err: `Error response from daemon: remove v1: volume is in use - [${id}]\n`,
      status: 1,
    });
    out('docker rm -f user');
    expect(out('docker volume rm v1')).toBe('v1\n');
    expect(sh('docker volume rm v1').err).toBe('Error response from daemon: get v1: no such volume\n');
  });

  test('anonymous volumes go with rm -v, named ones do not; prune takes what nobody uses', () => {
    out('docker run --name a1 -v /vol -v kept:/kept notes:1 true; docker run --name a2 -v /vol notes:1 true');
    out('docker rm -v a1; docker rm a2');
    expect(
      out('docker volume ls -q')
        .split('\n')
        .filter((name) => /^[0-9a-f]{64}$/.test(name)),
    ).toHaveLength(1);
    expect(out('docker volume prune -f')).toMatch(
      /^Deleted Volumes:\n[0-9a-f]{64}\n\nTotal reclaimed space: 0B\n$/,
    );
    expect(out('docker volume ls -q')).toBe('fresh\nkept\n');
    expect(out('docker volume prune -af')).toMatch(
      /^Deleted Volumes:\nfresh\nkept\n\nTotal reclaimed space: 15B\n$/,
    );
  });

  test('labels are kept, shown and filtered by', () => {
    out(
      'docker volume create --label tier=gold --label seen red; docker volume create --label tier=tin constructor',
    );
    out('docker run --rm --mount src=blue,dst=/b,volume-label=tier=gold,volume-label=by=run notes:1 true');
    const labels = (name: string) => out(`docker volume inspect -f '{{json .Labels}}' ${name}`).trim();
    const shown = ['{"seen":"","tier":"gold"}', '{"by":"run","tier":"gold"}'];
    expect(['red', 'blue'].map(labels)).toEqual(shown);
    const names = (filters: string) => out(`docker volume ls -q ${filters}`).trim().split('\n');
    expect(names('-f label=tier=gold')).toEqual(['blue', 'red']);
    expect(names('-f label=tier')).toEqual(['blue', 'constructor', 'red']);
    expect(names('--filter label=tier=gold --filter label=seen')).toEqual(['red']);
    expect(names('-f name=^r')).toEqual(['red']);
    out('docker create --name holder -v red:/r notes:1');
    expect(names('-f dangling=false')).toEqual(['red']);
    expect(names('-f dangling=true -f label=tier')).toEqual(['blue', 'constructor']);
    expect(out("docker volume ls -f name=blue --format '{{.Name}} {{.Labels}} {{.Scope}}'")).toBe(
      'blue by=run,tier=gold local\n',
    );
    expect(sh('docker volume ls -f colour=red').err).toBe(
      "Error response from daemon: invalid filter 'colour'\n",
    );
    expect(sh('docker volume ls -f dangling=maybe').err).toBe(
      "Error response from daemon: invalid filter 'dangling=[maybe]'\n",
    );
    expect(
      out('docker rm holder; docker volume prune -af --filter label!=tier=tin --filter label=tier'),
    ).toMatch(/^holder\nDeleted Volumes:\nblue\nred\n\n/);
    out('docker volume create red');
    expect(labels('red')).toBe('null');
    expect(labels('constructor')).toBe('{"tier":"tin"}');
    out('docker volume rm red constructor; docker volume rm -f nothing');
  });

  test('prune without -a takes what was made without a name, however names look', () => {
    const long = 'ab'.repeat(32);
    const made = out(`docker volume create; docker volume create ${long}`).split('\n')[0]!;
    expect(out(`docker volume inspect -f '{{json .Labels}}' ${made}`)).toBe(
      '{"com.docker.volume.anonymous":""}\n',
    );
    expect(out('docker volume prune -f')).toBe(`Deleted Volumes:\n${made}\n\nTotal reclaimed space: 0B\n`);
    out(`docker volume rm ${long}`);
  });

  test.each([
    ['v', 'create v: volume name is too short, names should be at least two alphanumeric characters'],
    ['-d nfs vol', 'create vol: error looking up volume plugin nfs: plugin "nfs" not found'],
    ['-o colour=red vol', 'create vol: invalid option: "colour"'],
    ['-o type=tmpfs vol', 'create vol: missing required option: "device"'],
    ['-o size=10m vol', 'create vol: quota size requested but no quota support'],
  ])('volume create %s is refused', (line, why) => {
    expect(sh(`docker volume create ${line}`)).toEqual({
      out: '',
      err: `Error response from daemon: ${why}\n`,
      status: 1,
    });
    expect(out('docker volume ls -q')).toBe('');
  });

  test('a bind shows a directory of the host both ways', () => {
    out(
      'mkdir /host; echo out >/host/a; docker run --rm -v /host:/in notes:1 sh -c "cat /in/a; echo in >/in/b"',
    );
    expect(read('/host/b')).toBe('in\n');
    out('docker run --rm -v /made:/in notes:1 true; test -d /made');
    expect(sh('docker run --rm --mount type=bind,source=/none,target=/in notes:1').err).toContain(
      'docker: Error response from daemon: invalid mount config for type "bind": bind source path does not exist: /none\n',
    );
    expect(sh('docker run --rm -v a:b notes:1').err).toContain(
      "invalid mount path: 'b' mount path must be absolute",
    );
  });
});

describe('images', () => {
  const { sh, out } = engineHost();

  test('tag, and rmi of one of two names', () => {
    out('docker tag notes:1 team/notes:v2');
    expect(out('docker images --format "{{.Repository}}:{{.Tag}}" | sort')).toBe(
      'base:latest\nnotes:1\nteam/notes:v2\n',
    );
    expect(out('docker rmi team/notes:v2')).toBe('Untagged: team/notes:v2\n');
    expect(sh('docker tag nope x').err).toBe('Error response from daemon: No such image: nope:latest\n');
    expect(sh('docker tag notes:1 team/Notes').err).toBe(
      'Error parsing reference: "team/Notes" is not a valid repository/tag: invalid reference format: repository name (team/Notes) must be lowercase\n',
    );
  });

  test('an image in use stays', () => {
    out('docker create --name user notes:1');
    const id = out('docker ps -aq').trim();
    const image = out('docker images -q notes:1').trim();
    expect(sh('docker rmi notes:1')).toMatchObject({
      err: `Error response from daemon: conflict: unable to remove repository reference "notes:1" (must force) - container ${id} is using its referenced image ${image}\n`,
      status: 1,
    });
    out('docker rm user');
    const layers = out('docker inspect -f "{{.GraphDriver.Data.UpperDir}}" notes:1').trim();
    expect(out('docker rmi notes:1')).toMatch(/^Untagged: notes:1\nDeleted: sha256:[0-9a-f]{64}\n/);
    expect(sh(`ls ${layers}`).status).not.toBe(0);
    expect(out('docker run --rm base cat /proc/sys/kernel/ostype')).toBe('Linux\n');
    expect(sh('docker rmi nope').err).toBe('Error response from daemon: No such image: nope:latest\n');
  });
});
