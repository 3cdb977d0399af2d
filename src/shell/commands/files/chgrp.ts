/** chgrp(1). */
import { type CommandSpec, UsageError } from '../options.ts';
import { complain, groups } from '../support.ts';
import { changeOwner } from './attributes.ts';

export const chgrp: CommandSpec = {
  name: 'chgrp',
  usage: '[OPTION]... GROUP FILE...',
  summary: 'Change the group of FILEs.',
  options: [
    { short: 'R', long: 'recursive', help: 'what is below directories too' },
    { short: 'h', long: 'no-dereference', help: 'the link itself' },
  ],
  *run(parsed) {
    const [group, ...paths] = parsed.operands;
    if (group === undefined) throw new UsageError('missing operand');
    if (paths.length === 0) throw new UsageError(`missing operand after ‘${group}’`);
    const named = (yield* groups()).find(({ name }) => name === group);
    const gid = named?.gid ?? (/^\d+$/.test(group) ? Number(group) : null);
    if (gid === null) {
      yield* complain('chgrp', `invalid group: ‘${group}’`);
      return 1;
    }
    return yield* changeOwner('chgrp', 'group', parsed, paths, -1, gid);
  },
};
