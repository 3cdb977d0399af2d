/** runc: containers from bundles by hand, and the engine's own seen from below. */
import { describe, expect, test } from 'vitest';
import { engineHost } from '../../support/engineHost.ts';
import '../../../src/shell/commands/utilities.ts';

describe('runc', () => {
  const { sh, out, terminal } = engineHost();
  out('mkdir -p /b/rootfs; docker create --name from notes:1; docker cp from:/. /b/rootfs');
  /** Writes the bundle's config.json with other arguments and what `edit` changes. */
  const bundle = (command: string, edit: (spec: Spec) => void = () => {}) => {
    out('cd /b; rm -f config.json; runc spec');
    const spec = JSON.parse(out('cat /b/config.json')) as Spec;
    spec.process.terminal = false;
    spec.process.args = ['sh', '-c', command];
    edit(spec);
    out(`cat >/b/config.json <<'END'\n${JSON.stringify(spec)}\nEND`);
  };
  interface Spec {
    [key: string]: unknown;
    hostname: string;
    process: { terminal: boolean; args: string[]; user: { uid: number; gid: number }; cwd: string };
    root: { path: string; readonly: boolean };
    mounts: { destination: string; type?: string; source?: string; options?: string[] }[];
    linux: { namespaces: { type: string; path?: string }[]; resources: Record<string, unknown> };
  }
  const failure = (line: string) => /level=error msg="(.*)"\n$/.exec(sh(`cd /b; ${line}`).err)?.[1];

  test('spec writes a bundle that runs; a second one is not written over it', () => {
    bundle('id -u; hostname; pwd; exit 5');
    expect(sh('cd /b; runc run one')).toEqual({ out: '0\nrunc\n/\n', err: '', status: 5 });
    expect(out('runc list -q')).toBe('');
    expect(failure('runc spec')).toBe('File config.json exists. Remove it first');
    out('sed -i s/.args.:/\\"args\\"/ /b/config.json');
    expect(failure('runc run one')).toBe("runc run failed: invalid character '[' after object key");
  });

  test('create waits before the first instruction; start, state, kill, delete', () => {
    bundle('echo began; sleep 100');
    out('cd /b; runc create --pid-file /tmp/pid two >/tmp/out');
    const state = () => JSON.parse(out('runc state two')) as Record<string, unknown>;
    expect(state()).toMatchObject({ ociVersion: '1.2.0', id: 'two', status: 'created', bundle: '/b' });
    expect(state().pid).toBe(Number(out('cat /tmp/pid')));
    expect(out('cat /tmp/out; ls /run/runc/two')).toBe('exec.fifo\nstate.json\n');
    out('runc start two; sleep 0.1');
    expect(out('cat /tmp/out; ls /run/runc/two')).toBe('began\nstate.json\n');
    expect(failure('runc start two')).toBe('cannot start an already running container');
    expect(failure('runc delete two')).toBe('cannot delete container two that is not stopped: running');
    expect(out('runc list')).toMatch(
      /^ID {10}PID {9}STATUS {6}BUNDLE {6}CREATED {26}OWNER\ntwo +\d+ +running +\/b +2026-\S+Z +root\n$/,
    );
    expect(out('runc kill two KILL; sleep 0.1; runc list')).toMatch(/\ntwo +0 +stopped /);
    expect(failure('runc kill two')).toBe('container not running');
    expect(failure('runc start two')).toBe('cannot start a container that has stopped');
    expect(out('runc delete two; runc list -q; ls /run/runc')).toBe('');
  });

  test('exec, ps, pause and resume', () => {
    bundle('while :; do echo tick; sleep 1; done');
    out('cd /b; runc run -d three >/tmp/ticks');
    expect(sh('runc exec three sh -c "echo in; exit 7"')).toEqual({ out: 'in\n', err: '', status: 7 });
    expect(failure('runc exec --cwd /gone three ls')).toBe(
      'exec failed: unable to start container process: chdir to cwd (\\"/gone\\") set in config.json failed: no such file or directory',
    );
    expect(out("runc exec -e A=b --cwd /srv -u 7:8 three sh -c 'id -u; id -g; pwd; echo $A'")).toBe(
      '7\n8\n/srv\nb\n',
    );
    expect(out('runc ps three')).toMatch(/^UID +PID .*\nroot .*sh -c while[^\n]*\nroot .*sleep 1\n$/);
    const ticks = out('sleep 2; runc pause three; cat /tmp/ticks');
    expect(out('sleep 5; cat /tmp/ticks; runc list')).toMatch(new RegExp(`^${ticks}ID(.|\\n)* paused `));
    expect(failure('runc exec three true')).toContain('cannot exec in a paused container');
    expect(out('runc resume three; sleep 2; cat /tmp/ticks').length).toBeGreaterThan(ticks.length);
    expect(failure('runc resume three')).toBe('container not paused');
    expect(out('runc delete -f three; runc list -q; ls /sys/fs/cgroup | grep -c three || true')).toBe('0\n');
  });

  test('mounts, a writable root, limits, a namespace of another', () => {
    out('mkdir -p /host; echo kept >/host/file; cd /b');
    bundle(
      'cat /m/file; touch /m/new /new && echo writable; cat /sys/fs/cgroup/pids.max; sleep 100',
      (spec) => {
        spec.root.readonly = false;
        spec.mounts.push({ destination: '/m', type: 'bind', source: '/host', options: ['rbind', 'rw'] });
        spec.linux.resources = { pids: { limit: 20 } };
      },
    );
    out('cd /b; runc run -d four >/tmp/four; sleep 0.2');
    expect(out('cat /tmp/four; ls /host')).toBe('kept\nwritable\n20\nfile\nnew\n');
    const pid = (JSON.parse(out('runc state four')) as { pid: number }).pid;
    bundle('ps -e | grep -c sleep', (spec) => {
      for (const space of spec.linux.namespaces) if (space.type === 'pid') space.path = `/proc/${pid}/ns/pid`;
    });
    expect(out('cd /b; runc run five')).toBe('1\n');
    out('runc delete -f four');
  });

  test('a user namespace: root inside is nobody of importance outside', () => {
    bundle('id -u; cat /proc/self/uid_map; sleep 100', (spec) => {
      spec.root.readonly = false;
      spec.linux.namespaces.push({ type: 'user' });
      const maps = [{ containerID: 0, hostID: 100_000, size: 65_536 }];
      Object.assign(spec.linux, { uidMappings: maps, gidMappings: maps });
      spec.mounts = spec.mounts.filter(({ type }) => type !== 'sysfs' && type !== 'cgroup');
    });
    out('chown -R 100000:100000 /b/rootfs; cd /b; runc run -d six >/tmp/six; sleep 0.1');
    expect(out('cat /tmp/six')).toMatch(/^0\n +0 +100000 +65536\n$/);
    const pid = (JSON.parse(out('runc state six')) as { pid: number }).pid;
    expect(out(`grep Uid /proc/${pid}/status`)).toBe('Uid:\t100000\t100000\t100000\t100000\n');
    out('runc delete -f six; chown -R 0:0 /b/rootfs');
  });

  test.each<[string, (spec: Spec) => void, string]>([
    [
      'no such program',
      (spec) => (spec.process.args = ['nope']),
      'exec: \\"nope\\": executable file not found in $PATH',
    ],
    [
      'no such directory to mount',
      (spec) => spec.mounts.push({ destination: '/m', source: '/none', options: ['bind'] }),
      'error mounting \\"/none\\" to rootfs at \\"/m\\": stat /none: no such file or directory',
    ],
    [
      'no root',
      (spec) => (spec.root.path = 'gone'),
      'invalid rootfs: stat /b/gone: no such file or directory',
    ],
    [
      'a hostname without a namespace for it',
      (spec) => (spec.linux.namespaces = spec.linux.namespaces.filter(({ type }) => type !== 'uts')),
      'unable to set hostname without a private UTS namespace',
    ],
    ['a relative directory', (spec) => (spec.process.cwd = 'srv'), 'Cwd must be an absolute path'],
    [
      'hooks',
      (spec) => (spec.hooks = { prestart: [{ path: '/bin/true' }] }),
      'hooks is not simulated on this host',
    ],
  ])('refused: %s', (_, edit, message) => {
    bundle('true', edit);
    expect(failure('runc run bad')).toContain(message);
    expect(out('runc list -q; ls /run/runc')).toBe('');
  });

  test('wrong use', () => {
    expect(failure('runc state nope')).toBe('container does not exist');
    expect(failure('runc create "a b"')).toBe('runc create failed: invalid container ID format');
    expect(failure('cd /; runc run x')).toBe(
      'runc run failed: JSON specification file config.json not found',
    );
    expect(sh('runc start').out).toMatch(/^Incorrect Usage\.\n/);
    expect(failure('runc run --bogus x')).toBe('flag provided but not defined: -bogus');
    expect(out('runc --version')).toMatch(/^runc version \S+\nspec: 1\.2\.0\n$/);
  });

  test('on a terminal: run gives the container one of its own', () => {
    bundle('true', (spec) => {
      spec.process.terminal = true;
      spec.process.args = ['sh'];
    });
    out('chown -R student /b');
    const one = terminal();
    one.type('cd /b; sudo runc run seven\r');
    one.type('tty; echo $((6 * 7))\r');
    expect(one.screen()).toMatch(/\/dev\/pts\/\d+\r\n42\r\n/);
    one.type('exit 3\r');
    one.type('echo status $?\r');
    expect(one.screen()).toContain('status 3');
    expect(failure('runc create eight')).toBe(
      'runc create failed: cannot allocate tty if runc will detach without setting console socket',
    );
  });

  test('the engine’s containers are bundles of the same runtime', () => {
    const id = out('docker run -d --name below -m 64m notes:1').trim();
    const root = '--root /run/docker/runtime-runc/moby';
    expect(out(`runc ${root} list -q`)).toBe(`${id}\n`);
    const state = JSON.parse(out(`runc ${root} state ${id}`)) as Record<string, string>;
    expect(state).toMatchObject({ status: 'running', id });
    expect(state.rootfs).toMatch(/^\/var\/lib\/docker\/overlay2\/\w+\/merged$/);
    const config = JSON.parse(out(`cat ${state.bundle}/config.json`)) as Spec;
    expect(config.process.args).toEqual(['sh', '-c', 'while :; do sleep 3600; done']);
    expect(config.linux.resources).toMatchObject({ memory: { limit: 67_108_864, swap: 134_217_728 } });
    expect(out(`runc ${root} exec ${id} hostname`)).toBe(`${id.slice(0, 12)}\n`);
    out(`runc ${root} kill ${id} KILL; sleep 0.2`);
    expect(out("docker inspect -f '{{.State.Status}} {{.State.ExitCode}}' below")).toBe('exited 137\n');
    expect(out(`runc ${root} list -q; ls /run/containerd/io.containerd.runtime.v2.task/moby`)).toBe('');
  });
});
