import { expect, test } from 'vitest';
import { dockerWorld } from '../../support/dockerWorld.ts';

const idle = (name: string, flags: string) => `docker run -d --name ${name} ${flags} base:1 sleep 9999`;
const refusal = (text: string) => `Error response from daemon: ${text}\n`;

const refusing = dockerWorld('refusing');

test('networks are made, listed, shown and removed', () => {
  const { sh } = dockerWorld();
  const id = sh(
    'box',
    'docker network create --label team=blue --opt com.docker.network.driver.mtu=1400 n1',
  ).trim();
  expect(id).toMatch(/^[0-9a-f]{64}$/);
  expect(sh('box', 'docker network ls --format "{{.Name}} {{.Driver}} {{.Scope}}"')).toBe(
    'bridge bridge local\nhost host local\nn1 bridge local\nnone null local\n',
  );
  expect(sh('box', 'docker network ls -q -f label=team=blue')).toBe(`${id.slice(0, 12)}\n`);
  expect(sh('box', 'docker network ls -f type=custom --format "{{.Name}}"')).toBe('n1\n');
  const [shown] = JSON.parse(sh('box', 'docker network inspect n1')) as Record<string, unknown>[];
  expect(shown).toMatchObject({
    ...{ Name: 'n1', Id: id, Scope: 'local', Driver: 'bridge', EnableIPv6: false, Internal: false },
    IPAM: { Driver: 'default', Options: {}, Config: [{ Subnet: '172.18.0.0/16', Gateway: '172.18.0.1' }] },
    ...{ Attachable: false, Ingress: false, ConfigFrom: { Network: '' }, ConfigOnly: false, Containers: {} },
    ...{ Options: { 'com.docker.network.driver.mtu': '1400' }, Labels: { team: 'blue' } },
  });
  expect(sh('box', `ip link show br-${id.slice(0, 12)}`)).toContain('mtu 1400');
  expect(sh('box', 'docker network create n1')).toBe(
    `${refusal('network with name n1 already exists')}[1]\n`,
  );
  sh('box', idle('s1', '--network n1'));
  expect(sh('box', 'docker exec s1 ip link show eth0')).toContain('mtu 1400');
  expect(sh('box', 'docker network rm n1')).toBe(
    `${refusal(`error while removing network: network n1 id ${id} has active endpoints`)}exit status 1\n[1]\n`,
  );
  sh('box', 'docker rm -f s1');
  expect(sh('box', 'docker network rm n1')).toBe('n1\n');
  expect(sh('box', 'docker network inspect n1')).toBe(`[]\n${refusal('network n1 not found')}[1]\n`);
  expect(sh('box', 'docker network rm bridge')).toContain(
    'bridge is a pre-defined network and cannot be removed',
  );
  expect(sh('box', 'iptables-save | grep -c br-; ip -br link | grep -c br-')).toBe('0\n0\n[1]\n');
});

test.each([
  ['network create --ipv6 n1', '--ipv6 is not simulated'],
  ['network create --ipam-driver x n1', '--ipam-driver is not simulated'],
  ['network create -d macvlan n1', 'the network driver macvlan is not simulated'],
  ['network create -d bogus n1', 'could not find plugin bogus in v1 plugin registry: plugin not found'],
  ['network create -d host n1', 'only one instance of "host" network is allowed'],
  ['network create --attachable n1', 'an attachable network is not simulated'],
  ['network create -o com.docker.network.bridge.enable_icc=false n1', 'enable_icc=false is not simulated'],
  ['network create -o a=b n1', 'the option a is not simulated'],
  ['network create bridge', 'operation is not permitted on predefined bridge network'],
  ['network connect --link a n1 x', '--link is not simulated'],
  ['run --ip6 ::1 base:1', '--ip6 is not simulated'],
])('docker %s is refused', (words, text) => {
  expect(refusing.sh('box', `docker ${words}`)).toContain(text);
});

test('subnets: chosen, overlapping, exhausted, and addresses in them', () => {
  const { sh } = dockerWorld();
  const create = (flags: string, name: string) => sh('box', `docker network create ${flags} ${name}`);
  create('--subnet 10.1.0.0/29 --gateway 10.1.0.6 --aux-address printer=10.1.0.1', 'small');
  expect(create('--subnet 10.1.0.0/16', 'over')).toBe(
    `${refusal('invalid pool request: Pool overlaps with other one on this address space')}[1]\n`,
  );
  expect(create('--subnet 10.2.0.1/16', 'bad')).toContain(
    'invalid subnet 10.2.0.1/16: it should be 10.2.0.0/16',
  );
  expect(create('--subnet 10.2.0.0/16 --gateway 10.3.0.1', 'bad')).toContain(
    'no matching subnet for gateway 10.3.0.1',
  );
  expect(create('--gateway 10.3.0.1', 'bad')).toContain(
    'every ip-range or gateway must have a corresponding subnet',
  );
  const address = (name: string) =>
    sh('box', `docker inspect -f '{{.NetworkSettings.Networks.small.IPAddress}}' ${name}`).trim();
  sh('box', idle('aa', '--network small'));
  sh('box', idle('bb', '--network small --ip 10.1.0.5 --mac-address 02:00:00:00:00:99'));
  expect([address('aa'), address('bb')]).toEqual(['10.1.0.2', '10.1.0.5']);
  expect(sh('box', 'docker exec bb ip link show eth0')).toContain('link/ether 02:00:00:00:00:99');
  expect(sh('box', 'docker exec aa ip route')).toContain('default via 10.1.0.6');
  expect(sh('box', idle('cc', '--network small --ip 10.1.0.5'))).toContain('Address already in use');
  expect(sh('box', idle('dd', '--network small --ip 10.9.0.5'))).toContain(
    'no configured subnet or ip-range contain the IP address 10.9.0.5',
  );
  expect(sh('box', idle('ee', '--ip 172.17.0.9'))).toContain(
    'user specified IP address is supported on user defined networks only',
  );
  sh('box', `${idle('ff', '--network small')}; ${idle('gg', '--network small')}`);
  expect(sh('box', idle('hh', '--network small'))).toContain(
    "no available IPv4 addresses on this network's address pools: small",
  );
  // What the host is on already is not given out.
  sh('box', 'ip link add dum type dummy; ip addr add 172.18.5.1/24 dev dum; ip link set dum up');
  create('', 'next');
  expect(sh('box', "docker network inspect -f '{{json .IPAM.Config}}' next")).toContain('172.19.0.0/16');
});

test('networks are apart from each other; an internal one has no way out', () => {
  const { sh } = dockerWorld();
  sh('box', 'docker network create n1; docker network create n2; docker network create --internal in');
  sh(
    'box',
    [idle('one', '--network n1'), idle('two', '--network n2'), idle('three', '--network in')].join(';'),
  );
  sh('box', `${idle('four', '--network in')}; ${idle('five', '')}`);
  const ip = (name: string) =>
    sh('box', `docker inspect -f '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' ${name}`).trim();
  const reaches = (from: string, to: string) =>
    sh('box', `docker exec ${from} ping -c 1 -W 1 ${to}`).includes(' 0% packet loss');
  expect(reaches('one', ip('two'))).toBe(false);
  expect(reaches('two', ip('one'))).toBe(false);
  expect(reaches('five', ip('one'))).toBe(false);
  expect(reaches('one', ip('five'))).toBe(false);
  expect(reaches('one', '192.0.2.2')).toBe(true);
  expect(reaches('three', ip('four'))).toBe(true);
  expect(reaches('three', '192.0.2.2')).toBe(false);
  expect(sh('box', 'docker exec three ip route')).not.toContain('default');
  sh(
    'box',
    'docker exec three ip route add default via $(docker network inspect -f "{{(index .IPAM.Config 0).Gateway}}" in)',
  );
  expect(reaches('three', '192.0.2.2')).toBe(false);
  // Who is in two networks reaches both.
  sh('box', 'docker network connect n2 one');
  expect(reaches('one', ip('two'))).toBe(true);
});

test('containers come and go by connect and disconnect, their default route with them', () => {
  const { sh } = dockerWorld();
  sh(
    'box',
    `docker network create n1; docker network create --subnet 10.5.0.0/24 n2; ${idle('cli', '--network n1')}`,
  );
  expect(sh('box', 'docker network connect --ip 10.5.0.9 --alias self n2 cli')).toBe('');
  expect(sh('box', 'docker exec cli ip -br addr')).toMatch(
    /eth0.* 172\.18\.0\.2\/16[\s\S]*eth1.* 10\.5\.0\.9\/24/,
  );
  expect(sh('box', 'docker exec cli ip route')).toContain('default via 172.18.0.1 dev eth0');
  expect(sh('box', 'docker exec cli tail -n 2 /etc/hosts')).toMatch(
    /^172\.18\.0\.2\t\w+\n10\.5\.0\.9\t\w+\n$/,
  );
  expect(sh('box', 'docker network connect n2 cli')).toBe(
    `${refusal('endpoint with name cli already exists in network n2')}[1]\n`,
  );
  sh('box', 'docker network disconnect n1 cli');
  expect(sh('box', 'docker exec cli ip route')).toContain('default via 10.5.0.1 dev eth1');
  expect(sh('box', "docker network inspect -f '{{len .Containers}}' n1 n2")).toBe('0\n1\n');
  expect(sh('box', 'docker network disconnect n1 cli')).toMatch(
    /container \w{64} is not connected to network n1/,
  );
  // A container that is not running is connected at its next start.
  sh('box', 'docker stop -t 1 cli; docker network connect n1 cli; docker start cli');
  expect(sh('box', 'docker exec cli ip -br addr')).toContain('172.18.0.2/16');
  expect(sh('box', 'docker exec cli ip -br addr')).toContain('10.5.0.9/24');
  sh('box', 'docker rm -f cli');
  expect(sh('box', 'docker network prune -f')).toBe('Deleted Networks:\nn1\nn2\n\n');
});

test('modes none, host and container', () => {
  const { sh } = dockerWorld();
  sh('box', [idle('alone', '--network none'), idle('here', '--network host'), idle('web', '')].join(';'));
  sh('box', idle('side', '--network container:web'));
  expect(sh('box', 'docker exec alone ip -br addr')).toMatch(/^lo +UNKNOWN +127\.0\.0\.1\/8\s*$/);
  expect(sh('box', 'docker exec here ip -br addr')).toMatch(/^docker0 /m);
  expect(sh('box', 'docker exec here hostname')).toBe('box\n');
  const space = (name: string) => sh('box', `docker exec ${name} readlink /proc/self/ns/net`);
  expect(space('side')).toBe(space('web'));
  expect(space('side')).not.toBe(space('alone'));
  expect(sh('box', 'docker exec side hostname')).toBe(sh('box', 'docker exec web hostname'));
  expect(sh('box', 'docker exec side cat /etc/hosts')).toContain('172.17.0.2');
  expect(sh('box', idle('no', '--network container:web -p 80:80'))).toContain(
    'conflicting options: port publishing and the container type network mode',
  );
  expect(sh('box', 'docker network connect bridge here')).toContain(
    'container cannot be disconnected from host network or connected to host network',
  );
  sh('box', 'docker stop -t 1 side web');
  expect(sh('box', 'docker start side')).toContain(
    'cannot join network namespace of a non running container: container web is exited',
  );
  expect(sh('box', idle('early', '--network container:later'))).toContain(
    'failed to set up container networking: joining network namespace of container: No such container: later',
  );
  sh('box', `${idle('later', '')}; docker start early`);
  expect(space('early')).toBe(space('later'));
  expect(sh('box', idle('lost', '--network nowhere'))).toContain('network nowhere not found');
});

test('in the host’s network ss knows whose the host’s sockets are, but not which processes have them', () => {
  const { sh, world, advance } = dockerWorld();
  world.host('box').spawn({ argv: ['/bin/bash', '-c', 'nc -l 9999'], user: 'student' });
  advance(1);
  const ss = (words: string) => sh('box', `${words} | sed 's/:[^:]* <->/:N <->/'`).replace(/ +/g, ' ');
  const there = ss('ss -Htlnpe sport = :9999');
  const [, socket] = /(uid:1000 ino:[1-9]\d* sk:1)/.exec(there)!;
  expect(there).toContain('users:(("nc",pid=');
  expect(ss('docker run --rm --network host base:1 ss -Htlnpe sport = :9999')).toBe(
    `LISTEN 0 1 0.0.0.0:9999 0.0.0.0:* ${socket} cgroup:unreachable:N <->\n`,
  );
  expect(
    sh('box', `docker run --rm --network host base:1 sh -c 'nc -l 9998 & sleep 1; ss -Htlnpe sport = :9998'`),
  ).toMatch(/ users:\(\("nc",pid=\d+,fd=3\)\) ino:[1-9]\d* sk:2 cgroup:\/ <-> *$/m);
});
