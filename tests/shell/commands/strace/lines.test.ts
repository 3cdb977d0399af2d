/**
 * strace(1) on a host: lines, options, several processes. The form of everything is strace 6.1's on Linux 6.12, but that addresses are `...`; the
 * messages are recorded from it.
 */
import { describe, expect, test } from 'vitest';
import { commandHost } from '../../../support/commandHost.ts';
import '../../../../src/shell/commands/utilities.ts';

const host = commandHost();

/** Both outputs of a command line, standard output first; its process ids become letters in their order. */
function run(line: string): string {
  const { stdout, stderr } = host.command(line);
  const letters = new Map<string, string>();
  const letter = (pid: string) => {
    if (!letters.has(pid)) letters.set(pid, String.fromCharCode(65 + letters.size));
    return letters.get(pid)!;
  };
  return `${stdout}${stderr}`
    .replace(/\[pid +(\d+)\]/g, (_, pid: string) => `[${letter(pid)}]`)
    .replace(
      /(Process |si_pid=|kill\(|SEIZE, |wait4\(|(?:clone|wait4).* = )(\d+)/g,
      (_, before, pid) => `${before}${letter(pid)}`,
    );
}
const lines = (...all: readonly string[]) => `${all.join('\n')}\n`;
const CHILD_ENDED = 'si_uid=0, si_status=0, si_utime=0, si_stime=0} ---';

describe('lines', () => {
  test('a command from its execve to its end', () => {
    expect(run('echo abc >f; strace cat f nothing')).toBe(
      lines(
        'abc',
        'execve("/usr/bin/cat", ["cat", "f", "nothing"], ... /* 7 vars */) = 0',
        'openat(AT_FDCWD, "f", O_RDONLY)         = 3',
        'fstat(3, {st_mode=S_IFREG|0644, st_size=4, ...}) = 0',
        'read(3, "abc\\n", 65536)                 = 4',
        'write(1, "abc\\n", 4)                    = 4',
        'read(3, "", 65536)                      = 0',
        'close(3)                                = 0',
        'openat(AT_FDCWD, "nothing", O_RDONLY)   = -1 ENOENT (No such file or directory)',
        'write(2, "cat: nothing: No such file or di"..., 40cat: nothing: No such file or directory',
        ') = 40',
        'exit_group(1)                           = ?',
        '+++ exited with 1 +++',
      ),
    );
  });

  test('a call that waits while another process goes on; numbers stand only before lines of one among several', () => {
    expect(run("strace -f -e trace=clone,execve,wait4 bash -c 'ls /nosuch 2>/dev/null; true'")).toBe(
      lines(
        `execve("/usr/bin/bash", ["bash", "-c", "ls /nosuch 2>/dev/null; true"], ... /* 7 vars */) = 0`,
        'clone(child_stack=NULL, flags=SIGCHLD)  = A',
        'strace: Process A attached',
        '[A] execve("/usr/bin/ls", ["ls", "/nosuch"], ... /* 7 vars */) = 0',
        '[B] wait4(-1,  <unfinished ...>',
        '[A] +++ exited with 2 +++',
        '<... wait4 resumed>[{WIFEXITED(s) && WEXITSTATUS(s) == 2}], 0, NULL) = A',
        `--- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=A, ${CHILD_ENDED.replace('status=0', 'status=2')}`,
        '+++ exited with 0 +++',
      ),
    );
  });

  test('a process that is killed, in a call or by its own hand', () => {
    expect(
      run(
        'strace -e trace=clock_nanosleep sleep 5 & sleep 0.1; pkill -KILL sleep; wait $! 2>/dev/null; echo $?',
      ),
    ).toBe(
      lines(
        '137',
        'clock_nanosleep(CLOCK_REALTIME, 0, {tv_sec=5, tv_nsec=0},  <unfinished ...>) = ?',
        '+++ killed by SIGKILL +++',
      ),
    );
    expect(run("strace -e trace=kill bash -c 'kill -TERM $$' 2>&1; echo $?")).toBe(
      lines(
        'kill(A, SIGTERM)                       = 0',
        '--- SIGTERM {si_signo=SIGTERM, si_code=SI_USER, si_pid=A, si_uid=0} ---',
        '+++ killed by SIGTERM +++',
        '143',
        'Terminated',
      ),
    );
  });

  test('one that is stopped and goes on', () => {
    expect(
      run("strace -e trace=none bash -c 'kill -STOP $$' & sleep 0.1; pkill -CONT -f '^bash -c kill'; wait"),
    ).toBe(
      lines(
        '--- SIGSTOP {si_signo=SIGSTOP, si_code=SI_USER, si_pid=A, si_uid=0} ---',
        '--- stopped by SIGSTOP ---',
        '--- SIGCONT {si_signo=SIGCONT, si_code=SI_USER, si_pid=B, si_uid=0} ---',
        '+++ exited with 0 +++',
      ),
    );
  });
});

describe('attaching', () => {
  test('to one that sleeps: its call goes on as another', () => {
    expect(run('sleep 1 & strace -p $!')).toBe(
      lines(
        'strace: Process A attached',
        'restart_syscall(<... resuming interrupted clock_nanosleep ...>) = 0',
        'exit_group(0)                           = ?',
        '+++ exited with 0 +++',
      ),
    );
  });

  test('Ctrl-C lets go of it, and it lives; a command that strace has started does not', () => {
    expect(
      run('sleep 9 & strace -p $! & sleep 0.1; kill -INT $!; wait $!; echo $?; kill -0 %1 && kill %1'),
    ).toBe(
      lines(
        '130',
        'strace: Process A attached',
        'restart_syscall(<... resuming interrupted clock_nanosleep ...>strace: Process A detached',
        ' <detached ...>',
      ),
    );
    expect(
      run(
        'strace -e trace=clock_nanosleep sleep 9 & sleep 0.1; kill -TERM $!; wait $! 2>/dev/null; echo $?; pgrep sleep',
      ),
    ).toBe(
      lines(
        '143',
        'clock_nanosleep(CLOCK_REALTIME, 0, {tv_sec=9, tv_nsec=0}, strace: Process A detached',
        ' <detached ...>',
      ),
    );
  });

  test('what cannot be', () => {
    expect(run('strace -p 9999; echo $?; strace -p 0; strace -p x; (exec strace -p $BASHPID)')).toBe(
      lines(
        '1',
        'strace: attach: ptrace(PTRACE_SEIZE, A): No such process',
        "strace: Invalid process id: '0'",
        "strace: Invalid process id: 'x'",
        "strace: I'm sorry, I can't let you do that, Dave.",
      ),
    );
    expect(run('sleep 1 & strace -e trace=none -qq -p $! & sleep 0.1; strace -p $(pgrep sleep); wait')).toBe(
      'strace: attach: ptrace(PTRACE_SEIZE, A): Operation not permitted\n',
    );
    expect(run('strace -f -e trace=ptrace strace true 2>&1 | grep SEIZE')).toBe(
      lines(
        '[A] ptrace(PTRACE_SEIZE, B, NULL, 0) = -1 EPERM (Operation not permitted)',
        'strace: attach: ptrace(PTRACE_SEIZE, B): Operation not permitted',
      ),
    );
  });
});

describe('options', () => {
  test('what is shown: -e trace, signal, status, -z, -Z', () => {
    expect(
      run('strace -e trace=none true; strace -e trace=!all true; strace -e !%file,exit_group cat f'),
    ).toBe(
      lines(
        'abc',
        '+++ exited with 0 +++',
        '+++ exited with 0 +++',
        'fstat(3, {st_mode=S_IFREG|0644, st_size=4, ...}) = 0',
        'read(3, "abc\\n", 65536)                 = 4',
        'write(1, "abc\\n", 4)                    = 4',
        'read(3, "", 65536)                      = 0',
        'close(3)                                = 0',
        '+++ exited with 0 +++',
      ),
    );
    expect(
      run(
        'strace -Z -e trace=%file cat nothing 2>&1; strace -z -e file,exit_group cat f; strace -e status=unfinished true',
      ),
    ).toBe(
      lines(
        'openat(AT_FDCWD, "nothing", O_RDONLY)   = -1 ENOENT (No such file or directory)',
        'cat: nothing: No such file or directory',
        '+++ exited with 1 +++',
        'abc',
        'execve("/usr/bin/cat", ["cat", "f"], ... /* 7 vars */) = 0',
        'openat(AT_FDCWD, "f", O_RDONLY)         = 3',
        '+++ exited with 0 +++',
        'exit_group(0)                           = ?',
        '+++ exited with 0 +++',
      ),
    );
    expect(
      run("strace -e trace=none -e signal=USR1 bash -c 'trap : USR1; kill -USR1 $$; ls >/dev/null; :'"),
    ).toBe(
      lines(
        '--- SIGUSR1 {si_signo=SIGUSR1, si_code=SI_USER, si_pid=A, si_uid=0} ---',
        '+++ exited with 0 +++',
      ),
    );
  });

  test('how: -s, -y, -q, -t, -r, -T, -a; stamps and numbers count for the column', () => {
    expect(run('strace -s 2 -y -e trace=openat,read,write cat f >g')).toBe(
      lines(
        'openat(AT_FDCWD</work>, "f", O_RDONLY)  = 3</work/f>',
        'read(3</work/f>, "ab"..., 65536)        = 4',
        'write(1</work/g>, "ab"..., 4)           = 4',
        'read(3</work/f>, "", 65536)             = 0',
        '+++ exited with 0 +++',
      ),
    );
    expect(run('strace -qq -a 20 true')).toBe(
      'execve("/usr/bin/true", ["true"], ... /* 7 vars */) = 0\nexit_group(0)       = ?\n',
    );
    const stamped = (options: string) => run(`strace -e trace=exit_group ${options} true`).split('\n', 1)[0]!;
    expect(stamped('-t')).toMatch(/^\d\d:\d\d:\d\d exit_group\(0\) {18}= \?$/);
    expect(stamped('-tt')).toMatch(/^\d\d:\d\d:\d\d\.\d{6} exit_group\(0\) {11}= \?$/);
    expect(stamped('-ttt')).toMatch(/^17\d{8}\.\d{6} exit_group\(0\) {9}= \?$/);
    expect(stamped('-r')).toBe('     0.000000 exit_group(0)             = ?');
    expect(stamped('-r -t')).toMatch(/^\d\d:\d\d:\d\d \(\+ {5}0\.000000\) exit_group\(0\) = \?$/);
    expect(run('strace -T -e trace=clock_nanosleep sleep 1')).toMatch(
      /tv_nsec=0\}, NULL\) = 0 <1\.00\d{4}>\n/,
    );
  });

  test('where: -o, -A, with the number of each process under -f', () => {
    expect(
      run(
        "strace -f -e trace=execve -o out bash -c 'ls >/dev/null; :'; sed 's/^[0-9]* *//' out; strace -A -o out -qq true; wc -l <out",
      ),
    ).toBe(
      lines(
        `execve("/usr/bin/bash", ["bash", "-c", "ls >/dev/null; :"], ... /* 7 vars */) = 0`,
        'execve("/usr/bin/ls", ["ls"], ... /* 7 vars */) = 0',
        '+++ exited with 0 +++',
        `--- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=A, ${CHILD_ENDED}`,
        '+++ exited with 0 +++',
        '7',
      ),
    );
  });

  test("a summary of the kernel's own time, or of all", () => {
    expect(run('strace -c -e trace=openat,execve cat f nothing 2>&1')).toBe(
      lines(
        'abc',
        'cat: nothing: No such file or directory',
        '% time     seconds  usecs/call     calls    errors syscall',
        '------ ----------- ----------- --------- --------- ----------------',
        ' 98.81    0.000250         250         1           execve',
        '  1.19    0.000003           1         2         1 openat',
        '------ ----------- ----------- --------- --------- ----------------',
        '100.00    0.000253          84         3         1 total',
      ),
    );
    expect(run('strace -C -w -S calls -e trace=clock_nanosleep sleep 2')).toMatch(
      /^clock_nano.*\n\+\+\+ exited with 0 \+\+\+\n% time.*\n-.*\n100\.00 {4}2\.0000\d\d {5}20000\d\d {9}1 {11}clock_nanosleep\n/,
    );
  });

  test('as whom, and in what environment', () => {
    expect(
      run(
        'strace -u student -e trace=none id -u; strace -u nobody true; unshare -Ur strace -u student -e trace=none true; strace -E A=b -E PATH -e trace=none /usr/bin/env | grep -c "^A=b$\\|^PATH"',
      ),
    ).toBe(
      lines(
        '1000',
        '1',
        '+++ exited with 0 +++',
        "strace: Cannot find user 'nobody'",
        'strace: initgroups: Operation not permitted',
        'strace: Unexpected wait status 0x100',
        '+++ exited with 0 +++',
      ),
    );
  });

  test('what is refused, in the words of the real one where it refuses it, too', () => {
    const hint = "Try 'strace -h' for more information.";
    expect(
      run(
        'strace; strace -J true; strace nosuch; strace -e trace=foo true; strace -e foo=bar true; strace -e signal=FOO true; strace -e status=foo true; strace -s x true; strace -S foo true; strace -o /nosuch/x true',
      ),
    ).toBe(
      lines(
        'strace: must have PROG [ARGS] or -p PID',
        hint,
        "strace: invalid option -- 'J'",
        hint,
        "strace: Can't stat 'nosuch': No such file or directory",
        "strace: invalid system call 'foo'",
        "strace: invalid system call 'foo=bar'",
        "strace: invalid signal 'FOO'",
        "strace: invalid status 'foo'",
        "strace: invalid -s argument: 'x'",
        hint,
        "strace: invalid sortby: 'foo'",
        hint,
        "strace: Can't fopen '/nosuch/x': No such file or directory",
      ),
    );
    expect(
      run('strace -ff true; strace -yy true; strace -i true; strace -e inject=read:error=EIO true'),
    ).toBe(
      lines(
        'strace: the option -ff (--output-separately) is not simulated',
        hint,
        'strace: the option -yy (--decode-fds=all) is not simulated',
        hint,
        'strace: the option -i (--instruction-pointer) is not simulated',
        hint,
        'strace: the option -e inject is not simulated',
      ),
    );
  });
});
