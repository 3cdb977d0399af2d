/** date(1), on the clock of the simulated world. */
import { isOsError, strerror } from '../../../base/index.ts';
import { LineReader, O_RDONLY, type Sys, sys, writeAll } from '../../../linux/index.ts';
import { type CommandSpec, type Parsed, UsageError } from '../options.ts';
import { complain } from '../support.ts';
import { formatDate, type Instant, parseDate } from './dateText.ts';

const isoFormats: Readonly<Record<string, string>> = {
  hours: '%Y-%m-%dT%H%:z',
  minutes: '%Y-%m-%dT%H:%M%:z',
  date: '%Y-%m-%d',
  seconds: '%Y-%m-%dT%H:%M:%S%:z',
  ns: '%Y-%m-%dT%H:%M:%S,%N%:z',
};
const rfc3339Formats: Readonly<Record<string, string>> = {
  date: '%Y-%m-%d',
  seconds: '%Y-%m-%d %H:%M:%S%:z',
  ns: '%Y-%m-%d %H:%M:%S.%N%:z',
};

function named(formats: Readonly<Record<string, string>>, option: string, word: string): string {
  const names = Object.keys(formats).filter((name) => name.startsWith(word));
  const [name] = names;
  if (name !== undefined && (names.length === 1 || names.includes(word)))
    return formats[names.includes(word) ? word : name]!;
  const list = Object.keys(formats).map((one) => `\n  - ‘${one}’`);
  throw new UsageError(`invalid argument ‘${word}’ for ‘--${option}’\nValid arguments are:${list.join('')}`);
}

function formatOf(parsed: Parsed): string {
  const formats: string[] = [];
  for (const key of parsed.order) {
    if (key === 'iso-8601') formats.push(named(isoFormats, key, parsed.value(key) || 'date'));
    else if (key === 'rfc-3339') formats.push(named(rfc3339Formats, key, parsed.value(key)!));
    else if (key === 'rfc-email') formats.push('%a, %d %b %Y %H:%M:%S %z');
  }
  const operands = parsed.operands.filter((operand) => operand.startsWith('+'));
  if (parsed.operands.length > 1) throw new UsageError(`extra operand ‘${parsed.operands[1]}’`);
  formats.push(...operands.map((operand) => operand.slice(1)));
  if (formats.length > 1) throw new Several();
  return formats[0] ?? '%a %b %e %H:%M:%S %Z %Y';
}

class Several extends Error {}

function* show(text: string, now: Instant, format: string): Sys<boolean> {
  const at = parseDate(text, now);
  if (at === null) yield* complain('date', `invalid date ‘${text}’`);
  else yield* writeAll(1, `${formatDate(format, at)}\n`);
  return at !== null;
}

/** A date a line. */
function* showFile(path: string, now: Instant, format: string): Sys<boolean> {
  try {
    const reader = new LineReader(path === '-' ? 0 : yield* sys.open(path, O_RDONLY));
    let good = true;
    for (let line = yield* reader.nextText(); line !== null; line = yield* reader.nextText()) {
      if (!(yield* show(line, now, format))) good = false;
    }
    return good;
  } catch (error) {
    if (!isOsError(error)) throw error;
    yield* complain('date', `${path}: ${strerror(error.code)}`);
    return false;
  }
}

function* run(parsed: Parsed): Sys<number> {
  const sources = ['date', 'file', 'reference'].filter((key) => parsed.has(key));
  if (sources.length > 1)
    throw new UsageError('the options to specify dates for printing are mutually exclusive');
  const format = formatOf(parsed);
  const now = yield* sys.clock_gettime('realtime');
  const [operand] = parsed.operands;
  if (operand !== undefined && !operand.startsWith('+')) {
    yield* complain('date', `invalid date ‘${operand}’`);
    return 1;
  }
  const text = parsed.value('date');
  if (text !== null) return (yield* show(text, now, format)) ? 0 : 1;
  const file = parsed.value('file');
  if (file !== null) return (yield* showFile(file, now, format)) ? 0 : 1;
  const reference = parsed.value('reference');
  let at: Instant = now;
  if (reference !== null) {
    try {
      at = (yield* sys.stat(reference)).mtime;
    } catch (error) {
      if (!isOsError(error)) throw error;
      yield* complain('date', `${reference}: ${strerror(error.code)}`);
      return 1;
    }
  }
  yield* writeAll(1, `${formatDate(format, at)}\n`);
  return 0;
}

export const date: CommandSpec = {
  name: 'date',
  usage: '[OPTION]... [+FORMAT]',
  summary: 'Print the time of the simulated world (UTC).',
  options: [
    {
      short: 'd',
      long: 'date',
      argument: 'TEXT',
      help: 'that time instead of now: @SECONDS, 2026-01-05 12:30, 2 days ago',
    },
    { short: 'f', long: 'file', argument: 'FILE', help: 'the times in FILE, one a line' },
    {
      short: 'I',
      long: 'iso-8601',
      argument: 'PARTS',
      optional: true,
      help: 'as 2026-01-05; hours, minutes, seconds or ns for more',
    },
    { short: 'R', long: 'rfc-email', help: 'as Mon, 05 Jan 2026 12:30:00 +0000' },
    { long: 'rfc-3339', argument: 'PARTS', help: 'as 2026-01-05; seconds or ns for more' },
    { short: 'r', long: 'reference', argument: 'FILE', help: 'when FILE was last changed' },
    { short: 'u', long: 'utc', help: 'UTC, as always here' },
  ],
  *run(parsed) {
    try {
      return yield* run(parsed);
    } catch (error) {
      if (!(error instanceof Several)) throw error;
      yield* complain('date', 'multiple output formats specified');
      return 1;
    }
  },
};
