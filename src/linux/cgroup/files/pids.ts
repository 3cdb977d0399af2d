/** pids.* */
import { OsError } from '../../../base/index.ts';
import { MAX, parseInteger, showMax } from '../values.ts';
import { type InterfaceFile, setting } from './types.ts';

/** More than any system can have. */
const PIDS_MAX = 4 * 1024 * 1024 + 1;

/** `max` or a number from 0 on, EINVAL for all else. */
function parseLimit(text: string): number {
  if (text === 'max') return MAX;
  const value = parseInteger(text);
  if (value < 0 || value >= PIDS_MAX) throw new OsError('EINVAL');
  return value;
}

export const pidsFiles: readonly InterfaceFile[] = [
  setting(
    'pids.max',
    'pids',
    (cgroup) => cgroup.pids!.max,
    (cgroup, value) => {
      cgroup.pids!.max = value;
    },
    showMax,
    parseLimit,
  ),
  { name: 'pids.current', controller: 'pids', read: ({ pids }) => `${pids!.current}\n` },
  { name: 'pids.peak', controller: 'pids', read: ({ pids }) => `${pids!.peak}\n` },
  { name: 'pids.events', controller: 'pids', read: ({ pids }) => `max ${pids!.refused}\n` },
  { name: 'pids.events.local', controller: 'pids', read: ({ pids }) => `max ${pids!.refusedHere}\n` },
];
