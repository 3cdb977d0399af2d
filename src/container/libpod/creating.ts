/** POST /libpod/containers/create: podman's description of a container as a request of Docker's API. */
import type { Engine } from '../engine.ts';
import { EngineError } from '../model.ts';
import { sortedEntries } from './call.ts';
import { isNothing, type Namespace, readSpec, type Spec } from './spec.ts';

/** `host`, `container:NAME`, or nothing for one of its own. */
function modeOf(given: unknown, name: string, more: readonly string[] = []): string {
  const { nsmode = '', value = '' } = (given ?? {}) as Namespace;
  if (['', 'default', 'private', ...more].includes(nsmode)) return '';
  if (nsmode === 'host') return 'host';
  if (nsmode === 'container') return `container:${value}`;
  throw new EngineError(400, `${name} of the mode ${nsmode} is not simulated on this host`);
}

function networking({ netns, Networks = {} }: Spec) {
  const { nsmode = '' } = (netns ?? {}) as Namespace;
  const names = sortedEntries(Networks);
  if (nsmode === 'none') return { mode: 'none', request: null };
  // Of a network that is named, docker takes the first as the mode, too.
  const mode = modeOf(netns, 'a network namespace', ['bridge', 'slirp4netns', 'pasta']);
  const dockerName = (name: string) => (name === 'podman' || name === 'default' ? 'bridge' : name);
  const endpoints = names.map(([name, { static_ips = [], aliases = [] }]) => [
    dockerName(name),
    {
      ...(aliases.length > 0 && { Aliases: aliases }),
      ...(static_ips.length > 0 && { IPAMConfig: { IPv4Address: static_ips[0]! } }),
    },
  ]);
  return {
    mode: mode !== '' ? mode : names.length > 0 ? dockerName(names[0]![0]) : 'default',
    request: { EndpointsConfig: Object.fromEntries(endpoints) as Record<string, unknown> },
  };
}

const LAST_PORT = 65_535;

function portsOf({ portmappings = [], expose = {} }: Spec) {
  const bindings: Record<string, { HostIp: string; HostPort: string }[]> = {};
  for (const { host_ip = '', container_port = 0, host_port = 0, range = 1, protocol = '' } of portmappings) {
    if (container_port + range - 1 > LAST_PORT)
      throw new EngineError(400, `${range} ports from ${container_port} on go beyond ${LAST_PORT}`);
    for (const kind of (protocol || 'tcp').split(','))
      for (let i = 0; i < Math.max(1, range); i++) {
        const name = `${container_port + i}/${kind}`;
        bindings[name] ??= [];
        bindings[name].push({ HostIp: host_ip, HostPort: host_port === 0 ? '' : `${host_port + i}` });
      }
  }
  const exposed = Object.entries(expose).flatMap(([port, kinds]) =>
    kinds.split(',').map((kind) => `${port}/${kind || 'tcp'}`),
  );
  return { bindings, exposed: [...new Set([...Object.keys(bindings), ...exposed])] };
}

/** Options of podman's own that say nothing here: SELinux does not exist, and a mount is recursive and private. */
const usual = [
  'rbind',
  'bind',
  'rw',
  'rprivate',
  'private',
  'z',
  'Z',
  'nosuid',
  'nodev',
  'noexec',
  'tmpcopyup',
];

function mountsOf({ mounts = [], volumes = [] }: Spec) {
  const Binds: string[] = [];
  const Tmpfs: Record<string, string> = {};
  const words = (options: readonly string[]) => options.filter((word) => !usual.includes(word)).join(',');
  const bind = (source: string, destination: string, options: readonly string[]) =>
    Binds.push([source, destination, words(options)].filter((part, i) => i < 2 || part !== '').join(':'));
  for (const { destination = '', type = 'bind', source = '', options = [] } of mounts)
    if (type === 'tmpfs') Tmpfs[destination] = words(options);
    else if (type === 'bind') bind(source, destination, options);
    else throw new EngineError(400, `a mount of the type ${type} is not simulated on this host`);
  for (const { Name = '', Dest = '', Options = [] } of volumes)
    if (Name === '') Binds.push(Dest);
    else bind(Name, Dest, Options);
  return { Binds, Tmpfs };
}

/** Processor time is told in two ways that say the same. */
function resourcesOf({
  resource_limits: { memory = {}, cpu = {}, pids, blockIO } = {},
  r_limits = [],
}: Spec) {
  if (!isNothing(blockIO)) throw new EngineError(400, 'limits of disks are not simulated in podman’s API');
  return {
    ...(memory.limit !== undefined && { Memory: memory.limit }),
    ...(memory.reservation !== undefined && { MemoryReservation: memory.reservation }),
    ...(memory.swap !== undefined && { MemorySwap: memory.swap }),
    ...(cpu.shares !== undefined && { CpuShares: cpu.shares }),
    ...(cpu.quota !== undefined && { CpuQuota: cpu.quota }),
    ...(cpu.period !== undefined && { CpuPeriod: cpu.period }),
    ...(cpu.cpus && { CpusetCpus: cpu.cpus }),
    ...(cpu.mems && { CpusetMems: cpu.mems }),
    ...(pids?.limit !== undefined && { PidsLimit: pids.limit }),
    Ulimits: r_limits.map(({ type = '', hard = 0, soft = 0 }) => ({
      Name: type.replace(/^RLIMIT_/, '').toLowerCase(),
      Hard: hard,
      Soft: soft,
    })),
  };
}

/** `HOST[:CONTAINER[:rwm]]`, as it was typed. */
function deviceOf({ path = '' }: { readonly path?: string }) {
  const [PathOnHost = '', second = PathOnHost, third = 'rwm'] = path.split(':');
  const isMode = /^[rwm]+$/.test(second);
  return {
    PathOnHost,
    PathInContainer: isMode ? PathOnHost : second,
    CgroupPermissions: isMode ? second : third,
  };
}

function hostConfigOf(given: Spec) {
  return {
    ...mountsOf(given),
    ...resourcesOf(given),
    PortBindings: portsOf(given).bindings,
    PublishAllPorts: given.publish_image_ports,
    NetworkMode: networking(given).mode,
    RestartPolicy: {
      Name: given.restart_policy ?? '',
      MaximumRetryCount: given.restart_policy === 'on-failure' ? (given.restart_tries ?? 0) : 0,
    },
    AutoRemove: given.remove,
    VolumesFrom: given.volumes_from,
    Privileged: given.privileged,
    ReadonlyRootfs: given.read_only_filesystem,
    CapAdd: given.cap_add,
    CapDrop: given.cap_drop,
    GroupAdd: given.groups,
    SecurityOpt: given.no_new_privileges === true ? ['no-new-privileges'] : [],
    PidMode: modeOf(given.pidns, 'a PID namespace'),
    UTSMode: modeOf(given.utsns, 'a UTS namespace'),
    IpcMode: modeOf(given.ipcns, 'an IPC namespace', ['shareable']),
    CgroupnsMode: modeOf(given.cgroupns, 'a cgroup namespace'),
    Dns: given.dns_server,
    DnsSearch: given.dns_search,
    DnsOptions: given.dns_option,
    ExtraHosts: given.hostadd,
    ShmSize: given.shm_size,
    OomScoreAdj: given.oom_score_adj,
    Init: given.init,
    Sysctls: given.sysctl,
    Devices: (given.devices ?? []).map(deviceOf),
    LogConfig: {
      Type: given.log_configuration?.driver ?? '',
      Config: given.log_configuration?.options ?? {},
    },
  };
}

/** The image by the name that was typed, if that is still the one: so it is shown. */
function imageOf(engine: Engine, { image = '', raw_image_name = '' }: Spec): string {
  if (image === '') throw new EngineError(400, 'a container without an image is not simulated on this host');
  const typed = raw_image_name === '' ? null : engine.findImage(raw_image_name);
  return typed !== null && typed === engine.findImage(image) ? raw_image_name : image;
}

/** The name and the body for POST /containers/create. Throws EngineError 400 for what is not simulated, by its name. */
export function createRequest(engine: Engine, body: unknown) {
  const given = readSpec(body);
  const { UIDMap = [], GIDMap = [], AutoUserNs = false } = given.idmappings ?? {};
  const mapped = UIDMap.length > 0 || GIDMap.length > 0 || AutoUserNs;
  if (mapped || modeOf(given.userns, 'a user namespace', ['host']) !== '')
    throw new EngineError(400, 'a user namespace of its own is not simulated on this host');
  const { stdin = false, stop_signal } = given as { stdin?: boolean; stop_signal?: number };
  return {
    name: (given.name ?? '') as string,
    body: {
      Image: imageOf(engine, given),
      Hostname: given.hostname,
      User: given.user,
      ...{ AttachStdin: stdin, AttachStdout: true, AttachStderr: true, OpenStdin: stdin, StdinOnce: stdin },
      Tty: given.terminal,
      Env: sortedEntries(given.env ?? {}).map(([name, value]) => `${name}=${value}`),
      Cmd: given.command,
      Entrypoint: given.entrypoint,
      WorkingDir: given.work_dir,
      Labels: given.labels,
      ExposedPorts: Object.fromEntries(portsOf(given).exposed.map((name) => [name, {}])),
      ...(stop_signal !== undefined && { StopSignal: `${stop_signal}` }),
      ...(given.stop_timeout !== undefined && { StopTimeout: given.stop_timeout }),
      ...(given.healthconfig !== undefined && { Healthcheck: given.healthconfig }),
      HostConfig: hostConfigOf(given),
      NetworkingConfig: networking(given).request,
    },
  };
}
