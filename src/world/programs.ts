/** Every built-in program of a simulated host, and where its executable lies. */
import { encodeUtf8 } from '../base/index.ts';
import { containerPrograms, ENGINE_PATHS } from '../container/index.ts';
import {
  executableImage,
  type FileSpec,
  type FileTree,
  kernelPrograms,
  type ProgramTable,
} from '../linux/index.ts';
import { COMMAND_PATHS, commandPrograms } from '../shell/commands/index.ts';
import { shellPrograms } from '../shell/index.ts';

/** The program table given to each host's kernel. */
export const programs: ProgramTable = new Map([
  ...kernelPrograms,
  ...commandPrograms,
  ...shellPrograms,
  ...containerPrograms,
]);

const SHELL_PATHS: ReadonlyMap<string, string> = new Map([
  ['bash', '/usr/bin/bash'],
  ['sh', '/usr/bin/sh'],
]);

/** Only hosts have them: in a container one is root already. */
const HOST_ONLY = ['su', 'sudo'];
/** Programs that only some hosts have; an image needs none of them. */
const ENGINE_ONLY = 'docker';
const HYPERVISOR_ONLY = ['virsh', 'trace'];
const CLOUDS_ONLY = ['aws-sim', 'gcloud-sim'];
const NETWORK_ONLY = [
  'arp',
  'bridge',
  'conntrack',
  'dig',
  'getent',
  'host',
  'httpd',
  'ifconfig',
  'ip',
  'iptables',
  'iptables-restore',
  'iptables-save',
  'nc',
  'netstat',
  'nft',
  'nslookup',
  'ping',
  'route',
  'ss',
  'sysctl',
  'tc',
  'tcpdump',
  'traceroute',
  'wget',
];

/** Programs that run as their owner, root, whoever starts them: they have the set-user-ID bit. */
const setUserId = new Set(['newgidmap', 'newuidmap', 'ping', 'traceroute', ...HOST_ONLY, ...CLOUDS_ONLY]);

/** Executable files by their programs' names: the same in every world, so that each is made once. */
const made = new Map<string, FileSpec>();

function executable(name: string): FileSpec {
  let file = made.get(name);
  if (file === undefined) {
    file = { content: encodeUtf8(executableImage(name)), mode: setUserId.has(name) ? 0o4755 : 0o755 };
    made.set(name, file);
  }
  return file;
}

/** Files that run programs, by the programs' names. */
export function executables(paths: ReadonlyMap<string, string>): FileTree {
  const tree: Record<string, FileSpec> = {};
  for (const [name, path] of paths) tree[path] = executable(name);
  return tree;
}

/** Executables of a scenario's own programs. */
export function localExecutables(local: ProgramTable): FileTree {
  return executables(new Map([...local.keys()].map((name) => [name, `/usr/local/bin/${name}`])));
}

/** Shell and utilities: what both a host and the base image hold. */
export function userland(options: {
  host: boolean;
  engine: boolean;
  hypervisor?: boolean;
  clouds?: boolean;
  network?: boolean;
}): FileTree {
  const { host, engine, hypervisor = false, clouds = false, network = false } = options;
  const there = new Map([
    ...HOST_ONLY.map((name): [string, boolean] => [name, host]),
    [ENGINE_ONLY, engine],
    ...HYPERVISOR_ONLY.map((name): [string, boolean] => [name, hypervisor]),
    ...CLOUDS_ONLY.map((name): [string, boolean] => [name, clouds]),
    // The engine's socket is of use without a network.
    ['curl', network || engine],
    ...NETWORK_ONLY.map((name): [string, boolean] => [name, network]),
  ]);
  const has = (name: string) => there.get(name) ?? true;
  const commands = new Map([...COMMAND_PATHS].filter(([name]) => has(name)));
  return {
    ...executables(SHELL_PATHS),
    ...executables(commands),
    ...(engine && executables(ENGINE_PATHS)),
  };
}
