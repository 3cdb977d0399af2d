/** mountpoint(1): whether something is mounted on a path. */
import { isOsError, strerror } from '../../../base/index.ts';
import { deviceOf, type Stat, sys, writeAll } from '../../../linux/index.ts';
import { canonical } from '../files/paths.ts';
import { type CommandSpec, UsageError } from '../options.ts';
import { complain, isSymlink } from '../support.ts';
import { mounted } from './mountLines.ts';

/** The path is there, and nothing is mounted on it. */
const NOT_MOUNTED = 32;

export const mountpoint: CommandSpec = {
  name: 'mountpoint',
  usage: '[-qd] PATH  or  mountpoint -x DEVICE',
  summary: 'Check whether something is mounted on a directory or file.',
  options: [
    { short: 'q', long: 'quiet', help: 'say nothing' },
    { long: 'nofollow', help: 'of a link to a mount point say that it is none' },
    { short: 'd', long: 'fs-devno', help: 'print the numbers of the file system’s device' },
    { short: 'x', long: 'devno', help: 'print the numbers of the block device' },
  ],
  *run(parsed) {
    const [path] = parsed.operands;
    if (path === undefined || parsed.operands.length > 1) throw new UsageError('bad usage');
    const quiet = parsed.has('quiet');
    let found: Stat;
    try {
      found = yield* parsed.has('nofollow') ? sys.lstat(path) : sys.stat(path);
    } catch (error) {
      if (!isOsError(error)) throw error;
      if (!quiet) yield* complain('mountpoint', `${path}: ${strerror(error.code)}`);
      return 1;
    }
    if (parsed.has('devno')) {
      const isBlock = (found.mode & 0o170000) === 0o060000;
      if (isBlock) yield* writeAll(1, `${found.rdev.major}:${found.rdev.minor}\n`);
      else if (!quiet) yield* complain('mountpoint', `${path}: not a block device`);
      return isBlock ? 0 : NOT_MOUNTED;
    }
    const full = yield* canonical(path);
    const is = !isSymlink(found) && (yield* mounted()).some(({ target }) => target === full);
    if (!is) {
      if (!quiet) yield* writeAll(1, `${path} is not a mountpoint\n`);
      return NOT_MOUNTED;
    }
    const { major, minor } = deviceOf(found.dev);
    if (parsed.has('fs-devno')) yield* writeAll(1, `${major}:${minor}\n`);
    else if (!quiet) yield* writeAll(1, `${path} is a mountpoint\n`);
    return 0;
  },
};
