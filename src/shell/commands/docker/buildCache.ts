/** docker buildx du, builder prune: the build cache. */
import { decodeUtf8 } from '../../../base/index.ts';
import { humanDuration } from '../../../container/index.ts';
import { type Sys, sys, writeAll } from '../../../linux/index.ts';
import type { Parsed } from '../options.ts';
import { api } from './api.ts';
import type { DockerCommand } from './commands.ts';
import { filterQuery } from './filters.ts';
import { sizeOf } from './runOptions.ts';
import { align, humanSize } from './tables.ts';

function* prune(parsed: Parsed): Sys<number> {
  const all = parsed.has('all');
  if (!parsed.has('force')) {
    const what = all ? 'all build cache' : 'all dangling build cache';
    yield* writeAll(1, `WARNING! This will remove ${what}.\nAre you sure you want to continue? [y/N] `);
    const answer = decodeUtf8(yield* sys.read(0, 100))
      .trim()
      .toLowerCase();
    if (answer !== 'y' && answer !== 'yes') return 0;
  }
  const keep = sizeOf(parsed.value('keep-storage') ?? '0');
  const filters = parsed.values('filter');
  const query = `all=${all ? 1 : 0}&keep-storage=${keep}${filters.length === 0 ? '' : `&filters=${filterQuery(filters)}`}`;
  const report = (yield* api('POST', `/build/prune?${query}`)) as {
    CachesDeleted: readonly string[];
    SpaceReclaimed: number;
  };
  const lines = report.CachesDeleted.map((id) => `${id}\n`).join('');
  const head = report.CachesDeleted.length > 0 ? `Deleted build cache objects:\n${lines}\n` : '';
  yield* writeAll(1, `${head}Total reclaimed space: ${humanSize(report.SpaceReclaimed)}\n`);
  return 0;
}

interface CacheUsage {
  readonly ID: string;
  readonly Shared: boolean;
  readonly Size: number;
  readonly LastUsedAt: string;
}

function* usage(): Sys<number> {
  const { BuildCache } = (yield* api('GET', '/system/df')) as { BuildCache: readonly CacheUsage[] };
  const now = (yield* sys.clock_gettime('realtime')).sec;
  const age = ({ LastUsedAt }: CacheUsage) => humanDuration(now - Math.floor(Date.parse(LastUsedAt) / 1000));
  const rows = BuildCache.map((record) => [
    `${record.ID}${record.Shared ? '*' : ''}`,
    'true',
    humanSize(record.Size),
    `${age(record)} ago`,
  ]);
  const sum = (records: readonly CacheUsage[]) =>
    humanSize(records.reduce((total, { Size }) => total + Size, 0));
  const totals = [
    ['Shared:', sum(BuildCache.filter(({ Shared }) => Shared))],
    ['Private:', sum(BuildCache.filter(({ Shared }) => !Shared))],
    ['Reclaimable:', sum(BuildCache)],
    ['Total:', sum(BuildCache)],
  ];
  const head = ['ID', 'RECLAIMABLE', 'SIZE', 'LAST ACCESSED'];
  yield* writeAll(1, align([head, ...rows]) + totals.map((row) => `${row.join('\t')}\n`).join(''));
  return 0;
}

export const buildCache: readonly DockerCommand[] = [
  {
    name: 'buildx du',
    aliases: ['builder du'],
    usage: '',
    help: 'Show what the build cache takes',
    options: [],
    operands: [0, 0],
    run: usage,
  },
  {
    name: 'builder prune',
    aliases: ['buildx prune'],
    usage: '[OPTIONS]',
    help: 'Remove build cache',
    options: [
      { short: 'a', long: 'all', help: 'Also what images share' },
      { long: 'filter', argument: 'filter', help: 'Only those that match: until=24h' },
      { short: 'f', long: 'force', help: 'Do not ask' },
      { long: 'keep-storage', argument: 'bytes', help: 'What may remain' },
    ],
    operands: [0, 0],
    run: prune,
  },
];
