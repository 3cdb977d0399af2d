/** The types of what is sent to the daemon as JSON: Docker Engine API v1.48, so that no handler meets anything else. */
import { bool, decode, int, type Kind, listOf, mapOf, string, strings, struct, words } from '../decode.ts';
import type { Request } from '../http.ts';
import { EngineError } from '../model.ts';

const nothing = struct('struct {}', {});

const health = struct('HealthConfig', {
  Test: strings,
  Interval: int,
  Timeout: int,
  StartPeriod: int,
  StartInterval: int,
  Retries: int,
});

const config = {
  Hostname: string,
  Domainname: string,
  User: string,
  AttachStdin: bool,
  AttachStdout: bool,
  AttachStderr: bool,
  ExposedPorts: mapOf(nothing),
  Tty: bool,
  OpenStdin: bool,
  StdinOnce: bool,
  Env: strings,
  Cmd: words,
  Healthcheck: health,
  ArgsEscaped: bool,
  Image: string,
  Volumes: mapOf(nothing),
  WorkingDir: string,
  Entrypoint: words,
  NetworkDisabled: bool,
  MacAddress: string,
  OnBuild: strings,
  Labels: mapOf(string),
  StopSignal: string,
  StopTimeout: int,
  Shell: words,
};

const restartPolicy = struct('RestartPolicy', { Name: string, MaximumRetryCount: int });

const resources = {
  CpuShares: int,
  Memory: int,
  NanoCpus: int,
  CgroupParent: string,
  BlkioWeight: int,
  CpuPeriod: int,
  CpuQuota: int,
  CpuRealtimePeriod: int,
  CpuRealtimeRuntime: int,
  CpusetCpus: string,
  CpusetMems: string,
  MemoryReservation: int,
  MemorySwap: int,
  KernelMemory: int,
  MemorySwappiness: int,
  OomKillDisable: bool,
  PidsLimit: int,
  Ulimits: listOf(struct('Ulimit', { Name: string, Hard: int, Soft: int })),
};

const throttles = listOf(struct('ThrottleDevice', { Path: string, Rate: int }));

const mount = struct('Mount', {
  Type: string,
  Source: string,
  Target: string,
  ReadOnly: bool,
  Consistency: string,
  TmpfsOptions: struct('TmpfsOptions', { SizeBytes: int, Mode: int }),
  VolumeOptions: struct('VolumeOptions', {
    NoCopy: bool,
    Subpath: string,
    Labels: mapOf(string),
    DriverConfig: struct('Driver', { Name: string, Options: mapOf(string) }),
  }),
});

const hostConfig = struct('HostConfig', {
  ...resources,
  BlkioDeviceReadBps: throttles,
  BlkioDeviceWriteBps: throttles,
  BlkioDeviceReadIOps: throttles,
  BlkioDeviceWriteIOps: throttles,
  Binds: strings,
  ContainerIDFile: string,
  LogConfig: struct('LogConfig', { Type: string, Config: mapOf(string) }),
  NetworkMode: string,
  PortBindings: mapOf(listOf(struct('PortBinding', { HostIp: string, HostPort: string }))),
  RestartPolicy: restartPolicy,
  AutoRemove: bool,
  VolumeDriver: string,
  VolumesFrom: strings,
  ConsoleSize: listOf(int),
  CapAdd: words,
  CapDrop: words,
  CgroupnsMode: string,
  Dns: strings,
  DnsOptions: strings,
  DnsSearch: strings,
  ExtraHosts: strings,
  GroupAdd: strings,
  IpcMode: string,
  Cgroup: string,
  Links: strings,
  OomScoreAdj: int,
  PidMode: string,
  Privileged: bool,
  PublishAllPorts: bool,
  ReadonlyRootfs: bool,
  SecurityOpt: strings,
  StorageOpt: mapOf(string),
  Tmpfs: mapOf(string),
  UTSMode: string,
  UsernsMode: string,
  Annotations: mapOf(string),
  Isolation: string,
  Devices: listOf(
    struct('DeviceMapping', { PathOnHost: string, PathInContainer: string, CgroupPermissions: string }),
  ),
  ShmSize: int,
  Sysctls: mapOf(string),
  Runtime: string,
  Mounts: listOf(mount),
  MaskedPaths: strings,
  ReadonlyPaths: strings,
  Init: bool,
});

const endpoint = struct('EndpointSettings', {
  IPAMConfig: struct('EndpointIPAMConfig', {
    IPv4Address: string,
    IPv6Address: string,
    LinkLocalIPs: strings,
  }),
  Links: strings,
  Aliases: strings,
  MacAddress: string,
  DriverOpts: mapOf(string),
  GwPriority: int,
  NetworkID: string,
  EndpointID: string,
});

const ipamPool = struct('IPAMConfig', {
  Subnet: string,
  IPRange: string,
  Gateway: string,
  AuxiliaryAddresses: mapOf(string),
});

const consoleSize = listOf(int);

/** What is posted to a path, in which `*` is a name. */
const bodies: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  [
    '/containers/create',
    struct('CreateRequest', {
      ...config,
      HostConfig: hostConfig,
      NetworkingConfig: struct('NetworkingConfig', { EndpointsConfig: mapOf(endpoint) }),
    }),
  ],
  ['/containers/*/update', struct('UpdateConfig', { ...resources, RestartPolicy: restartPolicy })],
  [
    '/containers/*/exec',
    struct('ExecOptions', {
      User: string,
      Privileged: bool,
      Tty: bool,
      ConsoleSize: consoleSize,
      AttachStdin: bool,
      AttachStderr: bool,
      AttachStdout: bool,
      DetachKeys: string,
      Env: strings,
      WorkingDir: string,
      Cmd: strings,
    }),
  ],
  ['/exec/*/start', struct('ExecStartOptions', { Detach: bool, Tty: bool, ConsoleSize: consoleSize })],
  ['/commit', struct('Config', config)],
  [
    '/auth',
    struct('AuthConfig', {
      username: string,
      password: string,
      auth: string,
      email: string,
      serveraddress: string,
      identitytoken: string,
      registrytoken: string,
    }),
  ],
  [
    '/volumes/create',
    struct('CreateOptions', {
      Name: string,
      Driver: string,
      DriverOpts: mapOf(string),
      Labels: mapOf(string),
    }),
  ],
  [
    '/networks/create',
    struct('CreateRequest', {
      Name: string,
      Driver: string,
      Scope: string,
      EnableIPv4: bool,
      EnableIPv6: bool,
      IPAM: struct('IPAM', { Driver: string, Options: mapOf(string), Config: listOf(ipamPool) }),
      Internal: bool,
      Attachable: bool,
      Ingress: bool,
      ConfigOnly: bool,
      Options: mapOf(string),
      Labels: mapOf(string),
    }),
  ],
  ['/networks/*/connect', struct('ConnectOptions', { Container: string, EndpointConfig: endpoint })],
  ['/networks/*/disconnect', struct('DisconnectOptions', { Container: string, Force: bool })],
]);

/** A path with `*` in the place of the name in its middle. */
function withoutName(path: string): string {
  const name = path.indexOf('/', 1) + 1;
  const end = path.indexOf('/', name);
  const isOne = name > 0 && end > name && !path.includes('/', end + 1);
  return isOne ? `${path.slice(0, name)}*${path.slice(end)}` : path;
}

/** The body of a request as its handler gets it; an object where there is none. Throws EngineError 400. */
export function checkedBody({ method, path, body, headers }: Request): unknown {
  const kind = method === 'POST' ? bodies.get(withoutName(path)) : undefined;
  if (kind === undefined) return body;
  if (body instanceof Uint8Array) {
    throw new EngineError(
      400,
      `unsupported Content-Type header (${headers['content-type']}): must be 'application/json'`,
    );
  }
  const create = path === '/containers/create';
  if (create && body === null)
    throw new EngineError(400, 'config cannot be empty in order to create a container');
  const read = (body === null ? {} : decode(kind, body)) as Readonly<Record<string, unknown>>;
  // Every other field has a meaning when it is absent.
  if (create && !read.Image) throw new EngineError(400, 'invalid reference format');
  return read;
}
