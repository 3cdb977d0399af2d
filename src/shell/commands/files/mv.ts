/** mv(1): rename(2), and where that cannot be (EXDEV), a copy and a removal. */
import { isOsError, strerror } from '../../../base/index.ts';
import { type Sys, sys } from '../../../linux/index.ts';
import type { CommandSpec } from '../options.ts';
import { complain, orNull } from '../support.ts';
import { copy } from './copying.ts';
import { destinations } from './cp.ts';
import { removeTree } from './rm.ts';

export const mv: CommandSpec = {
  name: 'mv',
  usage: '[OPTION]... SOURCE... DEST',
  summary: 'Rename SOURCE to DEST, or move SOURCEs into a directory.',
  options: [
    { short: 'f', long: 'force', help: 'do not ask before overwriting (the default)' },
    { short: 'n', long: 'no-clobber', help: 'do not overwrite an existing file' },
    { short: 'v', long: 'verbose', help: 'tell what is done' },
  ],
  *run(parsed) {
    const pairs = yield* destinations('mv', parsed.operands);
    if (pairs === null) return 1;
    let status = 0;
    for (const { from, to } of pairs) {
      if (parsed.has('no-clobber') && (yield* orNull(() => sys.lstat(to))) !== null) continue;
      if (!(yield* moveOne(from, to))) status = 1;
    }
    return status;
  },
};

function* moveOne(from: string, to: string): Sys<boolean> {
  try {
    yield* sys.lstat(from);
  } catch (error) {
    if (!isOsError(error)) throw error;
    yield* complain('mv', `cannot stat '${from}': ${strerror(error.code)}`);
    return false;
  }
  try {
    yield* sys.rename(from, to);
    return true;
  } catch (error) {
    if (!isOsError(error)) throw error;
    if (error.code !== 'EXDEV') {
      yield* complain('mv', `cannot move '${from}' to '${to}': ${strerror(error.code)}`);
      return false;
    }
  }
  const copied = yield* copy(from, to, {
    command: 'mv',
    recursive: true,
    preserve: true,
    dereference: false,
  });
  return copied && (yield* removeTree('mv', from, { recursive: true, force: false, dirs: true }));
}
