/** Lines that tc makes slow, narrow and bad. */
import { expect, test } from 'vitest';
import type { NetworkWorld } from '../../support/networkWorld.ts';
import { twoHosts } from '../../support/twoHosts.ts';

const pair = (seed?: string): NetworkWorld => twoHosts(['one', 'two'], { seed });

/** Milliseconds of the answers, in whole numbers. */
const times = (output: string) => [...output.matchAll(/time=(\d+)/g)].map((match) => Number(match[1]));

test('a delay is that of every packet, and is gone with the discipline', () => {
  const { sh } = pair();
  expect(sh('one', 'tc qdisc add dev eth0 root netem delay 100ms')).toBe('');
  expect(sh('one', 'tc qdisc show dev eth0')).toBe(
    'qdisc netem 8001: root refcnt 2 limit 1000 delay 100ms\n',
  );
  expect(sh('one', 'ip link show eth0')).toContain(' qdisc netem state UP ');
  // The first one asks for the neighbour before, which takes that long too.
  expect(times(sh('one', 'ping -c 3 -i 0.5 10.0.0.2'))).toEqual([200, 100, 100]);
  expect(times(sh('two', 'ping -c 1 10.0.0.1'))).toEqual([100]);
  expect(sh('one', 'tc -s qdisc show dev eth0')).toMatch(
    / Sent \d+ bytes 5 pkt \(dropped 0, overlimits 0 requeues 0\) \n backlog 0b 0p requeues 0\n/,
  );
  sh('one', 'tc qdisc del dev eth0 root');
  expect(times(sh('one', 'ping -c 2 -i 0.5 10.0.0.2'))).toEqual([0, 0]);
  expect(sh('one', 'tc qdisc show dev eth0')).toBe(
    'qdisc pfifo_fast 0: root refcnt 2 bands 3 priomap 1 2 2 2 1 2 0 0 1 1 1 1 1 1 1 1\n',
  );
});

test('a delay that varies stays in its bounds, and packets may overtake each other', () => {
  const { sh } = pair();
  sh('one', 'ping -c 1 10.0.0.2; tc qdisc add dev eth0 root netem delay 50ms 40ms');
  const seen = times(sh('one', 'ping -c 40 -i 0.01 10.0.0.2'));
  expect(seen).toHaveLength(40);
  expect(Math.min(...seen)).toBeGreaterThanOrEqual(10);
  expect(Math.max(...seen)).toBeLessThanOrEqual(90);
  expect(new Set(seen).size).toBeGreaterThan(15);
  expect(sh('one', 'tc qdisc show dev eth0')).toContain('delay 50ms  40ms\n');
});

test('losses are the seed’s, and about as many as was said', () => {
  const lost = (seed: string) => {
    const { sh } = pair(seed);
    sh('one', 'ping -c 1 10.0.0.2; tc qdisc add dev eth0 root netem loss 30%');
    const output = sh('one', 'ping -q -c 200 -i 0.01 10.0.0.2; tc -s qdisc show dev eth0');
    const received = Number(/(\d+) received/.exec(output)![1]);
    expect(output).toContain(`(dropped ${200 - received}, `);
    return 200 - received;
  };
  expect(lost('a')).toBe(lost('a'));
  for (const seed of ['a', 'b', 'c']) expect(Math.abs(lost(seed) - 60)).toBeLessThan(25);
});

test('everything twice', () => {
  const { sh } = pair();
  sh('one', 'ping -c 1 10.0.0.2; tc qdisc add dev eth0 root netem duplicate 100%');
  expect(sh('one', 'ping -c 2 -i 0.2 10.0.0.2')).toMatch(/\(DUP!\)\n[\s\S]*2 received, \+\d duplicates/);
});

test.each([
  ['netem rate 1mbit', 8.4, 9.2],
  ['tbf rate 1mbit burst 10k latency 50ms', 8.0, 9.2],
  ['tbf rate 4mbit burst 100k limit 200k', 1.7, 2.4],
])('a megabyte takes its time through %s', (discipline, least, most) => {
  const { sh, world, advance } = pair();
  world.host('two').spawn({ argv: ['/bin/bash', '-c', 'nc -l 80 >/tmp/got'] });
  advance(0.1);
  sh('one', `tc qdisc add dev eth0 root ${discipline}`);
  const begun = world.now;
  sh('one', 'head -c 1048576 /dev/zero | nc -N 10.0.0.2 80');
  const taken = (world.now - begun) / 1e9;
  expect(taken).toBeGreaterThan(least);
  expect(taken).toBeLessThan(most);
  expect(sh('two', 'wc -c </tmp/got')).toBe('1048576\n');
});

test('a line that is too narrow drops what it has no room for', () => {
  const { sh } = pair();
  sh('one', 'ping -c 1 10.0.0.2; tc qdisc add dev eth0 root tbf rate 80kbit burst 2k limit 4k');
  const output = sh('one', 'ping -q -c 40 -i 0.01 -s 1000 10.0.0.2; tc -s qdisc show dev eth0');
  const [, dropped, over] = /dropped (\d+), overlimits (\d+)/.exec(output)!.map(Number);
  expect(dropped).toBeGreaterThan(20);
  expect(over).toBeGreaterThan(0);
  expect(output).toContain(`${40 - dropped!} received`);
});

test('who is not root sees and changes nothing', () => {
  const { sh } = pair();
  expect(sh('one', 'tc qdisc add dev eth0 root pfifo', 'student')).toBe(
    'RTNETLINK answers: Operation not permitted\n[2]\n',
  );
  expect(sh('one', 'tc qdisc', 'student')).toContain('dev eth0 root');
});

test.each([
  ['tc qdisc add dev eth0 root fq_codel', 'tc: the queueing discipline "fq_codel" is not simulated\n[255]\n'],
  [
    'tc qdisc add dev eth0 root netem delay 1ms 1ms 25%',
    'tc: the correlation of delays is not simulated\n[255]\n',
  ],
  ['tc class show dev eth0', 'tc: "tc class" is not simulated\n[255]\n'],
  ['tc qdisc add dev eth0 parent 1:1 pfifo', 'tc: "qdisc parent" is not simulated\n[255]\n'],
])('%s is refused', (line, message) => {
  expect(pair().sh('one', line)).toBe(message);
});
