import { expect, test } from 'vitest';
import { dockerWorld } from '../../support/dockerWorld.ts';

const idle = (name: string, flags = '') => `docker run -d --name ${name} ${flags} base:1 sleep 9999`;

test('two containers with the same source port each get their own answer', () => {
  const { sh } = dockerWorld();
  // Says back what it was told.
  sh('far', 'nc -k -l -p 7 >/tmp/heard & sleep 1');
  sh('box', `${idle('one')}; ${idle('two')}`);
  const talk = (name: string) =>
    `docker exec -d ${name} sh -c "(echo from ${name}; sleep 5) | nc -q 0 -p 5000 192.0.2.2 7"`;
  sh('box', `${talk('one')}; sleep 6; ${talk('two')}; sleep 6`);
  expect(sh('far', 'cat /tmp/heard')).toBe('from one\nfrom two\n');
  // At once: one of them keeps its port, the other one gets another.
  sh('far', 'mkdir /www; echo page >/www/index.html; httpd -p 8 -h /www');
  const get = (name: string) =>
    `docker exec ${name} sh -c "(printf 'GET / HTTP/1.0\\r\\n\\r\\n'; sleep 1) | nc -p 6000 192.0.2.2 8" >/tmp/${name}`;
  sh('box', `${get('one')} & ${get('two')} & wait`);
  expect(sh('box', 'tail -qn 1 /tmp/one /tmp/two')).toBe('page\npage\n');
});

test('UDP and ping are translated both ways; what nobody asked for is dropped', () => {
  const { sh } = dockerWorld();
  sh('box', `${idle('one')}; ${idle('two')}`);
  sh('far', 'for i in 1 2; do echo answer | nc -u -w 3 -l -p 53; done >/tmp/heard & sleep 1');
  const ask = (name: string) =>
    sh('box', `docker exec ${name} sh -c "echo ask | nc -u -w 2 -p 4000 192.0.2.2 53"`);
  expect(ask('one')).toBe('answer\n');
  sh('far', 'sleep 3');
  expect(ask('two')).toBe('answer\n');
  // A flow of another's port, or to a port that nobody has, goes to the host, which refuses it.
  expect(sh('far', 'nc -w 2 192.0.2.1 4000 </dev/null')).toBe('[1]\n');
  sh('far', 'ip route add 172.17.0.0/16 via 192.0.2.1');
  sh(
    'box',
    'docker exec -d one nc -u -l -p 9; sleep 1; docker exec -d one sh -c "tcpdump -n udp >/seen 2>&1"; sleep 1',
  );
  sh('far', 'echo hello | nc -u -w 1 172.17.0.2 9');
  expect(sh('box', 'docker exec one cat /seen')).not.toContain(' > 172.17.0.2.9');
  expect(sh('box', 'iptables -nvL DOCKER')).toMatch(/^ +[1-9]\d* +\d+ DROP .*!docker0 docker0/m);
});

test('large answers pass whole by the proxy and by the rules, and a client that leaves is no matter', () => {
  const { sh } = dockerWorld();
  sh(
    'box',
    'docker run -d --name web -p 8080:80 base:1 sh -c "mkdir /www; seq 200000 >/www/big; httpd -f -h /www -p 80"; sleep 1',
  );
  const sum = sh('box', 'docker exec web sha256sum /www/big').split(' ')[0];
  for (const [host, url] of [
    ['box', 'http://127.0.0.1:8080/big'],
    ['far', 'http://192.0.2.1:8080/big'],
  ] as const)
    expect(sh(host, `curl -s ${url} | sha256sum`)).toContain(sum);
  sh('box', 'timeout 0.01 curl -s http://127.0.0.1:8080/big >/dev/null');
  // Several at once by one proxy, a slow reader among them.
  sh(
    'box',
    '(printf "GET /big HTTP/1.0\\r\\n\\r\\n"; sleep 20) | nc 127.0.0.1 8080 | (sleep 5; wc -c >/tmp/slow) & true',
  );
  expect(sh('box', 'curl -s http://127.0.0.1:8080/big | sha256sum')).toContain(sum);
  sh('box', 'sleep 30');
  expect(Number(sh('box', 'cat /tmp/slow'))).toBeGreaterThan(1_288_895);
  sh('box', 'docker stop -t 1 web');
  expect(sh('box', 'curl -s http://127.0.0.1:8080/')).toBe('[7]\n');
});

test('a published port of one network answers to another network by the host, not directly', () => {
  const { sh } = dockerWorld();
  sh('box', 'docker network create n1');
  sh(
    'box',
    'docker run -d --name web --network n1 -p 8080:80 base:1 sh -c "mkdir /www; echo ok >/www/index.html; httpd -f -h /www -p 80"',
  );
  sh('box', `${idle('cli')}; sleep 1`);
  const get = (url: string) => sh('box', `docker exec cli curl -s -m 3 ${url}`);
  expect(get('http://192.0.2.1:8080/')).toBe('ok\n');
  expect(get('http://172.17.0.1:8080/')).toBe('ok\n');
  expect(get('http://172.18.0.2/')).toBe('[28]\n');
});
