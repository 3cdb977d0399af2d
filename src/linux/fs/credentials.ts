/** What a process may do to a file: path_resolution(7), inode(7), capabilities(7). */
import { OsError } from '../../base/index.ts';
import { type Capability, includesCapability } from '../credentials/capabilities.ts';
import type { Credentials } from '../credentials/credentials.ts';
import { type Inode, type Permissions, S_IFDIR, S_IFMT, S_ISVTX, type Stat } from './types.ts';

/** Bits of a permission request, as in the low three of a mode. */
export const MAY_EXEC = 1;
export const MAY_WRITE = 2;
export const MAY_READ = 4;

/** Whether `who` may do all of `mask`: by the mode's bits, else by a capability. */
export function mayAccess(who: Credentials, stat: Permissions, mask: number): boolean {
  const shift = who.euid === stat.uid ? 6 : inGroup(who, stat.gid) ? 3 : 0;
  return ((stat.mode >> shift) & mask) === mask || mayOverride(who, stat, mask);
}

/** CAP_DAC_OVERRIDE does all, but executes only what somebody may execute; CAP_DAC_READ_SEARCH reads, and searches directories. */
function mayOverride(who: Credentials, stat: Permissions, mask: number): boolean {
  const isDir = (stat.mode & S_IFMT) === S_IFDIR;
  const reading = isDir ? (mask & MAY_WRITE) === 0 : mask === MAY_READ;
  if (reading && capableOf(who, stat, 'CAP_DAC_READ_SEARCH')) return true;
  const executable = (mask & MAY_EXEC) === 0 || isDir || (stat.mode & 0o111) !== 0;
  return executable && capableOf(who, stat, 'CAP_DAC_OVERRIDE');
}

/** Whether `who` has a capability over a file: only where its owner and group are mapped in the user namespace. */
export function capableOf(who: Credentials, stat: Permissions, capability: Capability): boolean {
  return includesCapability(who.effective, capability) && who.userNs.maps(stat.uid, stat.gid);
}

/** What stat(2) tells `who`: owner and group as its user namespace counts. */
export function statSeen(who: Credentials, stat: Stat): Stat {
  const { userNs } = who;
  if (userNs.parent === null) return stat;
  return { ...stat, uid: userNs.uidSeen(stat.uid), gid: userNs.gidSeen(stat.gid) };
}

export function inGroup(who: Credentials, gid: number): boolean {
  return who.egid === gid || who.groups.includes(gid);
}

export function isOwner(who: Credentials, stat: Permissions): boolean {
  return who.euid === stat.uid || capableOf(who, stat, 'CAP_FOWNER');
}

/** Throws EACCES unless `who` may do all of `mask` to `inode`. */
export function requireAccess(who: Credentials, inode: Inode, mask: number): void {
  if (!mayAccess(who, permissionsOf(inode), mask)) throw new OsError('EACCES');
}

const permissionsOf = (inode: Inode): Permissions => inode.permissions?.() ?? inode.stat();

/** Removing or renaming an entry: write on the directory and, when that is sticky, owning it or the entry. */
export function requireRemoval(who: Credentials, dir: Inode, entry: Inode): void {
  requireAccess(who, dir, MAY_WRITE | MAY_EXEC);
  const { mode, uid } = permissionsOf(dir);
  if ((mode & S_ISVTX) === 0) return;
  if (who.euid !== uid && !isOwner(who, permissionsOf(entry))) throw new OsError('EPERM');
}
