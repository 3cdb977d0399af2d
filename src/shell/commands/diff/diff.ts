/** diff(1). */
import { equalBytes, isOsError, strerror } from '../../../base/index.ts';
import { fileTypeOf, readAll, readFile, type Stat, type Sys, sys, writeAll } from '../../../linux/index.ts';
import { bytesFromText, textFromBytes } from '../../text.ts';
import { type CommandSpec, type Parsed, UsageError } from '../options.ts';
import { baseName, calendar, complain, isDirectory, joinPath, namesIn, orNull, pad } from '../support.ts';
import { type Change, changesOf } from './changes.ts';
import { normal, type TextFile, unified } from './formats.ts';

interface DiffSettings {
  readonly brief: boolean;
  readonly identical: boolean;
  readonly recursive: boolean;
  readonly newFiles: boolean;
  /** Lines of context; null: normal output. */
  readonly context: number | null;
  readonly labels: readonly string[];
  readonly text: boolean;
  readonly ignoreBlank: boolean;
  /** What of a line counts. */
  readonly key: (line: string) => string;
  /** The options as they were given, for the line above a file of a tree. */
  readonly given: readonly string[];
}

/** A file to compare; null contents stand for one that is not there. */
interface Side {
  readonly path: string;
  readonly stat: Stat | null;
}

class DiffEnd extends Error {}

const SAME = 0;
const DIFFERENT = 1;
const TROUBLE = 2;

function settingsOf(parsed: Parsed, argv: readonly string[]): DiffSettings {
  const number = parsed.value('unified') || '3';
  if (!/^\d+$/.test(number)) throw new UsageError(`invalid context length '${number}'`);
  const [all, amount, letters] = ['ignore-all-space', 'ignore-space-change', 'ignore-case'].map((key) =>
    parsed.has(key),
  );
  return {
    brief: parsed.has('brief'),
    identical: parsed.has('report-identical-files'),
    recursive: parsed.has('recursive'),
    newFiles: parsed.has('new-file'),
    context: parsed.has('unified') || parsed.has('u') ? Number(number) : null,
    labels: parsed.values('label'),
    text: parsed.has('text'),
    ignoreBlank: parsed.has('ignore-blank-lines'),
    key(line) {
      let out = line;
      if (all) out = out.replace(/[ \t\v\f\r]+/g, '');
      else if (amount) out = out.replace(/[ \t\v\f\r]+$/, '').replace(/[ \t\v\f\r]+/g, ' ');
      return letters ? out.toLowerCase() : out;
    },
    given: argv.filter((arg) => arg.startsWith('-') && arg !== '-'),
  };
}

function textOf(bytes: Uint8Array): TextFile {
  const lines = textFromBytes(bytes).split('\n');
  const unended = lines.at(-1) !== '';
  if (!unended) lines.pop();
  return { lines, unended };
}

function* sideOf(path: string, missing: boolean): Sys<Side> {
  if (path === '-') return { path, stat: yield* sys.fstat(0) };
  try {
    return { path, stat: yield* sys.stat(path) };
  } catch (error) {
    if (!isOsError(error)) throw error;
    if (missing && error.code === 'ENOENT') return { path, stat: null };
    throw new DiffEnd(`${path}: ${strerror(error.code)}`);
  }
}

function* contentsOf({ path, stat }: Side): Sys<Uint8Array> {
  if (stat === null) return new Uint8Array(0);
  try {
    return path === '-' ? yield* readAll(0) : yield* readFile(path);
  } catch (error) {
    if (!isOsError(error)) throw error;
    throw new DiffEnd(`${path}: ${strerror(error.code)}`);
  }
}

class Comparison {
  readonly #settings: DiffSettings;

  constructor(settings: DiffSettings) {
    this.#settings = settings;
  }

  /** `inside`: found in a tree, and so introduced by a line of its own. */
  *compare(a: Side, b: Side, inside: boolean): Sys<number> {
    const [dirA, dirB] = [a, b].map(({ stat }) => stat !== null && isDirectory(stat));
    if (dirA && dirB) {
      if (a.stat?.dev === b.stat?.dev && a.stat?.ino === b.stat?.ino) return SAME;
      if (!inside || this.#settings.recursive) return yield* this.#directories(a.path, b.path);
      yield* writeAll(1, `Common subdirectories: ${a.path} and ${b.path}\n`);
      return SAME;
    }
    if (a.stat === null && dirB) return yield* this.#directories(a.path, b.path);
    if (b.stat === null && dirA) return yield* this.#directories(a.path, b.path);
    if (dirA || dirB) {
      yield* writeAll(1, `File ${a.path} is a ${kindOf(a)} while file ${b.path} is a ${kindOf(b)}\n`);
      return DIFFERENT;
    }
    return yield* this.#files(a, b, inside);
  }

  *#directories(a: string, b: string): Sys<number> {
    const namesA = (yield* orNull(() => namesIn(a), 'ENOENT')) ?? [];
    const namesB = (yield* orNull(() => namesIn(b), 'ENOENT')) ?? [];
    let status = SAME;
    for (const name of [...new Set([...namesA, ...namesB])].sort()) {
      const only = !namesA.includes(name) ? b : !namesB.includes(name) ? a : null;
      if (only !== null && !this.#settings.newFiles) {
        yield* writeAll(1, `Only in ${only}: ${name}\n`);
        status = Math.max(status, DIFFERENT);
        continue;
      }
      const left = yield* sideOf(joinPath(a, name), true);
      const right = yield* sideOf(joinPath(b, name), true);
      status = Math.max(status, yield* this.compare(left, right, true));
    }
    return status;
  }

  *#files(a: Side, b: Side, inside: boolean): Sys<number> {
    const { brief, identical, key, ignoreBlank } = this.#settings;
    const [bytesA, bytesB] = [yield* contentsOf(a), yield* contentsOf(b)];
    let changes: Change[] = [];
    const same = equalBytes(bytesA, bytesB);
    const binary =
      !this.#settings.text && [bytesA, bytesB].some((bytes) => bytes.subarray(0, 32_768).includes(0));
    if (!same && binary) {
      yield* writeAll(1, `${brief ? 'Files' : 'Binary files'} ${a.path} and ${b.path} differ\n`);
      return DIFFERENT;
    }
    const [textA, textB] = [textOf(bytesA), textOf(bytesB)];
    if (!same) {
      // A last line without a newline is another line than one with it, unless space does not count.
      const keysOf = ({ lines, unended }: TextFile) =>
        lines.map((line, at) => key(unended && at === lines.length - 1 ? `${line}\0` : line));
      const spaceless = key('x ') === 'x';
      const [keysA, keysB] = spaceless
        ? [textA.lines.map(key), textB.lines.map(key)]
        : [keysOf(textA), keysOf(textB)];
      changes = changesOf(keysA, keysB);
      // About a microsecond for a line.
      yield* sys.compute((keysA.length + keysB.length) * 1000);
      const blank = (file: TextFile, from: number, end: number) =>
        file.lines.slice(from, end).every((line) => line === '');
      if (ignoreBlank)
        changes = changes.filter(
          ({ from, fromEnd, to, toEnd }) => !blank(textA, from, fromEnd) || !blank(textB, to, toEnd),
        );
    }
    if (changes.length === 0) {
      if (identical) yield* writeAll(1, `Files ${a.path} and ${b.path} are identical\n`);
      return SAME;
    }
    if (brief) yield* writeAll(1, `Files ${a.path} and ${b.path} differ\n`);
    else yield* this.#show(a, b, textA, textB, changes, inside);
    return DIFFERENT;
  }

  *#show(a: Side, b: Side, textA: TextFile, textB: TextFile, changes: Change[], inside: boolean): Sys<void> {
    const { context, given } = this.#settings;
    let out = inside ? `${['diff', ...given, a.path, b.path].join(' ')}\n` : '';
    if (context === null) out += normal(textA, textB, changes);
    else {
      const [labelA, labelB] = this.#settings.labels;
      out += `--- ${labelA ?? (yield* titleOf(a))}\n+++ ${labelB ?? (yield* titleOf(b))}\n`;
      out += unified(textA, textB, changes, context);
    }
    yield* writeAll(1, bytesFromText(out));
  }
}

function* titleOf({ path, stat }: Side): Sys<string> {
  const now = yield* sys.clock_gettime('realtime');
  const time =
    stat === null ? { sec: 0, nsec: 0 } : path === '-' && fileTypeOf(stat.mode) !== 'file' ? now : stat.mtime;
  const { year, month, day, hour, minute, second } = calendar(time.sec);
  const date = `${year}-${pad(month)}-${pad(day)} ${pad(hour)}:${pad(minute)}:${pad(second)}`;
  return `${path}\t${date}.${pad(time.nsec, 9)} +0000`;
}

function kindOf({ stat }: Side): string {
  const type = stat === null ? 'file' : fileTypeOf(stat.mode);
  if (type === 'dir') return 'directory';
  if (type === 'fifo') return 'fifo';
  if (type === 'chr') return 'character special file';
  if (type === 'blk') return 'block special file';
  return stat?.size === 0 ? 'regular empty file' : 'regular file';
}

export const diff: CommandSpec = {
  name: 'diff',
  usage: '[OPTION]... FILES',
  summary: 'Show how two files, or two directories, differ line by line.',
  usageStatus: TROUBLE,
  options: [
    { short: 'u', help: 'unified output with 3 lines of context' },
    { short: 'U', long: 'unified', argument: 'NUM', help: 'unified output with NUM lines of context' },
    { long: 'label', argument: 'LABEL', help: 'LABEL instead of a name and time; once for each file' },
    { short: 'q', long: 'brief', help: 'only say that files differ' },
    { short: 's', long: 'report-identical-files', help: 'say that files are the same' },
    { short: 'r', long: 'recursive', help: 'compare what is in subdirectories' },
    { short: 'N', long: 'new-file', help: 'files that are missing count as empty' },
    { short: 'i', long: 'ignore-case', help: 'upper and lower case are the same' },
    { short: 'b', long: 'ignore-space-change', help: 'any amount of white space is the same' },
    { short: 'w', long: 'ignore-all-space', help: 'white space does not count' },
    { short: 'B', long: 'ignore-blank-lines', help: 'blank lines do not count' },
    { short: 'a', long: 'text', help: 'all files are text' },
  ],
  *run(parsed, { argv }) {
    const settings = settingsOf(parsed, argv.slice(1));
    const [first, second, extra] = parsed.operands;
    if (first === undefined || second === undefined)
      throw new UsageError(`missing operand after '${first ?? 'diff'}'`);
    if (extra !== undefined) throw new UsageError(`extra operand '${extra}'`);
    if (first === '-' && second === '-') return SAME;
    try {
      let a = yield* sideOf(first, settings.newFiles);
      let b = yield* sideOf(second, settings.newFiles);
      // A file and a directory: the file of that name in the directory.
      if (a.stat !== null && b.stat !== null && isDirectory(a.stat) !== isDirectory(b.stat)) {
        if (isDirectory(a.stat)) a = yield* sideOf(joinPath(first, baseName(second)), settings.newFiles);
        else b = yield* sideOf(joinPath(second, baseName(first)), settings.newFiles);
      }
      return yield* new Comparison(settings).compare(a, b, false);
    } catch (error) {
      if (!(error instanceof DiffEnd)) throw error;
      yield* complain('diff', error.message);
      return TROUBLE;
    }
  },
};
