/** patch(1) of GNU, for unified diffs. */
import { isOsError, strerror } from '../../../base/index.ts';
import {
  LineReader,
  O_CREAT,
  O_RDWR,
  O_TRUNC,
  O_WRONLY,
  readAll,
  readFile,
  type Sys,
  sys,
  writeAll,
} from '../../../linux/index.ts';
import { bytesFromText, textFromBytes } from '../../text.ts';
import { type CommandSpec, type Parsed, UsageError } from '../options.ts';
import { complain, orNull } from '../support.ts';
import { Applying, firstOf } from './applying.ts';
import {
  type FileName,
  type FilePatch,
  type Hunk,
  hunkText,
  PatchProblem,
  readPatch,
  reversed,
} from './unified.ts';

const TROUBLE = 2;

interface Settings {
  /** Leading parts of names to leave out; null: all but the last. */
  readonly strip: number | null;
  readonly reverse: boolean;
  readonly dryRun: boolean;
  readonly force: boolean;
  readonly forward: boolean;
  readonly backup: boolean;
  readonly silent: boolean;
}

const linesOf = (text: string) => text.match(/[^\n]*\n|[^\n]+$/g) ?? [];

/** Asks at the terminal; where there is none, the answer is empty. */
function* ask(question: string): Sys<string> {
  yield* writeAll(1, question);
  const fd = yield* orNull(() => sys.open('/dev/tty', O_RDWR));
  if (fd === null) {
    yield* writeAll(1, '\n');
    return '';
  }
  const answer = yield* new LineReader(fd).nextText();
  yield* sys.close(fd);
  return answer ?? '';
}

class FilePatcher {
  readonly #patch: FilePatch;
  readonly #settings: Settings;
  #reverse: boolean;
  #skips = false;

  constructor(patch: FilePatch, settings: Settings) {
    this.#patch = patch;
    this.#settings = settings;
    this.#reverse = settings.reverse;
  }

  /** Whether all hunks could be applied. `given`: the file named on the command line. */
  *run(given: string | null): Sys<boolean> {
    const path = given ?? (yield* this.#choose());
    const { hunks } = this.#patch;
    if (path === null) {
      yield* this.#say(`${counted(hunks.length, hunks.length)} ignored\n`);
      return false;
    }
    const stat = yield* orNull(() => sys.stat(path), 'ENOENT', 'ENOTDIR');
    const before = stat === null ? '' : textFromBytes(yield* readFile(path));
    yield* this.#say(`${this.#settings.dryRun ? 'checking' : 'patching'} file ${path}\n`);
    if (this.#patch.problem !== null) throw this.#patch.problem;
    const applying = new Applying(linesOf(before));
    const rejects: Hunk[] = [];
    let mismatch = false;
    for (const [i, written] of hunks.entries()) {
      const found = this.#skips ? null : yield* this.#find(applying, written, i === 0);
      const hunk = this.#reverse ? reversed(written) : written;
      if (found === null) {
        mismatch = true;
        rejects.push(hunk);
        if (!this.#skips) yield* this.#say(`Hunk #${i + 1} FAILED at ${firstOf(hunk) + applying.shift}.\n`);
        continue;
      }
      const shown = found.at + applying.shift;
      applying.apply(hunk, found.at);
      if (found.fuzz === 0 && applying.offset === 0) continue;
      mismatch = true;
      const fuzz = found.fuzz === 0 ? '' : ` with fuzz ${found.fuzz}`;
      const { offset } = applying;
      const distance = offset === 0 ? '' : ` (offset ${offset} line${offset === 1 ? '' : 's'})`;
      yield* this.#say(`Hunk #${i + 1} succeeded at ${shown}${fuzz}${distance}.\n`);
    }
    if (rejects.length > 0) yield* this.#reject(path, rejects);
    if (!this.#settings.dryRun && !this.#skips)
      yield* this.#write(path, stat?.mode ?? null, before, applying.result, mismatch);
    return rejects.length === 0;
  }

  #say(text: string): Sys<void> {
    return writeAll(1, this.#settings.silent && !text.includes('FAILED') ? '' : text);
  }

  /** The first hunk tells whether the patch has been applied before. */
  *#find(applying: Applying, written: Hunk, first: boolean): Sys<{ at: number; fuzz: number } | null> {
    const found = applying.search(this.#reverse ? reversed(written) : written);
    const { force, reverse } = this.#settings;
    if (found !== null || !first || force || reverse) return found;
    const backwards = applying.search(reversed(written));
    if (backwards === null) return null;
    const detected = 'Reversed (or previously applied) patch detected!';
    if (this.#settings.forward) yield* this.#say(`${detected}  Skipping patch.\n`);
    else {
      if ((yield* ask(`${detected}  Assume -R? [n] `)).startsWith('y')) {
        this.#reverse = true;
        return backwards;
      }
      if ((yield* ask('Apply anyway? [n] ')).startsWith('y')) return null;
      yield* this.#say('Skipping patch.\n');
    }
    this.#skips = true;
    return null;
  }

  *#reject(path: string, rejects: readonly Hunk[]): Sys<void> {
    const { hunks, header } = this.#patch;
    const what = `${counted(rejects.length, hunks.length)} ${this.#skips ? 'ignored' : 'FAILED'}`;
    const saved = this.#settings.dryRun ? '' : ` -- saving rejects to file ${path}.rej`;
    yield* writeAll(1, `${what}${saved}\n`);
    if (this.#settings.dryRun) return;
    yield* replaceFile(`${path}.rej`, header + rejects.map(hunkText).join(''), null);
  }

  *#write(path: string, mode: number | null, before: string, after: string, mismatch: boolean): Sys<void> {
    if ((this.#settings.backup || mismatch) && mode !== null)
      yield* replaceFile(`${path}.orig`, before, mode);
    const target = this.#reverse ? this.#patch.old : this.#patch.new;
    if (target.missing && after === '') {
      yield* sys.unlink(path);
      yield* removeEmpty(path);
      return;
    }
    if (mode === null) yield* makeDirectories(path);
    yield* replaceFile(path, after, mode);
  }

  /** The file that the patch is for; null when none is known, after asking. */
  *#choose(): Sys<string | null> {
    const { old, new: made } = this.#patch;
    const names = [old, made].filter(({ path }) => path !== '/dev/null').map((name) => this.#stripped(name));
    const existing: string[] = [];
    for (const name of names)
      if (name !== '' && (yield* orNull(() => sys.stat(name))) !== null) existing.push(name);
    const [best] = existing.sort((a, b) => rank(a, b));
    if (best !== undefined) return best;
    const source = this.#reverse ? made : old;
    const target = this.#reverse ? old : made;
    const [first] = this.#patch.hunks;
    const creates = source.missing || (this.#reverse ? first!.newStart : first!.oldStart) === 0;
    if (creates && this.#stripped(target) !== '') return this.#stripped(target);
    yield* writeAll(
      1,
      `can't find file to patch at input line ${this.#patch.line}\n` +
        (this.#settings.strip === null
          ? 'Perhaps you should have used the -p or --strip option?\n'
          : 'Perhaps you used the wrong -p or --strip option?\n') +
        `The text leading up to this was:\n--------------------------\n` +
        `${this.#patch.lead.map((line) => `|${line}`).join('')}--------------------------\n`,
    );
    if (this.#settings.force) {
      yield* writeAll(1, 'No file to patch.  Skipping patch.\n');
      return null;
    }
    for (;;) {
      const answer = yield* ask('File to patch: ');
      if (answer !== '' && (yield* orNull(() => sys.stat(answer))) !== null) return answer;
      if (answer !== '') yield* writeAll(1, `Cannot find file ${answer}\n`);
      if (!(yield* ask('Skip this patch? [y] ')).startsWith('n')) break;
    }
    yield* writeAll(1, 'Skipping patch.\n');
    return null;
  }

  /** Empty when fewer parts than are to be left out. */
  #stripped({ path }: FileName): string {
    const { strip } = this.#settings;
    const parts = path.split(/\/+/);
    if (strip === null) return parts.at(-1)!;
    return parts.length > strip ? parts.slice(strip).join('/') : '';
  }
}

/** Fewer parts first, then shorter last parts, then shorter names. */
function rank(a: string, b: string): number {
  const last = (name: string) => name.slice(name.lastIndexOf('/') + 1).length;
  return a.split('/').length - b.split('/').length || last(a) - last(b) || a.length - b.length;
}

function counted(some: number, all: number): string {
  return `${some} out of ${all} hunk${all === 1 ? '' : 's'}`;
}

/** Puts a new file in the place of an old one, so that other names of the old keep what it was. */
function* replaceFile(path: string, text: string, mode: number | null): Sys<void> {
  const temporary = `${path}.${yield* sys.getpid()}`;
  const fd = yield* sys.open(temporary, O_WRONLY | O_CREAT | O_TRUNC, 0o666);
  yield* writeAll(fd, bytesFromText(text));
  yield* sys.close(fd);
  if (mode !== null) yield* sys.chmod(temporary, mode & 0o7777);
  yield* sys.rename(temporary, path);
}

function* makeDirectories(path: string): Sys<void> {
  for (let at = path.indexOf('/', 1); at > 0; at = path.indexOf('/', at + 1))
    yield* orNull(() => sys.mkdir(path.slice(0, at), 0o777), 'EEXIST');
}

/** Directories that nothing is left in. */
function* removeEmpty(path: string): Sys<void> {
  for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1))
    if ((yield* orNull(() => sys.rmdir(path.slice(0, at)))) === null) return;
}

function settingsOf(parsed: Parsed): Settings {
  const strip = parsed.value('strip');
  if (strip !== null && !/^\d+$/.test(strip)) throw new PatchProblem(`strip count ${strip} is not a number`);
  return {
    strip: strip === null ? null : Number(strip),
    reverse: parsed.has('reverse'),
    dryRun: parsed.has('dry-run'),
    force: parsed.has('force'),
    forward: parsed.has('forward'),
    backup: parsed.has('backup'),
    silent: parsed.has('silent'),
  };
}

function* run(parsed: Parsed): Sys<number> {
  const [file, second, extra] = parsed.operands;
  if (extra !== undefined) throw new UsageError(`${extra}: extra operand`);
  try {
    const settings = settingsOf(parsed);
    const directory = parsed.value('directory');
    const source = parsed.value('input') ?? second ?? '-';
    const fd = source === '-' ? 0 : yield* opened(source);
    const text = textFromBytes(yield* readAll(fd));
    if (directory !== null) yield* sys.chdir(directory);
    let good = true;
    for (const patch of readPatch(text)) {
      if (!(yield* new FilePatcher(patch, settings).run(file ?? null))) good = false;
    }
    return good ? 0 : 1;
  } catch (error) {
    if (!(error instanceof PatchProblem) && !isOsError(error)) throw error;
    const message = isOsError(error) ? strerror(error.code) : error.message;
    yield* complain('patch', `**** ${message}`);
    return TROUBLE;
  }
}

function* opened(path: string): Sys<number> {
  try {
    return yield* sys.open(path, 0);
  } catch (error) {
    if (!isOsError(error)) throw error;
    throw new PatchProblem(`Can't open patch file ${path} : ${strerror(error.code)}`);
  }
}

export const patch: CommandSpec = {
  name: 'patch',
  usage: '[OPTION]... [FILE [PATCHFILE]]',
  summary: 'Apply a unified diff to files.',
  options: [
    { short: 'b', long: 'backup', help: 'keep the originals under NAME.orig' },
    { short: 'd', long: 'directory', argument: 'DIR', help: 'change to DIR first' },
    { long: 'dry-run', help: 'change nothing; tell what would happen' },
    { short: 'f', long: 'force', help: 'ask nothing' },
    {
      short: 'i',
      long: 'input',
      argument: 'PATCHFILE',
      help: 'read the diff from PATCHFILE, not standard input',
    },
    { short: 'N', long: 'forward', help: 'skip what seems to be applied already' },
    { short: 'p', long: 'strip', argument: 'NUM', help: 'leave out NUM leading parts of file names' },
    { short: 'R', long: 'reverse', help: 'undo the diff' },
    { short: 's', long: 'silent', help: 'say nothing but errors' },
    { short: 'u', long: 'unified', help: 'the diff is a unified one, as always here' },
  ],
  usageStatus: TROUBLE,
  run,
};
