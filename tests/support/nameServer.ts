/** A name server with one zone and its reverse, as a program of a simulated host and (realNameServer.py) as a process with the same answers. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Program, sys } from '../../src/linux/index.ts';
import {
  answerFrom,
  type DnsData,
  type DnsMessage,
  type DnsRecord,
  dnsDatagram,
  dnsReply,
  dnsTypeNumber,
  parseDns,
  type Zone,
} from '../../src/network/index.ts';

const record = (name: string, ttl: number, data: DnsData): DnsRecord => ({ name, ttl, data });
const soa = (origin: string): DnsRecord =>
  record(origin, 3600, {
    type: 'SOA',
    primary: 'ns.example.test',
    mailbox: 'admin.example.test',
    serial: 2026,
    refresh: 7200,
    retry: 900,
    expire: 1_209_600,
    minimum: 300,
  });

const ZONES: readonly Zone[] = [
  {
    origin: 'example.test',
    records: [
      soa('example.test'),
      record('example.test', 3600, { type: 'NS', target: 'ns.example.test' }),
      record('example.test', 3600, { type: 'MX', preference: 10, target: 'mail.example.test' }),
      record('example.test', 3600, { type: 'MX', preference: 20, target: 'backup.example.test' }),
      record('example.test', 60, { type: 'TXT', texts: ['v=spf1 -all'] }),
      record('example.test', 60, { type: 'TXT', texts: ['say "yes"', 'and; more'] }),
      record('example.test', 300, { type: 'A', address: 0x0a000001 }),
      record('ns.example.test', 300, { type: 'A', address: 0x0a000001 }),
      record('web.example.test', 60, { type: 'A', address: 0x0a000001 }),
      record('web.example.test', 60, { type: 'A', address: 0x0a000009 }),
      record('www.example.test', 60, { type: 'CNAME', target: 'web.example.test' }),
      record('a-rather-long-name.example.test', 86_400, { type: 'A', address: 0x0a000007 }),
      record('six.example.test', 60, {
        type: 'AAAA',
        bytes: Uint8Array.from([0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
      }),
    ],
  },
  {
    origin: '0.0.10.in-addr.arpa',
    records: [
      soa('0.0.10.in-addr.arpa'),
      record('1.0.0.10.in-addr.arpa', 60, { type: 'PTR', target: 'web.example.test' }),
    ],
  },
];

/** What is not answered at all. */
const SILENT = 'silent.example.test';

function answer(query: DnsMessage): Uint8Array | null {
  if (query.questions[0]?.name.toLowerCase() === SILENT) return null;
  // What others ask for from elsewhere is refused.
  return dnsDatagram(answerFrom(ZONES, query) ?? dnsReply(query, 'REFUSED', {}));
}

/** `name-server ADDRESS` */
export const nameServer: Program = function* ({ argv }) {
  const fd = yield* sys.socket({ family: 'inet', type: 'dgram' });
  const address = argv[1]!.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  yield* sys.bind(fd, { family: 'inet', address, port: 53 });
  for (;;) {
    const { data, from } = yield* sys.recvmsg(fd, 4096);
    const query = parseDns(data);
    const bytes = query === null ? null : answer({ ...query, additionals: [] });
    if (bytes !== null) yield* sys.sendto(fd, bytes, from);
  }
};

const NAMES =
  `example.test web.example.test www.example.test ns.example.test nope.example.test a-rather-long-name.example.test six.example.test
1.0.0.10.in-addr.arpa 8.0.0.10.in-addr.arpa other.org web localhost host nosuch`.split(/\s+/);
const TYPES = ['A', 'NS', 'CNAME', 'SOA', 'PTR', 'MX', 'TXT', 'AAAA', 'ANY'] as const;

/** All answers, for the process. */
function answerTable(): Readonly<Record<string, string>> {
  const table: Record<string, string> = {};
  for (const name of [...NAMES, ''])
    for (const type of TYPES) {
      const number = dnsTypeNumber(type);
      const query: DnsMessage = {
        ...dnsReply({ questions: [{ name, type: number }] } as unknown as DnsMessage, 'NOERROR', {}),
        id: 0,
        response: false,
        opcode: 0,
        recursionDesired: true,
      };
      const bytes = answer(query);
      if (bytes !== null) table[`${name} ${number}`] = Buffer.from(bytes).toString('hex');
    }
  return table;
}

export const HOSTS = '127.0.0.1 localhost\n10.0.0.1 web.test\n10.0.0.5 five five.local\n';
export const RESOLV = 'nameserver 10.0.0.1\nsearch example.test\noptions timeout:1 attempts:1\n';
const SERVER = fileURLToPath(new URL('realNameServer.py', import.meta.url));

/** What the real tools answer in a network namespace of its own with such a server; null where that cannot be. */
export function askRealNames(script: string): string | null {
  const dir = mkdtempSync(join(tmpdir(), 'virtbook-names-'));
  try {
    writeFileSync(join(dir, 'table.json'), JSON.stringify(answerTable()));
    writeFileSync(join(dir, 'hosts'), HOSTS);
    writeFileSync(join(dir, 'resolv'), RESOLV);
    const setup = `for each in all default; do echo 1 >/proc/sys/net/ipv6/conf/$each/disable_ipv6; done
ip link set lo up; ip addr add 10.0.0.1/24 dev lo
mount --bind ${dir}/hosts /etc/hosts; mount --bind ${dir}/resolv /etc/resolv.conf
python3 ${SERVER} ${dir}/table.json 10.0.0.1 &
until dig +short +time=1 +tries=1 web.example.test | grep -qx 10.0.0.1; do sleep 0.05; done
dig -v 2>&1`;
    const output = execFileSync('unshare', ['-n', '-m', 'bash', '-c', `${setup}\n${script}\nkill %1`], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 40_000,
    });
    return /^DiG 9\.18\./.test(output) ? output : null;
  } catch {
    return null;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Numbers of messages and times differ each time; the tools' version is the distribution's. */
export function withoutTimes(output: string): string {
  return output
    .replace(/DiG 9\.18\.\S+/g, 'DiG 9.18')
    .replace(/, id: \d+/g, ', id: N')
    .replace(/Query time: \d+ msec/g, 'Query time: N msec')
    .replace(/^;; WHEN: .* UTC \d+$/gm, ';; WHEN: …')
    .replace(/in \d+ ms\.$/gm, 'in N ms.');
}
