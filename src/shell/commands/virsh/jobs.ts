/** Commands about what goes on with a domain for a while: migrations. */
import { MILLISECOND, SECOND } from '../../../base/index.ts';
import type { JobInfo } from '../../../libvirt/client.ts';
import { writeAll } from '../../../linux/index.ts';
import { lookup } from './asking.ts';
import { DOMAIN, type VirshCommand, VirshError } from './commands.ts';

/** Per cent of all data; null before there is any. */
export function progressOf({ report }: JobInfo): number | null {
  if (report === null) return null;
  const total = report.ram.total + report.disk.total;
  const remaining = report.ram.remaining + report.disk.remaining;
  if (total === 0) return null;
  return remaining === 0 ? 100 : Math.min(99, Math.floor(100 - (remaining * 100) / total));
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB'] as const;

/** `1.500 MiB`. */
function capacity(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${value.toFixed(3)} ${UNITS[unit]}`;
}

const PAGE = 4096;

type Row = readonly [string, string];

const time = (name: string, nanos: number): Row => [
  name,
  `${`${Math.round(nanos / MILLISECOND)}`.padEnd(12)} ms`,
];

/** Bytes sent, left and in all. */
function amounts(what: string, transferred: number, remaining: number, total: number): Row[] {
  return [
    [`${what} processed`, capacity(transferred)],
    [`${what} remaining`, capacity(remaining)],
    [`${what} total`, capacity(total)],
  ];
}

function rowsOf({ report, downtime, operation, type }: JobInfo): Row[] {
  const first: Row = ['Job type', type.padEnd(12)];
  if (report === null) return [first];
  const { ram, disk, elapsed, setup } = report;
  const bandwidth = elapsed === 0 ? 0 : ((ram.transferred + disk.transferred) * SECOND) / elapsed;
  return [
    first,
    ['Operation', operation.padEnd(12)],
    time('Time elapsed', elapsed),
    ...amounts(
      'Data',
      ram.transferred + disk.transferred,
      ram.remaining + disk.remaining,
      ram.total + disk.total,
    ),
    ...amounts('Memory', ram.transferred, ram.remaining, ram.total),
    ['Memory bandwidth', `${capacity(bandwidth)}/s`],
    ['Dirty rate', `${`${ram.dirtyPagesRate}`.padEnd(12)} pages/s`],
    ['Page size', `${`${PAGE}`.padEnd(12)} bytes`],
    ['Iteration', `${ram.dirtySyncCount}`.padEnd(12)],
    ...(disk.total === 0 ? [] : amounts('File', disk.transferred, disk.remaining, disk.total)),
    ['Constant pages', `${ram.duplicate}`.padEnd(12)],
    ['Normal pages', `${ram.normal}`.padEnd(12)],
    ['Normal data', capacity(ram.normal * PAGE)],
    ...(downtime === null ? [] : [time('Total downtime', downtime)]),
    time('Setup time', setup),
  ];
}

const domjobinfo: VirshCommand = {
  name: 'domjobinfo',
  summary: 'domain job information',
  description: 'Returns information about jobs running on a domain.',
  options: [
    DOMAIN,
    { name: 'completed', help: 'return statistics of a recently completed job' },
    { name: 'keep-completed', help: 'do not destroy statistics of a recently completed job when reading' },
  ],
  unsimulated: 'anystats rawstats',
  *run(virsh, args) {
    const { uuid } = yield* lookup(virsh, args);
    const keep = args.has('keep-completed');
    const completed = keep || args.has('completed');
    const info = yield* virsh.connection.ask('jobInfo', { key: uuid, completed, keep });
    yield* writeAll(
      1,
      rowsOf(info)
        .map(([name, value]) => `${`${name}:`.padEnd(17)} ${value}\n`)
        .join(''),
    );
  },
};

const domjobabort: VirshCommand = {
  name: 'domjobabort',
  summary: 'abort active domain job',
  description: 'Aborts the currently running domain job',
  options: [DOMAIN],
  unsimulated: 'postcopy',
  *run(virsh, args) {
    const { uuid } = yield* lookup(virsh, args);
    yield* virsh.connection.ask('jobAbort', { key: uuid });
  },
};

const setmaxdowntime: VirshCommand = {
  name: 'migrate-setmaxdowntime',
  summary: 'set maximum tolerable downtime',
  description: 'Set maximum tolerable downtime of a domain which is being live-migrated to another host.',
  options: [
    DOMAIN,
    {
      name: 'downtime',
      data: true,
      required: true,
      help: 'maximum tolerable downtime (in milliseconds) for migration',
    },
  ],
  *run(virsh, args) {
    const { uuid } = yield* lookup(virsh, args);
    const text = args.value('downtime')!;
    if (!/^[1-9]\d*$/.test(text)) throw new VirshError('migrate: Invalid downtime');
    yield* virsh.connection.ask('migrateDowntime', { key: uuid, milliseconds: Number(text) });
  },
};

export const jobCommands: readonly VirshCommand[] = [domjobinfo, domjobabort, setmaxdowntime];
