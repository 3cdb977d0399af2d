/** nl(1) and tac(1). */
import { readAll, type Sys, sys } from '../../../linux/index.ts';
import { compileRegex } from '../../regex/index.ts';
import { bytesFromText, textFromBytes } from '../../text.ts';
import { type CommandSpec, type Parsed, UsageError, writeOut } from '../options.ts';
import { attempt } from '../support.ts';
import { eachLine, openInput, PieceWriter, Refusal, refusing } from './lineTools.ts';

type Section = 'header' | 'body' | 'footer';

/** Which lines a numbering style counts. */
function styleOf(text: string, what: Section): (line: string) => boolean {
  if (text === 'a') return () => true;
  if (text === 't') return (line) => line !== '';
  if (text === 'n') return () => false;
  const pattern = text.startsWith('p') ? compileRegex(text.slice(1), { extended: false }) : null;
  if (pattern === null) throw new UsageError(`invalid ${what} numbering style: ‘${text}’`);
  return (line) => pattern.test(line);
}

function numberOption(parsed: Parsed, key: string, standard: number, what: string): number {
  const text = parsed.value(key);
  if (text === null) return standard;
  if (!/^-?\d+$/.test(text)) throw new Refusal(`invalid ${what}: ‘${text}’`);
  return Number(text);
}

const formats: Readonly<Record<string, (text: string, width: number) => string>> = {
  ln: (text, width) => text.padEnd(width),
  rn: (text, width) => text.padStart(width),
  rz: (text, width) =>
    text.startsWith('-') ? `-${text.slice(1).padStart(width - 1, '0')}` : text.padStart(width, '0'),
};

export const nl: CommandSpec = {
  name: 'nl',
  usage: '[OPTION]... [FILE]...',
  summary: 'Print FILEs with their lines numbered.',
  options: [
    {
      short: 'b',
      long: 'body-numbering',
      argument: 'STYLE',
      help: 'which lines: a all, t not the empty ones, n none, pREGEX',
    },
    {
      short: 'd',
      long: 'section-delimiter',
      argument: 'CC',
      help: 'the two characters of section lines (default \\:)',
    },
    { short: 'f', long: 'footer-numbering', argument: 'STYLE', help: 'likewise in footers' },
    { short: 'h', long: 'header-numbering', argument: 'STYLE', help: 'likewise in headers' },
    { short: 'i', long: 'line-increment', argument: 'N', help: 'numbers grow by N' },
    { short: 'n', long: 'number-format', argument: 'FORMAT', help: 'ln left, rn right, rz right with zeros' },
    { short: 'p', long: 'no-renumber', help: 'go on counting in a new section' },
    {
      short: 's',
      long: 'number-separator',
      argument: 'TEXT',
      help: 'between number and line (default a tab)',
    },
    { short: 'v', long: 'starting-line-number', argument: 'N', help: 'first number' },
    { short: 'w', long: 'number-width', argument: 'N', help: 'columns of the number (default 6)' },
  ],
  run: (parsed) => refusing('nl', () => number(parsed)),
};

function* number(parsed: Parsed): Sys<number> {
  const styles: Record<Section, (line: string) => boolean> = {
    header: styleOf(parsed.value('header-numbering') ?? 'n', 'header'),
    body: styleOf(parsed.value('body-numbering') ?? 't', 'body'),
    footer: styleOf(parsed.value('footer-numbering') ?? 'n', 'footer'),
  };
  const first = numberOption(parsed, 'starting-line-number', 1, 'starting line number');
  const increment = numberOption(parsed, 'line-increment', 1, 'line number increment');
  const width = numberOption(parsed, 'number-width', 6, 'line number field width');
  if (width < 1) {
    throw new Refusal(`invalid line number field width: ‘${width}’: Numerical result out of range`);
  }
  const name = parsed.value('number-format') ?? 'rn';
  const format = Object.hasOwn(formats, name) ? formats[name] : undefined;
  if (format === undefined) throw new UsageError(`invalid line numbering format: ‘${name}’`);
  const separator = parsed.value('number-separator') ?? '\t';
  const blank = ' '.repeat(width + [...separator].length);
  const given = parsed.value('section-delimiter') ?? '\\:';
  const delimiter = given.length === 1 ? `${given}:` : given;
  const sections = new Map<string, Section>([
    [delimiter.repeat(3), 'header'],
    [delimiter.repeat(2), 'body'],
    [delimiter, 'footer'],
  ]);
  let section: Section = 'body';
  let count = first;
  const out = new PieceWriter();
  return yield* eachLine('nl', parsed.operands, out, function* ({ text }) {
    const next = delimiter === '' ? undefined : sections.get(text);
    if (next !== undefined) {
      section = next;
      if (!parsed.has('no-renumber')) count = first;
      yield* out.write('\n');
    } else if (styles[section](text)) {
      yield* out.write(`${format(`${count}`, width)}${separator}${text}\n`);
      count += increment;
    } else yield* out.write(`${blank}${text}\n`);
  });
}

export const tac: CommandSpec = {
  name: 'tac',
  usage: '[OPTION]... [FILE]...',
  summary: 'Print FILEs with their lines in reverse order.',
  options: [
    { short: 'b', long: 'before', help: 'the separator stands before a record, not after it' },
    { short: 's', long: 'separator', argument: 'TEXT', help: 'what ends a record instead of a newline' },
  ],
  run: (parsed) => refusing('tac', () => reverse(parsed)),
};

function* reverse(parsed: Parsed): Sys<number> {
  const separator = parsed.value('separator') ?? '\n';
  if (separator === '') throw new Refusal('separator cannot be empty');
  const files = parsed.operands.length === 0 ? ['-'] : parsed.operands;
  let status = 0;
  for (const file of files) {
    let fd = 0;
    const good = yield* attempt('tac', `failed to open '${file}' for reading`, function* (): Sys<void> {
      fd = yield* openInput(file);
    });
    const read =
      good &&
      (yield* attempt('tac', `${file}: read error`, function* (): Sys<void> {
        const text = textFromBytes(yield* readAll(fd));
        yield* writeOut(bytesFromText(reversed(text, separator, parsed.has('before'))));
      }));
    if (good && fd !== 0) yield* sys.close(fd);
    if (!read) status = 1;
  }
  return status;
}

function reversed(text: string, separator: string, before: boolean): string {
  const parts = text.split(separator);
  if (before)
    return parts
      .map((part, i) => (i === 0 ? part : separator + part))
      .reverse()
      .join('');
  const last = parts.pop()!;
  return (
    last +
    parts
      .map((part) => part + separator)
      .reverse()
      .join('')
  );
}
