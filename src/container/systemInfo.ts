/** GET /version and GET /info: the fields that API v1.48 names, with what the host says of itself. */
import { type Sys, sys } from '../linux/index.ts';
import { defaultLog, minApiVersion } from './daemonFile.ts';
import type { Engine } from './engine.ts';
import { readText, statOrNull, timestamp } from './files.ts';
import { API_VERSION, CONTAINERD_SOCKET, DOCKER_ROOT, VERSION } from './model.ts';
import { processorCount } from './processors.ts';

/** No tool chain of Go's has made this daemon. */
const BUILD = {
  GitCommit: 'virtbook',
  GoVersion: 'n/a',
  BuildTime: '2026-01-01T00:00:00.000000000+00:00',
};

export function* versionInfo(): Sys<unknown> {
  const KernelVersion = (yield* sys.uname()).release;
  const own = {
    ApiVersion: API_VERSION,
    MinAPIVersion: yield* minApiVersion(),
    Os: 'linux',
    Arch: 'amd64',
    KernelVersion,
  };
  return {
    Platform: { Name: 'Virtbook engine' },
    Components: [{ Name: 'Engine', Version: VERSION, Details: { ...own, ...BUILD, Experimental: 'false' } }],
    Version: VERSION,
    ...own,
    ...BUILD,
  };
}

export function* systemInfo(engine: Engine): Sys<unknown> {
  const containers = [...engine.containers.values()];
  const running = containers.filter(({ State }) => State.Running && !State.Paused).length;
  const paused = containers.filter(({ State }) => State.Paused).length;
  const { nodename, release } = yield* sys.uname();
  const cgroups = (yield* statOrNull('/sys/fs/cgroup/cgroup.controllers')) !== null;
  const controllers = ((yield* readText('/sys/fs/cgroup/cgroup.controllers')) ?? '').trim().split(/\s+/);
  const memory = /^MemTotal:\s+(\d+) kB/m.exec((yield* readText('/proc/meminfo')) ?? '')?.[1];
  const os = /^PRETTY_NAME="?(.*?)"?$/m.exec((yield* readText('/etc/os-release')) ?? '')?.[1];
  const osVersion = /^VERSION_ID="?(.*?)"?$/m.exec((yield* readText('/etc/os-release')) ?? '')?.[1];
  return {
    ID: '',
    Containers: containers.length,
    ContainersRunning: running,
    ContainersPaused: paused,
    ContainersStopped: containers.length - running - paused,
    Images: engine.images.size,
    Driver: 'overlay2',
    DriverStatus: [
      ['Backing Filesystem', 'extfs'],
      ['Supports d_type', 'true'],
      ['Using metacopy', 'false'],
      ['Native Overlay Diff', 'true'],
      ['userxattr', 'false'],
    ],
    Plugins: {
      Volume: ['local'],
      Network: ['bridge', 'host', 'null'],
      Authorization: null,
      Log: ['json-file', 'none'],
    },
    MemoryLimit: controllers.includes('memory'),
    SwapLimit: controllers.includes('memory'),
    CpuCfsPeriod: controllers.includes('cpu'),
    CpuCfsQuota: controllers.includes('cpu'),
    CPUShares: controllers.includes('cpu'),
    CPUSet: controllers.includes('cpuset'),
    PidsLimit: controllers.includes('pids'),
    IPv4Forwarding: (yield* readText('/proc/sys/net/ipv4/ip_forward'))?.trim() === '1',
    BridgeNfIptables: false,
    BridgeNfIp6tables: false,
    Debug: false,
    NFd: 0,
    OomKillDisable: false,
    NGoroutines: 0,
    SystemTime: yield* timestamp(),
    LoggingDriver: (yield* defaultLog()).Type,
    CgroupDriver: cgroups ? 'cgroupfs' : 'none',
    ...(cgroups && { CgroupVersion: '2' }),
    NEventsListener: 0,
    KernelVersion: release,
    OperatingSystem: os ?? '<unknown>',
    OSVersion: osVersion ?? '',
    OSType: 'linux',
    Architecture: 'x86_64',
    IndexServerAddress: 'https://index.docker.io/v1/',
    RegistryConfig: null,
    NCPU: yield* processorCount(),
    MemTotal: memory === undefined ? 0 : Number(memory) * 1024,
    GenericResources: null,
    DockerRootDir: DOCKER_ROOT,
    HttpProxy: '',
    HttpsProxy: '',
    NoProxy: '',
    Name: nodename,
    Labels: [],
    ExperimentalBuild: false,
    ServerVersion: VERSION,
    Runtimes: { runc: { path: 'runc' } },
    DefaultRuntime: 'runc',
    Swarm: {
      NodeID: '',
      NodeAddr: '',
      LocalNodeState: 'inactive',
      ControlAvailable: false,
      Error: '',
      RemoteManagers: null,
    },
    LiveRestoreEnabled: false,
    Isolation: '',
    InitBinary: '',
    ContainerdCommit: { ID: '' },
    RuncCommit: { ID: '' },
    InitCommit: { ID: '' },
    SecurityOptions: ['name=seccomp,profile=builtin', 'name=cgroupns'],
    CDISpecDirs: [],
    Containerd: { Address: CONTAINERD_SOCKET, Namespaces: { Containers: 'moby', Plugins: 'plugins.moby' } },
    Warnings: null,
  };
}
