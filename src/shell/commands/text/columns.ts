/** paste(1), fold(1), expand(1), unexpand(1). */
import { READ_SIZE, type Sys, sys } from '../../../linux/index.ts';
import { bytesFromText } from '../../text.ts';
import { type CommandSpec, type Parsed, writeOut } from '../options.ts';
import { attempt, complain, eachInput } from '../support.ts';
import { eachLine, openInput, PieceWriter, Refusal, refusing, TextLines } from './lineTools.ts';

/** `\n`, `\t`, `\\`, `\0` (nothing) in paste's list of delimiters. */
function delimiters(text: string): string[] {
  const list = [...text.matchAll(/\\(.)|\\$|[^\\]/gsu)].map(([whole, escaped]) => {
    if (whole === '\\') throw new Refusal(`delimiter list ends with an unescaped backslash: ${text}`);
    if (escaped === undefined) return whole;
    return { n: '\n', t: '\t', '0': '', b: '\b', f: '\f', r: '\r', v: '\v' }[escaped] ?? escaped;
  });
  return list.length === 0 ? [''] : list;
}

export const paste: CommandSpec = {
  name: 'paste',
  usage: '[OPTION]... [FILE]...',
  summary: 'Print the lines of FILEs side by side.',
  options: [
    {
      short: 'd',
      long: 'delimiters',
      argument: 'LIST',
      help: 'between the lines, one after the other, instead of a tab',
    },
    { short: 's', long: 'serial', help: 'the lines of one file after another in one line' },
  ],
  *run(parsed) {
    return yield* refusing('paste', () => {
      const between = delimiters(parsed.value('delimiters') ?? '\\t');
      const files = parsed.operands.length === 0 ? ['-'] : parsed.operands;
      return parsed.has('serial') ? serial(files, between) : parallel(files, between);
    });
  },
};

function* serial(files: readonly string[], between: readonly string[]): Sys<number> {
  const out = new PieceWriter();
  const status = yield* eachInput('paste', files, function* (fd) {
    const lines = new TextLines(fd);
    let count = 0;
    for (let line = yield* lines.next(); line !== null; line = yield* lines.next()) {
      if (count > 0) yield* out.write(between[(count - 1) % between.length]!);
      yield* out.write(line.text);
      count++;
    }
    yield* out.write('\n');
  });
  yield* out.flush();
  return status;
}

function* parallel(files: readonly string[], between: readonly string[]): Sys<number> {
  const standard = new TextLines(0);
  const inputs: TextLines[] = [];
  for (const file of files) {
    const good = yield* attempt('paste', file, function* () {
      inputs.push(file === '-' ? standard : new TextLines(yield* openInput(file)));
    });
    if (!good) return 1;
  }
  const out = new PieceWriter();
  const open = new Set(inputs);
  for (;;) {
    let text = '';
    let any = false;
    for (const [index, input] of inputs.entries()) {
      const line = open.has(input) ? yield* input.next() : null;
      if (line === null) open.delete(input);
      else any = true;
      text += (index === 0 ? '' : between[(index - 1) % between.length]!) + (line?.text ?? '');
    }
    if (!any) break;
    yield* out.write(`${text}\n`);
  }
  yield* out.flush();
  return 0;
}

const TAB = 9;
const [BACKSPACE, NEWLINE, RETURN, SPACE] = [8, 10, 13, 32];

export const fold: CommandSpec = {
  name: 'fold',
  rewrite: (argv) => argv.map((arg, i) => (i > 0 && /^-\d+$/.test(arg) ? `-w${arg.slice(1)}` : arg)),
  usage: '[OPTION]... [FILE]...',
  summary: 'Cut long lines into lines of at most 80 columns.',
  options: [
    { short: 'b', long: 'bytes', help: 'count bytes, not columns' },
    { short: 's', long: 'spaces', help: 'cut after a blank where there is one' },
    { short: 'w', long: 'width', argument: 'N', help: 'another width' },
  ],
  *run(parsed) {
    const text = parsed.value('width') ?? '80';
    if (!/^0*[1-9]\d*$/.test(text)) {
      const why = /^\d+$/.test(text) ? ': Numerical result out of range' : '';
      yield* complain('fold', `invalid number of columns: ‘${text}’${why}`);
      return 1;
    }
    const folder = new Folder(Number(text), parsed.has('bytes'), parsed.has('spaces'));
    return yield* eachInput('fold', parsed.operands, function* (fd) {
      for (;;) {
        const bytes = yield* sys.read(fd, READ_SIZE);
        yield* writeOut(bytes.length === 0 ? folder.rest() : folder.take(bytes));
        if (bytes.length === 0) return;
      }
    });
  },
};

class Folder {
  readonly #width: number;
  readonly #bytes: boolean;
  readonly #spaces: boolean;
  /** Of the line that is not complete. */
  #line: number[] = [];
  #col = 0;

  constructor(width: number, bytes: boolean, spaces: boolean) {
    this.#width = width;
    this.#bytes = bytes;
    this.#spaces = spaces;
  }

  take(bytes: Uint8Array): Uint8Array {
    const out: number[] = [];
    for (const byte of bytes) {
      if (byte === NEWLINE) {
        this.#end(this.#line.length, out);
        this.#col = 0;
      } else this.#add(byte, out);
    }
    return Uint8Array.from(out);
  }

  rest(): Uint8Array {
    const rest = Uint8Array.from(this.#line);
    this.#line = [];
    this.#col = 0;
    return rest;
  }

  #add(byte: number, out: number[]): void {
    let col = this.#after(this.#col, byte);
    while (col > this.#width && this.#line.length > 0) {
      const blank = this.#spaces ? this.#line.findLastIndex((other) => other === SPACE || other === TAB) : -1;
      const end = blank < 0 ? this.#line.length : blank + 1;
      this.#end(end, out);
      this.#col = this.#line.reduce((at, other) => this.#after(at, other), 0);
      col = this.#after(this.#col, byte);
    }
    this.#line.push(byte);
    this.#col = col;
  }

  /** So much of the line is one of its own. */
  #end(end: number, out: number[]): void {
    for (let i = 0; i < end; i++) out.push(this.#line[i]!);
    out.push(NEWLINE);
    this.#line = this.#line.slice(end);
  }

  #after(col: number, byte: number): number {
    if (this.#bytes) return col + 1;
    if (byte === BACKSPACE) return Math.max(0, col - 1);
    if (byte === RETURN) return 0;
    return byte === TAB ? col + 8 - (col % 8) : col + 1;
  }
}

/** Tab stops: every so many columns, or a list and then none. */
function tabStops(parsed: Parsed): (col: number) => number | null {
  const text = parsed.value('tabs') ?? '8';
  const bad = /[^\d, ]/.exec(text);
  if (bad !== null) throw new Refusal(`tab size contains invalid character(s): ‘${text.slice(bad.index)}’`);
  const stops = text
    .split(/[, ]+/)
    .filter((part) => part !== '')
    .map(Number);
  if (stops.some((stop) => stop === 0)) throw new Refusal('tab size cannot be 0');
  if (stops.some((stop, i) => i > 0 && stop <= stops[i - 1]!)) {
    throw new Refusal('tab sizes must be ascending');
  }
  const [every = 8] = stops;
  if (stops.length < 2) return (col) => (Math.floor(col / every) + 1) * every;
  return (col) => stops.find((stop) => stop > col) ?? null;
}

function* withStops(
  name: string,
  parsed: Parsed,
  convert: (text: string, next: (col: number) => number | null) => string,
): Sys<number> {
  return yield* refusing(name, () => {
    const next = tabStops(parsed);
    const out = new PieceWriter();
    return eachLine(name, parsed.operands, out, function* ({ text, ended }) {
      yield* out.write(convert(text, next) + (ended ? '\n' : ''));
    });
  });
}

/** Columns are counted in bytes, as coreutils does. */
const bytesOf = (char: string) => bytesFromText(char).length;
const tabsOption = {
  short: 't',
  long: 'tabs',
  argument: 'LIST',
  help: 'a tab every N columns, or at these columns',
};

export const expand: CommandSpec = {
  name: 'expand',
  usage: '[OPTION]... [FILE]...',
  summary: 'Turn tabs into blanks.',
  options: [{ short: 'i', long: 'initial', help: 'only those before the text of a line' }, tabsOption],
  run: (parsed) =>
    withStops('expand', parsed, (text, next) => {
      let col = 0;
      let out = '';
      let initial = true;
      for (const char of text) {
        if (char === '\t' && (initial || !parsed.has('initial'))) {
          const stop = next(col) ?? col + 1;
          out += ' '.repeat(stop - col);
          col = stop;
          continue;
        }
        if (char !== ' ' && char !== '\t') initial = false;
        out += char;
        col = char === '\b' ? Math.max(0, col - 1) : col + bytesOf(char);
      }
      return out;
    }),
};

export const unexpand: CommandSpec = {
  name: 'unexpand',
  usage: '[OPTION]... [FILE]...',
  summary: 'Turn blanks into tabs.',
  options: [
    { short: 'a', long: 'all', help: 'all of two and more, not only those before the text' },
    { long: 'first-only', help: 'only those before the text, even with -t' },
    tabsOption,
  ],
  run: (parsed) => {
    const all = !parsed.has('first-only') && (parsed.has('all') || parsed.has('tabs'));
    return withStops('unexpand', parsed, (text, next) => {
      let out = '';
      let col = 0;
      let initial = true;
      for (let at = 0; at < text.length; ) {
        const run = /^[ \t]+/.exec(text.slice(at))?.[0] ?? '';
        if (run === '' || !(initial || all)) {
          const char = run === '' ? String.fromCodePoint(text.codePointAt(at)!) : run;
          out += char;
          col += bytesOf(char);
          at += char.length;
          initial = false;
          continue;
        }
        const [tabbed, end] = withTabs(run, col, next, initial);
        out += tabbed;
        col = end;
        at += run.length;
      }
      return out;
    });
  },
};

/** A run of blanks from column `col` with as many tabs as fit; a single blank in the text stays one. */
function withTabs(
  run: string,
  col: number,
  next: (col: number) => number | null,
  initial: boolean,
): [text: string, end: number] {
  let end = col;
  for (const char of run) end = char === '\t' ? (next(end) ?? end + 1) : end + 1;
  let out = '';
  let at = col;
  for (let stop = next(at); stop !== null && stop <= end; stop = next(at)) {
    out += stop - at === 1 && !initial && at === col && run[0] === ' ' && end === stop ? ' ' : '\t';
    at = stop;
  }
  return [out + ' '.repeat(end - at), end];
}
