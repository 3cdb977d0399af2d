/** The manual says what the commands' own specifications say, and only of commands that are there. */
import { describe, expect, test } from 'vitest';
import { commandPrograms } from '../../src/shell/commands/index.ts';
import { commandHost } from '../support/commandHost.ts';
import { screenHost } from '../support/screenCases.ts';

describe('man without a terminal', () => {
  test('a page has name, synopsis, description and options', () => {
    const { stdout, status } = commandHost().command('MANWIDTH=60 man tee');
    expect(status).toBe(0);
    expect(stdout.split('\n')[0]).toBe('TEE(1)                 User Commands                  TEE(1)');
    expect(stdout).toContain(
      '\nNAME\n       tee - copy standard input to each FILE and to\n       standard output\n',
    );
    expect(stdout).toContain('\nSYNOPSIS\n       tee [OPTION]... [FILE]...\n');
    expect(stdout).toMatch(/\n {7}-a, --append\n {14}\S/);
    expect(stdout).not.toContain('\b');
  });

  test('whatever --help lists is in the manual, for every command', () => {
    const host = commandHost();
    const names = [...commandPrograms.keys()].filter(
      (name) => host.command(`whatis ${name} 2>/dev/null`).status === 0,
    );
    expect(names.length).toBeGreaterThan(60);
    for (const name of ['less', 'nano', 'man', 'ls', 'grep', 'mount', 'env']) expect(names).toContain(name);
    for (const name of names) {
      const help = host.command(`${name} --help`).stdout;
      const page = host.command(`MANWIDTH=200 man ${name}`).stdout;
      for (const [, option] of help.matchAll(/^ {2}(?:-.,|-.| {3}) *(--[\w-]+)/gm)) {
        expect(page, `${name} ${option}`).toContain(option!);
      }
    }
  });

  test('what is not there has no page', () => {
    const host = commandHost();
    expect(host.command('man nope ls | head -1')).toEqual({
      stdout: `LS(1)${' '.repeat(28)}User Commands${' '.repeat(29)}LS(1)\n`,
      stderr: 'No manual entry for nope\n',
      status: 0,
    });
    expect(host.command('man nope')).toEqual({
      stdout: '',
      stderr: 'No manual entry for nope\n',
      status: 16,
    });
    expect(host.command('man 8 ls').stderr).toBe('No manual entry for ls in section 8\n');
    expect(host.command('man 8 mount').status).toBe(0);
    host.command('rm /usr/bin/ls');
    expect(host.command('man ls').status).toBe(16);
    expect(host.command('man')).toEqual({
      stdout: '',
      stderr: "What manual page do you want?\nFor example, try 'man man'.\n",
      status: 1,
    });
  });

  test('apropos and man -k find by name and summary', () => {
    const host = commandHost();
    const { stdout } = host.command('apropos "^show how full"');
    expect(stdout).toBe('df (1)               - show how full file systems are\n');
    expect(host.command('man -k "^show how full"').stdout).toBe(stdout);
    expect(host.command('whatis df nope')).toEqual({
      stdout,
      stderr: 'nope: nothing appropriate.\n',
      status: 16,
    });
    expect(host.command('apropos').stderr).toBe('apropos what?\n');
  });
});

describe('man at a terminal', () => {
  test('less shows the page, with headings in bold and a prompt that says which page it is', () => {
    const host = screenHost('PS1="$ " exec bash --norc -i', { rows: 12, cols: 90 });
    host.step('man ls; echo left $?\r');
    expect(host.screen.lines[2]).toBe('NAME');
    expect(host.screen.lines.at(-1)).toBe('«Manual page ls(1) line 1 (press h for help or q to quit)»');
    host.step('\x03');
    expect(host.screen.alternate).toBe(true);
    host.step('/SYNOPSIS\r');
    expect(host.screen.lines[0]).toBe('«SYNOPSIS»');
    expect(host.step('q').lines).toContain('left 0');
  });

  test('$PAGER may be another', () => {
    expect(screenHost('PAGER="head -n 3" man ls', { rows: 12, cols: 70 }).screen.lines).toContain('NAME');
  });
});
