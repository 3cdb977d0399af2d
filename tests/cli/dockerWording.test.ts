/** How docker reads its flags and refuses what cannot be: the book's docker against the real client, both with the simulated daemon. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasTool } from '../support/diskTools.ts';
import { type EngineSocket, engineSocket } from '../support/engineSocket.ts';

let engine: EngineSocket;

const LINES = `
docker run -e
docker run -itZ base
docker run --rm=xx base
docker run --nam x base
docker run --cpus=-1 base
docker run --rm=false -v x:/y:zz base
docker run -v /:/: base
docker run -v a:b base
docker run --mount foo base
docker run --mount type=bind,target=/x base
docker run --mount type=tmpfs,target=/x,tmpfs-size=abc base
docker run --mount target=/x,readonly=maybe base
docker run --mount type=bind,target=/x,volume-nocopy base
docker run --restart on-failure:x base
docker run --restart always --rm base
docker run -e =x base
docker run --env-file /nosuch base
docker run --rm --entrypoint '' base
docker run --ulimit foo=1 base
docker run --security-opt foo base
docker run --pid foo base
docker run --health-cmd x --health-interval -1s base
docker run --dns x base
docker run --mac-address x base
docker run --network-alias x base
docker run --network back --network bridge base
docker run --expose x base
docker run --memory 4x base
docker run --memory 4Mega base
docker run --memory -1 base
docker run --memory 1.2.3m base
docker run --shm-size -1 base
docker update --memory x web
docker run --add-host foo:1.2.3.400 base
docker run --add-host foo: base
docker run --add-host a:b:1.2.3.4 base
docker run --rm --add-host a:::1 --add-host b:[fe80::2] base true
docker run --rm --add-host foo=10.0.0.1 base true
docker run --dns 1.2.3.400 base
docker port web 81
docker port web 81/tcp
docker exec --env-file /none web true
docker stop -t 0 nosuch once
docker inspect nosuch
docker help foo bar
docker help frob
docker run --device /dev/null:rel base
docker run --sysctl kernel.hostname=x base
docker run -a foo base
docker run -d -a stdout base
docker run --pull foo base
docker run --pull never nosuch
docker run --rm --oom-kill-disable base true
docker run --rm --oom-kill-disable=false base true
DOCKER_HOST=tcp://a:1 docker context ls
DOCKER_HOST=tcp://a:1 docker context list --format json
DOCKER_HOST=tcp://a:1 docker context ls --format '{{.Name}} {{.Current}} {{.Error}}|{{.DockerEndpoint}}'
DOCKER_HOST=tcp://a:1 docker context ls --format '{{.Foo}}'
DOCKER_HOST=tcp://a:1 docker context ls -q
docker context ls x
docker context show
docker context show x
docker context foo
docker cp /nodir/nofile web:/
docker cp /nofile web:/
docker cp web:/etc /nodir/x
docker cp nosuch:/etc /nodir/x
docker run -v a:b:c:d base
docker run -v a:/b:c:d base
docker create -v a:b:c:d base
docker run -v /a:/b:ro:z:d base
docker run -v aa:/b:ro:z base
docker run -v aa::/b base
docker run -v a::b base
docker run --platform foo base
docker run --platform foo/bar/baz/x base
docker run --platform 'a b' base
docker run --platform 'linux/a b' base
docker create --platform foo base
docker network ls --format json
docker network ls --format '{{.CreatedAt}} {{.Labels}}'
docker rm -l web
docker rm -l web/alias
docker rm -lf nosuch
DOCKER_HOST=tcp://127.0.0.1:9 docker ps
docker -H tcp://127.0.0.1:9 ps
docker -H unix:///tmp/none.sock ps
docker --host=unix:///tmp/none.sock stop a b
docker -Htcp:// logs a
docker -H=tcp://127.0.0.1 exec a b
docker -H 127.0.0.1:9/x run base
docker -H http://x ps
docker -H npipe://x ps
docker -H tcp://127.0.0.1:9 -H unix:///x ps
docker -H tcp://127.0.0.1:9 pull a
docker -H
docker --host
docker run --platform linux/arm64 --pull never base
docker create --pid foo base
docker stop -t abc web
docker ps -n abc
docker ps -q=false --format '{{.Names}}'
docker inspect -s -f '{{.SizeRw}}' web
docker inspect --type foo web
docker history -H=false notes:1
docker version -f '{{.Server.Os}} {{.Server.APIVersion}}'
docker info -f '{{.Driver}} {{.NCPU}}'
docker image prune -f --filter foo=1
docker image prune -af --filter label=nosuch
docker system prune -f --volumes --filter until=1h
docker system prune -f --filter label=nosuch
docker network rm -f nosuch
docker network create --subnet 10.9.0.0/24 --gateway 10.8.0.1 x
docker network frob
docker volume frob
docker container ls --foo
docker port web foo
docker rename once web
docker tag base BAD
docker commit web BAD
docker save -o /nosuch/x base
docker --foo
docker -x
docker inspect -f '{{.State.Foo.Bar}}' web
docker inspect -f '{{.Name}} {{.NoSuch}}' web once
docker inspect -f 'x{{end}}' web once
docker inspect -f '{{.Config.Labels.nosuch}} {{.State.Health}} {{/* c */}}' web
docker inspect -f '{{.Id | printf "%.12s"}} {{slice .Id 0 5}} {{truncate .Id 3}} {{title .Path}}{{pad .Path 1 2}}|' web
docker inspect -f '{{.HostConfig.PortBindings}} {{.Mounts}} {{.NetworkSettings.Ports}}' web
docker ps --format '{{.Names}} {{.Label "x"}} {{.Size}}'
docker ps --format 'table {{.Names}}\\t{{.Label "x"}}'
docker ps --format 'table {{.Foo}}'
docker images --format '{{.Foo}}'
docker images --format '{{json .}}'
docker volume ls --format '{{.Name}} {{.Label "tier"}}'
docker network ls --format '{{.Foo}}'
docker info -f '{{.Foo}}'
docker events --since 1h --until 0s -f type=container -f event=create --format '{{.Action}} {{.Actor.Attributes.nosuch}}'
`
  .split('\n')
  .filter((line) => line !== '');

describe.skipIf(!hasTool('docker'))('in the words of the docker client', () => {
  beforeAll(async () => {
    engine = await engineSocket();
    await engine.real(
      'docker network create back; docker volume create --label tier=gold vol; docker run -d --name web -l x=y -p 8080:80 -v vol:/v base sleep 1000; docker run --name once base true',
    );
  }, 30_000);

  afterAll(() => engine?.close());

  test.each(LINES)('%s', async (line) => {
    const [real, own] = await Promise.all([engine.real(line), engine.simulated(line)]);
    expect(own).toEqual(real);
  });
});
