/** Changes of the text: typing, deleting, cutting, pasting, undoing. */
import { columnOf, type Place } from './buffer.ts';
import type { Editor } from './editor.ts';

export function insert(editor: Editor, text: string, label: string): void {
  const { buffer } = editor;
  const [from, to] = [buffer.cursor, buffer.cursor];
  buffer.replace(label, from, to, text, label === 'addition' && editor.previous === 'addition');
  editor.go(buffer.cursor);
}

export function newline(editor: Editor): void {
  const { line, cursor } = editor.buffer;
  const indent = editor.settings.autoIndent ? (/^[ \t]*/.exec(line.slice(0, cursor.at))?.[0] ?? '') : '';
  insert(editor, `\n${indent}`, 'line break');
}

export function remove(editor: Editor, other: Place | null): void {
  const { buffer } = editor;
  if (other === null) return;
  const forward = other.line > buffer.cursor.line || other.at > buffer.cursor.at;
  const [from, to] =
    forward && other.line >= buffer.cursor.line ? [buffer.cursor, other] : [other, buffer.cursor];
  // The empty last line stays.
  if (from.line !== to.line && to.line === buffer.lines.length - 1 && buffer.lines[from.line] !== '') {
    if (!forward) editor.go(from);
    return;
  }
  const label = from.line === to.line ? 'deletion' : 'line join';
  buffer.replace(
    label,
    from,
    to,
    '',
    label === 'deletion' && editor.previous === (forward ? 'delete' : 'backspace'),
  );
  editor.go(buffer.cursor);
}

export function cutOrCopy(editor: Editor, cutting: boolean): void {
  editor.untell();
  const { buffer } = editor;
  const region = editor.region();
  const { line } = buffer.cursor;
  const whole: readonly [Place, Place] = [
    { line, at: 0 },
    line + 1 < buffer.lines.length ? { line: line + 1, at: 0 } : { line, at: buffer.lines[line]!.length },
  ];
  const [from, to] = region ?? whole;
  const text = buffer.textBetween(from, to);
  if (text === '') {
    editor.tell(`Nothing was ${cutting ? 'cut' : 'copied'}`);
    return;
  }
  const more = region === null && editor.previous === (cutting ? 'cut' : 'copy');
  editor.cut = more ? editor.cut + text : text;
  editor.mark = null;
  if (cutting) {
    buffer.replace('cut', from, to, '', more);
    editor.go(buffer.cursor);
  } else if (region === null) editor.go(to);
}

export function cutToEnd(editor: Editor): void {
  editor.untell();
  const { buffer } = editor;
  const last = buffer.lines.length - 1;
  const to = { line: last, at: buffer.lines[last]!.length };
  const text = buffer.textBetween(buffer.cursor, to);
  if (text === '') {
    editor.tell('Nothing was cut');
    return;
  }
  editor.cut = text;
  buffer.replace('cut', buffer.cursor, to, '', false);
  editor.go(buffer.cursor);
}

export function paste(editor: Editor): void {
  editor.untell();
  if (editor.cut === '') {
    editor.tell('Cutbuffer is empty', 'notice');
    return;
  }
  insert(editor, editor.cut, 'paste');
}

export function undo(editor: Editor): void {
  const label = editor.buffer.undo();
  if (label === null) {
    editor.tell('Nothing to undo', 'notice');
    return;
  }
  editor.mark = null;
  editor.go(editor.buffer.cursor);
  editor.tell(`Undid ${label}`);
}

export function redo(editor: Editor): void {
  const label = editor.buffer.redo();
  if (label === null) {
    editor.tell('Nothing to redo', 'notice');
    return;
  }
  editor.mark = null;
  editor.go(editor.buffer.cursor);
  editor.tell(`Redid ${label}`);
}

export function tab(editor: Editor): void {
  const { tabBlanks } = editor.settings;
  const { line, cursor } = editor.buffer;
  insert(
    editor,
    tabBlanks === null ? '\t' : ' '.repeat(tabBlanks - (columnOf(line, cursor.at) % tabBlanks)),
    'addition',
  );
}
