/** grep(1). */
import { decodeUtf8 } from '../../../base/index.ts';
import { LineReader, readFile, type Sys, sys, writeAll } from '../../../linux/index.ts';
import { chargeSteps, Regex, RegexExhausted, RegexProblem } from '../../regex/index.ts';
import { type CommandSpec, type Parsed, UsageError } from '../options.ts';
import { complain, isDirectory, joinPath, linesOf, namesIn, orNull } from '../support.ts';
import { escapeLiteral } from './literal.ts';

export const grep: CommandSpec = {
  name: 'grep',
  usage: '[OPTION]... PATTERNS [FILE]...',
  summary: 'Print the lines of FILEs that match a pattern.',
  usageStatus: 2,
  options: [
    { short: 'E', long: 'extended-regexp', help: 'extended regular expressions' },
    { short: 'F', long: 'fixed-strings', help: 'plain text' },
    { short: 'G', long: 'basic-regexp', help: 'basic regular expressions (default)' },
    { short: 'e', long: 'regexp', argument: 'PATTERN', help: 'a pattern; may be repeated' },
    { short: 'f', long: 'file', argument: 'FILE', help: 'patterns from FILE, one a line' },
    { short: 'i', long: 'ignore-case', help: 'upper and lower case alike' },
    { short: 'v', long: 'invert-match', help: 'the lines that do not match' },
    { short: 'w', long: 'word-regexp', help: 'whole words' },
    { short: 'x', long: 'line-regexp', help: 'whole lines' },
    { short: 'c', long: 'count', help: 'only how many lines match' },
    { short: 'l', long: 'files-with-matches', help: 'only the names of files that match' },
    { short: 'L', long: 'files-without-match', help: 'only the names of files that do not' },
    { short: 'n', long: 'line-number', help: 'with line numbers' },
    { short: 'H', long: 'with-filename', help: 'with file names' },
    { short: 'h', long: 'no-filename', help: 'without file names' },
    { short: 'o', long: 'only-matching', help: 'only what matches' },
    { short: 'q', long: 'quiet', help: 'nothing; the status tells' },
    { short: 's', long: 'no-messages', help: 'no messages about unreadable files' },
    { short: 'r', long: 'recursive', help: 'directories with all below' },
    { short: 'R', long: 'dereference-recursive', help: 'as -r' },
    { short: 'm', long: 'max-count', argument: 'N', help: 'stop after N lines of a file' },
    { short: 'A', long: 'after-context', argument: 'N', help: 'N lines after each match' },
    { short: 'B', long: 'before-context', argument: 'N', help: 'N lines before' },
    { short: 'C', long: 'context', argument: 'N', help: 'N lines around' },
    { long: 'color', argument: 'WHEN', optional: true, help: 'colour what matches: always, auto, never' },
  ],
  run: searchOrGiveUp,
};

function* patternsOf(parsed: Parsed, operands: string[]): Sys<string[]> {
  const given = [...parsed.values('regexp')];
  for (const file of parsed.values('file')) {
    for (const line of linesOf(decodeUtf8(yield* readFile(file)))) given.push(line);
  }
  if (!parsed.has('regexp') && !parsed.has('file')) {
    const first = operands.shift();
    if (first === undefined) throw new UsageError('no pattern given');
    for (const line of first.split('\n')) given.push(line);
  }
  return given;
}

/** Throws RegexProblem. */
function matcher(parsed: Parsed, patterns: readonly string[]): Regex {
  const kind = parsed.order.findLast((key) =>
    ['extended-regexp', 'fixed-strings', 'basic-regexp'].includes(key),
  );
  return new Regex(kind === 'fixed-strings' ? patterns.map(escapeLiteral) : patterns, {
    extended: kind === 'extended-regexp',
    dialect: 'grep',
    ignoreCase: parsed.has('ignore-case'),
    only: parsed.has('line-regexp') ? 'lines' : parsed.has('word-regexp') ? 'words' : null,
  });
}

/** `search`, and what is said when matching a line needs more than there is. */
function* searchOrGiveUp(parsed: Parsed): Sys<number> {
  try {
    return yield* search(parsed);
  } catch (error) {
    if (!(error instanceof RegexExhausted)) throw error;
    yield* complain('grep', error.message);
    return 2;
  }
}

function* search(parsed: Parsed): Sys<number> {
  const operands = [...parsed.operands];
  const patterns = yield* patternsOf(parsed, operands);
  let expression: Regex;
  try {
    expression = matcher(parsed, patterns);
  } catch (error) {
    if (!(error instanceof RegexProblem)) throw error;
    yield* complain('grep', error.message);
    return 2;
  }
  for (const warning of expression.warnings) yield* complain('grep', `warning: ${warning}`);
  const recursive = parsed.has('recursive') || parsed.has('dereference-recursive');
  const roots = operands.length > 0 ? operands : [recursive ? '.' : '-'];
  const named =
    parsed.has('with-filename') || (!parsed.has('no-filename') && (recursive || roots.length > 1));
  const colour = yield* wantsColour(parsed);
  let found = false;
  let failed = false;
  for (const root of roots) {
    const files = recursive && root !== '-' ? yield* filesBelow(root) : [root];
    for (const file of files) {
      const result = yield* searchFile(file, expression, parsed, named, colour);
      if (result === null) failed = true;
      else if (result) found = true;
      if (found && parsed.has('quiet')) return 0;
    }
  }
  return failed ? 2 : found ? 0 : 1;
}

function* wantsColour(parsed: Parsed): Sys<boolean> {
  if (!parsed.has('color')) return false;
  const when = parsed.value('color') || 'auto';
  return when === 'always' || (when === 'auto' && (yield* orNull(() => sys.tcgetattr(1), 'ENOTTY')) !== null);
}

function* filesBelow(path: string): Sys<string[]> {
  const stat = yield* orNull(() => sys.lstat(path));
  if (stat === null || !isDirectory(stat)) return [path];
  const files: string[] = [];
  for (const name of yield* namesIn(path))
    for (const file of yield* filesBelow(joinPath(path, name))) files.push(file);
  return files;
}

/** Whether a line was selected; null after a message. */
function* searchFile(
  file: string,
  expression: Regex,
  parsed: Parsed,
  named: boolean,
  colour: boolean,
): Sys<boolean | null> {
  const quiet = parsed.has('no-messages');
  const label = file === '-' ? '(standard input)' : file;
  const fd = file === '-' ? 0 : yield* orNull(() => sys.open(file, 0));
  if (fd === null) {
    const denied = (yield* orNull(() => sys.stat(file))) !== null;
    if (!quiet)
      yield* complain('grep', `${file}: ${denied ? 'Permission denied' : 'No such file or directory'}`);
    return null;
  }
  if (isDirectory(yield* sys.fstat(fd))) {
    yield* sys.close(fd);
    if (!quiet) yield* complain('grep', `${file}: Is a directory`);
    return null;
  }
  const selected = yield* scan(fd, label, expression, parsed, named, colour);
  if (fd !== 0) yield* sys.close(fd);
  const matched = selected > 0;
  if (parsed.has('quiet')) return matched;
  if (parsed.has('files-with-matches')) {
    if (matched) yield* writeAll(1, `${label}\n`);
  } else if (parsed.has('files-without-match')) {
    if (!matched) yield* writeAll(1, `${label}\n`);
    return !matched;
  } else if (parsed.has('count')) yield* writeAll(1, `${named ? `${label}:` : ''}${selected}\n`);
  return matched;
}

function* scan(
  fd: number,
  label: string,
  expression: Regex,
  parsed: Parsed,
  named: boolean,
  colour: boolean,
): Sys<number> {
  const around = parsed.value('context') ?? '0';
  const after = Number(parsed.value('after-context') ?? around);
  const before = Number(parsed.value('before-context') ?? around);
  const limit = parsed.has('max-count') ? Number(parsed.value('max-count')) : Number.POSITIVE_INFINITY;
  const silent = ['quiet', 'files-with-matches', 'files-without-match', 'count'].some((key) =>
    parsed.has(key),
  );
  const prefix = (sign: string, number: number) =>
    (named ? `${label}${sign}` : '') + (parsed.has('line-number') ? `${number}${sign}` : '');
  const held: { number: number; line: string }[] = [];
  let selected = 0;
  let trailing = 0;
  let lastShown = 0;
  const reader = new LineReader(fd);
  for (let number = 1; ; number++) {
    const line = yield* reader.nextText();
    if (line === null || (selected >= limit && trailing === 0)) return selected;
    const matches = selected < limit && expression.test(line) !== parsed.has('invert-match');
    yield* chargeSteps(expression);
    if (matches) selected++;
    if (silent) {
      if (matches && !parsed.has('count')) return selected;
      continue;
    }
    if (matches) {
      const first = held[0]?.number ?? number;
      if ((before > 0 || after > 0) && lastShown > 0 && first > lastShown + 1) yield* writeAll(1, '--\n');
      for (const item of held.splice(0)) yield* writeAll(1, `${prefix('-', item.number)}${item.line}\n`);
      yield* showMatch(line, prefix(':', number), expression, parsed, colour);
      trailing = after;
      lastShown = number;
    } else if (trailing > 0) {
      trailing--;
      lastShown = number;
      yield* writeAll(1, `${prefix('-', number)}${line}\n`);
    } else if (before > 0) {
      held.push({ number, line });
      if (held.length > before) held.shift();
    }
  }
}

function* showMatch(
  line: string,
  prefix: string,
  expression: Regex,
  parsed: Parsed,
  colour: boolean,
): Sys<void> {
  const paint = (text: string) => (colour ? `\x1b[01;31m\x1b[K${text}\x1b[m\x1b[K` : text);
  if (parsed.has('only-matching') && !parsed.has('invert-match')) {
    for (const match of expression.matches(line)) {
      yield* chargeSteps(expression);
      const text = match.groups[0]!;
      if (text !== '') yield* writeAll(1, `${prefix}${paint(text)}\n`);
    }
    return;
  }
  let shown = '';
  let copied = 0;
  if (colour && !parsed.has('invert-match')) {
    for (const { index, end } of expression.matches(line)) {
      if (end === index) continue;
      shown += line.slice(copied, index) + paint(line.slice(index, end));
      copied = end;
    }
  }
  yield* writeAll(1, `${prefix}${shown}${line.slice(copied)}\n`);
}
