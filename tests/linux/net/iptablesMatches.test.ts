/** What packets meet in rules with the matches string and connlimit. */
import { expect, test } from 'vitest';
import { twoHosts } from '../../support/twoHosts.ts';

const two = () => twoHosts(['server', 'client']);

test('a datagram with a text is dropped', () => {
  const net = two();
  net.sh('server', 'iptables -A INPUT -p udp -m string --string "Secret" --algo bm -j DROP');
  net.sh('server', 'iptables -A INPUT -p udp -m string --string "LOUD" --algo kmp --icase -j DROP');
  net.world.host('server').spawn({ argv: ['/bin/bash', '-c', 'nc -u -l -p 5000 >/tmp/got'] });
  net.advance(0.1);
  net.sh(
    'client',
    'for each in plain "my Secret" "my secret" Loud; do echo "$each" | nc -u -p 4000 -q 0 10.0.0.1 5000; done',
  );
  expect(net.sh('server', 'cat /tmp/got; iptables -nvL INPUT | grep -c "^ *1 .*STRING"')).toBe(
    'plain\nmy secret\n2\n',
  );
});

test('a host may have so many connections at a time, and again when one is over', () => {
  const net = two();
  net.sh(
    'server',
    'iptables -A INPUT -p tcp --syn -m connlimit --connlimit-above 2 -j REJECT --reject-with tcp-reset',
  );
  for (const port of [81, 82, 83, 84])
    net.world.host('server').spawn({ argv: ['/bin/bash', '-c', `nc -l -p ${port} >/dev/null`] });
  net.advance(0.1);
  const open = (port: number, seconds: number) =>
    net.world
      .host('client')
      .spawn({ argv: ['/bin/bash', '-c', `sleep ${seconds} | nc -N 10.0.0.1 ${port}`] });
  open(81, 1);
  open(82, 60);
  net.advance(0.2);
  expect(net.sh('client', 'nc -z -w 1 10.0.0.1 83 && echo open || echo refused')).toBe('refused\n');
  net.advance(1);
  expect(net.sh('client', 'nc -z -w 1 10.0.0.1 84 && echo open || echo refused')).toBe('open\n');
  expect(net.sh('server', 'iptables -nvL INPUT | tail -1')).toMatch(
    /^ +1 .* #conn src\/32 > 2 reject-with tcp-reset\n$/,
  );
});

test('what has timed out counts no more among the connections of a host', () => {
  const net = two();
  net.sh(
    'server',
    'iptables -A INPUT -p udp -m connlimit --connlimit-upto 1 -j ACCEPT; iptables -A INPUT -p udp -j DROP',
  );
  const send = (port: number) => net.sh('client', `echo ${port} | nc -u -p ${port} -q 0 10.0.0.1 5000`);
  send(4001);
  send(4002);
  net.advance(31);
  send(4003);
  expect(net.sh('server', "iptables -nvL INPUT | tail -2 | awk '{ print $1, $3 }'")).toBe(
    '2 ACCEPT\n1 DROP\n',
  );
});

test('any type of ICMP is any with any code; its opposite is none', () => {
  const net = two();
  for (const rule of [
    '! --icmp-type any',
    '--icmp-type port-unreachable',
    '--icmp-type 255/3',
    '--icmp-type ping',
  ])
    net.sh('server', `iptables -A INPUT -p icmp ${rule}`);
  net.sh('client', 'ping -c 3 10.0.0.1');
  expect(net.sh('server', "iptables -nvL INPUT | awk 'NR > 2 { print $1 }'")).toBe('0\n0\n3\n3\n');
});
