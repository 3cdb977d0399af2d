/** Captures of a simulated host: what it writes, the real tcpdump reads, and filters let through the same frames in both. */
import { execFileSync } from 'node:child_process';
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
  for (const options of ['', '-e', '-S', '-v', '-t', '-tt', '-c 3'])
    expect(simulated(options, ''), options).toBe(real(...options.split(' ').filter((each) => each !== '')));
  for (const [expression] of FILTERS)
    if (expression !== '') expect(simulated('', expression), expression).toBe(real(expression));
});

test.each([
  ['tcpdump -i nosuch', 'tcpdump: nosuch: No such device exists\n(No such device exists)\n[1]\n'],
  ['tcpdump -r cap.pcap foo bar', "tcpdump: can't parse filter expression: syntax error\n[1]\n"],
  ['tcpdump -r nosuch', 'tcpdump: nosuch: No such file or directory\n[1]\n'],
  ['tcpdump -i eth0 -c x', 'tcpdump: invalid packet count x\n[1]\n'],
  ['echo this is no capture file at all >f; tcpdump -r f', 'tcpdump: unknown file format\n[1]\n'],
])('%s', (line, answer) => {
  expect(made.sh('one', line)).toBe(answer);
});
