/** What is mounted in a container: --volume, --mount, --tmpfs, --volumes-from and the image's volumes. moby's volume/mounts and daemon/volumes.go. */
import type { Sys } from '../linux/index.ts';
import type { Engine } from './engine.ts';
import { makeDirs, statOrNull } from './files.ts';
import { EngineError, type HostConfig, type MountPoint, type MountRequest, volumePath } from './model.ts';
import { needsMount } from './volumeOptions.ts';
import { createVolume, type VolumeRequest } from './volumes.ts';

const wrong = (why: string) => new EngineError(400, why);

/** Words of `SOURCE:TARGET:WORDS`; of each list one at most. */
const MODES: readonly (readonly string[])[] = [
  ['rw', 'ro'],
  ['z', 'Z'],
  ['private', 'rprivate', 'slave', 'rslave', 'shared', 'rshared'],
  ['nocopy'],
  ['consistent', 'cached', 'delegated'],
];

function isMode(mode: string): boolean {
  const words = mode === '' ? [] : mode.split(',');
  const lists = words.map((word) => MODES.findIndex((list) => list.includes(word)));
  return !lists.includes(-1) && new Set(lists).size === lists.length;
}

/** Throws EngineError. `kind` is the mount's type. */
function requireTarget(path: string, kind: string, spec: string | null): void {
  const prefix = `${spec === null ? '' : `invalid volume specification: '${spec}': `}invalid mount config for type "${kind}": `;
  if (path === '') throw wrong(`${prefix}field Target must not be empty`);
  if (/^[/.]*$/.test(path) && cleaned(path) === '/')
    throw wrong(`${prefix}invalid specification: destination can't be '/'`);
  if (!path.startsWith('/'))
    throw wrong(`${prefix}invalid mount path: '${path}' mount path must be absolute`);
}

/** As Go's path.Clean, of an absolute path. */
function cleaned(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/'))
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  return `/${parts.join('/')}`;
}

interface Bind {
  readonly source: string;
  readonly target: string;
  readonly mode: string;
}

/** `TARGET`, `SOURCE:TARGET` or `SOURCE:TARGET:MODE`. */
function parseBind(spec: string): Bind {
  const parts = spec.split(':');
  const invalid = wrong(`invalid volume specification: '${spec}'`);
  const [first = '', second, mode = ''] = parts;
  if (first === '' || parts.length > 3 || (parts.length === 2 && isMode(second!))) throw invalid;
  if (!isMode(mode)) throw wrong(`invalid mode: ${mode}`);
  const [source, target] = second === undefined ? ['', first] : [first, second];
  requireTarget(target, source.startsWith('/') ? 'bind' : 'volume', spec);
  const shared = mode.split(',').find((word) => /^r?(shared|slave)$/.test(word));
  if (shared !== undefined) throw wrong(`a propagation mode is not simulated on this host (${shared})`);
  return { source, target: cleaned(target), mode };
}

/** By path, the later ones over the earlier. `anonymous` are the targets of volumes that are the container's own. */
export function* mountPoints(
  engine: Engine,
  host: HostConfig,
  anonymous: Readonly<Record<string, unknown>>,
): Sys<Record<string, MountPoint>> {
  const points: Record<string, MountPoint> = {};
  const once = new Set<string>();
  const add = (point: MountPoint) => {
    if (once.has(point.Destination)) throw wrong(`Duplicate mount point: ${point.Destination}`);
    once.add(point.Destination);
    points[point.Destination] = point;
  };
  for (const spec of Object.keys(anonymous)) {
    const { source, target } = parseBind(spec);
    points[target] = yield* volumePoint(engine, source, target, true);
  }
  for (const entry of host.VolumesFrom) {
    const [name = '', mode = ''] = entry.split(':');
    if (!['', 'rw', 'ro', 'z', 'Z'].includes(mode)) throw wrong(`invalid mode: ${mode}`);
    for (const point of Object.values(containerOf(engine, name).MountPoints))
      if (point.Type !== 'tmpfs')
        points[point.Destination] = { ...point, RW: point.RW && mode !== 'ro', Anonymous: false };
  }
  for (const spec of host.Binds) {
    const { source, target, mode } = parseBind(spec);
    const words = mode.split(',');
    const writable = !words.includes('ro');
    if (source.startsWith('/')) add({ ...(yield* bindPoint(cleaned(source), target, writable)), Mode: mode });
    else
      add({
        ...(yield* volumePoint(engine, source, target, writable)),
        NoCopy: words.includes('nocopy'),
        Mode: mode || 'z',
      });
  }
  for (const mount of host.Mounts) add(yield* mountPoint(engine, mount));
  for (const [target, words] of Object.entries(host.Tmpfs)) {
    requireTarget(target, 'tmpfs', null);
    add(tmpfsPoint(cleaned(target), words, !words.split(',').includes('ro')));
  }
  return points;
}

function containerOf(engine: Engine, name: string) {
  try {
    return engine.findContainer(name);
  } catch (error) {
    // Nothing that asks for a container with mounts of another is "not found" itself: clients would pull its image.
    throw error instanceof EngineError ? wrong(error.message) : error;
  }
}

/** An entry of --mount. */
function* mountPoint(engine: Engine, mount: MountRequest): Sys<MountPoint> {
  const { Type, Source = '', Target, ReadOnly = false } = mount;
  const invalid = (why: string) => wrong(`invalid mount config for type "${Type}": ${why}`);
  requireTarget(Target, Type, null);
  const target = cleaned(Target);
  switch (Type) {
    case 'bind':
      if (Source === '') throw invalid('field Source must not be empty');
      if (!Source.startsWith('/'))
        throw invalid(`invalid mount path: '${Source}' mount path must be absolute`);
      if ((yield* statOrNull(Source)) === null) throw invalid(`bind source path does not exist: ${Source}`);
      return yield* bindPoint(cleaned(Source), target, !ReadOnly);
    case 'tmpfs':
      if (Source !== '') throw invalid('field Source must not be specified');
      return tmpfsPoint(target, tmpfsWords(mount), !ReadOnly);
    case 'volume': {
      const { NoCopy = false, Subpath = '', Labels = {}, DriverConfig = {} } = mount.VolumeOptions ?? {};
      if (Subpath !== '' && Source === '') throw invalid('must not set Subpath when using anonymous volumes');
      if (Subpath.startsWith('/') || Subpath.split('/').includes('..'))
        throw invalid('subpath must be a relative path within the volume');
      if (ReadOnly && Source === '') throw invalid('must not set ReadOnly mode when using anonymous volumes');
      const more = { Labels, Driver: DriverConfig.Name ?? '', DriverOpts: DriverConfig.Options ?? {} };
      const point = yield* volumePoint(engine, Source, target, !ReadOnly, more);
      return { ...point, NoCopy, Mode: 'z', ...(Subpath !== '' && { Subpath }) };
    }
    default:
      if (['image', 'npipe', 'cluster'].includes(Type))
        throw wrong(`mounts of the type ${Type} are not simulated on this host`);
      throw invalid('mount type unknown');
  }
}

const tmpfsPoint = (Destination: string, Options: string, RW: boolean): MountPoint => ({
  ...{ Type: 'tmpfs', Name: '', Source: '', Anonymous: false },
  ...{ Destination, RW, Options },
});

function tmpfsWords({ TmpfsOptions }: MountRequest): string {
  const { SizeBytes = 0, Mode = 0 } = TmpfsOptions ?? {};
  const words = [SizeBytes === 0 ? '' : `size=${SizeBytes}`, Mode === 0 ? '' : `mode=${Mode.toString(8)}`];
  return words.filter((word) => word !== '').join(',');
}

/** A directory of the host's, which is made when it is missing. */
function* bindPoint(Source: string, Destination: string, RW: boolean): Sys<MountPoint> {
  if ((yield* statOrNull(Source)) === null) yield* makeDirs(Source);
  return { Type: 'bind', Name: '', Source, Destination, RW, Anonymous: false };
}

function* volumePoint(
  engine: Engine,
  name: string,
  Destination: string,
  RW: boolean,
  more: VolumeRequest = {},
): Sys<MountPoint> {
  const Name = yield* createVolume(engine, { ...more, Name: name });
  return {
    Type: 'volume',
    Name,
    Source: `${volumePath(Name)}/_data`,
    Destination,
    RW,
    Anonymous: name === '',
    ...((yield* needsMount(Name)) && { NeedsMount: true }),
  };
}
