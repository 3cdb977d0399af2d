/**
 * `ip monitor` tells what happens, in the words of iproute2 6.1.0 on Linux 6.18. There a device that goes up or down is told of before its
 * other end, and one that is added with an address once.
 */
import { expect, test } from 'vitest';
import { networkWorld } from '../../support/networkWorld.ts';

const ether = (mac: string) => `\n    link/ether ${mac} brd ff:ff:ff:ff:ff:ff\n`;
const [A, B] = ['02:00:00:00:00:a0', '02:00:00:00:00:a1'];

/** Commands, and what is told of each. */
const CASES: readonly (readonly [command: string, told: string])[] = [
  [
    'ip link set lo up',
    `[LINK]1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default 
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
[ROUTE]broadcast 127.255.255.255 dev lo table local proto kernel scope link src 127.0.0.1 
`,
  ],
  [
    'ip link set v1 up',
    `[LINK]2: v1@v0: <NO-CARRIER,BROADCAST,MULTICAST,UP,M-DOWN> mtu 1500 qdisc noqueue state LOWERLAYERDOWN group default ${ether(B)}`,
  ],
  [
    'ip link set v0 up',
    `[LINK]2: v1@v0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP group default ${ether(B)}[LINK]3: v0@v1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP group default ${ether(A)}`,
  ],
  [
    'ip addr add 10.0.0.1/24 dev v0',
    `[ADDR]3: v0    inet 10.0.0.1/24 scope global v0
       valid_lft forever preferred_lft forever
[ROUTE]local 10.0.0.1 dev v0 table local proto kernel scope host src 10.0.0.1 
[ROUTE]10.0.0.0/24 dev v0 proto kernel scope link src 10.0.0.1 
[ROUTE]broadcast 10.0.0.255 dev v0 table local proto kernel scope link src 10.0.0.1 
`,
  ],
  ['ip route add 10.9.0.0/16 via 10.0.0.2', '[ROUTE]10.9.0.0/16 via 10.0.0.2 dev v0 \n'],
  ['ip route del 10.9.0.0/16', '[ROUTE]Deleted 10.9.0.0/16 via 10.0.0.2 dev v0 \n'],
  [
    'ip neigh add 10.0.0.9 lladdr 02:00:00:00:00:09 dev v0',
    '[NEIGH]10.0.0.9 dev v0 lladdr 02:00:00:00:00:09 PERMANENT \n',
  ],
  [
    'ip neigh del 10.0.0.9 dev v0',
    '[NEIGH]10.0.0.9 dev v0 FAILED \n[NEIGH]Deleted 10.0.0.9 dev v0 FAILED \n',
  ],
  ['ping -c 1 -W 4 10.0.0.77 >/dev/null', '[NEIGH]10.0.0.77 dev v0 FAILED \n'],
  [
    'ip addr del 10.0.0.1/24 dev v0',
    `[ADDR]Deleted 3: v0    inet 10.0.0.1/24 scope global v0
       valid_lft forever preferred_lft forever
[ROUTE]Deleted 10.0.0.0/24 dev v0 proto kernel scope link src 10.0.0.1 
[ROUTE]Deleted broadcast 10.0.0.255 dev v0 table local proto kernel scope link src 10.0.0.1 
[ROUTE]Deleted local 10.0.0.1 dev v0 table local proto kernel scope host src 10.0.0.1 
`,
  ],
  [
    'ip link set v0 mtu 1400',
    `[LINK]3: v0@v1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1400 qdisc noqueue state UP group default ${ether(A)}`,
  ],
  ['ip link set v0 mtu 1400', ''],
];

test('devices, addresses, routes and neighbours are told of as they come, change and go', () => {
  const { sh, world, advance } = networkWorld({ hosts: [{ name: 'one', network: {} }] });
  sh(
    'one',
    `ip link set lo down; ip link add v0 address ${A} type veth peer name v1; ip link set v1 address ${B}`,
  );
  const watch = (command: string, file: string) =>
    world.host('one').spawn({ argv: ['/bin/bash', '-c', `${command} >>/tmp/${file} 2>&1`] });
  watch('ip monitor label', 'all');
  watch('ip -ts monitor neigh', 'some');
  watch('su student -c "ip -t monitor link"', 'long');
  advance(0.2);
  for (const [command, told] of CASES) {
    sh('one', `: >/tmp/all; ${command}; sleep 0.1`);
    expect([command, sh('one', 'cat /tmp/all')]).toEqual([command, told]);
  }
  sh('one', ': >/tmp/all; ip link del v0; sleep 0.1');
  expect(sh('one', 'cat /tmp/all; head -1 /tmp/some; head -2 /tmp/long')).toMatch(
    /\n\[LINK\]Deleted 3: v0@NONE: <BROADCAST,MULTICAST> mtu 1400 .*\n[\s\S]*\n\[LINK\]Deleted 2: v1@NONE: .*\n.*\n\[2026-01-05T\d\d:\d\d:\d\d\.\d{6}\] 10\.0\.0\.9 dev v0 lladdr .*\nTimestamp: Mon Jan {2}5 \d\d:\d\d:\d\d 2026 \d+ usec\n1: lo: <LOOPBACK,UP,LOWER_UP>/,
  );
});

test('an answer makes a neighbour known, and silence makes it stale in time', () => {
  const { sh, world, advance } = networkWorld({
    hosts: [
      { name: 'one', network: { devices: [{ name: 'eth0', addresses: ['10.0.0.1/24'] }] } },
      { name: 'two', network: { devices: [{ name: 'eth0', addresses: ['10.0.0.2/24'], mac: B }] } },
    ],
    cables: [{ between: ['one/eth0', 'two/eth0'] }],
  });
  world.host('one').spawn({ argv: ['/bin/bash', '-c', 'ip monitor neigh >/tmp/all'] });
  advance(0.1);
  sh('one', 'ping -c 1 10.0.0.2');
  advance(28);
  expect(sh('one', 'cat /tmp/all')).toBe(`10.0.0.2 dev eth0 lladdr ${B} REACHABLE \n`);
  advance(4);
  expect(sh('one', 'tail -n +2 /tmp/all')).toBe(`10.0.0.2 dev eth0 lladdr ${B} STALE \n`);
  expect(sh('one', 'ip monitor foo; ip monitor rule')).toBe(
    'Argument "foo" is unknown, try "ip monitor help".\nip: "monitor rule" is not simulated\n[255]\n',
  );
});
