/** Owners and permission bits of a group's directory and interface files: chown and chmod of them delegate a part of the tree. */
import { modeBitsOf, type SetAttr, type Stat, type Timespec } from '../fs/index.ts';
import type { Cgroup } from './cgroup.ts';

export function changeAttributes(cgroup: Cgroup, name: string, change: SetAttr): void {
  cgroup.attributes ??= new Map();
  cgroup.attributes.set(name, { ...cgroup.attributes.get(name), ...change });
}

/** stat(2) of an interface file, or of the directory when `name` is empty. `mode` holds until chmod. */
export function statOf(cgroup: Cgroup, name: string, ino: number, mode: number, now: Timespec): Stat {
  const change = cgroup.attributes?.get(name);
  const isDir = name === '';
  return {
    dev: CGROUP_DEV,
    ino,
    mode: modeBitsOf(isDir ? 'dir' : 'file') | (change?.mode ?? mode),
    nlink: isDir ? cgroup.children.size + 2 : 1,
    uid: change?.uid ?? cgroup.owner.uid,
    gid: change?.gid ?? cgroup.owner.gid,
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
