/** docker events: what happens in the engine is told, in its order, to those who ask for it. */
import { describe, expect, test } from 'vitest';
import { engineHost } from '../../support/engineHost.ts';

describe('docker events', () => {
  const { sh, out } = engineHost();
  /** Without times, ids and what is the same in all. */
  const told = (text: string) =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => line.replace(/^\S+ /, '').replace(/[0-9a-f]{64}/g, 'ID'));

  test('a container from its creation to its removal', () => {
    out(`docker events >/tmp/events & sleep 0.1
      docker run --rm --name eve -v kept:/v -l tier=x notes:1 sh -c 'exit 3' || true
      sleep 0.1; kill $!`);
    const own = 'image=notes:1, name=eve, tier=x';
    expect(told(out('cat /tmp/events'))).toEqual([
      'volume create kept (driver=local)',
      `container create ID (${own})`,
      `container attach ID (${own})`,
      'volume mount kept (container=ID, destination=/v, driver=local, propagation=, read/write=true)',
      `container start ID (${own})`,
      'volume unmount kept (container=ID, driver=local)',
      `container die ID (execDuration=0, exitCode=3, ${own})`,
      `container destroy ID (${own})`,
    ]);
    expect(out('head -n 1 /tmp/events')).toMatch(/^2026-01-05T09:00:\d\d\.\d{9}Z volume create/);
  });

  test('the last 256 are kept, however many there were', () => {
    const many = engineHost('many events');
    const seen = () => many.out('docker events --since 0 --until 0s').trimEnd().split('\n');
    for (const last of [270, 540]) {
      many.out(`for i in $(seq ${last - 269} ${last}); do docker volume create v$i; done`);
      const lines = seen();
      expect(lines).toHaveLength(256);
      expect(lines[0]).toMatch(new RegExp(` volume create v${last - 255} `));
      expect(lines.at(-1)).toMatch(new RegExp(` volume create v${last} `));
    }
  });

  test('what is done to a running one', () => {
    out(`docker run -d --name a1 notes:1; docker exec a1 true; docker pause a1; docker unpause a1
      docker rename a1 a2; docker restart -t 0 a2; docker kill -s USR1 a2; docker stop -t 0 a2`);
    const lines = told(out('docker events --since 0 --until 0s -f container=a1 -f container=a2'));
    expect(lines.map((line) => line.replace(/ID.*(name=\w+|oldName=\S+|signal=\d+)\)$/, '$1'))).toEqual([
      'container create name=a1',
      'container start name=a1',
      'container exec_create: true name=a1',
      'container exec_start: true name=a1',
      'container exec_die name=a1',
      'container pause name=a1',
      'container unpause name=a1',
      'container rename oldName=/a1',
      'container kill signal=15',
      'container kill signal=9',
      'container die name=a2',
      'container stop name=a2',
      'container start name=a2',
      'container restart name=a2',
      'container kill signal=10',
      'container kill signal=15',
      'container kill signal=9',
      'container die name=a2',
      'container stop name=a2',
    ]);
  });

  test.each([
    ['--filter event=die --filter container=a2', 2],
    ['-f type=volume', 3],
    ['-f event=exec_create', 1],
    ['-f label=tier=x -f event=start', 1],
    ['-f image=notes -f event=die', 3],
    ['-f image=notes:1 -f event=create', 2],
  ])('%s', (flags, count) => {
    const lines = out(`docker events --since 0 --until 0s ${flags} --format '{{.Action}}'`);
    expect(lines.split('\n').length - 1).toBe(count);
  });

  test('--since and --until', () => {
    out('sleep 5; docker run --rm --name late notes:1 true');
    const recent = out(
      'docker events --since 3s --until 0s --format "{{.Action}} {{.Actor.Attributes.name}}"',
    );
    expect(recent).toBe('create late\nattach late\nstart late\ndie late\ndestroy late\n');
    expect(sh('docker events -f nonsense=1 --until 0s').err).toBe(
      "Error response from daemon: invalid filter 'nonsense'\n",
    );
  });

  test('a template has all fields, those of old clients too', () => {
    const fields = '{{.Type}} {{.Status}} {{.ID}} {{.From}} {{.Scope}} {{.Time}} {{.TimeNano}} {{.Actor.ID}}';
    const lines = out(`docker events --since 3s --until 0s -f event=die --format '${fields}'`);
    expect(lines).toMatch(/^container die ([0-9a-f]{64}) notes:1 local (\d{10}) \2\d{9} \1\n$/);
  });

  test('json is what the API says, with nanoseconds', () => {
    const line = out('docker events --since 3s --until 0s -f event=die --format json').trim();
    expect(JSON.parse(line)).toMatchObject({
      status: 'die',
      from: 'notes:1',
      Type: 'container',
      Action: 'die',
      Actor: { Attributes: { exitCode: '0', name: 'late' } },
      scope: 'local',
    });
    expect(line).toMatch(/"time":(\d{10}),"timeNano":\1\d{9}\}$/);
  });
});
