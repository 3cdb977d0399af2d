/** column(1) of util-linux: lines as a table, or words in as many columns as there is room for. */
import { largest } from '../../../base/index.ts';
import { readAll, type Sys, sys } from '../../../linux/index.ts';
import { charWidth } from '../../editor/width.ts';
import { textFromBytes } from '../../text.ts';
import { type CommandSpec, type Parsed, UsageError } from '../options.ts';
import { eachInput, linesOf, orNull } from '../support.ts';
import { PieceWriter } from './lineTools.ts';

const TAB = 8;

const textWidth = (text: string) => [...text].reduce((sum, char) => sum + charWidth(char), 0);

/** The fields of a line. Blanks count as one and not at the ends; other separators each divide. At most `limit` fields. */
function fieldsOf(line: string, separators: string | null, limit: number): string[] {
  const divides = (char: string) => (separators ?? ' \t').includes(char);
  const fields: string[] = [];
  let field = '';
  for (const char of separators === null ? line.replace(/^[ \t]+|[ \t]+$/g, '') : line) {
    // Of several blanks in a row only the first divides.
    if (!divides(char) || fields.length + 1 >= limit) {
      if (!(separators === null && field === '' && divides(char))) field += char;
    } else if (separators !== null || field !== '') {
      fields.push(field);
      field = '';
    }
  }
  fields.push(field);
  return fields;
}

/** Numbers of columns, from 0; `list` has names and numbers from 1. */
function columnsOf(list: string | null, names: readonly string[]): Set<number> {
  if (list === null) return new Set();
  const numbers = list.split(',').map((word) => {
    const index = names.indexOf(word);
    if (index >= 0) return index;
    if (/^[1-9]\d*$/.test(word)) return Number(word) - 1;
    throw new UsageError(`undefined column name '${word}'`);
  });
  return new Set(numbers);
}

function* table(lines: readonly string[], parsed: Parsed): Sys<void> {
  const names = parsed.value('table-columns')?.split(',') ?? [];
  const limit = parsed.value('table-columns-limit');
  const most = limit === null ? Number.POSITIVE_INFINITY : positive(limit, 'columns limit argument');
  const separators = parsed.value('separator');
  const rows = lines.map((line) => fieldsOf(line, separators, most));
  if (rows.length === 0) return;
  if (names.length > 0) rows.unshift(names);
  const right = columnsOf(parsed.value('table-right'), names);
  const count = largest(rows.map((row) => row.length));
  const widths = Array.from({ length: count }, (_, i) => largest(rows.map((row) => textWidth(row[i] ?? ''))));
  const between = parsed.value('output-separator') ?? '  ';
  const out = new PieceWriter();
  for (const row of rows) {
    const cells = widths.map((width, i) => {
      const text = row[i] ?? '';
      const space = ' '.repeat(width - textWidth(text));
      if (right.has(i)) return space + text;
      return i === count - 1 ? text : text + space;
    });
    yield* out.write(`${cells.join(between)}\n`);
  }
  yield* out.flush();
}

/** Words one below the other, or with `across` one beside the other, in columns as wide as tabs make them. */
function* filled(words: readonly string[], width: number, across: boolean): Sys<void> {
  const longest = largest(words.map(textWidth));
  const step = (Math.floor(longest / TAB) + 1) * TAB;
  const cols = longest >= width ? 1 : Math.max(1, Math.floor(width / step));
  const rows = Math.ceil(words.length / cols);
  const out = new PieceWriter();
  for (let row = 0; row < rows; row++) {
    const picked = across
      ? words.slice(row * cols, (row + 1) * cols)
      : words.filter((_, i) => i % rows === row);
    let line = '';
    for (const [i, word] of picked.entries()) {
      line += word;
      if (i < picked.length - 1) line += '\t'.repeat(Math.ceil((step - textWidth(word)) / TAB));
    }
    yield* out.write(`${line}\n`);
  }
  yield* out.flush();
}

function positive(text: string, what: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new UsageError(`invalid ${what}: '${text}'`);
  return Number(text);
}

export const column: CommandSpec = {
  name: 'column',
  usage: '[OPTION]... [FILE]...',
  summary: 'Put lines into columns, or with -t make a table of them.',
  options: [
    { short: 't', long: 'table', help: 'a table: fields of the lines below each other' },
    { short: 's', long: 'separator', argument: 'CHARS', help: 'what divides fields (default blanks)' },
    { short: 'o', long: 'output-separator', argument: 'TEXT', help: 'between the columns of the table' },
    { short: 'N', long: 'table-columns', argument: 'NAMES', help: 'headings, separated by commas' },
    { short: 'R', long: 'table-right', argument: 'COLUMNS', help: 'these to the right, by name or number' },
    {
      short: 'l',
      long: 'table-columns-limit',
      argument: 'NUM',
      help: 'the last of NUM columns takes the rest',
    },
    { short: 'c', long: 'output-width', argument: 'WIDTH', help: 'width of the output without -t' },
    { short: 'x', long: 'fillrows', help: 'fill rows before columns' },
  ],
  *run(parsed) {
    const width = parsed.value('output-width');
    const given = width === null ? null : positive(width, 'columns argument');
    const lines: string[] = [];
    const status = yield* eachInput('column', parsed.operands, function* (fd) {
      const text = textFromBytes(yield* readAll(fd));
      for (const line of linesOf(text)) if (line.trim() !== '') lines.push(line);
    });
    if (parsed.has('table')) yield* table(lines, parsed);
    else yield* filled(lines, given ?? (yield* terminalWidth()), parsed.has('fillrows'));
    return status;
  },
};

function* terminalWidth(): Sys<number> {
  return (yield* orNull(() => sys.tcgetwinsize(1)))?.cols ?? 80;
}
