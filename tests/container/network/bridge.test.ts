import { expect, test } from 'vitest';
import { dockerWorld } from '../../support/dockerWorld.ts';

const address = (name: string) => `$(docker inspect -f '{{.NetworkSettings.IPAddress}}' ${name})`;

test('the daemon makes docker0 and its rules before any container', () => {
  const { sh } = dockerWorld();
  expect(sh('box', 'ip -br addr show docker0')).toMatch(/^docker0 +DOWN +172\.17\.0\.1\/16/);
  expect(sh('box', 'cat /proc/sys/net/ipv4/ip_forward')).toBe('1\n');
  // A host that did not forward before passes nothing on but what rules let through.
  expect(sh('box', 'iptables -S')).toBe(`-P INPUT ACCEPT
-P FORWARD DROP
-P OUTPUT ACCEPT
-N DOCKER
-N DOCKER-BRIDGE
-N DOCKER-CT
-N DOCKER-FORWARD
-N DOCKER-ISOLATION-STAGE-1
-N DOCKER-ISOLATION-STAGE-2
-N DOCKER-USER
-A FORWARD -j DOCKER-USER
-A FORWARD -j DOCKER-FORWARD
-A DOCKER ! -i docker0 -o docker0 -j DROP
-A DOCKER-BRIDGE -o docker0 -j DOCKER
-A DOCKER-CT -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A DOCKER-FORWARD -j DOCKER-CT
-A DOCKER-FORWARD -j DOCKER-ISOLATION-STAGE-1
-A DOCKER-FORWARD -j DOCKER-BRIDGE
-A DOCKER-FORWARD -i docker0 -j ACCEPT
-A DOCKER-ISOLATION-STAGE-1 -i docker0 ! -o docker0 -j DOCKER-ISOLATION-STAGE-2
-A DOCKER-ISOLATION-STAGE-2 -o docker0 -j DROP
-A DOCKER-USER -j RETURN
`);
  expect(sh('box', 'iptables -t nat -S')).toBe(`-P PREROUTING ACCEPT
-P INPUT ACCEPT
-P OUTPUT ACCEPT
-P POSTROUTING ACCEPT
-N DOCKER
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER
-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
-A DOCKER -i docker0 -j RETURN
`);
});

test('a container has a namespace with an address, a default route and files that say so', () => {
  const { sh } = dockerWorld();
  sh('box', 'docker run -d --name web base:1 sleep 1000');
  expect(sh('box', 'docker exec web ip -br addr')).toMatch(/^eth0@if4 +UP +172\.17\.0\.2\/16/m);
  expect(sh('box', 'docker exec web ip -br addr')).toMatch(/^lo +UNKNOWN +127\.0\.0\.1\/8/m);
  expect(sh('box', 'docker exec web ip route')).toContain('default via 172.17.0.1 dev eth0');
  expect(sh('box', 'docker exec web ip link show eth0')).toContain('link/ether 02:42:ac:11:00:02');
  expect(sh('box', `echo ${address('web')}`)).toBe('172.17.0.2\n');
  expect(sh('box', 'docker exec web sh -c "tail -n 1 /etc/hosts; cat /etc/hostname"')).toBe(
    '172.17.0.2\tID\nID\n'.replaceAll('ID', sh('box', 'docker ps -q').trim()),
  );
  expect(sh('box', 'bridge link')).toMatch(/veth[0-9a-f]{7}@if2: .* master docker0 state forwarding/);
});

test('containers reach each other and the world, which sees the host and does not reach in', () => {
  const { sh } = dockerWorld();
  sh('box', 'for n in one two; do docker run -d --name $n base:1 sleep 1000; done');
  expect(sh('box', `docker exec one ping -c 1 ${address('two')}`)).toContain(', 0% packet loss');
  expect(sh('box', 'docker exec one ping -c 1 192.0.2.2')).toContain(', 0% packet loss');
  sh('far', '(tcpdump -c 1 -n icmp >/tmp/seen 2>&1 &) ; sleep 1');
  sh('box', 'docker exec two ping -c 1 192.0.2.2');
  expect(sh('far', 'cat /tmp/seen')).toContain('192.0.2.1 > 192.0.2.2: ICMP echo request');
  // Even with a route there, nothing is passed on to a port that is not published.
  sh('far', 'ip route add 172.17.0.0/16 via 192.0.2.1');
  expect(sh('far', 'ping -c 1 -W 1 172.17.0.2')).toContain('100% packet loss');
});

test('what a container had is gone when it ends, however it ends', () => {
  const { sh } = dockerWorld();
  const left = () => sh('box', 'ip -br link | grep -c veth; ls /run/docker/netns | wc -l');
  sh('box', 'docker run -d --name aa base:1 sleep 1000; docker run -d --name bb base:1 sleep 1000');
  sh('box', 'docker run -d --rm --name cc base:1 sleep 1000; docker run -d --name dd base:1 sleep 1');
  expect(left()).toBe('4\n4\n');
  sh('box', 'docker stop -t 1 aa; docker kill bb; docker rm -f cc; sleep 2');
  expect(left()).toBe('0\n0\n');
  expect(sh('box', `docker inspect -f '{{.NetworkSettings.IPAddress}}-' aa`)).toBe('-\n');
  // The addresses are free again, and a restarted container gets the first one.
  sh('box', 'docker run -d --name ee base:1 sleep 1000; docker restart -t 1 ee; docker start aa');
  expect(sh('box', `echo ${address('ee')} ${address('aa')}`)).toBe('172.17.0.2 172.17.0.3\n');
  expect(left()).toBe('2\n2\n');
  // A program that cannot be started leaves nothing.
  sh('box', 'docker run base:1 nonesuch');
  expect(left()).toBe('2\n2\n');
});

test('a daemon that is killed and started again finds its networks and leaves nothing of its containers', () => {
  const { sh, advance } = dockerWorld();
  sh('box', 'docker network create --subnet 10.7.0.0/24 n1');
  sh('box', 'docker run -d --name web --network n1 -p 8080:80 base:1 sleep 1000');
  const before = sh('box', 'iptables-save | grep -v "^[#:]" | grep -v 8080 | grep -v "dport 80 " | sort');
  const networks = sh('box', 'docker network ls');
  sh('box', 'kill -9 $(pgrep -x dockerd | head -n 1); sleep 1');
  // The proxies end with their daemon.
  expect(sh('box', 'ps -e | grep -c docker-proxy')).toBe('0\n[1]\n');
  sh('box', '(dockerd >/var/log/dockerd.log 2>&1 &); sleep 30');
  advance(1);
  expect(sh('box', 'docker network ls')).toBe(networks);
  expect(sh('box', 'iptables-save | grep -v "^[#:]" | sort')).toBe(before);
  expect(sh('box', 'ip -br link | grep veth; ls /run/docker/netns')).toBe('');
  sh('box', 'docker start web');
  expect(sh('box', `docker inspect -f '{{.NetworkSettings.Networks.n1.IPAddress}}' web`)).toBe('10.7.0.2\n');
  expect(sh('box', 'docker port web')).toBe('80/tcp -> 0.0.0.0:8080\n');
});

test('a daemon that ends in order takes what its containers had along, and its networks stay', () => {
  const { sh, advance } = dockerWorld();
  sh('box', 'docker network create n1');
  sh('box', 'docker run -d --name web --restart always --network n1 -p 8080:80 base:1 sleep 1000');
  sh('box', 'kill -TERM $(pgrep -x dockerd | head -n 1)');
  advance(15);
  expect(sh('box', 'ps -e | grep -c -e dockerd -e docker-proxy')).toBe('0\n[1]\n');
  expect(sh('box', 'ip -br link | grep veth; ls /run/docker/netns; iptables-save | grep 8080')).toBe('[1]\n');
  expect(sh('box', 'ip -br link')).toMatch(/^br-[0-9a-f]{12} /m);
  sh('box', '(dockerd >/var/log/dockerd.log 2>&1 &); sleep 5');
  advance(5);
  expect(sh('box', 'docker port web; docker exec web ip -br addr show eth0')).toMatch(
    /^80\/tcp -> 0\.0\.0\.0:8080\neth0@if\d+ +UP +172\.18\.0\.2\/16/,
  );
});
