/** Sockets in /proc/net, and ss -s: what Linux 6.18 and iproute2 6.1 showed of the same session, but for numbers of its own. */
import { expect, test } from 'vitest';
import { encodeUtf8 } from '../../../src/base/index.ts';
import { type Program, readFile, sys, writeAll } from '../../../src/linux/index.ts';
import { networkWorld } from '../../support/networkWorld.ts';

const at = (port: number, address = 0x7f000001) => ({ family: 'inet', address, port }) as const;

/** Opens sockets of all kinds, and shows what the files named by its arguments say. */
const session: Program = function* ({ argv }) {
  const server = yield* sys.socket({ family: 'inet', type: 'stream' });
  yield* sys.bind(server, at(80));
  yield* sys.listen(server, 5);
  const clients = [0, 0];
  for (const i of clients.keys()) {
    clients[i] = yield* sys.socket({ family: 'inet', type: 'stream' });
    yield* sys.connect(clients[i]!, at(80));
  }
  yield* sys.accept(server);
  yield* sys.sendto(clients[1]!, encodeUtf8('hello'), null);
  const named = yield* sys.socket({ family: 'inet', type: 'dgram' });
  yield* sys.bind(named, at(53, 0));
  const sender = yield* sys.socket({ family: 'inet', type: 'dgram' });
  yield* sys.connect(sender, at(53));
  yield* sys.sendto(sender, encodeUtf8('abc'), null);
  yield* sys.socket({ family: 'inet', type: 'raw', protocol: 1 });
  // What is under way by now is not its own.
  yield* sys.nanosleep(1e6);
  yield* sys.socket({ family: 'packet', type: 'raw', protocol: 3 });
  const unix = yield* sys.socket();
  yield* sys.bind(unix, '/tmp/listener');
  yield* sys.listen(unix, 3);
  yield* sys.connect(yield* sys.socket(), '/tmp/listener');
  yield* sys.accept(unix);
  yield* sys.connect(yield* sys.socket(), '/tmp/listener');
  yield* sys.bind(yield* sys.socket(), '\0abstract');
  yield* sys.socketpair();
  for (const name of argv.slice(1)) yield* writeAll(1, yield* readFile(`/proc/net/${name}`));
  const seconds = 100;
  yield* sys.nanosleep(seconds * 1e9);
  return 0;
};

const { sh } = networkWorld({
  hosts: [{ name: 'one', network: {}, programs: new Map([['session', session]]) }],
});
const files = ['tcp', 'udp', 'raw', 'packet', 'unix', 'sockstat'];
const text = sh('one', `session ${files.join(' ')} > /tmp/out & sleep 1; cat /tmp/out`);
const after = (head: RegExp) => {
  const lines = text.split('\n');
  const begin = lines.findIndex((line) => head.test(line));
  const end = lines.findIndex((line, i) => i > begin && /^ +sl|^sk|^Num|^sockets/.test(line));
  return lines.slice(begin, end < 0 ? -1 : end);
};

test('of TCP: listeners, connections, and one that nobody has accepted yet', () => {
  const lines = after(/^ {2}sl.*inode {10}/);
  expect(new Set(lines.map((line) => line.length))).toEqual(new Set([149]));
  const ports = [...new Set(text.match(/(?<=0100007F:)[0-9A-F]{4}(?= 0100007F:0050)/g))];
  const shown = lines.map((line) =>
    line
      .trimEnd()
      .replace(ports[0]!, 'ONE ')
      .replace(ports[1]!, 'TWO ')
      .replace(/\b[1-9]\d* ([12]) 0{16}/, 'INODE $1 POINTER'),
  );
  expect(shown).toEqual([
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
    '   0: 0100007F:0050 00000000:0000 0A 00000000:00000001 00:00000000 00000000     0        0 INODE 1 POINTER 100 0 0 10 0',
    '   1: 0100007F:0050 0100007F:ONE  01 00000000:00000000 00:00000000 00000000     0        0 INODE 1 POINTER 20 0 0 10 -1',
    '   2: 0100007F:0050 0100007F:TWO  01 00000000:00000005 00:00000000 00000000     0        0 0 1 0000000000000000 20 0 0 10 -1',
    '   3: 0100007F:ONE  0100007F:0050 01 00000000:00000000 00:00000000 00000000     0        0 INODE 1 POINTER 20 0 0 10 -1',
    '   4: 0100007F:TWO  0100007F:0050 01 00000000:00000000 00:00000000 00000000     0        0 INODE 1 POINTER 20 0 0 10 -1',
  ]);
});

const plain = (lines: readonly string[]) =>
  lines.map((line) => line.trimEnd().replace(/\b[1-9]\d*(?= 2 0{16}| *$| [/@])/, 'INODE'));

test('of UDP, raw ones, and those of packets', () => {
  const udp = plain(after(/^ {3}sl/)).map((line) =>
    line.replace(/^[ 0-9]{5}:( 0100007F:)[0-9A-F]{4}/, 'SLOT:$1PORT'),
  );
  expect(new Set(after(/^ {3}sl/).map((line) => line.length))).toEqual(new Set([127]));
  const [head, ...lines] = udp;
  expect([head, ...lines.sort()]).toEqual([
    '   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops',
    '   53: 00000000:0035 00000000:0000 07 00000000:00000003 00:00000000 00000000     0        0 INODE 2 0000000000000000 0',
    'SLOT: 0100007F:PORT 0100007F:0035 01 00000000:00000000 00:00000000 00000000     0        0 INODE 2 0000000000000000 0',
  ]);
  expect(plain(after(/^ {2}sl.*drops$/))).toEqual([
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops',
    '   1: 00000000:0001 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 INODE 2 0000000000000000 0',
  ]);
  expect(plain(after(/^sk/))).toEqual([
    'sk               RefCnt Type Proto  Iface R Rmem   User   Inode',
    '0000000000000000 3      3    0003   0     1 0      0      INODE',
  ]);
});

test('of unix(7)', () => {
  const shown = plain(after(/^Num/)).map((line) =>
    line.replace('0'.repeat(16), 'SK').replace(/ +INODE/, ' INODE'),
  );
  expect(shown).toEqual([
    'Num       RefCount Protocol Flags    Type St Inode Path',
    'SK: 00000002 00000000 00010000 0001 01 INODE /tmp/listener',
    'SK: 00000003 00000000 00000000 0001 02     0 /tmp/listener',
    'SK: 00000003 00000000 00000000 0001 03 INODE',
    'SK: 00000003 00000000 00000000 0001 03 INODE /tmp/listener',
    'SK: 00000003 00000000 00000000 0001 03 INODE',
    'SK: 00000002 00000000 00000000 0001 01 INODE @abstract',
    'SK: 00000003 00000000 00000000 0001 03 INODE',
    'SK: 00000003 00000000 00000000 0001 03 INODE',
  ]);
});

test('counted, by the file and by ss -s', () => {
  expect(after(/^sockets/)).toEqual([
    'sockets: used 17',
    'TCP: inuse 5 orphan 0 tw 0 alloc 5 mem 1',
    'UDP: inuse 2 mem 1',
    'UDPLITE: inuse 0',
    'RAW: inuse 1',
    'FRAG: inuse 0 memory 0',
  ]);
  expect(sh('one', 'ss -s')).toBe(
    'Total: 17\nTCP:   5 (estab 4, closed 0, orphaned 0, timewait 0)\n\n' +
      'Transport Total     IP        IPv6\n' +
      'RAW\t  1         1         0        \nUDP\t  2         2         0        \nTCP\t  5         5         0        \n' +
      'INET\t  8         8         0        \nFRAG\t  0         0         0        \n\n',
  );
  expect(sh('one', 'ss -s -tn state listening')).toContain('\n\nRecv-Q Send-Q');
});

test('inodes are those of /proc/PID/fd and of ss -e; each namespace has its own, and counts users as its reader does', () => {
  const listening = (of: string) => sh('one', of).trim();
  const inode = listening('awk \'$4 == "0A" { print $10 }\' /proc/net/tcp');
  expect(listening('ss -tnle | grep -o "ino:[0-9]*"')).toBe(`ino:${inode}`);
  expect(listening(`ls -l /proc/$(pgrep -x session)/fd | grep -c 'socket:.${inode}.$'`)).toBe('1');
  expect(sh('one', 'unshare -n sh -c "wc -l < /proc/net/tcp; wc -l < /proc/net/unix; ss -s | head -2"')).toBe(
    '1\n1\nTotal: 0\nTCP:   5 (estab 0, closed 5, orphaned 0, timewait 0)\n',
  );
  expect(
    sh(
      'one',
      "unshare -Un bash -c '(nc -u -l 5353 & sleep 0.1; tail -1 /proc/net/udp; kill $!)' | cut -c1-82",
      'student',
    ),
  ).toMatch(/ 65534\n$/);
});
