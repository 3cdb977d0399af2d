/** Users and groups: credentials(7). Programs name them as their user namespace counts. */
import { OsError } from '../../base/index.ts';
import { type Credentials, capable, sortedGroups } from '../credentials/credentials.ts';
import { afterUidChange } from '../credentials/transitions.ts';
import type { Task } from '../tasks/task.ts';
import type { Handlers } from './types.ts';

type Calls =
  | 'getuid'
  | 'geteuid'
  | 'getresuid'
  | 'getgid'
  | 'getegid'
  | 'getresgid'
  | 'getgroups'
  | 'setuid'
  | 'setresuid'
  | 'setgid'
  | 'setresgid'
  | 'setgroups'
  | 'umask';

/** The host's number; EINVAL when the namespace does not map it. */
function hostUid(who: Credentials, uid: number): number {
  const mapped = who.userNs.hostUid(uid);
  if (mapped === null) throw new OsError('EINVAL');
  return mapped;
}

function hostGid(who: Credentials, gid: number): number {
  const mapped = who.userNs.hostGid(gid);
  if (mapped === null) throw new OsError('EINVAL');
  return mapped;
}

const may = (who: Credentials, capability: 'CAP_SETUID' | 'CAP_SETGID') =>
  capable(who, who.userNs, capability);

function setresuid(task: Task, uid: number, euid: number, suid: number): void {
  const who = task.credentials;
  const known = [who.uid, who.euid, who.suid];
  const host = (given: number, now: number) => (given === -1 ? now : hostUid(who, given));
  const after = { ...who, uid: host(uid, who.uid), euid: host(euid, who.euid), suid: host(suid, who.suid) };
  const allowed = [after.uid, after.euid, after.suid].every((one) => known.includes(one));
  if (!allowed && !may(who, 'CAP_SETUID')) throw new OsError('EPERM');
  task.credentials = afterUidChange(who, after);
}

function setresgid(task: Task, gid: number, egid: number, sgid: number): void {
  const who = task.credentials;
  const known = [who.gid, who.egid, who.sgid];
  const host = (given: number, now: number) => (given === -1 ? now : hostGid(who, given));
  const after = { ...who, gid: host(gid, who.gid), egid: host(egid, who.egid), sgid: host(sgid, who.sgid) };
  const allowed = [after.gid, after.egid, after.sgid].every((one) => known.includes(one));
  if (!allowed && !may(who, 'CAP_SETGID')) throw new OsError('EPERM');
  task.credentials = after;
}

export const credentialHandlers: Handlers<Calls> = {
  getuid: (_, { credentials: who }) => who.userNs.uidSeen(who.uid),
  geteuid: (_, { credentials: who }) => who.userNs.uidSeen(who.euid),
  getresuid: (_, { credentials: who }) => [
    who.userNs.uidSeen(who.uid),
    who.userNs.uidSeen(who.euid),
    who.userNs.uidSeen(who.suid),
  ],
  getgid: (_, { credentials: who }) => who.userNs.gidSeen(who.gid),
  getegid: (_, { credentials: who }) => who.userNs.gidSeen(who.egid),
  getresgid: (_, { credentials: who }) => [
    who.userNs.gidSeen(who.gid),
    who.userNs.gidSeen(who.egid),
    who.userNs.gidSeen(who.sgid),
  ],
  getgroups: (_, { credentials: who }) => who.groups.map((gid) => who.userNs.gidSeen(gid)),
  setuid(_, task, uid) {
    const wanted = hostUid(task.credentials, uid);
    if (may(task.credentials, 'CAP_SETUID')) return setresuid(task, uid, uid, uid);
    if (wanted !== task.credentials.uid && wanted !== task.credentials.suid) throw new OsError('EPERM');
    setresuid(task, -1, uid, -1);
  },
  setresuid(_, task, uid, euid, suid) {
    setresuid(task, uid, euid, suid);
  },
  setgid(_, task, gid) {
    const wanted = hostGid(task.credentials, gid);
    if (may(task.credentials, 'CAP_SETGID')) return setresgid(task, gid, gid, gid);
    if (wanted !== task.credentials.gid && wanted !== task.credentials.sgid) throw new OsError('EPERM');
    setresgid(task, -1, gid, -1);
  },
  setresgid(_, task, gid, egid, sgid) {
    setresgid(task, gid, egid, sgid);
  },
  /** Only where groups are mapped, and not where giving one up might give access: user_namespaces(7), /proc/PID/setgroups. */
  setgroups(_, task, groups) {
    const who = task.credentials;
    const { gidMap, setgroupsAllowed } = who.userNs;
    if (!may(who, 'CAP_SETGID') || !gidMap.isSet || !setgroupsAllowed) throw new OsError('EPERM');
    task.credentials = { ...who, groups: sortedGroups(groups.map((gid) => hostGid(who, gid))) };
  },
  umask(_, task, mask) {
    const before = task.umask;
    task.umask = mask & 0o777;
    return before;
  },
};
