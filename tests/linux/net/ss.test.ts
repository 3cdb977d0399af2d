/** ss chooses sockets and shows more of them, in the columns of iproute2 6.1. */
import { expect, test } from 'vitest';
import { networkWorld } from '../../support/networkWorld.ts';

/** Listeners at 22, 80 and UDP's 53, and a connection to port 22 whose client has closed its side. */
function busy() {
  const made = networkWorld({ hosts: [{ name: 'one', network: {} }] });
  made.world.host('one').spawn({
    argv: [
      '/bin/bash',
      '-c',
      'nc -l -k 22 & nc -l -k 80 & nc -u -l 53 & sleep 0.1; sleep 500 | nc 127.0.0.1 22',
    ],
  });
  made.advance(1);
  const port = /127\.0\.0\.1:(\d{5})/.exec(made.sh('one', 'ss -tn'))![1]!;
  const ss = (words: string) => made.sh('one', `ss ${words}`).replaceAll(port, 'PORTS');
  return { ...made, ss };
}

const { ss, sh, advance, world } = busy();

test('a state that all have needs no column', () => {
  expect(ss('-tn state established')).toBe(`\
Recv-Q Send-Q Local Address:Port  Peer Address:Port Process
0      0          127.0.0.1:22       127.0.0.1:PORTS       
0      0          127.0.0.1:PORTS    127.0.0.1:22          
`);
  expect(ss('-tn state listening')).toBe(`\
Recv-Q Send-Q Local Address:Port Peer Address:PortProcess
0      1            0.0.0.0:22        0.0.0.0:*          
0      1            0.0.0.0:80        0.0.0.0:*          
`);
});

test.each([
  ['-tan state connected', 2],
  ['-tan state synchronized', 2],
  ['-tan state big', 4],
  ['-tan state bucket', 0],
  ['-tan exclude listening', 2],
  ['-tan exclude listening exclude established', 0],
  ['-tan state listening state established', 4],
  ['-tuan state unconnected', 1],
  ["-tan 'sport = :22'", 2],
  ['-tan sport = :22 or dport = :22', 3],
  ['-tan dport eq 22', 1],
  ['-tan dst 127.0.0.1:22', 1],
  ['-tan src 127.0.0.0/8', 2],
  ['-tan src 0.0.0.0', 2],
  ['-tan not sport = :22', 2],
  ["-tan '( sport = :80 or dport = :22 ) and not src 0.0.0.0'", 1],
  ['-tan sport = :22 src 127.0.0.1', 1],
  ['-tan sport gt :50', 2],
  ['-tan sport ge 22 and sport le 80', 3],
  ['-tan sport = :http', 1],
  ['-tan sport != :22 and dport != :22', 1],
  ["-tan 'sport = :80 | sport = :22'", 3],
  ["-tan src '*:80'", 1],
  ['-tan dst 0.0.0.0/0', 4],
  ['-tan dst != 127.0.0.1', 2],
  ['-tan state established dport = :22', 1],
])('%s finds %i', (words, count) => {
  expect(ss(`-H ${words}`).split('\n').length - 1).toBe(count);
});

test.each([
  ['-tan state foo', 'ss: wrong state name: foo\n[255]\n'],
  ['-tan sport = foo', 'Error: "foo" does not look like a port.\nCannot parse dst/src address.\n[1]\n'],
  [
    '-tan bogus',
    'Error: an inet prefix is expected rather than "bogus".\nCannot parse dst/src address.\n[1]\n',
  ],
  ['-tan sport', 'ss: bison bellows (while parsing filter): "syntax error!" Sorry.\n[255]\n'],
  ['-tan 127.0.0.1', 'ss: bison bellows (while parsing filter): "syntax error!" Sorry.\n[255]\n'],
  ['-tan fwmark = 1', 'ss: the filter "fwmark" is not simulated\n[255]\n'],
  ['-tan -N x state namespace', 'ss: wrong state name: namespace\n[255]\n'],
  ['-tn -N x', 'Cannot open network namespace "x": No such file or directory\n[1]\n'],
])('%s is refused', (words, answer) => {
  expect(ss(words)).toBe(answer);
});

test('whose they are, and what they wait for', () => {
  const settled = (text: string) =>
    text
      .replace(/pid=\d+/g, 'pid=N')
      .replace(/ino:[1-9]\d*/g, 'ino:N')
      .replace(/ +$/gm, '');
  expect(settled(ss('-tulpen'))).toBe(`\
Netid State  Recv-Q Send-Q Local Address:Port Peer Address:PortProcess
udp   UNCONN 0      0            0.0.0.0:53        0.0.0.0:*    users:(("nc",pid=N,fd=3)) ino:N sk:1 cgroup:/system.slice/run-u1.scope <->
tcp   LISTEN 0      1            0.0.0.0:22        0.0.0.0:*    users:(("nc",pid=N,fd=3)) ino:N sk:2 cgroup:/system.slice/run-u1.scope <->
tcp   LISTEN 0      1            0.0.0.0:80        0.0.0.0:*    users:(("nc",pid=N,fd=3)) ino:N sk:3 cgroup:/system.slice/run-u1.scope <->
`);
  const inode = /ino:(\d+)/.exec(ss('-Htlne sport = :80'))![1]!;
  expect(sh('one', `ls -l /proc/[0-9]*/fd | grep -c 'socket:.${inode}.'`)).toBe('1\n');
  world
    .host('one')
    .spawn({ argv: ['/bin/bash', '-c', 'nc -l 9999 & sleep 2 | nc -N 127.0.0.1 80'], user: 'student' });
  advance(1);
  expect(ss('-Htlne sport = :9999')).toMatch(/ uid:1000 ino:\d+ sk:\w+ cgroup:\/\S* <->$/m);
  sh('one', 'nc 10.9.9.9 81 & sleep 0; echo hello | nc -N -w 1 127.0.0.1 80; echo >/dev/null');
  expect(ss('-Htano state time-wait')).toMatch(/ timer:\(timewait,59sec,0\) *$/m);
  expect(ss('-Htane state time-wait')).toMatch(/ timer:\(timewait,59sec,0\) ino:0 sk:[0-9a-f]+ *$/m);
});

test('of another namespace', () => {
  sh('one', 'ip netns add x; ip -n x link set lo up; (ip netns exec x nc -l 7 &)');
  advance(0.5);
  expect(ss('-Htln -N x')).toBe('LISTEN 0      1      0.0.0.0:7 0.0.0.0:*\n');
});
