/** wget prints what the real one prints, of the same bytes from the same server. */
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { askRealWget, HOSTS, httpServer } from '../../support/httpServer.ts';
import { answersOf, scriptOf } from '../../support/networkTools.ts';
import { networkWorld } from '../../support/networkWorld.ts';
import { WGET_CASES } from '../../support/wgetCases.ts';

const FILE = new URL('recordedWget.json', import.meta.url);

/** Times and speeds differ each time. */
const withoutTimes = (output: string) =>
  output
    .replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g, 'WHEN')
    .replace(/\([\d.]+ [KMG]?B\/s\)/g, '(SPEED)')
    .replace(/(%| {10}) +[\d.]+[BKMG]=[\d.]+s$/gm, '$1 SPEED=TIME');

const paired = (output: string) =>
  answersOf(withoutTimes(output)).map((answer, i) => `$ ${WGET_CASES[i]}\n${answer}`);

/** VIRTBOOK_RECORD=1 writes the recording anew. */
if (process.env['VIRTBOOK_RECORD'] !== undefined)
  writeFileSync(FILE, `${JSON.stringify(paired(askRealWget(scriptOf(WGET_CASES))!), null, 2)}\n`);
const recorded: readonly string[] = JSON.parse(readFileSync(FILE, 'utf8'));

const net = () => {
  const made = networkWorld({
    hosts: [
      {
        name: 'one',
        network: { devices: [{ name: 'eth0', kind: 'tap', addresses: ['10.0.0.1/24'] }] },
        files: { '/etc/hosts': HOSTS },
        programs: new Map([['http-server', httpServer]]),
      },
    ],
  });
  made.world.host('one').spawn({ argv: ['/usr/local/bin/http-server', '8000'] });
  made.advance(0.1);
  return made;
};

test('a simulated host says what was recorded', () => {
  expect(paired(net().sh('one', `mkdir /srv/t; cd /srv/t; ${scriptOf(WGET_CASES)}`))).toEqual(recorded);
});

const real = askRealWget(scriptOf(WGET_CASES));
test.skipIf(real === null)('the recording is what wget 1.21.3 says', () => {
  expect(paired(real!)).toEqual(recorded);
});

test('rows of dots over a line that takes its time', () => {
  const { sh, world, advance } = networkWorld({
    hosts: ['one', 'two'].map((name, i) => ({
      name,
      network: { devices: [{ name: 'eth0', addresses: [`10.0.0.${i + 1}/24`] }] },
    })),
    cables: [{ between: ['one/eth0', 'two/eth0'] }],
  });
  const script =
    '(printf "HTTP/1.0 200 OK\\r\\nContent-Length: 120000\\r\\n\\r\\n"; head -c 120000 /dev/zero) | nc -l -N 80';
  world.host('two').spawn({ argv: ['/bin/bash', '-c', script] });
  advance(0.1);
  sh('two', 'tc qdisc add dev eth0 root tbf rate 400kbit burst 10k limit 1m');
  expect(sh('one', 'wget http://10.0.0.2/ -O got')).toContain(`
     0K .......... .......... .......... .......... .......... 42% 56.3K 1s
    50K .......... .......... .......... .......... .......... 85% 47.2K 0s
   100K .......... .......                                    100% 50.5K=2.3s
`);
});
