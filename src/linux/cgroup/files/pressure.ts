/** *.pressure, and the same of the whole host in /proc/pressure (accounting/psi.rst). */
import { OsError } from '../../../base/index.ts';
import { RESOURCES } from '../pressure.ts';
import { parseSwitch } from './core.ts';
import type { InterfaceFile } from './types.ts';

/** `some|full THRESHOLD WINDOW` in microseconds: EINVAL for what is none, EOPNOTSUPP for a trigger. Nobody is ever woken by one here. */
export function refuseTrigger(text: string): never {
  const match = /^(?:some|full)\s+(\d+)\s+(\d+)/.exec(text);
  const [threshold, window] = [Number(match?.[1]), Number(match?.[2])];
  const valid = window >= 500_000 && window <= 10_000_000 && threshold > 0 && threshold <= window;
  throw new OsError(valid ? 'EOPNOTSUPP' : 'EINVAL');
}

export const pressureFiles: readonly InterfaceFile[] = [
  {
    name: 'cgroup.pressure',
    atRoot: true,
    read: ({ pressure }) => `${Number(pressure.enabled)}\n`,
    write: ({ pressure }, text, { kernel }) => pressure.enable(parseSwitch(text), kernel.events.now),
  },
  ...RESOURCES.map(
    (resource): InterfaceFile => ({
      name: `${resource}.pressure`,
      atRoot: true,
      hidden: ({ pressure }) => !pressure.enabled,
      read: ({ pressure }, { kernel }) => pressure.text(resource, kernel.events.now),
      write: (_, text) => refuseTrigger(text),
    }),
  ),
];
