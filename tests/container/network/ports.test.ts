import { expect, test } from 'vitest';
import { dockerWorld } from '../../support/dockerWorld.ts';

const WEB = 'sh -c "mkdir /www; hostname >/www/index.html; httpd -f -h /www -p 80"';

test('a published port answers from outside, from the host, from localhost and from another container', () => {
  const { sh } = dockerWorld();
  sh('box', `docker run -d --name web -h web -p 8080:80 base:1 ${WEB}; sleep 1`);
  expect(sh('far', 'curl -s http://192.0.2.1:8080/')).toBe('web\n');
  for (const host of ['192.0.2.1', '127.0.0.1', '172.17.0.1', 'localhost'])
    expect([host, sh('box', `curl -s http://${host}:8080/`)]).toEqual([host, 'web\n']);
  expect(sh('box', 'docker run --rm base:1 curl -s http://192.0.2.1:8080/')).toBe('web\n');
  // From outside it is translated: the proxy holds the port for the others.
  expect(sh('box', 'docker top web')).not.toContain('docker-proxy');
  expect(sh('box', 'ss -tlnp')).toMatch(/0\.0\.0\.0:8080 .*"docker-proxy"/);
  const rule = sh('box', 'nft list chain ip nat DOCKER');
  expect(rule).toMatch(
    /iifname != "docker0" tcp dport 8080 counter packets [1-9].* dnat to 172\.17\.0\.2:80/,
  );
});

test('the client that asks keeps its address, and only the published port can be reached', () => {
  const { sh } = dockerWorld();
  sh('box', `docker run -d --name web -p 8080:80 base:1 ${WEB}; sleep 1`);
  sh('box', 'docker exec -d web sh -c "httpd -p 81 -h /www"');
  sh('box', 'docker exec -d web sh -c "tcpdump -n -c 1 tcp >/seen 2>&1"; sleep 1');
  sh('far', 'ip route add 172.17.0.0/16 via 192.0.2.1; curl -s http://192.0.2.1:8080/');
  expect(sh('box', 'docker exec web cat /seen')).toContain('IP 192.0.2.2.');
  const direct = (port: number) => sh('far', `curl -s -m 3 http://172.17.0.2:${port}/`);
  expect(direct(80)).toBe('[28]\n');
  expect(direct(81)).toBe('[28]\n');
  expect(sh('box', 'curl -s http://172.17.0.2:81/ >/dev/null; echo $?')).toBe('0\n');
});

test('ranges, addresses, protocols and -P, as ps and port show them', () => {
  const { sh } = dockerWorld();
  sh('box', 'docker run -d --name aa -p 8000-8002:80-82 -p 127.0.0.1:90:90/udp --expose 99 base:1 sleep 999');
  expect(sh('box', 'docker ps --format "{{.Ports}}"')).toBe(
    '127.0.0.1:90->90/udp, 99/tcp, 0.0.0.0:8000->80/tcp, 0.0.0.0:8001->81/tcp, 0.0.0.0:8002->82/tcp\n',
  );
  const found = (...filters: string[]) =>
    sh('box', `docker ps ${filters.map((filter) => `-f ${filter}`).join(' ')} --format '{{.Names}}'`);
  for (const filter of ['publish=8001', 'publish=8002-9000/tcp', 'publish=90/udp', 'expose=81', 'expose=99'])
    expect([filter, found(filter)]).toEqual([filter, 'aa\n']);
  for (const filter of ['publish=81', 'publish=90', 'publish=99', 'expose=8001', 'expose=80/udp'])
    expect([filter, found(filter)]).toEqual([filter, '']);
  expect(found('publish=1', 'expose=80')).toBe('aa\n');
  expect(sh('box', 'docker port aa 81')).toBe('0.0.0.0:8001\n');
  expect(sh('box', 'docker port aa 99')).toBe("Error: No public port '99' published for aa\n[1]\n");
  sh('box', 'docker run -d --name bb -P --expose 7 --expose 9/udp base:1 sleep 999');
  expect(sh('box', 'docker port bb')).toBe('7/tcp -> 0.0.0.0:32768\n9/udp -> 0.0.0.0:32769\n');
  // One of a range, which one is free.
  sh('box', 'docker run -d --name cc -p 8001-8009:80 base:1 sleep 999');
  expect(sh('box', 'docker port cc')).toBe('80/tcp -> 0.0.0.0:8003\n');
  sh('box', 'docker run -d --name dd -p 127.0.0.1:8004:80 -p 192.0.2.1:8004:81 base:1 sleep 999');
  expect(sh('box', 'docker port dd')).toBe('80/tcp -> 127.0.0.1:8004\n81/tcp -> 192.0.2.1:8004\n');
});

test('a UDP port goes there and back, directly and by the proxy', () => {
  const { sh } = dockerWorld();
  sh(
    'box',
    'docker run -d --name dns -p 5353:53/udp base:1 sh -c "while :; do echo heard | nc -u -w 1 -l -p 53; done"',
  );
  expect(sh('far', 'echo hi | nc -u -w 2 192.0.2.1 5353')).toContain('heard');
  sh('box', 'sleep 3');
  expect(sh('box', 'echo hi | nc -u -w 2 127.0.0.1 5353')).toContain('heard');
  expect(sh('box', 'docker logs dns')).toBe('hi\nhi\n');
});

test('a port that is taken is refused in words, and free again when its container has ended', () => {
  const { sh } = dockerWorld();
  const run = (name: string, flags: string) =>
    sh('box', `docker run -d --name ${name} ${flags} base:1 sleep 999`);
  run('p1', '-p 8080:80');
  const refused = run('p2', '-p 8080:80');
  expect(refused).toMatch(
    /^docker: Error response from daemon: failed to set up container networking: driver failed programming external connectivity on endpoint p2 \([0-9a-f]{64}\): Bind for 0\.0\.0\.0:8080 failed: port is already allocated\n/m,
  );
  expect(refused).toMatch(/\[125\]\n$/);
  expect(sh('box', 'docker ps -a --filter name=p2 --format "{{.Status}}"')).toBe('Created\n');
  sh('box', '(httpd -p 9090 -h /tmp)');
  expect(run('p3', '-p 9090:80')).toContain(
    'failed to bind host port for 0.0.0.0:9090:172.17.0.3:80/tcp: address already in use',
  );
  sh('box', 'docker stop -t 1 p1');
  expect(sh('box', 'docker start p2; docker port p2')).toBe('p2\n80/tcp -> 0.0.0.0:8080\n');
  sh('box', 'docker rm -f p1 p2 p3');
  expect(sh('box', 'iptables-save | grep -e 8080 -e 9090; ps -e | grep -c docker-proxy')).toBe('0\n[1]\n');
  expect(sh('box', 'ip -br link | grep veth; ls /run/docker/netns')).toBe('');
});

test('what other clients of the API may ask for is refused by name', () => {
  const { sh } = dockerWorld();
  const create = (host: object, networking: object = {}) =>
    sh(
      'box',
      `curl -s --unix-socket /run/docker.sock -H 'Content-Type: application/json' -d '${JSON.stringify({ Image: 'base:1', HostConfig: host, NetworkingConfig: networking })}' http://d/containers/create`,
    );
  const endpoint = (asked: object) => create({}, { EndpointsConfig: { bridge: asked } });
  expect(create({ PortBindings: { '80': [{ HostPort: '8080' }] } })).toMatch(/"Id":"[0-9a-f]{64}"/);
  expect(create({ PortBindings: { '80/tcp': [{ HostIp: '::1', HostPort: '1' }] } })).toContain(
    'IPv6 is not simulated',
  );
  expect(create({ PortBindings: { '80/sctp': [] } })).toContain('sctp is not simulated');
  expect(create({ PortBindings: { '80/tcp': [{ HostPort: 'x' }] } })).toContain('invalid port specification');
  expect(endpoint({ IPAMConfig: {}, Links: null, DriverOpts: null, Aliases: null })).toContain('"Id"');
  expect(endpoint({ Links: ['db:db'] })).toContain('links are not simulated');
  expect(endpoint({ GwPriority: 3 })).toContain('a priority of gateways is not simulated');
  expect(endpoint({ IPAMConfig: { IPv6Address: '2001:db8::1' } })).toContain(
    'an IPv6 address is not simulated',
  );
  expect(endpoint({ MacAddress: 'xx' })).toContain('invalid MAC address xx');
});

test('what cannot be published is refused', () => {
  const { sh } = dockerWorld();
  const run = (flags: string) => sh('box', `docker run ${flags} base:1 true`);
  expect(run('-p 80:http')).toContain('invalid containerPort: http');
  expect(run('-p 99999:80')).toContain('invalid hostPort: 99999');
  expect(run('-p 80-82:80-81')).toContain('invalid ranges specified for container and host Ports');
  expect(run('-p 80:80/sctp')).toContain('sctp is not simulated');
  expect(run('--network host -p 80:80')).toBe(
    'WARNING: Published ports are discarded when using host network mode\n',
  );
  sh('box', 'iptables -t nat -F; iptables -t nat -X');
  expect(run('--name late -p 81:80')).toMatch(
    /Unable to enable DNAT rule: \(iptables failed: iptables --wait -t nat -A DOCKER -p tcp -d 0\/0 --dport 81 -j DNAT --to-destination 172\.17\.0\.\d:80 ! -i docker0: iptables: No chain\/target\/match by that name\.\n/,
  );
  expect(sh('box', 'ps -e | grep docker-proxy; iptables-save | grep 81')).toBe('[1]\n');
  expect(run('--link other')).toContain('--link is not simulated');
});
