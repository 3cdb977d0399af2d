/** Job control at a terminal: what a learner does with Ctrl-C, Ctrl-Z, fg, bg and &. */
import { describe, expect, test } from 'vitest';
import { commandHost } from '../support/commandHost.ts';
import { keys, shellSession } from '../support/shellScreen.ts';

/** What is on the screen after `typed`, entries typed one after the other. */
function screenAfter(...typed: readonly string[]): string {
  const session = shellSession();
  for (const one of typed) session.type(keys(one));
  return session.screen.text;
}

describe('Ctrl-C', () => {
  test('ends a program', () => {
    expect(screenAfter('sleep 100<Enter>', '<C-c>', 'echo $?<Enter>')).toBe(
      '$ sleep 100\n^C\n$ echo $?\n130\n$',
    );
  });
  test.each([
    'while true; do sleep 1; done',
    'while :; do :; done',
    'for ((;;)); do :; done',
    'f() { sleep 100; echo no; }; f; echo no',
    'sleep 100; echo no',
    'sleep 100 && echo no',
    'echo $(sleep 100)',
    'cat | cat',
    'echo x | sleep 100',
    'true | true | sleep 100',
    'read x',
    'sleep 100 & wait',
    'bash -c "sleep 100; echo no"',
    '(sleep 100; echo no)',
  ])('ends %s', (command) => {
    const screen = screenAfter(`${command}<Enter>`, '<C-c>', 'echo at $?<Enter>');
    expect(screen).toMatch(/\^C\n(.*\n)?\$ echo at \$\?\nat 130\n\$$/);
    expect(screen.replace(command, '')).not.toContain('no\n');
  });
  test('leaves the shell and background jobs alone', () => {
    expect(screenAfter('sleep 100 &<Enter>', '<C-c>', 'jobs<Enter>')).toMatch(/Running {17}sleep 100 &\n\$$/);
  });
  test('runs a trap at the prompt', () => {
    expect(screenAfter('trap "echo caught" INT<Enter>', '<C-c>')).toMatch(/\^C\ncaught\n\$$/);
  });
});

describe('Ctrl-C at a script', () => {
  const files = {
    '/home/student/child.sh': {
      content: 'trap "echo child; exit 3" INT\nsleep 1\nsleep 1\nexit 4\n',
      uid: 1000,
      gid: 1000,
    },
  };
  /** What bash 5.2 prints when Ctrl-C comes half a second after `bash -c script` began, and the status it ends with. */
  test.each([
    ['bash child.sh; echo after $?', 'child\nafter 3', 0],
    ['sleep 2; echo after $?', '', 130],
    ['trap "echo T" INT; bash child.sh; echo after $?', 'child\nT\nafter 3', 0],
    ['trap "echo T" INT; sleep 2; echo after $?', 'T\nafter 130', 0],
    ['bash child.sh >/dev/null | sleep 2; echo after $?', 'after 130', 0],
    ['sleep 2 | bash child.sh; echo after $?', 'child\nafter 3', 0],
    ['true | sleep 2; echo after $?', '', 130],
    ['x=$(bash child.sh); echo after $?', '', 130],
    ['(bash child.sh; echo in $?); echo after $?', 'child\nin 3\nafter 0', 0],
    ['(sleep 2; echo in $?); echo after $?', '', 130],
    ['for i in 1 2; do bash child.sh; echo after $? $i; done', 'child\nafter 3 1\nafter 4 2', 0],
    ['while :; do sleep 2; done', '', 130],
    ['trap "" INT; sleep 1.3; echo after $?', 'after 0', 0],
    ['trap "" INT; (sleep 1.3; echo in $?); echo after $?', 'in 0\nafter 0', 0],
    ['trap "echo E" EXIT; sleep 2; echo after $?', 'E', 130],
    ['f() { bash child.sh; }; f; echo after $?', 'child\nafter 3', 0],
  ])('%s', (script, output, status) => {
    const session = shellSession({ files });
    session.type('cd; clear\r');
    session.type(`bash -c '${script}'\r`);
    session.type(keys('<C-c>'));
    session.wait(4000);
    session.type('echo at $?\r');
    const shown = session.screen.text.split(`bash -c '${script}'\n`)[1]!;
    expect(shown.replace('^C', '').replace(/^\n|\n(?=\n\$)/, '')).toBe(
      `${output === '' ? '' : `${output}\n`}$ echo at $?\nat ${status}\n$`,
    );
  });
});

describe('Ctrl-Z', () => {
  test('stops, fg continues', () => {
    const session = shellSession();
    session.type(keys('cat | upper<Enter>'));
    session.type(keys('one<Enter>'));
    session.type(keys('<C-z>'));
    expect(session.screen.text).toBe(
      '$ cat | upper\none\nONE\n^Z\n[1]+  Stopped                 cat | upper\n$',
    );
    session.type(keys('fg<Enter>'));
    session.type(keys('two<Enter><C-d>'));
    expect(session.screen.text).toMatch(/\$ fg\ncat \| upper\ntwo\nTWO\n\$$/);
  });
  test('stops what is left of a pipeline whose last program has ended', () => {
    const session = shellSession();
    session.type(keys('sleep 3 | true<Enter>'));
    session.type(keys('<C-z>'));
    expect(session.screen.text).toMatch(/\^Z\n\[1\]\+ {2}Stopped {17}sleep 3 \| true\n\$$/);
    session.type(keys('fg; echo at $?<Enter>'));
    session.wait(4000);
    expect(session.screen.text).toMatch(/\$ fg; echo at \$\?\nsleep 3 \| true\nat 0\n\$$/);
  });
  test('bg lets it go on', () => {
    const session = shellSession();
    session.type(keys('sleep 3<Enter>'));
    session.type(keys('<C-z>'));
    session.type(keys('bg<Enter>'));
    expect(session.screen.text).toMatch(/\[1\]\+ sleep 3 &\n\$$/);
    session.wait(4000);
    session.type(keys('<Enter>'));
    expect(session.screen.text).toMatch(/\[1\]\+ {2}Done {20}sleep 3\n\$$/);
  });
  test('works in a shell that took the place of another', () => {
    const session = shellSession();
    session.type(keys('exec bash<Enter>'));
    session.type(keys('sleep 100<Enter>'));
    session.type(keys('<C-z>'));
    session.type(keys('exec cat<Enter>'));
    session.type(keys('<C-c>'));
    expect(session.screen.text).toContain('Stopped                 sleep 100');
    expect(session.closed).toBe(true);
  });
  test('exit warns of stopped jobs once', () => {
    const session = shellSession();
    session.type(keys('sleep 100<Enter>'));
    session.type(keys('<C-z>'));
    session.type(keys('exit<Enter>'));
    expect(session.screen.text).toMatch(/exit\nThere are stopped jobs\.\n\$$/);
    session.type(keys('exit<Enter>'));
    expect(session.closed).toBe(true);
  });
});

describe('background jobs', () => {
  test('number, process, end', () => {
    const session = shellSession();
    session.type(keys('sleep 2 &<Enter>'));
    expect(session.screen.text).toMatch(/^\$ sleep 2 &\n\[1\] \d+\n\$$/);
    session.type(keys('sleep 100 &<Enter>jobs<Enter>'));
    expect(session.screen.text).toContain(
      '[1]-  Running                 sleep 2 &\n[2]+  Running                 sleep 100 &',
    );
    session.wait(2000);
    session.type(keys('kill %2<Enter><Enter>'));
    expect(session.screen.text).toContain('[1]-  Done                    sleep 2');
    expect(session.screen.text).toContain('[2]+  Terminated              sleep 100');
  });
  test('reading the terminal stops them', () => {
    const screen = screenAfter('cat &<Enter>', '<Enter>');
    expect(screen).toMatch(/\[1\]\+ {2}Stopped {17}cat\n\$$/);
  });
  test('end with a status', () => {
    expect(screenAfter('(sleep 0.1; exit 3) &<Enter>', '<Enter>')).toMatch(
      /\[1\]\+ {2}Exit 3 {18}\( sleep 0.1; exit 3 \)\n\$$/,
    );
  });
  test('die with the terminal', () => {
    const session = shellSession();
    session.type(keys('sleep 100<Enter>'));
    session.close();
    expect(session.host.view.processes().filter((process) => process.argv[0] === 'sleep')).toEqual([]);
  });
});

describe('pipes', () => {
  test('a reader that leaves ends the writer', () => {
    expect(screenAfter('yes | head -3<Enter>', 'echo ${PIPESTATUS[@]}<Enter>')).toBe(
      '$ yes | head -3\ny\ny\ny\n$ echo ${PIPESTATUS[@]}\n141 0\n$',
    );
  });
  test('a writer waits for its reader', () => {
    const session = shellSession();
    session.type(keys('{ for i in {1..30000}; do echo $i; done; echo written >&2; } | (sleep 2; wc)<Enter>'));
    session.wait(500);
    expect(session.screen.text).not.toContain('\nwritten');
    session.wait(10_000);
    expect(session.screen.text).toMatch(/written\s+30000\n\$$/);
  });
});

describe('start and end', () => {
  test('a login shell reads /etc/profile and ~/.profile', () => {
    const session = shellSession({
      argv: ['/usr/bin/bash', '-l'],
      files: { '/etc/profile': 'P=1; PS1="% "\n', '/home/student/.profile': 'Q=2\n' },
    });
    session.type(keys('echo $P $Q $0<Enter>'));
    expect(session.screen.text).toBe('% echo $P $Q $0\n1 2 /usr/bin/bash\n%');
  });
  test('PROMPT_COMMAND runs before each prompt, and leaves $? alone', () => {
    const session = shellSession({
      files: { '/home/student/.bashrc': 'PROMPT_COMMAND="PS1=\\"[\\$?] \\"; true"\n' },
    });
    session.type(keys('false<Enter>'));
    expect(session.screen.text).toBe('[0] false\n[1]');
  });
  test('a mistake does not end it', () => {
    const screen = screenAfter(
      'nope<Enter>',
      'echo )<Enter>',
      'set -u; echo $x<Enter>',
      'echo ${y?gone}<Enter>',
      'echo $((1/0))<Enter>',
      'readonly r=1; r=2<Enter>',
      'echo here<Enter>',
    );
    expect(screen).toContain('bash: nope: command not found\n');
    expect(screenAfter('echo a | nope<Enter>')).toContain('\nbash: nope: command not found\n');
    expect(screen).toContain("bash: syntax error near unexpected token `)'\n");
    expect(screen).toContain('bash: x: unbound variable\n');
    expect(screen).toContain('bash: y: gone\n');
    expect(screen).toContain('bash: 1/0: division by 0 (error token is "0")\n');
    expect(screen).toContain('bash: r: readonly variable\n');
    expect(screen).toMatch(/here\n\$$/);
  });
  test.each([
    ['f() { f; }; f', 'f: maximum function nesting level exceeded'],
    [
      'f() { if true; then for i in 1; do while true; do f; done; done; fi; }; f',
      'f: maximum function nesting',
    ],
    ['e=\'eval "$e"\'; eval "$e"', 'maximum nesting level exceeded'],
    ['ulimit -u 40; f() { f | f; }; f', 'fork: retry: Resource temporarily unavailable'],
    ['ulimit -u 40; :() { : | : & }; :', 'fork: retry: Resource temporarily unavailable'],
  ])('%s ends in a message', (command, message) => {
    const session = shellSession();
    session.type(keys(`${command}<Enter>`));
    expect(session.screen.text).toContain(message);
    session.type(keys('<C-c>'));
    session.type(keys('echo alive<Enter>'));
    expect(session.screen.text).toContain('\nalive');
  });
  test('recursion as deep as people write it works', () => {
    expect(screenAfter('r() { (($1 == 0)) && return 7; r $(($1 - 1)); }; r 500; echo $?<Enter>')).toMatch(
      /7\n\$$/,
    );
  });
});

/** A script as the leader of a session is in an orphaned process group from the beginning: nothing becomes of that when a job stops. */
test('a script that leads its session can stop its jobs and goes on', () => {
  const line = 'sleep 10 & kill -STOP $!; sleep 0.1; echo here; kill -CONT $!; kill $!; wait; echo end';
  expect(commandHost().command(line)).toEqual({ stdout: 'here\nend\n', stderr: '', status: 0 });
});
