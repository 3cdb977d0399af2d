/** ps: layouts and widths of procps 4.0.2 where process numbers have seven digits, selection, order, trees. */
import { describe, expect, test } from 'vitest';
import { commandHost } from '../../../support/commandHost.ts';
import { engineHost } from '../../../support/engineHost.ts';

const accounts = {
  '/etc/passwd':
    'root:x:0:0:root:/root:/usr/bin/sh\nlongnamed:x:7:8::/:/usr/bin/sh\nstudent:x:1000:1000::/:/usr/bin/sh\n',
  '/etc/group': 'root:x:0:\nlongnamed:x:8:\n',
};
const run = (line: string) => commandHost(accounts).command(line);
const out = (line: string) => run(line).stdout;

describe('layouts', () => {
  test.each([
    ['ps 1', '    PID TTY      STAT   TIME COMMAND\n      1 ?        Ss     0:00 init\n'],
    ['ps -p 1', '    PID TTY          TIME CMD\n      1 ?        00:00:00 init\n'],
    [
      'ps u 1',
      'USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND\n' +
        'root           1  0.0  0.0   4096  2048 ?        Ss   09:00   0:00 init\n',
    ],
    [
      'ps -fp 1',
      'UID          PID    PPID  C STIME TTY          TIME CMD\n' +
        'root           1       0  0 09:00 ?        00:00:00 init\n',
    ],
    [
      'ps -lp1',
      'F S   UID     PID    PPID  C PRI  NI ADDR SZ WCHAN  TTY          TIME CMD\n' +
        '0 S     0       1       0  0  80   0 -  1024 -      ?        00:00:00 init\n',
    ],
    [
      'ps l 1',
      'F   UID     PID    PPID PRI  NI    VSZ   RSS WCHAN  STAT TTY        TIME COMMAND\n' +
        '0     0       1       0  20   0   4096  2048 -      Ss   ?          0:00 init\n',
    ],
    [
      'ps j 1',
      '   PPID     PID    PGID     SID TTY        TPGID STAT   UID   TIME COMMAND\n' +
        '      0       1       1       1 ?             -1 Ss       0   0:00 init\n',
    ],
    [
      'ps -jp 1',
      '    PID    PGID     SID TTY          TIME CMD\n      1       1       1 ?        00:00:00 init\n',
    ],
    ['ps h 1', '      1 ?        Ss     0:00 init\n'],
  ])('%s', (line, stdout) => {
    expect(run(line)).toEqual({ stdout, stderr: '', status: 0 });
  });

  test('columns of one’s own: widths, headings, what is too long', () => {
    expect(out('ps -o user:3,pid,comm:2,cputime,lstart -p 1')).toBe(
      'USER    PID COMMAND TIME                 STARTED\nro+       1 in 00:00:00 Mon Jan  5 09:00:00 2026\n',
    );
    expect(out('ps -o pid= -o comm= -p 1; ps -o pid=NUMBERED,comm= -p 1')).toBe(
      '      1 init\nNUMBERED \n       1 init\n',
    );
    const other =
      'setpriv --reuid 7 --regid 8 --clear-groups sleep 9 & sleep 0.1; ps -o user,ruser,group,egid -p $!';
    expect(out(other)).toBe('USER     RUSER    GROUP     EGID\nlongnam+ longnam+ longnam+     8\n');
  });

  test('namespaces as /proc/PID/ns names them', () => {
    const [links, columns] = out(
      'readlink /proc/1/ns/mnt /proc/1/ns/uts /proc/1/ns/pid | tr -cd "0-9\\n" | xargs; ps -o mntns=,utsns=,pidns= -p 1',
    ).split('\n');
    expect(columns).toBe(links);
  });

  test('a line ends where the terminal does, with w later or not at all', () => {
    const command = `sh -c 'COLUMNS=30 ps OPTIONS -o args= -p $$; : ${'x'.repeat(150)}'`;
    expect(['', '-w', '-ww'].map((options) => out(command.replace('OPTIONS', options)).length - 1)).toEqual([
      30,
      132,
      `sh -c COLUMNS=30 ps -ww -o args= -p $$; : `.length + 150,
    ]);
    // No terminal, no COLUMNS: whole.
    expect(out(command.replace('COLUMNS=30 ', '').replace('OPTIONS', ''))).toContain('x'.repeat(150));
  });

  test('what ends a line or moves the cursor in an argument is shown otherwise', () => {
    expect(out("sh -c 'sleep 1\n:\t' & sleep 0.1; ps -o args= -p $!")).toBe('sh -c sleep 1 :?\n');
  });

  test('a zombie is defunct', () => {
    expect(out('(true & exec sleep 1) & sleep 0.1; ps -eo comm,args | grep "[d]efunct"')).toBe(
      'bash            [bash] <defunct>\n',
    );
  });
});

describe('which, and in what order', () => {
  const start = 'sleep 7 & sh -c "sleep 8; :" & sleep 0.1; ';

  test.each([
    ['ps -C sleep -o args=', 'sleep 7\nsleep 8\n'],
    ['ps -C sleep --sort -pid -o args=', 'sleep 8\nsleep 7\n'],
    ['ps -C sleep,sh -o args= --sort=comm,-args', 'sh -c sleep 8; :\nsleep 8\nsleep 7\n'],
    ['ps -C init,bash,ps -N -o args=', 'sleep 7\nsh -c sleep 8; :\nsleep 8\n'],
    ['ps --ppid $! -o args=', 'sleep 8\n'],
    ['ps -u student; echo $?', '    PID TTY          TIME CMD\n1\n'],
    ['ps -u 0 -o comm= | head -1', 'init\n'],
    ['ps axo comm | head -2', 'COMMAND\ninit\n'],
    ['ps -C init f -o comm=; ps p 1 o comm=', 'init\ninit\n'],
  ])('%s', (line, stdout) => {
    expect(run(start + line)).toEqual({ stdout, stderr: '', status: 0 });
  });

  test('trees are drawn, or indented', () => {
    const [self = ''] = ['ps axf -o args', 'ps -eH -o args'];
    expect(out(`${start}${self} | tail -n +3`).replaceAll(/bash -c .*/g, 'bash')).toBe(
      [
        ' \\_ /usr/bin/bash',
        '     \\_ sleep 7',
        '     \\_ sh -c sleep 8; :',
        '     |   \\_ sleep 8',
        '     \\_ ps axf -o args',
        '     \\_ tail -n +3',
        '',
      ].join('\n'),
    );
    expect(out(`${start}ps -eHo args; :`).replaceAll(/bash -c .*/g, 'bash')).toBe(
      [
        'COMMAND',
        'init',
        '  /usr/bin/bash',
        '    sleep 7',
        '    sh -c sleep 8; :',
        '      sleep 8',
        '    ps -eHo args',
        '',
      ].join('\n'),
    );
  });
});

test('what is wrong, and what is not simulated, is said', () => {
  expect(run('umount /proc; ps')).toEqual({
    stdout: '',
    stderr: 'Error, do this: mount -t proc proc /proc\n',
    status: 47,
  });
  const error = (text: string) => ({
    stdout: '',
    stderr: `${text}\nTry 'ps --help' for more information.\n`,
    status: 1,
  });
  expect(run('ps -o foo')).toEqual(error('error: unknown user-defined format specifier "foo"'));
  expect(run('ps -U nosuch')).toEqual(error('error: user name does not exist'));
  expect(run('ps -p a')).toEqual(error('error: process ID list syntax error'));
  expect(run('ps --sort foo')).toEqual(error('error: unknown sort specifier'));
  expect(run('ps Q')).toEqual(error('error: unsupported option (BSD syntax): Q'));
  expect(run('ps -eM')).toEqual(error("ps: invalid option -- 'M'"));
});

test('on a terminal: the learner’s own, and docker top in the columns of ps -ef', () => {
  const { out: learner, terminal } = engineHost();
  const one = terminal();
  one.type('ps; ps -ef | grep -c "[i]nit"\r');
  expect(one.screen()).toMatch(
    /PID TTY {10}TIME CMD\r\n +\d+ pts\/0 +00:00:00 bash\r\n +\d+ pts\/0 +00:00:00 ps\r\n1\r\n/,
  );
  learner('docker run -d --name one notes:1 sleep 99');
  expect(learner('docker top one').split('\n')[0]!.split(/ +/)).toEqual([
    'UID',
    'PID',
    'PPID',
    'C',
    'STIME',
    'TTY',
    'TIME',
    'CMD',
  ]);
  expect(learner('docker top one aux').split('\n')[0]!.split(/ +/)).toEqual([
    'USER',
    'PID',
    '%CPU',
    '%MEM',
    'VSZ',
    'RSS',
    'TTY',
    'STAT',
    'START',
    'TIME',
    'COMMAND',
  ]);
});
