/** nano(1): a small editor with its keys on the screen. */
import type { ProgramContext, Sys } from '../../../../linux/index.ts';
import { type CommandSpec, type Parsed, UsageError } from '../../options.ts';
import { complain } from '../../support.ts';
import { Terminal } from '../terminal.ts';
import { Editor, Quit } from './editor.ts';
import { loadOrTell } from './files.ts';
import { goTo } from './finding.ts';
import { act, mainHelp } from './keys.ts';

/** Brackets around what is pasted, so that it is one change. */
const PASTE_ON = '\x1b[?2004h';
const PASTE_OFF = '\x1b[?2004l';
const raw = { icanon: false, echo: false, isig: false, iexten: false, icrnl: false };

/** `+LINE,COLUMN`, each may be missing. */
function placeOf(operand: string): { line: number | null; column: number | null } | null {
  const match = /^\+(-?\d*)(?:,(-?\d+))?$/.exec(operand);
  if (match === null || operand === '+') return null;
  return {
    line: match[1] === '' ? null : Number(match[1]),
    column: match[2] === undefined ? null : Number(match[2]),
  };
}

function tabSize(parsed: Parsed): number {
  const text = parsed.value('tabsize') ?? '8';
  if (!/^[1-9]\d*$/.test(text)) throw new UsageError(`Requested tab size "${text}" is invalid`);
  return Number(text);
}

function* edit(editor: Editor): Sys<never> {
  for (;;) {
    editor.show(mainHelp);
    const key = yield* editor.key();
    editor.age();
    yield* act(editor, key);
  }
}

function* run(parsed: Parsed, _: ProgramContext): Sys<number> {
  const place = placeOf(parsed.operands[0] ?? '');
  const files = place === null ? parsed.operands : parsed.operands.slice(1);
  if (files.length > 1) throw new UsageError('one file at a time');
  const blanks = tabSize(parsed);
  const terminal = yield* Terminal.open({ modes: raw, readSize: 4096 });
  if (terminal === null) {
    yield* complain('nano', 'Standard input is not a terminal');
    return 1;
  }
  terminal.useAlternate();
  terminal.write(PASTE_ON);
  const editor = new Editor(terminal, {
    lineNumbers: parsed.has('linenumbers'),
    viewOnly: parsed.has('view'),
    autoIndent: parsed.has('autoindent'),
    tabBlanks: parsed.has('tabstospaces') ? blanks : null,
  });
  try {
    const [file] = files;
    if (file === undefined) editor.tell('Welcome to nano.  For basic help, type Ctrl+G.');
    else {
      const loaded = yield* loadOrTell(file);
      editor.name = loaded.name;
      editor.buffer.load(loaded.text);
      editor.tell(loaded.message.text, loaded.message.kind);
    }
    if (place !== null) goTo(editor, place.line, place.column);
    return yield* edit(editor);
  } catch (error) {
    if (!(error instanceof Quit)) throw error;
    return error.status;
  } finally {
    terminal.write(PASTE_OFF);
    yield* terminal.leave();
  }
}

export const nano: CommandSpec = {
  name: 'nano',
  usage: '[OPTION]... [[+LINE[,COLUMN]] FILE]',
  summary: 'Edit a text; the keys are shown below it.',
  options: [
    { short: 'E', long: 'tabstospaces', help: 'Tab types blanks' },
    { short: 'i', long: 'autoindent', help: 'indent new lines as the one above' },
    { short: 'l', long: 'linenumbers', help: 'show line numbers' },
    { short: 'T', long: 'tabsize', argument: 'N', help: 'blanks that Tab types with -E (default 8)' },
    { short: 'v', long: 'view', help: 'look, but do not change' },
  ],
  run,
};
