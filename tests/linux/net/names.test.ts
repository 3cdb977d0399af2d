/** dig, host and getent print what the real ones print, of the same answers from the same server. */
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { NAME_CASES } from '../../support/nameCases.ts';
import { askRealNames, HOSTS, nameServer, RESOLV, withoutTimes } from '../../support/nameServer.ts';
import { answersOf, scriptOf } from '../../support/networkTools.ts';
import { type NetworkWorld, networkWorld } from '../../support/networkWorld.ts';

const FILE = new URL('recordedNames.json', import.meta.url);
const all = Object.values(NAME_CASES).flat();

const paired = (lines: readonly string[], output: string) =>
  answersOf(withoutTimes(output)).map((answer, i) => `$ ${lines[i]}\n${answer}`);

/** VIRTBOOK_RECORD=1 writes the recording anew. */
if (process.env['VIRTBOOK_RECORD'] !== undefined)
  writeFileSync(FILE, `${JSON.stringify(paired(all, askRealNames(scriptOf(all))!), null, 2)}\n`);
const recorded: readonly string[] = JSON.parse(readFileSync(FILE, 'utf8'));

function served(files: Readonly<Record<string, string>> = {}): NetworkWorld {
  const net = networkWorld({
    hosts: [
      {
        name: 'one',
        network: { devices: [{ name: 'eth0', kind: 'tap', addresses: ['10.0.0.1/24'] }] },
        files: { '/etc/hosts': HOSTS, '/etc/resolv.conf': RESOLV, ...files },
        programs: new Map([['name-server', nameServer]]),
      },
    ],
  });
  net.world.host('one').spawn({ argv: ['/usr/local/bin/name-server', '10.0.0.1'] });
  net.advance(0.1);
  return net;
}

test.each(Object.keys(NAME_CASES))('%s on a simulated host says what was recorded', (name) => {
  const lines = NAME_CASES[name]!;
  const before = Object.keys(NAME_CASES)
    .slice(0, Object.keys(NAME_CASES).indexOf(name))
    .reduce((sum, each) => sum + NAME_CASES[each]!.length, 0);
  expect(paired(lines, served().sh('one', scriptOf(lines)))).toEqual(
    recorded.slice(before, before + lines.length),
  );
});

const real = askRealNames(scriptOf(all));
test.skipIf(real === null)('the recording is what BIND’s tools 9.18 and glibc say', () => {
  expect(paired(all, real!)).toEqual(recorded);
});

describe('names in other commands', () => {
  test.each([
    ['ping -c 1 -q web', /^PING web \(10\.0\.0\.1\) 56\(84\) bytes of data\./],
    ['ping -c 1 nope.example.test', /^ping: nope\.example\.test: Name or service not known\n\[2\]/],
    [
      'ping -c 1 silent.example.test',
      /^ping: silent\.example\.test: Temporary failure in name resolution\n\[2\]/,
    ],
    ['curl -sS http://nope.example.test/', /^curl: \(6\) Could not resolve host: nope\.example\.test\n\[6\]/],
    [
      'curl -sS --connect-timeout 0.5 http://silent.example.test/',
      /^curl: \(28\) Resolving timed out after 500 milliseconds\n\[28\]/,
    ],
    ['nc -vz web.example.test 9', /^nc: connect to web\.example\.test \(10\.0\.0\.1\) port 9 \(tcp\) failed/],
  ])('%s', (line, expected) => {
    expect(served().sh('one', line)).toMatch(expected);
  });

  test('the second server is asked when the first is silent', () => {
    const { sh } = served({
      '/etc/resolv.conf': 'nameserver 10.0.0.7\nnameserver 10.0.0.1\noptions timeout:1\n',
    });
    expect(sh('one', 'getent hosts web.example.test')).toContain('10.0.0.9        web.example.test\n');
    expect(sh('one', 'dig +short +time=1 ns.example.test')).toMatch(/10\.0\.0\.7#53: .*\n10\.0\.0\.1\n$/);
  });
});

test.each([
  ['dig +trace example.test', 'dig: +trace is not simulated'],
  ['dig -6 example.test', 'dig: -6 is not simulated'],
  ['dig CH example.test', 'dig: the class CH is not simulated'],
])('%s is refused', (line, message) => {
  expect(served().sh('one', line)).toBe(`${message}\n[1]\n`);
});
