/** The namespaces of config.json: which are made with the process, and which are entered by their files. config-linux.md "Namespaces". */
import { isOsError, strerror } from '../../base/index.ts';
import {
  CLONE_NEWCGROUP,
  CLONE_NEWIPC,
  CLONE_NEWNET,
  CLONE_NEWNS,
  CLONE_NEWPID,
  CLONE_NEWTIME,
  CLONE_NEWUSER,
  CLONE_NEWUTS,
  type Fd,
  O_CLOEXEC,
  O_RDONLY,
  type Pid,
  type Sys,
  sys,
} from '../../linux/index.ts';
import { type NamespaceType, RuntimeError, type RuntimeSpec } from './spec.ts';

/** Type → flag of clone(2), name below /proc/PID/ns, name in state.json; in the order in which namespaces are entered. */
const kinds: Readonly<Record<NamespaceType, readonly [number, string, string]>> = {
  user: [CLONE_NEWUSER, 'user', 'NEWUSER'],
  ipc: [CLONE_NEWIPC, 'ipc', 'NEWIPC'],
  uts: [CLONE_NEWUTS, 'uts', 'NEWUTS'],
  network: [CLONE_NEWNET, 'net', 'NEWNET'],
  pid: [CLONE_NEWPID, 'pid', 'NEWPID'],
  mount: [CLONE_NEWNS, 'mnt', 'NEWNS'],
  cgroup: [CLONE_NEWCGROUP, 'cgroup', 'NEWCGROUP'],
  time: [CLONE_NEWTIME, 'time', 'NEWTIME'],
};
const order = Object.keys(kinds) as NamespaceType[];

export interface NamespacePlan {
  /** CLONE_NEW* of those that are made. */
  readonly flags: number;
  /** Without that of control groups: it is made when the process is in its group, which becomes the root of what it sees. */
  readonly flagsAtBirth: number;
  /** Files of those that are joined. */
  readonly joined: readonly { readonly type: NamespaceType; readonly path: string }[];
}

export function planOf(spec: RuntimeSpec): NamespacePlan {
  let flags = 0;
  const joined: { type: NamespaceType; path: string }[] = [];
  for (const { type, path } of spec.linux?.namespaces ?? []) {
    const kind = kinds[type];
    if (kind === undefined) throw new RuntimeError(`namespace "${type}" does not exist`);
    if (path === undefined || path === '') flags |= kind[0];
    else joined.push({ type, path });
  }
  joined.sort((a, b) => order.indexOf(a.type) - order.indexOf(b.type));
  return { flags, flagsAtBirth: flags & ~CLONE_NEWCGROUP, joined };
}

export const has = ({ flags, joined }: NamespacePlan, type: NamespaceType): boolean =>
  (flags & kinds[type][0]) !== 0 || joined.some((one) => one.type === type);

/** Opens the file of a namespace and enters that; a pid namespace only for the children to come. */
export function* enter(type: NamespaceType, path: string): Sys<void> {
  let fd: Fd;
  try {
    fd = yield* sys.open(path, O_RDONLY | O_CLOEXEC);
  } catch (error) {
    if (!isOsError(error)) throw error;
    throw new RuntimeError(`namespace path: lstat ${path}: ${strerror(error.code).toLowerCase()}`);
  }
  try {
    yield* sys.setnsfd(fd, kinds[type][0]);
  } finally {
    yield* sys.close(fd);
  }
}

/** For state.json. */
export function namespacePaths(pid: Pid): Record<string, string> {
  const paths: Record<string, string> = {};
  for (const type of order) paths[kinds[type][2]] = `/proc/${pid}/ns/${kinds[type][1]}`;
  return paths;
}

/** Files of the namespaces of `pid`, in the order in which another process enters them. */
export const namespaceFiles = (pid: Pid, types: readonly NamespaceType[]) =>
  order
    .filter((type) => types.includes(type))
    .map((type) => ({ type, path: `/proc/${pid}/ns/${kinds[type][1]}`, flag: kinds[type][0] }));
