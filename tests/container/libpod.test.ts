/** Podman's API of the daemon, as its client asks: what it makes of a description, what it shows, how it refuses. */
import '../../src/container/libpod/index.ts';
import { describe, expect, test } from 'vitest';
import { decodeUtf8, encodeUtf8, Random } from '../../src/base/index.ts';
import { exchangeWith } from '../support/daemonConnection.ts';
import { engineHost } from '../support/engineHost.ts';
import { mutated, variants } from '../support/mutations.ts';

const { world, host, out } = engineHost('libpod');
const exchange = exchangeWith(world, host);

interface Answer {
  readonly status: number;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: what comes is looked at field by field.
  readonly json: any;
}

/** Objects without a word about their type, as podman's client sends them. */
function ask(method: string, path: string, body?: unknown): Answer {
  const bytes = encodeUtf8(body === undefined ? '' : JSON.stringify(body));
  const head = `${method} /v4.3.1/libpod${path} HTTP/1.1\r\nHost: d\r\nConnection: close\r\nContent-Length: ${bytes.length}\r\n\r\n`;
  const answer = exchange([encodeUtf8(head), bytes]);
  const [headers = '', ...rest] = answer.split('\r\n\r\n');
  const text = rest.join('\r\n\r\n');
  return {
    status: Number(headers.slice(9, 12)),
    text,
    json:
      /Content-Type: application\/json/.test(headers) && !/chunked/.test(headers)
        ? JSON.parse(text || 'null')
        : null,
  };
}

/** What `podman run` sends of itself. */
const USUAL = {
  httpproxy: true,
  annotations: { 'io.kubernetes.cri-o.TTY': 'false' },
  log_configuration: {},
  systemd: 'true',
  sdnotifyMode: 'container',
  pidns: {},
  containerCreateCommand: ['podman', 'run'],
  init_container_type: '',
  manage_password: true,
  image_volume_mode: 'anonymous',
  volatile: true,
  seccomp_policy: 'default',
  idmappings: { HostUIDMapping: true, UIDMap: null, GIDMap: null, AutoUserNs: false },
  umask: '0022',
  cgroups_mode: 'enabled',
  netns: { nsmode: 'none' },
  Networks: null,
  use_image_hosts: false,
};

/** Docker's inspection of what a description makes. */
function made(spec: object): {
  status: number;
  text: string;
  docker: Record<string, Record<string, unknown>>;
} {
  const { status, text, json } = ask('POST', '/containers/create', { ...USUAL, image: 'notes:1', ...spec });
  if (status !== 201) return { status, text, docker: {} };
  const [docker] = JSON.parse(out(`docker inspect ${json.Id}`)) as [Record<string, Record<string, unknown>>];
  out(`docker rm ${json.Id}`);
  return { status, text, docker };
}

describe('a container of podman’s description', () => {
  test.each<[string, object, string, object]>([
    ['a command', { command: ['a', 'b'] }, 'Config', { Cmd: ['a', 'b'] }],
    ['an entry point', { entrypoint: ['x'], command: ['y'] }, 'Config', { Entrypoint: ['x'], Cmd: ['y'] }],
    [
      'a user and a directory',
      { user: 'ada', work_dir: '/data' },
      'Config',
      { User: 'ada', WorkingDir: '/data' },
    ],
    ['labels', { labels: { a: 'b' } }, 'Config', { Labels: { a: 'b' } }],
    [
      'a terminal',
      { terminal: true, stdin: true },
      'Config',
      { Tty: true, OpenStdin: true, StdinOnce: true },
    ],
    ['a signal to stop', { stop_signal: 2, stop_timeout: 3 }, 'Config', { StopSignal: '2', StopTimeout: 3 }],
    ['a name of the host', { hostname: 'h' }, 'Config', { Hostname: 'h' }],
    [
      'limits',
      {
        resource_limits: { memory: { limit: 2 ** 26 }, cpu: { quota: 5e4, period: 1e5 }, pids: { limit: 9 } },
      },
      'HostConfig',
      { Memory: 2 ** 26, CpuQuota: 5e4, CpuPeriod: 1e5, PidsLimit: 9 },
    ],
    [
      'rlimits',
      { r_limits: [{ type: 'RLIMIT_NOFILE', hard: 9, soft: 8 }] },
      'HostConfig',
      { Ulimits: [{ Name: 'nofile', Hard: 9, Soft: 8 }] },
    ],
    [
      'mounts',
      {
        mounts: [
          { destination: '/b', type: 'bind', source: '/srv', options: ['rbind', 'ro'] },
          { destination: '/t', type: 'tmpfs', options: ['size=1m', 'nosuid'] },
        ],
        volumes: [{ Name: 'vol', Dest: '/v', Options: ['ro'] }],
      },
      'HostConfig',
      { Binds: ['/srv:/b:ro', 'vol:/v:ro'], Tmpfs: { '/t': 'size=1m' } },
    ],
    [
      'a policy',
      { restart_policy: 'on-failure', restart_tries: 3 },
      'HostConfig',
      { RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 3 } },
    ],
    [
      'what it may do',
      { cap_add: ['CAP_NET_ADMIN'], privileged: false },
      'HostConfig',
      { CapAdd: ['CAP_NET_ADMIN'] },
    ],
    ['no new privileges', { no_new_privileges: true }, 'HostConfig', { SecurityOpt: ['no-new-privileges'] }],
    ['the host’s processes', { pidns: { nsmode: 'host' } }, 'HostConfig', { PidMode: 'host' }],
    ['no network', {}, 'HostConfig', { NetworkMode: 'none' }],
    ['processors', { resource_limits: { cpu: { cpus: '0' } } }, 'HostConfig', { CpusetCpus: '0' }],
    [
      'devices and system controls',
      {
        devices: [{ path: '/dev/zero:/dev/disk:rwm' }, { path: '/dev/null' }],
        sysctl: { 'kernel.msgmax': '9000' },
      },
      'HostConfig',
      {
        Devices: [
          { PathOnHost: '/dev/zero', PathInContainer: '/dev/disk', CgroupPermissions: 'rwm' },
          { PathOnHost: '/dev/null', PathInContainer: '/dev/null', CgroupPermissions: 'rwm' },
        ],
        Sysctls: { 'kernel.msgmax': '9000' },
      },
    ],
    [
      'a reaper',
      { init: true, read_only_filesystem: true },
      'HostConfig',
      { Init: true, ReadonlyRootfs: true },
    ],
  ])('%s', (_, spec, part, expected) => {
    expect(made(spec).docker[part]).toMatchObject(expected);
  });

  test.each<[string, object, string]>([
    ['a weight of a disk', { weightDevice: { x: { weight: 5 } } }, 'weightDevice is not simulated'],
    ['a secret', { secrets: [{ Source: 'x' }] }, 'secrets is not simulated'],
    ['a pod', { pod: 'p' }, 'pod is not simulated'],
    ['another umask', { umask: '0077' }, 'umask is not simulated'],
    [
      'ids of its own',
      { userns: { nsmode: 'keep-id' } },
      'a user namespace of the mode keep-id is not simulated',
    ],
    ['mapped ids', { idmappings: { UIDMap: [{}] } }, 'a user namespace of its own is not simulated'],
    ['too many ports', { portmappings: [{ container_port: 9, range: 1e9 }] }, 'go beyond 65535'],
    ['another type', { command: 'ls' }, 'cannot unmarshal string into Go struct field SpecGenerator.command'],
    ['no image', { image: '' }, 'without an image'],
  ])('with %s is refused by name', (_, spec, words) => {
    const { status, text } = made(spec);
    expect([status, JSON.parse(text)]).toEqual([
      400,
      { cause: expect.any(String), message: expect.stringContaining(words), response: 400 },
    ]);
  });

  test('anything in place of any part is done or refused', () => {
    const spec = {
      ...{
        image: 'notes:1',
        command: ['true'],
        env: { A: 'b' },
        mounts: [{ destination: '/x', type: 'tmpfs' }],
      },
      volumes: [{ Name: 'vol', Dest: '/y' }],
      portmappings: [{ container_port: 80, host_port: 8080 }],
      Networks: { none: { aliases: ['x'] } },
      resource_limits: { memory: { limit: 2 ** 26 } },
      r_limits: [{ type: 'nofile', hard: 9, soft: 9 }],
      healthconfig: { Test: ['NONE'] },
      netns: { nsmode: 'none' },
    };
    const statuses = new Set<number>();
    for (const other of variants(spec)) statuses.add(ask('POST', '/containers/create', other).status);
    expect([...statuses].filter((status) => status === 0 || status >= 500)).toEqual([]);
    expect(statuses).toContain(400);
    out('docker rm $(docker ps -aq) >/dev/null');
  });
});

describe('podman’s API', () => {
  test('its version is in the answer to a ping, and Docker’s versions do not count for it', () => {
    const text = exchange([
      encodeUtf8('GET /v9.9.9/libpod/_ping HTTP/1.1\r\nHost: d\r\nConnection: close\r\n\r\n'),
    ]);
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(text).toContain('\r\nLibpod-Api-Version: 4.3.1\r\n');
    expect(ask('GET', '/version').json.Components[0]).toMatchObject({
      Name: 'Podman Engine',
      Version: '4.3.1',
    });
  });

  test.each<[string, string, number, string, string]>([
    [
      'GET',
      '/containers/nosuch/json',
      404,
      'no container with name or ID "nosuch" found: no such container',
      'no such container',
    ],
    [
      'DELETE',
      '/containers/nosuch',
      404,
      'no container with name or ID "nosuch" found: no such container',
      'no such container',
    ],
    ['GET', '/images/nosuch/json', 404, 'nosuch: image not known', 'image not known'],
    [
      'GET',
      '/volumes/nosuch/json',
      404,
      'no volume with name "nosuch" found: no such volume',
      'no such volume',
    ],
    [
      'GET',
      '/exec/nosuch/json',
      404,
      'no exec session with ID nosuch found: no such exec session',
      'no such exec session',
    ],
    [
      'POST',
      '/pods/create',
      404,
      'POST /libpod/pods/create is not simulated on this host',
      'POST /libpod/pods/create is not simulated on this host',
    ],
    [
      'POST',
      '/images/pull?reference=a&policy=often',
      400,
      'unsupported pull policy "often"',
      'unsupported pull policy "often"',
    ],
    [
      'POST',
      '/images/pull?reference=oci:/a',
      400,
      'the transport oci is not simulated: images come from registries',
      'the transport oci is not simulated: images come from registries',
    ],
    ['GET', '/events?since=noon', 400, 'failed to parse time "noon"', 'failed to parse time "noon"'],
  ])('%s %s', (method, path, status, message, cause) => {
    const answer = ask(method, path);
    expect([answer.status, answer.json]).toEqual([status, { cause, message, response: status }]);
  });

  test('shows images with the whole of their names, and containers as it knows them', () => {
    const images = ask('GET', '/images/json').json as { Names: string[]; Id: string }[];
    expect(images.map(({ Names }) => Names)).toContainEqual(['docker.io/library/notes:1']);
    expect(images[0]!.Id).toMatch(/^[0-9a-f]{64}$/);
    out(
      'docker run -d --name web --label a=b notes:1; docker run --name once notes:1 sh -c "exit 3" || true',
    );
    const listed = ask('GET', '/containers/json?all=true').json;
    expect(listed).toMatchObject([
      { Names: ['web'], State: 'running', Image: 'docker.io/library/notes:1', Labels: { a: 'b' } },
      { Names: ['once'], State: 'exited', Exited: true, ExitCode: 3, Command: ['sh', '-c', 'exit 3'] },
    ]);
    const filter = encodeURIComponent('{"status":["stopped"]}');
    expect(ask('GET', `/containers/json?all=true&filters=${filter}`).json).toMatchObject([
      { Names: ['once'] },
    ]);
    const inspected = ask('GET', '/containers/web/json').json;
    expect(inspected).toMatchObject({
      Name: 'web',
      State: { Status: 'running' },
      Config: { Entrypoint: '' },
    });
    expect(inspected.Config.StopSignal).toBe(15);
  });

  test('tells the end of a container that is there, and of one that is gone', () => {
    expect(ask('POST', '/containers/once/wait').text.trim()).toBe('3');
    const { json } = ask('POST', '/containers/create', {
      ...USUAL,
      ...{ image: 'notes:1', remove: true, command: ['sh', '-c', 'exit 5'] },
    });
    expect(ask('POST', `/containers/${json.Id}/start`).status).toBe(204);
    world.run(world.now + 1_000_000_000);
    expect(ask('GET', `/containers/${json.Id}/exists`).status).toBe(404);
    expect(ask('POST', `/containers/${json.Id}/wait?condition=stopped`).text.trim()).toBe('5');
    expect(ask('POST', '/containers/nosuch/wait').status).toBe(404);
  });

  test('what a terminal has shown comes in frames, too', () => {
    out('docker run -d --name shown -t notes:1 echo hi; sleep 1');
    const { text } = ask('GET', '/containers/shown/logs?stdout=true&since=0001-01-01T00:00:00Z&tail=-1');
    expect(text).toContain('\x01\0\0\0\0\0\0\x04hi\r\n');
  });

  test('events are in its words, and only of what it has words for', () => {
    const { text } = ask('GET', '/events?stream=false&since=1h');
    const events = text.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line)] : []));
    const words = new Set(events.map(({ Action }) => Action as string));
    expect([...words]).toEqual(expect.arrayContaining(['create', 'start', 'died', 'remove']));
    for (const word of ['die', 'destroy', 'resize', 'top']) expect(words).not.toContain(word);
    expect(events.every(({ Actor }) => /^\d+$/.test(Actor.Attributes.containerExitCode))).toBe(true);
  });
});

/** What podman's client asks for; the seeds of the fuzz. */
const PATHS = [
  'GET /containers/json?all=true&filters=%7B%22status%22%3A%5B%22stopped%22%5D%7D&last=1&size=true',
  'GET /containers/web/logs?stdout=true&tail=-1&since=0001-01-01T00%3A00%3A00Z',
  'GET /containers/stats?containers=web&stream=false',
  'GET /containers/web/top?ps_args=-ef&stream=false',
  'POST /containers/once/wait?condition=stopped',
  'HEAD /containers/web/archive?path=%2Fsrv',
  'GET /events?stream=false&since=1h30m&until=1s&filters=%7B%22type%22%3A%5B%22image%22%5D%7D',
  'GET /images/json?filters=%7B%22dangling%22%3A%5B%22true%22%5D%7D',
  'POST /images/pull?reference=base&policy=missing&tlsVerify=false&quiet=true',
  'DELETE /images/remove?images=nosuch&force=false&ignore=true',
  'POST /images/notes:1/untag?repo=other&tag=2',
  'POST /build?dockerfile=%5B%22Dockerfile%22%5D&t=x&layers=1&networkmode=0',
  'POST /commit?container=once&repo=x&tag=1&changes=CMD+a&format=oci',
  'POST /volumes/prune',
  'GET /networks/json',
  'GET /info',
];

const seeds = Number(process.env.VIRTBOOK_SEEDS ?? 1);
test.each(Array.from({ length: seeds }, (_, i) => `libpod ${i}`))(
  'what is asked wrongly is answered or dropped, and the daemon goes on (seed %s)',
  (seed) => {
    const random = Random.fromSeed(seed);
    for (let i = 0; i < 150; i++) {
      const [method, path] = PATHS[random.below(PATHS.length)]!.split(' ');
      const target = decodeUtf8(mutated(encodeUtf8(`/v4.3.1/libpod${path}`), random)).replace(/\s/g, '');
      const bytes = encodeUtf8(`${method} ${target} HTTP/1.1\r\nHost: d\r\nConnection: close\r\n\r\n`);
      const text = exchange([bytes]);
      expect(text, target).toMatch(/^HTTP\/1\.1 [1-5]\d\d /);
    }
    expect(ask('GET', '/_ping').text).toBe('OK');
  },
);
