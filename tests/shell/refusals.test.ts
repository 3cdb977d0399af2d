/** What bash has and is not simulated is refused by its name, never taken for something else and never passed over. */
import { describe, expect, test } from 'vitest';
import { commandHost } from '../support/commandHost.ts';
import { keys, shellSession } from '../support/shellScreen.ts';

const refused = (name: string) => `${name}: not simulated on this host\n`;
const run = (line: string) => commandHost().command(line);

describe('compound commands', () => {
  test.each([
    ['select x in a b; do echo $x; done', 'select'],
    ['if true; then select x; do :; done; fi', 'select'],
    ['coproc cat', 'coproc'],
    ['coproc NAME { cat; }', 'coproc'],
    ['x=$(coproc cat)', 'coproc'],
  ])('%s', (line, name) => {
    expect(run(line)).toEqual({
      stdout: '',
      stderr: `/usr/bin/bash: -c: line 1: ${refused(name)}`,
      status: 2,
    });
  });

  test('their names are ordinary words elsewhere', () => {
    const line =
      'for select in coproc; do echo select $select; done; case select in select) echo case;; esac';
    expect(run(line)).toEqual({ stdout: 'select coproc\ncase\n', stderr: '', status: 0 });
    expect(run('type select coproc').stdout).toBe('select is a shell keyword\ncoproc is a shell keyword\n');
  });

  test('are refused at once at the prompt', () => {
    const session = shellSession();
    session.type(keys('select x in a b<Enter>echo $?<Enter>'));
    expect(session.screen.text).toBe(`$ select x in a b\nbash: ${refused('select')}$ echo $?\n2\n$`);
  });
});

describe('options', () => {
  test.each([
    ['set -o vi', `set: ${refused('vi')}`, 2],
    ['set +o interactive-comments', `set: ${refused('interactive-comments')}`, 2],
    ['set -T', `set: ${refused('-T')}`, 2],
    ['set -ep', `set: ${refused('-p')}`, 2],
    ['set -o nonsense', 'set: nonsense: invalid option name\n', 2],
    ['shopt -s autocd', `shopt: ${refused('autocd')}`, 1],
    ['shopt checkwinsize', `shopt: ${refused('checkwinsize')}`, 1],
    ['shopt -so vi', `shopt: ${refused('vi')}`, 1],
    ['shopt -s nonsense', 'shopt: nonsense: invalid shell option name\n', 1],
  ])('%s', (line, message, status) => {
    expect(run(`${line}`)).toEqual({ stdout: '', stderr: `/usr/bin/bash: line 1: ${message}`, status });
  });

  test.each([
    ['bash -o vi -c :', refused('vi')],
    ['bash -O autocd -c :', refused('autocd')],
    ['bash -p -c :', refused('-p')],
    ['bash -o nonsense -c :', 'nonsense: invalid option name\n'],
  ])('%s', (line, message) => {
    expect(run(line)).toEqual({ stdout: '', stderr: `bash: ${message}`, status: 2 });
  });
});
