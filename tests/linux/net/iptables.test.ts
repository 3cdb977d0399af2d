/** iptables prints what the real one prints, and nft shows its rules as the real one does. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { httpServer } from '../../support/httpServer.ts';
import { IPTABLES_CASES } from '../../support/iptablesCases.ts';
import { answersOf, askReal, scriptOf } from '../../support/networkTools.ts';
import { networkWorld } from '../../support/networkWorld.ts';

const FILE = new URL('recordedIptables.json', import.meta.url);
const names = Object.keys(IPTABLES_CASES);

/** Null: iptables 1.8.9 is not there. */
function askRealIptables(lines: readonly string[]): string[] | null {
  try {
    const version = execFileSync('iptables', ['--version'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return version.startsWith('iptables v1.8.9 (nf_tables)') ? askReal(lines) : null;
  } catch {
    return null;
  }
}

/** VIRTBOOK_RECORD=1 writes the recording anew. */
if (process.env['VIRTBOOK_RECORD'] !== undefined) {
  const all = names.map((name) => [name, askRealIptables(IPTABLES_CASES[name]!)]);
  writeFileSync(FILE, `${JSON.stringify(Object.fromEntries(all), null, 2)}\n`);
}
const recorded: Readonly<Record<string, string[]>> = JSON.parse(readFileSync(FILE, 'utf8'));

const paired = (lines: readonly string[], answers: readonly string[]) =>
  lines.map((line, i) => `$ ${line}\n${answers[i]}`);

describe.each(names)('%s', (name) => {
  const lines = IPTABLES_CASES[name]!;

  test('a simulated host says what was recorded', () => {
    const { sh } = networkWorld({ hosts: [{ name: 'one', network: {} }] });
    expect(paired(lines, answersOf(sh('one', scriptOf(lines))))).toEqual(paired(lines, recorded[name]!));
  });

  const real = askRealIptables(lines);
  test.skipIf(real === null)('the recording is what iptables 1.8.9 and nftables 1.0.6 say', () => {
    expect(paired(lines, real!)).toEqual(paired(lines, recorded[name]!));
  });
});

test('a published port, masquerading, and what the rules have counted', () => {
  const { sh, world, advance } = networkWorld({
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
  world.host('inside').spawn({ argv: ['/usr/local/bin/http-server', '80'] });
  advance(0.1);
  expect(
    sh(
      'router',
      `iptables -P FORWARD DROP
iptables -A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
iptables -A FORWARD -i eth0 -o eth1 -j ACCEPT
iptables -t nat -A POSTROUTING -s 10.0.0.0/24 -o eth1 -j MASQUERADE
iptables -t nat -A PREROUTING -d 192.0.2.1 -p tcp --dport 8080 -j DNAT --to-destination 10.0.0.2:80`,
    ),
  ).toBe('');
  expect(sh('inside', 'ping -c 2 -i 0.2 192.0.2.2')).toContain('2 received');
  expect(sh('outside', 'curl -s -m 1 192.0.2.1:8080; echo $?')).toBe('28\n');
  sh('router', 'iptables -I FORWARD 2 -d 10.0.0.2 -p tcp --dport 80 -m conntrack --ctstate DNAT -j ACCEPT');
  expect(sh('outside', 'curl -s 192.0.2.1:8080')).toBe('hello\n');
  expect(sh('router', 'iptables -t nat -nvL POSTROUTING')).toBe(
    `Chain POSTROUTING (policy ACCEPT 1 packets, 48 bytes)
 pkts bytes target     prot opt in     out     source               destination         
    1    84 MASQUERADE  0    --  *      eth1    10.0.0.0/24          0.0.0.0/0           
`,
  );
  expect(sh('router', 'iptables -Z; iptables -S FORWARD -v; iptables -L -v', 'student')).toContain(
    'Could not fetch rule set generation id: Permission denied (you must be root)\n[4]',
  );
});

test.each([
  ['iptables -A INPUT -m recent --set -j ACCEPT', 'the match "recent" is not simulated'],
  ['iptables -A INPUT -j NFLOG', 'the target "NFLOG" is not simulated'],
  ['iptables -6 -L', 'IPv6 is not simulated'],
])('%s is refused', (line, message) => {
  const { sh } = networkWorld({ hosts: [{ name: 'one', network: {} }] });
  expect(sh('one', line)).toBe(`iptables v1.8.9 (nf_tables): ${message}
Try \`iptables -h' or 'iptables --help' for more information.
[2]
`);
});

test("rules that others made with nft are shown in iptables' words, as far as it has some", () => {
  const { sh } = networkWorld({ hosts: [{ name: 'one', network: {} }] });
  sh(
    'one',
    `iptables -P INPUT ACCEPT
nft add rule ip filter INPUT iifname eth0 ip saddr 10.0.0.0/8 tcp dport 22 counter accept`,
  );
  expect(sh('one', 'iptables -S INPUT')).toBe(
    '-P INPUT ACCEPT\n-A INPUT -s 10.0.0.0/8 -i eth0 -p tcp -m tcp --dport 22 -j ACCEPT\n',
  );
  sh('one', "nft add rule ip filter INPUT ip saddr '{ 10.0.0.1, 10.0.0.2 }' accept");
  expect(sh('one', 'iptables -L INPUT')).toBe(
    "iptables v1.8.9 (nf_tables): table `filter' is incompatible, use 'nft' tool.\n[1]\n",
  );
});
