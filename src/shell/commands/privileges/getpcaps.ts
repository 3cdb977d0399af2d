/** getpcaps(8) of libcap. */
import { isOsError, strerror } from '../../../base/index.ts';
import { sys, writeAll } from '../../../linux/index.ts';
import type { CommandSpec } from '../options.ts';
import { formatSets } from './capText.ts';

const USAGE = `usage: getcaps [opts] <pid> [<pid> ...]

  This program displays the capabilities on the queried process(es).
  The capabilities are displayed in the cap_from_text(3) format.
`;

export const getpcaps: CommandSpec = {
  name: 'getpcaps',
  usage: 'PID...',
  summary: 'Display process capabilities.',
  options: [],
  *run(parsed) {
    if (parsed.operands.length === 0) {
      yield* writeAll(2, USAGE);
      return 1;
    }
    let status = 0;
    for (const pid of parsed.operands) {
      try {
        yield* writeAll(1, `${pid}: ${formatSets(yield* sys.capget(Number.parseInt(pid, 10) || 0))}\n`);
      } catch (error) {
        if (!isOsError(error)) throw error;
        yield* writeAll(2, `Failed to get cap's for process ${pid}: (${strerror(error.code)})\n`);
        status = 1;
      }
    }
    return status;
  },
};
