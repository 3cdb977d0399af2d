/** What a table of outputs cannot hold: streams, endless scripts, and random substitutions against JavaScript's. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { commandHost } from '../../../support/commandHost.ts';

test('prints as it reads, and stops the writer when it stops', () => {
  const { command } = commandHost();
  expect(
    command('(echo one; sleep 5; echo two) | sed s/o/0/ | { read a; echo $a at $SECONDS; }').stdout,
  ).toBe('0ne at 0\n');
  expect(command('yes | sed -n 2p\\;2q; echo ${PIPESTATUS[@]}').stdout).toBe('y\n141 0\n');
});

test('an endless script can be interrupted', () => {
  const { command } = commandHost();
  expect(command("echo a | timeout 2 sed ':a;ba'; echo $?").stdout).toBe('124\n');
});

test('editing in place makes a new file, as on a real host: an overlay copies up, a hard link is left behind', () => {
  const { command } = commandHost({ '/work/f': 'x\n' });
  const { stdout } = command(
    'ln f g; stat -c %i f g | uniq | wc -l; sed -i s/x/y/ f; stat -c %i f g | uniq | wc -l; cat f g; ls',
  );
  expect(stdout).toBe('1\n2\ny\nx\nf\ng\n');
});

test('s///g does what a global replace of literal text does', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c', ' '), minLength: 1, maxLength: 4 });
  const host = commandHost();
  fc.assert(
    fc.property(fc.array(letters, { minLength: 1, maxLength: 6 }), letters, letters, (parts, from, to) => {
      const text = parts.join('');
      const { stdout } = host.command(`echo '${text}' | sed 's/${from}/${to}/g'`);
      expect(stdout).toBe(`${text.replaceAll(from, to)}\n`);
    }),
    { numRuns: 60 },
  );
});
