/** Which cgroup looks like the root: cgroup_namespaces(7). */
import type { UserNamespace } from '../credentials/userNamespace.ts';
import type { Namespace } from './kinds.ts';

/** A cgroup, as its namespace knows it. */
export interface CgroupRoot {
  /** From the hierarchy's own root. */
  readonly path: string;
}

export class CgroupNamespace implements Namespace {
  readonly kind = 'cgroup';
  readonly inode: number;
  readonly userNs: UserNamespace;
  /** The cgroup that its maker was in: `/` here. */
  readonly root: CgroupRoot;

  constructor(inode: number, userNs: UserNamespace, root: CgroupRoot) {
    this.inode = inode;
    this.userNs = userNs;
    this.root = root;
  }
}
