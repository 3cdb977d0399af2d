/** conntrack tells what the packet filter knows of connections, in the real tool's words (conntrack-tools 1.4.7, kernel 6). */
import { expect, test } from 'vitest';
import { httpServer } from '../../support/httpServer.ts';
import { type NetworkWorld, networkWorld } from '../../support/networkWorld.ts';

/** A router that publishes a port of `inside`, and masquerades. */
function routed(): NetworkWorld {
  const net = networkWorld({
    hosts: [
      {
        name: 'inside',
        network: {
          devices: [{ name: 'eth0', addresses: ['10.0.0.2/24'] }],
          routes: [{ to: 'default', via: '10.0.0.1' }],
        },
        programs: new Map([['http-server', httpServer]]),
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
  net.world.host('inside').spawn({ argv: ['/usr/local/bin/http-server', '80'] });
  net.sh(
    'router',
    `iptables -t nat -A POSTROUTING -s 10.0.0.0/24 -o eth1 -j MASQUERADE
iptables -t nat -A PREROUTING -i eth1 -p tcp --dport 8080 -j DNAT --to-destination 10.0.0.2:80`,
  );
  return net;
}

/** Both outputs, and identifiers of pings as N. */
const seen = ({ sh }: NetworkWorld, line: string) => sh('router', line).replace(/id=\d+/g, 'id=N');

test('a ping from behind a router, an unanswered datagram, and a connection to a published port', () => {
  const net = routed();
  expect(seen(net, 'conntrack -L; conntrack -C')).toBe(
    'conntrack v1.4.7 (conntrack-tools): 0 flow entries have been shown.\n0\n',
  );
  net.sh('inside', 'ping -c 1 192.0.2.2; echo x | nc -u -p 5000 -q 0 192.0.2.2 53');
  net.world.host('outside').spawn({ argv: ['/bin/bash', '-c', 'sleep 5 | nc -N -p 4000 192.0.2.1 8080'] });
  net.advance(0.2);
  const icmp =
    'src=10.0.0.2 dst=192.0.2.2 type=8 code=0 id=N src=192.0.2.2 dst=192.0.2.1 type=0 code=0 id=N mark=0 use=1';
  const udp =
    'src=10.0.0.2 dst=192.0.2.2 sport=5000 dport=53 [UNREPLIED] src=192.0.2.2 dst=192.0.2.1 sport=53 dport=5000 mark=0 use=1';
  const tcp =
    'src=192.0.2.2 dst=192.0.2.1 sport=4000 dport=8080 src=10.0.0.2 dst=192.0.2.2 sport=80 dport=4000 [ASSURED] mark=0 use=1';
  const shown = (count: number) =>
    `conntrack v1.4.7 (conntrack-tools): ${count} flow entries have been shown.\n`;
  expect(seen(net, 'conntrack -L')).toBe(
    `icmp     1 29 ${icmp}\nudp      17 29 ${udp}\ntcp      6 431999 ESTABLISHED ${tcp}\n${shown(3)}`,
  );
  expect(seen(net, 'conntrack -L -p tcp --dport 8080 --state ESTABLISHED -o extended')).toBe(
    `ipv4     2 tcp      6 431999 ESTABLISHED ${tcp}\n${shown(1)}`,
  );
  expect(seen(net, 'conntrack -L -g 2>/dev/null')).toBe(`tcp      6 431999 ESTABLISHED ${tcp}\n`);
  expect(seen(net, 'conntrack -L --src-nat 2>/dev/null | wc -l')).toBe('2\n');
  expect(seen(net, 'conntrack -L -u ASSURED -r 10.0.0.2 -q 192.0.2.2; conntrack -L -d 1.1.1.1')).toBe(
    `tcp      6 431999 ESTABLISHED ${tcp}\n${shown(1)}${shown(0)}`,
  );
  expect(seen(net, 'conntrack -C')).toBe('3\n');
  net.advance(31);
  // What is silent is forgotten; the connection was closed meanwhile.
  expect(seen(net, 'conntrack -L')).toMatch(/^tcp {6}6 \d+ TIME_WAIT src=192\.0\.2\.2 [^\n]*\n.*1 flow/);
});

test('a connection that is forgotten loses its translation', () => {
  const net = routed();
  net.world.host('inside').spawn({ argv: ['/bin/bash', '-c', 'ping -i 0.5 192.0.2.2 >/tmp/out'] });
  net.advance(1.2);
  expect(seen(net, 'conntrack -D -p icmp')).toMatch(
    /^icmp {5}1 29 .*\n.*: 1 flow entries have been deleted\.\n$/,
  );
  expect(seen(net, 'conntrack -D -p tcp')).toBe(
    'conntrack v1.4.7 (conntrack-tools): 0 flow entries have been deleted.\n[1]\n',
  );
  net.advance(1);
  // The next packet is a new flow's first, and asks the rules.
  expect(seen(net, 'iptables -t nat -nvL POSTROUTING | tail -1')).toContain('    2   168 MASQUERADE');
  expect(seen(net, 'conntrack -F; conntrack -C')).toBe(
    'conntrack v1.4.7 (conntrack-tools): connection tracking table has been emptied.\n0\n',
  );
});

/** Recorded from Linux 6.18, in a network namespace of its own. */
test('a connection that is refused is forgotten at once; one that breaks later is closed for ten seconds', () => {
  const net = routed();
  net.sh(
    'router',
    `nft 'add table ip t; add chain ip t f { type filter hook forward priority 0; }'
for state in invalid new established; do nft add rule ip t f ct state $state counter; done`,
  );
  net.sh('inside', 'nc -w 1 192.0.2.2 81');
  expect(seen(net, 'conntrack -L')).toBe(
    'conntrack v1.4.7 (conntrack-tools): 0 flow entries have been shown.\n',
  );
  expect(seen(net, 'nft list chain ip t f | grep -o "state.*"')).toBe(`\
state invalid counter packets 0 bytes 0
state new counter packets 1 bytes 48
state established counter packets 1 bytes 40
`);
  net.world.host('outside').spawn({ argv: ['/bin/bash', '-c', 'nc -l -p 82 | sleep 0.5'] });
  net.advance(0.1);
  net.sh('inside', 'head -c 3000000 /dev/zero | nc -w 1 192.0.2.2 82');
  expect(seen(net, 'conntrack -L -o extended')).toMatch(/^ipv4 {5}2 tcp {6}6 \d CLOSE .*\n.* 1 flow/);
});

test('what ends a connection that nobody has seen begin is invalid', () => {
  const net = routed();
  net.world.host('outside').spawn({ argv: ['/bin/bash', '-c', 'nc -l -p 83 >/dev/null'] });
  net.advance(0.1);
  net.world.host('inside').spawn({ argv: ['/bin/bash', '-c', 'sleep 1 | nc -N 192.0.2.2 83'] });
  net.advance(0.5);
  net.sh(
    'router',
    `nft 'add table ip t; add chain ip t f { type filter hook forward priority 0; }'
nft add rule ip t f ct state invalid counter; conntrack -F`,
  );
  net.advance(0.6);
  expect(seen(net, 'conntrack -C')).toBe('0\n');
  expect(seen(net, 'nft list chain ip t f')).toMatch(/invalid counter packets [1-9]/);
});

test.each([
  ['conntrack -L -p foo', "`foo' unsupported protocol"],
  ['conntrack -L --dport 5', "unknown option `--dport'"],
  ['conntrack -L expect', 'the table "expect" is not simulated'],
  ['conntrack -L -o xml', 'the output "xml" is not simulated'],
  ['conntrack -L -D', "Can't use -D with -L"],
])('%s is refused', (line, message) => {
  expect(routed().sh('router', line)).toBe(
    `conntrack v1.4.7 (conntrack-tools): ${message}\nTry \`conntrack -h' or 'conntrack --help' for more information.\n[2]\n`,
  );
});

test('only root may ask', () => {
  expect(routed().sh('router', 'conntrack -L', 'student')).toBe(
    'conntrack v1.4.7 (conntrack-tools): Operation failed: Operation not permitted\n[1]\n',
  );
});

test('/proc/net/nf_conntrack and the sysctls of the table', () => {
  const net = routed();
  net.sh('inside', 'ping -c 1 192.0.2.2');
  expect(seen(net, 'cat /proc/net/nf_conntrack')).toMatch(
    /^ipv4 {5}2 icmp {5}1 \d+ src=10.0.0.2 dst=192.0.2.2 type=8 code=0 id=N src=192.0.2.2 dst=192.0.2.1 type=0 code=0 id=N mark=0 zone=0 use=2\n$/,
  );
  expect(seen(net, 'sysctl net.netfilter.nf_conntrack_count net.netfilter.nf_conntrack_max')).toBe(
    'net.netfilter.nf_conntrack_count = 1\nnet.netfilter.nf_conntrack_max = 262144\n',
  );
  // What is one for all is the host's to change.
  expect(
    seen(
      net,
      'unshare -n sysctl -w net.netfilter.nf_conntrack_max=5; sysctl -n net.netfilter.nf_conntrack_max',
    ),
  ).toBe('sysctl: permission denied on key "net.netfilter.nf_conntrack_max"\n262144\n');
  expect(
    seen(
      net,
      `sysctl -qw net.netfilter.nf_conntrack_max=7
unshare -n bash -c 'iptables -t nat -A POSTROUTING -j MASQUERADE; sysctl -n net.netfilter.nf_conntrack_max'`,
    ),
  ).toBe('7\n');
  expect(net.sh('outside', 'sysctl net.netfilter.nf_conntrack_max')).toContain('No such file or directory');
  expect(
    seen(
      net,
      'echo "net.ipv4.ip_forward = 0" >s; sysctl -p s; sysctl -qw net.ipv4.ip_forward=1; sysctl -a | grep ip_f',
    ),
  ).toBe('net.ipv4.ip_forward = 0\nnet.ipv4.ip_forward = 1\n');
});

test('a full table drops new connections, and the kernel says so', () => {
  const net = routed();
  net.sh('router', 'sysctl -w net.netfilter.nf_conntrack_max=1');
  net.world.host('outside').spawn({ argv: ['/bin/bash', '-c', 'sleep 5 | nc -p 4000 192.0.2.1 8080'] });
  net.advance(1);
  expect(net.sh('inside', 'ping -c 1 -W 1 192.0.2.2')).toContain('100% packet loss');
  expect(net.sh('router', 'dmesg | tail -1')).toMatch(
    /^\[ +\d+\.\d+\] nf_conntrack: nf_conntrack: table full, dropping packet\n$/,
  );
});

test('what a rule logs is in the kernel’s log, of the host’s own namespace alone', () => {
  const net = routed();
  net.sh(
    'router',
    `iptables -A FORWARD -p icmp -j LOG --log-prefix "ping: "
iptables -A INPUT -p tcp --dport 22 -j LOG
unshare -n bash -c 'ip link set lo up; iptables -A INPUT -j LOG; ping -c 1 127.0.0.1'`,
  );
  net.sh('inside', 'ping -c 1 192.0.2.2');
  net.sh('outside', 'nc -w 1 192.0.2.1 22; sleep 0.1');
  const lines = net
    .sh('router', 'dmesg')
    .replace(/^\[ +\d+\.\d+\] /gm, '')
    .replace(/ID=\d+/g, 'ID=N');
  expect(lines).toMatch(
    /^ping: IN=eth0 OUT=eth1 SRC=10.0.0.2 DST=192.0.2.2 LEN=84 TOS=0x00 PREC=0x00 TTL=63 ID=N (DF )?PROTO=ICMP TYPE=8 CODE=0 ID=N SEQ=1 $/m,
  );
  expect(lines).toMatch(
    /^IN=eth1 OUT= SRC=192.0.2.2 DST=192.0.2.1 LEN=\d+ TOS=0x00 PREC=0x00 TTL=64 ID=N DF PROTO=TCP SPT=\d+ DPT=22 WINDOW=64240 RES=0x00 SYN URGP=0 $/m,
  );
  expect(lines).not.toContain('IN=lo');
});
