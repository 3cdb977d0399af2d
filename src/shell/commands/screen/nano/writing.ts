/** Write Out, Read File, Exit. */
import { type Sys, sys } from '../../../../linux/index.ts';
import { orNull } from '../../support.ts';
import { type Editor, Quit } from './editor.ts';
import { counted, countLines, loadOrTell, save } from './files.ts';
import { askLine, askYesNo } from './prompt.ts';

/** Asks for the name and writes; whether the text is safe now. */
export function* writeOut(editor: Editor): Sys<boolean> {
  if (editor.settings.viewOnly) {
    editor.tell('Key is invalid in view mode', 'notice');
    return false;
  }
  let text = editor.name;
  for (;;) {
    const answer = yield* askLine(editor, () => 'File Name to Write:', { text });
    if (answer === null || answer.text === '') {
      editor.tell('Cancelled');
      return false;
    }
    text = answer.text;
    if (yield* mayWrite(editor, text)) break;
  }
  return yield* write(editor, text);
}

function* mayWrite(editor: Editor, name: string): Sys<boolean> {
  if (name === editor.name) return true;
  const exists = (yield* orNull(() => sys.stat(name))) !== null;
  if (exists) return (yield* askYesNo(editor, `File "${name}" exists; OVERWRITE? `)) === 'yes';
  return editor.name === '' || (yield* askYesNo(editor, 'Save file under DIFFERENT NAME? ')) === 'yes';
}

/** ^S and ^O: the text stays in the buffer whatever happens. */
function* write(editor: Editor, name: string): Sys<boolean> {
  const { buffer } = editor;
  const problem = yield* save(name, buffer.text);
  if (problem !== null) {
    editor.tell(`Error writing ${name}: ${problem}`, 'alert');
    return false;
  }
  editor.name = name;
  buffer.saved();
  editor.tell(`Wrote ${counted(countLines(buffer.text))}`);
  return true;
}

/** ^S: without a question, when there is a name. */
export function* saveNow(editor: Editor): Sys<void> {
  if (editor.name === '' || editor.settings.viewOnly) yield* writeOut(editor);
  else yield* write(editor, editor.name);
}

export function* readIn(editor: Editor): Sys<void> {
  const answer = yield* askLine(editor, () => 'File to insert [from ./]:', { history: 'file' });
  if (answer === null || answer.text === '') return editor.tell('Cancelled');
  const exists = (yield* orNull(() => sys.stat(answer.text))) !== null;
  const loaded = yield* loadOrTell(answer.text);
  if (!exists) return editor.tell(`File "${answer.text}" not found`, 'alert');
  if (loaded.name === '') return editor.tell(loaded.message.text, 'alert');
  const { cursor } = editor.buffer;
  editor.buffer.replace('insertion', cursor, cursor, loaded.text, false);
  editor.jump(editor.buffer.cursor);
  editor.tell(`Read ${counted(countLines(loaded.text))}`);
}

export function* exit(editor: Editor): Sys<void> {
  if (!editor.buffer.modified) throw new Quit();
  const choice = yield* askYesNo(editor, 'Save modified buffer? ');
  if (choice === 'no') throw new Quit();
  if (choice === null) return editor.tell('Cancelled');
  if (yield* writeOut(editor)) throw new Quit();
}
