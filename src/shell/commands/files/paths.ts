/** basename(1), dirname(1), readlink(1), realpath(1), which(1). */
import { type Sys, sys, writeAll, X_OK } from '../../../linux/index.ts';
import { type CommandSpec, UsageError } from '../options.ts';
import { baseName, complain, isDirectory, isSymlink, joinPath, orNull } from '../support.ts';

export const basename: CommandSpec = {
  name: 'basename',
  usage: 'NAME [SUFFIX]',
  summary: 'Print NAME without its directories, and without SUFFIX.',
  options: [],
  *run(parsed) {
    const [path, suffix = ''] = parsed.operands;
    if (path === undefined) throw new UsageError('missing operand');
    const name = baseName(path);
    const cut = suffix !== '' && name !== suffix && name.endsWith(suffix);
    yield* writeAll(1, `${cut ? name.slice(0, -suffix.length) : name}\n`);
    return 0;
  },
};

export function directoryName(path: string): string {
  const trimmed = path.replace(/\/+$/, '');
  if (trimmed === '') return path.startsWith('/') ? '/' : '.';
  const at = trimmed.lastIndexOf('/');
  return at < 0 ? '.' : trimmed.slice(0, at).replace(/\/+$/, '') || '/';
}

export const dirname: CommandSpec = {
  name: 'dirname',
  usage: 'NAME...',
  summary: 'Print NAME without its last component.',
  options: [],
  *run(parsed) {
    if (parsed.operands.length === 0) throw new UsageError('missing operand');
    yield* writeAll(1, parsed.operands.map((path) => `${directoryName(path)}\n`).join(''));
    return 0;
  },
};

/** The absolute path without links; the last component may be missing. Null for a loop or a missing directory. */
export function* canonical(path: string): Sys<string | null> {
  const rest = path.split('/').filter((name) => name !== '');
  let at = path.startsWith('/') ? '' : yield* sys.getcwd();
  for (let links = 0; rest.length > 0; ) {
    const name = rest.shift()!;
    if (name === '.') continue;
    if (name === '..') {
      at = at.slice(0, Math.max(0, at.lastIndexOf('/')));
      continue;
    }
    const next = joinPath(at === '' ? '/' : at, name);
    const stat = yield* orNull(() => sys.lstat(next));
    if (stat === null && rest.length > 0) return null;
    if (stat !== null && isSymlink(stat)) {
      if (++links > 40) return null;
      const target = yield* sys.readlink(next);
      rest.unshift(...target.split('/').filter((part) => part !== ''));
      if (target.startsWith('/')) at = '';
    } else at = next;
  }
  return at === '' ? '/' : at;
}

export const readlink: CommandSpec = {
  name: 'readlink',
  usage: '[OPTION]... FILE...',
  summary: 'Print where a symbolic link leads.',
  options: [
    { short: 'f', long: 'canonicalize', help: 'follow every link of the path' },
    { short: 'n', long: 'no-newline', help: 'no newline at the end' },
  ],
  *run(parsed) {
    if (parsed.operands.length === 0) throw new UsageError('missing operand');
    let status = 0;
    for (const path of parsed.operands) {
      const found = parsed.has('canonicalize')
        ? yield* canonical(path)
        : yield* orNull(() => sys.readlink(path));
      if (found === null) status = 1;
      else yield* writeAll(1, `${found}${parsed.has('no-newline') ? '' : '\n'}`);
    }
    return status;
  },
};

export const realpath: CommandSpec = {
  name: 'realpath',
  usage: 'FILE...',
  summary: 'Print the absolute path of FILE without links.',
  options: [],
  *run(parsed) {
    if (parsed.operands.length === 0) throw new UsageError('missing operand');
    let status = 0;
    for (const path of parsed.operands) {
      const found = yield* canonical(path);
      if (found === null) {
        yield* complain('realpath', `${path}: No such file or directory`);
        status = 1;
      } else yield* writeAll(1, `${found}\n`);
    }
    return status;
  },
};

export const which: CommandSpec = {
  name: 'which',
  usage: '[-a] NAME...',
  summary: 'Print the path of the program that NAME runs.',
  options: [{ short: 'a', help: 'all of them' }],
  *run(parsed, { env }) {
    let status = 0;
    for (const name of parsed.operands) {
      let found = 0;
      for (const folder of (env.get('PATH') ?? '').split(':')) {
        const path = name.includes('/') ? name : `${folder}/${name}`;
        const stat = yield* orNull(() => sys.stat(path));
        if (stat === null || isDirectory(stat) || (yield* orNull(() => sys.access(path, X_OK))) === null)
          continue;
        yield* writeAll(1, `${path}\n`);
        found++;
        if (!parsed.has('a')) break;
      }
      if (found === 0) status = 1;
    }
    return status;
  },
};
