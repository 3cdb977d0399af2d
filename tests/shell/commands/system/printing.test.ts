/** echo, printf, test and [ as programs, held to the machine's own where it has them. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { commandHost } from '../../../support/commandHost.ts';

/** Command line, what it prints, its exit status. */
const cases: readonly (readonly [string, string, number])[] = [
  ['/usr/bin/echo one  two', 'one two\n', 0],
  ['/usr/bin/echo -n one', 'one', 0],
  ["/usr/bin/echo -e 'a\\tb'", 'a\tb\n', 0],
  ["/usr/bin/echo 'a\\tb'", 'a\\tb\n', 0],
  ["/usr/bin/printf '%s-%03d\\n' a 7 b 8", 'a-007\nb-008\n', 0],
  ["/usr/bin/printf '%x\\n' 255", 'ff\n', 0],
  ['/usr/bin/test 1 -lt 2', '', 0],
  ['/usr/bin/test 2 -lt 1', '', 1],
  ['/usr/bin/test -d /', '', 0],
  ['/usr/bin/test -f /', '', 1],
  ['/usr/bin/[ a = a ]', '', 0],
  ['/usr/bin/[ a = b ]', '', 1],
  ['/usr/bin/[ a = a', '', 2],
  ['/usr/bin/test x -lt 2', '', 2],
  ['env test -n ""', '', 1],
  ['echo 1 2 3 | xargs echo got', 'got 1 2 3\n', 0],
];

describe('echo, printf and test as programs', () => {
  const host = commandHost();
  test.each(cases)('%s', (line, stdout, status) => {
    expect(host.command(line)).toMatchObject({ stdout, status });
  });

  test.skipIf(!existsSync('/usr/bin/printf')).each(cases)('as the real one: %s', (line, stdout, status) => {
    const real = spawnSync('bash', ['-c', line], { encoding: 'utf8' });
    expect({ stdout: real.stdout, status: real.status }).toEqual({ stdout, status });
  });
});
