/** Who a process is, credentials(7), and what it may do: capabilities(7), user_namespaces(7). */
import { OsError } from '../../base/index.ts';
import {
  type Capability,
  type CapabilitySet,
  type CapabilitySets,
  EMPTY_SETS,
  FULL_SETS,
  includesCapability,
} from './capabilities.ts';
import { INITIAL_USER_NAMESPACE, type UserNamespace } from './userNamespace.ts';

/** Never changed: a process gets new ones. Ids are as the host counts. */
export interface Credentials extends CapabilitySets {
  readonly uid: number;
  readonly euid: number;
  /** Saved set-user-ID. */
  readonly suid: number;
  readonly gid: number;
  readonly egid: number;
  readonly sgid: number;
  /** Supplementary groups, see {@link sortedGroups}. */
  readonly groups: readonly number[];
  readonly userNs: UserNamespace;
  /** SECBIT_* flags. */
  readonly securebits: number;
  /** PR_SET_NO_NEW_PRIVS: execve(2) gives nothing more. Never taken back. */
  readonly noNewPrivs: boolean;
}

/** As the kernel keeps supplementary groups, groups_sort() of kernel/groups.c: in the order of the host's numbers, repeated ones too. */
export function sortedGroups(groups: readonly number[]): number[] {
  return [...groups].sort((a, b) => a - b);
}

/** Those of a user of the host who has just logged in; `groups` as initgroups(3) sets them, the own one among them: none for what is started without a login. */
export function loginCredentials(uid: number, gid: number, groups: readonly number[] = []): Credentials {
  return {
    ...(uid === 0 ? FULL_SETS : EMPTY_SETS),
    uid,
    euid: uid,
    suid: uid,
    gid,
    egid: gid,
    sgid: gid,
    groups: sortedGroups(groups),
    userNs: INITIAL_USER_NAMESPACE,
    securebits: 0,
    noNewPrivs: false,
  };
}

export const ROOT_CREDENTIALS: Credentials = loginCredentials(0, 0);

/**
 * Whether `who` has `capability` in the user namespace `target`: by its effective set in its own namespace and, over those below, by
 * having it above or by having made them.
 */
export function capable(who: Credentials, target: UserNamespace, capability: Capability): boolean {
  for (let at = target; ; at = at.parent) {
    if (at === who.userNs) return includesCapability(who.effective, capability);
    if (at.level <= who.userNs.level || at.parent === null) return false;
    if (at.parent === who.userNs && at.owner === who.euid) return true;
  }
}

/** Throws EPERM unless `who` has `capability` in `target`. */
export function requireCapable(who: Credentials, target: UserNamespace, capability: Capability): void {
  if (!capable(who, target, capability)) throw new OsError('EPERM');
}

/** Whether `who` has it over the whole host: what no namespace confines, as device nodes and limits. */
export function capableOnHost(who: Credentials, capability: Capability): boolean {
  return who.userNs.parent === null && includesCapability(who.effective, capability);
}

/** Whether `a` has all that `b` has. */
export function includesAll(a: CapabilitySet, b: CapabilitySet): boolean {
  return (b & ~a) === 0n;
}

/**
 * ptrace(2), "Ptrace access mode checking": one's own processes without capabilities that one has not, and those CAP_SYS_PTRACE is had over.
 * To look goes by the file system's ids and the effective capabilities, to attach by the real ids and the permitted ones.
 */
export function mayInspect(who: Credentials, target: Credentials, mode: 'read' | 'attach' = 'read'): boolean {
  const { uid, gid, capabilities } =
    mode === 'read'
      ? { uid: who.euid, gid: who.egid, capabilities: who.effective }
      : { uid: who.uid, gid: who.gid, capabilities: who.permitted };
  const sameUser = uid === target.euid && uid === target.uid && uid === target.suid;
  const sameGroup = gid === target.egid && gid === target.gid && gid === target.sgid;
  const same = sameUser && sameGroup;
  if (same && who.userNs === target.userNs && includesAll(capabilities, target.permitted)) return true;
  return capable(who, target.userNs, 'CAP_SYS_PTRACE');
}
