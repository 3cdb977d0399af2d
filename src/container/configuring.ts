/** A container's configuration from what a client asks for and what the image says; what is not simulated is refused by name. */
import { goQuote } from '../base/index.ts';
import { parseSignal, RESOURCES } from '../linux/index.ts';
import type { Healthcheck } from '../oci/index.ts';
import { boundingSet } from './capabilities.ts';
import type { CreateRequest } from './create.ts';
import { deviceMapping, type Others, requireOthers } from './hostOptions.ts';
import {
  type ContainerConfig,
  EngineError,
  type HostConfig,
  type LogConfig,
  type Resources,
  type StoredImage,
} from './model.ts';
import { seccompFrom } from './ownSeccomp.ts';

/** Run options over the image's: an entrypoint of one's own takes the image's command away. */
export function configOf(request: CreateRequest, image: StoredImage, id: string): ContainerConfig {
  const own = image.config.config;
  const asked = request.Entrypoint ?? own.Entrypoint ?? [];
  // `--entrypoint ''` takes the image's away.
  const entrypoint = asked.length === 1 && asked[0] === '' ? [] : asked;
  const given = request.Cmd ?? [];
  const command = given.length > 0 ? given : request.Entrypoint ? [] : (own.Cmd ?? []);
  const env = new Map(
    [...(own.Env ?? []), ...(request.Env ?? [])].map((pair) => [pair.split('=', 1)[0]!, pair]),
  );
  const StopSignal = request.StopSignal || own.StopSignal;
  if (StopSignal !== undefined && parseSignal(StopSignal) === null)
    throw new EngineError(400, `invalid signal: ${StopSignal}`);
  if (request.WorkingDir && !request.WorkingDir.startsWith('/'))
    throw new EngineError(
      400,
      `the working directory '${request.WorkingDir}' is invalid, it needs to be an absolute path`,
    );
  if (request.Domainname) throw new EngineError(400, 'a domain name is not simulated on this host');
  const health = healthcheckOf(request.Healthcheck ?? {}, own.Healthcheck ?? {});
  return {
    Hostname: request.Hostname || id.slice(0, 12),
    Domainname: '',
    User: request.User || (own.User ?? ''),
    AttachStdin: request.AttachStdin ?? false,
    AttachStdout: request.AttachStdout ?? false,
    AttachStderr: request.AttachStderr ?? false,
    Tty: request.Tty ?? false,
    OpenStdin: request.OpenStdin ?? false,
    StdinOnce: request.StdinOnce ?? false,
    Env: [...env.values()],
    Cmd: command,
    ...(health !== null && { Healthcheck: health }),
    Entrypoint: entrypoint,
    Image: request.Image,
    WorkingDir: request.WorkingDir || (own.WorkingDir ?? ''),
    Labels: { ...own.Labels, ...request.Labels },
    ExposedPorts: { ...own.ExposedPorts, ...request.ExposedPorts } as ContainerConfig['ExposedPorts'],
    ...(StopSignal !== undefined && { StopSignal }),
    ...(request.StopTimeout != null && { StopTimeout: request.StopTimeout }),
    Volumes: { ...own.Volumes, ...request.Volumes } as ContainerConfig['Volumes'],
  };
}

const MILLISECONDS = 1e6;

/** Each field from whoever has it, the user first; null when there is no check. */
function healthcheckOf(user: Healthcheck, image: Healthcheck): Healthcheck | null {
  const Test = (user.Test ?? []).length > 0 ? user.Test! : (image.Test ?? []);
  if (Test.length === 0) return null;
  const times = ['Interval', 'Timeout', 'StartPeriod', 'StartInterval'] as const;
  const all: Record<string, unknown> = { Test };
  for (const name of [...times, 'Retries'] as const) {
    const value = user[name] || image[name];
    if (value === undefined || value === 0) continue;
    if (name !== 'Retries' && value < MILLISECONDS)
      throw new EngineError(400, `${name} in Healthcheck cannot be less than 1ms`);
    if (name === 'Retries' && value < 0)
      throw new EngineError(400, 'Retries in Healthcheck cannot be negative');
    all[name] = value;
  }
  return all as Healthcheck;
}

/** Fields of the API's HostConfig that are not simulated, and what is to be said of them. */
const refused: readonly (readonly [field: string, what: string])[] = Object.entries({
  BlkioWeightDevice: 'weights for a device are',
  CgroupParent: 'a parent for the control group is',
  CpuRealtimePeriod: 'real-time scheduling is',
  CpuRealtimeRuntime: 'real-time scheduling is',
  DeviceCgroupRules: 'rules for devices are',
  DeviceRequests: 'GPUs are',
  Links: 'links are',
  MemorySwappiness: 'swappiness is',
  StorageOpt: 'storage options are',
  KernelMemory: 'a limit of kernel memory is',
  Annotations: 'annotations are',
  Isolation: 'an isolation technology is',
});

const isNothing = (value: unknown) =>
  value === undefined ||
  value === null ||
  value === '' ||
  value === 0 ||
  value === false ||
  (typeof value === 'object' && Object.keys(value).length === 0);

/** Throws EngineError for what would have to be ignored. */
export function requireSimulated(given: object): void {
  for (const [field, what] of refused) {
    const value = (given as Record<string, unknown>)[field];
    // -1 is "as the daemon has it".
    if (!isNothing(value) && !(field === 'MemorySwappiness' && value === -1))
      throw new EngineError(400, `${what} not simulated on this host (${field})`);
  }
}

function logConfigOf({ Type, Config = {} }: LogConfig): LogConfig {
  // Go's JSON has the keys of a map in order.
  const options = Object.entries(Config).sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    Type: Type || 'json-file',
    ...(options.length > 0 && { Config: Object.fromEntries(options) }),
  };
}

const NONE: readonly never[] = [];

/** A list that is given; most have nothing in them, and these are one for all containers. */
const listed = <T>(given: readonly T[] | null | undefined): readonly T[] =>
  given == null || given.length === 0 ? NONE : given;

export function hostConfigOf(given: NonNullable<CreateRequest['HostConfig']>): HostConfig {
  requireSimulated(given);
  requireOthers(given as Others);
  const policy = given.RestartPolicy ?? { Name: '', MaximumRetryCount: 0 };
  requirePolicy(policy, given.AutoRemove ?? false);
  const host: HostConfig = {
    ...resourcesFrom(given, NO_LIMITS),
    BlkioDeviceReadBps: listed(given.BlkioDeviceReadBps),
    BlkioDeviceWriteBps: listed(given.BlkioDeviceWriteBps),
    BlkioDeviceReadIOps: listed(given.BlkioDeviceReadIOps),
    BlkioDeviceWriteIOps: listed(given.BlkioDeviceWriteIOps),
    NetworkMode: given.NetworkMode || 'default',
    PortBindings: given.PortBindings ?? {},
    PublishAllPorts: given.PublishAllPorts ?? false,
    Dns: listed(given.Dns),
    DnsSearch: listed(given.DnsSearch),
    DnsOptions: listed(given.DnsOptions),
    ExtraHosts: listed(given.ExtraHosts),
    VolumesFrom: listed(given.VolumesFrom),
    Binds: listed(given.Binds),
    Mounts: listed(given.Mounts),
    Tmpfs: given.Tmpfs ?? {},
    RestartPolicy: { Name: policy.Name || 'no', MaximumRetryCount: policy.MaximumRetryCount },
    AutoRemove: given.AutoRemove ?? false,
    ReadonlyRootfs: given.ReadonlyRootfs ?? false,
    Privileged: given.Privileged ?? false,
    CapAdd: listed(given.CapAdd),
    CapDrop: listed(given.CapDrop),
    SecurityOpt: listed(given.SecurityOpt),
    GroupAdd: listed(given.GroupAdd),
    Ulimits: listed(given.Ulimits),
    PidMode: given.PidMode ?? '',
    IpcMode: given.IpcMode || 'private',
    UTSMode: given.UTSMode ?? '',
    CgroupnsMode: given.CgroupnsMode || (given.Privileged === true ? 'host' : 'private'),
    Init: given.Init ?? false,
    ShmSize: given.ShmSize || 64 * 2 ** 20,
    OomScoreAdj: given.OomScoreAdj ?? 0,
    Devices: listed(given.Devices).map(deviceMapping),
    Sysctls: given.Sysctls ?? {},
    LogConfig: logConfigOf(given.LogConfig ?? { Type: '' }),
    ConsoleSize: given.ConsoleSize ?? [0, 0],
  };
  requireKnown(host);
  return host;
}

export function requirePolicy(
  { Name, MaximumRetryCount }: HostConfig['RestartPolicy'],
  autoRemove: boolean,
): void {
  if (!['', 'no', 'always', 'unless-stopped', 'on-failure'].includes(Name))
    throw new EngineError(
      400,
      `invalid restart policy: unknown policy '${Name}'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'`,
    );
  if (MaximumRetryCount > 0 && Name !== 'on-failure')
    throw new EngineError(
      400,
      "invalid restart policy: maximum retry count can only be used with 'on-failure'",
    );
  if (MaximumRetryCount < 0)
    throw new EngineError(400, 'invalid restart policy: maximum retry count cannot be negative');
  if (autoRemove && !['', 'no'].includes(Name))
    throw new EngineError(400, "can't create 'AutoRemove' container with restart policy");
}

const namespaceMode = /^(|host|container:.+)$/;

function requireKnown(host: HostConfig): void {
  boundingSet(host);
  if (!namespaceMode.test(host.PidMode)) throw new EngineError(400, `invalid PID mode: ${host.PidMode}`);
  if (!/^(private|shareable|none|host|container:.+)$/.test(host.IpcMode))
    throw new EngineError(400, `invalid IPC mode: ${host.IpcMode}`);
  if (host.IpcMode === 'none') throw new EngineError(400, 'the IPC mode none is not simulated on this host');
  if (!['', 'host'].includes(host.UTSMode)) throw new EngineError(400, `invalid UTS mode: ${host.UTSMode}`);
  if (!['private', 'host'].includes(host.CgroupnsMode))
    throw new EngineError(400, `invalid cgroup namespace mode: ${host.CgroupnsMode}`);
  for (const option of host.SecurityOpt) {
    if (
      /^no-new-privileges([:=](true|false))?$/.test(option) ||
      /^seccomp=(unconfined|builtin)$/.test(option)
    )
      continue;
    // As on a host without AppArmor and SELinux: what is said to them is said to nobody.
    if (/^(apparmor|label)[:=]/.test(option)) continue;
    if (/^(seccomp:|systempaths[:=]|writable-cgroups[:=])/.test(option))
      throw new EngineError(400, `the security option ${option} is not simulated on this host`);
    const profile = /^seccomp=(.*)$/s.exec(option)?.[1];
    if (profile === undefined) throw new EngineError(400, `invalid --security-opt 2: ${goQuote(option)}`);
    seccompFrom(profile, []);
  }
  for (const { Name } of host.Ulimits)
    if (!(Name in RESOURCES)) throw new EngineError(400, `invalid ulimit type: ${Name}`);
  if (host.OomScoreAdj < -1000 || host.OomScoreAdj > 1000)
    throw new EngineError(400, `Invalid value ${host.OomScoreAdj}, range for oom score adj is [-1000, 1000]`);
}

export const NO_LIMITS: Resources = {
  ...{ Memory: 0, MemorySwap: 0, MemoryReservation: 0, NanoCpus: 0 },
  ...{ CpuShares: 0, CpuPeriod: 0, CpuQuota: 0, BlkioWeight: 0, PidsLimit: null },
};

const LEAST_MEMORY = 6 * 2 ** 20;

/** The limits asked for over those there are, checked as moby's verifyPlatformContainerResources does. */
export function resourcesFrom(
  given: { readonly [K in keyof Resources]?: Resources[K] | null },
  before: Resources,
): Resources {
  const wanted = (name: Exclude<keyof Resources, 'PidsLimit' | 'CpusetCpus' | 'CpusetMems'>) =>
    given[name] || before[name];
  const Memory = wanted('Memory');
  let MemorySwap = wanted('MemorySwap');
  const MemoryReservation = wanted('MemoryReservation');
  if (Memory !== 0 && Memory < LEAST_MEMORY)
    throw new EngineError(400, 'Minimum memory limit allowed is 6MB');
  if (Memory > 0 && MemorySwap > 0 && MemorySwap < Memory)
    throw new EngineError(400, 'Minimum memoryswap limit should be larger than memory limit, see usage');
  if (Memory === 0 && MemorySwap > 0)
    throw new EngineError(
      400,
      'You should always set the Memory limit when using Memoryswap limit, see usage',
    );
  if (Memory > 0 && MemoryReservation > 0 && Memory < MemoryReservation)
    throw new EngineError(
      400,
      'Minimum memory limit can not be less than memory reservation limit, see usage',
    );
  if (Memory > 0 && MemorySwap === 0) MemorySwap = Memory * 2;
  const NanoCpus = wanted('NanoCpus');
  const CpuPeriod = wanted('CpuPeriod');
  const CpuQuota = wanted('CpuQuota');
  if (NanoCpus > 0 && CpuPeriod > 0)
    throw new EngineError(400, 'Conflicting options: Nano CPUs and CPU Period cannot both be set');
  if (NanoCpus > 0 && CpuQuota > 0)
    throw new EngineError(400, 'Conflicting options: Nano CPUs and CPU Quota cannot both be set');
  if (CpuPeriod !== 0 && (CpuPeriod < 1000 || CpuPeriod > 1_000_000))
    throw new EngineError(
      400,
      'CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)',
    );
  if (CpuQuota > 0 && CpuQuota < 1000)
    throw new EngineError(400, 'CPU cfs quota can not be less than 1ms (i.e. 1000)');
  const BlkioWeight = wanted('BlkioWeight');
  if (BlkioWeight !== 0 && (BlkioWeight < 10 || BlkioWeight > 1000))
    throw new EngineError(400, 'Range of blkio weight is from 10 to 1000');
  const CpusetCpus = given.CpusetCpus || before.CpusetCpus;
  const CpusetMems = given.CpusetMems || before.CpusetMems;
  return {
    ...{ Memory, MemorySwap, MemoryReservation, NanoCpus, CpuPeriod, CpuQuota },
    ...(CpusetCpus !== undefined && { CpusetCpus }),
    ...(CpusetMems !== undefined && { CpusetMems }),
    ...{ CpuShares: wanted('CpuShares'), BlkioWeight },
    PidsLimit: given.PidsLimit ?? before.PidsLimit,
  };
}
