/** sort(1), uniq(1), cut(1), tr(1), seq(1), yes(1). */
import { decodeUtf8, encodeUtf8 } from '../../../base/index.ts';
import { O_CREAT, O_TRUNC, O_WRONLY, READ_SIZE, type Sys, sys, writeAll } from '../../../linux/index.ts';
import { type CommandSpec, type Parsed, UsageError, writeOut } from '../options.ts';
import { eachInput, eachLines, type InputWording, linesOf, textOf } from '../support.ts';

const byBytes = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
const numberOf = (text: string) => Number.parseFloat(/^\s*-?\d*\.?\d*/.exec(text)?.[0] ?? '') || 0;
const units = ' KMGTPE';

function humanNumber(text: string): number {
  const match = /^\s*(-?\d*\.?\d*)([KMGTPE]?)/.exec(text)!;
  return (Number.parseFloat(match[1]!) || 0) * 1024 ** units.indexOf(match[2] || ' ');
}

interface Key {
  readonly from: number;
  readonly to: number | null;
  readonly flags: string;
}

function parseKey(text: string): Key {
  const match = /^(\d+)(?:\.\d+)?([bdfghinrV]*)(?:,(\d+)(?:\.\d+)?([bdfghinrV]*))?$/.exec(text);
  if (match === null)
    throw new UsageError(`invalid number at field start: invalid count at start of '${text}'`);
  return {
    from: Number(match[1]),
    to: match[3] === undefined ? null : Number(match[3]),
    flags: match[2]! + (match[4] ?? ''),
  };
}

function fieldText(line: string, key: Key, separator: string | null): string {
  const fields = separator === null ? (line.match(/\s*\S+/g) ?? []) : line.split(separator);
  return fields.slice(key.from - 1, key.to ?? undefined).join(separator ?? '');
}

function comparison(flags: string): (a: string, b: string) => number {
  const prepare = (text: string) => {
    const trimmed = flags.includes('b') ? text.trimStart() : text;
    return flags.includes('f') ? trimmed.toUpperCase() : trimmed;
  };
  const sign = flags.includes('r') ? -1 : 1;
  if (flags.includes('n') || flags.includes('g')) return (a, b) => sign * (numberOf(a) - numberOf(b));
  if (flags.includes('h')) return (a, b) => sign * (humanNumber(a) - humanNumber(b));
  return (a, b) => sign * byBytes(prepare(a), prepare(b));
}

const sortWording: InputWording = {
  opening: (file) => `cannot read: ${file}`,
  reading: (file) => `read failed: ${file}`,
};

export const sort: CommandSpec = {
  name: 'sort',
  usage: '[OPTION]... [FILE]...',
  summary: 'Print the lines of all FILEs in order.',
  usageStatus: 2,
  options: [
    { short: 'b', long: 'ignore-leading-blanks', help: 'ignore blanks at the start' },
    { short: 'f', long: 'ignore-case', help: 'upper and lower case alike' },
    { short: 'h', long: 'human-numeric-sort', help: 'by numbers such as 2K 1G' },
    { short: 'n', long: 'numeric-sort', help: 'by number' },
    { short: 'r', long: 'reverse', help: 'the other way round' },
    { short: 'u', long: 'unique', help: 'equal lines once' },
    { short: 'k', long: 'key', argument: 'F[,G][FLAGS]', help: 'by fields F to G' },
    { short: 't', long: 'field-separator', argument: 'SEP', help: 'fields are separated by SEP' },
    { short: 'o', long: 'output', argument: 'FILE', help: 'write to FILE' },
  ],
  *run(parsed) {
    const letters = {
      'ignore-leading-blanks': 'b',
      'ignore-case': 'f',
      'human-numeric-sort': 'h',
      'numeric-sort': 'n',
      reverse: 'r',
    };
    const flags = Object.entries(letters)
      .map(([key, letter]) => (parsed.has(key) ? letter : ''))
      .join('');
    const keys = parsed.values('key').map(parseKey);
    const separator = parsed.value('field-separator');
    const lines: string[] = [];
    const status = yield* eachInput(
      'sort',
      parsed.operands,
      function* (fd) {
        for (const line of linesOf(yield* textOf(fd))) lines.push(line);
      },
      sortWording,
    );
    const byKeys = (a: string, b: string) => {
      for (const key of keys) {
        const order = comparison(key.flags === '' ? flags : key.flags)(
          fieldText(a, key, separator),
          fieldText(b, key, separator),
        );
        if (order !== 0) return order;
      }
      return keys.length === 0 ? comparison(flags)(a, b) : 0;
    };
    const last = flags.includes('r') ? -1 : 1;
    lines.sort((a, b) => byKeys(a, b) || (parsed.has('unique') ? 0 : last * byBytes(a, b)));
    const kept = parsed.has('unique')
      ? lines.filter((line, i) => i === 0 || byKeys(lines[i - 1]!, line) !== 0)
      : lines;
    const output = parsed.value('output');
    const fd = output === null ? 1 : yield* sys.open(output, O_WRONLY | O_CREAT | O_TRUNC, 0o666);
    yield* writeAll(fd, kept.map((line) => `${line}\n`).join(''));
    return status === 0 ? 0 : 2;
  },
};

interface Run {
  readonly line: string;
  count: number;
}

export const uniq: CommandSpec = {
  name: 'uniq',
  usage: '[OPTION]... [INPUT]',
  summary: 'Print each run of equal lines once.',
  options: [
    { short: 'c', long: 'count', help: 'with how often it came' },
    { short: 'd', long: 'repeated', help: 'only lines that came more than once' },
    { short: 'u', long: 'unique', help: 'only lines that came once' },
    { short: 'i', long: 'ignore-case', help: 'upper and lower case alike' },
  ],
  run: (parsed) =>
    eachInput('uniq', parsed.operands.slice(0, 1), function* (fd) {
      const fold = (line: string) => (parsed.has('ignore-case') ? line.toLowerCase() : line);
      const shown = ({ line, count }: Run) => {
        if (parsed.has('repeated') && count === 1) return '';
        if (parsed.has('unique') && count > 1) return '';
        return parsed.has('count') ? `${String(count).padStart(7)} ${line}\n` : `${line}\n`;
      };
      let run: Run | null = null;
      yield* eachLines(fd, function* (lines) {
        let ended = '';
        for (const line of lines) {
          if (run !== null && fold(run.line) === fold(line)) run.count++;
          else {
            if (run !== null) ended += shown(run);
            run = { line, count: 1 };
          }
        }
        yield* writeOut(ended);
      });
      if (run !== null) yield* writeOut(shown(run));
    }),
};

/** A list such as `1,3-5,7-` as a test of positions from 1. */
function positions(list: string): (at: number) => boolean {
  const ranges = list.split(',').map((part) => {
    const match = /^(\d*)(-?)(\d*)$/.exec(part);
    if (match === null || part === '-' || part === '') throw new UsageError(`invalid field value '${part}'`);
    const from = match[1] === '' ? 1 : Number(match[1]);
    if (from === 0) throw new UsageError('fields are numbered from 1');
    const to = match[2] === '' ? from : match[3] === '' ? Number.POSITIVE_INFINITY : Number(match[3]);
    return { from, to };
  });
  return (at) => ranges.some(({ from, to }) => at >= from && at <= to);
}

export const cut: CommandSpec = {
  name: 'cut',
  usage: 'OPTION... [FILE]...',
  summary: 'Print parts of each line.',
  options: [
    { short: 'b', long: 'bytes', argument: 'LIST', help: 'these bytes' },
    { short: 'c', long: 'characters', argument: 'LIST', help: 'these characters' },
    { short: 'd', long: 'delimiter', argument: 'DELIM', help: 'fields are separated by DELIM (default TAB)' },
    { short: 'f', long: 'fields', argument: 'LIST', help: 'these fields' },
    { short: 's', long: 'only-delimited', help: 'no lines without the delimiter' },
  ],
  run: cutLines,
};

function cutLines(parsed: Parsed): Sys<number> {
  const characters = parsed.value('characters') ?? parsed.value('bytes');
  const fields = parsed.value('fields');
  if ((characters === null) === (fields === null))
    throw new UsageError('you must specify a list of bytes, characters, or fields');
  const delimiter = parsed.value('delimiter') ?? '\t';
  if (delimiter.length !== 1) throw new UsageError('the delimiter must be a single character');
  const wanted = positions(characters ?? fields!);
  const partOf = (line: string): string => {
    if (characters !== null) return `${[...line].filter((_, i) => wanted(i + 1)).join('')}\n`;
    if (!line.includes(delimiter)) return parsed.has('only-delimited') ? '' : `${line}\n`;
    const parts = line.split(delimiter).filter((_, i) => wanted(i + 1));
    return `${parts.join(delimiter)}\n`;
  };
  return eachInput('cut', parsed.operands, (fd) =>
    eachLines(fd, (lines) => writeOut(lines.map(partOf).join(''))),
  );
}

const named: Record<string, string> = {
  lower: 'abcdefghijklmnopqrstuvwxyz',
  upper: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
  digit: '0123456789',
  space: ' \t\n\v\f\r',
  blank: ' \t',
  alpha: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz',
  alnum: '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz',
  punct: '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~',
};

/** The characters of a tr set: ranges, classes, escapes. */
function expandSet(set: string): string[] {
  const out: string[] = [];
  const escapes: Record<string, string> = { n: '\n', t: '\t', r: '\r', '\\': '\\', '0': '\0' };
  const text = set.replace(/\[:(\w+):\]/g, (all, name: string) => named[name] ?? all);
  for (let i = 0; i < text.length; i++) {
    let char = text[i]!;
    if (char === '\\' && i + 1 < text.length) char = escapes[text[++i]!] ?? text[i]!;
    if (text[i + 1] === '-' && i + 2 < text.length) {
      for (let code = char.charCodeAt(0); code <= text.charCodeAt(i + 2); code++)
        out.push(String.fromCharCode(code));
      i += 2;
    } else out.push(char);
  }
  return out;
}

export const tr: CommandSpec = {
  name: 'tr',
  usage: '[OPTION]... SET1 [SET2]',
  summary: 'Translate, squeeze or delete characters of standard input.',
  options: [
    { short: 'c', long: 'complement', help: 'all characters not in SET1' },
    { short: 'd', long: 'delete', help: 'delete characters of SET1' },
    { short: 's', long: 'squeeze-repeats', help: 'each run of a character of the last set once' },
  ],
  *run(parsed) {
    const [first, second] = parsed.operands;
    const remove = parsed.has('delete');
    const squeeze = parsed.has('squeeze-repeats');
    if (first === undefined) throw new UsageError('missing operand');
    if (second === undefined && !remove && !squeeze) throw new UsageError(`missing operand after '${first}'`);
    const set = expandSet(first);
    const inSet = (char: string) => set.includes(char) !== parsed.has('complement');
    const to = expandSet(second ?? '');
    const map = (char: string) => {
      if (second === undefined || remove || !inSet(char)) return char;
      return parsed.has('complement') ? to.at(-1)! : (to[set.indexOf(char)] ?? to.at(-1)!);
    };
    const squeezed = second === undefined ? inSet : (char: string) => to.includes(char);
    let last = '';
    for (;;) {
      const bytes = yield* sys.read(0, READ_SIZE);
      if (bytes.length === 0) return 0;
      let out = '';
      for (const char of decodeUtf8(bytes)) {
        if (remove && inSet(char)) continue;
        const made = map(char);
        if (squeeze && made === last && squeezed(made)) continue;
        out += made;
        last = made;
      }
      yield* writeOut(encodeUtf8(out));
    }
  },
};

export const yes: CommandSpec = {
  name: 'yes',
  usage: '[STRING]...',
  summary: 'Print STRING (y by default) until stopped.',
  options: [],
  *run(parsed) {
    const line = `${parsed.operands.length === 0 ? 'y' : parsed.operands.join(' ')}\n`;
    const block = encodeUtf8(line.repeat(Math.max(1, Math.floor(4096 / line.length))));
    for (;;) yield* writeAll(1, block);
  },
};
