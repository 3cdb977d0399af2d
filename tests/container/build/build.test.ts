/** docker build on a host of the world: steps, cache, stages, and images that are the same whenever they are built. */
import { beforeAll, expect, test } from 'vitest';
import { engineHost } from '../../support/engineHost.ts';

const { sh, out, read } = engineHost();

/** Writes a context below /ctx/NAME; the text of its Dockerfile is `dockerfile`. */
function context(name: string, dockerfile: string, files: Readonly<Record<string, string>> = {}): string {
  const dir = `/ctx/${name}`;
  const write = (path: string, text: string) =>
    `mkdir -p $(dirname ${dir}/${path}); cat >${dir}/${path} <<'END-OF-FILE'\n${text}END-OF-FILE\n`;
  out(`rm -rf ${dir}; mkdir -p ${dir}\n${write('Dockerfile', dockerfile)}`);
  for (const [path, text] of Object.entries(files)) out(write(path, text));
  return dir;
}

/** Steps of a build's progress with what became of them. */
function steps(err: string): string[] {
  const blocks = err
    .split('\n\n')
    .filter((block) => /^#\d+ \[(\S+ )?\d/.test(block) && !block.includes('] FROM '));
  return blocks.map((block) => {
    const [, title = ''] = /^#\d+ (?:\[.*?\] )?(.*)/.exec(block) ?? [];
    return `${title}${/ CACHED$/m.test(block) ? ' (cached)' : ''}`;
  });
}

function build(arguments_: string): { id: string; steps: string[]; err: string } {
  const { err, status } = sh(`docker build --iidfile /tmp/iid ${arguments_}`);
  expect(status, err).toBe(0);
  return { id: read('/tmp/iid') ?? '', steps: steps(err), err };
}

const inspected = (name: string) =>
  JSON.parse(out(`docker inspect ${name}`))[0] as {
    Id: string;
    Config: Record<string, unknown>;
    RootFS: { Layers: string[] };
  };

const app = `FROM base AS build
ARG VERSION=0.1
WORKDIR /app
COPY . .
RUN echo "built $VERSION" >out.txt && rm keep.log

FROM base
LABEL maintainer=me
ENV MODE=production GREETING="hello world"
COPY --from=build /app/out.txt /srv/
RUN mkdir /data && echo $GREETING >/data/x
USER 1000:1000
EXPOSE 8080
HEALTHCHECK --interval=5s CMD cat /srv/out.txt
ENTRYPOINT ["/bin/cat"]
CMD ["/srv/out.txt"]
`;

beforeAll(() => {
  context('app', app, { 'keep.log': 'log\n', 'src/main': 'one\n' });
});

test('an image of two stages runs, has what its instructions say, and not what only the first stage had', () => {
  const { id, steps: done } = build('-t demo:1 -t other/name:v2 /ctx/app');
  expect(done).toEqual([
    'WORKDIR /app',
    'COPY . .',
    'RUN echo "built 0.1" >out.txt && rm keep.log',
    'COPY --from=build /app/out.txt /srv/',
    'RUN mkdir /data && echo hello world >/data/x',
  ]);
  expect(out('docker run --rm demo:1')).toBe('built 0.1\n');
  expect(out('docker run --rm other/name:v2 /data/x')).toBe('hello world\n');
  expect(sh('docker run --rm demo:1 /app/src/main').status).not.toBe(0);
  const { Id, Config, RootFS } = inspected('demo:1');
  expect(Id).toBe(id);
  expect(RootFS.Layers.slice(0, -2)).toEqual(inspected('base').RootFS.Layers);
  expect(Config).toMatchObject({
    ...{ User: '1000:1000', Entrypoint: ['/bin/cat'], Cmd: ['/srv/out.txt'] },
    ...{ ExposedPorts: { '8080/tcp': {} }, Labels: { maintainer: 'me' } },
    Healthcheck: { Test: ['CMD-SHELL', 'cat /srv/out.txt'], Interval: 5e9 },
  });
  expect(Config.Env).toEqual(expect.arrayContaining(['MODE=production', 'GREETING=hello world']));
});

test('history names each instruction; what made no layer has no size', () => {
  const rows = out('docker history --no-trunc --format "{{.CreatedBy}}|{{.Size}}" demo:1').split('\n');
  expect(rows.slice(0, 9).map((row) => row.split('|')[0])).toEqual([
    'CMD ["/srv/out.txt"]',
    'ENTRYPOINT ["/bin/cat"]',
    'HEALTHCHECK {Test:[CMD-SHELL cat /srv/out.txt] Interval:5s Timeout:0s StartPeriod:0s StartInterval:0s Retries:0}',
    'EXPOSE map[8080/tcp:{}]',
    'USER 1000:1000',
    'RUN /bin/sh -c mkdir /data && echo $GREETING >/data/x # buildkit',
    'COPY /app/out.txt /srv/ # buildkit',
    'ENV MODE=production GREETING=hello world',
    'LABEL maintainer=me',
  ]);
  const sized = rows.slice(0, 9).map((row) => row.endsWith('|0B'));
  expect(sized).toEqual([true, true, true, true, true, false, false, true, true]);
});

test('the second build is all from the cache and gives the same image', () => {
  const { id, steps: done } = build('/ctx/app');
  expect(done.every((step) => step.endsWith('(cached)'))).toBe(true);
  expect(id).toBe(inspected('demo:1').Id);
});

test('without the cache every step runs again, and the image is the same to the last bit', () => {
  const { id, steps: done } = build('--no-cache /ctx/app');
  expect(done.some((step) => step.endsWith('(cached)'))).toBe(false);
  expect(id).toBe(inspected('demo:1').Id);
  const other = engineHost('another seed');
  other.out('mkdir -p /ctx/app/src; sleep 900');
  for (const file of ['Dockerfile', 'keep.log', 'src/main'])
    other.out(`cat >/ctx/app/${file} <<'END-OF-FILE'\n${read(`/ctx/app/${file}`)}END-OF-FILE\n`);
  expect(other.out('docker build -q /ctx/app')).toBe(`${id}\n`);
});

test('a file that was only touched changes nothing; one that changed makes its step and those after it anew', () => {
  out('sleep 5; touch /ctx/app/src/main');
  expect(build('/ctx/app').steps.every((step) => step.endsWith('(cached)'))).toBe(true);
  out('echo two >/ctx/app/src/main');
  expect(build('/ctx/app').steps).toEqual([
    'WORKDIR /app (cached)',
    'COPY . .',
    'RUN echo "built 0.1" >out.txt && rm keep.log',
    // The file that is taken from the first stage is the same as before.
    'COPY --from=build /app/out.txt /srv/ (cached)',
    'RUN mkdir /data && echo hello world >/data/x (cached)',
  ]);
});

test('an argument counts from where it is declared', () => {
  expect(build('--build-arg VERSION=0.2 -t demo:2 /ctx/app').steps).toEqual([
    'WORKDIR /app (cached)',
    'COPY . . (cached)',
    'RUN echo "built 0.2" >out.txt && rm keep.log',
    'COPY --from=build /app/out.txt /srv/',
    'RUN mkdir /data && echo hello world >/data/x',
  ]);
  expect(out('docker run --rm demo:2')).toBe('built 0.2\n');
});

test('the target alone is built, and nothing that it does not need', () => {
  const dir = context(
    'target',
    'FROM base AS a\nRUN echo a\nFROM base AS b\nRUN echo b\nFROM a\nRUN echo c\n',
  );
  expect(build(`--target b ${dir}`).steps).toEqual(['RUN echo b']);
  expect(build(dir).steps).toEqual(['RUN echo a', 'RUN echo c']);
  expect(sh(`docker build --target d ${dir}`).err).toContain(
    'ERROR: failed to solve: target stage "d" could not be found (did you mean a?)',
  );
});

test('a step that removes files makes whiteouts; layers below still have them', () => {
  build(
    `-t removed ${context('removed', 'FROM notes:1\nRUN rm -r /srv/old /data && mkdir /data && echo own >/data/own\n')}`,
  );
  expect(out('docker run --rm removed sh -c "ls /srv; ls /data"')).toBe('page\nown\n');
  expect(out('docker run --rm notes:1 cat /srv/old')).toBe('the old page\n');
});

test('a build that fails leaves no container, no mount and no image, and the steps before it are kept', () => {
  const images = out('docker images -q');
  const dir = context('fails', 'FROM base\nRUN echo first\nRUN echo out; echo err >&2; exit 7\n');
  const { err, status } = sh(`docker build ${dir}`);
  expect(status).toBe(1);
  expect(
    err,
  ).toContain(`ERROR: process "/bin/sh -c echo out; echo err >&2; exit 7" did not complete successfully: exit code: 7
------
 > [3/3] RUN echo out; echo err >&2; exit 7:
0.001 out
0.001 err
------
Dockerfile:3
--------------------
   1 |     FROM base
   2 |     RUN echo first
   3 | >>> RUN echo out; echo err >&2; exit 7
   4 |     
--------------------
ERROR: failed to solve: process "/bin/sh -c echo out; echo err >&2; exit 7" did not complete successfully: exit code: 7
`);
  expect(steps(sh(`docker build ${dir}`).err)[0]).toBe('RUN echo first (cached)');
  expect(out('docker ps -aq; mount | grep overlay2; ls /var/lib/docker/tmp || true')).toBe('');
  expect(out('docker images -q')).toBe(images);
});

test('SOURCE_DATE_EPOCH says when everything was made', () => {
  const dir = context('epoch', 'FROM scratch\nCOPY x /x\n', { x: 'x\n' });
  build(`-t epoch --build-arg SOURCE_DATE_EPOCH=86400 ${dir}`);
  expect(out('docker inspect -f "{{.Created}}" epoch')).toBe('1970-01-02T00:00:00Z\n');
});

test('DOCKER_BUILDKIT=0 asks for the words of the builder before, which builds every stage', () => {
  const dir = context(
    'classic',
    'ARG B=base\nFROM $B AS a\nRUN echo one; echo two >&2\nENV x=y\nFROM scratch\nCOPY Dockerfile /\n',
  );
  const { out: text, err } = sh(`DOCKER_BUILDKIT=0 docker build -t old:1 --build-arg C=1 ${dir}`);
  expect(err).toMatch(/^DEPRECATED: The legacy builder is deprecated/);
  const plain = text
    .replace(/(---> (?:Running in )?|container |built )[0-9a-f]{12}/g, '$1ID')
    .replace(/[\d.]+kB/, 'SIZE');
  expect(plain).toBe(`Sending build context to Docker daemon  SIZE
Step 1/6 : ARG B=base
Step 2/6 : FROM $B AS a
 ---> ID
Step 3/6 : RUN echo one; echo two >&2
 ---> Running in ID
one
\x1b[91mtwo
\x1b[0mRemoving intermediate container ID
 ---> ID
Step 4/6 : ENV x=y
 ---> ID
Step 5/6 : FROM scratch
 ---> 
Step 6/6 : COPY Dockerfile /
 ---> ID
[Warning] One or more build-args [C] were not consumed
Successfully built ID
Successfully tagged old:1
`);
  const failing = (name: string, text_: string) =>
    sh(`DOCKER_BUILDKIT=0 docker build ${context(name, text_)}`);
  expect(failing('exit', 'FROM base\nRUN exit 3\n')).toMatchObject({
    status: 3,
    err: expect.stringContaining("The command '/bin/sh -c exit 3' returned a non-zero code: 3\n"),
  });
  expect(failing('word', 'FROM base\nRUNN x\n').err).toContain(
    'Error response from daemon: dockerfile parse error on line 2: unknown instruction: RUNN (did you mean RUN?)\n',
  );
  expect(failing('missing', 'FROM base\nCOPY nope /x\n').err).toContain(
    'COPY failed: file not found in build context or excluded by .dockerignore: stat nope: file does not exist\n',
  );
});

test('the builder before took nothing from the cache once an instruction was another', () => {
  const steps = (mode: string) => {
    const dir = context('chain', `FROM base\nENV MODE=${mode}\nCOPY f /f\nLABEL a=b\nRUN cat /f\n`, {
      f: 'x\n',
    });
    return sh(`DOCKER_BUILDKIT=0 docker build ${dir}`).out.match(/Using cache/g)?.length ?? 0;
  };
  expect(['one', 'one', 'two', 'one', 'two'].map(steps)).toEqual([0, 2, 0, 2, 2]);
});

test('a request that is no build is refused before one begins', () => {
  const post = (query: string, body = '/ctx/app/Dockerfile') =>
    out(
      `curl -s --unix-socket /run/docker.sock -H 'Content-Type: application/x-tar' --data-binary @${body} 'http://d/build?${query}'`,
    );
  expect(post('')).toBe(
    '{"message":"the build context is no archive: the archive has no end: it was cut off"}\n',
  );
  out('tar -cf /tmp/empty.tar -C /ctx/app src');
  expect(post('', '/tmp/empty.tar')).toBe('{"message":"Cannot locate specified Dockerfile: Dockerfile"}\n');
  expect(post('buildargs=%7B', '/tmp/empty.tar')).toBe('{"message":"invalid JSON in buildargs"}\n');
  expect(post('memory=4096', '/tmp/empty.tar')).toBe(
    '{"message":"docker: --memory is not simulated on this host."}\n',
  );
  expect(post('t=A', '/tmp/empty.tar')).toContain('must be lowercase');
});

test('a client that goes takes its build with it', () => {
  const dir = context('slow', 'FROM base\nRUN sleep 500\n');
  out(`docker build -q ${dir} >/dev/null 2>&1 & sleep 3; docker ps -q >/tmp/before; kill $!; sleep 3`);
  expect(read('/tmp/before')).toMatch(/^[0-9a-f]{12}\n$/);
  expect(out('docker ps -aq; mount | grep overlay2; ls /var/lib/docker/tmp')).toBe('');
});

test('the cache is told by system df and goes with builder prune, but for what images have', () => {
  build('-t demo:1 /ctx/app');
  expect(out('docker buildx du')).toMatch(
    /^ID +RECLAIMABLE +SIZE +LAST ACCESSED\n([0-9a-z]{25}\*? +true +[\d.]+k?B +.* ago\n)+Shared:\t[\d.]+k?B\nPrivate:/,
  );
  out('docker rmi demo:2');
  const { steps: kept } = build('--build-arg VERSION=0.2 /ctx/app');
  expect(kept.every((step) => step.endsWith('(cached)'))).toBe(true);
  expect(out('docker builder prune -f')).toMatch(
    /^Deleted build cache objects:\n(?:[0-9a-z]{25}\n)+\nTotal reclaimed space: [\d.]+k?B\n$/,
  );
  expect(build('/ctx/app').steps.filter((step) => !step.endsWith('(cached)')).length).toBe(3);
  expect(out('docker builder prune -af --filter until=1h')).toBe('Total reclaimed space: 0B\n');
  expect(out('docker builder prune -af --keep-storage 1g')).toBe('Total reclaimed space: 0B\n');
  expect(out('docker builder prune -af')).toContain('Deleted build cache objects:');
  expect(out('docker builder prune -af')).toBe('Total reclaimed space: 0B\n');
  expect(out('docker run --rm demo:1')).toBe('built 0.1\n');
});
