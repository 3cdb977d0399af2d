/** traceroute over two routers, as traceroute 2.1.2 tells it; the times are the simulated lines'. */
import { expect, test } from 'vitest';
import { networkWorld } from '../../support/networkWorld.ts';

function chain() {
  const card = (name: string, address: string) => ({ name, addresses: [address] });
  return networkWorld({
    hosts: [
      {
        name: 'a',
        network: { devices: [card('eth0', '10.0.1.2/24')], routes: [{ to: 'default', via: '10.0.1.1' }] },
        files: { '/etc/hosts': '127.0.0.1 localhost\n10.0.1.1 first\n10.0.3.2 goal\n' },
      },
      {
        name: 'r1',
        network: {
          devices: [card('eth0', '10.0.1.1/24'), card('eth1', '10.0.2.1/24')],
          routes: [{ to: '10.0.3.0/24', via: '10.0.2.2' }],
          forward: true,
        },
      },
      {
        name: 'r2',
        network: {
          devices: [card('eth0', '10.0.2.2/24'), card('eth1', '10.0.3.1/24')],
          routes: [{ to: '10.0.1.0/24', via: '10.0.2.1' }],
          forward: true,
        },
      },
      {
        name: 'b',
        network: { devices: [card('eth0', '10.0.3.2/24')], routes: [{ to: 'default', via: '10.0.3.1' }] },
      },
    ],
    cables: [
      { between: ['a/eth0', 'r1/eth0'] },
      { between: ['r1/eth1', 'r2/eth0'] },
      { between: ['r2/eth1', 'b/eth0'] },
    ],
  });
}

const withoutTimes = (output: string) => output.replace(/\d+\.\d{3} ms/g, 'T');

test.each([
  ['traceroute goal', 'student'],
  ['traceroute -I goal', 'root'],
])('%s', (line, user) => {
  expect(withoutTimes(chain().sh('a', line, user))).toBe(`\
traceroute to goal (10.0.3.2), 30 hops max, 60 byte packets
 1  first (10.0.1.1)  T  T  T
 2  10.0.2.2 (10.0.2.2)  T  T  T
 3  goal (10.0.3.2)  T  T  T
`);
});

test('times are those of the way, and each hop adds its own', () => {
  const { sh } = chain();
  sh('a', 'ping -c 1 goal; ping -c 1 10.0.2.2');
  sh('r1', 'tc qdisc add dev eth1 root netem delay 30ms');
  const times = [...sh('a', 'traceroute -n -q 1 goal').matchAll(/(\d+)\.\d{3} ms/g)].map(([, ms]) =>
    Number(ms),
  );
  expect(times).toEqual([0, 30, 30]);
});

test('who says nothing is a star, and who refuses has a mark', () => {
  const { sh, world } = chain();
  sh('r2', 'iptables -A OUTPUT -p icmp --icmp-type time-exceeded -j DROP');
  expect(withoutTimes(sh('a', 'traceroute -n goal'))).toContain(' 2  * * *\n 3  10.0.3.2  T  T  T\n');
  sh('r1', 'iptables -A FORWARD -p udp -j REJECT --reject-with icmp-admin-prohibited');
  // A router may say only so many errors to one host in a second.
  expect(withoutTimes(sh('a', 'sleep 10; traceroute -n -q 1 goal'))).toMatch(
    /^ 2 {2}10\.0\.1\.1 {2}T !X\n$/m,
  );
  // Nobody has the address: the last router says so after three seconds.
  sh('r1', 'iptables -F');
  const begun = world.now;
  expect(withoutTimes(sh('a', 'sleep 10; traceroute -n -q 1 10.0.3.99'))).toContain(' 3  10.0.2.2  T !H\n');
  expect(Math.round((world.now - begun) / 1e9)).toBeLessThan(16);
});

test('what goes nowhere', () => {
  const { sh } = chain();
  expect(sh('b', 'ip route del default; traceroute 1.1.1.1')).toBe(
    'traceroute to 1.1.1.1 (1.1.1.1), 30 hops max, 60 byte packets\nconnect: Network is unreachable\n[1]\n',
  );
  expect(sh('a', 'traceroute nobody')).toBe(
    'nobody: Temporary failure in name resolution\nCannot handle "host" cmdline arg `nobody\' on position 1 (argc 1)\n[2]\n',
  );
  expect(sh('a', 'traceroute -T goal')).toContain("invalid option -- 'T'");
});
