/** User namespaces: user_namespaces(7). Users and groups are kept everywhere as the host counts them; a namespace's maps say what they are in it. */
import { IDENTITY_MAP, type IdMap, NO_MAP, OVERFLOW_ID } from './idMap.ts';

export class UserNamespace {
  readonly kind = 'user';
  readonly parent: UserNamespace | null;
  /** The depth below the initial one. */
  readonly level: number;
  /** Who made it, as the host counts: has all capabilities in it while in the parent. */
  readonly owner: number;
  readonly group: number;
  readonly inode: number;
  /** Whether who made it had CAP_SETFCAP in the parent: else the parent's root cannot be mapped from within. */
  readonly makerHadSetfcap: boolean;
  uidMap: IdMap;
  gidMap: IdMap;
  /** /proc/PID/setgroups. */
  setgroupsAllowed: boolean;

  constructor(init: {
    parent: UserNamespace | null;
    owner: number;
    group: number;
    inode: number;
    makerHadSetfcap: boolean;
  }) {
    this.parent = init.parent;
    this.level = init.parent === null ? 0 : init.parent.level + 1;
    this.owner = init.owner;
    this.group = init.group;
    this.inode = init.inode;
    this.makerHadSetfcap = init.makerHadSetfcap;
    this.uidMap = init.parent === null ? IDENTITY_MAP : NO_MAP;
    this.gidMap = init.parent === null ? IDENTITY_MAP : NO_MAP;
    this.setgroupsAllowed = init.parent?.setgroupsAllowed ?? true;
  }

  /** As with other kinds: the namespace that owns this one. */
  get userNs(): UserNamespace {
    return this.parent ?? this;
  }

  /** Whether this is `other` or a descendant of it. */
  isWithin(other: UserNamespace): boolean {
    for (let at: UserNamespace | null = this; at !== null; at = at.parent) if (at === other) return true;
    return false;
  }

  /** The host's number of a user of this namespace; null when it is not mapped. */
  hostUid(uid: number): number | null {
    return this.uidMap.outward(uid);
  }

  hostGid(gid: number): number | null {
    return this.gidMap.outward(gid);
  }

  /** A user of the host as this namespace sees it. */
  uidSeen(uid: number): number {
    return this.parent === null ? uid : (this.uidMap.inward(uid) ?? OVERFLOW_ID);
  }

  gidSeen(gid: number): number {
    return this.parent === null ? gid : (this.gidMap.inward(gid) ?? OVERFLOW_ID);
  }

  /** Whether both are mapped here: what capable_wrt_inode_uidgid() asks of a file's owner. */
  maps(uid: number, gid: number): boolean {
    return this.parent === null || (this.uidMap.inward(uid) !== null && this.gidMap.inward(gid) !== null);
  }
}

/** The one that every host has from the start. It never changes: hosts may share it. */
export const INITIAL_USER_NAMESPACE = new UserNamespace({
  parent: null,
  owner: 0,
  group: 0,
  inode: 4_026_531_837,
  makerHadSetfcap: true,
});
