/** Restart policies: delays that double, who is started again when the daemon is, and what stops them. */
import { describe, expect, test } from 'vitest';
import { engineHost } from '../../support/engineHost.ts';

/** Signals the daemon's main process, the one with the lowest number. */
const signalDaemon = (signal: string) =>
  `for p in /proc/[0-9]*; do [ "$(cat $p/comm)" = dockerd ] && kill -${signal} \${p#/proc/} && break; done`;

describe('restart policies', () => {
  const { sh, out } = engineHost();
  const inspect = (name: string, format: string) => out(`docker inspect -f '${format}' ${name}`).trim();

  test('the delay doubles from 100 ms, up to a minute', () => {
    out("docker run -d --name loop --restart always notes:1 sh -c 'exit 1'");
    out('sleep 300; docker update --restart no loop; sleep 61');
    const starts = out(
      "docker events --since 0 --until 0s -f container=loop -f event=start --format '{{json .}}'",
    );
    expect(starts.split('\n').length - 1).toBeGreaterThan(10);
    const times = out('docker events --since 0 --until 0s -f container=loop')
      .split('\n')
      .filter((line) => / container (die|start) /.test(line))
      .map((line) => [line.split(' ')[2], Date.parse(line.slice(0, 23))] as const);
    const gaps = times.flatMap(([what, at], i) =>
      what === 'start' && i > 0 ? [Math.round((at - times[i - 1]![1]) / 100) * 100] : [],
    );
    expect(gaps.slice(0, 12)).toEqual([
      100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 51_200, 60_000, 60_000,
    ]);
    out('docker rm -f loop');
  });

  test('ten seconds of running begin with the first delay again', () => {
    out("docker run -d --name slow --restart always notes:1 sh -c 'sleep 11'; sleep 35");
    expect(Number(inspect('slow', '{{.RestartCount}}'))).toBe(3);
    out('docker rm -f slow');
  });

  test('while it waits it is restarting: no exec, and stop ends it', () => {
    out('docker run -d --name w1 --restart always notes:1 false; sleep 20');
    expect(out("docker ps --format '{{.Status}}'")).toMatch(/^Restarting \(1\) \d+ seconds ago\n$/);
    expect(inspect('w1', '{{.State.Status}} {{.State.Running}} {{.State.Restarting}} {{.State.Pid}}')).toBe(
      'restarting true true 0',
    );
    expect(sh('docker exec w1 true').err).toMatch(/ is restarting, wait until the container is running\n$/);
    out('docker stop w1');
    expect(inspect('w1', '{{.State.Status}}')).toBe('exited');
    out('docker rm w1');
  });

  test('on-failure minds its limit, and a start by hand counts anew', () => {
    out("docker run -d --name f1 --restart on-failure:3 notes:1 sh -c 'exit 9'; sleep 5");
    expect(inspect('f1', '{{.RestartCount}} {{.State.ExitCode}} {{.State.Status}}')).toBe('3 9 exited');
    out('docker start f1; sleep 5');
    expect(inspect('f1', '{{.RestartCount}}')).toBe('3');
    expect(out('docker events --since 0 --until 0s -f event=die -f container=f1 --format x')).toBe(
      'x\n'.repeat(8),
    );
    out('docker rm -f f1; docker run -d --name f2 --restart on-failure notes:1 true; sleep 2');
    expect(inspect('f2', '{{.RestartCount}} {{.State.Status}}')).toBe('0 exited');
    out('docker rm f2');
  });

  test.each([
    ['--restart never', "invalid restart policy: unknown policy 'never'"],
    ['--restart always:3', "invalid restart policy: maximum retry count can only be used with 'on-failure'"],
    ['--restart on-failure:x', 'invalid restart policy format: maximum retry count must be an integer'],
    ['--rm --restart always', 'conflicting options: cannot specify both --restart and --rm'],
  ])('%s is refused', (flags, message) => {
    const { err, status } = sh(`docker run ${flags} notes:1`);
    expect(err).toContain(message);
    expect(status).toBe(125);
  });
});

describe('the daemon ends and begins again', () => {
  const { sh, out } = engineHost();
  const states = () => out("docker ps -a --format '{{.Names}} {{.State}}'").trimEnd().split('\n').sort();
  const begin = 'dockerd >/dev/null 2>&1 & while ! docker ps >/dev/null 2>&1; do sleep 0.1; done; sleep 1';

  test('killed: what ran is stopped, and started again as its policy says', () => {
    out(`for name in always unless-stopped; do docker run -d --name $name --restart $name notes:1; done
      docker run -d --name none notes:1; docker run -d --rm --name gone notes:1
      for name in always unless-stopped; do docker run -d --name $name-2 --restart $name notes:1; done
      docker stop -t 0 always-2 unless-stopped-2; docker create --restart always --name never notes:1`);
    out(`${signalDaemon('KILL')}; sleep 0.1`);
    expect(sh('docker ps').err).toMatch(/^Cannot connect to the Docker daemon/);
    expect(out('ps -ef | grep -c "[s]leep 3600"')).toBe('8\n');
    out(begin);
    expect(states()).toEqual([
      'always running',
      'always-2 running',
      'never created',
      'none exited',
      'unless-stopped running',
      'unless-stopped-2 exited',
    ]);
    expect(out("docker inspect -f '{{.State.ExitCode}}' none")).toBe('137\n');
  });

  test('ended: containers are stopped first; nothing is left of them but their layers', () => {
    out(`${signalDaemon('TERM')}; while [ -S /run/docker.sock ]; do sleep 0.5; done`);
    expect(out('ps -ef | grep -c "[s]leep 3600\\|[c]ontainerd-shim" || true')).toBe('0\n');
    expect(out('grep -c overlay /proc/mounts || true')).toBe('0\n');
    out(begin);
    expect(states().filter((line) => line.endsWith('running'))).toEqual([
      'always running',
      'always-2 running',
      'unless-stopped running',
    ]);
    expect(out('docker exec always cat page')).toBe('the page\n');
  });
});
