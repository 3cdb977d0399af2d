/** Who asks, and what they may do: path_resolution(7), inode(7). Root stands for CAP_DAC_OVERRIDE, CAP_FOWNER and CAP_CHOWN. */
import { OsError } from '../../base/index.ts';
import { type Inode, S_IFDIR, S_IFMT, S_ISVTX, type Stat } from './types.ts';

export interface Credentials {
  readonly uid: number;
  readonly euid: number;
  readonly gid: number;
  readonly egid: number;
  /** Supplementary groups. */
  readonly groups: readonly number[];
}

export const ROOT_CREDENTIALS: Credentials = { uid: 0, euid: 0, gid: 0, egid: 0, groups: [] };

/** Bits of a permission request, as in the low three of a mode. */
export const MAY_EXEC = 1;
export const MAY_WRITE = 2;
export const MAY_READ = 4;

/** Whether `who` may do all of `mask`. Root may all, but executes only what somebody may execute. */
export function mayAccess(who: Credentials, stat: Stat, mask: number): boolean {
  if (who.euid === 0) {
    const isDir = (stat.mode & S_IFMT) === S_IFDIR;
    return (mask & MAY_EXEC) === 0 || isDir || (stat.mode & 0o111) !== 0;
  }
  const shift = who.euid === stat.uid ? 6 : inGroup(who, stat.gid) ? 3 : 0;
  return ((stat.mode >> shift) & mask) === mask;
}

export function inGroup(who: Credentials, gid: number): boolean {
  return who.egid === gid || who.groups.includes(gid);
}

export function isOwner(who: Credentials, stat: Stat): boolean {
  return who.euid === 0 || who.euid === stat.uid;
}

/** Throws EACCES unless `who` may do all of `mask` to `inode`. */
export function requireAccess(who: Credentials, inode: Inode, mask: number): void {
  if (!mayAccess(who, inode.stat(), mask)) throw new OsError('EACCES');
}

/** Removing or renaming an entry: write on the directory and, when that is sticky, owning it or the entry. */
export function requireRemoval(who: Credentials, dir: Inode, entry: Inode): void {
  requireAccess(who, dir, MAY_WRITE | MAY_EXEC);
  const dirStat = dir.stat();
  if ((dirStat.mode & S_ISVTX) === 0) return;
  if (!isOwner(who, dirStat) && !isOwner(who, entry.stat())) throw new OsError('EPERM');
}
