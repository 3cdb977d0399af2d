/** From run to rm: what containers do, and with what status the client ends. */
import { describe, expect, test } from 'vitest';
import { SECOND } from '../../src/base/index.ts';
import { engineHost } from '../support/engineHost.ts';

const hint = "\n\nRun 'docker run --help' for more information\n";
const runc = 'OCI runtime create failed: runc create failed: unable to start container process: ';
const task = `docker: Error response from daemon: failed to create task for container: failed to create shim task: ${runc}`;

describe('docker run', () => {
  const { sh, out } = engineHost();

  test.each([
    ['its output', 'notes:1 cat page', 'the page\n'],
    ['the image’s directory', 'notes:1 pwd', '/srv\n'],
    ['-w', '-w /etc notes:1 pwd', '/etc\n'],
    ['-e', '-e A=1 -e "B=two words" notes:1 sh -c \'echo $A $B\'', '1 two words\n'],
    ['-e of a variable that is set', '-e FROM notes:1 sh -c \'echo "${FROM-none}"\'', 'outside\n'],
    ['-u by name', '-u ada notes:1 id', 'uid=1200(ada) gid=1300(ada) groups=1300(ada),1400(notes)\n'],
    ['-u by numbers', "-u 7:8 notes:1 sh -c 'id -u; id -g'", '7\n8\n'],
    ['HOME of the user', "-u ada notes:1 sh -c 'echo $HOME'", '/home/ada\n'],
    ['--entrypoint', '--entrypoint cat notes:1 page', 'the page\n'],
    ['--hostname', '--hostname box notes:1 hostname', 'box\n'],
    ['-i with standard input', '-i notes:1 cat', 'typed\n'],
    ['no -i: standard input is empty', 'notes:1 cat', ''],
    ['the first process is number 1', "notes:1 sh -c 'echo $$'", '1\n'],
    ['a pipe that breaks ends its writer', 'notes:1 sh -c "yes | head -n 1"', 'y\n'],
    [
      '--tmpfs',
      '--tmpfs /cache notes:1 sh -c "grep /cache /proc/mounts"',
      'tmpfs /cache tmpfs rw,nosuid,nodev,noexec,relatime 0 0\n',
    ],
  ])('%s', (_, args, wanted) => {
    expect(out(`export FROM=outside; echo typed | docker run --rm ${args}`)).toBe(wanted);
  });

  test.each([
    ['the program’s status', '--rm notes:1 sh -c "exit 42"', 42, ''],
    [
      '128 and the signal',
      '--rm notes:1 sh -c "exec 2>/dev/null; sh -c \'kill -9 \\$\\$\'; exit \\$?"',
      137,
      '',
    ],
    [
      'a program that is not there',
      '--rm notes:1 nope',
      127,
      `${task}exec: "nope": executable file not found in $PATH: unknown${hint}`,
    ],
    [
      'a path that is not there',
      '--rm notes:1 /bin/nope',
      127,
      `${task}exec: "/bin/nope": stat /bin/nope: no such file or directory: unknown${hint}`,
    ],
    [
      'a working directory that is not absolute',
      '--rm -w foo notes:1 true',
      125,
      `docker: Error response from daemon: the working directory 'foo' is invalid, it needs to be an absolute path${hint}`,
    ],
    ['a directory', '--rm notes:1 /', 126, `${task}exec: "/": is a directory: unknown${hint}`],
    [
      'a file that is no program',
      '--rm notes:1 /bin/broken',
      126,
      `${task}exec: "/bin/broken": permission denied: unknown${hint}`,
    ],
    ['a file of no format', '--rm notes:1 nothing', 255, 'exec /usr/bin/nothing: exec format error\n'],
    [
      'a user that is not there',
      '--rm -u bob notes:1 true',
      125,
      `docker: Error response from daemon: unable to find user bob: no matching entries in passwd file${hint}`,
    ],
    [
      'a name with a blank',
      "--name 'a b' notes:1",
      125,
      `docker: Error response from daemon: Invalid container name (a b), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed${hint}`,
    ],
    ['a flag that is unknown', '--bogus notes:1', 125, 'unknown flag: --bogus\n'],
    [
      'a flag that is not simulated',
      '-p 80:80 notes:1',
      125,
      'docker: Error response from daemon: published ports are not simulated on a host without a network\n',
    ],
  ])('ends with %s', (_, args, status, err) => {
    const ended = sh(`docker run ${args}`);
    expect(ended.status).toBe(status);
    expect(ended.err.slice(0, Math.max(err.length, 1))).toBe(err);
  });

  test('no arguments', () => {
    expect(sh('docker run')).toEqual({
      out: '',
      err: "docker: 'docker run' requires at least 1 argument\n\nUsage:  docker run [OPTIONS] IMAGE [COMMAND] [ARG...]\n\nSee 'docker run --help' for more information\n",
      status: 1,
    });
  });

  test('a name that is taken', () => {
    const id = out('docker run -d --name dup notes:1').trim();
    const { err, status } = sh('docker run --name dup notes:1 true');
    expect(status).toBe(125);
    expect(err).toBe(
      `docker: Error response from daemon: Conflict. The container name "/dup" is already in use by container "${id}". You have to remove (or rename) that container to be able to reuse that name.${hint}`,
    );
    out('docker rm -f dup');
  });

  test('an image that is not there', () => {
    const { err, status } = sh('docker run --rm nope:1');
    expect(status).toBe(125);
    expect(err).toMatch(/^Unable to find image 'nope:1' locally\ndocker: Error response from daemon: /);
    expect(err.endsWith(hint)).toBe(true);
  });

  test('--rm leaves nothing behind', () => {
    expect(out('docker ps -aq; ls /var/lib/docker/containers; docker volume ls -q')).toMatch(/^(\w{12}\n)*/);
    const before = out('ls /var/lib/docker/overlay2; grep -c . /proc/mounts');
    out('docker run --rm -v /vol notes:1 true');
    expect(out('ls /var/lib/docker/overlay2; grep -c . /proc/mounts')).toBe(before);
    expect(out('docker volume ls -q')).toBe('');
  });

  test.each(['nope', '/etc', '/bin/nope'])(
    '--rm of a program that cannot run (%s) leaves nothing either',
    (program) => {
      const left =
        'docker ps -aq; docker volume ls -q; ls /var/lib/docker/containers /var/lib/docker/overlay2';
      const before = out(`${left}; cat /proc/mounts`);
      expect(sh(`docker run --rm -v /vol notes:1 ${program}`).err).toContain(
        'unable to start container process',
      );
      expect(out(`${left}; cat /proc/mounts`)).toBe(before);
      const id = out(`docker create --rm -v /vol notes:1 ${program}`).trim();
      expect(sh(`docker start ${id}`).status).not.toBe(0);
      expect(out(`${left}; cat /proc/mounts`)).toBe(before);
    },
  );

  test('--read-only', () => {
    const { err, status } = sh(
      'docker run --rm --read-only --tmpfs /tmp notes:1 sh -c "echo 1 >/tmp/x && echo 2 >/srv/x"',
    );
    expect(err).toContain('/srv/x: Read-only file system');
    expect(status).not.toBe(0);
  });
});

test('a name is free again when its container has another one, or is gone; a later daemon knows who has which', () => {
  const { sh, out } = engineHost();
  const taken = (name: string) => sh(`docker create --name ${name} base`).err.includes('is already in use');
  out('docker create --name one base; docker rename one two');
  expect([taken('two'), taken('one')]).toEqual([true, false]);
  sh('kill $(pidof dockerd); sleep 2; (dockerd >/dev/null 2>&1 &) ; sleep 2');
  expect([taken('one'), taken('two')]).toEqual([true, true]);
  out('docker rename one three; docker rm two');
  expect([taken('three'), taken('one'), taken('two')]).toEqual([true, false, false]);
  expect(out("docker ps -a --format '{{.Names}}' | sort | xargs")).toBe('one three two\n');
});

describe('signals, stop and restart', () => {
  const { sh, out, read, world } = engineHost();
  const seconds = () => world.now / 1e9;

  test('stop: SIGTERM ends what minds it at once', () => {
    out(
      'docker run -d --name polite notes:1 sh -c \'trap "echo bye; exit 3" TERM; while :; do sleep 1; done\'',
    );
    const before = seconds();
    expect(out('sleep 0.5; docker stop polite')).toBe('polite\n');
    expect(seconds() - before).toBeLessThan(3);
    expect(out('docker logs polite; docker inspect -f "{{.State.Status}} {{.State.ExitCode}}" polite')).toBe(
      'bye\nexited 3\n',
    );
  });

  test.each([
    ['', 10],
    ['-t 2', 2],
  ])('stop %s: SIGKILL after the grace time, for PID 1 minds no SIGTERM', (flag, grace) => {
    out('docker run -d --name deaf notes:1');
    const before = seconds();
    out(`docker stop ${flag} deaf`);
    expect(seconds() - before).toBeGreaterThanOrEqual(grace);
    expect(seconds() - before).toBeLessThan(grace + 0.5);
    expect(out('docker inspect -f "{{.State.ExitCode}}" deaf')).toBe('137\n');
    out('docker rm deaf');
  });

  test('kill -s, and a signal that does not exist', () => {
    out('docker run -d --name k1 notes:1 sh -c \'trap "echo usr1" USR1; while :; do sleep 0.1; done\'');
    expect(out('sleep 0.5; docker kill -s USR1 k1; sleep 0.5; docker logs k1')).toBe('k1\nusr1\n');
    expect(sh('docker kill -s NOPE k1')).toMatchObject({
      err: 'Error response from daemon: cannot kill container: k1: invalid signal: NOPE\n',
      status: 1,
    });
    expect(out('docker kill k1; docker wait k1')).toBe('k1\n137\n');
    const id = out('docker inspect -f "{{.Id}}" k1').trim();
    expect(sh('docker kill k1').err).toBe(
      `Error response from daemon: cannot kill container: k1: container ${id} is not running\n`,
    );
  });

  test('stop, kill and rm deal with all containers at once, and tell in the order of the names', () => {
    const names = ['p1', 'p2', 'p3'];
    for (const name of names) out(`docker run -d --name ${name} base sleep 1000`);
    const began = world.now;
    expect(sh('docker stop -t 3 p1 nosuch p2 p3')).toEqual({
      out: 'p1\np2\np3\n',
      err: 'Error response from daemon: No such container: nosuch\n',
      status: 1,
    });
    expect((world.now - began) / SECOND).toBeLessThan(4);
    // Others are dealt with one after the other.
    out(`docker start ${names.join(' ')}`);
    const again = world.now;
    expect(out('docker restart -t 1 p3 p1 p2')).toBe('p3\np1\np2\n');
    expect((world.now - again) / SECOND).toBeGreaterThan(3);
    expect(out('docker rm -f p2 p1 p3')).toBe('p2\np1\np3\n');
    expect(sh('docker rm p1 p2').err).toBe(
      'Error response from daemon: No such container: p1\nError response from daemon: No such container: p2\n',
    );
  });

  test('rm -l is of links, which there are none of, and leaves the container', () => {
    out('docker create --name kept base');
    const refused =
      'Error response from daemon: Conflict, cannot remove the default link name of the container\n';
    expect(sh('docker rm -l kept').err).toBe(refused);
    expect(sh('docker rm --link kept/alias').err).toBe(
      'Error response from daemon: No such container: kept/alias\n',
    );
    expect(out('docker rm kept')).toBe('kept\n');
  });

  test('start and restart keep the container and its files', () => {
    out('docker run -d --name r1 notes:1');
    const pid = () => out('docker inspect -f "{{.State.Pid}}" r1');
    const first = pid();
    out('docker exec r1 sh -c "echo kept > /srv/kept"; docker restart -t 0 r1');
    expect(pid()).not.toBe(first);
    expect(out('docker exec r1 cat /srv/kept')).toBe('kept\n');
    expect(out('docker stop -t 0 r1; docker start r1; docker exec r1 cat /srv/kept')).toBe('r1\nr1\nkept\n');
  });

  test('start -ai of a program with a terminal needs none itself', () => {
    out("docker create -it --name own base sh -c 'read line; echo got $line'");
    expect(sh('echo typed | docker start -ai own').out).toContain('got typed\r\n');
  });

  test('the log is there from the start on', () => {
    const path = out(
      "docker run -d --name quiet base sleep 100 >/dev/null; docker inspect -f '{{.LogPath}}' quiet",
    ).trim();
    expect(read(path)).toBe('');
  });

  test('start -a shows the output and ends with its status', () => {
    out('docker create --name once notes:1 sh -c "echo again; exit 4"');
    expect(sh('docker start -a once')).toEqual({ out: 'again\n', err: '', status: 4 });
    expect(sh('docker start -a once')).toEqual({ out: 'again\n', err: '', status: 4 });
    expect(out('docker logs once')).toBe('again\nagain\n');
  });

  test('restart policies', () => {
    out('docker run -d --name failing --restart on-failure:2 notes:1 sh -c "echo try; exit 1"');
    out('docker run -d --name always --restart always notes:1 sh -c "sleep 1; echo up"');
    out('sleep 5');
    expect(out('docker logs failing')).toBe('try\ntry\ntry\n');
    expect(out('docker inspect -f "{{.RestartCount}} {{.State.Status}}" failing')).toBe('2 exited\n');
    expect(Number(out('docker inspect -f "{{.RestartCount}}" always'))).toBeGreaterThan(2);
    out('docker stop -t 0 always; sleep 3');
    expect(out('docker inspect -f "{{.State.Status}}" always')).toBe('exited\n');
  });

  test('SIGTERM goes through a client without a terminal', () => {
    out(
      'docker run --name fg notes:1 sh -c \'trap "echo term; exit 5" TERM; while :; do sleep 0.1; done\' >/tmp/fg & sleep 1; kill -TERM $!; wait $!; echo $? >>/tmp/fg',
    );
    expect(out('cat /tmp/fg')).toBe('term\n5\n');
  });
});
