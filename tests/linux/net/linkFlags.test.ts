/** What the flags of a device do that ip-link(8) sets. */
import { expect, test } from 'vitest';
import { twoHosts } from '../../support/twoHosts.ts';

const two = () => twoHosts(['one', 'two'], { macs: true });

test('without ARP nobody is asked or answered, and a neighbour by hand is reached', () => {
  const { sh } = two();
  expect(sh('one', 'ping -q -c 1 10.0.0.2')).toContain('1 received');
  expect(
    sh(
      'one',
      `ip link set eth0 arp off; ip neigh; tcpdump -n -i eth0 arp >seen 2>errors & sleep 0.1
ping -q -c 2 -i 0.2 -W 1 10.0.0.2 | grep received; kill -INT $!; wait; cat seen`,
    ),
  ).toBe('2 packets transmitted, 0 received, 100% packet loss, time 200ms\n\n');
  expect(sh('two', 'ip neigh flush all; ping -q -c 1 -W 1 10.0.0.1')).toContain('0 received');
  sh('one', 'ip neigh add 10.0.0.2 lladdr 02:00:00:00:00:02 dev eth0');
  sh('two', 'ip neigh replace 10.0.0.1 lladdr 02:00:00:00:00:01 dev eth0');
  expect(sh('one', 'ping -q -c 1 10.0.0.2')).toContain('1 received');
});

test('a promiscuous device shows a capture that does not ask for it what is for others', () => {
  const { sh } = two();
  const seen = (line: string) =>
    sh(
      'one',
      `${line}tcpdump -n -p -c 1 -i eth0 icmp >seen 2>errors & sleep 0.5; kill -INT $! 2>errors; wait; cat seen`,
    );
  const ping =
    'ip neigh replace 10.0.0.1 lladdr 02:00:00:00:00:77 dev eth0; (sleep 0.2; ping -c 1 -W 1 10.0.0.1) &';
  sh('two', ping);
  expect(seen('')).toBe('\n');
  sh('two', ping);
  expect(seen('ip link set eth0 promisc on; ')).toContain('10.0.0.2 > 10.0.0.1: ICMP echo request');
});

test.each(['group 5', 'carrier off', 'vf 0', 'mode dormant'])('link set %s is refused by name', (words) => {
  const [name] = words.split(' ');
  expect(two().sh('one', `ip link set eth0 ${words}`)).toBe(
    `ip: "${name}" of "link set" is not simulated\n[255]\n`,
  );
});

test('/sys shows the flags that a dummy begins with', () => {
  const { sh } = two();
  expect(sh('one', 'ip link add d0 type dummy; cat /sys/class/net/d0/flags')).toBe('0x82\n');
  expect(sh('one', 'ip link set d0 up multicast on arp on; cat /sys/class/net/d0/flags')).toBe('0x1003\n');
});
