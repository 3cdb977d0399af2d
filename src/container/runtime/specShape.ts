/** The types of config.json's fields, as runtime-spec's Go package `specs` has them: whoever writes one by hand is told which is wrong. */
import { JsonError, parseJson } from '../../base/index.ts';
import {
  bool,
  decode,
  int,
  JsonMismatch,
  type Kind,
  listOf,
  mapOf,
  string,
  strings,
  struct,
  uint32,
  uint64,
} from '../decode.ts';
import { RuntimeError } from './spec.ts';

/** `always`: fields that the specification requires, with blanks between. */
const kindOf = (name: string, shape: Readonly<Record<string, Kind>>, always = '') =>
  struct(`specs.${name}`, shape, always.split(' ').filter(Boolean));

export const PROCESS = kindOf(
  'Process',
  {
    terminal: bool,
    consoleSize: kindOf('Box', { height: uint32, width: uint32 }, 'height width'),
    user: kindOf(
      'User',
      { uid: uint32, gid: uint32, umask: uint32, additionalGids: listOf(uint32) },
      'uid gid',
    ),
    args: strings,
    env: strings,
    cwd: string,
    capabilities: kindOf('LinuxCapabilities', {
      bounding: strings,
      effective: strings,
      inheritable: strings,
      permitted: strings,
      ambient: strings,
    }),
    rlimits: listOf(kindOf('POSIXRlimit', { type: string, hard: uint64, soft: uint64 }, 'type hard soft')),
    noNewPrivileges: bool,
    oomScoreAdj: int,
  },
  'user cwd',
);

const mount = kindOf(
  'Mount',
  { destination: string, type: string, source: string, options: strings },
  'destination',
);

const hooks = listOf(kindOf('Hook', { path: string, args: strings, env: strings, timeout: int }, 'path'));

const mappings = listOf(
  kindOf('LinuxIDMapping', { containerID: uint32, hostID: uint32, size: uint32 }, 'containerID hostID size'),
);

const throttles = listOf(
  kindOf('LinuxThrottleDevice', { major: int, minor: int, rate: uint64 }, 'major minor rate'),
);

export const RESOURCES = kindOf('LinuxResources', {
  devices: listOf(
    kindOf(
      'LinuxDeviceCgroup',
      { allow: bool, type: string, major: int, minor: int, access: string },
      'allow',
    ),
  ),
  memory: kindOf('LinuxMemory', { limit: int, reservation: int, swap: int }),
  cpu: kindOf('LinuxCPU', { shares: uint64, quota: int, period: uint64, cpus: string, mems: string }),
  pids: kindOf('LinuxPids', { limit: int }, 'limit'),
  blockIO: kindOf('LinuxBlockIO', {
    weight: uint32,
    throttleReadBpsDevice: throttles,
    throttleWriteBpsDevice: throttles,
    throttleReadIOPSDevice: throttles,
    throttleWriteIOPSDevice: throttles,
  }),
});

const seccomp = kindOf(
  'LinuxSeccomp',
  {
    defaultAction: string,
    defaultErrnoRet: uint32,
    architectures: strings,
    flags: strings,
    syscalls: listOf(
      kindOf(
        'LinuxSyscall',
        {
          names: strings,
          action: string,
          errnoRet: uint32,
          args: listOf(
            kindOf(
              'LinuxSeccompArg',
              { index: uint32, value: uint64, valueTwo: uint64, op: string },
              'index value op',
            ),
          ),
        },
        'names action',
      ),
    ),
  },
  'defaultAction',
);

const linux = kindOf('Linux', {
  uidMappings: mappings,
  gidMappings: mappings,
  namespaces: listOf(kindOf('LinuxNamespace', { type: string, path: string }, 'type')),
  cgroupsPath: string,
  rootfsPropagation: string,
  resources: RESOURCES,
  devices: listOf(
    kindOf(
      'LinuxDevice',
      {
        path: string,
        type: string,
        major: int,
        minor: int,
        fileMode: uint32,
        uid: uint32,
        gid: uint32,
      },
      'path type',
    ),
  ),
  seccomp,
  sysctl: mapOf(string),
  maskedPaths: strings,
  readonlyPaths: strings,
});

export const SPEC: Kind = kindOf('Spec', {
  ociVersion: string,
  process: PROCESS,
  root: kindOf('Root', { path: string, readonly: bool }, 'path'),
  hostname: string,
  domainname: string,
  mounts: listOf(mount),
  annotations: mapOf(string),
  hooks: kindOf('Hooks', {
    prestart: hooks,
    createRuntime: hooks,
    createContainer: hooks,
    startContainer: hooks,
    poststart: hooks,
    poststop: hooks,
  }),
  linux,
});

/** Throws RuntimeError. */
export function parseAs<T>(kind: Kind, text: string): T {
  try {
    return decode(kind, parseJson(text) ?? {}) as T;
  } catch (error) {
    if (error instanceof JsonMismatch) throw new RuntimeError(error.mismatch);
    if (error instanceof JsonError) throw new RuntimeError(error.message);
    throw error;
  }
}
