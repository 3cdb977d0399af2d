/** The docker client: exec, logs, lists, templates, wrong use, completion. */
import { describe, expect, test } from 'vitest';
import { dockerCompletion } from '../../../../src/shell/commands/docker/index.ts';
import { engineHost } from '../../../support/engineHost.ts';

describe('docker exec', () => {
  const { sh, out, terminal } = engineHost();
  out('docker run -d --name one -e FROM=run notes:1');

  test.each([
    ['in the container’s directory', 'one cat page', 'the page\n'],
    ['-w', '-w / one pwd', '/\n'],
    ['-e over the container’s own', "-e A=1 one sh -c 'echo $A $FROM'", '1 run\n'],
    ['-u', '-u ada one id -un', 'ada\n'],
    ['-i', '-i one cat', 'typed\n'],
    ['in its pid namespace', 'one cat /proc/1/comm', 'sh\n'],
  ])('%s', (_, args, wanted) => {
    expect(out(`echo typed | docker exec ${args}`)).toBe(wanted);
  });

  const refused = 'OCI runtime exec failed: exec failed: unable to start container process: ';
  test.each([
    ['the program’s status', 'one sh -c "exit 5"', 5, ''],
    ['a container that is not there', 'nope ls', 1, 'Error response from daemon: No such container: nope\n'],
    ['-t without a terminal', '-it one sh', 1, 'the input device is not a TTY\n'],
    [
      'too few arguments',
      'one',
      1,
      "docker: 'docker exec' requires at least 2 arguments\n\nUsage:  docker exec [OPTIONS] CONTAINER COMMAND [ARG...]\n\nSee 'docker exec --help' for more information\n",
    ],
  ])('ends with %s', (_, args, status, err) => {
    expect(sh(`docker exec ${args}`)).toEqual({ out: '', err, status });
  });

  test('a program that is not there: the daemon says so on the stream', () => {
    expect(sh('docker exec one nope')).toEqual({
      out: `${refused}exec: "nope": executable file not found in $PATH: unknown\r\n`,
      err: '',
      status: 127,
    });
    expect(sh('docker exec one /etc')).toMatchObject({
      out: `${refused}exec: "/etc": is a directory: unknown\r\n`,
      status: 126,
    });
    expect(sh('docker exec -u nosuch one id')).toMatchObject({
      out: 'unable to find user nosuch: no matching entries in passwd file\r\n',
      status: 126,
    });
  });

  test('-d does not wait', () => {
    out('docker exec -d one sh -c "sleep 1; echo done >/tmp/late"');
    expect(sh('docker exec one cat /tmp/late').status).toBe(1);
    expect(out('sleep 2; docker exec one cat /tmp/late')).toBe('done\n');
  });

  test('a stopped container', () => {
    const id = out('docker create --name idle notes:1').trim();
    expect(sh('docker exec idle ls').err).toBe(
      `Error response from daemon: container ${id} is not running\n`,
    );
  });

  test('-it: a terminal with job control inside', () => {
    const { type, screen } = terminal();
    type('docker exec -it one sh\r');
    type('tty; sleep 100\r');
    type('\x03');
    type('echo status $?\r');
    type('exit 7\r');
    type('echo back $?\r');
    expect(screen()).toMatch(/\/dev\/pts\/\d/);
    expect(screen()).toContain('status 130');
    expect(screen()).toContain('back 7');
  });
});

describe('docker run -it', () => {
  test('has the window’s size, and leaves the terminal as it was', () => {
    const { terminal } = engineHost();
    const { type, screen } = terminal();
    type('docker run -it --rm notes:1 sh\r');
    type('stty size; cat <page\r');
    type('exit 3\r');
    type('echo ended $?\r');
    expect(screen()).toContain('24 80\r\n');
    expect(screen()).toContain('the page\r\n');
    expect(screen()).toContain('ended 3');
  });
});

describe('docker logs', () => {
  const { sh, out } = engineHost();
  out('docker run --name l1 notes:1 sh -c "echo one; echo two >&2; sleep 1; echo three" >/dev/null 2>&1');

  test('streams apart, the last lines, times', () => {
    const { out: shown, err } = sh('docker logs l1');
    expect([shown, err]).toEqual(['one\nthree\n', 'two\n']);
    expect(out('docker logs -n 1 l1')).toBe('three\n');
    expect(out('docker logs --tail 0 l1')).toBe('');
    expect(out('docker logs -t --tail 1 l1')).toMatch(/^2026-01-05T09:\d\d:\d\d\.\d{9}Z three\n$/);
  });

  test('--since a time and a duration', () => {
    const time = out('docker logs -t --tail 1 l1').split(' ')[0];
    expect(out(`docker logs --since ${time} l1`)).toBe('three\n');
    expect(sh('docker logs --since 1h l1').out).toBe('one\nthree\n');
    expect(out('sleep 5; docker logs --since 2s l1')).toBe('');
    expect(sh('docker logs --since nonsense l1')).toMatchObject({ status: 1 });
  });

  test('-f goes on until the container ends', () => {
    out('docker run -d --name l2 notes:1 sh -c "for i in 1 2 3; do echo $i; sleep 1; done"');
    expect(out('docker logs -f l2')).toMatch(/^(\n|\d\n)*$/);
    expect(out('docker logs l2 | wc -l')).toBe('3\n');
    expect(sh('docker logs nope').err).toBe('Error response from daemon: No such container: nope\n');
  });
});

describe('docker ps', () => {
  const { sh, out } = engineHost();
  const ids = out(
    'docker run -d --name web --label tier=front notes:1; docker run -d --name db -v store:/data notes:1 sleep 100; docker create --name idle base',
  )
    .trim()
    .split('\n');

  test('the table', () => {
    const [web, db] = ids.map((id) => id.slice(0, 12));
    expect(
      out('sleep 3; docker ps')
        .split('\n')
        .map((line) => line.replace(/\d+ seconds/g, 'N seconds').replace(/ +/g, ' ')),
    ).toEqual([
      'CONTAINER ID IMAGE COMMAND CREATED STATUS PORTS NAMES',
      `${db} notes:1 "sleep 100" N seconds ago Up N seconds db`,
      `${web} notes:1 "sh -c 'while :; do …" N seconds ago Up N seconds web`,
      '',
    ]);
  });

  test.each([
    ['-a', 'idle db web'],
    ['', 'db web'],
    ['-l', 'idle'],
    ['-n 2', 'idle db'],
    ['-f name=e', 'web'],
    ['-f status=created', 'idle'],
    ['-f label=tier', 'web'],
    ['-f label=tier=back', ''],
    ['-f volume=store', 'db'],
    ['-a -f ancestor=base', 'idle'],
    ['-f name=^web$', 'web'],
    ['-f since=web -f before=idle -a', 'db'],
    ['-f exited=0', ''],
    ['-f health=none', 'db web'],
  ])('%s', (args, names) => {
    expect(out(`docker ps ${args} --format "{{.Names}}"`).trim().split('\n').join(' ')).toBe(names);
  });

  test.each([
    ['publish=x', 'error while looking up for publish x: strconv.ParseUint: parsing "x": invalid syntax'],
    ['expose=1:2', "filter for 'expose' should not contain ':': 1:2"],
  ])('-f %s', (filter, why) => {
    expect(sh(`docker ps -f ${filter}`).err).toBe(`Error response from daemon: ${why}\n`);
  });

  test('-q, --no-trunc, json', () => {
    expect(out('docker ps -q').trim().split('\n')).toEqual([ids[1]!.slice(0, 12), ids[0]!.slice(0, 12)]);
    expect(out('docker ps -q --no-trunc').trim().split('\n')).toEqual([ids[1], ids[0]]);
    expect(JSON.parse(out('docker ps -l --format json'))).toMatchObject({
      Names: 'idle',
      State: 'created',
      Status: 'Created',
    });
    expect(sh('docker ps -f bogus=1').err).toBe("Error response from daemon: invalid filter 'bogus'\n");
  });

  test('rename, wait, prune, system df', () => {
    out('docker rename db data');
    expect(sh('docker rename data web').err).toContain(
      'The container name "/web" is already in use by container',
    );
    expect(out('docker stop -t 0 data; docker wait data')).toBe('data\n137\n');
    expect(out('docker system df | tr -s " "').split('\n')[2]).toBe('Containers 3 1 0B 0B');
    expect(sh('docker container prune </dev/null')).toMatchObject({
      out: 'WARNING! This will remove all stopped containers.\nAre you sure you want to continue? [y/N] \n',
      err: 'container prune has been cancelled\n',
    });
    expect(out('docker container prune -f')).toBe(
      `Deleted Containers:\n${ids[2]}\n${ids[1]}\n\nTotal reclaimed space: 0B\n`,
    );
    expect(out('docker image prune -af')).toMatch(
      /^Deleted Images:\nuntagged: base:latest\ndeleted: sha256:/,
    );
  });
});

test('docker ps shows the command as a text of Go', () => {
  const { out } = engineHost();
  out(String.raw`docker create base sh -c 'echo "a b" \ ä; exec sleep 100'`);
  expect(out("docker ps -a --format '{{.Command}}'")).toBe(`"sh -c 'echo \\"a b\\" \\\\…"\n`);
  expect(out('docker ps -a --no-trunc | grep -o \'"sh.*"\'')).toBe(
    `"sh -c 'echo \\"a b\\" \\\\ ä; exec sleep 100'"\n`,
  );
});

test('docker top: the container’s processes among the host’s', () => {
  const { out, sh } = engineHost();
  out('docker run -d --name one notes:1 sh -c "sleep 99 & sleep 98"; docker run -d notes:1 sleep 97');
  const lines = out('sleep 1; docker top one').trimEnd().split('\n');
  expect(lines[0]).toMatch(/^UID {17}PID {17}PPID {16}.*CMD$/);
  const pid = out('docker inspect -f "{{.State.Pid}}" one').trim();
  expect(
    lines.slice(1).map((line) => line.replace(/^(\S+ +\S+ +\S+) .* (sleep \d+)$/, '$1 $2').split(/ +/)),
  ).toEqual([
    ['root', pid, expect.any(String), 'sleep', '98'],
    ['root', expect.any(String), pid, 'sleep', '99'],
  ]);
  expect(out('docker top one -o pid,args')).toMatch(/^PID {17}(ARGS|COMMAND)\n\d+ +sleep 98\n/);
  const id = out('docker stop -t 0 one; docker inspect -f "{{.Id}}" one').split('\n')[1];
  expect(sh('docker top one').err).toBe(`Error response from daemon: container ${id} is not running\n`);
});

describe('docker inspect and templates', () => {
  const { sh, out } = engineHost();
  out('docker run -d --name one -e A=1 -v vol:/data:ro notes:1 sleep 100');

  test.each([
    ['{{.State.Status}}', 'running'],
    ['{{json .Config.Cmd}}', '["sleep","100"]'],
    ['{{index .Config.Env 1}}', 'A=1'],
    ['{{join .Config.Cmd "-"}}', 'sleep-100'],
    ['{{range .Mounts}}{{.Type}} {{.Destination}} {{.RW}};{{end}}', 'volume /data false;'],
    ['{{if .State.Running}}up{{else}}down{{end}}', 'up'],
    ['{{len .Mounts}}', '1'],
    ['{{.Config.Entrypoint}}', '[]'],
    ['{{range $i, $v := .Config.Cmd}}{{$i}}={{$v}} {{end}}', '0=sleep 1=100 '],
    [
      '{{range $k, $v := .State}}{{if eq $k "Running" "Paused"}}{{$k}}:{{$v}} {{end}}{{end}}',
      'Paused:false Running:true ',
    ],
    ['{{(index .Mounts 0).Destination}}', '/data'],
    ['{{with .State}}{{.Status}} of {{$.Name}}{{end}}', 'running of /one'],
    ['{{with .NetworkSettings.Ports}}some{{else}}none{{end}}', 'none'],
    ['{{$name := .Name}}{{range .Config.Cmd}}{{$name}} {{.}};{{end}}', '/one sleep;/one 100;'],
    ['{{if .State.Paused}}a{{else if .State.Running}}b{{else}}c{{end}}', 'b'],
    ['{{if and .State.Running (not .State.Paused)}}yes{{end}}', 'yes'],
    ['{{(split .Name "/")|len}} {{.Name | upper | lower}}', '2 /one'],
    ['{{range .HostConfig.Links}}x{{else}}none{{end}}', 'none'],
    ['{{range .Config.Cmd}}{{.}}{{"\\n"}}{{end}}', 'sleep\n100\n'],
    [String.raw`a\n{{"\x41\u00e9\101"}}`, String.raw`a\nAéA`],
    ['{{range .Config.Cmd}}{{if eq . "100"}}{{break}}{{end}}{{.}}{{end}}', 'sleep'],
    ['{{define "x"}}[{{.}}]{{end}}{{template "x" .Name}} {{ge 2 1}} {{print 1 2}}', '[/one] true 1 2'],
  ])('%s', (template, wanted) => {
    expect(out(`docker inspect -f '${template}' one`)).toBe(`${wanted}\n`);
  });

  test('what is not there', () => {
    expect(sh('docker inspect nope')).toEqual({
      out: '[]\n',
      err: 'Error: No such object: nope\n',
      status: 1,
    });
    expect(sh('docker inspect --type volume one').err).toBe(
      'Error response from daemon: get one: no such volume\n',
    );
    expect(sh("docker inspect -f '{{.Nope}}' one").status).toBe(1);
    expect(sh("docker inspect -f '{{index .Config.Cmd 9}}' one")).toEqual({
      out: '\n',
      err: 'template parsing error: template: :1:2: executing "" at <index .Config.Cmd 9>: error calling index: index out of range: 9\n',
      status: 1,
    });
    // What has no end in itself, or is deeper than the stack, is a mistake of the template.
    const parens = (count: number) => `{{${'('.repeat(count)}1${')'.repeat(count)}}}`;
    for (const endless of [
      '{{define "x"}}{{template "x"}}{{end}}{{template "x"}}',
      '{{range 1000000000}}x{{end}}',
      '{{range 10000000}}{{range 1000}}xxxxxxxxxx{{end}}{{end}}',
      '{{pad "x" 1000000000 1000000000}}',
      parens(20_000),
      `${'{{if 1}}'.repeat(9000)}${'{{end}}'.repeat(9000)}`,
    ])
      expect(sh(`docker inspect -f '${endless}' one`).err).toMatch(/^template parsing error: /);
    expect(out(`docker inspect -f '${parens(300)}{{printf "%2000000d" 1}}' one`)).toBe(
      '1%!(NOVERB)%!(EXTRA int=1)\n',
    );
    // A list's format has its line feeds before it is a template.
    expect(sh(`docker ps --format '{{.Names}}{{"\\n"}}'`)).toEqual({
      out: '',
      err: 'template parsing error: template: :1: unterminated quoted string\n',
      status: 1,
    });
  });

  test('history and images', () => {
    expect(out('docker history notes:1').split('\n')[0]).toEqual(
      expect.stringMatching(/^IMAGE {10}CREATED {6,}CREATED BY {3,}SIZE {6,}COMMENT$/),
    );
    expect(out('docker images').split('\n')[0]).toMatch(
      /^REPOSITORY {3}TAG {7}IMAGE ID {7}CREATED {6,}SIZE$/,
    );
  });
});

test('DOCKER_HOST and -H say which daemon is asked, each client for itself', () => {
  const { sh, out } = engineHost();
  out('docker create --name here base >/dev/null; ln -s /run/docker.sock /tmp/d.sock');
  const names = "ps -aq --format '{{.Names}}'";
  expect(out(`docker -H unix:///tmp/d.sock ${names}; DOCKER_HOST=unix:// docker ${names}`)).toMatch(
    /^(.+)\n\1\n$/,
  );
  const gone = (where: string) => ({
    out: '',
    err: `Cannot connect to the Docker daemon at ${where}. Is the docker daemon running?\n`,
    status: 1,
  });
  expect(sh('DOCKER_HOST=unix:///nowhere docker ps')).toEqual(gone('unix:///nowhere'));
  expect(sh('docker -H unix:///nowhere info').out).toMatch(/^Client:\n( .*\n)+\nServer:\n$/);
  expect(sh('DOCKER_HOST=unix:///nowhere docker -H unix:///tmp/d.sock ps').status).toBe(0);
  // While one waits for its own daemon, another speaks to none.
  const lines = out(
    'docker events --until=-3s -f event=start >/tmp/seen & docker -H unix:///nowhere ps 2>&1; docker start here; wait; wc -l </tmp/seen',
  );
  expect(lines).toBe(`${gone('unix:///nowhere').err}here\n1\n`);
});

describe('wrong use', () => {
  const { sh } = engineHost();
  const unknown = (what: string) =>
    `docker: unknown command: docker ${what}\n\nRun 'docker --help' for more information\n`;

  test.each(['bogus', 'compose'])('docker %s', (name) => {
    expect(sh(`docker ${name}`)).toEqual({ out: '', err: unknown(name), status: 1 });
  });

  test('a user outside of the group docker is kept out', () => {
    const { err, status } = sh('docker ps', 'nobody');
    expect(status).not.toBe(0);
    expect(err).toContain('permission denied while trying to connect to the Docker daemon socket');
  });
});

test('Tab offers exactly the commands that answer --help', () => {
  const { sh } = engineHost();
  const names = [...dockerCompletion.subcommands!].flatMap(([name, spec]) =>
    spec.subcommands === undefined ? [name] : [...spec.subcommands.keys()].map((sub) => `${name} ${sub}`),
  );
  const script = names.map((name) => `docker ${name} --help | head -n 1`).join('\n');
  const heads = sh(script).out.trim().split('\n');
  expect(heads).toHaveLength(names.length);
  expect(heads.filter((line) => !line.startsWith('Usage:  docker '))).toEqual([]);
  for (const same of ['run', 'exec', 'ls', 'rm', 'inspect', 'prune', 'logs', 'top', 'cp', 'diff', 'commit'])
    expect(names).toContain(`container ${same}`);
});

describe('what a flag has to do with HostConfig', () => {
  const { out } = engineHost();
  const made = (flags: string) => out(`docker create ${flags} base:latest true`).trim();
  const hostConfig = (flags: string) => out(`docker inspect -f '{{json .HostConfig}}' ${made(flags)}`);

  // With --init=false it is made anew from all flags.
  test.each([
    ['-a=stdout'],
    ['--cidfile=/tmp/one', '--cidfile=/tmp/two'],
    ['--entrypoint=sh'],
    ['-e=A=1'],
    ['-h=name'],
    ['-i'],
    ['-l=a=b'],
    ['--name=n1', '--name=n2'],
    ['--platform=linux/amd64'],
    ['--pull=never'],
    ['-q'],
    ['-t'],
    ['-u=5'],
    ['-w=/tmp'],
  ])('nothing: %s', (flag, again = flag) => {
    expect(hostConfig(flag)).toBe(hostConfig(`${again} --init=false`));
  });

  const before = hostConfig('');

  test.each([
    ['--memory 32m', '33554432'],
    ['--cap-add NET_ADMIN', 'NET_ADMIN'],
    ['--tmpfs /t', '"/t"'],
    ['-v /tmp:/x', '/tmp:/x'],
    ['--ulimit nofile=99', '99'],
    ['--add-host a:1.2.3.4', 'a:1.2.3.4'],
    ['--read-only', '"ReadonlyRootfs":true'],
    ['--log-opt max-size=1m', 'max-size'],
  ])('%s, which the next container has not', (flag, wanted) => {
    expect(hostConfig(flag)).toContain(wanted);
    expect(hostConfig('')).toBe(before);
  });
});
