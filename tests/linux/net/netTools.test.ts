/** ifconfig, route, arp and netstat print what those of net-tools print. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { SECOND } from '../../../src/base/index.ts';
import { type Program, sys } from '../../../src/linux/index.ts';
import { NET_TOOLS_CASES } from '../../support/netToolsCases.ts';
import { answersOf, askReal, scriptOf } from '../../support/networkTools.ts';
import { networkWorld } from '../../support/networkWorld.ts';

const FILE = new URL('recordedNetTools.json', import.meta.url);
const names = Object.keys(NET_TOOLS_CASES);

/** Null: net-tools 2.10 is not there. */
function askRealNetTools(lines: readonly string[]): string[] | null {
  try {
    const version = execFileSync('bash', ['-c', 'ifconfig --version 2>&1'], { encoding: 'utf8' });
    return version.startsWith('net-tools 2.10') ? askReal(lines) : null;
  } catch {
    return null;
  }
}

/** VIRTBOOK_RECORD=1 writes the recording anew. */
if (process.env['VIRTBOOK_RECORD'] !== undefined) {
  const all = names.map((name) => [name, askRealNetTools(NET_TOOLS_CASES[name]!)]);
  writeFileSync(FILE, `${JSON.stringify(Object.fromEntries(all), null, 2)}\n`);
}
const recorded: Readonly<Record<string, string[]>> = JSON.parse(readFileSync(FILE, 'utf8'));

const paired = (lines: readonly string[], answers: readonly string[]) =>
  lines.map((line, i) => `$ ${line}\n${answers[i]}`);

describe.each(names)('%s', (name) => {
  const lines = NET_TOOLS_CASES[name]!;

  test('a simulated host says what was recorded', () => {
    const { sh } = networkWorld({ hosts: [{ name: 'one', network: {} }] });
    sh('one', 'ip link set lo down');
    expect(paired(lines, answersOf(sh('one', scriptOf(lines))))).toEqual(paired(lines, recorded[name]!));
  });

  const real = askRealNetTools(lines);
  test.skipIf(real === null)('the recording is what net-tools 2.10 says', () => {
    expect(paired(lines, real!)).toEqual(paired(lines, recorded[name]!));
  });
});

test('what net-tools has besides is refused by name, and only root changes anything', () => {
  const { sh } = networkWorld({
    hosts: [{ name: 'one', network: { devices: [{ name: 'eth0', addresses: ['10.0.0.2/24'] }] } }],
  });
  const said = (line: string, user?: string) => sh('one', line, user).split('\n')[0];
  expect(said('ifconfig eth0 pointopoint 10.0.0.9')).toBe('ifconfig: "pointopoint" is not simulated');
  expect(said('ifconfig eth0 txqueuelen -5')).toBe('SIOCSIFTXQLEN: Invalid argument');
  expect(said('netstat -s')).toBe('netstat: the option -s (--statistics) is not simulated');
  expect(said('netstat -w')).toBe('netstat: the option -w (--raw) is not simulated');
  expect(said('ping -e 3 127.0.0.1')).toBe('ping: the option -e is not simulated');
  expect(said('ping -pff 127.0.0.1')).toBe('ping: the option -p is not simulated');
  expect(said('route -C')).toBe('route: the option "cache" is not simulated');
  expect(said('arp -D')).toBe('arp: the option "use-device" is not simulated');
  expect(sh('one', 'ifconfig eth0 10.1.1.1/24', 'student')).toBe(`\
SIOCSIFADDR: Operation not permitted
SIOCSIFFLAGS: Operation not permitted
SIOCSIFNETMASK: Operation not permitted
[255]
`);
  expect(sh('one', 'route add default gw 10.0.0.1', 'student')).toBe(
    'SIOCADDRT: Operation not permitted\n[7]\n',
  );
  expect(sh('one', 'arp -s 10.0.0.1 02:00:00:00:00:07', 'student')).toBe(
    'SIOCSARP: Operation not permitted\n[255]\n',
  );
  expect(sh('one', 'nc -l -p 80 >/dev/null & sleep 0.1; su student -c "netstat -tlnp"; kill $!')).toBe(`\
(No info could be read for "-p": geteuid()=1000 but you should be root.)
Active Internet connections (only servers)
Proto Recv-Q Send-Q Local Address           Foreign Address         State       PID/Program name    
tcp        0      0 0.0.0.0:80              0.0.0.0:*               LISTEN      -                   
`);
});

/** Opens sockets of the Unix domain, and stays. */
const session: Program = function* () {
  const server = yield* sys.socket();
  yield* sys.bind(server, '/tmp/here');
  yield* sys.listen(server, 3);
  yield* sys.connect(yield* sys.socket(), '/tmp/here');
  yield* sys.accept(server);
  yield* sys.nanosleep(SECOND * 100);
  return 0;
};

test('netstat tells of sockets of the Unix domain, and of whose they are', () => {
  const { sh } = networkWorld({
    hosts: [{ name: 'one', network: {}, programs: new Map([['session', session]]) }],
  });
  const none =
    'Active UNIX domain sockets (w/o servers)\nProto RefCnt Flags       Type       State         I-Node   Path\n';
  expect(sh('one', 'netstat -x; netstat')).toBe(`${none}\
Active Internet connections (w/o servers)
Proto Recv-Q Send-Q Local Address           Foreign Address         State      
${none}`);
  const text = sh('one', 'session & sleep 0.1; netstat -xap; netstat -xl | tail -1; netstat -x | wc -l')
    .replace(/(?<=(?:LISTENING|CONNECTED) +)\d+ */g, 'INODE    ')
    .replace(/\b\d+\/session */g, 'PID/session'.padEnd(21));
  expect(text).toBe(`Active UNIX domain sockets (servers and established)
Proto RefCnt Flags       Type       State         I-Node   PID/Program name     Path
unix  2      [ ACC ]     STREAM     LISTENING     INODE    PID/session          /tmp/here
unix  3      [ ]         STREAM     CONNECTED     INODE    PID/session          
unix  3      [ ]         STREAM     CONNECTED     INODE    PID/session          /tmp/here
unix  2      [ ACC ]     STREAM     LISTENING     INODE    /tmp/here
4
`);
});
