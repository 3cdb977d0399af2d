/** A bundle's config.json: the fields of runtime-spec 1.2 (config.md, config-linux.md) that are simulated, by their names there. */

import type { DeviceRule, Path, SeccompFilter } from '../../linux/index.ts';

export type NamespaceType = 'pid' | 'mount' | 'network' | 'uts' | 'ipc' | 'user' | 'cgroup' | 'time';

export interface SpecMount {
  readonly destination: string;
  readonly type?: string;
  readonly source?: string;
  readonly options?: readonly string[];
}

export interface SpecUser {
  readonly uid: number;
  readonly gid: number;
  readonly umask?: number;
  readonly additionalGids?: readonly number[];
}

export type CapabilitySets = Readonly<
  Partial<Record<'bounding' | 'effective' | 'inheritable' | 'permitted' | 'ambient', readonly string[]>>
>;

export interface SpecProcess {
  readonly terminal?: boolean;
  readonly consoleSize?: { readonly height: number; readonly width: number };
  readonly user: SpecUser;
  readonly args?: readonly string[];
  readonly env?: readonly string[];
  readonly cwd: string;
  readonly capabilities?: CapabilitySets;
  readonly rlimits?: readonly { readonly type: string; readonly hard: number; readonly soft: number }[];
  readonly noNewPrivileges?: boolean;
  readonly oomScoreAdj?: number;
}

export interface IdMapping {
  readonly containerID: number;
  readonly hostID: number;
  readonly size: number;
}

/** Bytes or requests in a second. */
interface Throttle {
  readonly major: number;
  readonly minor: number;
  readonly rate: number;
}

export interface SpecResources {
  readonly blockIO?: {
    /** From 10 to 1000. */
    readonly weight?: number;
    readonly throttleReadBpsDevice?: readonly Throttle[];
    readonly throttleWriteBpsDevice?: readonly Throttle[];
    readonly throttleReadIOPSDevice?: readonly Throttle[];
    readonly throttleWriteIOPSDevice?: readonly Throttle[];
  };
  readonly devices?: readonly DeviceRule[];
  /** Bytes; -1 is no limit. */
  readonly memory?: { readonly limit?: number; readonly reservation?: number; readonly swap?: number };
  /** Shares as in cgroup v1; quota and period in microseconds. */
  readonly cpu?: {
    readonly shares?: number;
    readonly quota?: number;
    readonly period?: number;
    /** Lists of processors and of memory nodes. */
    readonly cpus?: string;
    readonly mems?: string;
  };
  readonly pids?: { readonly limit: number };
}

export interface SpecLinux {
  readonly uidMappings?: readonly IdMapping[];
  readonly gidMappings?: readonly IdMapping[];
  readonly namespaces?: readonly { readonly type: NamespaceType; readonly path?: string }[];
  readonly cgroupsPath?: string;
  readonly resources?: SpecResources;
  readonly devices?: readonly {
    readonly path: string;
    readonly type: string;
    readonly major?: number;
    readonly minor?: number;
    readonly fileMode?: number;
    readonly uid?: number;
    readonly gid?: number;
  }[];
  readonly seccomp?: SeccompFilter;
  readonly sysctl?: Readonly<Record<string, string>>;
  readonly maskedPaths?: readonly string[];
  readonly readonlyPaths?: readonly string[];
}

export interface Hook {
  readonly path: Path;
  readonly args?: readonly string[];
  readonly env?: readonly string[];
  /** In seconds. */
  readonly timeout?: number;
}

export type HookPoint =
  | 'prestart'
  | 'createRuntime'
  | 'createContainer'
  | 'startContainer'
  | 'poststart'
  | 'poststop';

export type Hooks = { readonly [K in HookPoint]?: readonly Hook[] };

export interface RuntimeSpec {
  readonly ociVersion: string;
  readonly process?: SpecProcess;
  readonly root?: { readonly path: string; readonly readonly?: boolean };
  readonly hostname?: string;
  readonly domainname?: string;
  readonly mounts?: readonly SpecMount[];
  readonly annotations?: Readonly<Record<string, string>>;
  readonly hooks?: Hooks;
  readonly linux?: SpecLinux;
}

export const OCI_VERSION = '1.2.0';

/** A refusal of the runtime's, worded as runc's. */
export class RuntimeError extends Error {}
