/** mkdir(1), touch(1), ln(1), mknod(1), mktemp(1), truncate(1). */
import { isOsError } from '../../../base/index.ts';
import {
  O_CREAT,
  O_EXCL,
  O_WRONLY,
  S_IFBLK,
  S_IFCHR,
  S_IFIFO,
  type Stat,
  type Sys,
  sys,
  writeAll,
} from '../../../linux/index.ts';
import { changeMode } from '../modes.ts';
import { type CommandSpec, needOperand, type Parsed, UsageError } from '../options.ts';
import { attempt, complain, isDirectory, orNull } from '../support.ts';
import { parseDate } from '../system/dateText.ts';
import { destinations } from './cp.ts';

export const mkdir: CommandSpec = {
  name: 'mkdir',
  usage: '[OPTION]... DIRECTORY...',
  summary: 'Make DIRECTORYs.',
  options: [
    { short: 'm', long: 'mode', argument: 'MODE', help: 'set the mode, as in chmod' },
    { short: 'p', long: 'parents', help: 'make what is missing above; no error when it is there' },
    { short: 'v', long: 'verbose', help: 'tell what is made' },
  ],
  *run(parsed) {
    needOperand(parsed);
    const text = parsed.value('mode');
    const mode = text === null ? 0o777 : changeMode(text, 0o777, true, 0);
    if (mode === null) {
      yield* complain('mkdir', `invalid mode '${text}'`);
      return 1;
    }
    let status = 0;
    for (const path of parsed.operands) {
      const good = yield* attempt('mkdir', `cannot create directory '${path}'`, function* () {
        if (parsed.has('parents')) yield* makeParents(path);
        else yield* sys.mkdir(path, mode);
        if (text !== null) yield* sys.chmod(path, mode);
        if (parsed.has('verbose')) yield* writeAll(1, `mkdir: created directory '${path}'\n`);
      });
      if (!good) status = 1;
    }
    return status;
  },
};

function* makeParents(path: string): Sys<void> {
  const names = path.split('/');
  for (let count = 1; count <= names.length; count++) {
    const part = names.slice(0, count).join('/');
    if (part === '') continue;
    try {
      yield* sys.mkdir(part, 0o777);
    } catch (error) {
      if (!isOsError(error, 'EEXIST') || !isDirectory(yield* sys.stat(part))) throw error;
    }
  }
}

export const touch: CommandSpec = {
  name: 'touch',
  usage: '[OPTION]... FILE...',
  summary: 'Set the times of FILEs; make those that are missing.',
  options: [
    { short: 'c', long: 'no-create', help: 'make no files' },
    { short: 'r', long: 'reference', argument: 'FILE', help: 'take the times of FILE' },
    { short: 'd', long: 'date', argument: 'STRING', help: 'this time instead of now' },
  ],
  *run(parsed) {
    needOperand(parsed, 'missing file operand');
    const times = yield* timesOf(parsed);
    if (times === null) return 1;
    let status = 0;
    for (const path of parsed.operands) {
      const good = yield* attempt('touch', `cannot touch '${path}'`, function* () {
        const missing = (yield* orNull(() => sys.stat(path), 'ENOENT')) === null;
        if (missing && parsed.has('no-create')) return;
        if (missing) yield* sys.close(yield* sys.open(path, O_WRONLY | O_CREAT, 0o666));
        yield* sys.utimensat(path, times.atime, times.mtime);
      });
      if (!good) status = 1;
    }
    return status;
  },
};

interface Times {
  /** Null: now. */
  readonly atime: Stat['atime'] | null;
  readonly mtime: Stat['mtime'] | null;
}

/** What -d and -r say; a date that is relative is so to the reference's times. Null after a complaint. */
function* timesOf(parsed: Parsed): Sys<Times | null> {
  const reference = parsed.value('reference');
  let like: Times = { atime: null, mtime: null };
  if (reference !== null) {
    const good = yield* attempt('touch', `failed to get attributes of '${reference}'`, function* () {
      like = yield* sys.stat(reference);
    });
    if (!good) return null;
  }
  const date = parsed.value('date');
  if (date === null) return like;
  const now = yield* sys.clock_gettime('realtime');
  const [atime, mtime] = [like.atime, like.mtime].map((time) => parseDate(date, time ?? now));
  if (atime && mtime) return { atime, mtime };
  yield* complain('touch', `invalid date format ‘${date}’`);
  return null;
}

export const ln: CommandSpec = {
  name: 'ln',
  usage: '[OPTION]... TARGET LINK_NAME',
  summary: 'Make hard links, or symbolic ones with -s.',
  options: [
    { short: 'f', long: 'force', help: 'remove what is in the way' },
    { short: 's', long: 'symbolic', help: 'symbolic links' },
    { short: 'n', long: 'no-dereference', help: 'take a link to a directory as a file' },
  ],
  *run(parsed) {
    const operands = parsed.operands.length === 1 ? [...parsed.operands, '.'] : parsed.operands;
    const pairs = yield* destinations('ln', operands);
    if (pairs === null) return 1;
    let status = 0;
    for (const { from, to } of pairs) {
      const symbolic = parsed.has('symbolic');
      const what = symbolic
        ? `failed to create symbolic link '${to}'`
        : `failed to create hard link '${to}' => '${from}'`;
      const good = yield* attempt('ln', what, function* () {
        if (parsed.has('force')) yield* orNull(() => sys.unlink(to), 'ENOENT');
        if (symbolic) yield* sys.symlink(from, to);
        else yield* sys.link(from, to);
      });
      if (!good) status = 1;
    }
    return status;
  },
};

export const mknod: CommandSpec = {
  name: 'mknod',
  usage: '[OPTION]... NAME TYPE [MAJOR MINOR]',
  summary: 'Make a special file: TYPE b, c or p.',
  options: [{ short: 'm', long: 'mode', argument: 'MODE', help: 'set the mode (octal)' }],
  *run(parsed) {
    const [path, type, major, minor] = parsed.operands;
    if (path === undefined || type === undefined) throw new UsageError('missing operand');
    const bits = { b: S_IFBLK, c: S_IFCHR, u: S_IFCHR, p: S_IFIFO }[type];
    if (bits === undefined) throw new UsageError(`invalid device type '${type}'`);
    const mode = Number.parseInt(parsed.value('mode') ?? '666', 8);
    const good = yield* attempt('mknod', path, () =>
      sys.mknod(path, bits | mode, { major: Number(major ?? 0), minor: Number(minor ?? 0) }),
    );
    return good ? 0 : 1;
  },
};

export const mktemp: CommandSpec = {
  name: 'mktemp',
  usage: '[OPTION]... [TEMPLATE]',
  summary: 'Make a file with a name that nobody has; TEMPLATE ends in three X or more.',
  options: [{ short: 'd', long: 'directory', help: 'a directory instead' }],
  *run(parsed) {
    const template = parsed.operands[0] ?? '/tmp/tmp.XXXXXXXXXX';
    const count = /X+$/.exec(template)?.[0].length ?? 0;
    if (count < 3) {
      yield* complain('mktemp', `too few X's in template '${template}'`);
      return 1;
    }
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
    const suffix = [...(yield* sys.getrandom(count))]
      .map((byte) => alphabet[byte % alphabet.length])
      .join('');
    const path = template.slice(0, -count) + suffix;
    const good = yield* attempt('mktemp', `failed to create '${template}'`, function* () {
      if (parsed.has('directory')) yield* sys.mkdir(path, 0o700);
      else yield* sys.close(yield* sys.open(path, O_WRONLY | O_CREAT | O_EXCL, 0o600));
    });
    if (good) yield* writeAll(1, `${path}\n`);
    return good ? 0 : 1;
  },
};

export const truncate: CommandSpec = {
  name: 'truncate',
  usage: '-s SIZE FILE...',
  summary: 'Shrink or extend FILEs to SIZE bytes (K, M, G allowed).',
  options: [{ short: 's', long: 'size', argument: 'SIZE', help: 'the size' }],
  *run(parsed) {
    const match = /^(\d+)([KMG]?)$/.exec(parsed.value('size') ?? '');
    if (match === null) throw new UsageError("you must specify '--size'");
    const size =
      Number(match[1]) * { '': 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3 }[match[2] as '' | 'K' | 'M' | 'G'];
    let status = 0;
    for (const path of parsed.operands) {
      const good = yield* attempt('truncate', `cannot open '${path}' for writing`, function* () {
        const fd = yield* sys.open(path, O_WRONLY | O_CREAT, 0o666);
        yield* sys.ftruncate(fd, size);
        yield* sys.close(fd);
      });
      if (!good) status = 1;
    }
    return status;
  },
};
