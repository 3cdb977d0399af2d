/**
 * The real podman, as a client of the simulated daemon, where it is installed. Always with --remote: without it podman would run containers on
 * this machine.
 */
import '../../src/container/libpod/index.ts';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasTool } from '../support/diskTools.ts';
import { type EngineSocket, engineSocket } from '../support/engineSocket.ts';

let engine: EngineSocket;

const CLIENT =
  'podman() { command podman --remote --url "$DOCKER_HOST" "$@"; }; export REGISTRY_AUTH_FILE=auth.json';

/** Command lines in the test's own folder; ids and times do not count. */
async function run(lines: string) {
  const { text, status } = await engine.real(`cd ${engine.folder}; ${CLIENT}; ${lines}`);
  return { text: text.replace(/\b[0-9a-f]{64}\b/g, 'ID').replace(/\b[0-9a-f]{12}\b/g, 'SHORT'), status };
}

describe.skipIf(!hasTool('podman'))('podman --remote', () => {
  beforeAll(async () => {
    engine = await engineSocket();
    writeFileSync(join(engine.folder, 'auth.json'), '{}');
    writeFileSync(join(engine.folder, 'sent'), 'from outside\n');
    writeFileSync(
      join(engine.folder, 'Containerfile'),
      'FROM base\nCOPY sent /sent\nRUN echo built >>/sent\nCMD cat /sent\n',
    );
  });

  afterAll(() => engine.close());

  test.each<[string, string, string, number?]>([
    [
      'runs, and has the program’s output and status',
      "podman run --rm base sh -c 'echo out; echo err >&2; exit 3'",
      'out\nerr\n',
      3,
    ],
    ['gives it standard input', 'echo in | podman run --rm -i base cat', 'in\n'],
    ['lets it run', 'podman run -d --name web --label a=b -p 8080:80 base sleep 1000', 'ID\n'],
    [
      'lists',
      "podman ps --format '{{.Names}} {{.Image}} {{.Command}} {{.Ports}} {{.Labels}}'",
      'web docker.io/library/base:latest sleep 1000 0.0.0.0:8080->80/tcp map[a:b]\n',
    ],
    ['executes', "podman exec web sh -c 'echo in exec; exit 4'", 'in exec\n', 4],
    ['executes with input', 'echo x | podman exec -i web cat', 'x\n'],
    [
      'says what somebody has printed',
      'podman run --name said base echo said; podman logs said; podman logs --tail 0 said',
      'said\nsaid\n',
    ],
    ['starts again and attaches', 'podman start -a said; podman wait said', 'said\n0\n'],
    [
      'inspects',
      "podman inspect -f '{{.Name}} {{.State.Status}} {{.Config.Cmd}} {{.HostConfig.PortBindings}}' web",
      'web running [sleep 1000] map[80/tcp:[{ 8080}]]\n',
    ],
    ['tells what runs', 'podman top web | tail -1 | tr -s " " | cut -d" " -f1,8-', 'root sleep 1000\n'],
    [
      'pauses',
      "podman pause web; podman ps --format '{{.Status}}'; podman unpause web",
      'web\nPaused\nweb\n',
    ],
    [
      'stops and restarts',
      'podman stop -t 0 web; podman start web; podman restart -t 0 web; podman kill web; podman start web',
      'web\nweb\nweb\nweb\nweb\n',
    ],
    ['renames', 'podman rename web www; podman port www; podman rename www web', '80/tcp -> 0.0.0.0:8080\n'],
    [
      'copies in and out',
      'podman cp sent web:/srv/; podman exec web cat /srv/sent; podman cp web:/srv/sent back; cat back; podman diff web',
      'from outside\nfrom outside\nC /srv\nA /srv/sent\n',
    ],
    ['counts', "podman stats --no-stream --format '{{.Name}} {{.PIDS}}' web", 'web 1\n'],
    [
      'commits',
      'podman commit -q web snap:1; podman run --rm snap:1 cat /srv/sent; podman rmi snap:1',
      'ID\nfrom outside\nUntagged: snap:1\nDeleted: ID\n',
    ],
    [
      'lists images',
      "podman images --format '{{.Repository}}:{{.Tag}}' | sort",
      'docker.io/library/base:latest\ndocker.io/library/notes:1\n',
    ],
    [
      'names them',
      'podman tag base other:2; podman image exists other:2; echo $?; podman rmi other:2; podman image exists other:2; echo $?',
      '0\nUntagged: other:2\n1\n',
    ],
    [
      'saves and loads them',
      'podman save -q -o saved.tar notes:1; podman rmi notes:1 >/dev/null; podman load -q -i saved.tar; podman run --rm notes:1',
      'Loaded image: notes:1\nthe page\n',
    ],
    ['builds', 'podman build -q -t made . ; podman run --rm made', 'ID\nfrom outside\nbuilt\n'],
    [
      'keeps volumes',
      'podman volume create vol; podman run --rm -v vol:/d base sh -c "echo kept >/d/f"; podman run --rm -v vol:/d:ro base cat /d/f; podman volume ls -q; podman volume rm vol',
      'vol\nkept\nvol\nvol\n',
    ],
    [
      'makes networks',
      "podman network create net; podman run -d --network net --name one base sleep 9 >/dev/null; podman run --rm --network net base ping -c1 one | grep -c ' 0% packet loss'; podman rm -f -t 0 one; podman network rm net",
      'net\n1\none\nnet\n',
    ],
    [
      'tells what happens',
      "podman events --stream=false --since 1h --filter container=web --format '{{.Status}}' | sort -u | tr '\\n' ' '",
      'commit create died exec kill pause rename restart start stop unpause ',
    ],
    [
      'removes',
      'podman rm web; podman rm -f web; podman rm said; podman ps -aq',
      'Error: cannot remove container web as it is running - running or paused containers cannot be removed without force: container state improper\nweb\nsaid\n',
    ],
  ])('%s', async (_, lines, text, status = 0) => {
    expect(await run(lines)).toEqual({ text, status });
  });

  test.skipIf(!hasTool('script'))('a terminal is of the size that the client’s is', async () => {
    const terminal = (line: string, keys: string) =>
      run(`printf '${keys}' | script -qec "stty rows 33 cols 99; $(declare -f podman); ${line}" /dev/null`);
    const ran = await terminal('podman run --rm -it base sh', 'stty size\\nexit 6\\n');
    expect(ran.text).toContain('\r33 99\r\n');
    expect(ran.status).toBe(6);
    await run('podman run -d --name shell base sleep 100');
    expect((await terminal('podman exec -it shell sh', 'stty size\\nexit 3\\n')).text).toContain('33 99');
    await run('podman rm -f -t 0 shell');
  });

  test('knows whom it speaks with', async () => {
    const { text } = await run(
      'podman info; podman version --format "{{.Server.APIVersion}}"; podman system df',
    );
    expect(text).toContain('  hostname: bluebox\n');
    expect(text).toMatch(/^4\.3\.1$/m);
    expect(text).toMatch(/^Images +\d/m);
  });

  test.each([
    ['podman run --rm --secret x base true', 'secrets is not simulated on this host'],
    ['podman run --rm --pod new:p base true', 'POST /libpod/pods/create is not simulated on this host'],
    ['podman run --rm --userns keep-id base true', 'a user namespace of the mode keep-id is not simulated'],
    ['podman exec nosuch true', 'no container with name or ID "nosuch" found: no such container'],
    ['podman run nosuch', 'lookup registry-1.docker.io'],
  ])('%s is refused by name', async (line, words) => {
    const { text, status } = await run(line);
    expect(text).toContain(words);
    expect(status).toBe(125);
  });
});
