/** runc: containers from bundles by hand, and the engine's own seen from below. */
import { describe, expect, test } from 'vitest';
import { engineHost } from '../../support/engineHost.ts';
import '../../../src/shell/commands/utilities.ts';

// biome-ignore lint/suspicious/noExplicitAny: config.json with what a person may write
type Loose = any;

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

  test('what runc has open besides its streams is not for the container', () => {
    bundle('ls /proc/self/fd');
    expect(out('cd /b; exec 5</etc/passwd 7</etc/group; runc run one')).toBe('0\n1\n2\n3\n');
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

  test.each<[string, (spec: Loose) => void, string]>([
    [
      'args',
      (spec) => {
        spec.process.args = 'sh';
      },
      'string into Go struct field Process.process.args of type []string',
    ],
    [
      'uid',
      (spec) => {
        spec.process.user.uid = -1;
      },
      'number -1 into Go struct field User.process.user.uid of type uint32',
    ],
    [
      'user',
      (spec) => {
        spec.process.user = 'root';
      },
      'string into Go struct field Process.process.user of type specs.User',
    ],
    [
      'mounts',
      (spec) => {
        spec.mounts = {};
      },
      'object into Go struct field Spec.mounts of type []specs.Mount',
    ],
    [
      'namespaces',
      (spec) => {
        spec.linux.namespaces[0].type = 1;
      },
      'number into Go struct field LinuxNamespace.linux.namespaces.type of type string',
    ],
    [
      'memory',
      (spec) => {
        spec.linux.resources.memory = { limit: '64m' };
      },
      'string into Go struct field LinuxMemory.linux.resources.memory.limit of type int64',
    ],
  ])('a config.json whose %s has the wrong type is refused as Go does', (_, edit, reason) => {
    bundle('true', edit as never);
    expect(failure('runc run one')).toBe(`runc run failed: json: cannot unmarshal ${reason}`);
    expect(out('runc list -q')).toBe('');
  });

  test('what config.json leaves out is zero, and a capability that there is not is warned of', () => {
    bundle('id -u; grep CapPrm /proc/self/status', (spec: Loose) => {
      spec.process.user = undefined;
      for (const set of Object.values(spec.process.capabilities))
        (set as string[]).push('CAP_FLY', 'NET_RAW');
    });
    expect(sh('cd /b; runc run one')).toEqual({
      out: '0\nCapPrm:\t0000000020000420\n',
      err: expect.stringMatching(
        /^time="\S+" level=warning msg="ignoring unknown or unavailable capabilities: \[CAP_FLY NET_RAW\]"\n$/,
      ),
      status: 0,
    });
    out(`cat >/b/process.json <<'END'\n{"cwd":"/","args":[1]}\nEND`);
    bundle('sleep 100');
    out('cd /b; runc create two >/dev/null; runc start two');
    expect(failure('runc exec --process process.json two')).toBe(
      'exec failed: json: cannot unmarshal number into Go struct field Process.args of type string',
    );
    out(`cat >/b/process.json <<'END'\n{"cwd":"/","args":["id"],"user":{"uid":4294967296}}\nEND`);
    expect(failure('runc exec --process process.json two')).toContain(
      'cannot unmarshal number 4294967296 into Go struct field User.user.uid of type uint32',
    );
    out('echo \'{"pids":{"limit":"5"}}\' >/b/limits');
    expect(failure('runc update -r limits two')).toBe(
      'json: cannot unmarshal string into Go struct field LinuxPids.pids.limit of type int64',
    );
    out('runc delete -f two');
  });

  test('hooks run at their points, in their namespaces, with the state on standard input', () => {
    out(`cat >/usr/local/bin/hook <<'END'
#!/bin/sh
echo "$1 $NAME $(hostname) $([ -e /host-only ] && echo outside || echo inside) $(readlink /proc/self/ns/mnt | tr -d a-z:[])" >>$2/hooks
cat >$2/$1.json
END
chmod +x /usr/local/bin/hook; touch /host-only; cp /usr/local/bin/hook /b/rootfs/usr/bin/hook`);
    const points = [
      'prestart',
      'createRuntime',
      'createContainer',
      'startContainer',
      'poststart',
      'poststop',
    ];
    bundle('echo program >>/tmp/hooks; sleep 100', (spec) => {
      spec.root.readonly = false;
      spec.annotations = { tier: 'gold' };
      const hook = (point: string) => ({
        path: point === 'startContainer' ? '/usr/bin/hook' : '/usr/local/bin/hook',
        args: ['hook', point, point === 'startContainer' ? '/tmp' : '/b/rootfs/tmp'],
        env: ['PATH=/usr/bin:/bin', 'NAME=its-own'],
      });
      spec.hooks = Object.fromEntries(points.map((point) => [point, [hook(point)]]));
    });
    out('cd /b; mkdir -p rootfs/tmp; rm -f rootfs/tmp/*; runc create hooked');
    const log = () =>
      out('cat /b/rootfs/tmp/hooks')
        .trim()
        .split('\n')
        .map((line) => line.replace(/ \d+$/, ''));
    const own = 'its-own bluebox outside';
    expect(log()).toEqual([`prestart ${own}`, `createRuntime ${own}`, `createContainer ${own}`]);
    const namespace = out('grep createR /b/rootfs/tmp/hooks').split(' ')[4];
    expect(namespace).toBe(`${out('readlink /proc/self/ns/mnt | tr -d a-z:[]')}`);
    expect(out('grep createC /b/rootfs/tmp/hooks').split(' ')[4]).not.toBe(namespace);
    out('runc start hooked; sleep 0.2');
    expect(log().slice(3).sort()).toEqual([
      `poststart ${own}`,
      'program',
      'startContainer its-own runc inside',
    ]);
    const state = (point: string) =>
      JSON.parse(out(`cat /b/rootfs/tmp/${point}.json`)) as Record<string, unknown>;
    const pid = Number(out('runc state hooked | grep pid').replace(/\D/g, ''));
    const common = { ociVersion: '1.2.0', id: 'hooked', bundle: '/b', annotations: { tier: 'gold' } };
    expect(state('createRuntime')).toEqual({ ...common, status: 'creating', pid });
    expect(state('startContainer')).toEqual({ ...common, status: 'created', pid: 1 });
    expect(state('poststart')).toEqual({ ...common, status: 'running', pid });
    out('runc delete -f hooked');
    expect(log().at(-1)).toBe(`poststop ${own}`);
    expect(state('poststop')).toMatchObject({ status: 'stopped' });
  });

  test.each([
    [
      'createRuntime',
      { path: '/bin/false' },
      'error running createRuntime hook #0: exit status 1, stdout: , stderr: ',
    ],
    [
      'createContainer',
      { path: '/bin/sh', args: ['sh', '-c', 'echo o; echo e >&2; exit 3'] },
      'error running createContainer hook #0: exit status 3, stdout: o\\n, stderr: e\\n',
    ],
    [
      'prestart',
      { path: '/gone' },
      'error running prestart hook #0: fork/exec /gone: no such file or directory',
    ],
    [
      'createRuntime',
      { path: '/bin/sleep', args: ['sleep', '100'], timeout: 2 },
      'error running createRuntime hook #0: hook ran past specified timeout of 2.0s',
    ],
  ])('a hook that fails at %s leaves no container: %j', (point, hook, why) => {
    bundle('echo began', (spec) => {
      spec.hooks = { [point]: [hook] };
    });
    expect(failure('runc create failing')).toBe(
      `runc create failed: unable to start container process: error during container init: ${why}`,
    );
    expect(out('runc list -q; ls /run/runc; ps -e | grep -c "sleep$" || true')).toBe('0\n');
  });

  test('a failing poststart hook stops the container, one at startContainer keeps the program from running', () => {
    bundle('sleep 100', (spec) => {
      spec.hooks = { poststart: [{ path: '/bin/false' }] };
    });
    out('cd /b; runc create late');
    expect(failure('runc start late')).toBe(
      'error running poststart hook #0: exit status 1, stdout: , stderr: ',
    );
    expect(out('sleep 0.1; runc list | grep -c stopped; runc delete late')).toBe('1\n');
    bundle('echo began', (spec) => {
      spec.hooks = { startContainer: [{ path: '/bin/false' }] };
    });
    expect(sh('cd /b; runc run early')).toMatchObject({ out: '', status: 1 });
    bundle('true', (spec) => {
      spec.hooks = { poststart: [{ path: 'bin/true' }] };
    });
    expect(failure('runc run early')).toContain('the path \\"bin/true\\" is not absolute');
  });

  test('exec: capabilities, groups, a process from a file', () => {
    bundle('while :; do sleep 1; done');
    out('cd /b; runc run -d ex >/dev/null');
    const caps = (flags: string) =>
      out(`runc exec ${flags} ex grep -E 'Cap(Bnd|Eff)' /proc/self/status`).match(/[0-9a-f]{16}/g);
    expect(caps('')).toEqual(['0000000020000420', '0000000020000420']);
    expect(caps('--cap CAP_NET_ADMIN -c CAP_SYS_TIME')).toEqual(['0000000022001420', '0000000022001420']);
    expect(out('runc exec -u 5:6 -g 7 -g 8 ex id -G')).toBe('6 7 8\n');
    expect(failure('runc exec -u ada ex id')).toBe(
      'exec failed: bad uid: strconv.Atoi: parsing \\"ada\\": invalid syntax',
    );
    out(
      `echo '{"args": ["sh", "-c", "pwd; echo $A"], "env": ["A=b", "PATH=/usr/bin"], "cwd": "/srv"}' >/tmp/process.json`,
    );
    expect(out('runc exec -p /tmp/process.json ex')).toBe('/srv\nb\n');
    expect(failure('runc exec -p /none ex')).toBe('exec failed: open /none: no such file or directory');
    expect(failure('runc exec --apparmor x ex true')).toBe('--apparmor is not simulated on this host');
    expect(failure('runc --systemd-cgroup list')).toBe('--systemd-cgroup is not simulated on this host');
    out('runc delete -f ex');
  });

  test('update changes limits of what runs, events shows what it uses', () => {
    bundle('while :; do sleep 1; done', (spec) => {
      spec.linux.resources.cpu = { quota: 20_000, period: 100_000 };
    });
    out('cd /b; runc run -d lim >/dev/null');
    const file = (name: string) => out(`cat /sys/fs/cgroup/lim/${name}`).trim();
    out('runc update --memory 32m --pids-limit 7 --cpu-share 512 lim');
    expect([file('memory.max'), file('pids.max'), file('cpu.weight')]).toEqual(['33554432', '7', '20']);
    out('runc update --blkio-weight 500 lim');
    expect(file('io.weight')).toBe('default 4950');
    out('runc update --cpu-quota 50000 lim');
    expect(file('cpu.max')).toBe('50000 100000');
    out(`echo '{"memory": {"limit": 67108864}, "pids": {"limit": 9}}' | runc update -r - lim`);
    expect([file('memory.max'), file('pids.max')]).toEqual(['67108864', '9']);
    expect(failure('runc update --memory much lim')).toBe("invalid value for memory: invalid size: 'much'");
    out('runc update --cpuset-cpus 1 --cpuset-mems 0 lim');
    expect([file('cpuset.cpus'), file('cpuset.cpus.effective'), file('cpuset.mems')]).toEqual([
      '1',
      '1',
      '0',
    ]);
    expect(failure('runc update --cpuset-cpus 7 lim')).toContain('Numerical result out of range');
    expect(failure('runc update --cpu-idle 1 lim')).toBe('--cpu-idle is not simulated on this host');
    const { type, id, data } = JSON.parse(out('runc events --stats lim')) as {
      type: string;
      id: string;
      data: { pids: unknown; memory: { usage: { limit: number } }; cpu: { usage: { total: number } } };
    };
    expect([type, id, data.pids, data.memory.usage.limit]).toEqual([
      'stats',
      'lim',
      { current: 2, limit: 9 },
      67_108_864,
    ]);
    expect(data.cpu.usage.total).toBeGreaterThan(0);
    expect(out('runc events --interval 1s lim | head -n 2 | grep -c stats')).toBe('2\n');
    out('runc delete -f lim');
    expect(failure('runc events lim')).toBe('container does not exist');
    for (const name of ['checkpoint', 'restore'])
      expect(failure(`runc ${name} lim`)).toBe(`runc ${name} is not simulated on this host`);
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
      'a domain name',
      (spec) => (spec.domainname = 'example.org'),
      'domainname is not simulated on this host',
    ],
    [
      'hooks at a point that there is not',
      (spec) => (spec.hooks = { midlife: [{ path: '/bin/true' }] }),
      'hooks.midlife is no point of the lifecycle',
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
