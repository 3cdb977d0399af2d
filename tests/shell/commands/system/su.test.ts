/** su as util-linux 2.38.1 answers; the lines were run by the real one, as root and as user games. */
import { describe, expect, test } from 'vitest';
import '../../../../src/shell/commands/utilities.ts';
import { engineHost } from '../../../support/engineHost.ts';

const { sh, out, terminal } = engineHost();
out(
  "echo 'ada:x:1200:1300::/tmp:/bin/bash' >> /etc/passwd; printf 'ada:x:1300:\\nnotes:x:1400:ada\\n' >> /etc/group; mkdir -p /work",
);
const SHOW = 'echo $0 $# "$*" u=$(id -un) H=$HOME U=$USER L=$LOGNAME S=$SHELL F=$FOO P=$PATH D=$PWD';
const START = 'cd /work; export HOME=/root USER=root LOGNAME=root SHELL=/bin/bash FOO=1 PATH=/usr/bin';

describe('root becomes another user', () => {
  test.each([
    [`su ada -c '${SHOW}'`, 'bash 0  u=ada H=/tmp U=ada L=ada S=/bin/bash F=1 P=/usr/bin D=/work'],
    [`su ada -c '${SHOW}' a b`, 'a 1 b u=ada H=/tmp U=ada L=ada S=/bin/bash F=1 P=/usr/bin D=/work'],
    [
      `su - ada -c '${SHOW}'`,
      '-bash 0  u=ada H=/tmp U=ada L=ada S=/bin/bash F= P=/usr/local/bin:/usr/bin:/usr/sbin D=/tmp',
    ],
    [
      `su -l ada -c '${SHOW}'`,
      '-bash 0  u=ada H=/tmp U=ada L=ada S=/bin/bash F= P=/usr/local/bin:/usr/bin:/usr/sbin D=/tmp',
    ],
    [`su -c '${SHOW}'`, 'bash 0  u=root H=/root U=root L=root S=/bin/bash F=1 P=/usr/bin D=/work'],
    [`su -m ada -c '${SHOW}'`, 'bash 0  u=ada H=/root U=root L=root S=/bin/bash F=1 P=/usr/bin D=/work'],
    [
      `su -s /bin/sh nobody -c '${SHOW}'`,
      'sh 0  u=nobody H=/nonexistent U=nobody L=nobody S=/bin/sh F=1 P=/usr/bin D=/work',
    ],
    ['su ada -c id', 'uid=1200(ada) gid=1300(ada) groups=1300(ada),1400(notes)'],
    ["su ada -c 'grep Groups /proc/self/status'", 'Groups:\t1300 1400 '],
    ['umask 077; su ada -c umask', '0077'],
  ])('%s', (line, said) => {
    expect(sh(`${START}; ${line}`)).toEqual({ out: `${said}\n`, err: '', status: 0 });
  });

  test.each([
    [
      'su nosuch',
      'su: user nosuch does not exist or the user entry does not contain all the required fields\n',
      1,
    ],
    ['su -s /nosuch ada -c id', 'su: failed to execute /nosuch: No such file or directory\n', 127],
    ['su -s /etc/passwd ada -c id', 'su: failed to execute /etc/passwd: Permission denied\n', 126],
    ["su ada -c 'exit 7'", '', 7],
    ['su -x', "su: invalid option -- 'x'\nTry 'su --help' for more information.\n", 1],
  ])('%s', (line, err, status) => {
    expect(sh(line)).toEqual({ out: '', err, status });
  });
});

test('who logs in is in the own group, too, and the kernel keeps groups in the order of their numbers', () => {
  out("echo 'many:x:90:ada,student' >> /etc/group");
  const { type, screen } = terminal();
  type(
    'sed -n /^Groups/p /proc/self/status; sudo setpriv --groups 44,20,44,5 sed -n /^Groups/p /proc/self/status\r',
  );
  expect(screen()).toMatch(/^Groups:\s+27 90 999 1000 *\r?\nGroups:\s+5 20 44 44 *$/m);
  expect(out('grep Groups /proc/self/status')).toBe('Groups:\t \n');
  expect(out("su ada -c 'grep Groups /proc/self/status; id'")).toBe(
    'Groups:\t90 1300 1400 \nuid=1200(ada) gid=1300(ada) groups=1300(ada),90(many),1400(notes)\n',
  );
});

test('nobody else knows a password', () => {
  expect(sh('su -c id </dev/null', 'student')).toEqual({
    out: '',
    err: 'Password: su: Authentication failure\n',
    status: 1,
  });
  const { type, screen } = terminal();
  for (const line of ['su -', 'secret', 'id -un']) type(`${line}\r`);
  expect(screen()).toContain('Password: \r\nsu: Authentication failure\r\n');
  expect(screen()).toContain('student\r\n');
  expect(screen()).not.toContain('secret');
});
