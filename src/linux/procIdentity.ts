/** What /proc/PID/status says of users, groups and privileges: proc_pid_status(5). */
import { capabilityMask } from './credentials/capabilities.ts';
import type { UserNamespace } from './credentials/userNamespace.ts';
import type { Task } from './tasks/task.ts';

/** As the reader's user namespace counts. */
export function identityLines(task: Task, reader: UserNamespace): string[] {
  const { uid, euid, suid, gid, egid, sgid, groups } = task.credentials;
  const users = [uid, euid, suid, euid].map((id) => reader.uidSeen(id));
  const own = [gid, egid, sgid, egid].map((id) => reader.gidSeen(id));
  return [
    `Uid:\t${users.join('\t')}`,
    `Gid:\t${own.join('\t')}`,
    `Groups:\t${groups.map((id) => reader.gidSeen(id)).join(' ')} `,
  ];
}

export function privilegeLines(task: Task): string[] {
  const { inheritable, permitted, effective, bounding, ambient, noNewPrivs } = task.credentials;
  return [
    `CapInh:\t${capabilityMask(inheritable)}`,
    `CapPrm:\t${capabilityMask(permitted)}`,
    `CapEff:\t${capabilityMask(effective)}`,
    `CapBnd:\t${capabilityMask(bounding)}`,
    `CapAmb:\t${capabilityMask(ambient)}`,
    `NoNewPrivs:\t${noNewPrivs ? 1 : 0}`,
    `Seccomp:\t${task.seccomp === null ? 0 : 2}`,
    `Seccomp_filters:\t${task.seccomp?.count ?? 0}`,
  ];
}
