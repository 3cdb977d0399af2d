/** docker system df: what images, containers, volumes and the build cache take, and what of it nobody needs. */
import { humanDuration } from '../../../container/index.ts';
import { type Sys, sys, writeAll } from '../../../linux/index.ts';
import type { Parsed } from '../options.ts';
import { api, DockerError } from './api.ts';
import type { DockerCommand } from './commands.ts';
import { align, humanSize, printList, shorten } from './tables.ts';

interface Usage {
  readonly Images: readonly {
    readonly Id: string;
    readonly RepoTags: readonly string[];
    /** Seconds since 1970. */
    readonly Created: number;
    readonly Size: number;
    readonly SharedSize: number;
    readonly Containers: number;
  }[];
  readonly Containers: readonly {
    readonly Id: string;
    readonly Names: readonly string[];
    readonly Image: string;
    readonly Command: string;
    readonly Created: number;
    readonly State: string;
    readonly Status: string;
    readonly Mounts: readonly { readonly Type: string }[];
    readonly SizeRw: number;
  }[];
  readonly Volumes: readonly {
    readonly Name: string;
    readonly UsageData: { readonly Size: number; readonly RefCount: number };
  }[];
  readonly BuildCache: readonly {
    readonly ID: string;
    readonly Type: string;
    readonly Size: number;
    readonly InUse: boolean;
    readonly Shared: boolean;
    /** RFC 3339. */
    readonly CreatedAt: string;
    readonly LastUsedAt: string;
    readonly UsageCount: number;
  }[];
  readonly LayersSize: number;
}

const total = (sizes: readonly number[]) => sizes.reduce((sum, size) => sum + size, 0);

/** Each thing that takes space, in the four tables of `-v`. */
function details({ Images, Containers, Volumes, BuildCache }: Usage, now: number): string {
  const age = (created: number) => humanDuration(now - created);
  const ageOf = (time: string) => `${age(Math.floor(Date.parse(time) / 1000))} ago`;
  const images = Images.flatMap(({ Id, RepoTags, Created, Size, SharedSize, Containers: users }) =>
    (RepoTags.length === 0 ? ['<none>:<none>'] : RepoTags).map((name) => [
      ...[name.slice(0, name.lastIndexOf(':')), name.slice(name.lastIndexOf(':') + 1), Id.slice(7, 19)],
      ...[`${age(Created)} ago`, humanSize(Size, 3), humanSize(SharedSize), humanSize(Size - SharedSize)],
      `${users}`,
    ]),
  );
  const containers = Containers.map((each) => [
    ...[each.Id.slice(0, 12), each.Image, `"${shorten(each.Command, 20)}"`],
    `${each.Mounts.filter(({ Type }) => Type === 'volume').length}`,
    ...[humanSize(each.SizeRw, 3), `${age(each.Created)} ago`, each.Status],
    each.Names.map((name) => name.slice(1)).join(','),
  ]);
  const volumes = Volumes.map(({ Name, UsageData }) => [
    Name,
    `${UsageData.RefCount}`,
    humanSize(UsageData.Size),
  ]);
  const cache = BuildCache.map((each) => [
    ...[
      each.ID.slice(0, 12),
      each.Type,
      humanSize(each.Size, 3),
      ageOf(each.CreatedAt),
      ageOf(each.LastUsedAt),
    ],
    ...[`${each.UsageCount}`, `${each.Shared}`],
  ]);
  const cacheSize = total(BuildCache.filter(({ Shared }) => !Shared).map(({ Size }) => Size));
  const tables: [string, string[], string[][]][] = [
    [
      'Images space usage:',
      ['REPOSITORY', 'TAG', 'IMAGE ID', 'CREATED', 'SIZE', 'SHARED SIZE', 'UNIQUE SIZE', 'CONTAINERS'],
      images,
    ],
    [
      'Containers space usage:',
      ['CONTAINER ID', 'IMAGE', 'COMMAND', 'LOCAL VOLUMES', 'SIZE', 'CREATED', 'STATUS', 'NAMES'],
      containers,
    ],
    ['Local Volumes space usage:', ['VOLUME NAME', 'LINKS', 'SIZE'], volumes],
    [
      `Build cache usage: ${humanSize(cacheSize)}`,
      ['CACHE ID', 'CACHE TYPE', 'SIZE', 'CREATED', 'LAST USED', 'USAGE', 'SHARED'],
      cache,
    ],
  ];
  return tables.map(([title, head, rows]) => `${title}\n\n${align([head, ...rows])}`).join('\n');
}

function* diskUsage(parsed: Parsed): Sys<number> {
  if (parsed.has('verbose')) {
    if (parsed.value('format') !== null)
      throw new DockerError('docker system df: --format with --verbose is not simulated');
    const usage = (yield* api('GET', '/system/df')) as Usage;
    yield* writeAll(1, details(usage, (yield* sys.clock_gettime('realtime')).sec));
    return 0;
  }
  const { Images, Containers, Volumes, BuildCache, LayersSize } = (yield* api('GET', '/system/df')) as Usage;
  const row = (Type: string, count: number, active: number, size: number, free: number, percent = true) => ({
    Type,
    TotalCount: `${count}`,
    Active: `${active}`,
    Size: humanSize(size),
    Reclaimable: `${humanSize(free)}${percent && size > 0 ? ` (${Math.floor((free * 100) / size)}%)` : ''}`,
  });
  const used = Images.filter((image) => image.Containers > 0);
  const idle = Containers.filter(({ State }) => !['running', 'paused', 'restarting'].includes(State));
  const volumes = Volumes.map(({ UsageData }) => UsageData);
  const unused = volumes.filter(({ RefCount }) => RefCount === 0);
  // Bytes of layers that the cache shares with images count there.
  const cache = BuildCache.filter(({ Shared }) => !Shared);
  const rows = [
    row(
      'Images',
      Images.length,
      used.length,
      LayersSize,
      LayersSize - total(used.map(({ Size, SharedSize }) => Size - SharedSize)),
    ),
    row(
      'Containers',
      Containers.length,
      Containers.length - idle.length,
      total(Containers.map(({ SizeRw }) => SizeRw)),
      total(idle.map(({ SizeRw }) => SizeRw)),
    ),
    row(
      'Local Volumes',
      volumes.length,
      volumes.length - unused.length,
      total(volumes.map(({ Size }) => Size)),
      total(unused.map(({ Size }) => Size)),
    ),
    row(
      'Build Cache',
      BuildCache.length,
      BuildCache.filter(({ InUse }) => InUse).length,
      total(cache.map(({ Size }) => Size)),
      total(cache.filter(({ InUse }) => !InUse).map(({ Size }) => Size)),
      false,
    ),
  ];
  const columns = [
    { head: 'TYPE', field: 'Type' },
    { head: 'TOTAL', field: 'TotalCount' },
    { head: 'ACTIVE', field: 'Active' },
    { head: 'SIZE', field: 'Size' },
    { head: 'RECLAIMABLE', field: 'Reclaimable' },
  ];
  yield* printList(rows, columns, {
    format: parsed.value('format'),
    quiet: null,
    type: 'formatter.diskUsageImagesContext',
  });
  return 0;
}

export const usage: readonly DockerCommand[] = [
  {
    name: 'system df',
    usage: '[OPTIONS]',
    help: 'Show what takes space on disk',
    options: [
      { long: 'format', argument: 'string', help: 'table, json or a Go template' },
      { short: 'v', long: 'verbose', help: 'Each image, container, volume and cache entry' },
    ],
    operands: [0, 0],
    run: diskUsage,
  },
];
