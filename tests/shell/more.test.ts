/** more: forward through files and pipes, the shell's terminal afterwards. */
import { describe, expect, test } from 'vitest';
import { commandHost } from '../support/commandHost.ts';
import { screenHost } from '../support/screenCases.ts';

const forty = Array.from({ length: 40 }, (_, i) => `line ${i + 1}\n`).join('');
const files = { '/work/forty': forty, '/work/three': 'alpha\nbeta\ngamma\n' };

describe('more', () => {
  test('Space, Return and d go forward, as the real one does up to the last screen', () => {
    const host = screenHost('more forty; echo left $?', { rows: 8, files });
    expect(host.screen.lines).toEqual([...lines(1, 7), '«--More--(15%)»']);
    expect(host.step(' ').lines).toEqual([...lines(8, 14), '«--More--(33%)»']);
    expect(host.step('\r').lines).toEqual([...lines(9, 15), '«--More--(35%)»']);
    expect(host.step('d').lines[6]).toBe('line 18');
    expect(host.step('q').lines).toContain('left 0');
    expect(host.screen.alternate).toBe(false);
  });

  test('/ goes to the next line that matches, and says when there is none', () => {
    const host = screenHost('more forty', { rows: 8, files });
    host.step('/3.\r');
    expect(host.screen.lines.slice(0, 2)).toEqual(['...skipping', 'line 30']);
    host.step('/nope\r');
    expect(host.screen.lines.join('\n')).toContain('«Pattern not found»');
  });

  test('it leaves at the end of the last file, with a header for each of several', () => {
    const host = screenHost('more three forty; echo left', { rows: 12, files });
    expect(host.screen.lines.slice(0, 5)).toEqual([':'.repeat(14), 'three', ':'.repeat(14), 'alpha', 'beta']);
    expect(host.screen.lines[6]).toBe('«--More--(Next file)»');
    for (let i = 0; i < 5; i++) host.step(' ');
    expect(host.screen.lines).toContain('left');
  });

  test('it reads no more of a pipe than is looked at, and its keys come from the terminal', () => {
    const host = screenHost('yes | more; echo left', { rows: 4 });
    expect(host.screen.lines).toEqual(['y', 'y', 'y', '«--More--»']);
    expect(host.step('q').lines).toContain('left');
  });

  test('without a terminal it copies', () => {
    const host = commandHost(files);
    expect(host.command('more three; more nope three; echo 1 | more')).toEqual({
      stdout: `alpha\nbeta\ngamma\n${':'.repeat(14)}\nthree\n${':'.repeat(14)}\nalpha\nbeta\ngamma\n1\n`,
      stderr: 'more: cannot open nope: No such file or directory\n',
      status: 0,
    });
  });
});

function lines(from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, i) => `line ${from + i}`);
}
