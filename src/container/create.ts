/** Making a container: a configuration and an empty layer, no process. */
import { type Sys, sys } from '../linux/index.ts';
import type { Engine } from './engine.ts';
import { makeDirs, randomHex, statOrNull, timestamp } from './files.ts';
import {
  type Container,
  type ContainerConfig,
  EngineError,
  type HostConfig,
  type MountPoint,
  never,
  type StoredImage,
  volumePath,
} from './model.ts';
import { containerName } from './names.ts';
import type { NetworkingRequest } from './networking.ts';
import { withTag } from './references.ts';

/** The body of POST /containers/create; what is left out comes from the image. */
type CreateRequest = Partial<ContainerConfig> & {
  readonly Image: string;
  readonly HostConfig?: Partial<HostConfig>;
  readonly NetworkingConfig?: NetworkingRequest;
};

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;

export function* createContainer(
  engine: Engine,
  name: string | undefined,
  request: CreateRequest,
): Sys<Container> {
  const image = engine.findImage(request.Image);
  if (image === null) throw new EngineError(404, `No such image: ${withTag(request.Image)}`);
  const id = yield* randomHex(32);
  const chosen = name ?? (yield* freeName(engine));
  requireName(engine, chosen);
  const config = configOf(request, image, id);
  const argv = [...config.Entrypoint, ...config.Cmd];
  if (argv.length === 0) throw new EngineError(400, 'no command specified');
  const asked = hostConfigOf(request.HostConfig ?? {});
  const named = Boolean(request.Hostname);
  const networking = engine.networks.configure(config, asked, named, request.NetworkingConfig);
  const host = { ...asked, NetworkMode: networking.mode };
  const container: Container = {
    ID: id,
    Created: yield* timestamp(),
    Name: `/${chosen}`,
    Path: argv[0]!,
    Args: argv.slice(1),
    Config: config,
    HostConfig: host,
    State: {
      Status: 'created',
      Running: false,
      Pid: 0,
      ExitCode: 0,
      Error: '',
      StartedAt: never,
      FinishedAt: never,
    },
    Image: image.id,
    MountPoints: yield* mountPoints(host, image),
    NetworkSettings: networking.settings,
    RestartCount: 0,
    MountId: yield* randomHex(32),
    StopRequested: false,
  };
  engine.containers.set(id, container);
  yield* engine.createFiles(container);
  return container;
}

function* freeName(engine: Engine): Sys<string> {
  for (;;) {
    const noise = Number.parseInt(yield* randomHex(4), 16);
    const name = containerName((bound) => (bound === 32 ? Math.floor(noise / 7) % bound : noise % bound));
    if (![...engine.containers.values()].some((container) => container.Name === `/${name}`)) return name;
  }
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

/** Run options over the image's: an entrypoint of one's own takes the image's command away. */
function configOf(request: CreateRequest, image: StoredImage, id: string): ContainerConfig {
  const own = image.config.config;
  const entrypoint = request.Entrypoint ?? own.Entrypoint ?? [];
  const command =
    request.Cmd !== undefined && request.Cmd.length > 0
      ? request.Cmd
      : request.Entrypoint !== undefined
        ? []
        : (own.Cmd ?? []);
  const env = new Map(
    [...(own.Env ?? []), ...(request.Env ?? [])].map((pair) => [pair.split('=', 1)[0]!, pair]),
  );
  return {
    Hostname: request.Hostname || id.slice(0, 12),
    User: request.User || (own.User ?? ''),
    Tty: request.Tty ?? false,
    OpenStdin: request.OpenStdin ?? false,
    Env: [...env.values()],
    Cmd: command,
    Entrypoint: entrypoint,
    Image: request.Image,
    WorkingDir: request.WorkingDir || (own.WorkingDir ?? ''),
    Labels: { ...own.Labels, ...request.Labels },
    ExposedPorts: { ...own.ExposedPorts, ...request.ExposedPorts } as ContainerConfig['ExposedPorts'],
  };
}

function hostConfigOf(given: Partial<HostConfig>): HostConfig {
  return {
    NetworkMode: given.NetworkMode || 'default',
    PortBindings: given.PortBindings ?? {},
    PublishAllPorts: given.PublishAllPorts ?? false,
    Dns: given.Dns ?? [],
    DnsSearch: given.DnsSearch ?? [],
    DnsOptions: given.DnsOptions ?? [],
    ExtraHosts: given.ExtraHosts ?? [],
    Binds: given.Binds ?? [],
    Mounts: given.Mounts ?? [],
    Tmpfs: given.Tmpfs ?? [],
    RestartPolicy: given.RestartPolicy ?? { Name: 'no', MaximumRetryCount: 0 },
    AutoRemove: given.AutoRemove ?? false,
    ReadonlyRootfs: given.ReadonlyRootfs ?? false,
    ConsoleSize: given.ConsoleSize ?? [0, 0],
  };
}

function* mountPoints(host: HostConfig, image: StoredImage): Sys<Record<string, MountPoint>> {
  const points: Record<string, MountPoint> = {};
  for (const Destination of Object.keys(image.config.config.Volumes ?? {})) {
    points[Destination] = yield* volumePoint('', Destination, true);
  }
  for (const bind of host.Binds) {
    const parts = bind.split(':');
    const [source = '', destination = source, options = ''] = parts.length === 1 ? ['', parts[0]!] : parts;
    const writable = !options.split(',').includes('ro');
    requireAbsolute(destination, bind);
    points[destination] = source.startsWith('/')
      ? yield* bindPoint(source, destination, writable, true)
      : yield* volumePoint(source, destination, writable);
  }
  for (const { Type, Source, Target, ReadOnly } of host.Mounts) {
    requireAbsolute(Target, Target);
    if (Type === 'bind') points[Target] = yield* bindPoint(Source, Target, !ReadOnly, false);
    else if (Type === 'volume') points[Target] = yield* volumePoint(Source, Target, !ReadOnly);
    else points[Target] = tmpfsPoint(Target);
  }
  for (const target of host.Tmpfs) points[target] = tmpfsPoint(target);
  return points;
}

function requireAbsolute(path: string, spec: string): void {
  if (path.startsWith('/')) return;
  throw new EngineError(
    400,
    `invalid volume specification: '${spec}': invalid mount config for type "volume": invalid mount path: '${path}' mount path must be absolute`,
  );
}

const tmpfsPoint = (Destination: string): MountPoint => ({
  Type: 'tmpfs',
  Name: '',
  Source: '',
  Destination,
  RW: true,
  Anonymous: false,
});

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

function* volumePoint(name: string, Destination: string, RW: boolean): Sys<MountPoint> {
  const Name = name === '' ? yield* randomHex(32) : name;
  yield* createVolume(Name);
  return {
    Type: 'volume',
    Name,
    Source: `${volumePath(Name)}/_data`,
    Destination,
    RW,
    Anonymous: name === '',
  };
}

/** Makes the volume's directory if it is not there. */
export function* createVolume(name: string): Sys<void> {
  if (!NAME.test(name)) {
    throw new EngineError(
      400,
      `create ${name}: "${name}" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path`,
    );
  }
  if ((yield* statOrNull(volumePath(name))) !== null) return;
  yield* makeDirs(`${volumePath(name)}/_data`);
  yield* sys.chmod(volumePath(name), 0o701);
}
