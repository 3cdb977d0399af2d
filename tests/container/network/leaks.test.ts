import { expect, test } from 'vitest';
import { Random } from '../../../src/base/index.ts';
import { dockerWorld } from '../../support/dockerWorld.ts';

const SEEDS = ['one', 'two'];
const NAMES = ['c1', 'c2', 'c3', 'c4'];
const NETWORKS = ['n1', 'n2', 'n3'];

/** A command that may well be refused: what is there is not asked before. */
function command(random: Random): string {
  const one = <T>(list: readonly T[]): T => list[random.below(list.length)]!;
  const container = one(NAMES);
  const network = one(NETWORKS);
  const flags = one([
    '',
    `--network ${network}`,
    `--network ${network} -p 8080:80 -p 53:53/udp`,
    '-p 8080-8082:80 --rm',
    '--network host',
    '--network none -P --expose 7',
    `--network container:${one(NAMES)}`,
    `--network ${network} --network ${one(NETWORKS)} --network-alias svc`,
  ]);
  return one([
    `docker run -d --name ${container} ${flags} base:1 sleep ${one([1, 9999])}`,
    `docker run -d --name ${container} ${flags} base:1 sleep 9999`,
    `docker run -d --name ${container} ${flags} base:1 nonesuch`,
    `docker rm -f ${container}`,
    `docker kill ${container}`,
    `docker restart -t 0 ${container}`,
    `docker start ${container}`,
    `docker rename ${container} ${one(NAMES)}`,
    `docker network create ${one(['', '--internal', '--subnet 10.3.0.0/28'])} ${network}`,
    `docker network rm ${network}`,
    `docker network connect ${network} ${container}`,
    `docker network disconnect ${one(['bridge', network])} ${container}`,
    'docker network prune -f',
  ]);
}

test.each(SEEDS)('nothing leaks, whatever is done in whatever order (seed %s)', (seed) => {
  const { sh } = dockerWorld(seed);
  const state = () =>
    sh(
      'box',
      `iptables-save | grep '^-A'; ip -br link | cut -d' ' -f1; ip route; ss -tulnH; ls /run/docker/netns; ps -e | grep -c proxy; docker network ls`,
    );
  sh('box', 'docker run --rm base:1 true');
  const before = state();
  const random = Random.fromSeed(`leaks/${seed}`);
  const commands = Array.from({ length: 40 }, () => command(random));
  const ran = sh('box', `for i in 1; do\n${commands.join('\n')}\ndone >/tmp/log 2>&1; grep -c . /tmp/log`);
  expect(Number(ran.split('\n')[0]), commands.join('\n')).toBeGreaterThan(20);
  sh('box', 'docker rm -f $(docker ps -aq); docker network prune -f');
  expect(state(), commands.join('\n')).toBe(before);
});
