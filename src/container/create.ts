/** Making a container: a configuration and an empty layer, no process. */
import { isOsError } from '../base/index.ts';
import type { Sys } from '../linux/index.ts';
import { configOf, hostConfigOf } from './configuring.ts';
import { tell } from './containerEvents.ts';
import { defaultLog } from './daemonFile.ts';
import type { Engine } from './engine.ts';
import { randomHex, timestamp } from './files.ts';
import { requirePlatform } from './images/platforms.ts';
import { withDefaultTag } from './images/references.ts';
import {
  type Container,
  type ContainerConfig,
  EngineError,
  type HostConfig,
  type LogConfig,
  never,
} from './model.ts';
import { mountPoints } from './mountPoints.ts';
import { containerName } from './names.ts';
import type { NetworkingRequest } from './networking.ts';
import { requireProcessors } from './processors.ts';

/** As clients send it: null is as good as nothing. */
type Loose<T> = { readonly [K in keyof T]?: T[K] | null };

/** The body of POST /containers/create; what is left out comes from the image. */
export type CreateRequest = Loose<ContainerConfig> & {
  readonly Image: string;
  readonly HostConfig?: Loose<HostConfig> | null;
  readonly NetworkingConfig?: NetworkingRequest | null;
};

/** What the daemon has for all containers holds where one asks for nothing else: moby's mergeAndVerifyLogConfig. */
function withDefaults(asked: LogConfig | null | undefined, common: LogConfig): LogConfig {
  const Type = asked?.Type || common.Type;
  return { Type, Config: { ...(Type === common.Type && common.Config), ...asked?.Config } };
}

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;

export function* createContainer(
  engine: Engine,
  name: string | undefined,
  request: CreateRequest,
  platform?: string,
): Sys<Container> {
  const image = engine.findImage(request.Image);
  if (image === null) throw new EngineError(404, `No such image: ${withDefaultTag(request.Image)}`);
  requirePlatform(request.Image, image, platform);
  const id = yield* randomHex(32);
  const chosen = name || (yield* freeName(engine));
  requireName(engine, chosen);
  const LogConfig = withDefaults(request.HostConfig?.LogConfig, yield* defaultLog());
  const asked = hostConfigOf({ ...request.HostConfig, LogConfig });
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
    MountPoints: yield* mountPoints(engine, host, config.Volumes),
    NetworkSettings: networking.settings,
    RestartCount: 0,
    MountId: yield* randomHex(32),
    HasBeenManuallyStopped: false,
  };
  engine.containers.add(container);
  try {
    yield* engine.createFiles(container);
    yield* engine.fillVolumes(container);
  } catch (error) {
    if (!(error instanceof EngineError) && !isOsError(error)) throw error;
    yield* engine.remove(container, true);
    throw error;
  }
  yield* tell(engine, container, 'create');
  return container;
}

/** As moby's generateNewName: after six that are taken, the start of an id. */
function* freeName(engine: Engine): Sys<string> {
  for (let i = 0; i < 6; i++) {
    const noise = yield* randomHex(5);
    let at = 0;
    const pick = (bound: number) => Number.parseInt(noise.slice(at, (at += 4)), 16) % bound;
    const name = `${containerName(pick)}${i > 0 ? pick(10) : ''}`;
    if (engine.named(name) === null) return name;
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
  const holder = engine.named(name);
  if (holder === null) return;
  throw new EngineError(
    409,
    `Conflict. The container name "/${name}" is already in use by container "${holder.ID}". You have to remove (or rename) that container to be able to reuse that name.`,
  );
}
