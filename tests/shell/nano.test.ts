/** nano where no recording reaches: what is in the file afterwards, errors of writing, signals, the terminal afterwards. */
import { describe, expect, test } from 'vitest';
import { commandHost } from '../support/commandHost.ts';
import { screenHost, step } from '../support/screenCases.ts';

const own = { uid: 1000, gid: 1000 };
const files = { '/work/three': { content: 'alpha\nbeta\ngamma\n', ...own } };

/** Types `keys` into nano on a file. */
function typed(command: string, keys: string, more = {}) {
  const host = screenHost(`${command}; echo left $?`, { rows: 12, cols: 70, files: { ...files, ...more } });
  for (const part of keys.split('|')) host.step(step(part));
  return host;
}

describe('what is written', () => {
  test('the text as it was typed, with a newline at its end', () => {
    const host = typed('nano new', 'héllo<Enter>中文<Tab>x|<C-O><Enter>|<C-X>');
    expect(host.file('new')).toBe('héllo\n中文\tx\n');
    expect(host.screen.lines).toContain('left 0');
    expect(host.screen.alternate).toBe(false);
  });

  test('bytes that are no UTF-8 come out as they went in', () => {
    const bytes = Uint8Array.of(0x61, 0xff, 0xc3, 0x28, 0x0a);
    const host = typed('nano raw', '<End>z|<C-S>|<C-X>', { '/work/raw': { content: bytes } });
    expect(host.bytes('raw')).toEqual(Uint8Array.of(0x61, 0xff, 0xc3, 0x28, 0x7a, 0x0a));
  });

  test('nothing, when one leaves without saving', () => {
    const host = typed('nano three', 'x|<C-X>|n');
    expect(host.file('three')).toBe('alpha\nbeta\ngamma\n');
  });

  test('what undo took back is not there, and an unchanged text is left without a question', () => {
    const host = typed('nano three', 'xyz|<M-u>|<C-X>');
    expect(host.screen.lines).toContain('left 0');
    expect(host.file('three')).toBe('alpha\nbeta\ngamma\n');
  });

  test('the file keeps its mode', () => {
    const host = typed('nano run', 'x|<C-S>|<C-X>', { '/work/run': { content: 'y\n', mode: 0o750 } });
    expect(host.mode('run')).toBe(0o100750);
    expect(host.file('run')).toBe('xy\n');
  });

  test('a paste is one change', () => {
    const host = typed('nano new', '\x1b[200~one\ntwo\n\x1b[201~|<M-u>');
    expect(host.screen.lines.join('\n')).toContain('[ Undid paste ]');
    host.step(step('<M-e><C-S><C-X>'));
    expect(host.file('new')).toBe('one\ntwo\n');
  });
});

describe('what goes wrong', () => {
  test('a file of somebody else cannot be written, and nothing is lost', () => {
    const host = screenHost('cd /work; nano secret; echo left $?', {
      rows: 12,
      cols: 70,
      user: 'student',
      files: { '/work/secret': { content: 'old\n', mode: 0o644 } },
    });
    expect(host.screen.lines.join('\n')).toContain("[ File 'secret' is unwritable ]");
    host.step('new ');
    host.step(step('<C-O><Enter>'));
    expect(host.screen.lines.join('\n')).toContain('[ Error writing secret: Permission denied ]');
    expect(host.screen.lines[1]).toBe('new old');
    host.step(step('<C-X>'));
    expect(host.screen.lines.join('\n')).toContain('Save modified buffer?');
    host.step(step('y<Backspace><Backspace><Backspace>ond<Enter>'));
    host.step('y');
    expect(host.file('second')).toBe('new old\n');
    expect(host.file('secret')).toBe('old\n');
  });

  test('a full disk is told, and the text is still there', () => {
    const host = screenHost('mkdir t; mount -t tmpfs -o size=4k none t; nano t/new', { rows: 12, cols: 70 });
    host.step(`${'x'.repeat(5000)}`);
    host.step(step('<C-O><Enter>'));
    expect(host.screen.lines.join('\n')).toContain('[ Error writing t/new: No space left on device ]');
    host.step(step('<C-O>'));
    host.step(step(`${'<Backspace>'.repeat(5)}whole<Enter>`));
    host.step('y');
    expect(host.file('whole')).toBe(`${'x'.repeat(5000)}\n`);
  });

  test('a file that may not be read is not opened under its name', () => {
    const host = screenHost('nano hidden', {
      rows: 12,
      cols: 70,
      user: 'student',
      files: { '/work/hidden': { content: 'x\n', mode: 0o600 } },
    });
    expect(host.screen.lines[0]).toContain('New Buffer');
    expect(host.screen.lines.join('\n')).toContain('[ Error reading hidden: Permission denied ]');
  });

  test('when the terminal is closed the text is saved beside the file', () => {
    const host = typed('nano three', 'new ');
    host.terminal.close();
    host.step('');
    expect(host.file('three.save')).toBe('new alpha\nbeta\ngamma\n');
    expect(host.file('three')).toBe('alpha\nbeta\ngamma\n');
  });

  test('without a terminal it says so', () => {
    expect(commandHost().command('nano x')).toEqual({
      stdout: '',
      stderr: 'nano: Standard input is not a terminal\n',
      status: 1,
    });
  });
});

describe('keys', () => {
  test('words', () => {
    const host = typed('nano doc', '<End>', { '/work/doc': 'one two, three\n\nfour\n' });
    host.step('\x1b[1;5D');
    expect(host.screen.cursor).toEqual({ row: 1, col: 9 });
    host.step('\x1b[1;5D');
    expect(host.screen.cursor).toEqual({ row: 1, col: 4 });
    host.step('\x1b[1;5C\x1b[1;5C');
    expect(host.screen.cursor).toEqual({ row: 3, col: 0 });
  });

  test('a regular expression with groups replaces', () => {
    const host = typed('nano three', '<C-\\>|<M-r>|(.)a$<Enter>|<\\1><Enter>|a|<C-S>|<C-X>');
    expect(host.file('three')).toBe('alp<h>\nbe<t>\ngam<m>\n');
  });

  test('the help can be read and left', () => {
    const host = typed('nano three', '<C-G>');
    expect(host.screen.lines.join('\n')).toContain('Main nano help text');
    host.step(step('<PageDown>'));
    expect(host.screen.lines.join('\n')).not.toContain('Main nano help text');
    host.step(step('<C-X>'));
    expect(host.screen.lines[1]).toBe('alpha');
  });

  test('every key that is shown does something', () => {
    for (const key of ['<C-G>', '<C-R>', '<C-\\>', '<C-_>', '<M-a>', '<M-6>', '<M-q>', '<M-w>']) {
      expect(typed('nano three', key).screen.lines.join('\n'), key).not.toContain('Unbound key');
    }
    expect(typed('nano three', '<C-T>').screen.lines.join('\n')).toContain('[ Unbound key: ^T ]');
  });

  test('^Z stops nano, fg goes on with the text as it was', () => {
    const host = screenHost('exec bash --norc -i', { rows: 12, cols: 70, files });
    host.step('cd /work; PS1="$ "; nano three\r');
    host.step('new ');
    expect(host.step('\x1a').alternate).toBe(false);
    host.step('fg\r');
    expect(host.screen.lines[1]).toBe('new alpha');
  });
});
