/** head(1), wc(1), tee(1), rev(1), nl(1). */
import {
  LineReader,
  O_APPEND,
  O_CREAT,
  O_TRUNC,
  O_WRONLY,
  READ_SIZE,
  type Sys,
  sys,
  writeAll,
} from '../../../linux/index.ts';
import { type CommandSpec, writeOut } from '../options.ts';
import { attempt, eachInput, endsWording, isDirectory, linesOf, orNull, textOf } from '../support.ts';
import { count, countOptions, header, oldCount } from './ends.ts';

export const head: CommandSpec = {
  name: 'head',
  rewrite: oldCount,
  usage: '[OPTION]... [FILE]...',
  summary: 'Print the first 10 lines of each FILE.',
  options: countOptions,
  *run(parsed) {
    const bytes = parsed.value('bytes');
    const limit = bytes === null ? count(parsed.value('lines') ?? '10', 'lines') : count(bytes, 'bytes');
    let first = true;
    return yield* eachInput(
      'head',
      parsed.operands,
      function* (fd, file) {
        if (!parsed.has('quiet')) yield* header(parsed.operands.length, file, first);
        first = false;
        if (bytes !== null) {
          let left = limit;
          while (left > 0) {
            const part = yield* sys.read(fd, Math.min(left, READ_SIZE));
            if (part.length === 0) return;
            yield* writeOut(part);
            left -= part.length;
          }
          return;
        }
        const reader = new LineReader(fd);
        for (let n = 0; n < limit; n++) {
          const line = yield* reader.next();
          if (line === null) return;
          yield* writeOut(line);
        }
      },
      endsWording,
    );
  },
};

/** Room for the sizes of all files together, whatever is counted; 7 where one has no size of its own, as a pipe. */
function* numberWidth(files: readonly string[]): Sys<number> {
  let total = 0;
  let least = 1;
  for (const file of files) {
    const stat = yield* orNull(() => (file === '-' ? sys.fstat(0) : sys.stat(file)));
    if (stat === null) continue;
    if (stat.mode >> 12 === 0o10) total += stat.size;
    else least = 7;
  }
  return Math.max(least, String(total).length);
}

type Counts = Record<'lines' | 'words' | 'chars' | 'bytes', number>;

const NEWLINE = 10;
const isBlank = (byte: number) => byte === 32 || (byte >= 9 && byte <= 13);
/** Of UTF-8: the first byte of a character. */
const begins = (byte: number) => (byte & 0xc0) !== 0x80;

function* countsOf(fd: number): Sys<Counts> {
  let [lines, words, chars, size] = [0, 0, 0, 0];
  let inWord = false;
  for (;;) {
    const bytes = yield* sys.read(fd, READ_SIZE);
    if (bytes.length === 0) return { lines, words, chars, bytes: size };
    size += bytes.length;
    for (const byte of bytes) {
      const blank = isBlank(byte);
      if (!blank && !inWord) words++;
      inWord = !blank;
      if (byte === NEWLINE) lines++;
      if (begins(byte)) chars++;
    }
  }
}

export const wc: CommandSpec = {
  name: 'wc',
  usage: '[OPTION]... [FILE]...',
  summary: 'Count lines, words and bytes of each FILE.',
  options: [
    { short: 'c', long: 'bytes', help: 'bytes' },
    { short: 'm', long: 'chars', help: 'characters' },
    { short: 'l', long: 'lines', help: 'lines' },
    { short: 'w', long: 'words', help: 'words' },
  ],
  *run(parsed) {
    const keys = (['lines', 'words', 'chars', 'bytes'] as const).filter((key) => parsed.has(key));
    const wanted = keys.length === 0 ? (['lines', 'words', 'bytes'] as const) : keys;
    const rows: { counts: number[]; file: string }[] = [];
    const files = parsed.operands.length === 0 ? ['-'] : parsed.operands;
    const count = function* (fd: number, file: string): Sys<void> {
      const counts = yield* countsOf(fd);
      rows.push({ counts: wanted.map((key) => counts[key]), file });
    };
    let status = 0;
    for (const file of files) {
      if ((yield* eachInput('wc', [file], count)) === 0) continue;
      status = 1;
      // A directory can be opened but not read: nothing is counted in it.
      const stat = yield* orNull(() => sys.stat(file));
      if (stat !== null && isDirectory(stat)) rows.push({ counts: wanted.map(() => 0), file });
    }
    if (files.length > 1) {
      rows.push({
        counts: wanted.map((_, i) => rows.reduce((sum, row) => sum + row.counts[i]!, 0)),
        file: 'total',
      });
    }
    const width = wanted.length === 1 && files.length === 1 ? 1 : yield* numberWidth(files);
    for (const { counts, file } of rows) {
      const name = parsed.operands.length === 0 ? '' : ` ${file}`;
      yield* writeAll(1, `${counts.map((value) => String(value).padStart(width)).join(' ')}${name}\n`);
    }
    return status;
  },
};

export const tee: CommandSpec = {
  name: 'tee',
  usage: '[OPTION]... [FILE]...',
  summary: 'Copy standard input to each FILE and to standard output.',
  options: [{ short: 'a', long: 'append', help: 'add to the FILEs' }],
  *run(parsed) {
    const outputs = [1];
    let status = 0;
    for (const file of parsed.operands) {
      const flags = O_WRONLY | O_CREAT | (parsed.has('append') ? O_APPEND : O_TRUNC);
      const good = yield* attempt('tee', file, function* () {
        outputs.push(yield* sys.open(file, flags, 0o666));
      });
      if (!good) status = 1;
    }
    for (;;) {
      const bytes = yield* sys.read(0, READ_SIZE);
      if (bytes.length === 0) return status;
      for (const fd of outputs) yield* writeAll(fd, bytes);
    }
  },
};

/** A command that maps each line by itself. */
function perLine(name: string, summary: string, map: (line: string) => string): CommandSpec {
  return {
    name,
    usage: '[FILE]...',
    summary,
    options: [],
    run: (parsed) =>
      eachInput(name, parsed.operands, function* (fd) {
        const lines = linesOf(yield* textOf(fd));
        yield* writeAll(1, lines.map((line) => `${map(line)}\n`).join(''));
      }),
  };
}

export const rev = perLine('rev', 'Print lines with their characters reversed.', (line) =>
  [...line].reverse().join(''),
);
