/**
 * Long arguments, lines, files and listings: what is more than a hundred thousand of anything must not be the arguments of one call of ours,
 * whose stack would overflow, and that ends the world.
 */
import { expect, test } from 'vitest';
import { commandHost } from '../support/commandHost.ts';
import { shellSession } from '../support/shellScreen.ts';

const a300k = "head -c 300000 /dev/zero | tr '\\0' a";

test.each([
  ['operands after --', 'rm -f -- $(seq 130000); echo $?', '0\n'],
  ['a long string in a file', `${a300k} | strings | wc -c`, '300001\n'],
  ['a long line to fold', `${a300k} | fold -w 200000 | wc -lc`, '      1  300001\n'],
  ['a word of a dash', `printf '%s' -${'$'}(${a300k}) | wc -c`, '300001\n'],
  ['a directory', 'mkdir d; cd d; touch $(seq 65000) $(seq 65001 130000); ls -l | wc -l', '130001\n'],
  [
    'a difference of all lines',
    'seq 130000 >x; seq 130001 260000 | diff -u x - >p; cp x y; patch -s y p; tail -n 1 y; patch -sR y p; cmp x y; echo $?',
    '260000\n0\n',
  ],
  ['a line read from a pipe', "read -r -d '' x < <(seq 30000); echo ${#x}", '168893\n'],
  [
    'a deep tree',
    'for i in $(seq 1200); do mkdir x; cd x; done; cd /work; cp -r x y; find y | wc -l; ls -R y | wc -l; rm -r x; mv y z; rm -rf z; ls',
    '1200\n3598\n',
  ],
  [
    'the deepest tree',
    'for i in $(seq 2030); do mkdir x; cd x; done; cd /work; find x -depth | wc -l; du x | tail -n 1; find x -delete; ls',
    '2030\n8120\tx\n',
  ],
  [
    'operators without end',
    'test $(printf "! %.0s" $(seq 20001)) x; echo $?; find /etc/passwd $(printf -- "-name a -o %.0s" $(seq 20000)) -name pass*',
    '1\n/etc/passwd\n',
  ],
  ['lines read from a pipe', 'mapfile -t m < <(seq 100000); echo ${#m[@]} ${m[99999]}', '100000 100000\n'],
])('%s', { timeout: 60_000 }, (_, line, stdout) => {
  expect(commandHost().command(line)).toEqual({ stdout, stderr: '', status: 0 });
});

test('a long paste is one line, and loses nothing', { timeout: 60_000 }, () => {
  const session = shellSession();
  session.type(`\x1b[200~x=${'b'.repeat(200_000)}\x1b[201~`);
  session.wait(10_000);
  session.type('\r');
  session.type('echo ${#x}\r');
  expect(session.screen.text).toContain('\n200000\n');
});

test.each([
  ['test $(printf "( %.0s" $(seq 20000)) x', 'bash: line 1: test: expression nested too deeply\n', 2],
  ['grep -F "$(seq 150000)"', 'grep: Regular expression too big\n', 2],
  ['find . $(printf "! %.0s" $(seq 20000)) -name x', 'find: the expression is nested too deeply\n', 1],
  [
    'eval "echo $(printf "{a,%.0s" $(seq 3000))b$(printf "}%.0s" $(seq 3000))"',
    'bash: line 1: brace expansion: braces nested too deeply\n',
    1,
  ],
])('%s', (line, stderr, status) => {
  const answer = commandHost().command(line);
  expect({ ...answer, stderr: answer.stderr.replace(/^.*?: (?=line)/, 'bash: ') }).toEqual({
    ...{ stdout: '', stderr, status },
  });
});

test('a directory is not copied into itself', () => {
  expect(
    commandHost().command('mkdir s; touch s/a s/z; cp -r s s/x; echo $?; find s | sort | xargs'),
  ).toEqual({
    stdout: '1\ns s/a s/x s/x/a s/x/z s/z\n',
    stderr: "cp: cannot copy a directory, 's', into itself, 's/x'\n",
    status: 0,
  });
});
