/** Questions on nano's status line: a line to type, or one key. */
import type { Sys } from '../../../../linux/index.ts';
import { REVERSE, textWidth } from '../cells.ts';
import { bar, fitted } from '../frame.ts';
import { nextAt, previousAt } from './buffer.ts';
import type { Editor } from './editor.ts';
import { type HelpEntry, helpRows } from './window.ts';

/** The answer; a key of `others` that was pressed instead, with what was typed so far; null: cancelled. */
export type Answer = { readonly text: string; readonly key: string | null } | null;

const CANCEL: HelpEntry = ['^C', 'Cancel'];
/** Columns of an entry below a question. */
const CHOICE_WIDTH = 16;

export function* askLine(
  editor: Editor,
  prompt: () => string,
  options: { text?: string; history?: string; help?: readonly HelpEntry[]; others?: readonly string[] } = {},
): Sys<Answer> {
  let text = options.text ?? '';
  let at = text.length;
  const history = editor.history.get(options.history ?? '') ?? [];
  let index = history.length;
  const draw = () => {
    const { cols } = editor.terminal;
    const label = `${fitted(prompt(), Math.max(1, cols - 5))} `;
    const room = cols - textWidth(label) - 1;
    let from = 0;
    while (textWidth(text.slice(from, at)) > room) from = nextAt(text, from);
    const help = helpRows(
      [...(options.help ?? []).slice(0, 1), CANCEL, ...(options.help ?? []).slice(1)],
      cols,
    );
    editor.draw(help, bar(label + text.slice(from), REVERSE, cols), {
      row: editor.terminal.rows - 3,
      col: textWidth(label) + textWidth(text.slice(from, at)),
    });
  };
  editor.redraw = draw;
  try {
    for (;;) {
      draw();
      const key = yield* editor.key();
      if (key.kind !== 'key') {
        const typed = key.text.replace(/\n/g, '');
        text = text.slice(0, at) + typed + text.slice(at);
        at += typed.length;
        continue;
      }
      const { name } = key;
      if (name === 'Enter') {
        if (options.history !== undefined && text !== '' && text !== history.at(-1)) {
          editor.history.set(options.history, [...history, text]);
        }
        return { text, key: null };
      }
      if (name === 'C-c') return null;
      if (options.others?.includes(name)) return { text, key: name };
      if (name === 'Backspace' && at > 0) {
        const before = previousAt(text, at);
        text = text.slice(0, before) + text.slice(at);
        at = before;
      } else if (name === 'Delete' || name === 'C-d') text = text.slice(0, at) + text.slice(nextAt(text, at));
      else if (name === 'Left' || name === 'C-b') at = previousAt(text, at);
      else if (name === 'Right' || name === 'C-f') at = nextAt(text, at);
      else if (name === 'Home' || name === 'C-a') at = 0;
      else if (name === 'End' || name === 'C-e') at = text.length;
      else if (name === 'C-k') {
        text = '';
        at = 0;
      } else if ((name === 'Up' || name === 'C-p') && index > 0) {
        text = history[--index]!;
        at = text.length;
      } else if ((name === 'Down' || name === 'C-n') && index < history.length) {
        text = history[++index] ?? '';
        at = text.length;
      }
    }
  } finally {
    editor.redraw = null;
    editor.untell();
  }
}

/** `yes`, `no`, `all` where that is offered, or null: cancelled. */
export function* askYesNo(editor: Editor, question: string, all = false): Sys<'yes' | 'no' | 'all' | null> {
  const entries: HelpEntry[] = all
    ? [[' Y', 'Yes'], [' N', 'No'], [' A', 'All'], CANCEL]
    : [[' Y', 'Yes'], [' N', 'No'], ['', ''], CANCEL];
  const draw = () => {
    const { rows, cols } = editor.terminal;
    const shown = fitted(question, cols - 2);
    const help = helpRows(entries, cols, Math.min(CHOICE_WIDTH, Math.floor(cols / 2)));
    editor.draw(help, bar(shown, REVERSE, cols), { row: rows - 3, col: textWidth(shown) });
  };
  editor.redraw = draw;
  try {
    for (;;) {
      draw();
      const key = yield* editor.key();
      const name = (key.kind === 'key' ? key.name : key.text).toLowerCase();
      if (name === 'y' || name === 'c-y') return 'yes';
      if (name === 'n' || name === 'c-n') return 'no';
      if (all && (name === 'a' || name === 'c-a')) return 'all';
      if (name === 'c-c') return null;
      editor.terminal.write('\x07');
    }
  } finally {
    editor.redraw = null;
    editor.untell();
  }
}
