/** Containers, images and volumes as the API shows them. */
import { type Sys, sys } from '../linux/index.ts';
import type { Engine } from './engine.ts';
import { readText } from './files.ts';
import { identityPaths } from './identity.ts';
import { type Container, type ContainerState, logPath, overlayPath, statusOf, volumePath } from './model.ts';
import { networkSettingsView, portsView } from './networkView.ts';

function mountsOf(container: Container) {
  const own = Object.values(container.MountPoints);
  return own.map(({ Type, Name, Source, Destination, RW }) => ({
    Type,
    ...(Type === 'volume' && { Name }),
    Source,
    Destination,
    ...(Type === 'volume' && { Driver: 'local' }),
    Mode: '',
    RW,
    Propagation: '',
  }));
}

/** In the order of the API; health comes last. */
function stateView(state: ContainerState) {
  const { RemovalInProgress: _, Health, ...shown } = state;
  return { Status: statusOf(state), ...shown, ...(Health !== undefined && { Health }) };
}

function execIds(engine: Engine, container: Container): string[] | null {
  const own = [...engine.execs.values()].filter((exec) => exec.container === container && exec.running);
  return own.length === 0 ? null : own.map(({ id }) => id);
}

export function* inspectContainer(engine: Engine, container: Container): Sys<unknown> {
  const layer = overlayPath(container.MountId);
  const lower = (yield* readText(`${layer}/lower`)) ?? '';
  const { State } = container;
  return {
    Id: container.ID,
    Created: container.Created,
    Path: container.Path,
    Args: container.Args,
    State: stateView(State),
    Image: container.Image,
    ...identityPaths(container),
    LogPath: logPath(container.ID),
    Name: container.Name,
    ExecIDs: execIds(engine, container),
    RestartCount: container.RestartCount,
    Driver: 'overlay2',
    Platform: 'linux',
    HostConfig: {
      ...container.HostConfig,
      Binds: container.HostConfig.Binds.length === 0 ? null : container.HostConfig.Binds,
    },
    GraphDriver: {
      Data: {
        ID: container.ID,
        LowerDir: lower,
        MergedDir: `${layer}/merged`,
        UpperDir: `${layer}/diff`,
        WorkDir: `${layer}/work`,
      },
      Name: 'overlay2',
    },
    Mounts: mountsOf(container),
    NetworkSettings: networkSettingsView(container),
    Config: {
      ...container.Config,
      Cmd: nullIfEmpty(container.Config.Cmd),
      Entrypoint: nullIfEmpty(container.Config.Entrypoint),
    },
    ...(engine.images.has(container.Image) ? {} : { ImageManifestDescriptor: null }),
  };
}

function nullIfEmpty<T>(list: readonly T[]): readonly T[] | null {
  return list.length === 0 ? null : list;
}

function* seconds(): Sys<number> {
  return (yield* sys.clock_gettime('realtime')).sec;
}

/** Seconds of an RFC 3339 time. */
export const secondsOf = (time: string): number => Math.floor(Date.parse(time) / 1000);

/** `4 minutes`, as go-units' HumanDuration words it. */
export function humanDuration(total: number): string {
  if (total < 1) return 'Less than a second';
  if (total === 1) return '1 second';
  if (total < 60) return `${total} seconds`;
  const minutes = Math.floor(total / 60);
  if (minutes === 1) return 'About a minute';
  if (minutes < 60) return `${minutes} minutes`;
  const hours = Math.floor(total / 3600 + 0.5);
  if (hours === 1) return 'About an hour';
  if (hours < 48) return `${hours} hours`;
  const days = Math.floor(total / 86_400);
  if (days < 14) return `${days} days`;
  if (days < 60) return `${Math.floor(days / 7)} weeks`;
  return days < 730 ? `${Math.floor(days / 30)} months` : `${Math.floor(days / 365)} years`;
}

function statusText({ State }: Container, now: number): string {
  const ago = (time: string) => `${humanDuration(now - secondsOf(time))} ago`;
  const up = `Up ${humanDuration(now - secondsOf(State.StartedAt))}`;
  switch (statusOf(State)) {
    case 'paused':
      return `${up} (Paused)`;
    case 'restarting':
      return `Restarting (${State.ExitCode}) ${ago(State.FinishedAt)}`;
    case 'running': {
      const health = State.Health?.Status;
      if (health === undefined) return up;
      return `${up} (${health === 'starting' ? 'health: starting' : health})`;
    }
    case 'removing':
      return 'Removal In Progress';
    case 'dead':
      return 'Dead';
    case 'created':
      return 'Created';
    default:
      return `Exited (${State.ExitCode}) ${ago(State.FinishedAt)}`;
  }
}

/** GET /containers/json: the newest first. */
export function* listContainers(engine: Engine, all: boolean): Sys<unknown[]> {
  const now = yield* seconds();
  return [...engine.containers.values()]
    .filter((container) => all || container.State.Running)
    .reverse()
    .map((container) => ({
      Id: container.ID,
      Names: [container.Name],
      Image: container.Config.Image,
      ImageID: container.Image,
      Command: [container.Path, ...container.Args].map(quoteIfNeeded).join(' '),
      Created: secondsOf(container.Created),
      Age: `${humanDuration(now - secondsOf(container.Created))} ago`,
      Ports: portsView(container),
      HostConfig: { NetworkMode: container.HostConfig.NetworkMode },
      NetworkSettings: { Networks: container.NetworkSettings.Networks },
      Labels: container.Config.Labels,
      State: statusOf(container.State),
      Status: statusText(container, now),
      Mounts: mountsOf(container),
    }));
}

/** Arguments with blanks are shown in single quotes. */
function quoteIfNeeded(arg: string): string {
  return /[\s"';|&<>$`\\]/.test(arg) ? `'${arg.replaceAll("'", "'\\''")}'` : arg;
}

export function* volumeView(Name: string): Sys<unknown> {
  const { mtime } = yield* sys.lstat(volumePath(Name));
  return {
    CreatedAt: `${new Date(mtime.sec * 1000).toISOString().slice(0, 19)}Z`,
    Driver: 'local',
    Labels: null,
    Mountpoint: `${volumePath(Name)}/_data`,
    Name,
    Options: null,
    Scope: 'local',
  };
}
