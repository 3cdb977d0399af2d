/** What the kernel did, told in sentences: from the events of the trace. */
import type { TraceEvent } from '../../base/trace.ts';
import { layerNames } from './scenario.ts';

const nameOf = (layer: number): string => layerNames[layer] ?? `layer ${layer}`;

/** "a, b and c" */
function list(items: readonly string[]): string {
  if (items.length < 2) return items.join('');
  return `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
}

const foundWords = {
  file: 'a file',
  dir: 'a directory',
  symlink: 'a symbolic link',
  other: 'a special file',
  whiteout: 'a whiteout',
  opaque: 'an opaque directory',
  absent: 'nothing',
} as const;

function lookup({ path, layers }: TraceEvent<'fs.lookup'>['detail']): string {
  const asked = layers.map(({ layer, found }) => `${nameOf(layer)} has ${foundWords[found]}`);
  const last = layers.at(-1)?.found ?? 'absent';
  const directories = layers.filter(({ found }) => found === 'dir' || found === 'opaque');
  const result = (() => {
    if (directories.length > 1) return 'the directories are merged';
    if (directories.length === 1) return 'that is the directory';
    if (last === 'whiteout') return 'the search ends there, so there is no such name';
    if (last === 'absent') return 'there is no such name';
    return 'the search ends there';
  })();
  return `Look-up of ${path}: ${asked.join(', ')}; ${result}.`;
}

function merge({ path, entries, hidden }: TraceEvent<'fs.merge'>['detail']): string {
  const shown = entries.map(({ name, layer }) => `${name} from ${nameOf(layer)}`);
  const listing = shown.length === 0 ? 'no names' : list(shown);
  const hiders = [...new Set(hidden.map(({ by }) => by))].map((by) => {
    const names = hidden
      .filter((entry) => entry.by === by)
      .map(({ name, layer }) => `${name} of ${nameOf(layer)}`);
    return `; ${nameOf(by)} hides ${list(names)}`;
  });
  return `Listing of ${path}: ${listing}${hiders.join('')}.`;
}

function copyUp({ path, bytes, layer }: TraceEvent<'fs.copyUp'>['detail'], isDirectory: boolean): string {
  return isDirectory
    ? `Copy-up of the directory ${path}: the upper directory gets one with the owner and mode of that of ${nameOf(layer)}.`
    : `Copy-up of ${path}: the whole file, ${bytes} bytes, is copied from ${nameOf(layer)} to the upper directory.`;
}

/**
 * The sentences for the events of one step at `path`. Told are the look-ups of `path` itself and of the directories on the way, once
 * each, and everything that changed; not what a command like `rm -r` asks for on its way through a tree.
 */
export function narrate(
  events: readonly TraceEvent[],
  path: string,
  isDirectory: (path: string) => boolean,
): string[] {
  const told = new Set<string>();
  return events.flatMap((event) => {
    if (event.kind === 'fs.lookup' || event.kind === 'fs.merge') {
      const key = `${event.kind} ${event.detail.path}`;
      const onTheWay = path === event.detail.path || path.startsWith(`${event.detail.path}/`);
      if (!onTheWay || told.has(key)) return [];
      told.add(key);
    }
    return sentence(event, isDirectory) ?? [];
  });
}

/** The sentence for one event; null for events that are not about an overlay. */
function sentence(event: TraceEvent, isDirectory: (path: string) => boolean): string | null {
  switch (event.kind) {
    case 'fs.lookup':
      return lookup(event.detail);
    case 'fs.merge':
      return merge(event.detail);
    case 'fs.copyUp':
      return copyUp(event.detail, isDirectory(event.detail.path));
    case 'fs.whiteout':
      return `A whiteout for ${event.detail.path} is put into the upper directory.`;
    case 'fs.opaque':
      return `The directory ${event.detail.path} of the upper directory is marked as opaque.`;
    default:
      return null;
  }
}
