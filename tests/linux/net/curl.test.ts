/** curl prints what the real one prints, of the same bytes from the same server. */
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { decodeUtf8 } from '../../../src/base/index.ts';
import { CURL_CASES } from '../../support/curlCases.ts';
import { askRealCurl, HOSTS, httpServer, withoutRepeats, withoutTimes } from '../../support/httpServer.ts';
import { answersOf, scriptOf } from '../../support/networkTools.ts';
import { type NetworkWorld, networkWorld } from '../../support/networkWorld.ts';

const FILE = new URL('recordedCurl.json', import.meta.url);

const paired = (lines: readonly string[], output: string) =>
  answersOf(withoutTimes(output)).map((answer, i) => `$ ${lines[i]}\n${answer}`);

const all = Object.values(CURL_CASES).flat();
/** VIRTBOOK_RECORD=1 writes the recording anew. */
if (process.env['VIRTBOOK_RECORD'] !== undefined)
  writeFileSync(FILE, `${JSON.stringify(paired(all, askRealCurl(scriptOf(all))!), null, 2)}\n`);
const recorded: readonly string[] = JSON.parse(readFileSync(FILE, 'utf8'));

function served(): NetworkWorld {
  const net = networkWorld({
    hosts: [
      {
        name: 'one',
        network: { devices: [{ name: 'eth0', kind: 'tap', addresses: ['10.0.0.1/24'] }] },
        files: { '/etc/hosts': HOSTS },
        programs: new Map([['http-server', httpServer]]),
      },
    ],
  });
  for (const place of ['8000', '8001', '/run/http.sock'])
    net.world.host('one').spawn({
      argv: ['/usr/local/bin/http-server', place],
      onOutput: (bytes) => {
        throw new Error(decodeUtf8(bytes));
      },
    });
  net.advance(0.1);
  return net;
}

describe.each(Object.keys(CURL_CASES))('%s', (name) => {
  test('a simulated host says what was recorded', () => {
    const lines = CURL_CASES[name]!;
    const { sh } = served();
    const start = Object.keys(CURL_CASES).slice(0, Object.keys(CURL_CASES).indexOf(name));
    const before = start.reduce((sum, each) => sum + CURL_CASES[each]!.length, 0);
    const output = sh('one', `mkdir /srv/t; cd /srv/t; ${scriptOf(lines)}`);
    expect(paired(lines, output)).toEqual(recorded.slice(before, before + lines.length));
  });
});

const real = askRealCurl(scriptOf(all));
test.skipIf(real === null)('the recording is what curl 7.88.1 says', () => {
  expect(paired(all, withoutRepeats(real!))).toEqual(recorded.map(withoutRepeats));
});

// curl 7.88.1 itself ends in a segmentation fault here.
test('headers that find no place are a failed write', () => {
  const { sh } = served();
  const output = sh('one', 'curl -sS -D /srv -o /dev/null http://10.0.0.1:8000/; echo $?');
  expect(output.trimEnd()).toBe('curl: (23) Failure writing output to destination\n23');
});
