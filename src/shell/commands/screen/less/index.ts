/** less(1) and more(1): text a screenful at a time. */
import { type ProgramContext, READ_SIZE, type Sys, sys, writeAll } from '../../../../linux/index.ts';
import { type CommandSpec, type OptionSpec, type Parsed, parseOptions } from '../../options.ts';
import { cellsOf, chopped, wrapped } from '../cells.ts';
import { isTerminal, say, Terminal } from '../terminal.ts';
import { commandOf } from './commands.ts';
import { Files, type OpenedFile, Unopened } from './files.ts';
import { type LessOptions, lessOptions } from './options.ts';
import { Leave, Pager, PagerWaiting } from './pager.ts';

const options: readonly OptionSpec[] = [
  { short: 'e', long: 'quit-at-eof', help: 'leave when moving past the end' },
  { short: 'E', long: 'QUIT-AT-EOF', help: 'leave when the end is seen' },
  { short: 'F', long: 'quit-if-one-screen', help: 'print and leave when it fits on one screen' },
  { short: 'i', long: 'ignore-case', help: 'ignore case in searches without capitals' },
  { short: 'I', long: 'IGNORE-CASE', help: 'ignore case in all searches' },
  { short: 'K', long: 'quit-on-intr', help: 'leave on Ctrl-C' },
  { short: 'm', long: 'long-prompt', help: 'tell the percentage in the prompt' },
  { short: 'M', long: 'LONG-PROMPT', help: 'tell lines and percentage in the prompt' },
  { short: 'N', long: 'LINE-NUMBERS', help: 'show line numbers' },
  { short: 'p', long: 'pattern', argument: 'PATTERN', help: 'start at the first line that matches' },
  { short: 'P', argument: 'PROMPT', help: 'another prompt, in the language of less(1)' },
  { short: 'R', long: 'RAW-CONTROL-CHARS', help: 'let colour sequences colour' },
  { short: 'S', long: 'chop-long-lines', help: 'cut long lines instead of wrapping them' },
  { short: 'X', long: 'no-init', help: 'stay on the screen that is there' },
  { short: '~', long: 'tilde', help: 'show nothing below the end of a file' },
];

/** Options that $LESS holds stand before those of the command line. */
function withEnvironment(parsed: Parsed, env: ReadonlyMap<string, string>): Parsed {
  const text = env.get('LESS')?.trim() ?? '';
  if (text === '') return parsed;
  const given = text.startsWith('-') ? text : `-${text}`;
  // A -P takes the rest of its string up to a dollar sign, blanks included.
  const words = given.match(/-[^\sP]*P[^$]*|\S+/g) ?? [];
  const preset = parseOptions(
    { options },
    words.map((word) => word.replace(/\$$/, '')),
  );
  return {
    has: (key) => preset.has(key) || parsed.has(key),
    value: (key) => parsed.value(key) ?? preset.value(key),
    values: (key) => [...preset.values(key), ...parsed.values(key)],
    operands: parsed.operands,
    order: [...preset.order, ...parsed.order],
  };
}

/** Where standard output is no terminal: what cat does. */
function* copy(paths: readonly string[]): Sys<number> {
  const files = new Files(paths, new PagerWaiting());
  let status = 0;
  for (let index = 0; index < files.count; index++) {
    try {
      const fd = paths[index] === '-' ? 0 : yield* opened(files, index);
      for (;;) {
        const bytes = yield* sys.read(fd, READ_SIZE);
        if (bytes.length === 0) break;
        yield* writeAll(1, bytes);
      }
    } catch (error) {
      if (!(error instanceof Unopened)) throw error;
      yield* say(2, error.message);
      status = 1;
    }
  }
  return status;
}

function* opened(files: Files, index: number): Sys<number> {
  // Opening through the list gives its messages.
  const { source, path } = yield* files.open(index);
  yield* source.close();
  return yield* sys.open(path, 0);
}

/** Whether all of a file fits above the prompt. */
function* fits(file: OpenedFile, { colours, chop }: LessOptions): Sys<boolean> {
  const { rows, cols } = yield* sys.tcgetwinsize(1);
  let used = 0;
  for (let line = 0; yield* file.source.has(line); line++) {
    const cells = cellsOf(file.source.lines[line]!, colours);
    used += chop ? [chopped(cells, cols, 0)].length : wrapped(cells, cols).length;
    if (used > rows - 1) return false;
  }
  return true;
}

interface Start {
  readonly paths: readonly string[];
  /** Keys to begin with, from `+` operands and -p. */
  readonly keys: readonly string[];
  readonly quitIfFits: boolean;
  readonly alternate: boolean;
}

function* page(start: Start, chosen: LessOptions, { env }: ProgramContext): Sys<number> {
  const waiting = new PagerWaiting();
  const files = new Files(start.paths, waiting);
  const errors = yield* withoutUnopened(files);
  if (files.count === 0) {
    for (const message of errors) yield* say(2, message);
    return 1;
  }
  if (start.quitIfFits && files.count === 1) {
    const file = yield* files.open(0);
    if (yield* fits(file, chosen)) {
      yield* writeAll(1, file.source.lines.map((line) => `${line}\n`).join(''));
      return 0;
    }
  }
  const terminal = yield* Terminal.open({ modes: { icanon: false, echo: false } });
  if (terminal === null) return yield* copy(start.paths);
  waiting.terminal = terminal;
  const pager = new Pager(terminal, files, chosen, env, commandOf);
  try {
    if (errors.length > 0 && !(yield* acknowledged(terminal, errors))) return 1;
    while (!(yield* pager.show(0, { fresh: start.keys.length === 0, alternate: start.alternate }))) {
      if (files.count > 0) files.remove(0);
      if (files.count === 0) return 1;
    }
    for (const key of start.keys) yield* begin(pager, key);
    if (chosen.quitAtEnd === 'first' && files.count === 1 && (yield* pager.view.atEnd())) return 0;
    return yield* pager.run();
  } catch (error) {
    if (!(error instanceof Leave)) throw error;
    return error.status;
  } finally {
    terminal.write('\r\x1b[K');
    yield* terminal.leave();
  }
}

/** Tells what went wrong before there is a screen; false when the terminal is gone. */
function* acknowledged(terminal: Terminal, errors: readonly string[]): Sys<boolean> {
  terminal.write(`${errors.join('\n')}\nPress RETURN to continue `);
  for (;;) {
    const input = yield* terminal.key();
    if (input.kind === 'end') return false;
    if (input.kind === 'resize') continue;
    terminal.write('\n');
    return true;
  }
}

/** Takes the first files off the list that cannot be opened; what is wrong with them. */
function* withoutUnopened(files: Files): Sys<string[]> {
  const errors: string[] = [];
  while (files.count > 0) {
    try {
      yield* files.open(0);
      break;
    } catch (error) {
      if (!(error instanceof Unopened)) throw error;
      errors.push(error.message);
      files.remove(0);
    }
  }
  return errors;
}

/** A command given at the start: `G`, `F`, `12`, `/pattern`. */
function* begin(pager: Pager, text: string): Sys<void> {
  const match = /^(\d*)(.*)$/s.exec(text)!;
  const n = match[1] === '' ? null : Number(match[1]);
  const key = match[2] === '' ? 'g' : match[2]!;
  if (key.startsWith('/')) {
    if (!pager.searching.set(key.slice(1), false)) return yield* pager.bottom.message('Invalid pattern');
    const found = yield* pager.searching.find(pager.view.source, 0, 1, n ?? 1);
    if (found === null) yield* pager.bottom.message('Pattern not found');
    else yield* pager.view.jump(found);
    return;
  }
  const command = commandOf(key);
  if (command === undefined) pager.bottom.bell();
  else yield* command(pager, n);
}

function* run(given: Parsed, context: ProgramContext): Sys<number> {
  const parsed = withEnvironment(given, context.env);
  const isKey = (operand: string) => operand.startsWith('+') && operand.length > 1;
  const keys = parsed.operands.filter(isKey).map((operand) => operand.slice(1));
  const pattern = parsed.value('pattern');
  if (pattern !== null) keys.push(`/${pattern}`);
  const named = parsed.operands.filter((operand) => !isKey(operand));
  if (named.length === 0 && (yield* isTerminal(0))) {
    yield* say(2, 'Missing filename ("less --help" for help)');
    return 0;
  }
  const paths = named.length === 0 ? ['-'] : named;
  if (!(yield* isTerminal(1))) return yield* copy(paths);
  const start = {
    paths,
    keys,
    quitIfFits: parsed.has('quit-if-one-screen'),
    alternate: !parsed.has('no-init'),
  };
  return yield* page(start, lessOptions(parsed), context);
}

export const less: CommandSpec = {
  name: 'less',
  usage: '[OPTION]... [+COMMAND] [FILE]...',
  summary: 'Show text a screenful at a time, forward and backward; h shows the keys.',
  options,
  run,
};
