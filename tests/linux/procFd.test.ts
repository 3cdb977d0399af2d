/** The links of /proc/PID/fd lead to what is open, with or without a path: proc_pid_fd(5). */
import { describe, expect, test } from 'vitest';
import { O_RDONLY, O_WRONLY, S_IFIFO, sys, writeAll } from '../../src/linux/index.ts';
import { commandHost } from '../support/commandHost.ts';
import { testHost } from '../support/linuxHost.ts';

/** What `line` does, as a user that is not root. */
const run = (line: string) => commandHost().command(line, { user: 'student' });
const good = (stdout: string) => ({ stdout, stderr: '', status: 0 });

describe('a process substitution is a file to', () => {
  test.each([
    ['diff <(echo a) <(echo a)', good('')],
    ['diff <(echo a) <(echo b)', { stdout: '1c1\n< a\n---\n> b\n', stderr: '', status: 1 }],
    ['cp <(echo x) /tmp/c; cat /tmp/c', good('x\n')],
    ['[ -p <(echo) ] && echo pipe', good('pipe\n')],
    ['[[ -r <(echo) ]] && echo readable', good('readable\n')],
    ['[ -e <(echo) ] && ! [ -f <(echo) ] && ! [ -x <(echo) ] && echo yes', good('yes\n')],
    ['stat -L -c "%F %a %U" <(echo)', good('fifo 600 student\n')],
    ['stat -c "%F" <(echo)', good('symbolic link\n')],
    ['wc -l <(seq 3) | sed "s/[0-9]*$/N/"', good('3 /dev/fd/N\n')],
    ['echo one > >(cat); sleep 0.1', good('one\n')],
    ['echo one | tee >(cat >/tmp/o) >/dev/null; sleep 0.1; cat /tmp/o', good('one\n')],
  ])('%s', (line, result) => {
    expect(run(line)).toEqual(result);
  });
});

test('who stands in /proc/PID reads of the process as it is now', () => {
  const line =
    'cd /proc/$!; cut -d" " -f3 stat; kill -STOP $!; sleep 0.1; cut -d" " -f3 stat; grep State status';
  expect(run(`sleep 50 & sleep 0.1; ${line}`)).toEqual(good('S\nT\nState:\tT (stopped)\n'));
});

describe('the links', () => {
  test('show paths, and what has none by its kind and inode', () => {
    const { stdout, stderr } = run(
      'exec 5</etc/passwd 6>/tmp/out 7<>/tmp/both; ls -l /proc/self/fd 2>&1 | sed "s/student student *//; s/[A-Z][a-z][a-z] .*[0-9]:[0-9]* //"',
    );
    expect(stderr).toBe('');
    const lines = stdout
      .replace(/\[\d+\]/g, '[N]')
      .replace(/\/proc\/\d+/g, '/proc/PID')
      .trimEnd()
      .split('\n');
    expect(lines).toEqual([
      'total 0',
      'lr-x------ 1 64 0 -> /dev/null',
      'l-wx------ 1 64 1 -> pipe:[N]',
      'l-wx------ 1 64 2 -> pipe:[N]',
      'lr-x------ 1 64 3 -> /proc/PID/fd',
      'lr-x------ 1 64 5 -> /etc/passwd',
      'l-wx------ 1 64 6 -> /tmp/out',
      'lrwx------ 1 64 7 -> /tmp/both',
    ]);
  });

  test('give the number that stat gives, the same for both ends of a pipe', () => {
    const { stdout } = run(
      '{ readlink /proc/self/fd/1; stat -L -c "pipe:[%i]" /dev/stdout; } | { readlink /dev/fd/0; cat; }',
    );
    const [reading, writing, number] = stdout.trimEnd().split('\n');
    expect(reading).toMatch(/^pipe:\[\d+\]$/);
    expect([writing, number]).toEqual([reading, reading]);
  });

  test('of a FIFO show where it is', () => {
    const { output } = testHost({
      *main() {
        yield* sys.mknod('/tmp/fifo', S_IFIFO | 0o644);
        const writer = yield* sys.fork(function* () {
          yield* sys.open('/tmp/fifo', O_WRONLY);
          return 0;
        });
        const fd = yield* sys.open('/tmp/fifo', O_RDONLY);
        yield* writeAll(1, `${yield* sys.readlink(`/proc/self/fd/${fd}`)}\n`);
        yield* sys.wait4(writer);
        return 0;
      },
    }).run(['/usr/bin/main']);
    expect(output).toBe('/tmp/fifo\n');
  });

  test("of another user's process are nobody's", () => {
    expect(run('stat /proc/1/fd/0').stderr).toContain('Permission denied');
  });

  test("lead to another process's pipe, for its owner", () => {
    expect(run('sleep 1 | cat & sleep 0.1; echo hi >/proc/$!/fd/0; wait')).toEqual(good('hi\n'));
  });

  test('a descriptor that is not open has none', () => {
    expect(run('[ -e /dev/fd/42 ] || echo none; ls /proc/self/fd/42')).toEqual({
      stdout: 'none\n',
      stderr: "ls: cannot access '/proc/self/fd/42': No such file or directory\n",
      status: 2,
    });
  });
});

describe('fdinfo', () => {
  test('tells where the next read is, how it was opened, and on which mount', () => {
    const { stdout, stderr } = run(
      [
        'printf 0123456789 >/tmp/f; exec 3</tmp/f 4>>/tmp/f 5<>/tmp/f 6</tmp; read -n 4 -u 3; printf abc >&4',
        'for fd in 3 4 5 6; do cat /proc/$$/fdinfo/$fd; stat -c "inode %i" -L /proc/$$/fd/$fd; done',
        'grep -c "^$(sed -n "s/mnt_id:.//p" /proc/$$/fdinfo/3) .* / / " /proc/self/mountinfo',
        'cat /proc/self/fdinfo/1 | grep -v ino; ls -ld /proc/$$/fdinfo /proc/$$/fdinfo/3 | cut -c1-10; ls /proc/$$/fdinfo | tail -2; ls /proc/1/fdinfo',
      ].join('\n'),
    );
    expect(stderr).toBe("ls: cannot open directory '/proc/1/fdinfo': Permission denied\n");
    const [, ...parts] = stdout.split(/pos:\t/);
    const inodes = parts
      .slice(0, 4)
      .map((part) => [/ino:\t(\d+)/.exec(part)![1], /inode (\d+)/.exec(part)![1]]);
    for (const [one, other] of inodes) expect(one).toBe(other);
    expect(parts.map((part) => part.replace(/mnt_id:\t\d+\nino:\t\d+\ninode \d+\n/, ''))).toEqual([
      '4\nflags:\t0100000\n',
      '13\nflags:\t0102001\n',
      '0\nflags:\t0100002\n',
      '0\nflags:\t0100000\n1\n',
      '0\nflags:\t01\nmnt_id:\t13\ndr-xr-xr-x\n-r--r--r--\n5\n6\n',
    ]);
  });

  test('has the flag that closes a descriptor at the next program', () => {
    expect(
      run('exec 3</etc/passwd; sleep 1 & cat /proc/$!/task/$!/fdinfo/3 | head -2; ls /proc/$!/task; kill $!'),
    ).toMatchObject({
      stdout: expect.stringMatching(/^pos:\t0\nflags:\t0100000\n\d+\n$/),
    });
  });
});

test('/proc/PID/task has the process’s own thread, with what the process has, and its children', () => {
  const { stdout } = run(
    'cd /proc/$$/task/$$; pwd | sed "s/[0-9]*//g"; sleep 5 & [ "$(cat children)" = "$! $(cat /proc/$!/../self/stat | cut -d" " -f1)" ]; cmp comm /proc/$$/comm; grep -c . children; ls | tr "\n" " "; kill $!',
  );
  expect(stdout).toMatch(
    /^\/proc\/\/task\/\n1\ncgroup children cmdline comm cwd environ exe fd fdinfo .* stat statm status .*$/,
  );
});
