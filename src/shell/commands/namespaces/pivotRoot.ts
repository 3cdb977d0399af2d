/** pivot_root(8). */
import { isOsError, strerror } from '../../../base/index.ts';
import { sys } from '../../../linux/index.ts';
import { type CommandSpec, UsageError } from '../options.ts';
import { complain } from '../support.ts';

export const pivotRoot: CommandSpec = {
  name: 'pivot_root',
  usage: 'NEW_ROOT PUT_OLD',
  summary: 'Change the root filesystem.',
  options: [],
  *run(parsed) {
    const [newRoot, putOld] = parsed.operands;
    if (newRoot === undefined || putOld === undefined || parsed.operands.length > 2)
      throw new UsageError('bad usage');
    try {
      yield* sys.pivot_root(newRoot, putOld);
      return 0;
    } catch (error) {
      if (!isOsError(error)) throw error;
      yield* complain(
        'pivot_root',
        `failed to change root from \`${newRoot}' to \`${putOld}': ${strerror(error.code)}`,
      );
      return 1;
    }
  },
};
