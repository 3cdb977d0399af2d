/** What a table of outputs cannot hold: terminals, streams, endless programs, replays, and random texts against JavaScript's own. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { commandHost } from '../../../support/commandHost.ts';

/** An interactive bash, its prompt `$ `, on a host with all commands. */
function terminalSession() {
  const session = commandHost({ '/root/.bashrc': "PS1='$ '\n" }).terminal(['/usr/bin/bash'], 'root');
  const shown = () =>
    session
      .screen()
      .replaceAll('\r', '')
      .replaceAll(/\x1b\[[?0-9;]*[@-~]/g, '');
  return { type: session.type, shown };
}

test('a terminal gets each line at once, and gives each line at once', () => {
  const { type, shown } = terminalSession();
  type('awk \'{print "got", $1; print NR | "cat"}\'\r');
  type('one two\r');
  expect(shown()).toMatch(/\none two\ngot one\n$/);
  type('\x04');
  expect(shown()).toMatch(/\ngot one\n1\n\$ $/);
});

test.each([
  'BEGIN{while(1) x++}',
  'BEGIN{for(;;);}',
  'function f(){while(1);} BEGIN{f()}',
  'function f(n){return n > 0 ? f(n-1) + f(n-1) : 0} BEGIN{f(40)}',
  'BEGIN{while(1) "echo x" | getline}',
])('Ctrl-C ends %s', (program) => {
  const { type, shown } = terminalSession();
  type(`awk '${program}'\r`);
  expect(shown()).toMatch(/'\n$/);
  type('\x03');
  expect(shown()).toMatch(/'\n\^C\n\$ $/);
  type('echo $?\r');
  expect(shown()).toMatch(/\n130\n\$ $/);
});

test('an endless pattern of backtracking engines is none here', () => {
  const { command } = commandHost();
  const text = 'a'.repeat(40);
  expect(command(`echo ${text} | awk '/^(a|aa)+$b/ {print "yes"} /^(a*)*$/ {print "all"}'`).stdout).toBe(
    'all\n',
  );
  expect(command(`awk 'BEGIN{for(i=0;i<2000;i++) s = s "a"; print s ~ /(a+a+)+b/}'`).stdout).toBe('0\n');
});

test('reads by whole buffers from a pipe as mawk does, by what there is with -W interactive', () => {
  const { command } = commandHost();
  const slow = '(echo one; sleep 5; echo two)';
  expect(command(`${slow} | awk '{print}' | { read a; echo $a at $SECONDS; }`).stdout).toBe('one at 5\n');
  expect(command(`${slow} | awk -W interactive '{print}' | { read a; echo $a at $SECONDS; }`).stdout).toBe(
    'one at 0\n',
  );
  expect(command("yes | awk 'NR==2{print; exit}'; echo ${PIPESTATUS[@]}").stdout).toBe('y\n141 0\n');
});

test('what cannot be is refused, and the host lives on', () => {
  const { command } = commandHost();
  expect(command('awk \'BEGIN{s="x"; while(1) s = s s}\'').stderr).toBe('awk: out of memory\n');
  expect(command("awk 'BEGIN{NF=1e9}'").stderr).toBe('awk: out of memory\n');
  expect(command('awk \'BEGIN{printf "%999999999d", 1}\'').stderr).toBe('awk: out of memory\n');
  expect(command(`awk 'BEGIN{print ${'('.repeat(5000)}1${')'.repeat(5000)}}'`).stderr).toBe(
    'awk: line 1: parentheses and braces nest too deep\n',
  );
  expect(command('awk -W dump 1').stderr).toBe('awk: not simulated: -W dump\n');
});

test('without srand, rand() begins with the time of the host: two equal hosts give the same numbers', () => {
  const draw = (before: string) =>
    commandHost().command(`${before} awk 'BEGIN{print rand(), srand()}'`).stdout;
  expect(draw('')).toBe(draw(''));
  expect(draw('sleep 3;')).not.toBe(draw(''));
  expect(draw('awk -W random=7 "BEGIN{print rand()}";')).toMatch(/^0\.\d+\n/);
});

test('--help names the options', () => {
  const { stdout, status } = commandHost().command('awk --help');
  expect(status).toBe(0);
  for (const option of ['-F fs', '-f progfile', '-v var=value', '-W option'])
    expect(stdout).toContain(option);
});

test('gsub and split do what JavaScript does with literal text', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', ' ', 'ä'), minLength: 1, maxLength: 4 });
  const host = commandHost();
  fc.assert(
    fc.property(fc.array(letters, { minLength: 1, maxLength: 6 }), letters, letters, (parts, from, to) => {
      const text = parts.join('');
      const { stdout } = host.command(
        `awk 'BEGIN{s = "${text}"; n = gsub("${from}", "${to}", s); print s; print n, split("${text}", p, /${from}/)}'`,
      );
      const pieces = text.split(from);
      expect(stdout).toBe(`${text.replaceAll(from, to)}\n${pieces.length - 1} ${pieces.length}\n`);
    }),
    { numRuns: 60 },
  );
});

test('printf rounds as exact arithmetic does', () => {
  const host = commandHost();
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1 << 20 }), fc.integer({ min: 0, max: 6 }), (eighths, places) => {
      // Whole eighths are exact; to how many places a half is left over is plain to see.
      const exact = (BigInt(eighths) * 10n ** 6n) / 8n;
      const unit = 10n ** BigInt(6 - places);
      const [whole, left] = [exact / unit, exact % unit];
      const up = left * 2n > unit || (left * 2n === unit && whole % 2n === 1n);
      const digits = String(whole + (up ? 1n : 0n)).padStart(places + 1, '0');
      const expected = places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`;
      expect(host.command(`awk 'BEGIN{printf "%.${places}f", ${eighths}/8}'`).stdout).toBe(expected);
    }),
    { numRuns: 60 },
  );
});
