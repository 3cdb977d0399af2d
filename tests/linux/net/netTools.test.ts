/** ifconfig, route, arp and netstat print what those of net-tools print. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
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
  expect(said('netstat -f')).toBe('netstat: the option -f (--bluetooth) is not simulated');
  expect(said('ping -e 3 127.0.0.1')).toBe('ping: the option -e is not simulated');
  expect(said('ping -pff 127.0.0.1')).toBe('ping: the option -p is not simulated');
  expect(said('route -C')).toBe('route: the option "cache" is not simulated');
  expect(said('arp -D')).toBe('arp: the option "use-device" is not simulated');
  expect(said('netstat -an')).toBe("netstat: no support for `AF UNIX' on this system.");
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
