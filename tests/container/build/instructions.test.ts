/** What COPY, ADD, RUN and the rest do to an image's files, by what a container of it then shows. */
import { beforeAll, expect, test } from 'vitest';
import { engineHost } from '../../support/engineHost.ts';

const { sh, out } = engineHost();

beforeAll(() => {
  out(`mkdir -p /ctx/dir/sub /ctx/.git; cd /ctx
echo a >a.txt; echo b >b.txt; echo c >dir/c; echo d >dir/sub/d; echo g >.git/g; echo '#' >c.md
chmod 700 dir/sub; chmod 640 a.txt; ln -s a.txt link; ln -s dir dirlink
tar -cf files.tar -C dir c sub; gzip -k files.tar; echo no archive >plain.tar`);
});

/** Builds `dockerfile` with /ctx and gives what `command` prints in a container of it. */
function shown(dockerfile: string, command: string, flags = ''): string {
  out(`cat >/ctx/Dockerfile <<'END-OF-FILE'\n${dockerfile}\nEND-OF-FILE`);
  const { err, status } = sh(`docker build ${flags} -t t /ctx`);
  expect(status, err).toBe(0);
  return out(`docker run --rm --entrypoint sh t -c '${command}'`);
}

function refused(dockerfile: string, flags = ''): string {
  out(`cat >/ctx/Dockerfile <<'END-OF-FILE'\n${dockerfile}\nEND-OF-FILE`);
  const { err, status } = sh(`docker build ${flags} /ctx`);
  expect(status).toBe(1);
  return err.trim().split('\n').at(-1) ?? '';
}

const find = 'find /x | sort';

const copies: readonly (readonly [string, string, string])[] = [
  ['COPY a.txt /x', 'cat /x', 'a\n'],
  ['COPY a.txt /x/', find, '/x\n/x/a.txt\n'],
  ['COPY a.txt b.txt /x/', find, '/x\n/x/a.txt\n/x/b.txt\n'],
  ['COPY dir /x', find, '/x\n/x/c\n/x/sub\n/x/sub/d\n'],
  ['COPY dir/ /x/y/', find, '/x\n/x/y\n/x/y/c\n/x/y/sub\n/x/y/sub/d\n'],
  ['COPY dir a.txt /x/', find, '/x\n/x/a.txt\n/x/c\n/x/sub\n/x/sub/d\n'],
  ['COPY *.txt /x/', find, '/x\n/x/a.txt\n/x/b.txt\n'],
  ['COPY [ab].t?t /x/', find, '/x\n/x/a.txt\n/x/b.txt\n'],
  ['COPY d*/s* /x/', find, '/x\n/x/d\n'],
  ['COPY link /x', 'cat /x; test -L /x || echo file', 'a\nfile\n'],
  ['COPY dirlink /x', find, '/x\n/x/c\n/x/sub\n/x/sub/d\n'],
  ['COPY ["a.txt", "/x y/"]', 'cat "/x y/a.txt"', 'a\n'],
  ['WORKDIR /x\nCOPY a.txt .', find, '/x\n/x/a.txt\n'],
  ['WORKDIR /x\nCOPY a.txt y/', find, '/x\n/x/y\n/x/y/a.txt\n'],
  ['COPY ../../a.txt /x', 'cat /x', 'a\n'],
  ['COPY --chown=ada:notes a.txt /x', 'stat -c "%u %g %a" /x', '1200 1400 640\n'],
  ['COPY --chown=5 dir /x', 'stat -c "%u %g" /x /x/sub/d', '5 5\n5 5\n'],
  ['COPY --chmod=755 a.txt /x/', 'stat -c %a /x/a.txt', '755\n'],
  ['COPY dir /x', 'stat -c "%a %u" /x/sub', '700 0\n'],
  ['COPY dir/sub /x', 'stat -c "%a %u" /x', '755 0\n'],
  ['COPY --chmod=711 dir /x', 'stat -c %a /x /x/c /x/sub', '755\n711\n711\n'],
  ['COPY --exclude=c --exclude=*/d dir /x', find, '/x\n/x/sub\n'],
  ['COPY --parents dir/sub/d /x/', find, '/x\n/x/dir\n/x/dir/sub\n/x/dir/sub/d\n'],
  ['COPY --link a.txt /x/', find, '/x\n/x/a.txt\n'],
  ['RUN mkdir /y && ln -s /y /x\nCOPY a.txt /x/', 'ls /y; test -L /x && echo link', 'a.txt\nlink\n'],
  ['COPY dir /x\nCOPY b.txt /x/c', 'cat /x/c', 'b\n'],
  ['ENV D=dir T=/x\nCOPY $D/c ${T}', 'cat /x', 'c\n'],
  ['COPY <<one <<"two" /x/\n$HOME$V\none\n$V\ntwo', 'cat /x/one /x/two', '\n$V\n'],
  ['ARG V=v\nCOPY <<-one /x\n\t"$V"\n\tone', 'cat /x; stat -c %a /x', '"v"\n644\n'],
  ['ADD files.tar /x', find, '/x\n/x/c\n/x/sub\n/x/sub/d\n'],
  ['ADD files.tar.gz /x/', find, '/x\n/x/c\n/x/sub\n/x/sub/d\n'],
  ['ADD plain.tar /x/', find, '/x\n/x/plain.tar\n'],
  ['ADD --unpack=false files.tar /x/', find, '/x\n/x/files.tar\n'],
  ['COPY files.tar /x/', find, '/x\n/x/files.tar\n'],
  ['COPY --from=base /etc/passwd /x', 'test -s /x && echo there', 'there\n'],
  ['COPY --from=notes:1 --chown=3:4 /home /x', 'stat -c "%u %g" /x/ada', '3 4\n'],
  ['COPY --from=notes:1 /home /x', 'stat -c "%u %g" /x/ada', '1200 1300\n'],
];

test.each(copies)('%s', (text, command, wanted) => {
  expect(shown(`FROM notes:1\n${text}`, command)).toBe(wanted);
});

const runs: readonly (readonly [string, string, string])[] = [
  ['RUN <<EOF\necho one >/x\necho "two $PATH" | grep -c two >>/x\nEOF', 'cat /x', 'one\n1\n'],
  ['RUN <<EOF\n#!/bin/cat\nhello\nEOF', 'echo ok', 'ok\n'],
  ['RUN cat <<EOF >/x\n$HOME\nEOF', 'cat /x', '/root\n'],
  ['RUN ["touch", "/x"]', 'ls /x', '/x\n'],
  ['SHELL ["/bin/sh", "-ec"]\nRUN false || echo went on >/x', 'cat /x', 'went on\n'],
  ['USER ada\nRUN id -u >/tmp/x', 'cat /tmp/x', '1200\n'],
  ['USER ada\nWORKDIR /x/y', 'stat -c "%u %g" /x /x/y', '1200 1300\n1200 1300\n'],
  ['WORKDIR /x\nWORKDIR y\nRUN pwd >z', 'cat /x/y/z', '/x/y\n'],
  ['ARG A=1\nENV B=$A C=${A:-2}\nARG A=3\nRUN echo $A $B $C >/x', 'cat /x; echo $A-$B', '3 1 1\n-1\n'],
  ['RUN --mount=type=cache,target=/c echo one >>/c/n && cat /c/n >/x', 'cat /x; ls -d /c', 'one\n'],
  ['RUN --mount=type=cache,target=/c echo two >>/c/n && cat /c/n >/x', 'cat /x', 'one\ntwo\n'],
  ['RUN --mount=type=tmpfs,target=/t echo x >/t/x && ls /t >/x', 'cat /x; ls /t', 'x\n'],
  ['RUN --mount=target=/in,source=dir cat /in/c >/x', 'cat /x; ls /in', 'c\n'],
  [
    'RUN --mount=target=/in,rw echo new >/in/a.txt && cat /in/a.txt >/x\nCOPY a.txt /y',
    'cat /x /y',
    'new\na\n',
  ],
  ['RUN --mount=from=notes:1,source=/srv,target=/in cat /in/page >/x', 'cat /x', 'the page\n'],
  ['RUN --network=none echo x >/x', 'cat /x', 'x\n'],
  ['RUN hostname >/x', 'cat /x', 'buildkitsandbox\n'],
];

test.each(runs)('%s', (text, command, wanted) => {
  // What is not there is told on standard error, which is not looked at.
  expect(shown(`FROM notes:1\n${text}`, `(${command}) 2>/dev/null || true`)).toBe(wanted);
});

test('a secret is there for its step, and in no layer', () => {
  out('echo hush >/tmp/key; rm -f /ctx/key');
  const text = 'FROM base\nRUN --mount=type=secret,id=key cat /run/secrets/key >/dev/null && echo used >/x';
  expect(shown(text, 'cat /x; ls /run/secrets 2>/dev/null || true', '--secret id=key,src=/tmp/key')).toBe(
    'used\n',
  );
  expect(
    shown(
      'FROM base\nRUN --mount=type=secret,id=key,env=KEY echo ${#KEY} >/x',
      'cat /x',
      '--secret id=key,src=/tmp/key',
    ),
  ).toBe('5\n');
  expect(sh('grep -rl hush /var/lib/docker').out).toBe('');
  expect(refused('FROM base\nRUN --mount=type=secret,id=none,required cat x')).toContain(
    'secret none: not found',
  );
});

test('triggers of a base run first, in the stage that has it', () => {
  shown('FROM base\nONBUILD COPY a.txt /x\nONBUILD RUN echo more >>/x\nRUN echo own', 'ls /');
  out('docker tag t trigger');
  expect(shown('FROM trigger\nRUN echo last >>/x', 'cat /x')).toBe('a\nmore\nlast\n');
  expect(JSON.parse(out('docker inspect -f "{{json .Config}}" t'))).toHaveProperty('OnBuild', null);
});

test('ENTRYPOINT takes the command of the base away, unless the stage has one', () => {
  const command = () => (JSON.parse(out('docker inspect -f "{{json .Config}}" t')) as { Cmd?: unknown }).Cmd;
  shown('FROM notes:1\nENTRYPOINT ["echo"]', 'true');
  expect(command()).toBeNull();
  shown('FROM notes:1\nCMD x\nENTRYPOINT ["echo"]', 'true');
  expect(command()).toEqual(['/bin/sh', '-c', 'x']);
});

test('arguments of the global scope, and those that are there by themselves', () => {
  const text =
    'ARG N=notes\nARG R=$N:1\nFROM $R\nARG N\nARG TARGETARCH\nRUN echo $N $TARGETARCH $TARGETOS >/x';
  expect(shown(text, 'cat /x')).toBe('notes amd64\n');
  expect(shown(text, 'cat /x', '--build-arg N=base --build-arg R=base')).toBe('base amd64\n');
  expect(shown('FROM base\nRUN echo $HTTP_PROXY >/x', 'cat /x', '--build-arg HTTP_PROXY=p:1')).toBe('p:1\n');
  expect(out('docker history --no-trunc t')).not.toContain('p:1');
});

test('.dockerignore leaves out, and the Dockerfile itself too when it says so', () => {
  out('printf "**\\n!dir\\n!*.txt\\nb.txt\\n" >/ctx/.dockerignore');
  expect(shown('FROM base\nCOPY . /x/', find)).toBe(
    '/x\n/x/a.txt\n/x/dir\n/x/dir/c\n/x/dir/sub\n/x/dir/sub/d\n',
  );
  out('printf "*.md\\n.git\\nfiles*\\n" >/ctx/.dockerignore');
  expect(shown('FROM base\nCOPY . /x/', 'ls -A /x')).toBe(
    '.dockerignore\nDockerfile\na.txt\nb.txt\ndir\ndirlink\nlink\nplain.tar\n',
  );
  expect(refused('FROM base\nCOPY c.md /')).toContain('"/c.md": not found');
  out('printf "/*\\n" >/ctx/Dockerfile.dockerignore');
  expect(shown('FROM base\nCOPY . /x/', find)).toBe('/x\n');
  out('rm /ctx/.dockerignore /ctx/Dockerfile.dockerignore');
});

test('a context from standard input: a Dockerfile alone, or an archive', () => {
  expect(
    out('echo "FROM base\nRUN echo x >/x" | docker build -q - | xargs -I{} docker run --rm {} cat /x'),
  ).toBe('x\n');
  out('printf "FROM base\nCOPY a.txt /x\n" >/ctx/Other');
  expect(out('tar -c -C /ctx . | docker build -q -f Other - | xargs -I{} docker run --rm {} cat /x')).toBe(
    'a\n',
  );
  expect(out('docker build -q -f - /ctx </ctx/Other | xargs -I{} docker run --rm {} cat /x')).toBe('a\n');
});

test('what cannot be is refused in words that say why', () => {
  const table: readonly (readonly [string, string])[] = [
    [
      'FROM nope',
      'ERROR: failed to solve: nope: failed to resolve source metadata for docker.io/library/nope:latest: ',
    ],
    ['FROM base\nCOPY --from=5 a b', 'ERROR: failed to solve: invalid stage index 5'],
    [
      'FROM base\nCOPY --from=$x a b',
      'ERROR: failed to solve: variable expansion is not supported for --from, define a new stage with FROM using ARG from global scope as a workaround',
    ],
    [
      'FROM base AS a\nCOPY --from=b a b\nFROM base AS b\nFROM a',
      'ERROR: failed to solve: cannot copy from stage "b", it needs to be defined before current stage "a"',
    ],
    ['FROM $x', 'ERROR: failed to solve: base name ($x) should not be blank'],
    [
      'FROM --platform=linux/arm64 base',
      'ERROR: failed to solve: FROM --platform=linux/arm64 is not simulated: images are linux/amd64',
    ],
    [
      'FROM base\nADD git@host:x z',
      'ERROR: failed to solve: ADD of the Git repository git@host:x is not simulated',
    ],
    [
      'FROM base\nADD --checksum=sha256:abc http://x/y z',
      'ERROR: failed to solve: invalid checksum digest length',
    ],
    [
      '# syntax=example.org/front:1\nFROM base',
      'ERROR: failed to solve: the front end example.org/front:1 of "# syntax=" is not simulated',
    ],
    ['FROM base\nCOPY http://x/y z', "ERROR: failed to solve: source can't be a URL for COPY"],
    [
      'FROM base\nCOPY --chmod=u+x a.txt z',
      "ERROR: failed to solve: invalid chmod parameter: 'u+x'. it should be octal string and between 0 and 07777",
    ],
    [
      'FROM base\nCOPY --chown=nobody9 a.txt z',
      'ERROR: failed to solve: unable to find user nobody9: no matching entries in passwd file',
    ],
    ['FROM base\nEXPOSE 80/xyz', 'ERROR: failed to solve: invalid proto: xyz'],
    ['FROM base\nSTOPSIGNAL SIGNOPE', 'ERROR: failed to solve: invalid signal: SIGNOPE'],
    ['FROM base\nRUN --mount=type=ssh x', 'ERROR: failed to solve: RUN --mount=type=ssh is not simulated'],
    [
      'FROM base\nRUN ["nope"]',
      'ERROR: failed to solve: process "nope" did not complete successfully: exit code: 1',
    ],
    [
      'FROM base\nENV a="${x:?must be given}"',
      'ERROR: failed to solve: failed to process "\\"${x:?must be given}\\"": x: must be given',
    ],
    ['FROM base\nCOPY a.txt /etc/passwd/x', 'ERROR: failed to solve: not a directory'],
  ];
  for (const [text, message] of table) expect(refused(text), text).toContain(message);
  expect(sh('docker build /none').err).toBe('ERROR: unable to prepare context: path "/none" not found\n');
  // Of /proc, what goes away while it is read is passed over; the first file that cannot be read is named.
  sh('mkdir /aside; echo FROM base > /aside/Dockerfile');
  expect(sh('docker build -q -f /aside/Dockerfile /').err).toMatch(
    /^ERROR: failed to solve: error from sender: read \/sys\/fs\/cgroup\/\S+: invalid argument\n$/,
  );
  expect(sh('docker build -f /ctx/None /ctx').err).toContain(
    'failed to read dockerfile: open None: no such file or directory',
  );
  expect(sh('docker build -t x -t Bad:1 --platform foo /nowhere').err).toBe(
    'ERROR: invalid tag "Bad:1": repository name must be lowercase\n',
  );
  expect(sh('docker build -t "a b" /ctx').err).toBe('ERROR: invalid tag "a b": invalid reference format\n');
  expect(sh('docker build --cache-to x /ctx').status).not.toBe(0);
});

test('a WORKDIR is relative when it is without its variables too, the first of a file alone', () => {
  const relative = (dockerfile: string) => {
    out(`cat >/ctx/Dockerfile <<'END-OF-FILE'\n${dockerfile}\nEND-OF-FILE`);
    return sh('docker build /ctx').err.match(/(?<=WorkdirRelativePath: Relative workdir ).*/g) ?? [];
  };
  const why = 'can have unexpected results if the base image changes';
  expect(relative('FROM base\nENV P=/app Q=srv\nWORKDIR $P\nWORKDIR $Q')).toEqual([]);
  expect(relative('FROM base\nENV Q=srv\nWORKDIR $Q')).toEqual([`"srv" ${why} (line 3)`]);
  expect(relative('FROM base AS a\nWORKDIR /x\nFROM a\nWORKDIR y')).toEqual([]);
  expect(relative('FROM base AS a\nWORKDIR /x\nFROM base\nWORKDIR y')).toEqual([`"y" ${why} (line 4)`]);
});

test('a failure shows the last lines again, each with its time', () => {
  const text = 'FROM base\nRUN echo before; sleep 1; seq 1 11; printf rest; exit 3';
  out(`cat >/ctx/Dockerfile <<'END-OF-FILE'\n${text}\nEND-OF-FILE`);
  const [, block = ''] =
    /\n------\n( > \[2\/2\] RUN [\s\S]*?)------\n/.exec(sh('docker build /ctx').err) ?? [];
  const lines = block.trimEnd().split('\n').slice(1);
  expect(lines.map((line) => line.replace(/^1\.\d{3} /, ''))).toEqual([
    ...['3', '4', '5', '6', '7', '8', '9', '10', '11', 'rest'],
  ]);
  expect(lines.every((line) => /^1\.\d{3} /.test(line))).toBe(true);
});

test('what is strange is told at the end, unless the file asks for silence', () => {
  const text = 'ARG A\nFROM base$B\nENV x=$HOEM y=$A z=$A\nCMD sh';
  const warnings = (dockerfile: string) => {
    out(`cat >/ctx/Dockerfile <<'END-OF-FILE'\n${dockerfile}\nEND-OF-FILE`);
    const { err } = sh('docker build /ctx');
    return err
      .slice(err.indexOf('DONE', err.indexOf('exporting')))
      .split('\n')
      .slice(1)
      .join('\n');
  };
  expect(warnings(text)).toBe(`

 4 warnings found (use docker --debug to expand):
 - UndefinedArgInFrom: FROM argument 'B' is not declared (did you mean A?) (line 2)
 - UndefinedVar: Usage of undefined variable '$HOEM' (line 3)
 - UndefinedVar: Usage of undefined variable '$A' (line 3)
 - JSONArgsRecommended: JSON arguments recommended for CMD to prevent unintended behavior related to OS signals (line 4)
`);
  expect(warnings(`# check=skip=all\n${text}`)).toBe('\n');
  expect(refused(`# check=error=true\n${text}`)).toBe(
    'ERROR: failed to solve: lint violation found for rules: UndefinedArgInFrom, UndefinedVar, JSONArgsRecommended',
  );
});
