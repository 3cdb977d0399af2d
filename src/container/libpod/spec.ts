/** How podman describes a container that is to be (SpecGenerator): the fields that are simulated, and what of the others may be there. */
import { bool, decode, int, type Kind, listOf, mapOf, string, strings, struct } from '../decode.ts';
import { EngineError } from '../model.ts';

const namespace = struct('specgen.Namespace', { nsmode: string, value: string });

/** Anything: looked at no further than whether it is there. */
const any: Kind = { go: 'interface {}', zero: null, read: (value) => value };

const fields = {
  name: string,
  entrypoint: strings,
  command: strings,
  env: mapOf(string),
  terminal: bool,
  stdin: bool,
  labels: mapOf(string),
  stop_signal: int,
  stop_timeout: int,
  raw_image_name: string,
  restart_policy: string,
  restart_tries: int,
  remove: bool,
  hostname: string,
  image: string,
  volumes_from: strings,
  init: bool,
  mounts: listOf(
    struct('specs.Mount', { destination: string, type: string, source: string, options: strings }),
  ),
  volumes: listOf(struct('specgen.NamedVolume', { Name: string, Dest: string, Options: strings })),
  shm_size: int,
  work_dir: string,
  privileged: bool,
  user: string,
  groups: strings,
  cap_add: strings,
  cap_drop: strings,
  no_new_privileges: bool,
  read_only_filesystem: bool,
  pidns: namespace,
  utsns: namespace,
  ipcns: namespace,
  netns: namespace,
  userns: namespace,
  cgroupns: namespace,
  portmappings: listOf(
    struct('types.PortMapping', {
      host_ip: string,
      container_port: int,
      host_port: int,
      range: int,
      protocol: string,
    }),
  ),
  publish_image_ports: bool,
  expose: mapOf(string),
  Networks: mapOf(struct('types.PerNetworkOptions', { static_ips: strings, aliases: strings })),
  dns_server: strings,
  dns_search: strings,
  dns_option: strings,
  hostadd: strings,
  resource_limits: struct('specs.LinuxResources', {
    memory: struct('specs.LinuxMemory', { limit: int, reservation: int, swap: int }),
    cpu: struct('specs.LinuxCPU', { shares: int, quota: int, period: int, cpus: string, mems: string }),
    pids: struct('specs.LinuxPids', { limit: int }),
    devices: any,
    blockIO: any,
  }),
  r_limits: listOf(struct('specs.POSIXRlimit', { type: string, hard: int, soft: int })),
  oom_score_adj: int,
  healthconfig: any,
  devices: listOf(struct('specs.LinuxDevice', { path: string })),
  sysctl: mapOf(string),
  log_configuration: struct('specgen.LogConfig', { driver: string, options: mapOf(string) }),
  idmappings: struct('types.IDMappingOptions', {
    UIDMap: listOf(any),
    GIDMap: listOf(any),
    AutoUserNs: bool,
  }),
} as const;

const spec = struct('specgen.SpecGenerator', fields);

/** What clients send without being asked for it, with the values that ask for nothing; null: whatever it is says nothing about the container. */
const aside: Readonly<Record<string, readonly unknown[] | null>> = {
  containerCreateCommand: null,
  httpproxy: null,
  volatile: null,
  image_volume_mode: ['anonymous'],
  systemd: ['true', 'false'],
  sdnotifyMode: ['container', 'ignore'],
  seccomp_policy: ['default'],
  cgroups_mode: ['enabled'],
  umask: ['0022'],
  manage_password: [true],
  annotations: [{ 'io.kubernetes.cri-o.TTY': 'true' }, { 'io.kubernetes.cri-o.TTY': 'false' }],
  selinux_opts: [['disable']],
  image_os: ['linux'],
  image_arch: ['amd64', 'x86_64'],
};

/** Whether it says no more than a field that is not there. */
export const isNothing = (value: unknown): boolean =>
  value === null ||
  value === undefined ||
  value === false ||
  value === 0 ||
  value === '' ||
  (typeof value === 'object' && Object.values(value).every(isNothing));

export interface Namespace {
  readonly nsmode?: string;
  readonly value?: string;
}

export interface Spec {
  readonly [name: string]: unknown;
  readonly env?: Readonly<Record<string, string>>;
  readonly image?: string;
  readonly raw_image_name?: string;
  readonly mounts?: readonly { destination?: string; type?: string; source?: string; options?: string[] }[];
  readonly volumes?: readonly { Name?: string; Dest?: string; Options?: string[] }[];
  readonly portmappings?: readonly {
    host_ip?: string;
    container_port?: number;
    host_port?: number;
    range?: number;
    protocol?: string;
  }[];
  readonly expose?: Readonly<Record<string, string>>;
  readonly Networks?: Readonly<Record<string, { static_ips?: string[]; aliases?: string[] }>>;
  readonly resource_limits?: {
    readonly memory?: { limit?: number; reservation?: number; swap?: number };
    readonly cpu?: { shares?: number; quota?: number; period?: number; cpus?: string; mems?: string };
    readonly pids?: { limit?: number };
    readonly blockIO?: unknown;
  };
  readonly r_limits?: readonly { type?: string; hard?: number; soft?: number }[];
  readonly stop_signal?: number;
  readonly devices?: readonly { readonly path?: string }[];
  readonly sysctl?: Readonly<Record<string, string>>;
  readonly log_configuration?: {
    readonly driver?: string;
    readonly options?: Readonly<Record<string, string>>;
  };
  readonly idmappings?: {
    readonly UIDMap?: unknown[];
    readonly GIDMap?: unknown[];
    readonly AutoUserNs?: boolean;
  };
}

function isAside(name: string, value: unknown): boolean {
  if (isNothing(value) || (Object.hasOwn(aside, name) && aside[name] === null)) return true;
  return (
    Object.hasOwn(aside, name) &&
    aside[name]!.some((usual) => JSON.stringify(usual) === JSON.stringify(value))
  );
}

/** Throws EngineError 400 for another type than a field has, and for what is not simulated, by its name. */
export function readSpec(body: unknown): Spec {
  const given = decode(spec, body ?? {}) as Spec;
  const other = Object.keys(given).find(
    (name) => !Object.hasOwn(fields, name) && !isAside(name, given[name]),
  );
  if (other !== undefined) throw new EngineError(400, `${other} is not simulated on this host`);
  return given;
}
