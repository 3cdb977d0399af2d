/** docker rm, container prune, image prune: taking away, and what that would give. */
import { decodeUtf8 } from '../../../base/index.ts';
import type { Response } from '../../../container/index.ts';
import { type Sys, sys, writeAll } from '../../../linux/index.ts';
import type { Parsed } from '../options.ts';
import { orNull } from '../support.ts';
import { api, DockerError, messageOf } from './api.ts';
import { eachAtOnce } from './atOnce.ts';
import type { DockerCommand } from './commands.ts';
import { filterQuery } from './filters.ts';
import { humanSize } from './tables.ts';

const tell = (message: string) => writeAll(2, `${message}\n`);

function remove(parsed: Parsed): Sys<number> {
  const force = parsed.has('force');
  const link = parsed.has('link') ? '&link=1' : '';
  const query = `force=${force ? 1 : 0}&v=${parsed.has('volumes') ? 1 : 0}${link}`;
  return eachAtOnce(
    parsed.operands,
    (name) => ['DELETE', `/containers/${name}?${query}`],
    (name, response) => tellRemoved(name, response, force),
  );
}

function tellRemoved(name: string, response: Response, force: boolean): Sys<void> {
  const message = `Error response from daemon: ${messageOf(response)}`;
  if (response.status === 404 && force) return tell(message);
  if (response.status >= 400) throw new DockerError(message);
  return writeAll(1, `${name}\n`);
}

/** Asks on the terminal; without one the answer is no, as for docker. */
export function* confirmed(parsed: Parsed, warning: string): Sys<boolean> {
  if (parsed.has('force')) return true;
  yield* writeAll(1, `WARNING! ${warning}\nAre you sure you want to continue? [y/N] `);
  if ((yield* orNull(() => sys.tcgetattr(0), 'ENOTTY', 'EBADF')) === null) {
    yield* writeAll(1, '\n');
    return false;
  }
  return (
    decodeUtf8(yield* sys.read(0, 64))
      .trim()
      .toLowerCase() === 'y'
  );
}

interface Pruned {
  /** Networks take none. */
  readonly SpaceReclaimed?: number;
  readonly ContainersDeleted?: readonly string[] | null;
  readonly ImagesDeleted?: readonly Readonly<Record<string, string>>[] | null;
  readonly VolumesDeleted?: readonly string[] | null;
  readonly NetworksDeleted?: readonly string[] | null;
  readonly CachesDeleted?: readonly string[] | null;
}

interface Wording {
  readonly warning: string;
  readonly path: string;
  /** Sent besides those that are given. */
  readonly filters?: readonly string[];
}

/** A prune command: asks, sends, lists what is gone. */
function prune(
  what: 'container' | 'image' | 'volume',
  options: DockerCommand['options'],
  wording: (all: boolean) => Wording,
  list: (pruned: Pruned) => readonly string[],
): DockerCommand {
  const name = `${what} prune`;
  return {
    name,
    usage: '[OPTIONS]',
    help: `Remove unused ${what}s`,
    options: [...options, { short: 'f', long: 'force', help: 'Do not ask' }],
    operands: [0, 0],
    *run(parsed) {
      const { warning, path: plain, filters: own = [] } = wording(parsed.has('all'));
      const given = parsed.values('filter');
      if (what === 'volume' && parsed.has('all') && given.some((filter) => filter.startsWith('all=')))
        throw new DockerError('conflicting options: cannot specify both --all and --filter all=1');
      const filters = [...own, ...given];
      const path = filters.length === 0 ? plain : `${plain}?filters=${filterQuery(filters)}`;
      if (!(yield* confirmed(parsed, warning))) throw new DockerError(`${name} has been cancelled`);
      const pruned = (yield* api('POST', path)) as Pruned;
      const gone = list(pruned);
      const title = `Deleted ${what[0]!.toUpperCase()}${what.slice(1)}s`;
      if (gone.length > 0) yield* writeAll(1, `${title}:\n${gone.join('\n')}\n\n`);
      yield* writeAll(1, `Total reclaimed space: ${humanSize(pruned.SpaceReclaimed ?? 0)}\n`);
      return 0;
    },
  };
}

const lower = (entry: Readonly<Record<string, string>>) =>
  Object.entries(entry).map(([key, value]) => `${key.toLowerCase()}: ${value}`);

const title = (what: string) => `Deleted ${what}:\n`;

/** Containers, networks, images, the build cache and, when asked, volumes. */
function* pruneAll(parsed: Parsed): Sys<number> {
  const all = parsed.has('all');
  const parts = [
    '  - all stopped containers',
    '  - all networks not used by at least one container',
    ...(parsed.has('volumes') ? ['  - all anonymous volumes not used by at least one container'] : []),
    all ? '  - all images without at least one container associated to them' : '  - all dangling images',
    all ? '  - all build cache' : '  - unused build cache',
  ];
  const filters = parsed.values('filter');
  if (parsed.has('volumes') && filters.some((filter) => filter.startsWith('until=')))
    throw new DockerError('ERROR: The "until" filter is not supported with "--volumes"');
  const list = [...filters].sort().map((filter) => `  - ${filter}\n`);
  const limits = list.length === 0 ? '' : `\n  Items to be pruned will be filtered with:\n${list.join('')}`;
  if (!(yield* confirmed(parsed, `This will remove:\n${parts.join('\n')}\n${limits}`)))
    throw new DockerError('system prune has been cancelled');
  let space = 0;
  const run = function* (
    plain: string,
    what: string,
    list: (pruned: Pruned) => readonly string[],
    own: readonly string[] = [],
  ): Sys<void> {
    const wanted = [...own, ...filters];
    const query =
      wanted.length === 0 ? '' : `${plain.includes('?') ? '&' : '?'}filters=${filterQuery(wanted)}`;
    const path = `${plain}${query}`;
    const pruned = (yield* api('POST', path)) as Pruned;
    space += pruned.SpaceReclaimed ?? 0;
    const gone = list(pruned);
    if (gone.length > 0) yield* writeAll(1, `${title(what)}${gone.join('\n')}\n\n`);
  };
  yield* run('/containers/prune', 'Containers', (pruned) => pruned.ContainersDeleted ?? []);
  yield* run('/networks/prune', 'Networks', (pruned) => pruned.NetworksDeleted ?? []);
  if (parsed.has('volumes')) yield* run('/volumes/prune', 'Volumes', (pruned) => pruned.VolumesDeleted ?? []);
  yield* run('/images/prune', 'Images', (pruned) => (pruned.ImagesDeleted ?? []).flatMap(lower), [
    `dangling=${!all}`,
  ]);
  yield* run(
    `/build/prune?all=${all ? 1 : 0}`,
    'build cache objects',
    (pruned) => pruned.CachesDeleted ?? [],
  );
  yield* writeAll(1, `Total reclaimed space: ${humanSize(space)}\n`);
  return 0;
}

export const removing: readonly DockerCommand[] = [
  {
    name: 'rm',
    aliases: ['container rm', 'container remove'],
    usage: '[OPTIONS] CONTAINER [CONTAINER...]',
    help: 'Remove containers',
    options: [
      { short: 'f', long: 'force', help: 'Running ones too: they are killed' },
      { short: 'l', long: 'link', help: 'A link by its name, of which there are none' },
      { short: 'v', long: 'volumes', help: 'Their anonymous volumes too' },
    ],
    operands: [1, Number.POSITIVE_INFINITY],
    run: remove,
  },
  prune(
    'container',
    [{ long: 'filter', argument: 'filter', help: 'Only those that match: until=10m, label=KEY' }],
    () => ({ warning: 'This will remove all stopped containers.', path: '/containers/prune' }),
    (pruned) => pruned.ContainersDeleted ?? [],
  ),
  prune(
    'image',
    [
      { short: 'a', long: 'all', help: 'All that no container uses, named ones too' },
      { long: 'filter', argument: 'filter', help: 'Only those that match: until=10m, label=KEY' },
    ],
    (all) => ({
      warning: all
        ? 'This will remove all images without at least one container associated to them.'
        : 'This will remove all dangling images.',
      path: '/images/prune',
      filters: [`dangling=${!all}`],
    }),
    (pruned) => (pruned.ImagesDeleted ?? []).flatMap(lower),
  ),
  prune(
    'volume',
    [
      { short: 'a', long: 'all', help: 'Named ones too' },
      { long: 'filter', argument: 'filter', help: 'Only those that match: label=KEY' },
    ],
    (all) => ({
      warning: `This will remove ${all ? 'all' : 'anonymous'} local volumes not used by at least one container.`,
      path: '/volumes/prune',
      filters: all ? ['all=true'] : [],
    }),
    (pruned) => pruned.VolumesDeleted ?? [],
  ),
  {
    name: 'system prune',
    usage: '[OPTIONS]',
    help: 'Remove what is unused',
    options: [
      { short: 'a', long: 'all', help: 'All unused images, not only those without a name' },
      { long: 'filter', argument: 'filter', help: 'Only those that match: until=10m, label=KEY' },
      { short: 'f', long: 'force', help: 'Do not ask' },
      { long: 'volumes', help: 'Anonymous volumes too' },
    ],
    operands: [0, 0],
    run: pruneAll,
  },
];
