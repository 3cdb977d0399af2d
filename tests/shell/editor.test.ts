/** Keystrokes in, screen out: the line editor at a pseudo-terminal. */
import { describe, expect, test } from 'vitest';
import { keys, shellSession } from '../support/shellScreen.ts';

/** What the line looks like after `typed`; the cursor is `|`. */
function edited(typed: string): string {
  const session = shellSession({ files: { '/home/student/.bash_history': 'echo one\necho two three\n' } });
  session.type(keys(typed));
  return session.screen.line;
}

describe('keys', () => {
  test.each([
    ['abc', '$ abc|'],
    ['abc<C-a>X', '$ X|abc'],
    ['abc<Home>X<End>Y', '$ XabcY|'],
    ['abc<C-b><C-b>X<C-f>Y', '$ aXbY|c'],
    ['abc<Left><Left>X<Right>Y', '$ aXbY|c'],
    ['abc<Backspace>d', '$ abd|'],
    ['abc<C-a><Delete>', '$ |bc'],
    ['abc<C-a><C-d>', '$ |bc'],
    ['one two three<M-b>X', '$ one two X|three'],
    ['one two three<C-a><M-f>X', '$ oneX| two three'],
    ['one two<C-Left><C-Left>X<C-Right>Y', '$ XoneY| two'],
    ['one two<C-w>', '$ one |'],
    ['one two<C-w><C-w><C-y>', '$ one two|'],
    ['one two<C-u>', '$ |'],
    ['one two<C-u><C-y><C-y>', '$ one twoone two|'],
    ['one two<C-a><C-k><C-y>', '$ one two|'],
    ['one two<C-a><M-d>', '$ | two'],
    ['a/b/c<M-Backspace>', '$ a/b/|'],
    ['ab<C-t>', '$ ba|'],
    ['abc<C-a><C-f><C-t>', '$ ba|c'],
    ['one two<M-t>', '$ two one|'],
    ['word<C-a><M-u>', '$ WORD|'],
    ['WORD<C-a><M-l>', '$ word|'],
    ['word<C-a><M-c>', '$ Word|'],
    ['<Up>', '$ echo two three|'],
    ['<Up><Up>', '$ echo one|'],
    ['new<Up><Up><Down><Down>', '$ new|'],
    ['<Up>X<Up><Down>', '$ echo two threeX|'],
    ['<C-p><C-p><C-n>', '$ echo two three|'],
    ['ls <M-.>', '$ ls three|'],
    ['ls <M-.><M-.>', '$ ls one|'],
    ['<M-3>x', '$ xxx|'],
    ['one<C-_>', '$ |'],
    ['a<C-v><C-a>', '$ a^A|'],
    ['日本<Left>x', '$ 日x|本'],
    ['é<Backspace>', '$ |'],
    ['<Paste>a\tb<EndPaste>', '$ a^Ib|'],
    ['abc<C-q>', '$ abc|'],
  ])('%s', (typed, line) => {
    if (typed.includes('日')) expect(edited(typed).replace(/\s/g, '')).toBe(line.replace(/\s/g, ''));
    else expect(edited(typed)).toBe(line);
  });
});

describe('lines longer than the window', () => {
  test('wrap, and are edited over the wrap', () => {
    const session = shellSession({ cols: 20 });
    session.type('echo 0123456789abcdefghij');
    expect(session.screen.text).toBe('$ echo 0123456789abc\ndefghij');
    session.type(keys('<C-a><M-f>X'));
    expect(session.screen.text).toBe('$ echoX 0123456789ab\ncdefghij');
    session.type(keys('<C-k>'));
    expect(session.screen.text).toBe('$ echoX');
    session.type(keys('<C-y><C-u>echo ok<Enter>'));
    expect(session.screen.text).toBe('$ echo ok\nok\n$');
  });

  test('end exactly at the margin', () => {
    const session = shellSession({ cols: 10 });
    session.type('12345678');
    expect(session.screen.line).toBe('|');
    session.type(keys('<Backspace>'));
    expect(session.screen.line).toBe('$ 1234567|');
    session.type(keys('8<Left><Left>x'));
    expect(session.screen.text).toBe('$ 123456x7\n8');
  });

  test('wide characters do not straddle the margin', () => {
    const session = shellSession({ cols: 9 });
    session.type('日本語日');
    expect(session.screen.text).toBe('$ 日本語\n日');
    session.type(keys('<C-a>x'));
    expect(session.screen.text).toBe('$ x日本語\n日');
  });

  test('a narrower window wraps anew', () => {
    const session = shellSession({ cols: 40 });
    session.type('echo 0123456789abcdefghij');
    session.resize(20);
    session.type('!');
    expect(session.screen.text).toContain('defghij!');
    session.type(keys('<Enter>'));
    expect(session.screen.text).toBe('$ echo 0123456789abc\ndefghij!\n0123456789abcdefghij\n!\n$');
  });

  test('a coloured prompt takes the room it shows', () => {
    const session = shellSession({
      cols: 20,
      files: { '/home/student/.bashrc': "PS1='\\[\\e[1;32m\\]\\u@\\h\\[\\e[0m\\]:\\w\\$ '\n" },
    });
    expect(session.screen.line).toBe('student@bluebox:~$ |');
    session.type('abcd');
    expect(session.screen.text).toBe('student@bluebox:~$ a\nbcd');
  });
});

describe('reverse search', () => {
  const files = { '/home/student/.bash_history': 'echo alpha\necho beta\necho alphabet\n' };
  test('finds, goes on, and runs', () => {
    const session = shellSession({ files });
    session.type(keys('<C-r>alp'));
    expect(session.screen.line).toBe("(reverse-i-search)`alp': echo |alphabet");
    session.type(keys('<C-r>'));
    expect(session.screen.line).toBe("(reverse-i-search)`alp': echo |alpha");
    session.type(keys('<Enter>'));
    expect(session.screen.text).toBe('$ echo alpha\nalpha\n$');
  });

  test('fails, is edited, is left', () => {
    const session = shellSession({ files });
    session.type(keys('typed<C-r>zz'));
    expect(session.screen.line).toContain("(failed reverse-i-search)`zz'");
    session.type(keys('<C-g>'));
    expect(session.screen.line).toBe('$ typed|');
    session.type(keys('<C-u><C-r>beta<C-e>!'));
    expect(session.screen.line).toBe('$ echo beta!|');
  });
});

describe('completion', () => {
  const files = {
    '/home/student/notes.txt': '',
    '/home/student/notebook.txt': '',
    '/home/student/a file': '',
    '/home/student/dir/inner': '',
  };
  function completed(typed: string): string {
    const session = shellSession({ files });
    session.type(keys('cd<Enter>'));
    session.type(keys(typed));
    return session.screen.line;
  }
  test.each([
    ['ec<Tab>', '$ echo |'],
    ['cat not<Tab>', '$ cat note|'],
    ['cat notes<Tab>', '$ cat notes.txt |'],
    ['cat a<Tab>', '$ cat a\\ file |'],
    ['cat "a<Tab>', '$ cat "a file" |'],
    ['cat d<Tab>', '$ cat dir/|'],
    ['cd <Tab>', '$ cd dir/|'],
    ['cat di<Tab>i<Tab>', '$ cat dir/inner |'],
    ['echo $HOM<Tab>', '$ echo $HOME |'],
    ['echo ~stu<Tab>', '$ echo ~student/|'],
    ['cat /home/stu<Tab>', '$ cat /home/student/|'],
    ['cat ~/notes<Tab>', '$ cat ~/notes.txt |'],
    ['x=1; ec<Tab>', '$ x=1; echo |'],
    ['true | ec<Tab>', '$ true | echo |'],
    ['cat < notes<Tab>', '$ cat < notes.txt |'],
    ['kill -SIGWI<Tab>', '$ kill -SIGWINCH |'],
    ['cat nothing<Tab>', '$ cat nothing|'],
  ])('%s', (typed, line) => {
    expect(completed(typed)).toBe(line);
  });

  test('a second Tab lists', () => {
    const session = shellSession({ files });
    session.type(keys('cd<Enter>cat note<Tab><Tab>'));
    expect(session.screen.text).toBe('$ cd\n$ cat note\nnotebook.txt  notes.txt\n$ cat note');
  });

  test('a long list asks first', () => {
    const many = Object.fromEntries(Array.from({ length: 120 }, (_, i) => [`/home/student/f${i}`, '']));
    const session = shellSession({ files: many });
    session.type(keys('cd<Enter>cat f<Tab><Tab>'));
    expect(session.screen.text).toContain('Display all 120 possibilities? (y or n)');
    session.type('n');
    expect(session.screen.line).toBe('$ cat f|');
    session.type(keys('<Tab>y'));
    expect(session.screen.text).toContain('f119');
  });
});

describe('history', () => {
  test('is kept from session to session', () => {
    const session = shellSession();
    session.type(keys('echo first<Enter>exit<Enter>'));
    expect(session.closed).toBe(true);
    const text = new TextDecoder().decode(session.host.view.readFile('/home/student/.bash_history')!);
    expect(text).toBe('echo first\nexit\n');
  });

  test('is kept when the terminal is closed', () => {
    const session = shellSession();
    session.type(keys('echo kept<Enter>'));
    session.close();
    const text = new TextDecoder().decode(session.host.view.readFile('/home/student/.bash_history')!);
    expect(text).toBe('echo kept\n');
  });

  test.each([
    ['echo a b c<Enter>!!<Enter>', 'echo a b c\na b c'],
    ['echo a b c<Enter>echo !$<Enter>', 'echo c\nc'],
    ['echo a b c<Enter>echo !*<Enter>', 'echo a b c\na b c'],
    ['echo a b c<Enter>echo !!:2<Enter>', 'echo b\nb'],
    ['echo a<Enter>echo b<Enter>!-2<Enter>', 'echo a\na'],
    ['echo a<Enter>true<Enter>!ec<Enter>', 'echo a\na'],
    ['echo a<Enter>!1<Enter>', 'echo a\na'],
    ['echo aXa<Enter>^X^Y<Enter>', 'echo aYa\naYa'],
    ['echo /x/y.c<Enter>echo !$:h !$:t !$:r<Enter>', 'echo /x y.c /x/y\n/x y.c /x/y'],
  ])('%s', (typed, end) => {
    const session = shellSession();
    session.type(keys(typed));
    expect(session.screen.text.replace(/\n\$$/, '')).toMatch(
      new RegExp(`${end.replace(/[/$^*.]/g, '\\$&')}$`),
    );
  });

  test('an event that is not there', () => {
    const session = shellSession();
    session.type(keys('!nope<Enter>'));
    expect(session.screen.text).toBe('$ !nope\nbash: !nope: event not found\n$');
  });

  test('quotes and `!` before a blank are left alone', () => {
    const session = shellSession();
    session.type(keys('echo \'!x\' ! "a!"<Enter>'));
    expect(session.screen.text).toBe('$ echo \'!x\' ! "a!"\n!x ! a!\n$');
  });

  test('a command of several lines is one entry', () => {
    const session = shellSession();
    session.type(keys('for i in 1 2<Enter>do echo $i<Enter>done<Enter><Up>'));
    expect(session.screen.line).toBe('$ for i in 1 2; do echo $i; done|');
  });
});

describe('input', () => {
  test('PS2 asks for the rest', () => {
    const session = shellSession();
    session.type(keys('if true<Enter>then echo yes<Enter>fi<Enter>'));
    expect(session.screen.text).toBe('$ if true\n> then echo yes\n> fi\nyes\n$');
  });

  test('a pasted text of several lines waits for Enter', () => {
    const session = shellSession();
    session.type(keys('<Paste>echo 1\necho 2<EndPaste>'));
    expect(session.screen.text).toBe('$ echo 1\necho 2');
    session.type(keys('<Enter>'));
    expect(session.screen.text).toBe('$ echo 1\necho 2\n1\n2\n$');
  });

  test('what is typed ahead is for the program', () => {
    const session = shellSession();
    session.type(keys('read x; echo "<$x>"<Enter>'));
    session.type(keys('sleep 1<Enter>'));
    expect(session.screen.text).toBe('$ read x; echo "<$x>"\nsleep 1\n<sleep 1>\n$');
  });

  test('C-l clears the screen and keeps the line', () => {
    const session = shellSession();
    session.type(keys('echo a<Enter>abc<C-l>'));
    expect(session.screen.text).toBe('$ abc');
  });

  test('C-c drops the line, C-d leaves', () => {
    const session = shellSession();
    session.type('abc');
    session.type(keys('<C-c>'));
    expect(session.screen.text).toBe('$ abc^C\n$');
    session.type(keys('echo $?<Enter>'));
    expect(session.screen.text).toBe('$ abc^C\n$ echo $?\n130\n$');
    session.type(keys('<C-d>'));
    expect(session.screen.text).toBe('$ abc^C\n$ echo $?\n130\n$\nexit');
    expect(session.closed).toBe(true);
  });

  test('C-d at a shell in a shell leaves its prompt as it is and comes back to the outer one', () => {
    const session = shellSession();
    session.type(keys('bash<Enter><C-d>'));
    expect(session.screen.text).toBe('$ bash\n$\nexit\n$');
    session.type(keys('set -o ignoreeof<Enter><C-d>'));
    expect(session.screen.text).toMatch(/\n\$\nUse "exit" to leave the shell\.\n\$$/);
  });
});
