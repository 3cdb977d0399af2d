/** Containers, images and volumes as the API shows them. */
import type { Sys } from '../linux/index.ts';
import type { Engine } from './engine.ts';
import { readText, treeSize } from './files.ts';
import { hostConfigView } from './hostConfigView.ts';
import { identityPaths } from './identity.ts';
import {
  type Container,
  type ContainerConfig,
  type ContainerState,
  logPath,
  overlayPath,
  statusOf,
} from './model.ts';
import { networkSettingsView } from './networkView.ts';

export function mountsOf(container: Container) {
  const own = Object.values(container.MountPoints);
  return own.map(({ Type, Name, Source, Destination, RW, Mode = '' }) => ({
    Type,
    ...(Type === 'volume' && { Name }),
    Source,
    Destination,
    ...(Type === 'volume' && { Driver: 'local' }),
    Mode,
    RW,
    Propagation: Type === 'bind' ? 'rprivate' : '',
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

/** With `size` how many bytes its layer and its whole tree have. */
export function* inspectContainer(engine: Engine, container: Container, size: boolean): Sys<unknown> {
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
    LogPath: container.HostConfig.LogConfig.Type === 'none' ? '' : logPath(container.ID),
    Name: container.Name,
    RestartCount: container.RestartCount,
    Driver: 'overlay2',
    Platform: 'linux',
    ...{ MountLabel: '', ProcessLabel: '', AppArmorProfile: '' },
    ExecIDs: execIds(engine, container),
    HostConfig: hostConfigView(container.HostConfig),
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
    ...(size && (yield* sizesOf(engine, container))),
    Mounts: mountsOf(container),
    Config: configView(container.Config),
    NetworkSettings: networkSettingsView(container),
    ...(engine.images.has(container.Image) ? {} : { ImageManifestDescriptor: null }),
  };
}

/** Of the container's layer, and of that with its image's. */
export function* sizesOf(engine: Engine, { MountId, Image }: Container): Sys<Record<string, number>> {
  const SizeRw = yield* treeSize(`${overlayPath(MountId)}/diff`);
  let SizeRootFs = SizeRw;
  for (const id of engine.images.get(Image)?.cacheIds ?? [])
    SizeRootFs += yield* treeSize(`${overlayPath(id)}/diff`);
  return { SizeRw, SizeRootFs };
}

function configView(config: ContainerConfig) {
  const { Healthcheck, Image, ExposedPorts, Labels, StopSignal, StopTimeout, Tty, WorkingDir } = config;
  return {
    Hostname: config.Hostname,
    Domainname: config.Domainname,
    User: config.User,
    AttachStdin: config.AttachStdin,
    AttachStdout: config.AttachStdout,
    AttachStderr: config.AttachStderr,
    ...(Object.keys(ExposedPorts).length > 0 && { ExposedPorts }),
    Tty,
    OpenStdin: config.OpenStdin,
    StdinOnce: config.StdinOnce,
    Env: config.Env,
    Cmd: nullIfEmpty(config.Cmd),
    ...(Healthcheck !== undefined && { Healthcheck }),
    Image,
    Volumes: Object.keys(config.Volumes).length > 0 ? config.Volumes : null,
    WorkingDir,
    Entrypoint: nullIfEmpty(config.Entrypoint),
    OnBuild: null,
    Labels,
    ...(StopSignal !== undefined && { StopSignal }),
    ...(StopTimeout !== undefined && { StopTimeout }),
  };
}

function nullIfEmpty<T>(list: readonly T[]): readonly T[] | null {
  return list.length === 0 ? null : list;
}

/** Seconds of an RFC 3339 time. */
export const secondsOf = (time: string): number => Math.floor(Date.parse(time) / 1000);
