/** curl at the engine's socket, at published ports, and where nobody answers. */
import { expect, test } from 'vitest';
import { dockerWorld } from '../../support/dockerWorld.ts';
import { networkWorld } from '../../support/networkWorld.ts';

const SOCKET = 'curl -sS --unix-socket /var/run/docker.sock';

test('a container is made, started and heard by requests to the engine', () => {
  const { sh } = dockerWorld();
  const body = '{"Image":"base:1","Cmd":["sh","-c","echo from the container; exit 3"]}';
  const created = sh(
    'box',
    `${SOCKET} -X POST -H 'Content-Type: application/json' -d '${body}' 'http://localhost/v1.47/containers/create?name=mine'`,
  );
  const { Id: id } = JSON.parse(created) as { Id: string };
  expect(id).toMatch(/^[0-9a-f]{64}$/);
  expect(
    sh('box', `${SOCKET} -o /dev/null -w '%{http_code}\\n' -X POST http://localhost/containers/mine/start`),
  ).toBe('204\n');
  expect(JSON.parse(sh('box', `${SOCKET} -X POST http://localhost/containers/mine/wait`))).toMatchObject({
    StatusCode: 3,
  });
  // Each piece of a log has a head of eight bytes.
  expect(sh('box', `${SOCKET} 'http://localhost/containers/mine/logs?stdout=1' | tail -c +9`)).toBe(
    'from the container\n',
  );
  expect(sh('box', `${SOCKET} -f http://localhost/containers/other/json`)).toBe(
    'curl: (22) The requested URL returned error: 404\n[22]\n',
  );
  expect(JSON.parse(sh('box', `${SOCKET} http://localhost/containers/other/json`))).toEqual({
    message: 'No such container: other',
  });
  expect(sh('box', `${SOCKET} http://localhost/_ping`, 'nobody')).toContain('curl: (7) ');
});

const pair = () =>
  networkWorld({
    hosts: ['one', 'two'].map((name, i) => ({
      name,
      network: { devices: [{ name: 'eth0', addresses: [`10.0.0.${i + 1}/24`] }] },
    })),
    cables: [{ between: ['one/eth0', 'two/eth0'] }],
  });

test('limits of time where nobody answers', () => {
  const { sh, world } = pair();
  sh('two', 'iptables -A INPUT -p tcp --dport 80 -j DROP');
  const taken = (line: string) => {
    const begun = world.now;
    return { output: sh('one', line), seconds: Math.round((world.now - begun) / 1e8) / 10 };
  };
  expect(taken('curl -sS --connect-timeout 2 http://10.0.0.2/')).toEqual({
    output: 'curl: (28) Failed to connect to 10.0.0.2 port 80 after 2000 ms: Timeout was reached\n[28]\n',
    seconds: 2,
  });
  expect(taken('curl -sS -m 1.5 http://10.0.0.2/')).toEqual({
    output: 'curl: (28) Connection timed out after 1500 milliseconds\n[28]\n',
    seconds: 1.5,
  });
  // Nobody has the address: three questions for it, a second each.
  expect(taken('curl -sSv http://10.0.0.77/').output).toMatch(
    /\* connect to 10\.0\.0\.77 port 80 failed: No route to host\n[\s\S]*curl: \(7\) Failed to connect to 10\.0\.0\.77 port 80 after 30\d\d ms: Couldn't connect to server\n\[7\]/,
  );
  expect(taken('ip link set eth0 down; curl -sSv http://10.0.0.2/').output).toContain(
    '* Immediate connect fail for 10.0.0.2: Network is unreachable\n',
  );
});

test('a long answer over a slow line shows its progress each second', () => {
  const { sh, world, advance } = pair();
  world.host('two').spawn({
    argv: [
      '/bin/bash',
      '-c',
      '(printf "HTTP/1.0 200 OK\\r\\nContent-Length: 500000\\r\\n\\r\\n"; head -c 500000 /dev/zero) | nc -l -N 80',
    ],
  });
  advance(0.1);
  sh('two', 'tc qdisc add dev eth0 root tbf rate 1mbit burst 10k limit 1m');
  const output = sh('one', 'curl -o got http://10.0.0.2/; wc -c got').split('\r');
  // Once in the beginning, once a second, and at the end.
  expect(output.length).toBeGreaterThanOrEqual(6);
  expect(output.length).toBeLessThanOrEqual(8);
  expect(output[3]).toBe(' 50  488k   50  245k    0     0   122k      0  0:00:03  0:00:02  0:00:01  122k');
  expect(output.at(-1)).toMatch(
    /^100 {2}488k {2}100 {2}488k .* {2}0:00:04 {2}0:00:04 --:--:-- .*\n500000 got\n$/,
  );
});

test.each([
  ['curl https://10.0.0.2/', 'curl: (1) Protocol "https" not supported or disabled in libcurl\n[1]\n'],
  ["curl -s 'http://10.0.0.{1,2}/'", /several URLs in one .* are not simulated/],
  ['http_proxy=http://x:1 curl -s http://10.0.0.2/', /proxies \(http_proxy\) are not simulated/],
  ['curl -s -u me http://10.0.0.2/', /asking for a password is not simulated/],
])('%s is refused', (line, message) => {
  const output = pair().sh('one', line);
  if (typeof message === 'string') expect(output).toContain(message);
  else expect(output).toMatch(message);
});
