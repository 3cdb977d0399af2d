/** Making a container: a configuration and an empty layer, no process. */
import type { Sys } from '../linux/index.ts';
import { configOf, hostConfigOf } from './configuring.ts';
import { tell } from './containerEvents.ts';
import type { Engine } from './engine.ts';
import { makeDirs, randomHex, statOrNull, timestamp } from './files.ts';
import { withDefaultTag } from './images/references.ts';
import {
  type Container,
  type ContainerConfig,
  EngineError,
  type HostConfig,
  type MountPoint,
  type MountRequest,
  never,
  type StoredImage,
  volumePath,
} from './model.ts';
import { containerName } from './names.ts';
import type { NetworkingRequest } from './networking.ts';
import { requireProcessors } from './processors.ts';
import { createVolume, type VolumeRequest } from './volumes.ts';

/** As clients send it: null is as good as nothing. */
type Loose<T> = { readonly [K in keyof T]?: T[K] | null };

/** The body of POST /containers/create; what is left out comes from the image. */
export type CreateRequest = Loose<ContainerConfig> & {
  readonly Image: string;
  readonly HostConfig?: Loose<HostConfig> | null;
  readonly NetworkingConfig?: NetworkingRequest | null;
};

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;

export function* createContainer(
  engine: Engine,
  name: string | undefined,
  request: CreateRequest,
): Sys<Container> {
  const image = engine.findImage(request.Image);
  if (image === null) throw new EngineError(404, `No such image: ${withDefaultTag(request.Image)}`);
  const id = yield* randomHex(32);
  const chosen = name || (yield* freeName(engine));
  requireName(engine, chosen);
  const asked = hostConfigOf(request.HostConfig ?? {});
  const config = configOf(request, image, id);
  const argv = [...config.Entrypoint, ...config.Cmd];
  if (argv.length === 0) throw new EngineError(400, 'no command specified');
  yield* requireProcessors(asked);
  const named = Boolean(request.Hostname);
  if (named && asked.UTSMode === 'host')
    throw new EngineError(400, 'conflicting options: hostname and the UTS mode');
  const networking = yield* engine.networks.configure(config, asked, named, request.NetworkingConfig);
  const host = { ...asked, NetworkMode: networking.mode };
  const container: Container = {
    ID: id,
    Created: yield* timestamp(),
    Name: `/${chosen}`,
    Path: argv[0]!,
    Args: argv.slice(1),
    Config: { ...config, Hostname: networking.hostname ?? config.Hostname },
    HostConfig: host,
    State: {
      ...{ Running: false, Paused: false, Restarting: false },
      ...{ OOMKilled: false, RemovalInProgress: false, Dead: false },
      ...{ Pid: 0, ExitCode: 0, Error: '', StartedAt: never, FinishedAt: never },
    },
    Image: image.id,
    MountPoints: yield* mountPoints(engine, host, image),
    NetworkSettings: networking.settings,
    RestartCount: 0,
    MountId: yield* randomHex(32),
    HasBeenManuallyStopped: false,
  };
  engine.containers.set(id, container);
  yield* engine.createFiles(container);
  yield* tell(engine, container, 'create');
  return container;
}

/** As moby's generateNewName: after six that are taken, the start of an id. */
function* freeName(engine: Engine): Sys<string> {
  const taken = new Set([...engine.containers.values()].map(({ Name }) => Name));
  for (let i = 0; i < 6; i++) {
    const noise = yield* randomHex(5);
    let at = 0;
    const pick = (bound: number) => Number.parseInt(noise.slice(at, (at += 4)), 16) % bound;
    const name = `${containerName(pick)}${i > 0 ? pick(10) : ''}`;
    if (!taken.has(`/${name}`)) return name;
  }
  return (yield* randomHex(32)).slice(0, 12);
}

export function requireName(engine: Engine, name: string): void {
  if (!NAME.test(name)) {
    throw new EngineError(
      400,
      `Invalid container name (${name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`,
    );
  }
  const holder = [...engine.containers.values()].find((container) => container.Name === `/${name}`);
  if (holder === undefined) return;
  throw new EngineError(
    409,
    `Conflict. The container name "/${name}" is already in use by container "${holder.ID}". You have to remove (or rename) that container to be able to reuse that name.`,
  );
}

function* mountPoints(engine: Engine, host: HostConfig, image: StoredImage): Sys<Record<string, MountPoint>> {
  const points: Record<string, MountPoint> = {};
  for (const Destination of Object.keys(image.config.config.Volumes ?? {})) {
    points[Destination] = yield* volumePoint(engine, '', Destination, true);
  }
  for (const entry of host.VolumesFrom) {
    const [name = '', mode = ''] = entry.split(':');
    for (const point of Object.values(engine.findContainer(name).MountPoints))
      if (point.Type !== 'tmpfs')
        points[point.Destination] = { ...point, RW: point.RW && mode !== 'ro', Anonymous: false };
  }
  for (const bind of host.Binds) {
    const parts = bind.split(':');
    const [source = '', destination = source, options = ''] = parts.length === 1 ? ['', parts[0]!] : parts;
    const writable = !options.split(',').includes('ro');
    requireAbsolute(destination, bind);
    points[destination] = source.startsWith('/')
      ? yield* bindPoint(source, destination, writable, true)
      : {
          ...(yield* volumePoint(engine, source, destination, writable)),
          NoCopy: options.split(',').includes('nocopy'),
        };
  }
  for (const mount of host.Mounts) {
    const { Type, Source = '', Target, ReadOnly = false } = mount;
    requireAbsolute(Target, Target);
    if (Type === 'bind') points[Target] = yield* bindPoint(Source, Target, !ReadOnly, false);
    else if (Type === 'tmpfs') points[Target] = tmpfsPoint(Target, tmpfsWords(mount), !ReadOnly);
    else {
      const { NoCopy = false, Labels = {}, DriverConfig = {} } = mount.VolumeOptions ?? {};
      const more = { Labels, Driver: DriverConfig.Name ?? '', DriverOpts: DriverConfig.Options ?? {} };
      points[Target] = { ...(yield* volumePoint(engine, Source, Target, !ReadOnly, more)), NoCopy };
    }
  }
  for (const [target, words] of Object.entries(host.Tmpfs)) {
    requireAbsolute(target, target);
    points[target] = tmpfsPoint(target, words, !words.split(',').includes('ro'));
  }
  return points;
}

function requireAbsolute(path: string, spec: string): void {
  if (path.startsWith('/')) return;
  throw new EngineError(
    400,
    `invalid volume specification: '${spec}': invalid mount config for type "volume": invalid mount path: '${path}' mount path must be absolute`,
  );
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

/** `-v` makes a missing source directory, `--mount` refuses it. */
function* bindPoint(Source: string, Destination: string, RW: boolean, make: boolean): Sys<MountPoint> {
  if ((yield* statOrNull(Source)) === null) {
    if (!make)
      throw new EngineError(
        400,
        `invalid mount config for type "bind": bind source path does not exist: ${Source}`,
      );
    yield* makeDirs(Source);
  }
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
  };
}
