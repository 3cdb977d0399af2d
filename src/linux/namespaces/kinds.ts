/** The eight kinds of namespaces(7), and what is the same for all of them. */
import type { UserNamespace } from '../credentials/userNamespace.ts';
import {
  CLONE_NEWCGROUP,
  CLONE_NEWIPC,
  CLONE_NEWNET,
  CLONE_NEWNS,
  CLONE_NEWPID,
  CLONE_NEWTIME,
  CLONE_NEWUSER,
  CLONE_NEWUTS,
} from '../syscalls.ts';

export const NAMESPACE_FLAGS = {
  cgroup: CLONE_NEWCGROUP,
  ipc: CLONE_NEWIPC,
  mnt: CLONE_NEWNS,
  net: CLONE_NEWNET,
  pid: CLONE_NEWPID,
  time: CLONE_NEWTIME,
  user: CLONE_NEWUSER,
  uts: CLONE_NEWUTS,
} as const;

export type NamespaceKind = keyof typeof NAMESPACE_FLAGS;

export const namespaceKinds = Object.keys(NAMESPACE_FLAGS) as readonly NamespaceKind[];

/** All CLONE_NEW* flags. */
export const ALL_NAMESPACES = Object.values(NAMESPACE_FLAGS).reduce((all, flag) => all | flag, 0);

export interface Namespace {
  readonly kind: NamespaceKind;
  /** As /proc/PID/ns shows it. */
  readonly inode: number;
  /** Who has CAP_SYS_ADMIN in this may change it. */
  readonly userNs: UserNamespace;
}

/** What the namespaces of a host have that was there before anybody asked for one (include/linux/proc_ns.h). */
export const INITIAL_INODES = {
  mnt: 4_026_531_832,
  net: 4_026_531_833,
  time: 4_026_531_834,
  cgroup: 4_026_531_835,
  pid: 4_026_531_836,
  uts: 4_026_531_838,
  ipc: 4_026_531_839,
} as const;

/** Later ones are counted from here; the numbers before are those of /proc's own directories. */
export const FIRST_INODE = 4_026_532_177;
