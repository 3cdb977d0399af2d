/** docker build --check: BuildKit's linter alone, printed as buildx 0.20 prints it. */
import { expect, test } from 'vitest';
import { engineHost } from '../../support/engineHost.ts';
import '../../../src/shell/commands/utilities.ts';

const { sh, out } = engineHost();
out('mkdir /ctx; echo x >/ctx/file');

function check(dockerfile: string, options = '') {
  out(`cat >/ctx/Dockerfile <<'END-OF-FILE'\n${dockerfile}\nEND-OF-FILE`);
  return sh(`docker build --check ${options} /ctx`);
}

const rules = (dockerfile: string, options = '') =>
  [...check(dockerfile, options).out.matchAll(/^WARNING: (\w+) - \S+\n(.*)$/gm)].map(
    ([, rule, message]) => `${rule}: ${message}`,
  );

test('nothing strange: a word and status 0, and no image', () => {
  const before = out('docker images -aq; docker builder du -q 2>/dev/null; true');
  const { out: text, err, status } = check('FROM notes:1\nCOPY file .\nRUN exit 1');
  expect([text, status]).toEqual(['Check complete, no warnings found.\n', 0]);
  expect(err.replace(/ \d\.\d+s/g, ' Ts')).toBe(`#0 building with "default" instance using docker driver

#1 [internal] load build definition from Dockerfile
#1 transferring dockerfile: 36B done
#1 DONE Ts

#2 [internal] load metadata for docker.io/library/notes:1
#2 DONE Ts

#3 [internal] load .dockerignore
#3 transferring context: 2B done
#3 DONE Ts

`);
  expect(out('docker images -aq; docker builder du -q 2>/dev/null; true')).toBe(before);
});

test('each warning with its page and its place, in the order of the file', () => {
  const { out: text, status } = check(
    'FROM notes:1 AS Build\nWORKDIR app\n\n# comment\nCMD echo \\\n  hello\n\nLABEL a b',
  );
  expect(status).toBe(1);
  expect(text).toBe(`Check complete, 4 warnings have been found!

WARNING: StageNameCasing - https://docs.docker.com/go/dockerfile/rule/stage-name-casing/
Stage name 'Build' should be lowercase
Dockerfile:1
--------------------
   1 | >>> FROM notes:1 AS Build
   2 |     WORKDIR app
   3 |     
--------------------

WARNING: WorkdirRelativePath - https://docs.docker.com/go/dockerfile/rule/workdir-relative-path/
Relative workdir "app" can have unexpected results if the base image changes
Dockerfile:2
--------------------
   1 |     FROM notes:1 AS Build
   2 | >>> WORKDIR app
   3 |     
   4 |     # comment
--------------------

WARNING: JSONArgsRecommended - https://docs.docker.com/go/dockerfile/rule/json-args-recommended/
JSON arguments recommended for CMD to prevent unintended behavior related to OS signals
Dockerfile:5
--------------------
   4 |     # comment
   5 | >>> CMD echo \\
   6 | >>>   hello
   7 |     
--------------------

WARNING: LegacyKeyValueFormat - https://docs.docker.com/go/dockerfile/rule/legacy-key-value-format/
"LABEL key=value" should be used instead of legacy "LABEL key value" format
Dockerfile:8
--------------------
   6 |       hello
   7 |     
   8 | >>> LABEL a b
   9 |     
--------------------
`);
});

test('rules about platforms and default values', () => {
  expect(
    rules(
      'ARG TAG\nARG NAME=notes\nFROM --platform=$TARGETPLATFORM notes:1 AS a\nFROM --platform=linux/amd64 notes:1 AS b\nFROM --platform=linux/amd64 notes:1 AS linux-c\nFROM --platform=$BUILDPLATFORM ${NAME}:1 AS d\nFROM notes:$TAG',
      '--build-arg TAG=1',
    ),
  ).toEqual([
    'RedundantTargetPlatform: Setting platform to predefined $TARGETPLATFORM in FROM is redundant as this is the default behavior',
    'FromPlatformFlagConstDisallowed: FROM --platform flag should not use constant value "linux/amd64"',
    'InvalidDefaultArgInFrom: Default value for ARG notes:$TAG results in empty or invalid base image name',
  ]);
});

test('the directive and the argument in its place say what is left out', () => {
  const text = 'FROM notes:1 AS Build\nCMD sh';
  expect(rules(text).map((line) => line.split(':')[0])).toEqual(['StageNameCasing', 'JSONArgsRecommended']);
  expect(rules(`# check=skip=StageNameCasing\n${text}`)).toHaveLength(1);
  expect(rules(text, '--build-arg BUILDKIT_DOCKERFILE_CHECK=skip=JSONArgsRecommended')).toHaveLength(1);
  expect(rules(text, '--build-arg BUILDKIT_DOCKERFILE_CHECK=skip=all')).toEqual([]);
});

test('what cannot be built is told after what was found before it', () => {
  const { out: text, err, status } = check('FROM notes:1 AS Build\nFROM nosuch:1');
  expect(status).toBe(1);
  expect(text).toMatch(
    /^Check complete, 1 warning has been found!\n\nWARNING: StageNameCasing [\s\S]*-\n\n$/,
  );
  expect(err).toMatch(
    /\nERROR: .*nosuch.*\nDockerfile:2\n-{20}\n {3}1 \| {5}FROM notes:1 AS Build\n {3}2 \| >>> FROM nosuch:1\n/,
  );
  const broken = check('FROM notes:1\nRUM x');
  expect([broken.out, broken.status]).toEqual(['', 1]);
  expect(broken.err).toContain('\nERROR: dockerfile parse error on line 2: ');
  expect(sh('DOCKER_BUILDKIT=0 docker build --check /ctx')).toMatchObject({ status: 125 });
});
