/** What a container's processes may do and see: capabilities, filters, namespaces of others, limits, --init, signals. */
import { describe, expect, test } from 'vitest';
import { engineHost } from '../../support/engineHost.ts';
import '../../../src/shell/commands/utilities.ts';

test('a link in the image leads a mount nowhere outside of the container', () => {
  const { out } = engineHost();
  expect(out('docker run --rm -v /etc/hostname:/var/run/x base:latest cat /run/x; ls /run')).toMatch(
    /^bluebox\nbooted\n(?!.*\bx\b)/s,
  );
});

describe('isolation', () => {
  const { sh, out } = engineHost();
  const caps = (flags: string) =>
    out(`docker run --rm ${flags} notes:1 grep -E '^Cap(Prm|Bnd)' /proc/self/status`)
      .match(/[0-9a-f]{16}/g)!
      .join(' ');

  test.each([
    ['', '00000000a80425fb 00000000a80425fb'],
    ['-u ada', '0000000000000000 00000000a80425fb'],
    ['--cap-drop all', '0000000000000000 0000000000000000'],
    ['--cap-drop ALL --cap-add net_bind_service', '0000000000000400 0000000000000400'],
    ['--cap-add CAP_SYS_ADMIN', '00000000a82425fb 00000000a82425fb'],
    ['--privileged', '000001ffffffffff 000001ffffffffff'],
  ])('capabilities: %s', (flags, wanted) => {
    expect(caps(flags)).toBe(wanted);
  });

  test('a program has its standard streams, and nothing else that the engine has open', () => {
    const listed = '0\n1\n2\n3\n';
    expect(out('docker run --rm base:latest ls /proc/self/fd')).toBe(listed);
    expect(out('docker run --rm -t base:latest ls /proc/self/fd')).toBe('0  1  2  3\r\n');
    out('docker run -d --name box base:latest sleep 1000');
    expect(out('docker exec box ls /proc/self/fd')).toBe(listed);
    expect(out('docker exec -i box ls /proc/self/fd </dev/null; docker rm -f box')).toBe(`${listed}box\n`);
  });

  test('a filter of one’s own, with rules for capabilities', () => {
    const rule = (names: string[], more: object = {}) => ({ names, action: 'SCMP_ACT_ERRNO', ...more });
    const profile = JSON.stringify({
      defaultAction: 'SCMP_ACT_ALLOW',
      archMap: [],
      syscalls: [
        rule(['mkdir', 'mkdirat'], { errnoRet: 13 }),
        rule(['chown', 'fchownat'], { excludes: { caps: ['CAP_SYS_ADMIN'] } }),
        rule(['unlink', 'unlinkat'], { includes: { arches: ['s390'] } }),
      ],
    });
    out(`echo '${profile}' >/root/own.json`);
    const run = (flags: string, line: string) =>
      sh(`docker run --rm --security-opt seccomp=/root/own.json ${flags} notes:1 sh -c '${line}'`);
    expect(
      run(
        '',
        'mkdir /x; chown 1 /srv; touch /y && rm /y && unshare -Ur true; grep Seccomp: /proc/self/status',
      ),
    ).toEqual({
      out: 'Seccomp:\t2\n',
      err: "mkdir: cannot create directory '/x': Permission denied\nchown: changing ownership of '/srv': Operation not permitted\n",
      status: 0,
    });
    expect(run('--cap-add SYS_ADMIN', 'chown 1 /srv').status).toBe(0);
    out('echo \'{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":"x"}]}\' >/root/own.json');
    expect(run('', 'true').err).toContain(
      'Decoding seccomp profile failed: json: cannot unmarshal string into Go struct field Syscall.syscalls.names of type []string',
    );
    out('echo \'{"defaultAction":"SCMP_ACT_NOTIFY"}\' >/root/own.json');
    expect(run('', 'true').err).toContain('the action SCMP_ACT_NOTIFY of a seccomp profile is not simulated');
    expect(sh('docker run --rm --security-opt apparmor=unconfined notes:1 true')).toMatchObject({
      err: '',
      status: 0,
    });
    expect(sh('docker run --rm --security-opt foo=bar notes:1 true').err).toContain(
      'invalid --security-opt 2: "foo=bar"',
    );
    for (const known of ['systempaths=unconfined', 'seccomp:unconfined'])
      expect(sh(`docker run --rm --security-opt ${known} notes:1 true`).err).toContain(
        `the security option ${known} is not simulated on this host`,
      );
  });

  test('the default filter refuses what a container has no business with', () => {
    expect(sh('docker run --rm notes:1 mount -t tmpfs none /tmp').status).not.toBe(0);
    expect(sh('docker run --rm --cap-add SYS_ADMIN notes:1 mount -t tmpfs none /tmp').status).toBe(0);
    expect(out('docker run --rm notes:1 grep Seccomp: /proc/self/status')).toBe('Seccomp:\t2\n');
    expect(
      out('docker run --rm --security-opt seccomp=unconfined notes:1 grep Seccomp: /proc/self/status'),
    ).toBe('Seccomp:\t0\n');
    expect(
      out('docker run --rm --security-opt no-new-privileges notes:1 grep NoNewPrivs /proc/self/status'),
    ).toBe('NoNewPrivs:\t1\n');
    expect(sh('docker run --rm notes:1 sh -c "echo 1 >/proc/sys/kernel/hostname"').err).toContain(
      'Read-only file system',
    );
  });

  test('what is mounted has the options that docker gives it, on what is made read-only too', () => {
    // As `mount` in a container of dockerd 20.10.24 prints them, for the file systems that are here.
    const real = [
      'proc /proc proc rw,nosuid,nodev,noexec,relatime',
      'tmpfs /dev tmpfs rw,nosuid,relatime,size=65536k,mode=755',
      'devpts /dev/pts devpts rw,nosuid,noexec,relatime,gid=5,mode=620,ptmxmode=666',
      'sysfs /sys sysfs ro,nosuid,nodev,noexec,relatime',
      'shm /dev/shm tmpfs rw,nosuid,nodev,noexec,relatime,size=65536k',
      'proc /proc/sys proc ro,nosuid,nodev,noexec,relatime',
    ];
    const shown = out('docker run --rm notes:1 cat /proc/mounts').replaceAll(' 0 0\n', '\n').split('\n');
    for (const line of real) expect(shown).toContain(line);
    expect(out('docker run --rm --privileged notes:1 grep -c /proc/sys /proc/mounts; true')).toBe('0\n');
  });

  test('namespaces of the host and of other containers', () => {
    out('docker run -d --name other notes:1');
    const ns = (flags: string, kind: string) =>
      out(`docker run --rm ${flags} notes:1 readlink /proc/self/ns/${kind}`);
    const inside = (kind: string) => out(`docker exec other readlink /proc/self/ns/${kind}`);
    for (const kind of ['pid', 'ipc', 'uts', 'cgroup', 'mnt'])
      expect(ns('', kind)).not.toBe(out(`readlink /proc/self/ns/${kind}`));
    expect(ns('--pid container:other', 'pid')).toBe(inside('pid'));
    expect(ns('--ipc container:other', 'ipc')).toBe(inside('ipc'));
    expect(ns('--pid host', 'pid')).toBe(out('readlink /proc/self/ns/pid'));
    expect(ns('--uts host', 'uts')).toBe(out('readlink /proc/self/ns/uts'));
    expect(out('docker run --rm --pid container:other notes:1 ps -e')).toMatch(/\bsh\n[\s\S]*\bps\n/);
    out('docker rm -f other');
    expect(sh('docker run --rm --pid container:other notes:1 true').err).toContain(
      'No such container: other',
    );
  });

  test('--ulimit, --shm-size, --group-add, --env-file, --label-file', () => {
    expect(out('docker run --rm --ulimit nofile=100:200 notes:1 bash -c "ulimit -Sn; ulimit -Hn"')).toBe(
      '100\n200\n',
    );
    expect(out('docker run --rm --shm-size 1m notes:1 grep /dev/shm /proc/mounts')).toContain('size=1024k');
    expect(out('docker run --rm -u ada --group-add 77 notes:1 id -G')).toContain('77');
    out('printf "# none\\nA=1\\nFROM\\n" >/tmp/env; printf "tier=back\\n" >/tmp/labels');
    expect(
      out("export FROM=outside; docker run --rm --env-file /tmp/env notes:1 sh -c 'echo $A $FROM'"),
    ).toBe('1 outside\n');
    out('docker create --name labelled --label-file /tmp/labels notes:1');
    expect(out("docker inspect -f '{{.Config.Labels.tier}}' labelled")).toBe('back\n');
    expect(sh('docker run --rm --ulimit bogus=1 notes:1 true').err).toContain('invalid ulimit type: bogus');
  });

  test('--init: a reaper is the first process, passes signals on and takes in orphans', () => {
    out(
      `docker run -d --init --name reaped notes:1 sh -c 'trap "echo got; exit 4" TERM; (sleep 1 &) ; while :; do sleep 0.2; done'`,
    );
    out('sleep 2');
    expect(out('docker exec reaped cat /proc/1/comm')).toBe('docker-init\n');
    expect(out('docker exec reaped ps -eo stat')).not.toContain('Z');
    out('docker stop reaped');
    expect(out("docker logs reaped; docker inspect -f '{{.State.ExitCode}}' reaped")).toBe('got\n4\n');
  });

  test('STOPSIGNAL and --stop-timeout are the container’s own; -s and -t win', () => {
    const name = 'docker run -d --name';
    const trap = (signal: string) =>
      `sh -c 'trap "echo ${signal}; exit" ${signal}; while :; do sleep 0.1; done'`;
    out(`${name} s1 --stop-signal USR1 notes:1 ${trap('USR1')}; sleep 0.5; docker stop s1`);
    expect(out('docker logs s1')).toBe('USR1\n');
    out(`${name} s2 notes:1 ${trap('USR2')}; sleep 0.5; docker stop -s USR2 s2`);
    expect(out('docker logs s2')).toBe('USR2\n');
    out(`${name} s3 --stop-timeout 3 notes:1`);
    const before = Number(out('date +%s'));
    out('docker stop s3');
    expect(Number(out('date +%s')) - before).toBe(3);
    expect(sh('docker stop -s NOPE s1').status).toBe(0);
    out('docker start s3');
    expect(sh('docker stop -s NOPE s3').err).toBe(
      'Error response from daemon: cannot stop container: s3: invalid signal: NOPE\n',
    );
  });

  test('forty containers without names have forty names', () => {
    out('for i in 1 2 3 4 5 6 7 8; do for j in 1 2 3 4 5; do docker create --label many notes:1; done; done');
    const names = out("docker ps -a --filter label=many --format '{{.Names}}'").trim().split('\n');
    expect(new Set(names).size).toBe(40);
  });
});
