/** Containers, volumes and images as the daemon keeps them: the fields of Docker's config.v2.json that are simulated. */
import type { ImageConfig } from '../oci/index.ts';
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
}

export interface ContainerConfig {
  readonly Hostname: string;
  readonly User: string;
  readonly Tty: boolean;
  readonly OpenStdin: boolean;
  readonly Env: readonly string[];
  readonly Cmd: readonly string[];
  readonly Entrypoint: readonly string[];
  readonly Image: string;
  readonly WorkingDir: string;
  readonly Labels: Readonly<Record<string, string>>;
  /** `80/tcp`, … */
  readonly ExposedPorts: Readonly<Record<string, Record<string, never>>>;
}

export interface HostConfig {
  /** `bridge`, `host`, `none`, `container:ID`, or a network's name. */
  readonly NetworkMode: string;
  readonly PortBindings: PortMap;
  readonly PublishAllPorts: boolean;
  readonly Dns: readonly string[];
  readonly DnsSearch: readonly string[];
  readonly DnsOptions: readonly string[];
  /** `NAME:ADDRESS` */
  readonly ExtraHosts: readonly string[];
  readonly Binds: readonly string[];
  readonly Mounts: readonly MountRequest[];
  readonly Tmpfs: readonly string[];
  readonly RestartPolicy: { readonly Name: string; readonly MaximumRetryCount: number };
  readonly AutoRemove: boolean;
  readonly ReadonlyRootfs: boolean;
  /** Rows and columns of the terminal. */
  readonly ConsoleSize: readonly [number, number];
}

/** An entry of `--mount`. */
export interface MountRequest {
  readonly Type: 'volume' | 'bind' | 'tmpfs';
  readonly Source: string;
  readonly Target: string;
  readonly ReadOnly: boolean;
}

export interface ContainerState {
  Status: 'created' | 'running' | 'exited' | 'restarting';
  Running: boolean;
  Pid: number;
  ExitCode: number;
  Error: string;
  StartedAt: string;
  FinishedAt: string;
}

export interface Container {
  readonly ID: string;
  readonly Created: string;
  Name: string;
  readonly Path: string;
  readonly Args: readonly string[];
  readonly Config: ContainerConfig;
  readonly HostConfig: HostConfig;
  readonly State: ContainerState;
  /** The image's id. */
  readonly Image: string;
  readonly MountPoints: Record<string, MountPoint>;
  readonly NetworkSettings: NetworkSettings;
  RestartCount: number;
  /** The directory of its layer below overlay2. */
  readonly MountId: string;
  /** Asked for by stop or kill: no restart then. */
  StopRequested: boolean;
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
  readonly config: {
    Cmd: string[];
    Tty: boolean;
    AttachStdin: boolean;
    Env: string[];
    User: string;
    WorkingDir: string;
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
export const shimAddress = (id: string) => `\0containerd-shim/${id}`;
