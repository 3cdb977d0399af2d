/** Address translation and filters, set up by nft on a router between two hosts. */
import { expect, test } from 'vitest';
import { decodeUtf8 } from '../../../src/base/index.ts';
import { type NetworkWorld, networkWorld } from '../../support/networkWorld.ts';

/** `inside` knows the router as its way out; `outside` has no way back to the inside. */
function routed(): NetworkWorld {
  return networkWorld({
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
}

const MASQUERADE = `nft add table ip nat
nft 'add chain ip nat postrouting { type nat hook postrouting priority srcnat; }'
nft add rule ip nat postrouting ip saddr 10.0.0.0/24 oifname eth1 counter masquerade`;

test('without translation nothing comes back; with it the outside sees the router alone', () => {
  const { sh, world } = routed();
  expect(sh('inside', 'ping -c 1 -W 1 192.0.2.2')).toContain('1 packets transmitted, 0 received');
  expect(sh('router', MASQUERADE)).toBe('');
  let seen = '';
  world.host('outside').spawn({
    argv: ['/usr/bin/tcpdump', '-n', '-t', '-i', 'eth0', '-c', '1', 'icmp'],
    onOutput: (bytes) => {
      seen += decodeUtf8(bytes);
    },
  });
  expect(sh('inside', 'ping -c 2 -i 0.2 192.0.2.2')).toMatch(
    /64 bytes from 192\.0\.2\.2: icmp_seq=1 ttl=63 time=0\.\d+ ms\n(.*\n)*2 packets transmitted, 2 received/,
  );
  expect(seen).toMatch(/^IP 192\.0\.2\.1 > 192\.0\.2\.2: ICMP echo request, id \d+, seq 1, length 64$/m);
  // The first packet of a flow alone meets the rule.
  expect(sh('router', 'nft list chain nat postrouting')).toContain('counter packets 1 bytes 84 masquerade');
  expect(sh('router', 'cat /proc/sys/net/ipv4/ip_forward; echo 0 >/proc/sys/net/ipv4/ip_forward')).toBe(
    '1\n',
  );
  expect(sh('inside', 'ping -c 1 -W 1 192.0.2.2')).toContain('0 received');
});

test('a filter stops what it says, answers a rejected packet, and is gone when it is flushed', () => {
  const { sh } = routed();
  sh('router', MASQUERADE);
  sh(
    'router',
    `nft -f - <<'END'
table inet filter {
  chain forward {
    type filter hook forward priority 0; policy drop;
    ct state established,related accept
    icmp type echo-request ip daddr 192.0.2.2 limit rate 1/minute burst 1 packets accept
    ip protocol icmp reject with icmp admin-prohibited
  }
}
END`,
  );
  expect(sh('inside', 'ping -c 2 -i 0.2 192.0.2.2')).toContain('2 received');
  expect(sh('inside', 'ping -c 1 192.0.2.2')).toContain('From 10.0.0.1 icmp_seq=1 Packet filtered');
  expect(sh('router', 'nft delete table inet filter; nft list tables')).toBe('table ip nat\n');
  expect(sh('inside', 'ping -c 1 192.0.2.2')).toContain('1 received');
});

test('changes that come together are made together or not at all', () => {
  const { sh } = routed();
  const failed = sh(
    'router',
    "nft 'add table ip a; add chain ip a b; add rule ip a c drop'; nft list ruleset",
  );
  expect(failed).toBe(`Error: Could not process rule: No such file or directory
add table ip a; add chain ip a b; add rule ip a c drop
                                                ^
`);
  expect(sh('router', 'nft add table ip a; nft list ruleset', 'student')).toBe(
    `Error: Could not process rule: Operation not permitted
add table ip a
^^^^^^^^^^^^^^^
Operation not permitted (you must be root)
netlink: Error: cache initialization failed: Operation not permitted
[1]
`,
  );
});

test.each([
  ['nft add rule ip6 a b drop', 'nft: the family "ip6" is not simulated'],
  ['nft add map ip a b', 'nft: "add map" is not simulated'],
  ['nft -j list ruleset', 'nft: the option "-j" is not simulated'],
  ['nft add rule ip a b iiftype ether accept', 'nft: "iiftype" in rules is not simulated'],
  ['nft add rule ip a b tcp option maxseg size set 1400', 'nft: "tcp option" is not simulated'],
])('%s is refused', (line, message) => {
  expect(routed().sh('router', line)).toBe(`${message}\n[1]\n`);
});

test('iif and oif name devices that have to be there', () => {
  const net = routed();
  expect(
    net.sh(
      'router',
      `nft add table ip t
nft 'add chain ip t c { type filter hook input priority 0; }'
nft add rule ip t c iif lo accept
nft add rule ip t c oif != lo accept
nft add rule ip t c meta iif '{ lo, eth0 }' counter
nft add rule ip t c iif nosuch accept
ping -c 1 127.0.0.1 >/dev/null
nft list chain ip t c`,
    ),
  ).toBe(`Error: Interface does not exist
add rule ip t c iif nosuch accept
                    ^^^^^^
table ip t {
	chain c {
		type filter hook input priority filter; policy accept;
		iif "lo" accept
		oif != "lo" accept
		iif { "lo", "eth0" } counter packets 0 bytes 0
	}
}
`);
});
