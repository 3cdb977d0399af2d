/** Commands that run others, where the machine's own would need more than a snippet; the rest is in tests/shell/utilities/env.txt. */
import { expect, test } from 'vitest';
import { commandHost } from '../../../support/commandHost.ts';

const host = commandHost({
  '/bin': { type: 'symlink', target: 'usr/bin' },
  '/work/plain': { content: 'echo hi $0 $1\n', mode: 0o755 },
});

test.each([
  ['env ./plain a', 'hi ./plain a\n'],
  ['nice ./plain a', 'hi ./plain a\n'],
  ['timeout 9 ./plain a', 'hi ./plain a\n'],
  ['echo b | xargs ./plain', 'hi ./plain b\n'],
  ['nohup ./plain c', 'hi ./plain c\n'],
  ['find . -maxdepth 0 -exec ./plain {} \\;', 'hi ./plain .\n'],
  ['PATH=/usr/bin:. env plain a', 'hi ./plain a\n'],
])('a file that is neither program nor script goes to sh, as with execvp: %s', (line, stdout) => {
  expect(host.command(line)).toEqual({ stdout, stderr: '', status: 0 });
});

test('dmesg says what it may not', () => {
  const denied = (line: string) => commandHost().command(line, { user: 'student' }).stderr;
  expect(denied('dmesg -c')).toBe('dmesg: read kernel buffer failed: Operation not permitted\n');
  expect(denied('dmesg -C')).toBe('dmesg: clear kernel buffer failed: Operation not permitted\n');
});

test('jobs -l has the number after one space, and a pipe knows which job is the current one', () => {
  const line = 'sleep 5 & sleep 6 & jobs -l | cat; jobs | cat; jobs -l; echo $!';
  const { stdout } = commandHost().command(line);
  const last = Number(stdout.trim().split('\n').at(-1));
  const long = [
    `[1]- ${String(last - 1).padStart(5)} Running                 sleep 5 &`,
    `[2]+ ${String(last).padStart(5)} Running                 sleep 6 &`,
  ];
  const short = ['[1]-  Running                 sleep 5 &', '[2]+  Running                 sleep 6 &'];
  expect(stdout.trim().split('\n').slice(0, -1)).toEqual([...long, ...short, ...long]);
});
