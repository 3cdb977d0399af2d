/** From a container's configuration to the config.json of its bundle: what the engine decides, the runtime does. */
import type { Path, SeccompFilter, Sys } from '../linux/index.ts';
import { blockIoOf } from './blockIo.ts';
import { boundingSet } from './capabilities.ts';
import { deviceRules, devicesOf } from './devices.ts';
import type { Engine } from './engine.ts';
import { readText } from './files.ts';
import { identityMounts } from './identity.ts';
import {
  type Container,
  EngineError,
  type HostConfig,
  hasProcess,
  type MountPoint,
  overlayPath,
} from './model.ts';
import { namespacePath } from './networking.ts';
import { seccompFrom } from './ownSeccomp.ts';
import { MASKED_PATHS, READONLY_PATHS } from './runtime/defaults.ts';
import {
  OCI_VERSION,
  type RuntimeSpec,
  type SpecLinux,
  type SpecMount,
  type SpecProcess,
  type SpecResources,
} from './runtime/spec.ts';
import { defaultSeccomp } from './seccompProfile.ts';
import { userOf } from './users.ts';
import { subpathOf } from './volumeOptions.ts';

export const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** The reaper of --init, in the container. */
const INIT = '/sbin/docker-init';
export const INIT_ON_HOST = '/usr/bin/docker-init';

/** The container's group when the daemon uses the driver `cgroupfs`. */
export const cgroupsPathOf = (container: Container): string => `/docker/${container.ID}`;

/** What the engine gives a process before the image and the user have their say; a name alone takes a variable away. */
export function environmentOf(container: Container, tty: boolean, own: readonly string[]): string[] {
  const all = new Map<string, string>([
    ['PATH', `PATH=${DEFAULT_PATH}`],
    ['HOSTNAME', `HOSTNAME=${container.Config.Hostname}`],
    ...(tty ? [['TERM', 'TERM=xterm'] as const] : []),
  ]);
  for (const pair of own) {
    const [name = ''] = pair.split('=', 1);
    if (pair.includes('=')) all.set(name, pair);
    else all.delete(name);
  }
  return [...all.values()];
}

/** Of the container's first process, and, changed a little, of those that join it. */
export function* processSpec(container: Container): Sys<SpecProcess> {
  const { Config, HostConfig } = container;
  const [height, width] = HostConfig.ConsoleSize;
  const args = [container.Path, ...container.Args];
  const set = boundingSet(HostConfig);
  const user = yield* userOf(`${overlayPath(container.MountId)}/merged`, Config.User, HostConfig.GroupAdd);
  const capabilities = user.uid === 0 ? { bounding: set, effective: set, permitted: set } : { bounding: set };
  return {
    ...(Config.Tty && { terminal: true, consoleSize: { height, width } }),
    user,
    args: HostConfig.Init ? [INIT, '--', ...args] : args,
    env: environmentOf(container, Config.Tty, Config.Env),
    cwd: Config.WorkingDir === '' ? '/' : Config.WorkingDir,
    capabilities,
    ...(HostConfig.SecurityOpt.some((option) => /^no-new-privileges([:=]true)?$/.test(option)) && {
      noNewPrivileges: true,
    }),
    oomScoreAdj: HostConfig.OomScoreAdj,
    rlimits: HostConfig.Ulimits.map(({ Name, Soft, Hard }) => ({
      type: `RLIMIT_${Name.toUpperCase()}`,
      soft: Soft,
      hard: Hard,
    })),
  };
}

export function* specOf(engine: Engine, container: Container): Sys<RuntimeSpec> {
  const { Config, HostConfig } = container;
  // A line each: `nodev` or nothing, a tab, the type.
  const filesystems = (yield* readText('/proc/filesystems')) ?? '';
  return {
    ociVersion: OCI_VERSION,
    process: yield* processSpec(container),
    root: {
      path: `${overlayPath(container.MountId)}/merged`,
      ...(HostConfig.ReadonlyRootfs && { readonly: true }),
    },
    ...(HostConfig.UTSMode !== 'host' && { hostname: Config.Hostname }),
    mounts: [...systemMounts(HostConfig, filesystems), ...(yield* ownMounts(container))],
    linux: yield* linuxPart(engine, container),
  };
}

const HARD = ['nosuid', 'noexec', 'nodev'];
const DEV = ['nosuid', 'strictatime', 'mode=755', 'size=65536k'];
const PTS = ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5'];

/** The file systems of every container, as far as the kernel has them. */
function systemMounts({ Privileged, ShmSize }: HostConfig, filesystems: string): SpecMount[] {
  const access = Privileged ? 'rw' : 'ro';
  const shm = [...HARD, 'mode=1777', `size=${ShmSize}`];
  const all: SpecMount[] = [
    { destination: '/proc', type: 'proc', source: 'proc', options: HARD },
    { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: DEV },
    { destination: '/dev/pts', type: 'devpts', source: 'devpts', options: PTS },
    { destination: '/sys', type: 'sysfs', source: 'sysfs', options: [...HARD, access] },
    { destination: '/sys/fs/cgroup', type: 'cgroup', source: 'cgroup', options: [access, ...HARD] },
    { destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue', options: HARD },
    { destination: '/dev/shm', type: 'tmpfs', source: 'shm', options: shm },
  ];
  const known = (type: string) => filesystems.includes(`\t${type === 'cgroup' ? 'cgroup2' : type}\n`);
  return all.filter(({ type }) => known(type!));
}

function mountOf(point: MountPoint): SpecMount {
  const destination = point.Destination;
  if (point.Type === 'tmpfs') {
    const words = (point.Options ?? '').split(',').filter((word) => word !== '');
    const access = point.RW ? [] : ['ro'];
    const options = ['noexec', 'nosuid', 'nodev', ...access, ...words];
    return { destination, type: 'tmpfs', source: 'tmpfs', options };
  }
  const options = point.RW ? ['rbind', 'rprivate'] : ['rbind', 'ro', 'rprivate'];
  return { destination, type: 'bind', source: point.Source, options };
}

/** Components of an absolute path. */
function depthOf(path: Path): number {
  let depth = 0;
  for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) depth++;
  return depth;
}

/** Volumes, directories, identity files and the reaper, those nearer to the root first. */
function* ownMounts(container: Container): Sys<SpecMount[]> {
  const mounts: SpecMount[] = [];
  for (const point of Object.values(container.MountPoints))
    mounts.push(mountOf(point.Subpath ? { ...point, Source: yield* subpathOf(point) } : point));
  for (const point of identityMounts(container)) mounts.push(mountOf(point));
  if (container.HostConfig.Init)
    mounts.push({ destination: INIT, type: 'bind', source: INIT_ON_HOST, options: ['bind', 'ro'] });
  return mounts.sort((a, b) => depthOf(a.destination) - depthOf(b.destination));
}

/** The namespace of the container that `mode` names, `host` or the container's own. */
function namespaceOf(
  engine: Engine,
  type: 'pid' | 'ipc' | 'uts' | 'cgroup',
  mode: string,
): { type: typeof type; path?: string }[] {
  if (mode === 'host') return [];
  if (!mode.startsWith('container:')) return [{ type }];
  const other = engine.findContainer(mode.slice('container:'.length));
  if (!hasProcess(other.State))
    throw new EngineError(
      409,
      `cannot join ${type.toUpperCase()} namespace of a non running container: container ${other.ID} is not running`,
    );
  return [{ type, path: `/proc/${other.State.Pid}/ns/${type}` }];
}

/** The filter of system calls, if there is one. */
function seccompOf(host: HostConfig): SeccompFilter | null {
  const profile = host.SecurityOpt.findLast((option) => option.startsWith('seccomp='))?.slice(
    'seccomp='.length,
  );
  const own = profile !== undefined && profile !== 'builtin';
  if (profile === 'unconfined' || (host.Privileged && !own)) return null;
  return own ? seccompFrom(profile, boundingSet(host)) : defaultSeccomp(boundingSet(host));
}

function* linuxPart(engine: Engine, container: Container): Sys<SpecLinux> {
  const { HostConfig } = container;
  const network = namespacePath(container);
  const seccomp = seccompOf(HostConfig);
  return {
    resources: {
      devices: yield* deviceRules(HostConfig),
      ...resourcesOf(HostConfig),
      ...(yield* blockIoOf(HostConfig)),
    },
    cgroupsPath: cgroupsPathOf(container),
    ...((HostConfig.Devices.length > 0 || HostConfig.Privileged) && {
      devices: yield* devicesOf(HostConfig),
    }),
    namespaces: [
      { type: 'mount' },
      ...namespaceOf(engine, 'uts', HostConfig.UTSMode),
      ...namespaceOf(engine, 'pid', HostConfig.PidMode),
      ...namespaceOf(engine, 'ipc', HostConfig.IpcMode),
      ...namespaceOf(engine, 'cgroup', HostConfig.CgroupnsMode),
      ...(network === '' ? [] : [{ type: 'network' as const, path: network }]),
    ],
    // In a network of its own, a container's programs need not be root's to serve a well-known port, and to ping.
    sysctl: {
      ...(network !== '' && {
        'net.ipv4.ip_unprivileged_port_start': '0',
        'net.ipv4.ping_group_range': '0 2147483647',
      }),
      ...HostConfig.Sysctls,
    },
    ...(seccomp !== null && { seccomp }),
    ...(!HostConfig.Privileged && { maskedPaths: MASKED_PATHS, readonlyPaths: READONLY_PATHS }),
  };
}

/** The limits, in the words of config.json. */
export function resourcesOf(host: HostConfig): SpecResources {
  const { Memory, MemorySwap, MemoryReservation, NanoCpus, CpuShares, CpuPeriod, CpuQuota, PidsLimit } = host;
  const memory = {
    ...(Memory !== 0 && { limit: Memory }),
    ...(MemorySwap !== 0 && { swap: MemorySwap }),
    ...(MemoryReservation !== 0 && { reservation: MemoryReservation }),
  };
  const period = NanoCpus !== 0 ? 100_000 : CpuPeriod;
  const quota = NanoCpus !== 0 ? Math.round((NanoCpus * 100_000) / 1e9) : CpuQuota;
  const cpu = {
    ...(CpuShares !== 0 && { shares: CpuShares }),
    ...(period !== 0 && { period }),
    ...(quota !== 0 && { quota }),
    ...(host.CpusetCpus !== undefined && { cpus: host.CpusetCpus }),
    ...(host.CpusetMems !== undefined && { mems: host.CpusetMems }),
  };
  const pids = PidsLimit !== null && PidsLimit !== 0 ? { pids: { limit: PidsLimit } } : {};
  return {
    ...(Object.keys(memory).length > 0 && { memory }),
    ...(Object.keys(cpu).length > 0 && { cpu }),
    ...(host.BlkioWeight !== 0 && { blockIO: { weight: host.BlkioWeight } }),
    ...pids,
  };
}
