/** conntrack -E and -S, in the real tool's words (conntrack-tools 1.4.7, kernel 6.18). */
import { expect, test } from 'vitest';
import { type NetworkWorld, networkWorld } from '../../support/networkWorld.ts';

/** A router that masquerades for `inside`. */
function routed(): NetworkWorld {
  const net = networkWorld({
    hosts: [
      {
        name: 'inside',
        network: {
          devices: [{ name: 'eth0', addresses: ['10.0.0.2/24'] }],
          routes: [{ to: 'default', via: '10.0.0.1' }],
        },
      },
      {
        name: 'router',
        network: {
          devices: [
            { name: 'eth0', addresses: ['10.0.0.1/24'] },
            { name: 'eth1', addresses: ['192.0.2.1/24'] },
          ],
          forward: true,
        },
      },
      { name: 'outside', network: { devices: [{ name: 'eth0', addresses: ['192.0.2.2/24'] }] } },
    ],
    cables: [{ between: ['inside/eth0', 'router/eth0'] }, { between: ['router/eth1', 'outside/eth0'] }],
  });
  net.sh('router', 'iptables -t nat -A POSTROUTING -s 10.0.0.0/24 -o eth1 -j MASQUERADE');
  return net;
}

const watched = (net: NetworkWorld, options: string, file: string) =>
  net.world.host('router').spawn({ argv: ['/bin/bash', '-c', `conntrack -E ${options} >/tmp/${file} 2>&1`] });

test('what happens to connections is told as it happens, until a signal comes', () => {
  const net = routed();
  watched(net, '', 'all');
  watched(net, '-e NEW,DESTROY -p tcp --dport 80 -o timestamp,extended', 'some');
  net.advance(0.1);
  net.sh('inside', 'ping -c 1 192.0.2.2');
  net.world.host('outside').spawn({ argv: ['/bin/bash', '-c', 'nc -l -p 80 >/dev/null'] });
  net.advance(0.1);
  net.sh('inside', 'echo hi | nc -N -p 4000 192.0.2.2 80; nc -z -w 1 -p 4001 192.0.2.2 81');
  net.sh('router', 'conntrack -D -p icmp; conntrack -F');
  expect(
    net
      .sh('router', 'killall -INT conntrack; sleep 0.1; cat /tmp/all')
      .replace(/id=\d+( progname=conntrack)?/g, 'id=N'),
  ).toBe(
    `\
    [NEW] icmp     1 30 src=10.0.0.2 dst=192.0.2.2 type=8 code=0 id=N [UNREPLIED] src=192.0.2.2 dst=192.0.2.1 type=0 code=0 id=N
 [UPDATE] icmp     1 30 src=10.0.0.2 dst=192.0.2.2 type=8 code=0 id=N src=192.0.2.2 dst=192.0.2.1 type=0 code=0 id=N
    [NEW] tcp      6 120 SYN_SENT src=10.0.0.2 dst=192.0.2.2 sport=4000 dport=80 [UNREPLIED] src=192.0.2.2 dst=192.0.2.1 sport=80 dport=4000
 [UPDATE] tcp      6 60 SYN_RECV src=10.0.0.2 dst=192.0.2.2 sport=4000 dport=80 src=192.0.2.2 dst=192.0.2.1 sport=80 dport=4000
 [UPDATE] tcp      6 432000 ESTABLISHED src=10.0.0.2 dst=192.0.2.2 sport=4000 dport=80 src=192.0.2.2 dst=192.0.2.1 sport=80 dport=4000 [ASSURED]
 [UPDATE] tcp      6 120 FIN_WAIT src=10.0.0.2 dst=192.0.2.2 sport=4000 dport=80 src=192.0.2.2 dst=192.0.2.1 sport=80 dport=4000 [ASSURED]
 [UPDATE] tcp      6 60 CLOSE_WAIT src=10.0.0.2 dst=192.0.2.2 sport=4000 dport=80 src=192.0.2.2 dst=192.0.2.1 sport=80 dport=4000 [ASSURED]
 [UPDATE] tcp      6 30 LAST_ACK src=10.0.0.2 dst=192.0.2.2 sport=4000 dport=80 src=192.0.2.2 dst=192.0.2.1 sport=80 dport=4000 [ASSURED]
 [UPDATE] tcp      6 120 TIME_WAIT src=10.0.0.2 dst=192.0.2.2 sport=4000 dport=80 src=192.0.2.2 dst=192.0.2.1 sport=80 dport=4000 [ASSURED]
    [NEW] tcp      6 120 SYN_SENT src=10.0.0.2 dst=192.0.2.2 sport=4001 dport=81 [UNREPLIED] src=192.0.2.2 dst=192.0.2.1 sport=81 dport=4001
[DESTROY] tcp      6 119 CLOSE src=10.0.0.2 dst=192.0.2.2 sport=4001 dport=81 [UNREPLIED] src=192.0.2.2 dst=192.0.2.1 sport=81 dport=4001
[DESTROY] icmp     1 29 src=10.0.0.2 dst=192.0.2.2 type=8 code=0 id=N src=192.0.2.2 dst=192.0.2.1 type=0 code=0 id=N [USERSPACE] portid=N
[DESTROY] tcp      6 119 TIME_WAIT src=10.0.0.2 dst=192.0.2.2 sport=4000 dport=80 src=192.0.2.2 dst=192.0.2.1 sport=80 dport=4000 [ASSURED] [USERSPACE] portid=N
conntrack v1.4.7 (conntrack-tools): 13 flow events have been shown.
`,
  );
  expect(net.sh('router', 'cat /tmp/some')).toMatch(
    /^\[\d{10}\.\d{6}\]\t {4}\[NEW\] ipv4 {5}2 tcp {6}6 120 SYN_SENT src=[^\n]*\n\[\d+\.\d{6}\]\t\[DESTROY\] ipv4 {5}2 tcp {6}6 119 TIME_WAIT [^\n]*\n.*: 2 flow events have been shown\.\n$/,
  );
});

test('what is over is told within a second, without a time', () => {
  const net = routed();
  watched(net, '-e DESTROY -p udp --dport 53', 'gone');
  net.advance(0.1);
  net.sh('inside', 'echo x | nc -u -p 5000 -q 0 192.0.2.2 53; echo x | nc -u -p 5000 -q 0 192.0.2.2 54');
  net.advance(29);
  expect(net.sh('router', 'cat /tmp/gone')).toBe('');
  net.advance(2.5);
  expect(net.sh('router', 'cat /tmp/gone')).toBe(
    '[DESTROY] udp      17 src=10.0.0.2 dst=192.0.2.2 sport=5000 dport=53 [UNREPLIED] src=192.0.2.2 dst=192.0.2.1 sport=53 dport=5000\n',
  );
});

test('-S shows what the table has counted', () => {
  const net = routed();
  const none = 'search_restart=0 clash_resolve=0 chaintoolong=0 ';
  const idle = `found=0 invalid=0 insert=0 insert_failed=0 drop=0 early_drop=0 error=0 ${none}`;
  const [first, ...others] = net.sh('router', 'conntrack -S').trimEnd().split('\n');
  expect(first).toBe(`cpu=0   \t${idle}`);
  expect(others.every((line) => line.startsWith('cpu='))).toBe(true);
  net.sh('router', 'sysctl -qw net.netfilter.nf_conntrack_max=1');
  // One has its place, the second takes it, and who is assured keeps it from the next.
  net.sh('inside', 'ping -c 1 192.0.2.2; ping -c 1 192.0.2.2');
  net.world.host('outside').spawn({ argv: ['/bin/bash', '-c', 'nc -l -p 80 >/dev/null'] });
  net.advance(0.1);
  net.world.host('inside').spawn({ argv: ['/bin/bash', '-c', 'sleep 9 | nc 192.0.2.2 80'] });
  net.advance(0.1);
  net.sh('inside', 'ping -c 3 -i 0.2 -W 0.2 192.0.2.2');
  expect(net.sh('router', 'conntrack -S | head -1')).toBe(
    `cpu=0   \tfound=0 invalid=0 insert=0 insert_failed=0 drop=3 early_drop=2 error=0 ${none}\n`,
  );
});

test.each([
  ['conntrack -E -e FOO', "Bad parameter `FOO'"],
  ['conntrack -E -o foo', "Bad parameter `foo'"],
  ['conntrack -E -o id', 'the output "id" is not simulated'],
  ['conntrack -L -e NEW', "Illegal option `--event-mask' with this command"],
  ['conntrack -S -p tcp', "Illegal option `--protonum' with this command"],
])('%s is refused', (line, message) => {
  expect(routed().sh('router', line)).toBe(
    `conntrack v1.4.7 (conntrack-tools): ${message}\nTry \`conntrack -h' or 'conntrack --help' for more information.\n[2]\n`,
  );
});

test('only root may watch', () => {
  const net = routed();
  expect(net.sh('router', 'conntrack -E', 'student')).toBe(
    "mnl_socket_bind: Operation not permitted\nconntrack v1.4.7 (conntrack-tools): Can't open netlink socket\n[1]\n",
  );
  expect(net.sh('router', 'conntrack -S', 'student')).toBe(
    'conntrack v1.4.7 (conntrack-tools): Operation failed: sorry, you must be root or get CAP_NET_ADMIN capability to do this\n[1]\n',
  );
});
