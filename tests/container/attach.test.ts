/** Coming back to a container's streams, and what the daemon writes down about it. */
import { describe, expect, test } from 'vitest';
import { engineHost } from '../support/engineHost.ts';

describe('docker attach', () => {
  const { sh, out, terminal } = engineHost();

  test('input, output and the end of a container without a terminal', () => {
    out(
      'docker create -i --name lines notes:1 sh -c "while read line; do echo got $line; done; exit 6"'.replace(
        '$line;',
        '\\$line;',
      ),
    );
    out('docker start lines');
    expect(sh('printf "a\\nb\\n" | docker attach lines')).toEqual({
      out: 'got a\ngot b\n',
      err: '',
      status: 6,
    });
    expect(out('docker logs lines')).toBe('got a\ngot b\n');
  });

  test('what a program prints before it reads its input is shown meanwhile', () => {
    out('docker run -d --name reader notes:1');
    const late = "sh -c 'yes | head -c 300000; wc -c'";
    for (const how of ['run --rm -i notes:1', 'exec -i reader'])
      expect(out(`head -c 400000 /dev/zero | docker ${how} ${late} | tail -c 7`)).toBe('400000\n');
  });

  test('a program that ends without reading its input ends the client', () => {
    const never = "sh -c 'echo bye; exit 3'";
    for (const how of ['run --rm -i notes:1', 'exec -i reader'])
      expect(sh(`yes | docker ${how} ${never}`)).toEqual({ out: 'bye\n', err: '', status: 3 });
  });

  test.each(['run --name stubborn notes:1', 'attach stubborn'])(
    'the third Ctrl-C ends docker %s, and leaves the container that takes no notice',
    (how) => {
      const one = terminal();
      const program = how.startsWith('run') ? ` sh -c "trap 'echo no' INT; while :; do sleep 0.1; done"` : '';
      one.type(`docker ${how}${program}\r`);
      for (const count of [1, 2]) {
        one.type('\x03');
        expect(one.screen().match(/^(\^C)?no\r?$/gm)).toHaveLength(count);
        expect(one.screen()).not.toContain('forcefully');
      }
      one.type('\x03');
      one.type('echo back $?\r');
      expect(one.screen()).toContain('\r\ngot 3 SIGTERM/SIGINTs, forcefully exiting\r\n');
      expect(one.screen()).toContain('back 1');
      expect(out("docker ps --filter name=stubborn --format '{{.Status}}'")).toMatch(/^Up /);
    },
  );

  test('Ctrl-C at docker exec ends the client, at once and without a complaint', () => {
    const one = terminal();
    one.type('docker exec reader sleep 1000\r');
    one.type('\x03');
    one.type('echo back $?\r');
    expect(one.screen()).toContain('back 0');
    expect(out('docker exec reader ps -o args | grep -c "sleep 1000"')).toBe('1\n');
  });

  // Whoever runs a container in the foreground is attached to it before it is started.
  test.each([
    ['--user nobody99', 'unable to find user nobody99'],
    ['--log-opt max-size=x', "failed to initialize logging driver: invalid size: 'x'"],
    ['--pid container:lines', 'cannot join PID namespace of a non running container'],
  ])('a start that fails (%s) leaves no shim behind', (flags, why) => {
    const shims = () => out('ps ax | grep -c "[s]him-runc" || :');
    const before = shims();
    const failed = sh(`docker run --name never ${flags} notes:1 true`);
    expect(failed.err).toContain(why);
    expect(failed.status).toBe(125);
    expect(out('docker rm never')).toBe('never\n');
    expect(shims()).toBe(before);
  });

  test('a stopped container is refused', () => {
    expect(sh('docker attach lines')).toMatchObject({
      err: 'You cannot attach to a stopped container, start it first\n',
      status: 1,
    });
    expect(sh('docker attach nope').err).toBe('Error response from daemon: No such container: nope\n');
  });

  test('two terminals show the same session', () => {
    out('docker run -dit --name both notes:1 sh');
    const [one, two] = [terminal(), terminal()];
    one.type('docker attach both\r');
    two.type('docker attach both\r');
    one.type('echo $((6 * 7)) is shown\r');
    expect(one.screen()).toContain('42 is shown');
    expect(two.screen()).toContain('42 is shown');
    two.type('exit 2\r');
    one.type('echo back $?\r');
    expect(one.screen()).toContain('back 2');
  });

  test('who attaches sees the shell’s prompt at once', () => {
    out('docker run -dit --name prompt notes:1 sh');
    const one = terminal();
    one.type('docker attach prompt\r');
    expect(one.screen().split('docker attach prompt\r\n')[1]).toMatch(/sh-5\.2# (\x1b\[K)?$/);
    expect(out('docker exec prompt sh -c "stty size </dev/pts/0"')).toBe('24 80\n');
  });

  test('keys that detach leave the container running', () => {
    const one = terminal();
    one.type('docker run -it --name left notes:1 sh\r');
    one.type('echo $((2 * 3)) inside\r');
    // Ctrl-P alone is held back until it is clear that it does not begin the sequence.
    one.type('\u0010echo still\r');
    one.type('\u0010\u0011');
    one.type('echo status $?\r');
    expect(one.screen()).toContain('6 inside');
    expect(one.screen()).toMatch(/status 0/);
    expect(out("docker inspect -f '{{.State.Status}}' left")).toBe('running\n');
    one.type('docker attach --detach-keys ctrl-a,x left\r');
    one.type('echo $((3 * 3)) again\r');
    one.type('\u0001x');
    one.type('echo status $?\r');
    expect(one.screen()).toContain('9 again');
    expect(one.screen()).toMatch(/read escape sequence\r\n[\s\S]*status 1/);
    out('docker rm -f left');
  });
});

test('the daemon’s files say what inspect says', () => {
  const { out, read } = engineHost();
  const id = out('docker run -d --name one --label a=b notes:1 sleep 50').trim();
  const folder = `/var/lib/docker/containers/${id}`;
  expect(JSON.parse(read(`${folder}/config.v2.json`)!)).toMatchObject({
    ID: id,
    Name: '/one',
    Path: 'sleep',
    Config: { Labels: { a: 'b' } },
    State: { Running: true, Pid: Number(out('docker inspect -f "{{.State.Pid}}" one')) },
  });
  out('docker stop -t 0 one; docker rename one uno');
  expect(JSON.parse(read(`${folder}/config.v2.json`)!)).toMatchObject({
    Name: '/uno',
    State: { Running: false, ExitCode: 137 },
  });
  const mountId = read(`/var/lib/docker/image/overlay2/layerdb/mounts/${id}/mount-id`);
  expect(out('docker inspect -f "{{.GraphDriver.Data.UpperDir}}" uno')).toBe(
    `/var/lib/docker/overlay2/${mountId}/diff\n`,
  );
});
