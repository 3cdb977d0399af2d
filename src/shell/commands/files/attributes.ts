/** chmod(1), chown(1), stat(1), getfattr(1), setfattr(1). */

import { decodeUtf8, encodeUtf8, isOsError } from '../../../base/index.ts';
import { deviceOf, fileTypeOf, type Stat, type Sys, sys, writeAll } from '../../../linux/index.ts';
import { compileRegex } from '../../regex/index.ts';
import { changeMode, modeString } from '../modes.ts';
import { type CommandSpec, type Parsed, UsageError } from '../options.ts';
import {
  accounts,
  attempt,
  calendar,
  complain,
  groups,
  isDirectory,
  joinPath,
  namesIn,
  pad,
} from '../support.ts';

/** `path` and, when asked, all below it, outer ones first. */
function* tree(path: string, recursive: boolean): Sys<string[]> {
  const stat = yield* sys.lstat(path);
  if (!recursive || !isDirectory(stat)) return [path];
  const paths = [path];
  for (const name of yield* namesIn(path))
    for (const below of yield* tree(joinPath(path, name), true)) paths.push(below);
  return paths;
}

/** A link to what is not there. */
function* isDangling(path: string): Sys<boolean> {
  try {
    yield* sys.stat(path);
    return false;
  } catch (error) {
    if (!isOsError(error)) throw error;
    return error.code === 'ENOENT';
  }
}

const recursive = { short: 'R', long: 'recursive', help: 'what is below directories too' };

export const chmod: CommandSpec = {
  name: 'chmod',
  usage: '[OPTION]... MODE FILE...',
  summary: 'Change the mode of FILEs: octal, or symbolic as u+x,go=r.',
  options: [recursive],
  *run(parsed) {
    const [text, ...paths] = parsed.operands;
    if (text === undefined) throw new UsageError('missing operand');
    if (paths.length === 0) throw new UsageError(`missing operand after '${text}'`);
    const mask = yield* sys.umask(0);
    yield* sys.umask(mask);
    if (changeMode(text, 0, false, mask) === null) throw new UsageError(`invalid mode: '${text}'`);
    let status = 0;
    for (const path of paths) {
      let all: readonly string[] = [];
      const found = yield* attempt('chmod', `cannot access '${path}'`, function* () {
        all = yield* tree(path, parsed.has('recursive'));
      });
      if (found && (yield* isDangling(path))) {
        yield* complain('chmod', `cannot operate on dangling symlink '${path}'`);
        status = 1;
        continue;
      }
      const good = yield* attempt('chmod', `changing permissions of '${path}'`, function* () {
        for (const one of all) {
          // Links below a directory have no mode of their own, and are not followed.
          if (one !== path && fileTypeOf((yield* sys.lstat(one)).mode) === 'symlink') continue;
          const stat = yield* sys.stat(one);
          yield* sys.chmod(one, changeMode(text, stat.mode, isDirectory(stat), mask)!);
        }
      });
      if (!found || !good) status = 1;
    }
    return status;
  },
};

export const chown: CommandSpec = {
  name: 'chown',
  usage: '[OPTION]... OWNER[:GROUP] FILE...',
  summary: 'Change owner and group of FILEs.',
  options: [recursive, { short: 'h', long: 'no-dereference', help: 'the link itself' }],
  *run(parsed) {
    const [who, ...paths] = parsed.operands;
    if (who === undefined) throw new UsageError('missing operand');
    if (paths.length === 0) throw new UsageError(`missing operand after '${who}'`);
    const [user = '', group = ''] = who.split(':');
    const account = (yield* accounts()).find(({ name, uid }) => name === user || `${uid}` === user);
    const ids = (yield* groups()).find(({ name, gid }) => name === group || `${gid}` === group);
    const uid = user === '' ? -1 : (account?.uid ?? (/^\d+$/.test(user) ? Number(user) : null));
    const gid = group === '' ? -1 : (ids?.gid ?? (/^\d+$/.test(group) ? Number(group) : null));
    if (uid === null || gid === null) {
      yield* complain('chown', `invalid ${uid === null ? 'user' : 'group'}: '${who}'`);
      return 1;
    }
    return yield* changeOwner('chown', 'ownership', parsed, paths, uid, gid);
  },
};

/** What chown and chgrp do; an id of -1 stays. Returns the exit status. */
export function* changeOwner(
  name: string,
  what: 'ownership' | 'group',
  parsed: Parsed,
  paths: readonly string[],
  uid: number,
  gid: number,
): Sys<number> {
  let status = 0;
  for (const path of paths) {
    // Links below a directory are not followed; the directory's own path may be one.
    const itself = parsed.has('no-dereference') || parsed.has('recursive');
    let all: readonly string[] = [path];
    const found = yield* attempt(name, `cannot access '${path}'`, function* () {
      all = yield* tree(path, parsed.has('recursive'));
    });
    if (!found) all = [];
    const dangling = found && !itself && (yield* isDangling(path));
    for (const one of all) {
      const doing = dangling ? 'cannot dereference' : `changing ${what} of`;
      const good = yield* attempt(name, `${doing} '${one}'`, () =>
        itself ? sys.lchown(one, uid, gid) : sys.chown(one, uid, gid),
      );
      if (!good) status = 1;
    }
    if (!found) status = 1;
  }
  return status;
}

const kinds = {
  file: 'regular file',
  dir: 'directory',
  symlink: 'symbolic link',
  chr: 'character special file',
  blk: 'block special file',
  fifo: 'fifo',
  sock: 'socket',
} as const;

function timeText({ sec, nsec }: Stat['mtime']): string {
  const { year, month, day, hour, minute, second } = calendar(sec);
  return `${year}-${pad(month)}-${pad(day)} ${pad(hour)}:${pad(minute)}:${pad(second)}.${pad(nsec, 9)} +0000`;
}

export const stat: CommandSpec = {
  name: 'stat',
  usage: '[OPTION]... FILE...',
  summary: 'Show what the system knows of FILEs.',
  options: [
    {
      short: 'c',
      long: 'format',
      argument: 'FORMAT',
      help: 'with %n %s %a %A %F %u %g %U %G %i %h %d %Y %t %T',
    },
    { short: 'L', long: 'dereference', help: 'follow links' },
  ],
  *run(parsed) {
    if (parsed.operands.length === 0) throw new UsageError('missing operand');
    const users = new Map((yield* accounts()).map((account) => [account.uid, account.name]));
    const groupNames = new Map((yield* groups()).map((group) => [group.gid, group.name]));
    let status = 0;
    for (const path of parsed.operands) {
      const good = yield* attempt('stat', `cannot statx '${path}'`, function* () {
        const found = parsed.has('dereference') ? yield* sys.stat(path) : yield* sys.lstat(path);
        const kind = fileTypeOf(found.mode);
        const { major, minor } = deviceOf(found.dev);
        const fields: Record<string, string> = {
          n: path,
          s: `${found.size}`,
          a: (found.mode & 0o7777).toString(8),
          A: modeString(found.mode),
          F: kind === 'file' && found.size === 0 ? 'regular empty file' : kinds[kind],
          u: `${found.uid}`,
          g: `${found.gid}`,
          U: users.get(found.uid) ?? 'UNKNOWN',
          G: groupNames.get(found.gid) ?? 'UNKNOWN',
          i: `${found.ino}`,
          h: `${found.nlink}`,
          d: `${((minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12)) >>> 0}`,
          Y: `${found.mtime.sec}`,
          b: `${found.blocks}`,
          t: found.rdev.major.toString(16),
          T: found.rdev.minor.toString(16),
          y: timeText(found.mtime),
          x: timeText(found.atime),
          z: timeText(found.ctime),
          f: found.mode.toString(16),
        };
        const given = parsed.value('format');
        if (given !== null) {
          yield* writeAll(
            1,
            `${given.replace(/%(.)/g, (all, letter: string) => (letter === '%' ? '%' : (fields[letter] ?? all)))}\n`,
          );
          return;
        }
        const name = kind === 'symlink' ? `${path} -> ${yield* sys.readlink(path)}` : path;
        const device =
          kind === 'chr' || kind === 'blk' ? ` Device type: ${found.rdev.major},${found.rdev.minor}` : '';
        yield* writeAll(
          1,
          [
            `  File: ${name}`,
            `  Size: ${String(found.size).padEnd(10)}\tBlocks: ${String(found.blocks).padEnd(10)} IO Block: 4096   ${fields['F']}`,
            `Device: ${major},${minor}\tInode: ${String(found.ino).padEnd(11)} Links: ${found.nlink}${device}`,
            `Access: (${(found.mode & 0o7777).toString(8).padStart(4, '0')}/${modeString(found.mode)})  Uid: (${String(found.uid).padStart(5)}/${fields['U']!.padStart(8)})   Gid: (${String(found.gid).padStart(5)}/${fields['G']!.padStart(8)})`,
            `Access: ${fields['x']}`,
            `Modify: ${fields['y']}`,
            `Change: ${fields['z']}`,
            ' Birth: -',
            '',
          ].join('\n'),
        );
      });
      if (!good) status = 1;
    }
    return status;
  },
};

export const getfattr: CommandSpec = {
  name: 'getfattr',
  usage: '[-d] [-m PATTERN] [-n NAME] FILE...',
  summary: 'Show extended attributes.',
  options: [
    { short: 'd', long: 'dump', help: 'values too' },
    {
      short: 'm',
      long: 'match',
      argument: 'PATTERN',
      help: 'names that match (default ^user\\.; - for all)',
    },
    { short: 'n', long: 'name', argument: 'NAME', help: 'this one' },
  ],
  *run(parsed) {
    const wanted = parsed.value('name');
    const pattern = parsed.value('match') ?? '^user\\.';
    const regex = compileRegex(pattern, { extended: true });
    if (regex === null) {
      yield* complain('getfattr', `invalid regular expression "${pattern}"`);
      return 1;
    }
    let status = 0;
    for (const path of parsed.operands) {
      const good = yield* attempt('getfattr', path, function* () {
        const all = wanted !== null ? [wanted] : [...(yield* sys.listxattr(path))].sort();
        const names = wanted !== null || pattern === '-' ? all : all.filter((name) => regex.test(name));
        if (names.length === 0) return;
        let out = `# file: ${path.replace(/^\/+/, '')}\n`;
        for (const name of names) {
          const value = decodeUtf8(yield* sys.getxattr(path, name));
          out += parsed.has('dump') || wanted !== null ? `${name}="${value}"\n` : `${name}\n`;
        }
        yield* writeAll(1, `${out}\n`);
      });
      if (!good) status = 1;
    }
    return status;
  },
};

export const setfattr: CommandSpec = {
  name: 'setfattr',
  usage: '(-n NAME [-v VALUE] | -x NAME) FILE...',
  summary: 'Set or remove an extended attribute.',
  options: [
    { short: 'n', long: 'name', argument: 'NAME', help: 'the attribute' },
    { short: 'v', long: 'value', argument: 'VALUE', help: 'its value' },
    { short: 'x', long: 'remove', argument: 'NAME', help: 'remove the attribute' },
  ],
  *run(parsed) {
    const name = parsed.value('name');
    const removed = parsed.value('remove');
    if ((name === null) === (removed === null)) throw new UsageError('one of -n and -x is needed');
    let status = 0;
    for (const path of parsed.operands) {
      const good = yield* attempt('setfattr', path, function* () {
        if (removed !== null) yield* sys.removexattr(path, removed);
        else yield* sys.setxattr(path, name!, encodeUtf8(parsed.value('value') ?? ''));
      });
      if (!good) status = 1;
    }
    return status;
  },
};
