/** rm(1) and rmdir(1). */
import { isOsError, strerror } from '../../../base/index.ts';
import { type Sys, sys, writeAll } from '../../../linux/index.ts';
import { type CommandSpec, needOperand } from '../options.ts';
import { attempt, baseName, complain, isDirectory, joinPath, namesIn } from '../support.ts';

interface RemoveOptions {
  readonly recursive: boolean;
  readonly force: boolean;
  /** Empty directories too. */
  readonly dirs: boolean;
}

/** Removes `path` and, when recursive, what is below it; false after a message. */
export function* removeTree(command: string, path: string, options: RemoveOptions): Sys<boolean> {
  try {
    const stat = yield* sys.lstat(path);
    if (!isDirectory(stat)) {
      yield* sys.unlink(path);
      return true;
    }
    if (!options.recursive && !options.dirs) {
      yield* complain(command, `cannot remove '${path}': Is a directory`);
      return false;
    }
    let good = true;
    if (options.recursive) {
      for (const name of yield* namesIn(path)) {
        if (!(yield* removeTree(command, joinPath(path, name), options))) good = false;
      }
    }
    if (good) yield* sys.rmdir(path);
    return good;
  } catch (error) {
    if (!isOsError(error)) throw error;
    if (options.force && error.code === 'ENOENT') return true;
    yield* complain(command, `cannot remove '${path}': ${strerror(error.code)}`);
    return false;
  }
}

export const rm: CommandSpec = {
  name: 'rm',
  usage: '[OPTION]... [FILE]...',
  summary: 'Remove FILEs.',
  options: [
    { short: 'd', long: 'dir', help: 'remove empty directories' },
    { short: 'f', long: 'force', help: 'ignore files that are not there' },
    { short: 'r', help: 'remove directories and what is in them' },
    { short: 'R', long: 'recursive', help: 'as -r' },
    { short: 'v', long: 'verbose', help: 'tell what is removed' },
  ],
  *run(parsed) {
    const force = parsed.has('force');
    if (!force) needOperand(parsed);
    const recursive = parsed.has('r') || parsed.has('recursive');
    let status = 0;
    for (const path of parsed.operands) {
      if (['.', '..'].includes(baseName(path))) {
        yield* complain('rm', `refusing to remove '.' or '..' directory: skipping '${path}'`);
        status = 1;
      } else if (baseName(path) === '/' && recursive) {
        yield* complain('rm', "it is dangerous to operate recursively on '/'");
        status = 1;
      } else if (!(yield* removeTree('rm', path, { recursive, force, dirs: parsed.has('dir') }))) status = 1;
      else if (parsed.has('verbose')) yield* writeAll(1, `removed '${path}'\n`);
    }
    return status;
  },
};

export const rmdir: CommandSpec = {
  name: 'rmdir',
  usage: '[OPTION]... DIRECTORY...',
  summary: 'Remove DIRECTORYs that are empty.',
  options: [{ short: 'p', long: 'parents', help: 'and the directories above, as they become empty' }],
  *run(parsed) {
    needOperand(parsed);
    let status = 0;
    for (const operand of parsed.operands) {
      for (let path = operand; path !== '' && path !== '/' && path !== '.'; ) {
        if (!(yield* attempt('rmdir', `failed to remove '${path}'`, () => sys.rmdir(path)))) {
          status = 1;
          break;
        }
        if (!parsed.has('parents')) break;
        path = path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
      }
    }
    return status;
  },
};
