/** What containers mount, and devices: options of -v and --mount, volumes that their driver mounts, --device, --privileged. */
import { expect, test } from 'vitest';
import { dockerWorld } from '../support/dockerWorld.ts';
import { engineHost } from '../support/engineHost.ts';

const { sh, out, read } = engineHost();
const mounts = (name: string) => out(`docker inspect -f '{{json .Mounts}}' ${name}`);

test('a volume of type tmpfs is mounted while a container uses it, with its size, and forgets all', () => {
  out('docker volume create -o type=tmpfs -o device=tmpfs -o o=size=1m,uid=1200 scratch');
  expect(out("docker volume inspect -f '{{json .Options}}' scratch")).toBe(
    '{"device":"tmpfs","o":"size=1m,uid=1200","type":"tmpfs"}\n',
  );
  out(
    'docker run -d --name user -v scratch:/data notes:1; docker run -d --name other -v scratch:/data notes:1',
  );
  expect(
    out('docker exec user sh -c "stat -c %u /data; echo kept >/data/file; grep -c /data /proc/mounts"'),
  ).toBe('1200\n1\n');
  expect(sh('docker exec user dd if=/dev/zero of=/data/big bs=64k count=32').err).toContain('No space left');
  expect(out('docker exec other cat /data/file; grep -c /volumes/scratch/ /proc/mounts')).toBe('kept\n1\n');
  out('docker rm -f user');
  expect(out('docker exec other cat /data/file')).toBe('kept\n');
  out('docker stop -t 0 other');
  expect(read('/proc/mounts')).not.toContain('/volumes/scratch/');
  expect(out('docker start other >/dev/null; docker exec other ls /data')).toBe('');
  out('docker rm -f other; docker volume rm scratch');
});

test('a container that starts while the only other user of its volume ends finds it mounted', () => {
  out('docker volume create -o type=tmpfs -o device=tmpfs handed');
  out('docker create --name first -v handed:/data notes:1 sleep 0.1');
  const seen = 'sleep 0.05; grep -c "^tmpfs /data " /proc/mounts';
  out(`docker create --name second -v handed:/data notes:1 sh -c '${seen}'`);
  // The first one ends about 0.1 s after its start: somewhere here while the second one is being started.
  const moments = Array.from({ length: 24 }, (_, i) => (0.0985 + i * 0.0001).toFixed(4));
  const race = 'docker start first; sleep $moment; docker start second; docker wait first second';
  out(`for moment in ${moments.join(' ')}; do ${race}; done`);
  expect(out('docker logs second')).toBe('1\n'.repeat(moments.length));
  out('docker rm first second; docker volume rm handed');
});

test('a volume that is a directory of the host’s, and one that cannot be mounted', () => {
  out('mkdir /srv/shared; echo hosts >/srv/shared/file');
  out('docker volume create --opt type=none --opt o=bind --opt device=/srv/shared bound');
  expect(out('docker run --rm -v bound:/data notes:1 sh -c "cat /data/file; echo new >/data/more"')).toBe(
    'hosts\n',
  );
  expect(read('/srv/shared/more')).toBe('new\n');
  out('docker volume create -o type=nfs -o device=:/export -o o=addr=192.0.2.9,rw far');
  expect(sh('docker run --name never -v far:/data notes:1 true')).toMatchObject({
    err: expect.stringMatching(
      /^docker: Error response from daemon: failed to populate volume: error while mounting volume '\/var\/lib\/docker\/volumes\/far\/_data': failed to mount local volume: mount :\/export:\/var\/lib\/docker\/volumes\/far\/_data, data: addr=192\.0\.2\.9: no such device\n/,
    ),
    status: 125,
  });
  // Nothing is left of it; where the image has nothing for the volume, it is mounted when the container starts.
  expect(out('docker ps -aq')).toBe('');
  expect(sh('docker run --name late -v far:/none notes:1 true').err).toMatch(
    /^docker: Error response from daemon: error while mounting volume /,
  );
  expect(out("docker ps -a --format '{{.Names}} {{.Status}}'; docker rm late")).toBe('late Created\nlate\n');
  out('docker volume create gone; rm -r /var/lib/docker/volumes/gone/_data');
  expect(sh('docker create --name never -v gone:/data notes:1').status).toBe(1);
  expect(out('docker ps -aq')).toBe('');
  out('docker volume rm bound far');
  expect(read('/srv/shared/file')).toBe('hosts\n');
});

test('--mount makes a volume with a driver’s options, and mounts a part of one', () => {
  out(
    'docker run -d --name user --mount type=volume,source=quick,target=/q,volume-opt=type=tmpfs,volume-opt=device=tmpfs,volume-opt=o=size=1m notes:1',
  );
  expect(out('docker exec user grep -c "^tmpfs /q tmpfs" /proc/mounts')).toBe('1\n');
  out('docker rm -f user; docker volume rm quick');
  out(
    'docker run --rm -v tree:/t notes:1 sh -c "mkdir -p /t/a/b; echo deep >/t/a/b/file; ln -s /etc /t/away"',
  );
  const part = (path: string) => `--mount type=volume,source=tree,target=/p,volume-subpath=${path}`;
  expect(out(`docker run --rm ${part('a/b')} notes:1 ls /p`)).toBe('file\n');
  expect(sh(`docker run --rm ${part('a/none')} notes:1 ls /p`).err).toContain(
    'cannot access path /var/lib/docker/volumes/tree/_data/a/none: no such file or directory',
  );
  // A link out of the volume leads into it.
  expect(sh(`docker run --rm ${part('away')} notes:1 ls /p`).err).toContain('cannot access path');
  expect(sh(`docker run --rm ${part('../x')} notes:1 true`).err).toContain(
    'subpath must be a relative path within the volume',
  );
  out('docker volume rm tree');
});

test('words behind the target: read-only, labels that have no effect, what is not copied', () => {
  out('docker run -d --name words -v plain:/data:ro,z -v bare:/srv:nocopy -v /etc:/e:ro -v /x notes:1');
  const found = JSON.parse(mounts('words')) as { Destination: string; Mode: string; RW: boolean }[];
  expect(found.map(({ Destination, Mode, RW }) => `${Destination} ${Mode} ${RW}`).sort()).toEqual([
    '/data ro,z false',
    '/e ro false',
    '/srv nocopy true',
    '/x  true',
  ]);
  expect(out('docker exec words ls /data /srv')).toBe('/data:\nfirst\n\n/srv:\n');
  expect(out("docker inspect -f '{{json .Config.Volumes}}' words")).toBe('{"/x":{}}\n');
  out('docker rm -fv words; docker volume rm plain bare');
});

test.each([
  ['-v data:/x:rx', 'invalid mode: rx'],
  ['-v data:/x:ro,rw', 'invalid mode: ro,rw'],
  ['-v data:ro', "invalid volume specification: 'data:ro'"],
  [
    '-v data:rel',
    `invalid volume specification: 'data:rel': invalid mount config for type "volume": invalid mount path: 'rel' mount path must be absolute`,
  ],
  [
    '-v data:/',
    `invalid volume specification: 'data:/': invalid mount config for type "volume": invalid specification: destination can't be '/'`,
  ],
  ['-v /etc:/x:rshared', 'a propagation mode is not simulated on this host (rshared)'],
  ['-v /etc:/x -v /srv:/x', 'Duplicate mount point: /x'],
  [
    '--mount type=bind,source=rel,target=/x',
    `invalid mount config for type "bind": invalid mount path: 'rel' mount path must be absolute`,
  ],
  [
    '--mount target=/x,readonly',
    'invalid mount config for type "volume": must not set ReadOnly mode when using anonymous volumes',
  ],
  [
    '--mount type=tmpfs,source=a,target=/x',
    'invalid mount config for type "tmpfs": field Source must not be specified',
  ],
  ['--mount type=shelf,target=/x', 'invalid mount config for type "shelf": mount type unknown'],
  ['--mount type=image,source=notes:1,target=/x', 'mounts of the type image are not simulated on this host'],
  ['--volume-driver nfs -v d:/x', 'error looking up volume plugin nfs: plugin "nfs" not found'],
  [
    '--device /dev/nosuch',
    'error gathering device information while adding custom device "/dev/nosuch": no such file or directory',
  ],
  [
    '--device /etc/passwd',
    'error gathering device information while adding custom device "/etc/passwd": not a device node',
  ],
  ['--log-driver syslog', 'the log driver syslog is not simulated on this host'],
  ['--log-driver foo', "logger: no log driver named 'foo' is registered"],
  ['--runtime kata', 'unknown or invalid runtime name: kata'],
  [
    '--sysctl net.ipv4.ip_forward=1 --network host',
    'sysctl "net.ipv4.ip_forward" not allowed in host network namespace',
  ],
])('docker run %s is refused', (args, why) => {
  const { err, status } = sh(`docker run --rm ${args} notes:1 true`);
  expect(err).toMatch(new RegExp(`${why.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')}(: unknown)?\n`));
  expect([125, 127]).toContain(status);
});

test('relative sources are the client’s', () => {
  out('mkdir -p /srv/here/sub; echo from here >/srv/here/sub/file');
  expect(out('cd /srv/here; docker run --rm -v ./sub:/x notes:1 cat /x/file')).toBe('from here\n');
  expect(
    out('cd /srv/here/sub; docker run --rm --mount type=bind,src=../sub,dst=/x notes:1 cat /x/file'),
  ).toBe('from here\n');
});

test('--device gives one device, --privileged all of the host’s', () => {
  expect(out('docker run --rm notes:1 ls /dev')).not.toContain('vda');
  expect(
    out(
      "docker run --rm --device /dev/vda --device /dev/null:/dev/nothing:rwm notes:1 stat -c '%n %t:%T %F' /dev/vda /dev/nothing",
    ),
  ).toBe('/dev/vda fe:0 block special file\n/dev/nothing 1:3 character special file\n');
  const devices = out('docker run --rm --privileged notes:1 ls /dev').split('\n');
  for (const name of out('ls /dev').split('\n')) if (name !== 'console') expect(devices).toContain(name);
});

test('--sysctl sets what is of the container’s own namespaces', () => {
  const world = dockerWorld();
  const container = (setting: string) => `docker run --rm --sysctl net.ipv4.${setting} base:1`;
  expect(
    world.sh(
      'box',
      `${container('ip_unprivileged_port_start=80')} cat /proc/sys/net/ipv4/ip_unprivileged_port_start`,
    ),
  ).toBe('80\n');
  expect(world.sh('box', `${container('nosuch=1')} true 2>&1`)).toContain(
    'runc create failed: unable to start container process: error during container init: open /proc/sys/net/ipv4/nosuch: no such file or directory: unknown\n',
  );
});

test('--log-driver none keeps nothing of what is printed', () => {
  expect(out('docker run --name silent --log-driver none notes:1 echo heard')).toBe('heard\n');
  expect(sh('docker logs silent').err).toBe(
    'Error response from daemon: configured logging driver does not support reading\n',
  );
  expect(
    out("docker inspect -f '{{.HostConfig.LogConfig.Type}} {{.LogPath}}' silent; docker rm silent"),
  ).toBe('none \nsilent\n');
});

test('--entrypoint without a value takes the image’s away', () => {
  expect(sh("docker run --rm --entrypoint '' notes:1 echo plain")).toMatchObject({
    out: 'plain\n',
    status: 0,
  });
});
