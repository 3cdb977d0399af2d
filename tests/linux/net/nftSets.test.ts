/** What packets meet in a set with a name, and how its elements are forgotten. */
import { expect, test } from 'vitest';
import { twoHosts } from '../../support/twoHosts.ts';

const two = () => twoHosts(['one', 'two'], { more: ['10.0.0.77/24'] });

test('a set of blocked addresses changes without its rule, and forgets in time', () => {
  const net = two();
  const ping = (from = '10.0.0.2') =>
    net.sh('two', `ping -q -c 1 -W 0.2 -I ${from} 10.0.0.1 >/dev/null && echo answered || echo silence`);
  net.sh(
    'one',
    `nft 'table ip f { set bad { type ipv4_addr; flags interval, timeout; };
      set ways { type ifname; elements = { "eth0" }; };
      chain i { type filter hook input priority 0; ip saddr @bad counter drop; iifname != @ways drop; }; }'`,
  );
  expect(ping()).toBe('answered\n');
  net.sh('one', "nft 'add element f bad { 10.0.0.64/26, 10.0.0.2 timeout 10s }'");
  expect([ping(), ping('10.0.0.77')]).toEqual(['silence\n', 'silence\n']);
  expect(net.sh('one', 'nft list set f bad | grep elements; nft list chain f i | grep bad')).toMatch(
    /elements = \{ 10\.0\.0\.2 timeout 10s expires 9s\d+ms, 10\.0\.0\.64\/26 \}\n\t\tip saddr @bad counter packets 2 bytes 168 drop\n/,
  );
  net.advance(10);
  expect([ping(), ping('10.0.0.77')]).toEqual(['answered\n', 'silence\n']);
  net.sh('one', "nft 'delete element f bad { 10.0.0.64/26 }'; nft 'add element f bad { 10.0.0.2 }'");
  expect([ping(), ping('10.0.0.77')]).toEqual(['silence\n', 'answered\n']);
  net.sh('one', "nft 'flush set f bad; delete element f ways { eth0 }'");
  expect([ping(), ping('10.0.0.77')]).toEqual(['silence\n', 'silence\n']);
});

test('all changes of a file are made or none, also of sets; what was listed can be read again', () => {
  const { sh } = two();
  sh(
    'one',
    "nft 'table ip f { set s { type inet_service; elements = { 22, 80 }; }; chain c { tcp dport @s accept; }; }'",
  );
  expect(
    sh(
      'one',
      "nft 'add element f s { 443 }; delete element f s { 22 }; add element f s { 8080 timeout 5s }'",
    ),
  ).toContain('Could not process rule: Invalid argument');
  expect(sh('one', 'nft list set f s | grep elements')).toBe('\t\telements = { 22, 80 }\n');
  expect(
    sh('one', 'nft list ruleset >/tmp/a; nft flush ruleset; nft -f /tmp/a; nft list ruleset | diff /tmp/a -'),
  ).toBe('');
});

test.each([
  ["nft 'add set ip t s { typeof ip saddr; }'", '"typeof" of a set'],
  ["nft 'add set ip t s { type ipv6_addr; }'", 'the type "ipv6_addr"'],
  ["nft 'add set ip t s { type ipv4_addr . inet_service; }'", 'a set of several types'],
  ["nft 'add set ip t s { type ipv4_addr; flags dynamic; }'", 'the flag "dynamic"'],
  ["nft 'add map ip t m { type ipv4_addr : verdict; }'", '"add map"'],
  ["nft 'get element t s { 1.1.1.1 }'", '"get"'],
])('%s is refused by name', (line, what) => {
  expect(two().sh('one', line)).toBe(`nft: ${what} is not simulated\n[1]\n`);
});

test('a device’s name may end in *, a size of 0 is none, and times may be long', () => {
  const { sh } = two();
  sh(
    'one',
    `nft 'table ip f { set w { type ifname; flags interval; elements = { lo, "eth*" }; }; chain c { type filter hook input priority 0; iifname @w counter; }; }'`,
  );
  sh('one', 'ping -c 1 10.0.0.2');
  expect(sh('one', 'nft list chain ip f c | grep -o "packets [0-9]*"')).toBe('packets 1\n');
  expect(sh('one', 'nft list set ip f w | grep -A 1 elements')).toBe(
    '\t\telements = { "eth*",\n\t\t\t     "lo" }\n',
  );
  expect(
    sh(
      'one',
      "nft 'add set ip f z { type ipv4_addr; size 0; timeout 365d; }; add element ip f z { 1.1.1.1 }'; nft list set ip f z | grep -c 'size\\|365d'",
    ),
  ).toBe('1\n');
  expect(sh('one', "nft 'add element ip f z { 10.0.0.0/33 }'").split('\n')[0]).toBe(
    'Error: Prefix length 33 is invalid for type of 32 bits width',
  );
});
