/** Health checks in virtual time: statuses, their log, what they cost. */
import { describe, expect, test } from 'vitest';
import { engineHost } from '../../support/engineHost.ts';

describe('health checks', () => {
  const { sh, out, world } = engineHost();
  const status = (name: string) => out(`docker ps -a --filter name=${name} --format '{{.Status}}'`).trim();
  interface Health {
    Status: string;
    FailingStreak: number;
    Log: { ExitCode: number; Output: string; Start: string }[];
  }
  const health = (name: string) =>
    JSON.parse(out(`docker inspect -f '{{json .State.Health}}' ${name}`)) as Health;

  test('starting, unhealthy after so many failures in a row, healthy at the first success', () => {
    out(`docker run -d --name web --health-cmd 'echo asked; test -e /tmp/ok' --health-interval 10s \
      --health-retries 2 notes:1; sleep 11`);
    expect(status('web')).toBe('Up 11 seconds (health: starting)');
    expect(health('web')).toMatchObject({ Status: 'starting', FailingStreak: 1 });
    out('sleep 10');
    expect(status('web')).toBe('Up 21 seconds (unhealthy)');
    out('docker exec web touch /tmp/ok; sleep 10');
    expect(status('web')).toBe('Up 31 seconds (healthy)');
    expect(health('web').FailingStreak).toBe(0);
    expect(health('web').Log.map(({ ExitCode, Output }) => [ExitCode, Output])).toEqual([
      [1, 'asked\n'],
      [1, 'asked\n'],
      [0, 'asked\n'],
    ]);
    out('sleep 100');
    expect(health('web').Log).toHaveLength(5);
    const told = out("docker events --since 0 --until 0s -f event=health_status --format '{{.Action}}'");
    expect(told).toBe('health_status: unhealthy\nhealth_status: healthy\n');
    out('docker rm -f web');
  });

  test('a check that takes too long is killed', () => {
    out(
      "docker run -d --name slow --health-cmd 'echo begun; exec sleep 100' --health-timeout 2s --health-interval 1s notes:1",
    );
    out('sleep 3.5');
    expect(health('slow').Log[0]).toMatchObject({
      ExitCode: -1,
      Output: 'Health check exceeded timeout (2s): begun\n',
    });
    expect(out('docker exec slow ps').match(/sleep/g)).toHaveLength(1);
    out('docker rm -f slow');
  });

  test('failures in the start period do not count, and it is asked more often then', () => {
    out(`docker run -d --name young --health-cmd false --health-start-period 30s --health-start-interval 5s \
      --health-interval 20s --health-retries 1 notes:1; sleep 29`);
    expect(health('young')).toMatchObject({ Status: 'starting', FailingStreak: 0 });
    expect(health('young').Log).toHaveLength(5);
    out('sleep 25');
    expect(health('young')).toMatchObject({ Status: 'unhealthy' });
    out('docker rm -f young');
  });

  test('nobody is asked while paused or stopped; a start begins anew', () => {
    out("docker run -d --name p1 --health-cmd 'true' --health-interval 1s notes:1; sleep 3; docker pause p1");
    const before = health('p1').Log.at(-1)!.Start;
    out('sleep 10');
    expect(health('p1').Log.at(-1)!.Start).toBe(before);
    out('docker unpause p1; sleep 2');
    expect(health('p1').Log.at(-1)!.Start).not.toBe(before);
    out('docker stop -t 0 p1');
    const stopped = health('p1').Log.at(-1)!.Start;
    const events = world.now;
    out('sleep 5');
    expect(world.now - events).toBeGreaterThan(4e9);
    expect(health('p1').Log.at(-1)!.Start).toBe(stopped);
    out('docker start p1');
    expect(health('p1').Status).toBe('starting');
    out('docker rm -f p1');
  });

  test('--no-healthcheck, and flags that contradict', () => {
    out('docker run -d --name none --no-healthcheck notes:1');
    expect(out("docker inspect -f '{{json .State}}' none")).not.toContain('Health');
    expect(sh('docker run --no-healthcheck --health-cmd true notes:1')).toMatchObject({ status: 125 });
    expect(sh('docker run --health-interval 5 notes:1').err).toMatch(
      /^invalid argument "5" for "--health-interval" flag: time: missing unit in duration "5"/,
    );
  });
});
