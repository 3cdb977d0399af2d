/** Which cgroup looks like the root: cgroup_namespaces(7). */
import type { Cgroup } from '../cgroup/cgroup.ts';
import type { UserNamespace } from '../credentials/userNamespace.ts';
import type { Namespace } from './kinds.ts';

export class CgroupNamespace implements Namespace {
  readonly kind = 'cgroup';
  readonly inode: number;
  readonly userNs: UserNamespace;
  /** The cgroup that its maker was in: `/` here. */
  readonly root: Cgroup;

  constructor(inode: number, userNs: UserNamespace, root: Cgroup) {
    this.inode = inode;
    this.userNs = userNs;
    this.root = root;
  }
}
