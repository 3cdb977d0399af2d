/**
 * The file system calls that take a path, with all their checks: one function per system call, section 2 of the manual pages.
 * The kernel's handlers add nothing but the caller's context.
 */
import { OsError } from '../../base/index.ts';
import { NO_CAPABILITIES } from '../credentials/capabilities.ts';
import { type Credentials, capableOnHost } from '../credentials/credentials.ts';
import { SECBIT_NO_SETUID_FIXUP } from '../credentials/securebits.ts';
import {
  F_OK,
  MS_NODEV,
  O_ACCMODE,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOFOLLOW,
  O_RDONLY,
  O_TRUNC,
  O_WRONLY,
  R_OK,
  W_OK,
  X_OK,
} from '../syscalls.ts';
import {
  capableOf,
  inGroup,
  isOwner,
  MAY_EXEC,
  MAY_READ,
  MAY_WRITE,
  mayAccess,
  requireAccess,
  requireRemoval,
  statSeen,
} from './credentials.ts';
import type { Location } from './mount.ts';
import {
  type DeviceNumber,
  fileTypeOf,
  type Inode,
  type NewInode,
  S_IFMT,
  S_ISGID,
  S_ISUID,
  type Stat,
  type Timespec,
} from './types.ts';
import { xattrCalls } from './vfsXattr.ts';
import {
  find,
  followLast,
  type LastComponent,
  NO_ENTRY,
  requireWritable,
  type VfsContext,
  walk,
  walkParent,
} from './walk.ts';

/** Carries nothing of its own, so that one does for all. */
const EXISTS = new OsError('EEXIST');

function inodeAt(ctx: VfsContext, path: string, follow = true): Inode {
  return walk(ctx, path, follow).dentry.inode;
}

/** The directory and name for a new entry that is no directory; throws EEXIST when it is there. */
function newEntry(ctx: VfsContext, path: string): LastComponent {
  const last = walkParent(ctx, path);
  if (last.location !== null) throw EXISTS;
  if (last.mustBeDir) throw new OsError('ENOENT');
  requireCreation(ctx, last);
  return last;
}

function requireCreation(ctx: VfsContext, last: LastComponent): void {
  if (last.parent.dentry.deleted) throw new OsError('ENOENT');
  requireWritable(last.parent);
  requireAccess(ctx.credentials, last.parent.dentry.inode, MAY_WRITE | MAY_EXEC);
}

function fresh(ctx: VfsContext, type: NewInode['type'], mode: number, rdev?: DeviceNumber): NewInode {
  const { euid, egid } = ctx.credentials;
  return { type, mode: mode & 0o7777 & ~ctx.umask, uid: euid, gid: egid, rdev };
}

/** The entry that unlink, rmdir and rename take away. */
function existing(ctx: VfsContext, path: string): LastComponent & { location: Location } {
  const last = walkParent(ctx, path);
  if (last.location === null) throw NO_ENTRY;
  return last as LastComponent & { location: Location };
}

function requireNotMounted(ctx: VfsContext, location: Location): void {
  if (location.dentry === location.mount.root || ctx.ns.isMountpoint(location.dentry))
    throw new OsError('EBUSY');
}

/**
 * open(2) up to the open file description: walks, creates, checks, truncates, and has an overlay copy up. Mostly what goes wrong is that
 * nothing has the name, and ENOENT is the answer.
 */
function answerOpen(ctx: VfsContext, path: string, flags: number, mode: number): Location | OsError {
  const location =
    (flags & O_CREAT) === 0 ? openExisting(ctx, path, flags) : openOrCreate(ctx, path, flags, mode);
  if (location === null) return NO_ENTRY;
  const { inode } = location.dentry;
  const access = flags & O_ACCMODE;
  const isDevice = inode.type === 'chr' || inode.type === 'blk';
  if (isDevice && (location.mount.flags & MS_NODEV) !== 0) throw new OsError('EACCES');
  if ((flags & O_DIRECTORY) !== 0 && inode.type !== 'dir') throw new OsError('ENOTDIR');
  if (inode.type === 'dir' && (access !== O_RDONLY || (flags & O_CREAT) !== 0)) throw new OsError('EISDIR');
  if (inode.type === 'symlink') throw new OsError('ELOOP');
  if (inode.type === 'file' && (access !== O_RDONLY || (flags & O_TRUNC) !== 0)) {
    requireWritable(location);
    inode.openForWrite?.((flags & O_TRUNC) !== 0);
    if ((flags & O_TRUNC) !== 0) inode.setAttr({ size: 0, mtime: ctx.clock.realtime() });
  }
  return location;
}

function openExisting(ctx: VfsContext, path: string, flags: number): Location | null {
  const location = find(ctx, path, (flags & O_NOFOLLOW) === 0);
  if (location !== null) requireOpen(ctx, location, flags);
  return location;
}

function requireOpen(ctx: VfsContext, location: Location, flags: number): void {
  const access = flags & O_ACCMODE;
  const mask = access === O_RDONLY ? MAY_READ : access === O_WRONLY ? MAY_WRITE : MAY_READ | MAY_WRITE;
  const { inode } = location.dentry;
  if (inode.type === 'dir' && (mask & MAY_WRITE) !== 0) throw new OsError('EISDIR');
  if (inode.type !== 'symlink') requireAccess(ctx.credentials, inode, mask);
}

function openOrCreate(ctx: VfsContext, path: string, flags: number, mode: number): Location {
  const first = walkParent(ctx, path);
  if (first.name === '' || first.mustBeDir) throw new OsError('EISDIR');
  const exclusive = (flags & O_EXCL) !== 0;
  if (first.location !== null && exclusive) throw new OsError('EEXIST');
  const last = (flags & O_NOFOLLOW) === 0 ? followLast(ctx, first) : first;
  if (last.location !== null) {
    requireOpen(ctx, last.location, flags);
    return last.location;
  }
  requireCreation(ctx, last);
  last.parent.dentry.inode.create(last.name, fresh(ctx, 'file', mode));
  return { mount: last.parent.mount, dentry: last.parent.dentry.child(last.name)! };
}

/** A user 0 of the namespace has what its permitted set holds, others have no capabilities: access(2). */
function withRealIds(who: Credentials): Credentials {
  const { uid, gid, userNs, securebits } = who;
  if (uid === who.euid && gid === who.egid) return who;
  const asRoot = uid === userNs.hostUid(0) ? who.permitted : NO_CAPABILITIES;
  const effective = (securebits & SECBIT_NO_SETUID_FIXUP) === 0 ? asRoot : who.effective;
  return { ...who, euid: uid, egid: gid, effective };
}

function access(ctx: VfsContext, path: string, mode: number): void {
  const location = walk(ctx, path);
  if (mode === F_OK) return;
  if ((mode & W_OK) !== 0 && location.dentry.inode.type === 'file') requireWritable(location);
  // access(2) asks for the real ids, not the effective ones.
  if (!mayAccess(withRealIds(ctx.credentials), location.dentry.inode.stat(), mode & (R_OK | W_OK | X_OK)))
    throw new OsError('EACCES');
}

/** Who makes a directory mostly wants it to be there: EEXIST is an answer like another. */
function answerMkdir(ctx: VfsContext, path: string, mode: number): OsError | undefined {
  const last = walkParent(ctx, path);
  if (last.location !== null) return EXISTS;
  requireCreation(ctx, last);
  const { name } = last;
  const { dentry } = last.parent;
  dentry.made(name, dentry.inode.create(name, fresh(ctx, 'dir', mode)));
}

function mknod(ctx: VfsContext, path: string, mode: number, device?: DeviceNumber): void {
  const type = (mode & S_IFMT) === 0 ? 'file' : fileTypeOf(mode);
  if (type === 'dir' || type === 'symlink') throw new OsError('EINVAL');
  const { parent, name } = newEntry(ctx, path);
  // An overlay's whiteout is no device: everybody may make one.
  const device0 = device === undefined || (device.major === 0 && device.minor === 0);
  if ((type === 'blk' || (type === 'chr' && !device0)) && !capableOnHost(ctx.credentials, 'CAP_MKNOD'))
    throw new OsError('EPERM');
  parent.dentry.inode.create(name, fresh(ctx, type, mode, device));
}

function symlink(ctx: VfsContext, target: string, path: string): void {
  if (target === '') throw new OsError('ENOENT');
  const { parent, name } = newEntry(ctx, path);
  const { euid, egid } = ctx.credentials;
  parent.dentry.inode.create(name, { type: 'symlink', mode: 0o777, uid: euid, gid: egid, target });
}

function link(ctx: VfsContext, from: string, to: string): void {
  const source = walk(ctx, from, false);
  const { parent, name } = newEntry(ctx, to);
  if (source.mount !== parent.mount) throw new OsError('EXDEV');
  if (source.dentry.inode.type === 'dir') throw new OsError('EPERM');
  parent.dentry.inode.link(name, source.dentry.inode);
}

function unlink(ctx: VfsContext, path: string): void {
  const { parent, name, location, mustBeDir } = existing(ctx, path);
  if (name === '' || name === '.' || name === '..') throw new OsError('EISDIR');
  if (mustBeDir && location.dentry.inode.type !== 'dir') throw new OsError('ENOTDIR');
  requireWritable(parent);
  requireRemoval(ctx.credentials, parent.dentry.inode, location.dentry.inode);
  if (location.dentry.inode.type === 'dir') throw new OsError('EISDIR');
  requireNotMounted(ctx, location);
  parent.dentry.inode.unlink(name);
  parent.dentry.forget(name);
}

function rmdir(ctx: VfsContext, path: string): void {
  const { parent, name, location } = existing(ctx, path);
  if (name === '.') throw new OsError('EINVAL');
  if (name === '..') throw new OsError('ENOTEMPTY');
  if (name === '') throw new OsError('EBUSY');
  requireWritable(parent);
  requireRemoval(ctx.credentials, parent.dentry.inode, location.dentry.inode);
  if (location.dentry.inode.type !== 'dir') throw new OsError('ENOTDIR');
  requireNotMounted(ctx, location);
  parent.dentry.inode.rmdir(name);
  parent.dentry.forget(name);
}

/** Checks are in the order of do_renameat2() and vfs_rename() of fs/namei.c, since which error comes first can be seen. */
function rename(ctx: VfsContext, from: string, to: string): void {
  const old = walkParent(ctx, from);
  const target = walkParent(ctx, to);
  const special = (name: string) => name === '' || name === '.' || name === '..';
  if (old.parent.mount !== target.parent.mount) throw new OsError('EXDEV');
  if (special(old.name) || special(target.name)) throw new OsError('EBUSY');
  requireWritable(old.parent);
  if (old.location === null) throw new OsError('ENOENT');
  const { inode } = old.location.dentry;
  const isDir = inode.type === 'dir';
  if (!isDir && (old.mustBeDir || target.mustBeDir)) throw new OsError('ENOTDIR');
  if (isDir && target.parent.dentry.isWithin(old.location.dentry)) throw new OsError('EINVAL');
  const replaced = target.location?.dentry ?? null;
  if (replaced !== null && old.parent.dentry.isWithin(replaced)) throw new OsError('ENOTEMPTY');
  if (replaced?.inode === inode) return;
  requireRemoval(ctx.credentials, old.parent.dentry.inode, inode);
  if (target.location === null) requireCreation(ctx, target);
  else {
    requireRemoval(ctx.credentials, target.parent.dentry.inode, target.location.dentry.inode);
    if (isDir && target.location.dentry.inode.type !== 'dir') throw new OsError('ENOTDIR');
    if (!isDir && target.location.dentry.inode.type === 'dir') throw new OsError('EISDIR');
    requireNotMounted(ctx, target.location);
  }
  requireNotMounted(ctx, old.location);
  old.parent.dentry.inode.rename(old.name, target.parent.dentry.inode, target.name);
  old.parent.dentry.moved(old.name, target.parent.dentry, target.name);
}

function readlink(ctx: VfsContext, path: string): string {
  const inode = inodeAt(ctx, path, false);
  if (inode.type !== 'symlink') throw new OsError('EINVAL');
  return inode.readlink();
}

function chmod(ctx: VfsContext, path: string, mode: number): void {
  const location = walk(ctx, path);
  const stat = location.dentry.inode.stat();
  if (!isOwner(ctx.credentials, stat)) throw new OsError('EPERM');
  requireWritable(location);
  // Only a member may give a file its group's set-ID bit, chmod(2).
  const keepSetgid = inGroup(ctx.credentials, stat.gid) || capableOf(ctx.credentials, stat, 'CAP_FSETID');
  location.dentry.inode.setAttr({ mode: keepSetgid ? mode & 0o7777 : mode & 0o7777 & ~S_ISGID });
}

/** The ids are those of the caller's user namespace. */
function changeOwner(
  ctx: VfsContext,
  path: string,
  givenUid: number,
  givenGid: number,
  follow: boolean,
): void {
  const location = walk(ctx, path, follow);
  const stat = location.dentry.inode.stat();
  const who = ctx.credentials;
  const uid = givenUid === -1 ? -1 : who.userNs.hostUid(givenUid);
  const gid = givenGid === -1 ? -1 : who.userNs.hostGid(givenGid);
  if (uid === null || gid === null) throw new OsError('EINVAL');
  const owns = who.euid === stat.uid;
  const ownGroup = owns && (gid === -1 || gid === stat.gid || inGroup(who, gid));
  const unchanged = ownGroup && (uid === -1 || uid === stat.uid);
  if (!unchanged && !capableOf(who, stat, 'CAP_CHOWN')) throw new OsError('EPERM');
  requireWritable(location);
  const regular = location.dentry.inode.type === 'file';
  location.dentry.inode.setAttr({
    ...(uid !== -1 && { uid }),
    ...(gid !== -1 && { gid }),
    // A changed owner takes the set-ID bits away, chown(2).
    ...(regular && { mode: stat.mode & 0o7777 & ~(S_ISUID | S_ISGID) }),
  });
}

function truncate(ctx: VfsContext, path: string, size: number): void {
  if (size < 0) throw new OsError('EINVAL');
  const location = walk(ctx, path);
  const { inode } = location.dentry;
  if (inode.type === 'dir') throw new OsError('EISDIR');
  if (inode.type !== 'file') throw new OsError('EINVAL');
  requireAccess(ctx.credentials, inode, MAY_WRITE);
  requireWritable(location);
  inode.openForWrite?.(size === 0);
  inode.setAttr({ size, mtime: ctx.clock.realtime() });
}

/** A null time is left as it is; both null set both to now, which who may write may do. */
function utimensat(
  ctx: VfsContext,
  path: string,
  atime: Timespec | null,
  mtime: Timespec | null,
  follow = true,
): void {
  const location = walk(ctx, path, follow);
  const { inode } = location.dentry;
  const stat = inode.stat();
  const toNow = atime === null && mtime === null;
  if (!isOwner(ctx.credentials, stat)) {
    if (!toNow) throw new OsError('EPERM');
    requireAccess(ctx.credentials, inode, MAY_WRITE);
  }
  requireWritable(location);
  const now = ctx.clock.realtime();
  inode.setAttr(
    toNow
      ? { atime: now, mtime: now }
      : { ...(atime !== null && { atime }), ...(mtime !== null && { mtime }) },
  );
}

/** A directory one may enter: chdir(2), chroot(2). */
function directory(ctx: VfsContext, path: string): Location {
  const location = walk(ctx, path);
  if (location.dentry.inode.type !== 'dir') throw new OsError('ENOTDIR');
  requireAccess(ctx.credentials, location.dentry.inode, MAY_EXEC);
  return location;
}

/** What a call gives when it does not fail. Throws what it answers else. */
function unlessError<T>(answer: T | OsError): T {
  if (answer instanceof OsError) throw answer;
  return answer;
}

export const vfs = {
  answerOpen,
  open: (ctx: VfsContext, path: string, flags: number, mode = 0): Location =>
    unlessError(answerOpen(ctx, path, flags, mode)),
  lstat: (ctx: VfsContext, path: string): Stat => statSeen(ctx.credentials, inodeAt(ctx, path, false).stat()),
  /** What stat(2) and lstat(2) answer: mostly they are asked whether something is there, and ENOENT is as good an answer. */
  answerStat(ctx: VfsContext, path: string, follow: boolean): Stat | OsError {
    const found = find(ctx, path, follow);
    return found === null ? NO_ENTRY : statSeen(ctx.credentials, found.dentry.inode.stat());
  },
  access,
  answerMkdir,
  mkdir: (ctx: VfsContext, path: string, mode: number): void => unlessError(answerMkdir(ctx, path, mode)),
  rmdir,
  unlink,
  rename,
  link,
  symlink,
  readlink,
  mknod,
  chmod,
  chown: (ctx: VfsContext, path: string, uid: number, gid: number) => changeOwner(ctx, path, uid, gid, true),
  lchown: (ctx: VfsContext, path: string, uid: number, gid: number) =>
    changeOwner(ctx, path, uid, gid, false),
  truncate,
  utimensat,
  ...xattrCalls,
  directory,
  statfs(ctx: VfsContext, path: string) {
    const { fs, flags } = walk(ctx, path).mount;
    return { type: fs.type, flags, ...fs.statfs() };
  },
} as const;
