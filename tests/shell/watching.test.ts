/** watch and top: looking again and again at what changes on a simulated host. */
import { describe, expect, test } from 'vitest';
import { commandHost } from '../support/commandHost.ts';
import { screenHost } from '../support/screenCases.ts';

describe('watch', () => {
  test('shows the command, host and time above its output, again after the interval', () => {
    const host = screenHost('watch -n 1 "cat n; echo x >> n"', {
      rows: 8,
      cols: 60,
      files: { '/work/n': 'x\n' },
    });
    expect(host.screen.lines[0]).toBe('Every 1.0s: cat n; echo... bluebox: Mon Jan  5 09:00:00 2026');
    expect(host.screen.lines.slice(1, 4)).toEqual(['', 'x', '']);
    host.step('', 1000);
    expect(host.screen.lines.slice(0, 5)).toEqual([
      'Every 1.0s: cat n; echo... bluebox: Mon Jan  5 09:00:01 2026',
      '',
      'x',
      'x',
      '',
    ]);
  });

  test('-d marks what has changed, -t has no title', () => {
    const host = screenHost('watch -t -d -n 1 "echo same; date +%S"', { rows: 4, cols: 30 });
    expect(host.screen.lines).toEqual(['same', '00', '', '']);
    host.step('', 1000);
    expect(host.screen.lines).toEqual(['same', '0«1»', '', '']);
  });

  test('-g leaves when the output changes, -e when the command fails', () => {
    const changing = screenHost('watch -g -n 1 date +%S; echo left $?', { rows: 6, cols: 40 });
    expect(changing.step('', 3000)).toMatchObject({ alternate: false, lines: ['left 0'] });
    const failing = screenHost('watch -e false; echo left $?', { rows: 6, cols: 40 });
    expect(failing.screen.lines[0]).toBe('left 1');
  });

  test('Ctrl-C ends it and the shell goes on', () => {
    const host = screenHost('PS1="$ " exec bash --norc -i', { rows: 8, cols: 60 });
    host.step('watch -n 1 echo hi\r');
    expect(host.screen.alternate).toBe(true);
    host.step({ rows: 5, cols: 50 });
    expect(host.screen.lines[2]).toBe('hi');
    expect(host.step('\x03').alternate).toBe(false);
    expect(host.step('echo typed\r').lines.join('\n')).toContain('\ntyped');
  });

  test('a command line that is wrong is told', () => {
    const host = commandHost();
    expect(host.command('watch -n x date').stderr).toBe("watch: failed to parse argument: 'x'\n");
    expect(host.command('watch').stderr).toContain('no command given');
  });
});

describe('top', () => {
  test('-b prints what ps knows: every process, its state and its time', () => {
    const { stdout, status } = commandHost().command('sleep 100 & top -b -n 1; kill %1');
    expect(status).toBe(0);
    const lines = stdout.split('\n');
    expect(lines[0]).toMatch(/^top - 09:00:00 up 0 min, {2}load average: 0\.00, 0\.00, 0\.00$/);
    expect(lines[1]).toMatch(/^Tasks: +\d+ total, +1 running, +\d+ sleeping, +0 stopped, +0 zombie$/);
    expect(lines[2]).toMatch(/^%Cpu\(s\): +\d+\.\d us, +\d+\.\d sy, {2}0\.0 ni, *\d+\.\d id, {2}0\.0 wa/);
    expect(lines[3]).toMatch(
      /^MiB Mem : +4096\.0 total, +40\d\d\.\d free, +\d\.\d used, +0\.\d buff\/cache$/,
    );
    expect(lines[6]).toBe('    PID USER      PR  NI    VIRT    RES    SHR S  %CPU  %MEM     TIME+ COMMAND');
    const total = Number(/(\d+) total/.exec(lines[1]!)?.[1]);
    expect(lines.slice(7).filter((line) => line !== '')).toHaveLength(total);
    expect(stdout).toMatch(/^ +\d+ root {6}20 +0 +4096 +2048 +1536 S +0\.0 +0\.0 {3}0:00\.00 sleep$/m);
    expect(stdout).toMatch(/^ +1 root .* init$/m);
  });

  test('a busy process is at the top with its share of a processor, between two looks', () => {
    const { stdout } = commandHost().command('while :; do :; done & top -b -n 2 -d 1; kill %1');
    const second = stdout.split('\n\ntop - ')[1]!.split('\n');
    const busy = /^ +\d+ root {6}20 +0 .* R +(\d+\.\d) +\S+ +\S+ bash$/.exec(second[7]!);
    expect(busy, second.join('\n')).not.toBeNull();
    expect(Number(busy![1])).toBeGreaterThan(90);
  });

  test('on a terminal it stays until q, and looks again at Space', () => {
    const host = screenHost('top; echo left $?', { rows: 10, cols: 60 });
    expect(host.screen.lines[6]).toContain('«    PID USER      PR  NI    VIRT    RES    SHR S  %CPU');
    const before = host.screen.lines[0];
    host.step('', 4000);
    expect(host.screen.lines[0]).not.toBe(before);
    expect(host.step('q').lines).toEqual(['left 0']);
  });

  test('what it cannot do is refused', () => {
    const host = commandHost();
    expect(host.command('top').stderr).toBe('top: failed tty get\n');
    expect(host.command('top -b -n 0').stderr).toBe("top: bad iterations argument '0'\n");
    expect(host.command('top -H').stderr).toContain("invalid option -- 'H'");
  });
});

describe('small tools about the host', () => {
  test('nproc, uptime and printenv tell what is there', () => {
    const host = commandHost();
    expect(host.command('nproc; nproc --all; nproc --ignore=1; nproc --ignore=9').stdout).toBe(
      '2\n2\n1\n1\n',
    );
    expect(host.command('sleep 90; uptime; uptime -p; uptime -s').stdout).toMatch(
      /^ 09:01:30 up 1 min, {2}load average: 0\.00, 0\.00, 0\.00\nup 1 minute\n2026-01-05 09:00:00\n$/,
    );
    expect(host.command('X=1 Y=2 printenv Y X; printenv NOPE')).toEqual({
      stdout: '2\n1\n',
      stderr: '',
      status: 1,
    });
    expect(host.command('env -i A=1 B=2 printenv').stdout).toBe('A=1\nB=2\n');
  });
});
