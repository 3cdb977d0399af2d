/** /_ping, /version, /info and /system/df of podman's API. */
import { encodeUtf8 } from '../../base/index.ts';
import type { Sys } from '../../linux/index.ts';
import { readText } from '../files.ts';
import type { Response } from '../http.ts';
import { DOCKER_ROOT } from '../model.ts';
import { ok } from '../routes/handler.ts';
import { bodyOf, type Call, type LibpodRoute } from './call.ts';
import { events } from './events.ts';

/** The version of podman whose API this is. */
export const LIBPOD_VERSION = '4.3.1';
const MIN_LIBPOD_VERSION = '4.0.0';

const PING: Response = {
  status: 200,
  body: encodeUtf8('OK'),
  headers: {
    'content-type': 'text/plain; charset=utf-8',
    'cache-control': 'no-cache',
    pragma: 'no-cache',
    'buildah-version': '',
  },
};

function* version(call: Call): Sys<Response> {
  const docker = yield* bodyOf<Record<string, unknown> & { Components: unknown[] }>(call, 'GET /version');
  const { Os, Arch, KernelVersion, GitCommit, GoVersion, BuildTime } = docker;
  const about = { Os, Arch, KernelVersion, GitCommit, GoVersion, BuildTime, Experimental: 'false' };
  const own = { APIVersion: LIBPOD_VERSION, MinAPIVersion: MIN_LIBPOD_VERSION };
  return ok({
    ...docker,
    Version: LIBPOD_VERSION,
    Components: [
      { Name: 'Podman Engine', Version: LIBPOD_VERSION, Details: { ...about, ...own } },
      ...docker.Components,
    ],
  });
}

/** kB of a line of /proc/meminfo, in bytes. */
const memoryOf = (text: string, name: string): number =>
  1024 * Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0);

function uptimeText(seconds: number): string {
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  return `${hours}h ${minutes}m ${(seconds % 60).toFixed(2)}s`;
}

function* info(call: Call): Sys<Response> {
  const docker = yield* bodyOf<Readonly<Record<string, unknown>>>(call, 'GET /info');
  const release = (yield* readText('/etc/os-release')) ?? '';
  const field = (name: string) => new RegExp(`^${name}="?(.*?)"?$`, 'm').exec(release)?.[1] ?? '';
  const memory = (yield* readText('/proc/meminfo')) ?? '';
  const uptime = Number(((yield* readText('/proc/uptime')) ?? '0').split(' ')[0]);
  const controllers = ((yield* readText('/sys/fs/cgroup/cgroup.controllers')) ?? '').trim();
  const capabilities =
    'CAP_CHOWN,CAP_DAC_OVERRIDE,CAP_FSETID,CAP_FOWNER,CAP_MKNOD,CAP_NET_RAW,CAP_SETGID,CAP_SETUID,CAP_SETFCAP,CAP_SETPCAP,CAP_NET_BIND_SERVICE,CAP_SYS_CHROOT,CAP_KILL,CAP_AUDIT_WRITE';
  return ok({
    host: {
      arch: 'amd64',
      cgroupManager: docker.CgroupDriver,
      cgroupVersion: docker.CgroupVersion === '2' ? 'v2' : '',
      cgroupControllers: controllers === '' ? [] : controllers.split(/\s+/),
      cpus: docker.NCPU,
      distribution: { distribution: field('ID'), version: field('VERSION_ID') },
      eventLogger: 'none',
      hostname: docker.Name,
      idMappings: { gidmap: null, uidmap: null },
      kernel: docker.KernelVersion,
      logDriver: docker.LoggingDriver,
      memFree: memoryOf(memory, 'MemFree'),
      memTotal: docker.MemTotal,
      swapFree: memoryOf(memory, 'SwapFree'),
      swapTotal: memoryOf(memory, 'SwapTotal'),
      ociRuntime: { name: 'runc', package: '', path: '/usr/bin/runc', version: '' },
      os: 'linux',
      serviceIsRemote: true,
      security: {
        ...{ apparmorEnabled: false, selinuxEnabled: false, rootless: false },
        ...{ capabilities, seccompEnabled: true, seccompProfilePath: '' },
      },
      uptime: uptimeText(uptime),
    },
    store: {
      graphDriverName: 'overlay',
      graphRoot: DOCKER_ROOT,
      volumePath: `${DOCKER_ROOT}/volumes`,
      graphOptions: {},
      graphStatus: Object.fromEntries(docker.DriverStatus as [string, string][]),
      imageStore: { number: docker.Images },
      containerStore: {
        number: docker.Containers,
        paused: docker.ContainersPaused,
        running: docker.ContainersRunning,
        stopped: docker.ContainersStopped,
      },
    },
    registries: {},
    plugins: { volume: ['local'], network: ['bridge'], log: ['json-file'], authorization: null },
    version: { APIVersion: LIBPOD_VERSION, Version: LIBPOD_VERSION, OsArch: 'linux/amd64', Os: 'linux' },
  });
}

interface Used {
  readonly Images: readonly {
    Id: string;
    RepoTags: string[];
    Created: number;
    Size: number;
    SharedSize: number;
    Containers: number;
  }[];
  readonly Containers: readonly {
    Id: string;
    Image: string;
    Command: string;
    Names: string[];
    Created: number;
    State: string;
    SizeRw: number;
    SizeRootFs: number;
    Mounts: readonly { Type: string }[];
  }[];
  readonly Volumes: readonly { Name: string; UsageData: { Size: number; RefCount: number } }[];
}

const timeOf = (seconds: number): string => new Date(seconds * 1000).toISOString();

function* diskUsage(call: Call): Sys<Response> {
  const { Images, Containers, Volumes } = yield* bodyOf<Used>(call, 'GET /system/df');
  return ok({
    Images: Images.map((image) => ({
      Repository: image.RepoTags[0]?.replace(/:[^:/]+$/, '') ?? '<none>',
      Tag: /:([^:/]+)$/.exec(image.RepoTags[0] ?? '')?.[1] ?? '<none>',
      ImageID: image.Id.slice(7),
      Created: timeOf(image.Created),
      Size: image.Size,
      SharedSize: image.SharedSize,
      UniqueSize: image.Size - image.SharedSize,
      Containers: image.Containers,
    })),
    Containers: Containers.map((container) => ({
      ContainerID: container.Id,
      Image: container.Image,
      Command: [container.Command],
      LocalVolumes: container.Mounts.filter(({ Type }) => Type === 'volume').length,
      Size: container.SizeRootFs,
      RWSize: container.SizeRw,
      Created: timeOf(container.Created),
      Status: container.State,
      Names: container.Names[0]!.slice(1),
    })),
    Volumes: Volumes.map(({ Name, UsageData }) => ({
      VolumeName: Name,
      Links: UsageData.RefCount,
      Size: UsageData.Size,
      ReclaimableSize: UsageData.RefCount === 0 ? UsageData.Size : 0,
    })),
  });
}

const ping = function* () {
  return PING;
};

/** There are none, and none can be made. */
const noPods = function* () {
  return ok([]);
};

export const systemRoutes: readonly LibpodRoute[] = [
  ['GET', /^\/_ping$/, ping],
  ['HEAD', /^\/_ping$/, ping],
  ['GET', /^\/version$/, version],
  ['GET', /^\/info$/, info],
  ['GET', /^\/system\/df$/, diskUsage],
  ['GET', /^\/events$/, events],
  ['GET', /^\/pods\/json$/, noPods],
];
