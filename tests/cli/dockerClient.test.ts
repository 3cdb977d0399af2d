/**
 * The real docker client against the simulated daemon where it is installed; and the book's own docker command beside it: the same command
 * line to the same daemon prints the same and ends the same.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasTool } from '../support/diskTools.ts';
import { type EngineSocket, engineSocket } from '../support/engineSocket.ts';

let engine: EngineSocket;
const docker = (line: string) => engine.real(`docker ${line}`);

/** Times that pass between the two, and the columns that they widen. */
const timeless = (text: string): string =>
  text
    // The real client shows labels in the order of Go's maps, which is another each time.
    .replace(/"Labels":"([^"]*)"/g, (_, labels: string) => `"Labels":"${labels.split(',').sort().join(',')}"`)
    .replace(/Less than a second|About a minute|\d+ (second|minute)s?/g, 'A while')
    .replace(/(A while( ago)?|CREATED|STATUS) +/g, '$1 ');

const LINES = `
docker ps
docker ps -a
docker ps -aq
docker ps -a --no-trunc
docker ps -a --format json
docker ps -a --format '{{.ID}} {{.Names}} {{.Image}} {{.Command}} {{.Ports}} {{.Mounts}} {{.Labels}} {{.Networks}}'
docker ps -n 1
docker ps -s
docker ps --filter name=we
docker ps -a -f status=exited
docker ps -a -f label=x -f exited=3
docker ps -f status=foo
docker ps -f foo=bar
docker ps x
docker ps --foo
docker images
docker images -q
docker images --no-trunc
docker images --digests
docker image ls notes
docker history notes:1
docker history --no-trunc notes:1
docker inspect web
docker inspect -f '{{.State.Status}} {{.HostConfig.Memory}} {{json .Config.Env}}' web
docker inspect notes:1
docker inspect nosuch
docker container inspect nosuch
docker logs web
docker logs --tail 1 web
docker logs once
docker logs nosuch
docker logs
docker top web
docker top web -o pid,args
docker port web
docker port web 80
docker port web 80 90
docker diff web
docker volume ls
docker volume inspect vol
docker volume inspect nosuch
docker volume rm data
docker volume ls --format json
docker volume ls -f label=tier -f dangling=true
docker volume ls -f foo=bar
docker volume create x
docker volume create -d nfs other
docker volume create -o foo=bar other
docker volume create --name one two
docker volume rm -f nosuch
docker volume prune -f --filter label=nosuch
docker network ls
docker network inspect back
docker network inspect bridge
docker network rm bridge
docker network rm nosuch
docker network connect nosuch web
docker exec web sh -c 'echo hi; echo no >&2; exit 4'
docker exec web nope
docker exec web
docker exec once ls
docker exec nosuch ls
docker wait once
docker wait
docker start nosuch
docker stop nosuch
docker kill once
docker pause once
docker unpause web
docker restart nosuch
docker attach once
docker attach
docker rename once
docker update -m 1m web
docker update --cpuset-cpus 9 web
docker update --cpuset-cpus 0-1 --cpuset-mems 0 web
docker create --cpuset-cpus 0,7 notes:1
docker create --cpuset-cpus x notes:1
docker create --log-opt foo=bar notes:1
docker create --log-driver none --log-opt tag=x notes:1
docker logs --details web
docker rm web
docker rm nosuch
docker rmi base
docker rmi nosuch
docker rmi -f nosuch
docker tag nosuch x
docker commit nosuch
docker cp web:/nofile .
docker run
docker run --name web base true
docker run --rm base nope
docker run --rm base /etc
docker run --rm base sh -c 'echo out; exit 9'
docker run --rm -v relative/path:/x base true
docker run --rm -p 99999:80 base true
docker run --rm -p 80/foo base true
docker run --rm --network nosuch base true
docker run --rm -w relative base true
docker run --rm -u nosuch base true
docker create --name 'bad name' base
docker system df
docker frobnicate
`
  .split('\n')
  .filter((line) => line !== '');

describe.skipIf(!hasTool('docker'))('the docker client', () => {
  beforeAll(async () => {
    engine = await engineSocket();
    const loop = 'echo out; echo err >&2; while :; do sleep 3600; done';
    await docker(`run -d --name web -p 8080:80 -v data:/data -e A=b -l x=y base sh -c '${loop}'`);
    expect(await docker("run --name once notes:1 sh -c 'echo done; exit 3'")).toEqual({
      text: 'done\n',
      status: 3,
    });
    await docker('network create back');
    await docker('volume create --label tier=gold --label seen vol');
  }, 30_000);

  afterAll(() => engine?.close());

  test.each(LINES)('%s', async (line) => {
    const [real, own] = await Promise.all([engine.real(line), engine.simulated(line)]);
    expect(timeless(own.text)).toBe(timeless(real.text));
    expect(own.status).toBe(real.status);
  });

  test('version and info: the client agrees on a version, and shows all there is', async () => {
    const { text, status } = await docker('version');
    expect(status).toBe(0);
    expect(text).toContain('Server: Virtbook engine\n Engine:\n  Version:          28.0.0\n');
    expect(text).toContain('  API version:      1.48 (minimum version 1.24)\n');
    const server = (info: string) => info.slice(info.indexOf('\nServer:'));
    expect(server((await docker('info')).text)).toBe(server((await engine.simulated('docker info')).text));
  });

  test('standard input reaches the program, however early it comes, and its end does too', async () => {
    expect(await engine.real("printf 'a\\nb\\n' | docker run --rm -i base cat")).toEqual({
      text: 'a\nb\n',
      status: 0,
    });
    expect(await engine.real('seq 1 20000 | docker run --rm -i base wc -l')).toEqual({
      text: '20000\n',
      status: 0,
    });
    const late = "sh -c 'yes | head -c 300000; wc -c'";
    for (const how of ['run --rm -i base', 'exec -i web'])
      expect(await engine.real(`head -c 400000 /dev/zero | docker ${how} ${late} | tail -c 7`)).toEqual({
        text: '400000\n',
        status: 0,
      });
    expect(await engine.real('echo in | docker exec -i web cat')).toEqual({ text: 'in\n', status: 0 });
  });

  test('a signal to the client goes to the program, and the status is the program’s', async () => {
    const program = "trap 'echo stopped; exit 5' TERM; echo ready; while :; do sleep 0.1; done";
    const line = `docker run --rm base sh -c "${program}" >out & sleep 2; kill -TERM $!; wait $!; echo $?; cat out; rm out`;
    expect(await engine.real(`cd ${engine.folder}; ${line}`)).toEqual({
      text: '5\nready\nstopped\n',
      status: 0,
    });
  });

  test.skipIf(!hasTool('script'))(
    'a terminal is of the size that the client’s is, and takes keys',
    async () => {
      const terminal = (line: string, keys = '') =>
        engine.real(`printf '${keys}' | script -qec "stty rows 33 cols 99; ${line}" /dev/null`);
      const run = await terminal('docker run --rm -it base sh', 'stty size\\necho $((6 * 7))\\nexit 6\\n');
      expect(run.text).toMatch(/33 99\r\n[\s\S]*42\r\n/);
      expect(run.status).toBe(6);
      expect((await terminal("docker exec -t web sh -c 'stty size'")).text).toContain('33 99');
    },
  );

  test('logs -f and events come while they happen', async () => {
    const said = await engine.real(
      "docker run -d --name chatty base sh -c 'for i in 1 2 3; do echo $i; sleep 0.3; done' >/dev/null; docker logs -f chatty; docker rm chatty",
    );
    expect(said).toEqual({ text: '1\n2\n3\nchatty\n', status: 0 });
    const events = await docker(
      "events --since 1h --until $(date +%s.%N) -f container=chatty --format '{{.Action}}'",
    );
    expect(events.text).toBe('create\nstart\ndie\ndestroy\n');
  });

  test('cp goes both ways, and to standard output as an archive', async () => {
    const file = join(engine.folder, 'sent');
    writeFileSync(file, 'from outside\n');
    const lines = `docker cp sent web:/srv/; docker exec web cat /srv/sent; docker cp web:/srv/sent back; docker cp web:/srv/sent - | tar tf -; docker diff web`;
    const { text, status } = await engine.real(`cd ${engine.folder}; ${lines}`);
    expect(status).toBe(0);
    expect(text).toMatch(/^from outside\n(.*\n)*sent\n(.*\n)*C \/srv\nA \/srv\/sent\n$/);
    expect(readFileSync(join(engine.folder, 'back'), 'utf8')).toBe('from outside\n');
  });

  test('an image is saved, removed and loaded, and is the same', async () => {
    const id = (await docker('images -q --no-trunc notes:1')).text;
    const { text, status } = await engine.real(
      `cd ${engine.folder}; docker save -o notes.tar notes:1 && docker rm once >/dev/null && docker rmi notes:1 >/dev/null && docker load -qi notes.tar && docker run --rm notes:1`,
    );
    expect([text, status]).toEqual(['Loaded image: notes:1\nthe page\n', 0]);
    expect((await docker('images -q --no-trunc notes:1')).text).toBe(id);
  });

  test('the older builder builds', async () => {
    writeFileSync(
      join(engine.folder, 'Dockerfile'),
      'FROM base\nCOPY sent /sent\nRUN echo built >>/sent\nCMD cat /sent\n',
    );
    const { text, status } = await engine.real(
      `cd ${engine.folder}; docker build -q -t made . >/dev/null 2>&1 && docker run --rm made`,
      { DOCKER_BUILDKIT: '0' },
    );
    expect([text, status]).toEqual(['from outside\nbuilt\n', 0]);
  });

  test('what is not simulated is refused by name', async () => {
    expect((await docker('run --rm --gpus all base true')).text).toContain('GPUs are not simulated');
    expect((await docker('swarm init')).text).toContain('page not found');
  });
});
