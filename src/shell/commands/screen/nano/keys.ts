/** What nano's keys do. */
import type { Sys } from '../../../../linux/index.ts';
import type { Key } from '../../../editor/keys.ts';
import { columnOf } from './buffer.ts';
import { cutOrCopy, cutToEnd, insert, newline, paste, redo, remove, tab, undo } from './changing.ts';
import type { Editor } from './editor.ts';
import { goToLine, replace, search, searchAgain } from './finding.ts';
import { showHelp } from './help.ts';
import { left, nextWord, page, previousWord, right } from './moving.ts';
import type { HelpEntry } from './window.ts';
import { exit, readIn, saveNow, writeOut } from './writing.ts';

/** The keys below the text. */
export const mainHelp: readonly HelpEntry[] = [
  ['^G', 'Help'],
  ['^X', 'Exit'],
  ['^O', 'Write Out'],
  ['^R', 'Read File'],
  ['^W', 'Where Is'],
  ['^\\', 'Replace'],
  ['^K', 'Cut'],
  ['^U', 'Paste'],
  ['^C', 'Location'],
  ['^/', 'Go To Line'],
  ['M-U', 'Undo'],
  ['M-E', 'Redo'],
  ['M-A', 'Set Mark'],
  ['M-6', 'Copy'],
  ['M-W', 'Next'],
  ['M-Q', 'Previous'],
];

type Action = (editor: Editor) => Sys<void> | undefined;

interface Binding {
  /** Keys of one kind in a row go on with what they did: `cut`, `addition`, `delete`. */
  readonly kind: string;
  readonly changes: boolean;
  readonly run: Action;
}

const bindings = new Map<string, Binding>();

function bind(keys: string, run: Action, options: { kind?: string; changes?: boolean } = {}): void {
  for (const key of keys.split(' ')) {
    bindings.set(key, { kind: options.kind ?? '', changes: options.changes ?? false, run });
  }
}

/** Actions that do not wait. */
const now =
  (run: (editor: Editor) => void): Action =>
  (editor) => {
    run(editor);
    return undefined;
  };

function location(editor: Editor): void {
  const { buffer } = editor;
  const { cursor, lines, line } = buffer;
  const percent = (part: number, whole: number) => (whole === 0 ? 0 : Math.floor((100 * part) / whole));
  const col = columnOf(line, cursor.at) + 1;
  const cols = columnOf(line, line.length) + 1;
  const before = [...buffer.textBetween({ line: 0, at: 0 }, cursor)].length;
  const { size } = buffer;
  const pad = (value: number, width: number) => String(value).padStart(width);
  const width = (value: number) => Math.max(2, String(value).length);
  editor.tell(
    `line ${pad(cursor.line + 1, width(lines.length))}/${lines.length} (${pad(percent(cursor.line + 1, lines.length), 2)}%), ` +
      `col ${pad(col, 2)}/${pad(cols, 2)} (${pad(percent(col, cols), 3)}%), ` +
      `char ${pad(before, width(size))}/${size} (${pad(percent(before, size), 2)}%)`,
  );
}

function toggleMark(editor: Editor): void {
  editor.mark = editor.mark === null ? editor.buffer.cursor : null;
  editor.tell(editor.mark === null ? 'Mark Unset' : 'Mark Set');
}

bind('C-g F1', showHelp);
bind('C-x', exit);
bind('C-o', function* (editor) {
  yield* writeOut(editor);
});
bind('C-s', saveNow);
bind('C-r', readIn, { changes: true });
bind('C-w', (editor) => search(editor));
bind('C-q', (editor) => search(editor, true));
bind(
  'M-w',
  now((editor) => searchAgain(editor, false)),
);
bind(
  'M-q',
  now((editor) => searchAgain(editor, true)),
);
bind('C-| M-r', replace, { changes: true });
bind('C-\x7f M-g', goToLine);
bind('C-c', now(location));
bind(
  'C-k',
  now((editor) => cutOrCopy(editor, true)),
  { kind: 'cut', changes: true },
);
bind(
  'M-6',
  now((editor) => cutOrCopy(editor, false)),
  { kind: 'copy' },
);
bind('M-t', now(cutToEnd), { changes: true });
bind('C-u', now(paste), { changes: true });
bind('M-u', now(undo), { changes: true });
bind('M-e', now(redo), { changes: true });
bind('M-a C-~', now(toggleMark));
bind('Enter', now(newline), { changes: true });
bind(
  'Tab',
  now((editor) => tab(editor)),
  { kind: 'addition', changes: true },
);
bind(
  'Backspace',
  now((editor) => remove(editor, left(editor))),
  { kind: 'backspace', changes: true },
);
bind(
  'Delete C-d',
  now((editor) => remove(editor, right(editor))),
  { kind: 'delete', changes: true },
);
bind(
  'Right C-f',
  now((editor) => editor.go(right(editor) ?? editor.buffer.cursor)),
);
bind(
  'Left C-b',
  now((editor) => editor.go(left(editor) ?? editor.buffer.cursor)),
);
bind(
  'Down C-n',
  now((editor) => editor.goLines(1)),
);
bind(
  'Up C-p',
  now((editor) => editor.goLines(-1)),
);
bind(
  'Home C-a',
  now((editor) => editor.go({ line: editor.buffer.cursor.line, at: 0 })),
);
bind(
  'End C-e',
  now((editor) => editor.go({ line: editor.buffer.cursor.line, at: editor.buffer.line.length })),
);
bind(
  'C-Right',
  now((editor) => editor.go(nextWord(editor))),
);
bind(
  'C-Left',
  now((editor) => editor.go(previousWord(editor))),
);
bind(
  'PageDown C-v',
  now((editor) => page(editor, 1)),
);
bind(
  'PageUp C-y',
  now((editor) => page(editor, -1)),
);
bind(
  'M-\\ C-Home',
  now((editor) => editor.go({ line: 0, at: 0 })),
);
bind(
  'M-/ C-End',
  now((editor) =>
    editor.go({ line: editor.buffer.lines.length - 1, at: editor.buffer.lines.at(-1)!.length }),
  ),
);
bind('M-n', now(toggleNumbers));
bind('M-i', now(toggleIndent));
bind(
  'C-l',
  now((editor) => editor.centre(true)),
);
bind('C-z', function* (editor) {
  yield* editor.terminal.suspend();
  editor.forget();
});

function toggleNumbers(editor: Editor): void {
  editor.settings.lineNumbers = !editor.settings.lineNumbers;
  editor.tell(`Line numbering ${editor.settings.lineNumbers ? 'enabled' : 'disabled'}`);
}

function toggleIndent(editor: Editor): void {
  editor.settings.autoIndent = !editor.settings.autoIndent;
  editor.tell(`Auto indent ${editor.settings.autoIndent ? 'enabled' : 'disabled'}`);
}

/** A key as it is told: `^T`, `M-Z`. */
function keyLabel(name: string): string {
  return name
    .replace(/^C-(.)$/, (_, letter: string) => `^${letter.toUpperCase()}`)
    .replace(/^M-(.)$/, (_, letter: string) => `M-${letter.toUpperCase()}`);
}

/** Does what a key means. */
export function* act(editor: Editor, key: Key): Sys<void> {
  const { viewOnly } = editor.settings;
  if (key.kind !== 'key') {
    if (viewOnly) editor.tell('Key is invalid in view mode', 'notice');
    else {
      insert(editor, key.text, key.kind === 'paste' ? 'paste' : 'addition');
      editor.previous = key.kind === 'paste' ? '' : 'addition';
    }
    return;
  }
  // Letters with Alt mean the same in both cases.
  const name = /^M-[A-Z]$/.test(key.name) ? key.name.toLowerCase().replace('m', 'M') : key.name;
  const binding = bindings.get(name);
  if (binding === undefined) editor.tell(`Unbound key: ${keyLabel(key.name)}`, 'notice');
  else if (binding.changes && viewOnly) editor.tell('Key is invalid in view mode', 'notice');
  else {
    const waits = binding.run(editor);
    if (waits !== undefined) yield* waits;
    editor.previous = binding.kind;
    return;
  }
  editor.previous = '';
}
