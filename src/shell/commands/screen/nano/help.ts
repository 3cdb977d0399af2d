/** What ^G shows. */
import type { Sys } from '../../../../linux/index.ts';
import { REVERSE } from '../cells.ts';
import { bar, plainRow, type Row } from '../frame.ts';
import type { Editor } from './editor.ts';
import { helpRows } from './window.ts';

export const HELP_TEXT = `Main nano help text

The top line shows the name of the file, with a star when it was changed. The
third line from below shows messages and questions, the last two the keys used
most. ^X means Ctrl and x, M-X means Alt and x (or Esc, then x).

^G         this help
^X         leave; asks whether to save what was changed
^O         write the text to a file
^S         write it to its own file at once
^R         put another file in at the cursor

^W  ^Q     search forward, backward
M-W M-Q    search again, forward, backward
^\\         replace; \\1 to \\9 stand for groups of a regular expression
^_  M-G    go to a line and column
^C         tell where the cursor is

^K         cut the line, or what is marked
^U         paste
M-6        copy the line, or what is marked
M-A  ^^    begin or end marking
M-U        undo
M-E        redo
M-T        cut from the cursor to the end of the text
Backspace  delete the character before the cursor
Del   ^D   delete the character under the cursor
Tab        a tab, or blanks (-E)

^F ^B      a character forward, back     (Right, Left)
^N ^P      a line down, up               (Down, Up)
^A ^E      to the start, the end of the line (Home, End)
^V ^Y      a page down, up               (PageDown, PageUp)
^Right     a word forward                (M-Space: ^Space in others)
^Left      a word back
M-\\ M-/    to the first, the last line
M-N        line numbers on and off
M-I        indent new lines as the one above
^L         put the cursor's line into the middle, draw again
^Z         stop nano; fg goes on

Leave this help with ^X.
`;

/** Scrolls through the help until ^X. */
export function* showHelp(editor: Editor): Sys<void> {
  const lines = HELP_TEXT.trimEnd().split('\n');
  let top = 0;
  const draw = () => {
    const { rows, cols } = editor.terminal;
    const height = Math.max(1, rows - 4);
    top = Math.max(0, Math.min(top, lines.length - height));
    const shown: Row[] = lines.slice(top, top + height).map(plainRow);
    while (shown.length < height) shown.push([]);
    const keys = helpRows(
      [
        ['^Y', 'Prev Page'],
        ['^V', 'Next Page'],
        ['^P', 'Prev Line'],
        ['^N', 'Next Line'],
        ['^X', 'Close'],
      ],
      cols,
    );
    editor.drawRows([bar(`  nano help`, REVERSE, cols), ...shown, [], ...keys]);
  };
  editor.redraw = draw;
  try {
    for (;;) {
      draw();
      const key = yield* editor.key();
      const name = key.kind === 'key' ? key.name : key.text;
      const page = Math.max(1, editor.height - 2);
      if (['C-x', 'q', 'C-c', 'C-g'].includes(name)) return;
      if (name === 'Down' || name === 'C-n') top++;
      else if (name === 'Up' || name === 'C-p') top--;
      else if (name === 'PageDown' || name === 'C-v' || name === ' ') top += page;
      else if (name === 'PageUp' || name === 'C-y') top -= page;
    }
  } finally {
    editor.redraw = null;
  }
}
