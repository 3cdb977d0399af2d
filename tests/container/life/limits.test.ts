/** Limits: what is written to a container's control group, what happens at them, and what docker stats reads there. */
import { describe, expect, test } from 'vitest';
import { engineHost } from '../../support/engineHost.ts';
import '../../../src/shell/commands/utilities.ts';

describe('limits of containers', () => {
  const { sh, out } = engineHost();
  const group = '/sys/fs/cgroup/docker/$(docker inspect -f "{{.Id}}" one)';

  test('memory and processes are limited by the container’s group', () => {
    out('docker run -d --name one -m 64m --memory-swap 96m --memory-reservation 16m --pids-limit 5 notes:1');
    expect(out(`cd ${group}; cat memory.max memory.swap.max memory.low pids.max`)).toBe(
      `${64 * 2 ** 20}\n${32 * 2 ** 20}\n${16 * 2 ** 20}\n5\n`,
    );
    expect(out('docker exec one cat /proc/self/cgroup /sys/fs/cgroup/pids.max')).toBe('0::/\n5\n');
    const { err, status } = sh('docker exec one sh -c "for i in 1 2 3 4 5 6; do sleep 9 & done"');
    expect(err).toMatch(/fork/);
    expect(status).not.toBe(0);
  });

  test('docker update changes them while it runs; what contradicts is refused', () => {
    expect(out('docker update -m 32m --memory-swap -1 --pids-limit 50 one')).toBe('one\n');
    expect(out(`cd ${group}; cat memory.max memory.swap.max pids.max`)).toBe(`${32 * 2 ** 20}\nmax\n50\n`);
    expect(out("docker inspect -f '{{.HostConfig.Memory}} {{.HostConfig.PidsLimit}}' one")).toBe(
      '33554432 50\n',
    );
    expect(sh('docker update one').err).toBe('you must provide one or more flags when using this command\n');
    expect(sh('docker run -m 1m notes:1').err).toContain('Minimum memory limit allowed is 6MB');
    expect(sh('docker run -m 1x notes:1').err).toMatch(
      /^invalid argument "1x" for "-m, --memory" flag: invalid suffix: 'x'/,
    );
    expect(sh('docker run -m 20m --memory-swap 10m notes:1').err).toContain(
      'Minimum memoryswap limit should be larger than memory limit',
    );
    const tooMany = 'range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available';
    expect(sh('docker run --cpus 2.5 notes:1').err).toContain(tooMany);
    expect(sh('docker update --cpus 3 one').err).toContain(tooMany);
    expect(out('docker update --cpus 2 one')).toBe('one\n');
    expect(sh('docker run --uts host -h other notes:1').err).toContain(
      'conflicting options: hostname and the UTS mode',
    );
  });

  test('a set of processors: what there is of it, what runs there, and another set while it runs', () => {
    const cpus = ['run', 'create'].map((verb) => sh(`docker ${verb} --cpuset-cpus 9 notes:1`).err);
    for (const text of cpus)
      expect(text).toContain(
        'Error response from daemon: Requested CPUs are not available - requested 9, available: 0-1\n',
      );
    expect(sh('docker run --cpuset-cpus 0,z notes:1').err).toContain(
      'Invalid value 0,z for cpuset cpus: invalid format: 0,z',
    );
    expect(sh('docker run --cpuset-cpus 0-9000 notes:1').err).toContain(
      'Invalid value 0-9000 for cpuset cpus: value of out range, maximum is 8192',
    );
    expect(sh('docker run --cpuset-mems 1 notes:1').err).toContain(
      'Requested memory nodes are not available - requested 1, available: 0\n',
    );
    expect(
      out('docker run --rm notes:1 nproc; docker run --rm --cpuset-cpus 1 --cpuset-mems 0 notes:1 nproc'),
    ).toBe('2\n1\n');
    const loop = "sh -c 'while :; do :; done'";
    out(`for name in pin1 pin2; do docker run -d --cpuset-cpus 1 --name $name notes:1 ${loop}; done`);
    const usage = (names: string) =>
      out(`docker stats --no-stream --format '{{.CPUPerc}}' ${names}`).split('%\n').map(Number);
    expect(usage('pin1')[0]).toBeCloseTo(50, -1);
    expect(out("docker inspect -f '{{.HostConfig.CpusetCpus}}|{{.HostConfig.CpusetMems}}' pin1")).toBe(
      '1|\n',
    );
    const bundle = '/run/containerd/io.containerd.runtime.v2.task/moby';
    expect(out(`jq -c .linux.resources.cpu ${bundle}/$(docker inspect -f '{{.Id}}' pin1)/config.json`)).toBe(
      '{"cpus":"1"}\n',
    );
    expect(out('docker exec pin1 cat /sys/fs/cgroup/cpuset.cpus /sys/fs/cgroup/cpuset.cpus.effective')).toBe(
      '1\n1\n',
    );
    out('docker update --cpuset-cpus 0 pin2');
    expect(usage('pin1')[0]).toBeGreaterThan(80);
    expect(out("docker exec pin2 nproc; docker inspect -f '{{.HostConfig.CpusetCpus}}' pin2")).toBe('1\n0\n');
    expect(sh('docker update --cpuset-cpus 2 pin2').err).toContain(
      'Requested CPUs are not available - requested 2, available: 0-1',
    );
    out('docker update --cpuset-cpus 0 one; docker rm -f pin1 pin2');
    expect(out('docker exec one nproc; docker update --cpuset-cpus 0-1 one; docker exec one nproc')).toBe(
      '1\none\n2\n',
    );
  });

  test('docker stats: from the files of the group', () => {
    const [head = '', row = ''] = out('docker stats --no-stream one').split('\n');
    expect(head).toMatch(
      /^CONTAINER ID +NAME +CPU % +MEM USAGE \/ LIMIT +MEM % +NET I\/O +BLOCK I\/O +PIDS$/,
    );
    expect(row).toMatch(/^\w{12} +one +0\.00% +[\d.]+MiB \/ 32MiB +[\d.]+% +0B \/ 0B +0B \/ 0B +2$/);
    const used = Number(/([\d.]+)MiB \//.exec(row)![1]);
    const current = Number(out(`cat ${group}/memory.current`));
    expect(Math.abs(used - current / 2 ** 20)).toBeLessThan(0.1);
    out('docker exec -d one sh -c "while :; do :; done"');
    const busy = Number(/([\d.]+)%/.exec(out('docker stats --no-stream --format "{{.CPUPerc}}" one'))![1]);
    expect(busy).toBeGreaterThan(80);
    expect(busy).toBeLessThan(101);
    out('docker rm -f one');
    expect(sh('docker stats --no-stream one').err).toBe(
      'Error response from daemon: No such container: one\n',
    );
  });

  test('processor time: a quota, and shares when it is scarce', () => {
    const loop = "sh -c 'while :; do :; done'";
    out(`docker run -d --name half --cpus 0.5 notes:1 ${loop}`);
    const usage = (names: string) =>
      out(`docker stats --no-stream --format '{{.CPUPerc}}' ${names}`).split('%\n').map(Number);
    expect(usage('half')[0]).toBeCloseTo(50, -1);
    const throttled = 'docker exec half grep nr_throttled /sys/fs/cgroup/cpu.stat';
    expect(Number(out(throttled).split(' ')[1])).toBeGreaterThan(5);
    out('docker update --cpus 1 half');
    expect(usage('half')[0]).toBeCloseTo(100, -1);
    out('docker rm -f half');
    for (const shares of [1024, 3072, 3072, 1024])
      out(`docker run -d --cpu-shares ${shares} --label busy notes:1 ${loop}`);
    // Four on two processors: three shares are three times one.
    const [a = 0, b = 0, c = 0, d = 0] = usage('$(docker ps -q --filter label=busy)');
    expect(a + b + c + d).toBeGreaterThan(190);
    expect(b + c).toBeGreaterThan(2.5 * (a + d));
    expect(b + c).toBeLessThan(3.5 * (a + d));
    out('docker rm -f $(docker ps -q --filter label=busy)');
  });

  test('too much memory: killed by the kernel, and said so', () => {
    expect(sh('docker run --name fat -m 20m notes:1 tail /dev/zero').status).toBe(137);
    expect(out("docker inspect -f '{{.State.OOMKilled}} {{.State.ExitCode}} {{.State.Status}}' fat")).toBe(
      'true 137 exited\n',
    );
    expect(out("docker events --since 0 --until 0s -f container=fat --format '{{.Action}}'")).toMatch(
      /start\noom\ndie\n$/,
    );
    expect(out('docker run --rm -m 20m notes:1 echo lean')).toBe('lean\n');
  });

  test('paused: nothing runs until it goes on', () => {
    out(
      'docker run -d --name still notes:1 sh -c "while :; do echo tick; sleep 1; done"; sleep 3.5; docker pause still',
    );
    const lines = out('docker logs still');
    expect(out('sleep 10; docker logs still')).toBe(lines);
    expect(out("docker ps --format '{{.Status}}'")).toMatch(/\(Paused\)/);
    expect(sh('docker pause still').err).toMatch(/ is already paused\n$/);
    expect(sh('docker start still').err).toContain('cannot start a paused container, try unpause instead');
    expect(sh('docker rm still').err).toMatch(/container is paused and must be unpaused first\n$/);
    expect(out('docker unpause still; sleep 2; docker logs still').length).toBeGreaterThan(lines.length);
    expect(sh('docker unpause still').err).toMatch(
      /^Error response from daemon: Container \w+ is not paused\n$/,
    );
    out('docker pause still; docker kill still');
    expect(out("docker inspect -f '{{.State.Status}} {{.State.ExitCode}}' still")).toBe('exited 137\n');
  });

  test('a stop thaws what is paused: it takes the signal, and is killed if it does not', () => {
    const state = (name: string) =>
      out(`docker inspect -f '{{.State.Status}} {{.State.Paused}} {{.State.ExitCode}}' ${name}`);
    out('docker run -d --name deaf base sleep 1000; docker pause deaf; docker stop -t 2 deaf');
    expect(state('deaf')).toBe('exited false 137\n');
    out(
      'docker run -d --name hears base sh -c \'trap "exit 4" TERM; while :; do sleep 0.1; done\'; sleep 1; docker pause hears; docker stop hears',
    );
    expect(state('hears')).toBe('exited false 4\n');
    const seen = out("docker events --since 1h --until 0s -f container=hears --format '{{.Action}}'");
    expect(seen).toBe('create\nstart\npause\nkill\nunpause\ndie\nstop\n');
  });

  test('the OOM killer is told whom to prefer', () => {
    expect(out('docker run --rm --oom-score-adj 500 notes:1 cat /proc/self/oom_score_adj')).toBe('500\n');
    expect(out('docker run --rm notes:1 cat /proc/self/oom_score_adj')).toBe('0\n');
    expect(sh('docker run --oom-score-adj 1001 notes:1').err).toContain(
      'Invalid value 1001, range for oom score adj is [-1000, 1000]',
    );
  });
});
