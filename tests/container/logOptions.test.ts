/** --log-opt, and log-driver and log-opts of daemon.json: files that give way to new ones, what each line carries, and what is refused. */
import { expect, test } from 'vitest';
import { engineHost } from '../support/engineHost.ts';
import '../../src/shell/commands/utilities.ts';

const { sh, out, read } = engineHost();
const id = (name: string) => `$(docker inspect -f '{{.Id}}' ${name})`;
const files = (name: string) =>
  out(`cd /var/lib/docker/containers/${id(name)}; for f in *.log*; do echo "\${f#*-} $(wc -l <$f)"; done`);

test('max-size and max-file: FILE, FILE.1, FILE.2, and docker logs across them', () => {
  // A line takes 75 to 76 bytes: fourteen of them until a file has a thousand.
  const count = "sh -c 'i=1; while [ $i -le 45 ]; do echo $i; i=$((i+1)); done'";
  out(`docker run --name turn --log-opt max-size=1k --log-opt max-file=3 notes:1 ${count}`);
  expect(files('turn')).toBe('json.log 3\njson.log.1 14\njson.log.2 14\n');
  const kept = Array.from({ length: 31 }, (_, i) => `${i + 15}\n`).join('');
  expect(out('docker logs turn')).toBe(kept);
  expect(out('docker logs -n 8 turn')).toBe(kept.slice(-24));
  expect(out('docker logs --tail 8 turn | head -1; docker start -a turn | wc -l')).toBe('38\n45\n');
  expect(out('docker logs turn | tail -1; docker logs turn | wc -l')).toMatch(/^45\n(2[6-9]|3\d)\n$/);
  expect(
    out(
      "docker inspect -f '{{json .HostConfig.LogConfig}}' turn; docker rm turn; ls /var/lib/docker/containers",
    ),
  ).toBe('{"Type":"json-file","Config":{"max-file":"3","max-size":"1k"}}\nturn\n');
});

test('one file alone begins anew, and who follows misses nothing', () => {
  const slowly = "sh -c 'i=1; while [ $i -le 60 ]; do echo $i; i=$((i+1)); sleep 0.05; done'";
  out(`docker run -d --name one --log-opt max-size=1000 notes:1 ${slowly}`);
  out(`docker run -d --name two --log-opt max-size=0.5kB --log-opt max-file=2 notes:1 ${slowly}`);
  const all = Array.from({ length: 60 }, (_, i) => `${i + 1}\n`).join('');
  expect(out('docker logs -f one >/tmp/one & docker logs -f two >/tmp/two; wait; cat /tmp/one')).toBe(all);
  expect(out('cat /tmp/two')).toBe(all);
  expect(files('one')).toBe('json.log 4\n');
  expect(out('docker logs one | head -1; docker rm one two')).toBe('57\none\ntwo\n');
});

test('a log that somebody else has made shorter or written to goes on being read', () => {
  const slowly = "sh -c 'for i in 1 2 3 4 5 6; do echo ä$i; sleep 1; done'";
  out(`docker run -d --name cut --log-opt max-size=1m --log-opt max-file=9000000000 notes:1 ${slowly}`);
  const log = `/var/lib/docker/containers/${id('cut')}/*-json.log`;
  out(
    `docker logs -f cut >/tmp/cut & sleep 2.5; : >${log}; sleep 2; echo garbage >>${log}; echo null >>${log}; wait`,
  );
  expect(out('cat /tmp/cut')).toBe('ä1\nä2\nä3\nä4\nä5\nä6\n');
  expect(out('docker logs cut; docker rm cut')).toBe('ä4\nä5\nä6\ncut\n');
});

test('labels, env and tag are in each line, and shown by --details', () => {
  out(
    "docker run --name said -l app=shop -l other=1 -e MODE='a b' -e X=1 --log-opt labels=app,none --log-opt env=MODE --log-opt tag='{{.Name}}/{{.ID}}' notes:1 echo hi",
  );
  const short = out(`echo ${id('said')} | cut -c 1-12`).trim();
  expect(out(`jq -c '[.log, .attrs]' /var/lib/docker/containers/${id('said')}/*-json.log`)).toBe(
    `["hi\\n",{"MODE":"a b","app":"shop","tag":"said/${short}"}]\n`,
  );
  expect(out('docker logs --details said')).toBe(`MODE=a+b,app=shop,tag=said%2F${short} hi\n`);
  expect(out('docker logs said; docker rm said')).toBe('hi\nsaid\n');
});

test.each([
  ['--log-opt foo=1', "unknown log opt 'foo' for json-file log driver"],
  ['--log-opt mode=fast', 'logger: logging mode not supported: fast'],
  [
    '--log-opt max-buffer-size=4m',
    "logger: max-buffer-size option is only supported with 'mode=non-blocking'",
  ],
  ['--log-opt env-regex=^X', 'the log option env-regex=^X is not simulated'],
  ['--log-opt compress=true', 'the log option compress=true is not simulated'],
])('%s is refused at the creation', (option, why) => {
  expect(sh(`docker create ${option} notes:1`)).toMatchObject({
    err: `Error response from daemon: ${why}\n`,
    status: 1,
  });
});

test.each([
  ['max-size=x', "invalid size: 'x'"],
  ['max-size=1q', "invalid suffix: 'q'"],
  ['max-size=0', 'max-size must be a positive number'],
  ['max-file=0', 'max-file cannot be less than 1'],
  ['max-file=99999999999999999999', 'strconv.Atoi: parsing "99999999999999999999": value out of range'],
  ['max-file=two', 'strconv.Atoi: parsing "two": invalid syntax'],
  ['compress=perhaps', 'strconv.ParseBool: parsing "perhaps": invalid syntax'],
  [
    'tag={{.Foo}}',
    'template: log-tag:1:2: executing "log-tag" at <.Foo>: can\'t evaluate field Foo in type *logger.Info',
  ],
  [
    'tag={{.valueOf}}',
    'template: log-tag:1:2: executing "log-tag" at <.valueOf>: can\'t evaluate field valueOf in type *logger.Info',
  ],
])('%s is refused at the start', (option, why) => {
  const { err, status } = sh(`docker run --name bad --log-opt '${option}' notes:1 true`);
  expect(err).toContain(
    `Error response from daemon: failed to create task for container: failed to initialize logging driver: ${why}\n`,
  );
  expect(status).toBe(125);
  expect(out("docker inspect -f '{{.State.Status}}' bad; docker rm bad")).toBe('created\nbad\n');
});

test('attributes may be longer than what a connection takes at once', () => {
  const label = 'ä'.repeat(90_000);
  out(`docker run --name wide --log-opt labels=wide --label wide=${label} notes:1 echo line`);
  const log = out(`ls /var/lib/docker/containers/${id('wide')}/*.log`).trim();
  expect(JSON.parse(read(log)!)).toMatchObject({ log: 'line\n', attrs: { wide: label } });
});

test('the driver none has no options', () => {
  expect(sh('docker create --log-driver none --log-opt tag=x notes:1').err).toContain(
    'invalid logging opts for driver none\n',
  );
});

test('daemon.json says what all have that ask for nothing else', () => {
  const daemon = (text: string) => out(`mkdir -p /etc/docker; echo '${text}' >/etc/docker/daemon.json`);
  const config = (options: string) =>
    out(
      `docker create --name c1 ${options} notes:1 >/dev/null; docker inspect -f '{{json .HostConfig.LogConfig}}' c1; docker rm c1`,
    );
  daemon('{"log-opts": {"max-size": "10m", "max-file": "3"}}');
  expect(config('--log-opt max-file=5')).toBe(
    '{"Type":"json-file","Config":{"max-file":"5","max-size":"10m"}}\nc1\n',
  );
  expect(config('--log-driver none')).toBe('{"Type":"none","Config":{}}\nc1\n');
  daemon('{"log-driver": "none"}');
  expect(config('')).toBe('{"Type":"none","Config":{}}\nc1\n');
  expect(config('--log-driver json-file')).toBe('{"Type":"json-file","Config":{}}\nc1\n');
  expect(out("docker info -f '{{.LoggingDriver}}'")).toBe('none\n');
  for (const [text, why] of [
    ...[
      ['[]', 'array'],
      ['3', 'number'],
      ['"x"', 'string'],
    ].map(
      ([text, kind]) =>
        [
          text!,
          `unable to configure the Docker daemon with file /etc/docker/daemon.json: json: cannot unmarshal ${kind} into Go value of type map[string]interface {}`,
        ] as const,
    ),
    [
      '{"log-opts": {"max-file": 3}}',
      'unable to configure the Docker daemon with file /etc/docker/daemon.json: json: cannot unmarshal number into Go struct field Config.log-opts of type string',
    ],
    ['{"log-opts": {"max-sise": "3"}}', "unknown log opt 'max-sise' for json-file log driver"],
    ['{"log-driver": "papyrus"}', "logger: no log driver named 'papyrus' is registered"],
  ] as const) {
    daemon(text);
    expect(sh('docker create notes:1').err).toBe(`Error response from daemon: ${why}\n`);
  }
  out('rm /etc/docker/daemon.json');
});
