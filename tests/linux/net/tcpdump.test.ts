/** Captures of a simulated host: what it writes, the real tcpdump reads, and filters let through the same frames in both. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { networkWorld } from '../../support/networkWorld.ts';

/** Expression → how many of the frames of `capture` it lets through. */
const FILTERS: readonly (readonly [string, number])[] = [
  ['', 24],
  ['arp', 2],
  ['ip', 22],
  ['icmp', 6],
  ['tcp', 13],
  ['udp', 3],
  ['tcp or udp', 16],
  ['not tcp', 11],
  ['! tcp and not arp', 9],
  ['port 80', 11],
  ['tcp port 80', 11],
  ['udp port 80', 0],
  ['dst port 80', 6],
  ['src port 80', 5],
  ['tcp dst port 81', 1],
  ['host 10.0.0.2', 24],
  ['src 10.0.0.1', 13],
  ['dst host 10.0.0.1', 11],
  ['src host 10.0.0.2 and icmp', 4],
  ['net 10.0.0.0/30', 24],
  ['dst net 192.0.2.0/24', 0],
  ['icmp or (udp and dst port 7777)', 9],
  ['ether host 02:00:00:00:00:02', 23],
  ['ether src 02:00:00:00:00:01', 13],
  ['ether dst ff:ff:ff:ff:ff:ff', 1],
  ['broadcast', 1],
  ['ether broadcast or port 7777', 4],
  ['multicast', 1],
  ['vlan', 0],
  ['tcp[tcpflags] & tcp-syn != 0', 3],
  ['tcp[13]&(tcp-syn|tcp-fin)!=0', 5],
  ['tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn', 2],
  ['icmp[0] == 8', 2],
  ['icmp[icmptype] = icmp-echoreply and greater 90', 2],
  ['icmp[icmptype] == icmp-unreach', 2],
  ['ip[2:2] > 60 and ip[8] <= 64', 4],
  ['ip[8] = 0x40 and ip[0] & 0xf == 05', 22],
  ['ether[0] & 1 = 1', 1],
  ['ip[2:2] - ((ip[0]&0xf)<<2) - ((tcp[12]&0xf0)>>2) != 0', 8],
  ['tcp and ip[2:2] - ((ip[0]&0xf)<<2) - ((tcp[12]&0xf0)>>2) != 0', 2],
  ['(ip[9] + 1) * 2 = 4', 6],
  ['len > 60 or len = 42', 12],
  ['length % 2 = 1', 0],
  ['not tcp[2000] = 1', 11],
  ['icmp[2000] = 1 or arp', 2],
  ['arp[7] = 1', 1],
  ['1 = 1', 24],
  ['portrange 79-81', 13],
  ['portrange 90-80 and tcp', 13],
  ['portrange http-https', 13],
  ['port http', 11],
  ['tcp port http', 11],
  ['port domain', 0],
  ['port 80 or 81', 13],
  ['port (80 or 81) and not src port 81', 12],
  ['src or dst port 80', 11],
  ['src and dst port 80', 0],
  ['src or dst 10.0.0.1', 24],
  ['src and dst host 10.0.0.1', 0],
  ['host 10.0.0.1 or 10.0.0.2', 24],
  ['host 10.0.0', 24],
  ['ip proto \\icmp', 6],
  ['ip proto 17', 3],
  ['proto \\tcp', 13],
  ['ip6 proto 58', 0],
  ['ether proto \\arp', 2],
  ['ether proto 0x800 and udp', 3],
  ['less 60', 14],
  ['greater 98', 4],
  ['net 10', 24],
  ['net 10.0', 24],
  ['net 10.0.0.0 mask 255.255.255.0', 24],
  ['src net 10 and dst net 192', 0],
  ['ip net 10', 22],
  ['arp host 10.0.0.2', 2],
  ['ip host 10.0.0.2 and !icmp', 16],
  ['ip multicast', 0],
  ['ether src or dst 02:00:00:00:00:01', 24],
  ['ether src 02:00:00:00:00:01 or 02:00:00:00:00:02', 24],
  ['ether host 2-0-0-0-0-1', 24],
  ['sctp or igmp or ip6 or rarp or icmp6 or ah or esp or pim or vrrp', 0],
  ['vlan 5 and ip', 0],
  ['icmp and not (ip[6:2] & 0x1fff != 0)', 6],
  ['tcp src port 80 and dst 10.0.0.1 && (ip[1] = 0 || arp)', 5],
];

/** What is wrong, as tcpdump says it. */
const WRONG: readonly (readonly [string, string])[] = [
  ['foo', "can't parse filter expression: syntax error"],
  ['10.0.0.1', "can't parse filter expression: syntax error"],
  ['10', "can't parse filter expression: syntax error"],
  ['len', "can't parse filter expression: syntax error"],
  ['less', "can't parse filter expression: syntax error"],
  ['(icmp or arp', "can't parse filter expression: syntax error"],
  ['icmp)', "can't parse filter expression: syntax error"],
  ['src', "can't parse filter expression: syntax error"],
  ['ip proto icmp', "can't parse filter expression: syntax error"],
  ['icmp[icmptype] icmp-echo', "can't parse filter expression: syntax error"],
  ['ether 02:00:00:00:00:01', "can't parse filter expression: syntax error"],
  ['10.0.0.300', "can't parse filter expression: syntax error"],
  ['src 10.0.0.1 port 80', "can't parse filter expression: syntax error"],
  ['tcp or 10.0.0.1', 'syntax error in filter expression'],
  ['host nosuch', "unknown host 'nosuch'"],
  ['net nosuch', "unknown network 'nosuch'"],
  ['net 10.0.0.1/24', 'non-network bits set in "10.0.0.1/24"'],
  ['host 10.0.0.1/24', 'non-network bits set in "10.0.0.1/24"'],
  ['net 10.0.0.0/33', 'mask length must be <= 32'],
  ['port foo', "unknown port 'foo'"],
  ['port 80-90', "unknown port '80-90'"],
  ['portrange foo-bar', "unknown port in range 'foo-bar'"],
  ['port 99999', 'illegal port number 99999 > 65535'],
  ['udp port http', "port 'http' is tcp"],
  ['ip port 80', "illegal qualifier of 'port'"],
  ['tcp host 10.0.0.1', "'tcp' modifier applied to host"],
  ['tcp net 10', "'tcp' modifier applied to net"],
  ['ip proto foo', "unknown ip proto 'foo'"],
  ['ether proto foo', "unknown ether proto 'foo'"],
  ['tcp proto 6', "'tcp proto' is bogus"],
  ['arp proto 1', 'arp does not encapsulate another protocol'],
  ['ether', 'link layer applied in wrong context'],
  ['ether host 10.0.0.1', 'illegal link layer address'],
  ['ip host 02:00:00:00:00:01', 'ethernet address used in non-ether expression'],
  ['ip[2:3] > 50', 'data size must be 1, 2, or 4'],
  ['tcp[13] / 0 = 1', 'division by zero'],
  ['vlan 5000', 'VLAN tag 5000 greater than maximum 4095'],
];

/** Options that change what is shown. */
const OPTIONS = [
  '',
  '-e',
  '-S',
  '-v',
  '-t',
  '-tt',
  '-ttt',
  '-tttt',
  '-ttttt',
  '-c 3',
  '-q',
  '-q -e',
  '-A',
  '-X',
  '-x',
  '-AA',
  '-XX',
  '-xx',
  '-q -X -c 9',
  '-v -A',
  '--count',
  '-s 0',
];

const script = `tcpdump -i eth0 -w cap.pcap 2>messages & sleep 0.05
ping -q -c 1 two >/dev/null; (echo hello; sleep 0.5) | nc -N two 80 >/dev/null; nc two 81
for i in 1 2 3; do echo $i | nc -u -q 0 two 7777; done; sleep 0.2
ping -q -c 1 two >/dev/null; kill -INT $!; wait; cat messages`;

function capture() {
  const made = networkWorld({
    hosts: ['one', 'two'].map((name, i) => ({
      name,
      network: {
        devices: [{ name: 'eth0', mac: `02:00:00:00:00:0${i + 1}`, addresses: [`10.0.0.${i + 1}/24`] }],
      },
      files: { '/etc/hosts': '10.0.0.1 one\n10.0.0.2 two\n' },
    })),
    cables: [{ between: ['one/eth0', 'two/eth0'] }],
  });
  made.world.host('two').spawn({ argv: ['/bin/bash', '-c', 'echo welcome | nc -l -N 80 & nc -u -l 7777'] });
  made.advance(0.1);
  const messages = made.sh('one', script);
  return { ...made, messages, bytes: made.world.host('one').view.readFile('/tmp/cap.pcap')! };
}

const made = capture();
const folder = mkdtempSync(join(tmpdir(), 'tcpdump-'));
const file = join(folder, 'cap.pcap');
writeFileSync(file, made.bytes);
afterAll(() => rmSync(folder, { recursive: true }));

/** What the real one prints; null when it is not there. */
function real(...args: readonly string[]): string | null {
  try {
    return execFileSync('tcpdump', ['-n', '-r', file, ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, TZ: 'UTC' },
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
const absent = real() === null;
const simulated = (options: string, expression: string) =>
  made.sh('one', `tcpdump -n -r cap.pcap ${options} '${expression}' 2>/dev/null`);

test('what was captured is told at the end', () => {
  expect(made.messages).toBe(`
tcpdump: listening on eth0, link-type EN10MB (Ethernet), snapshot length 262144 bytes
24 packets captured
24 packets received by filter
0 packets dropped by kernel
`);
});

test.each(FILTERS)('%s lets %i through', (expression, count) => {
  expect(simulated('', expression).split('\n').length - 1).toBe(count);
});

test.skipIf(absent)('the real tcpdump reads the file and prints the same, with each filter', () => {
  for (const options of OPTIONS)
    expect(simulated(options, ''), options).toBe(real(...options.split(' ').filter((each) => each !== '')));
  for (const [expression] of FILTERS)
    if (expression !== '') expect(simulated('', expression), expression).toBe(real(expression));
});

test.each(WRONG)('%s is wrong', (expression, message) => {
  expect(made.sh('one', `tcpdump -n -r cap.pcap '${expression}' 2>&1 >/dev/null | grep -v ^reading`)).toBe(
    `tcpdump: ${message}\n`,
  );
});

test.skipIf(absent)('the real tcpdump says the same of them', () => {
  for (const [expression, message] of WRONG) {
    const { stderr } = spawnSync('tcpdump', ['-n', '-r', file, expression], { encoding: 'utf8' });
    expect(stderr.replace(/^reading .*\n/m, ''), expression).toBe(`tcpdump: ${message}\n`);
  }
});

test.each([
  ['inbound', '"inbound"'],
  ['ip protochain 6', '"protochain"'],
  ['mpls', '"mpls"'],
  ['ip broadcast', '"ip broadcast"'],
  ['host fe80::1', 'the IPv6 address "fe80::1"'],
  ['ether proto 66', 'a protocol of LLC ("ether proto 66")'],
])('%s is refused by name', (expression, what) => {
  expect(made.sh('one', `tcpdump -r cap.pcap '${expression}'`)).toBe(
    `tcpdump: ${what} in filter expressions is not simulated\n[1]\n`,
  );
});

test('a host is found by its name, and a frame cut off by -s is no longer than that', () => {
  expect(simulated('', 'dst host two').split('\n').length - 1).toBe(13);
  expect(
    made.sh(
      'one',
      'tcpdump -i eth0 -s 60 -c 1 -w cut.pcap icmp 2>errors & sleep 0.1; ping -q -c 1 two >ping; wait; wc -c <cut.pcap',
    ),
  ).toBe(`${24 + 16 + 60}\n`);
  expect(made.sh('one', 'tcpdump -i eth0 -s 60')).toBe(
    'tcpdump: -s without -w, showing frames that are cut off, is not simulated\n[1]\n',
  );
});

test('what is read back from a file with frames cut off are their lengths on the wire, not the frames', () => {
  made.sh(
    'one',
    'tcpdump -i eth0 -s 60 -c 2 -w short.pcap icmp or arp 2>errors & sleep 0.1; ip neigh flush all; ping -q -c 1 two >ping; wait',
  );
  const read = (words: string) => made.sh('one', `tcpdump -n -r short.pcap ${words}`);
  const head = 'reading from file short.pcap, link-type EN10MB (Ethernet), snapshot length 60\n';
  expect(read('--count greater 98')).toBe(`${head}0 packets\n`);
  expect(read('-t arp')).toBe(
    `${head}ARP, Request who-has 10.0.0.2 tell 10.0.0.1, length 28
ARP, Reply 10.0.0.2 is-at 02:00:00:00:00:02, length 28
`,
  );
  expect(made.sh('one', 'tcpdump -e -r cut.pcap')).toBe(
    `reading from file cut.pcap, link-type EN10MB (Ethernet), snapshot length 60
tcpdump: showing frames that are cut off is not simulated
[1]
`,
  );
  expect(made.sh('one', 'tcpdump -r cut.pcap --count greater 98 2>errors')).toBe('1 packet\n');
});

test('the devices are listed as the real one lists them', () => {
  const set = 'ip link add b0 type bridge; ip link add v0 type veth peer name v1; ip link set v0 up';
  expect(
    made.sh('one', `${set}; tcpdump -D; ip link set lo down; tcpdump -D | tail -1; ip link set lo up`),
  ).toBe(`\
1.eth0 [Up, Running, Connected]
2.any (Pseudo-device that captures on all interfaces) [Up, Running]
3.lo [Up, Running, Loopback]
4.v0 [Up, Disconnected]
5.b0 [none, Disconnected]
6.v1 [none, Disconnected]
6.v1 [none, Disconnected]
`);
});

test.each([
  ['tcpdump -s x', 'tcpdump: invalid snaplen x (must be >= 0 and <= 262144)\n[1]\n'],
  ['tcpdump -tttttt', 'tcpdump: only -t, -tt, -ttt, -tttt and -ttttt are supported\n[1]\n'],
  ['tcpdump -i nosuch', 'tcpdump: nosuch: No such device exists\n(No such device exists)\n[1]\n'],
  ['tcpdump -r cap.pcap foo bar', "tcpdump: can't parse filter expression: syntax error\n[1]\n"],
  ['tcpdump -r nosuch', 'tcpdump: nosuch: No such file or directory\n[1]\n'],
  ['tcpdump -i eth0 -c x', 'tcpdump: invalid packet count x\n[1]\n'],
  ['echo this is no capture file at all >f; tcpdump -r f', 'tcpdump: unknown file format\n[1]\n'],
])('%s', (line, answer) => {
  expect(made.sh('one', line)).toBe(answer);
});
