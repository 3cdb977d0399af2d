/** Users and groups: credentials(7). Root stands for CAP_SETUID and CAP_SETGID. */
import { OsError } from '../../base/index.ts';
import type { Handlers } from './types.ts';

type Calls =
  | 'getuid'
  | 'geteuid'
  | 'getgid'
  | 'getegid'
  | 'getgroups'
  | 'setuid'
  | 'setgid'
  | 'setgroups'
  | 'umask';

export const credentialHandlers: Handlers<Calls> = {
  getuid: (_, task) => task.credentials.uid,
  geteuid: (_, task) => task.credentials.euid,
  getgid: (_, task) => task.credentials.gid,
  getegid: (_, task) => task.credentials.egid,
  getgroups: (_, task) => task.credentials.groups,
  setuid(_, task, uid) {
    const { euid, uid: real } = task.credentials;
    if (euid !== 0 && uid !== real) throw new OsError('EPERM');
    task.credentials = { ...task.credentials, uid: euid === 0 ? uid : real, euid: uid };
  },
  setgid(_, task, gid) {
    const { euid, gid: real } = task.credentials;
    if (euid !== 0 && gid !== real) throw new OsError('EPERM');
    task.credentials = { ...task.credentials, gid: euid === 0 ? gid : real, egid: gid };
  },
  setgroups(_, task, groups) {
    if (task.credentials.euid !== 0) throw new OsError('EPERM');
    task.credentials = { ...task.credentials, groups: [...groups] };
  },
  umask(_, task, mask) {
    const before = task.umask;
    task.umask = mask & 0o777;
    return before;
  },
};
