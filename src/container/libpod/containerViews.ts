/** Containers as podman's API shows them. */
import type { Sys } from '../../linux/index.ts';
import type { Engine } from '../engine.ts';
import { mountsOf, secondsOf } from '../inspect.ts';
import { type Container, type ContainerState, statusOf } from '../model.ts';
import type { PortMap } from '../networking.ts';
import { canonicalName } from './imageViews.ts';

const stateOf = (state: ContainerState): string => {
  const status = statusOf(state);
  return status === 'restarting' ? 'running' : status === 'dead' ? 'exited' : status;
};

function portsOf(ports: PortMap) {
  return Object.entries(ports).flatMap(([name, bindings]) => {
    const [port, protocol = 'tcp'] = name.split('/');
    return (bindings ?? []).map(({ HostIp, HostPort }) => ({
      host_ip: HostIp === '0.0.0.0' ? '' : HostIp,
      container_port: Number(port),
      host_port: Number(HostPort),
      range: 1,
      protocol,
    }));
  });
}

interface Sizes {
  readonly SizeRw?: number;
  readonly SizeRootFs?: number;
}

/** Of GET /libpod/containers/json. */
export function listView(container: Container, { SizeRw, SizeRootFs }: Sizes) {
  const { Config, HostConfig, NetworkSettings, State } = container;
  const time = (text: string) => Math.max(0, secondsOf(text));
  return {
    AutoRemove: HostConfig.AutoRemove,
    Command: [container.Path, ...container.Args],
    Created: container.Created,
    CreatedAt: '',
    Exited: statusOf(State) === 'exited',
    ExitedAt: time(State.FinishedAt),
    ExitCode: State.ExitCode,
    Id: container.ID,
    Image: canonicalName(Config.Image),
    ImageID: container.Image.slice(7),
    IsInfra: false,
    Labels: Config.Labels,
    Mounts: mountsOf(container).map(({ Destination }) => Destination),
    Names: [container.Name.slice(1)],
    Namespaces: {},
    Networks: Object.keys(NetworkSettings.Networks).sort(),
    Pid: State.Pid,
    Pod: '',
    PodName: '',
    Ports: portsOf(NetworkSettings.Ports),
    Size: SizeRootFs === undefined ? null : { rootFsSize: SizeRootFs, rwSize: SizeRw },
    StartedAt: time(State.StartedAt),
    State: stateOf(State),
    // What stands in brackets behind the time.
    Status: statusOf(State) === 'running' ? (State.Health?.Status ?? '') : '',
  };
}

/** What of Docker's inspection is in podman's as it is. */
type Docker = Readonly<Record<string, unknown>> & {
  readonly Config: Readonly<Record<string, unknown>>;
  readonly HostConfig: Readonly<Record<string, unknown>>;
  readonly NetworkSettings: Readonly<Record<string, unknown>>;
};

const numbers: Readonly<Record<string, number>> = {
  HUP: 1,
  INT: 2,
  QUIT: 3,
  KILL: 9,
  USR1: 10,
  USR2: 12,
  TERM: 15,
};

function configView(container: Container, docker: Docker['Config']) {
  const { StopSignal = 'TERM', StopTimeout = 10 } = container.Config;
  const { ExposedPorts: _, Volumes: __, OnBuild: ___, ...rest } = docker;
  return {
    ...rest,
    Image: canonicalName(container.Config.Image),
    Entrypoint: container.Config.Entrypoint.join(' '),
    Volumes: null,
    Annotations: {},
    StopSignal: Number(StopSignal) || (numbers[StopSignal.replace(/^SIG/, '')] ?? 15),
    StopTimeout,
    Timeout: 0,
  };
}

function hostConfigView(docker: Docker['HostConfig']) {
  const { CgroupnsMode, ConsoleSize, Runtime, MemorySwappiness, OomKillDisable, PidsLimit, ...rest } = docker;
  return {
    ...rest,
    CgroupMode: CgroupnsMode,
    ConsoleSize,
    Runtime,
    MemorySwappiness: MemorySwappiness ?? 0,
    OomKillDisable: OomKillDisable ?? false,
    PidsLimit: PidsLimit ?? 0,
  };
}

/** Of GET /libpod/containers/NAME/json, from what Docker's inspection says. */
export function* inspectView(
  engine: Engine,
  container: Container,
  docker: Docker,
  sizes: Sizes,
): Sys<unknown> {
  const { State, Config } = container;
  const { Health, ...state } = State;
  const image = engine.images.get(container.Image);
  const digest = image?.references.find((reference) => reference.includes('@'));
  return {
    Id: container.ID,
    Created: container.Created,
    Path: container.Path,
    Args: container.Args,
    State: {
      OciVersion: '1.0.2',
      Status: stateOf(State),
      ...state,
      ...(Health !== undefined && { Health }),
    },
    Image: container.Image.slice(7),
    ImageDigest: digest?.replace(/^.*@/, '') ?? '',
    ImageName: canonicalName(Config.Image),
    Rootfs: '',
    Pod: '',
    ResolvConfPath: docker.ResolvConfPath,
    HostnamePath: docker.HostnamePath,
    HostsPath: docker.HostsPath,
    OCIRuntime: 'runc',
    Name: container.Name.slice(1),
    RestartCount: container.RestartCount,
    Driver: 'overlay',
    ...{ MountLabel: '', ProcessLabel: '', AppArmorProfile: '' },
    ...{ EffectiveCaps: null, BoundingCaps: null },
    ExecIDs: docker.ExecIDs ?? [],
    GraphDriver: docker.GraphDriver,
    ...sizes,
    Mounts: mountsOf(container).map((mount) => ({ ...mount, Driver: mount.Driver ?? '', Options: [] })),
    Dependencies: [],
    NetworkSettings: networkView(docker.NetworkSettings),
    Namespace: '',
    IsInfra: false,
    Config: configView(container, docker.Config),
    HostConfig: hostConfigView(docker.HostConfig),
  };
}

function networkView(docker: Docker['NetworkSettings']) {
  const { SecondaryIPAddresses: _, SecondaryIPv6Addresses: __, Networks, ...rest } = docker;
  const networks = Object.entries(Networks as Record<string, Record<string, unknown>>);
  const shown = networks.map(([name, { DNSNames: ___, ...endpoint }]) => [
    name,
    { ...endpoint, IPAMConfig: null, Links: null },
  ]);
  return { ...rest, Networks: Object.fromEntries(shown) as unknown };
}
