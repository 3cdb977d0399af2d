/** setcap(8) and getcap(8) of libcap: capabilities of executable files. */
import { isOsError, strerror } from '../../../base/index.ts';
import {
  CAPABILITY_XATTR,
  readFileCapabilities,
  type Sys,
  sys,
  writeAll,
  writeFileCapabilities,
} from '../../../linux/index.ts';
import { type CommandSpec, UsageError } from '../options.ts';
import { isDirectory, isRegular, joinPath, namesIn, orNull } from '../support.ts';
import { formatSets, parseSets, type ThreeSets } from './capText.ts';
import { raise } from './own.ts';

/** As a file has them: one effective bit for all. Null for a file without. */
function* capsOf(path: string): Sys<ThreeSets | null> {
  const bytes = yield* orNull(() => sys.getxattr(path, CAPABILITY_XATTR), 'ENODATA', 'EOPNOTSUPP');
  const stored = bytes === null ? null : readFileCapabilities(bytes);
  if (stored === null) return null;
  const { permitted, inheritable, effective } = stored;
  return { permitted, inheritable, effective: effective ? permitted | inheritable : 0n };
}

/** Sets or removes them; null removes. Throws OsError. */
function* store(path: string, sets: ThreeSets | null): Sys<void> {
  if (sets === null) return yield* sys.removexattr(path, CAPABILITY_XATTR);
  const { permitted, inheritable, effective } = sets;
  yield* sys.setxattr(
    path,
    CAPABILITY_XATTR,
    writeFileCapabilities({ permitted, inheritable, effective: effective !== 0n }),
  );
}

function* change(text: string, path: string): Sys<string | null> {
  const sets = text === '-r' ? null : parseSets(text);
  if (text !== '-r' && sets === null) return 'fatal error: Invalid argument';
  try {
    yield* store(path, sets);
    return null;
  } catch (error) {
    if (!isOsError(error)) throw error;
    if (error.code === 'ENODATA') return `File '${path}' has no capablity to remove`;
    const done = sets === null ? 'remove' : 'set';
    return `Failed to ${done} capabilities on file '${path}': ${strerror(error.code)}`;
  }
}

function* verify(text: string, path: string): Sys<boolean> {
  const wanted = parseSets(text === '-r' ? '=' : text);
  const found = (yield* capsOf(path)) ?? parseSets('=')!;
  if (wanted === null) throw new UsageError(`cannot read '${text}'`);
  const differ = (['permitted', 'inheritable', 'effective'] as const).filter(
    (set) => wanted[set] !== found[set],
  );
  const marks = differ.map((set) => set[0]).join('');
  yield* writeAll(1, marks === '' ? `${path}: OK\n` : `${path} differs in [${marks}]\n`);
  return marks === '';
}

export const setcap: CommandSpec = {
  name: 'setcap',
  usage: '[-q] [-v] (-r|CAPS) FILE [(-r|CAPS) FILE]...',
  summary: 'Set file capabilities.',
  options: [
    { short: 'q', help: 'quietly' },
    { short: 'v', help: 'validate supplied capability matches file' },
    { short: 'r', help: 'remove capability from file' },
  ],
  // `-r` stands in the place of a text.
  rewrite: (argv) => {
    const at = argv.findIndex((word, i) => i > 0 && (word === '-r' || !word.startsWith('-')));
    return at < 0 ? argv : [...argv.slice(0, at), '--', ...argv.slice(at)];
  },
  *run(parsed) {
    const words = parsed.operands;
    if (words.length === 0 || words.length % 2 !== 0) throw new UsageError('bad usage');
    let status = 0;
    for (let at = 0; at < words.length; at += 2) {
      const [text = '', path = ''] = words.slice(at, at + 2);
      if (parsed.has('v')) {
        if (!(yield* verify(text, path))) status = 1;
        continue;
      }
      if ((yield* orNull(() => raise('CAP_SETFCAP'), 'EPERM')) === null) {
        yield* writeAll(2, 'unable to set CAP_SETFCAP effective capability: Operation not permitted\n');
        return 1;
      }
      const failure = yield* change(text, path);
      if (failure === null) continue;
      yield* writeAll(2, `${failure}\n`);
      return 1;
    }
    return status;
  },
};

function* show(path: string, verbose: boolean, recursive: boolean): Sys<void> {
  const stat = yield* orNull(() => sys.lstat(path), 'ENOENT');
  if (stat === null) {
    yield* writeAll(2, `${path} (No such file or directory)\n`);
    return;
  }
  if (isDirectory(stat)) {
    if (recursive) for (const name of yield* namesIn(path)) yield* show(joinPath(path, name), verbose, true);
    return;
  }
  const sets = isRegular(stat) ? yield* capsOf(path) : null;
  if (sets !== null) yield* writeAll(1, `${path} ${formatSets(sets)}\n`);
  else if (verbose) yield* writeAll(1, `${path}\n`);
}

export const getcap: CommandSpec = {
  name: 'getcap',
  usage: '[-v] [-r] FILE...',
  summary: 'Display the capabilities on files.',
  options: [
    { short: 'v', help: 'show files without capabilities, too' },
    { short: 'r', help: 'all that is below a directory' },
  ],
  *run(parsed) {
    if (parsed.operands.length === 0) throw new UsageError('bad usage');
    for (const path of parsed.operands) yield* show(path, parsed.has('v'), parsed.has('r'));
    return 0;
  },
};
