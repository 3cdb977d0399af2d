/** newuidmap(1) and newgidmap(1) of shadow: set-user-ID programs that write maps for those whom /etc/subuid and /etc/subgid allow it. */
import { encodeUtf8, isOsError, strerror } from '../../../base/index.ts';
import { O_WRONLY, type Sys, sys, writeAll } from '../../../linux/index.ts';
import { type CommandSpec, UsageError } from '../options.ts';
import { complain } from '../support.ts';
import { rangesOf } from './subordinate.ts';

type Range = readonly [inside: number, outside: number, count: number];

/** One's own id once, or ids of one's subordinate ranges. */
function* allowed(kind: 'user' | 'group', [, outside, count]: Range): Sys<boolean> {
  const uid = yield* sys.getuid();
  const own = kind === 'user' ? uid : yield* sys.getgid();
  if (count === 1 && outside === own) return true;
  return (yield* rangesOf(kind, uid)).some(
    (range) => outside >= range.first && outside + count <= range.first + range.count,
  );
}

function mapper(name: string, kind: 'user' | 'group'): CommandSpec {
  return {
    name,
    usage: 'PID ID LOWERID COUNT [ID LOWERID COUNT]...',
    summary: `Set the ${kind} ID mapping of a user namespace.`,
    options: [],
    *run(parsed) {
      const [pid = '', ...words] = parsed.operands;
      if (
        words.length === 0 ||
        words.length % 3 !== 0 ||
        !/^\d+$/.test(pid) ||
        !words.every((word) => /^\d+$/.test(word))
      )
        throw new UsageError('bad usage');
      const numbers = words.map(Number);
      const ranges = numbers.flatMap((id, at): Range[] =>
        at % 3 === 0 ? [[id, numbers[at + 1]!, numbers[at + 2]!]] : [],
      );
      const fail = function* (message: string): Sys<number> {
        yield* complain(name, message);
        return 1;
      };
      try {
        // The process has to be the caller's.
        const { uid } = yield* sys.stat(`/proc/${pid}`);
        if ((yield* sys.getuid()) !== uid && (yield* sys.getuid()) !== 0)
          return yield* fail(`Target process ${pid} is owned by a different user`);
      } catch (error) {
        if (!isOsError(error)) throw error;
        return yield* fail(`Could not open proc directory for target ${pid}`);
      }
      const root = (yield* sys.getuid()) === 0;
      for (const range of ranges)
        if (!root && !(yield* allowed(kind, range))) {
          const [inside, outside, count] = range;
          const span = (from: number) => `[${from}-${from + count})`;
          return yield* fail(
            `${kind === 'user' ? 'uid' : 'gid'} range ${span(inside)} -> ${span(outside)} not allowed`,
          );
        }
      const path = `/proc/${pid}/${kind === 'user' ? 'uid_map' : 'gid_map'}`;
      try {
        const fd = yield* sys.open(path, O_WRONLY);
        yield* writeAll(fd, encodeUtf8(ranges.map((range) => `${range.join(' ')}\n`).join('')));
        yield* sys.close(fd);
      } catch (error) {
        if (!isOsError(error)) throw error;
        return yield* fail(
          `write to ${kind === 'user' ? 'uid_map' : 'gid_map'} failed: ${strerror(error.code)}`,
        );
      }
      return 0;
    },
  };
}

export const newuidmap = mapper('newuidmap', 'user');
export const newgidmap = mapper('newgidmap', 'group');
