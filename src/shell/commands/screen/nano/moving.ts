/** Places to move to: characters, words, pages. */
import { nextAt, type Place, previousAt } from './buffer.ts';
import type { Editor } from './editor.ts';

export function right({ buffer: { cursor, line, lines } }: Editor): Place | null {
  if (cursor.at < line.length) return { line: cursor.line, at: nextAt(line, cursor.at) };
  return cursor.line + 1 < lines.length ? { line: cursor.line + 1, at: 0 } : null;
}

export function left({ buffer: { cursor, line, lines } }: Editor): Place | null {
  if (cursor.at > 0) return { line: cursor.line, at: previousAt(line, cursor.at) };
  return cursor.line > 0 ? { line: cursor.line - 1, at: lines[cursor.line - 1]!.length } : null;
}

const wordCharacter = /[\p{L}\p{N}\p{M}]/u;

/** The start of the next word, over line ends; the text's end when there is none. */
export function nextWord({ buffer: { cursor, lines } }: Editor): Place {
  let { line, at } = cursor;
  let started = wordCharacter.test(lines[line]!.slice(at, nextAt(lines[line]!, at)));
  for (;;) {
    const text = lines[line]!;
    while (at < text.length) {
      const inWord = wordCharacter.test(text.slice(at, nextAt(text, at)));
      if (inWord && !started) return { line, at };
      if (!inWord) started = false;
      at = nextAt(text, at);
    }
    if (line + 1 >= lines.length) return { line, at };
    line++;
    at = 0;
    started = false;
  }
}

/** The start of the word before the cursor; the text's start when there is none. */
export function previousWord({ buffer: { cursor, lines } }: Editor): Place {
  let { line, at } = cursor;
  let found = false;
  for (;;) {
    const text = lines[line]!;
    while (at > 0) {
      const before = previousAt(text, at);
      const inWord = wordCharacter.test(text.slice(before, at));
      if (!inWord && found) return { line, at };
      found ||= inWord;
      at = before;
    }
    if (found || line === 0) return { line, at };
    line--;
    at = lines[line]!.length;
  }
}

export function page(editor: Editor, sign: 1 | -1): void {
  const rows = Math.max(1, editor.height - 2);
  const { cursor, lines } = editor.buffer;
  if (sign < 0 && cursor.line < rows) {
    editor.go({ line: 0, at: 0 });
    return;
  }
  if (sign > 0 && cursor.line + rows >= lines.length) {
    editor.go({ line: lines.length - 1, at: 0 });
    return;
  }
  editor.top = Math.max(0, editor.top + sign * rows);
  editor.goLines(sign * rows);
}
