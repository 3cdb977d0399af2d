/** Owners and permission bits of a group's directory and interface files: chown and chmod of them delegate a part of the tree. */
import { modeBitsOf, type Permissions, type SetAttr, type Stat, type Timespec } from '../fs/index.ts';
import type { Cgroup } from './cgroup.ts';

export function changeAttributes(cgroup: Cgroup, name: string, change: SetAttr): void {
  cgroup.attributes ??= new Map();
  cgroup.attributes.set(name, { ...cgroup.attributes.get(name), ...change });
}

/** Of an interface file, or of the directory when `name` is empty. `mode` holds until chmod. */
export function permissionsOf({ attributes, owner }: Cgroup, name: string, mode: number): Permissions {
  const change = attributes === null ? undefined : attributes.get(name);
  return {
    mode: modeBitsOf(name === '' ? 'dir' : 'file') | (change?.mode ?? mode),
    uid: change?.uid ?? owner.uid,
    gid: change?.gid ?? owner.gid,
  };
}

/** stat(2) of the same. */
export function statOf(cgroup: Cgroup, name: string, ino: number, mode: number, now: Timespec): Stat {
  const permissions = permissionsOf(cgroup, name, mode);
  return {
    dev: CGROUP_DEV,
    ino,
    mode: permissions.mode,
    nlink: name === '' ? cgroup.children.size + 2 : 1,
    uid: permissions.uid,
    gid: permissions.gid,
    rdev: { major: 0, minor: 0 },
    size: 0,
    blocks: 0,
    atime: now,
    mtime: now,
    ctime: now,
  };
}

/** The device number of the one file system. */
export const CGROUP_DEV = 27;
