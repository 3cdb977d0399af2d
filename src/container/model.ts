/** Containers, volumes and images as the daemon keeps them: the fields of Docker's config.v2.json that are simulated. */
import type { Healthcheck, ImageConfig } from '../oci/index.ts';
import type { NetworkSettings, PortMap } from './networking.ts';

/** What client and engine say they are: Docker's release whose behaviour is simulated, and its API. */
export const VERSION = '28.0.0';
export const API_VERSION = '1.48';
/** The oldest version of the API that the daemon speaks. */
export const MIN_API_VERSION = '1.24';

export const DOCKER_ROOT = '/var/lib/docker';
export const DOCKER_SOCKET = '/run/docker.sock';
/** Where shims report what becomes of their containers. */
export const CONTAINERD_SOCKET = '/run/docker/containerd/containerd.sock';
export const SHIM_PATH = '/usr/bin/containerd-shim-runc-v2';

export interface MountPoint {
  readonly Type: 'volume' | 'bind' | 'tmpfs';
  /** Of a volume. */
  readonly Name: string;
  /** On the host. */
  readonly Source: string;
  readonly Destination: string;
  readonly RW: boolean;
  /** A volume without a name of its own: goes with `rm -v`. */
  readonly Anonymous: boolean;
  /** Of a tmpfs: mount(8)'s words. */
  readonly Options?: string;
  /** Of a volume: not filled from the image. */
  readonly NoCopy?: boolean;
  /** As it was given: `ro`, `z`. */
  readonly Mode?: string;
  /** Of a volume: only this directory of it. */
  readonly Subpath?: string;
  /** Of a volume whose directory is a mount point, by its driver's options. */
  readonly NeedsMount?: boolean;
}

export interface ContainerConfig {
  readonly Hostname: string;
  readonly Domainname: string;
  readonly User: string;
  readonly AttachStdin: boolean;
  readonly AttachStdout: boolean;
  readonly AttachStderr: boolean;
  readonly Tty: boolean;
  readonly OpenStdin: boolean;
  /** Standard input is closed when the first client that was attached to it has gone. */
  readonly StdinOnce: boolean;
  readonly Env: readonly string[];
  readonly Cmd: readonly string[];
  readonly Healthcheck?: Healthcheck;
  readonly Entrypoint: readonly string[];
  readonly Image: string;
  readonly WorkingDir: string;
  readonly Labels: Readonly<Record<string, string>>;
  /** `80/tcp`, … */
  readonly ExposedPorts: Readonly<Record<string, Record<string, never>>>;
  /** Name or number; SIGTERM when not given. */
  readonly StopSignal?: string;
  /** Seconds between that signal and SIGKILL; 10 when not given, -1 for ever. */
  readonly StopTimeout?: number;
  /** Targets of volumes that are the container's own. */
  readonly Volumes: Readonly<Record<string, Record<string, never>>>;
}

/** What `docker update` changes: `HostConfig` holds one of them, replaced as a whole. Sizes in bytes, times in microseconds; 0 is no limit. */
export interface Resources {
  readonly Memory: number;
  /** With memory; -1 is no limit. */
  readonly MemorySwap: number;
  readonly MemoryReservation: number;
  /** Billionths of a processor. */
  readonly NanoCpus: number;
  readonly CpuShares: number;
  readonly CpuPeriod: number;
  readonly CpuQuota: number;
  /** From 10 to 1000; 0: none. */
  readonly BlkioWeight: number;
  readonly PidsLimit: number | null;
  /** Lists like `0-2,7`; absent: all there are. */
  readonly CpusetCpus?: string;
  readonly CpusetMems?: string;
}

export interface RestartPolicy {
  readonly Name: string;
  readonly MaximumRetryCount: number;
}

export interface Ulimit {
  readonly Name: string;
  readonly Soft: number;
  readonly Hard: number;
}

/** So many bytes, or requests, in a second. */
export interface ThrottleDevice {
  readonly Path: string;
  readonly Rate: number;
}

export interface HostConfig extends Resources {
  readonly BlkioDeviceReadBps: readonly ThrottleDevice[];
  readonly BlkioDeviceWriteBps: readonly ThrottleDevice[];
  readonly BlkioDeviceReadIOps: readonly ThrottleDevice[];
  readonly BlkioDeviceWriteIOps: readonly ThrottleDevice[];
  /** `bridge`, `host`, `none`, `container:ID`, or a network's name. */
  readonly NetworkMode: string;
  readonly PortBindings: PortMap;
  readonly PublishAllPorts: boolean;
  readonly Dns: readonly string[];
  readonly DnsSearch: readonly string[];
  readonly DnsOptions: readonly string[];
  /** `NAME:ADDRESS` */
  readonly ExtraHosts: readonly string[];
  /** `NAME[:ro]` of containers whose volumes and directories are mounted here too. */
  readonly VolumesFrom: readonly string[];
  readonly Binds: readonly string[];
  readonly Mounts: readonly MountRequest[];
  /** Path → options of mount(8). */
  readonly Tmpfs: Readonly<Record<string, string>>;
  readonly RestartPolicy: RestartPolicy;
  readonly AutoRemove: boolean;
  readonly ReadonlyRootfs: boolean;
  readonly Privileged: boolean;
  readonly CapAdd: readonly string[];
  readonly CapDrop: readonly string[];
  readonly SecurityOpt: readonly string[];
  readonly GroupAdd: readonly string[];
  readonly Ulimits: readonly Ulimit[];
  /** `` for a namespace of its own, `host`, or `container:NAME`. */
  readonly PidMode: string;
  readonly IpcMode: string;
  readonly UTSMode: string;
  readonly CgroupnsMode: string;
  /** A reaper as the first process. */
  readonly Init: boolean;
  readonly ShmSize: number;
  readonly OomScoreAdj: number;
  readonly Devices: readonly DeviceMapping[];
  readonly Sysctls: Readonly<Record<string, string>>;
  readonly LogConfig: LogConfig;
  /** Rows and columns of the terminal. */
  readonly ConsoleSize: readonly [number, number];
}

/** Where what a container prints is kept. */
export interface LogConfig {
  /** `json-file`, or `none`. */
  readonly Type: string;
  /** The driver's options, where there are any. */
  readonly Config?: Readonly<Record<string, string>>;
}

/** A device of the host's, and where the container has it. */
export interface DeviceMapping {
  readonly PathOnHost: string;
  readonly PathInContainer: string;
  readonly CgroupPermissions: string;
}

/** An entry of `--mount`. */
export interface MountRequest {
  readonly Type: string;
  readonly Source?: string;
  readonly Target: string;
  readonly ReadOnly?: boolean;
  readonly TmpfsOptions?: { readonly SizeBytes?: number; readonly Mode?: number };
  readonly VolumeOptions?: {
    readonly NoCopy?: boolean;
    readonly Subpath?: string;
    readonly Labels?: Readonly<Record<string, string>>;
    readonly DriverConfig?: { readonly Name?: string; readonly Options?: Readonly<Record<string, string>> };
  };
}

export interface HealthResult {
  readonly Start: string;
  readonly End: string;
  readonly ExitCode: number;
  readonly Output: string;
}

export interface Health {
  Status: 'starting' | 'healthy' | 'unhealthy';
  FailingStreak: number;
  /** The last five. */
  Log: HealthResult[];
}

export interface ContainerState {
  /** Also while it waits to be started again. */
  Running: boolean;
  Paused: boolean;
  Restarting: boolean;
  OOMKilled: boolean;
  RemovalInProgress: boolean;
  Dead: boolean;
  Pid: number;
  ExitCode: number;
  Error: string;
  StartedAt: string;
  FinishedAt: string;
  Health?: Health;
}

export type Status = 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead';

/** The one word that `docker ps` has for a state. */
export function statusOf(state: ContainerState): Status {
  if (state.Running) return state.Paused ? 'paused' : state.Restarting ? 'restarting' : 'running';
  if (state.RemovalInProgress) return 'removing';
  if (state.Dead) return 'dead';
  return state.StartedAt === never ? 'created' : 'exited';
}

/** Whether a program of the container's runs now. */
export const hasProcess = (state: ContainerState): boolean => state.Running && !state.Restarting;

export interface Container {
  readonly ID: string;
  readonly Created: string;
  Name: string;
  readonly Path: string;
  readonly Args: readonly string[];
  readonly Config: ContainerConfig;
  HostConfig: HostConfig;
  readonly State: ContainerState;
  /** The image's id. */
  readonly Image: string;
  readonly MountPoints: Record<string, MountPoint>;
  readonly NetworkSettings: NetworkSettings;
  RestartCount: number;
  /** The directory of its layer below overlay2. */
  readonly MountId: string;
  /** By stop or kill: the policy `unless-stopped` leaves it alone then. */
  HasBeenManuallyStopped: boolean;
}

export interface StoredImage {
  readonly id: string;
  readonly config: ImageConfig;
  /** Directories below overlay2, bottom first. */
  readonly cacheIds: readonly string[];
  references: string[];
}

export interface Exec {
  readonly id: string;
  readonly container: Container;
  pid: number;
  /** The path of its terminal on the host, once it is started with one. */
  terminal: string | null;
  readonly config: {
    Cmd: string[];
    Tty: boolean;
    AttachStdin: boolean;
    Env: string[];
    User: string;
    WorkingDir: string;
    Privileged: boolean;
    ConsoleSize: [number, number];
  };
  exitCode: number | null;
  running: boolean;
}

/** A refusal of the daemon's, with its HTTP status. */
export class EngineError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export const never = '0001-01-01T00:00:00Z';
export const overlayPath = (id: string) => `${DOCKER_ROOT}/overlay2/${id}`;
/** The layer between a container's own and the image's: mount points that the engine needs. */
export const initPath = (id: string) => `${overlayPath(id)}-init`;
export const containerPath = (id: string) => `${DOCKER_ROOT}/containers/${id}`;
export const volumePath = (name: string) => `${DOCKER_ROOT}/volumes/${name}`;
export const logPath = (id: string) => `${containerPath(id)}/${id}-json.log`;
/** Where its shim writes what it prints. */
export const logFileOf = ({ ID, HostConfig }: Container) =>
  HostConfig.LogConfig.Type === 'none' ? '/dev/null' : logPath(ID);
/** The runtime's bundle of a container that runs, and where the runtime keeps what it knows. */
export const bundlePath = (id: string) => `/run/containerd/io.containerd.runtime.v2.task/moby/${id}`;
export const RUNTIME_ROOT = '/run/docker/runtime-runc/moby';
export const shimAddress = (id: string) => `\0containerd-shim/${id}`;
