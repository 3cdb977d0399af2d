/** more(1): text a screenful at a time, forward only; it leaves at the end of the last file. */
import { READ_SIZE, type Sys, sys, writeAll } from '../../../../linux/index.ts';
import { compileRegex } from '../../../regex/index.ts';
import type { CommandSpec } from '../../options.ts';
import { cellsOf, painted, paintedText, REVERSE, wrapped } from '../cells.ts';
import { isTerminal, say, Terminal } from '../terminal.ts';
import { BottomLine, keyName } from './bottomLine.ts';
import { Files, type OpenedFile, Unopened } from './files.ts';
import { PagerWaiting } from './pager.ts';
import type { Source } from './source.ts';

const RULE = ':'.repeat(14);
const KEYS = 'Space: screenful, Return: line, d: half, /: search, q: quit';

/** Header of one of several files. */
const header = (name: string) => `${RULE}\n${name}\n${RULE}\n`;

class More {
  readonly #terminal: Terminal;
  readonly #bottom: BottomLine;
  readonly #source: Source;
  /** The next row: a line, and how many of its rows were shown. */
  #line = 0;
  #row = 0;

  constructor(terminal: Terminal, source: Source) {
    this.#terminal = terminal;
    this.#source = source;
    this.#bottom = new BottomLine(terminal, function* () {});
  }

  /** Shows all of the file; false when one does not want to see more. `used` rows are taken already. */
  *show(used: number, last: boolean): Sys<boolean> {
    yield* this.#rows(Math.max(1, this.#terminal.rows - 1 - used));
    while (yield* this.#source.has(this.#line)) {
      const { size } = this.#source;
      const percent = size === null ? '' : `(${Math.floor((100 * this.#source.offset(this.#line)) / size)}%)`;
      this.#terminal.write(paintedText(`--More--${percent}`, REVERSE));
      if (!(yield* this.#command())) return false;
    }
    if (last) return true;
    return yield* this.#betweenFiles();
  }

  *#betweenFiles(): Sys<boolean> {
    this.#terminal.write(paintedText('--More--(Next file)', REVERSE));
    const input = yield* this.#terminal.key();
    this.#terminal.write('\r\x1b[K');
    return input.kind !== 'end' && input.kind !== 'interrupt' && !['q', 'Q'].includes(keyName(input));
  }

  *#command(): Sys<boolean> {
    const input = yield* this.#terminal.key();
    if (input.kind === 'end' || input.kind === 'interrupt') return false;
    this.#terminal.write('\r\x1b[K');
    const screen = Math.max(1, this.#terminal.rows - 1);
    switch (keyName(input)) {
      case 'q':
      case 'Q':
        return false;
      case ' ':
      case 'f':
      case 'PageDown':
        yield* this.#rows(screen);
        break;
      case 'Enter':
      case 'j':
      case 'Down':
        yield* this.#rows(1);
        break;
      case 'd':
        yield* this.#rows(Math.max(1, Math.floor(screen / 2)));
        break;
      case '/':
        yield* this.#search(screen);
        break;
      case 'h':
      case '?':
        this.#terminal.write(`${KEYS}\n`);
        break;
      default:
        this.#bottom.bell();
    }
    return true;
  }

  *#rows(count: number): Sys<void> {
    for (let shown = 0; shown < count && (yield* this.#source.has(this.#line)); shown++) {
      const rows = wrapped(cellsOf(this.#source.lines[this.#line]!, true), this.#terminal.cols);
      this.#terminal.write(`${painted(rows[this.#row]!)}\n`);
      if (++this.#row < rows.length) continue;
      this.#row = 0;
      this.#line++;
    }
  }

  *#search(screen: number): Sys<void> {
    const text = yield* this.#bottom.line('/');
    this.#terminal.write('\r\x1b[K');
    const pattern = text === null || text === '' ? null : compileRegex(text, { extended: true });
    if (pattern === null) return;
    let line = this.#line;
    while ((yield* this.#source.has(line)) && !pattern.test(this.#source.lines[line]!)) line++;
    if (!(yield* this.#source.has(line))) {
      this.#terminal.write(`${paintedText('Pattern not found', REVERSE)}\n`);
      return;
    }
    this.#terminal.write('...skipping\n');
    this.#line = line;
    this.#row = 0;
    yield* this.#rows(screen - 1);
  }
}

/** The files that can be opened; the others are told. */
function* openable(paths: readonly string[], waiting: PagerWaiting): Sys<OpenedFile[]> {
  const files = new Files(paths, waiting);
  const opened: OpenedFile[] = [];
  for (let index = 0; index < files.count; index++) {
    try {
      opened.push(yield* files.open(index));
    } catch (error) {
      if (!(error instanceof Unopened)) throw error;
      const { message } = error;
      yield* say(
        2,
        message.endsWith(' is a directory')
          ? `\n*** ${message.replace(/ is.*/, '')}: directory ***\n`
          : `more: cannot open ${message}`,
      );
    }
  }
  return opened;
}

function* copy(file: OpenedFile, several: boolean): Sys<void> {
  if (several) yield* writeAll(1, header(file.path));
  const fd = file.path === '-' ? 0 : yield* sys.open(file.path, 0);
  for (;;) {
    const bytes = yield* sys.read(fd, READ_SIZE);
    if (bytes.length === 0) break;
    yield* writeAll(1, bytes);
  }
  if (fd !== 0) yield* sys.close(fd);
}

export const more: CommandSpec = {
  name: 'more',
  usage: '[FILE]...',
  summary: `Show text a screenful at a time (${KEYS}).`,
  options: [],
  *run(parsed) {
    if (parsed.operands.length === 0 && (yield* isTerminal(0))) {
      yield* say(2, "more: bad usage\nTry 'more --help' for more information.");
      return 1;
    }
    const waiting = new PagerWaiting();
    const files = yield* openable(parsed.operands.length === 0 ? ['-'] : parsed.operands, waiting);
    const several = parsed.operands.length > 1;
    const terminal = (yield* isTerminal(1))
      ? yield* Terminal.open({ modes: { icanon: false, echo: false } })
      : null;
    if (terminal === null) {
      for (const file of files) yield* copy(file, several);
      return 0;
    }
    waiting.terminal = terminal;
    try {
      for (const [index, file] of files.entries()) {
        if (several) terminal.write(header(file.path));
        const going = yield* new More(terminal, file.source).show(
          several ? 3 : 0,
          index === files.length - 1,
        );
        if (!going) break;
      }
    } finally {
      terminal.write('\r\x1b[K');
      yield* terminal.leave();
    }
    return 0;
  },
};
