/** less where no recording reaches: pipes that grow, signals, the shell's terminal afterwards, no terminal. */
import { describe, expect, test } from 'vitest';
import { commandHost } from '../support/commandHost.ts';
import { screenHost, step } from '../support/screenCases.ts';

const forty = Array.from({ length: 40 }, (_, i) => `line ${i + 1}\n`).join('');
const files = { '/work/forty': forty, '/work/three': 'alpha\nbeta\ngamma\n' };

describe('less on a terminal', () => {
  test('it reads no more of a pipe than is looked at', () => {
    const host = screenHost('yes | less; echo left $?', { rows: 6 });
    expect(host.screen.lines).toEqual(['y', 'y', 'y', 'y', 'y', ':']);
    expect(host.step('q').lines).toEqual(['left 0']);
  });

  test('Ctrl-C ends the way to the end of a pipe that has none', () => {
    const host = screenHost('exec bash --norc -i', { rows: 6 });
    host.step('(seq 20; sleep 1000) | less\r');
    host.step('G');
    expect(host.screen.lines).not.toContain('20');
    host.step('\x03');
    expect(host.screen.lines.slice(0, 5)).toEqual(['16', '17', '18', '19', '20']);
    host.step('g');
    expect(host.screen.lines[0]).toBe('1');
  });

  test('F shows what is added to a file, until Ctrl-C', () => {
    const host = screenHost('(sleep 3; echo more >> three) & less +F three', { rows: 6, files });
    expect(host.screen.lines.at(-1)).toBe('«Waiting for data... (interrupt to abort)»');
    expect(host.step('', 5000).lines).toContain('more');
    expect(host.step('\x03').lines.at(-1)).toBe('«three (END)»');
  });

  test('Ctrl-Z gives the terminal back to the shell, fg the pager to the terminal', () => {
    const host = screenHost('exec bash --norc -i', { rows: 8, files });
    host.step('cd /work; PS1="$ "; less forty\r');
    expect(host.screen.alternate).toBe(true);
    expect(host.step('\x1a').alternate).toBe(false);
    expect(host.screen.lines.join('\n')).toContain('Stopped');
    expect(host.step('fg\r')).toMatchObject({ alternate: true });
    expect(host.screen.lines[0]).toBe('line 1');
    host.step('q');
    expect(host.step('echo typed\r').lines.join('\n')).toMatch(/echo typed\ntyped/);
  });

  test('v runs the editor at the line, and reads the file again', () => {
    const editor = {
      content: '#!/bin/sh\n/usr/bin/cp /work/three "$2"; echo "$1" > /work/place\n',
      mode: 0o755,
    };
    const host = screenHost('EDITOR=/work/editor less +5 forty', {
      rows: 6,
      files: { ...files, '/work/editor': editor, '/bin': { target: '/usr/bin' } },
    });
    expect(host.screen.lines[0]).toBe('line 5');
    host.step('v');
    expect(host.file('place')).toBe('+5\n');
    expect(host.step('g').lines[0]).toBe('alpha');
  });

  test('what is typed ahead is the next program’s', () => {
    const host = screenHost('less three; read word; echo got $word', { rows: 6, files });
    expect(host.step('qhello\r').lines).toContain('got hello');
  });

  test('h shows the keys, and q goes back', () => {
    const host = screenHost('less forty', { rows: 10, files });
    host.step('j');
    expect(host.step('h').lines.join('\n')).toContain('SUMMARY OF LESS COMMANDS');
    expect(host.screen.lines.at(-1)).toBe('«HELP -- Press RETURN for more, or q when done»');
    expect(host.step('q').lines[0]).toBe('line 2');
  });

  test('files beyond the first one are opened by :n, and :d forgets one', () => {
    const host = screenHost('less three forty', { rows: 6, files });
    host.step(step(':n'));
    expect(host.screen.lines.at(-1)).toBe('«forty (file 2 of 2)»');
    host.step(':d');
    expect(host.screen.lines[0]).toBe('alpha');
    expect(host.step('=').lines.at(-1)).toBe('«three lines 1-3/3 byte 17/17 (END)  (press RETURN)»');
  });
});

describe('less without a terminal', () => {
  test('it copies, and tells what it cannot read', () => {
    const { stdout, stderr, status } = commandHost(files).command('less -N three - /work < forty; less nope');
    expect(stdout).toBe(`alpha\nbeta\ngamma\n${forty}`);
    expect(stderr).toBe('/work is a directory\nnope: No such file or directory\n');
    expect(status).toBe(1);
  });

  test('an option that is not there is refused by name', () => {
    const { stderr, status } = commandHost(files).command('less -Q three');
    expect({ stderr, status }).toEqual({
      stderr: "less: invalid option -- 'Q'\nTry 'less --help' for more information.\n",
      status: 1,
    });
  });
});
