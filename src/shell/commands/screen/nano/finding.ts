/** Where Is, Replace, Go To Line. */
import type { Sys } from '../../../../linux/index.ts';
import { compileRegex, type Regex, type RegexMatch } from '../../../regex/index.ts';
import { escapeLiteral } from '../../text/literal.ts';
import { endOf, indexOfColumn, isBefore, nextAt, type Place } from './buffer.ts';
import type { Editor } from './editor.ts';
import { askLine, askYesNo } from './prompt.ts';
import type { HelpEntry } from './window.ts';

interface Found {
  readonly start: Place;
  readonly text: string;
  readonly match: RegexMatch;
}

const searchHelp: readonly HelpEntry[] = [
  ['M-C', 'Case Sens'],
  ['M-B', 'Backwards'],
  ['M-R', 'Reg.exp.'],
  ['^P', 'Older'],
  ['^N', 'Newer'],
];
const toggles: Readonly<Record<string, 'caseSensitive' | 'backwards' | 'regular'>> = {
  'M-c': 'caseSensitive',
  'M-b': 'backwards',
  'M-r': 'regular',
};

/** Asks what to search for; null when cancelled, or when there is nothing. */
function* askPattern(editor: Editor, replacing: boolean): Sys<Regex | null> {
  const { last } = editor;
  let text = '';
  for (;;) {
    const prompt = () =>
      'Search' +
      (last.caseSensitive ? ' [Case Sensitive]' : '') +
      (last.regular ? ' [Reg.exp.]' : '') +
      (last.backwards ? ' [Backwards]' : '') +
      (replacing ? ' (to replace)' : '') +
      (last.search === '' ? ':' : ` [${shortened(last.search, editor.terminal.cols)}]:`);
    const answer = yield* askLine(editor, prompt, {
      text,
      history: 'search',
      help: searchHelp,
      others: Object.keys(toggles),
    });
    if (answer === null) {
      editor.tell('Cancelled');
      return null;
    }
    text = answer.text;
    if (answer.key === null) break;
    const flag = toggles[answer.key]!;
    last[flag] = !last[flag];
  }
  if (text !== '') last.search = text;
  return patternOf(editor);
}

function shortened(text: string, cols: number): string {
  const room = Math.max(1, Math.floor(cols / 3));
  return text.length <= room ? text : `${text.slice(0, room)}...`;
}

function patternOf(editor: Editor): Regex | null {
  const { last } = editor;
  if (last.search === '') {
    editor.tell('Cancelled');
    return null;
  }
  const pattern = compileRegex(last.regular ? last.search : escapeLiteral(last.search), {
    extended: last.regular,
    ignoreCase: !last.caseSensitive,
  });
  if (pattern === null) editor.tell(`Bad regex "${last.search}"`, 'notice');
  return pattern;
}

/** The next match after `from` (before it, backwards), over the end of the text and on; `wrapped` when over the end. */
function findFrom(
  editor: Editor,
  pattern: Regex,
  from: Place,
  backwards: boolean,
): (Found & { wrapped: boolean }) | null {
  const { lines } = editor.buffer;
  const count = lines.length;
  for (let step = 0; step <= count; step++) {
    const line = (from.line + (backwards ? count * 2 - step : step)) % count;
    const matches = [...pattern.matches(lines[line]!)].filter((match) => match.end > match.index);
    const allowed = matches.filter((match) => {
      const after = backwards ? match.index < from.at : match.index > from.at;
      return step === 0 ? after : step === count ? !after : true;
    });
    const match = backwards ? allowed.at(-1) : allowed[0];
    if (match === undefined) continue;
    const start = { line, at: match.index };
    const wrapped = backwards ? isBefore(from, start) : isBefore(start, from);
    return { start, text: match.groups[0]!, match, wrapped };
  }
  return null;
}

function notFound(editor: Editor): void {
  editor.tell(`"${shortened(editor.last.search, editor.terminal.cols)}" not found`, 'notice');
}

function goToNext(editor: Editor, pattern: Regex, backwards: boolean): void {
  const from = editor.buffer.cursor;
  const found = findFrom(editor, pattern, from, backwards);
  if (found === null) {
    notFound(editor);
    return;
  }
  if (found.start.line === from.line && found.start.at === from.at)
    editor.tell('This is the only occurrence');
  else if (found.wrapped) editor.tell('Search Wrapped');
  editor.jump(found.start);
}

export function* search(editor: Editor, backwards = false): Sys<void> {
  editor.last.backwards = backwards;
  const pattern = yield* askPattern(editor, false);
  if (pattern !== null) goToNext(editor, pattern, editor.last.backwards);
}

/** M-W and M-Q. */
export function searchAgain(editor: Editor, backwards: boolean): void {
  editor.untell();
  if (editor.last.search === '') {
    editor.tell('No current search pattern', 'notice');
    return;
  }
  const pattern = patternOf(editor);
  if (pattern !== null) goToNext(editor, pattern, backwards);
}

export function* replace(editor: Editor): Sys<void> {
  const pattern = yield* askPattern(editor, true);
  if (pattern === null) return;
  const answer = yield* askLine(editor, () => 'Replace with:', {
    history: 'replace',
    help: [
      ['^P', 'Older'],
      ['^N', 'Newer'],
    ],
  });
  if (answer === null) {
    editor.tell('Cancelled');
    return;
  }
  editor.last.replacement = answer.text;
  const begin = editor.buffer.cursor;
  const count = yield* replaceEach(editor, pattern, answer.text);
  editor.go({ line: begin.line, at: Math.min(begin.at, editor.buffer.lines[begin.line]!.length) });
  if (count === 0) return;
  editor.tell(`Replaced ${count} occurrence${count === 1 ? '' : 's'}`);
}

/** Every match once, from the cursor on over the end of the text; the number of replacements. */
function* replaceEach(editor: Editor, pattern: Regex, replacement: string): Sys<number> {
  const begin = editor.buffer.cursor;
  let from: Place = { line: begin.line, at: begin.at - 1 };
  let overEnd = false;
  let all = false;
  let count = 0;
  for (let asked = 0; ; asked++) {
    const found = findFrom(editor, pattern, from, false);
    if (found === null) {
      if (asked === 0) notFound(editor);
      return count;
    }
    if (found.wrapped && overEnd) return count;
    overEnd ||= found.wrapped;
    if (overEnd && !isBefore(found.start, begin)) return count;
    editor.jump(found.start);
    const end = endOf(found.start, found.text);
    if (!all) {
      editor.spot = [found.start, end];
      const choice = yield* askYesNo(editor, 'Replace this instance?', true);
      editor.spot = null;
      if (choice === null) {
        editor.tell('Cancelled');
        return count;
      }
      all = choice === 'all';
      if (choice === 'no') {
        from = found.start;
        continue;
      }
    }
    const text = editor.last.regular ? filled(replacement, found.match) : replacement;
    editor.buffer.replace('replacement', found.start, end, text, false);
    count++;
    // The next match may start right behind what was put in.
    const after = endOf(found.start, text);
    from = { line: after.line, at: after.at - 1 };
  }
}

/** `\1` … `\9` of a regular expression. */
function filled(replacement: string, match: RegexMatch): string {
  return replacement.replace(/\\([1-9])/g, (_, digit: string) => match.groups[Number(digit)] ?? '');
}

export function* goToLine(editor: Editor): Sys<void> {
  const answer = yield* askLine(editor, () => 'Enter line number, column number:');
  if (answer === null || answer.text === '') {
    editor.tell('Cancelled');
    return;
  }
  const match = /^\s*([-+]?\d+)?\s*(?:[,.; ]\s*(-?\d+))?\s*$/.exec(answer.text);
  if (match === null) {
    editor.tell('Invalid line or column number', 'notice');
    return;
  }
  goTo(
    editor,
    match[1] === undefined ? null : Number(match[1]),
    match[2] === undefined ? null : Number(match[2]),
  );
}

/** Lines and columns count from 1, negative lines from the end. */
export function goTo(editor: Editor, line: number | null, column: number | null): void {
  const { lines, cursor } = editor.buffer;
  const wanted = line === null ? cursor.line : line < 0 ? lines.length + line : line - 1;
  const to = Math.max(0, Math.min(lines.length - 1, wanted));
  const text = lines[to]!;
  const at = column === null ? 0 : column < 0 ? text.length : indexOfColumn(text, Math.max(0, column - 1));
  editor.go({ line: to, at: Math.min(at, nextAt(text, text.length)) });
  editor.centre(true);
}
