/** Extended attributes by path: xattr(7). */
import { OsError } from '../../base/index.ts';
import { capableOnHost } from '../credentials/credentials.ts';
import {
  CAPABILITY_XATTR,
  readFileCapabilities,
  writeFileCapabilities,
} from '../credentials/fileCapabilities.ts';
import { capableOf, MAY_READ, MAY_WRITE, requireAccess } from './credentials.ts';
import type { Inode } from './types.ts';
import { requireWritable, type VfsContext, walk } from './walk.ts';

/** trusted.* needs CAP_SYS_ADMIN, security.capability CAP_SETFCAP; user.* follows the file's permissions: xattr(7). */
function requireXattr(ctx: VfsContext, inode: Inode, name: string, mask: number): void {
  const [kind] = name.split('.', 1);
  const who = ctx.credentials;
  if (kind === 'trusted') {
    if (!capableOnHost(who, 'CAP_SYS_ADMIN')) throw new OsError(mask === MAY_READ ? 'ENODATA' : 'EPERM');
  } else if (name === CAPABILITY_XATTR) {
    if (mask !== MAY_READ && !capableOf(who, inode.stat(), 'CAP_SETFCAP')) throw new OsError('EPERM');
  } else if (kind === 'security') {
    if (mask !== MAY_READ && !capableOnHost(who, 'CAP_SYS_ADMIN')) throw new OsError('EPERM');
  } else if (kind === 'user') {
    if (inode.type !== 'file' && inode.type !== 'dir') throw new OsError('EPERM');
    requireAccess(ctx.credentials, inode, mask);
  } else {
    throw new OsError('EOPNOTSUPP');
  }
}

function getxattr(ctx: VfsContext, path: string, name: string): Uint8Array {
  const inode = walk(ctx, path).dentry.inode;
  requireXattr(ctx, inode, name, MAY_READ);
  return inode.getxattr(name);
}

/** Those that root of a user namespace gives count there alone. EINVAL for what is no such attribute. */
function capabilitiesFor(ctx: VfsContext, value: Uint8Array): Uint8Array {
  const given = readFileCapabilities(value);
  if (given === null) throw new OsError('EINVAL');
  const root = ctx.credentials.userNs.hostUid(0);
  if (root === null) throw new OsError('EPERM');
  return root === 0 ? value : writeFileCapabilities(given, root);
}

function setxattr(ctx: VfsContext, path: string, name: string, value: Uint8Array): void {
  const location = walk(ctx, path);
  requireWritable(location);
  requireXattr(ctx, location.dentry.inode, name, MAY_WRITE);
  const stored = name === CAPABILITY_XATTR ? capabilitiesFor(ctx, value) : value;
  location.dentry.inode.setxattr(name, stored);
}

function listxattr(ctx: VfsContext, path: string): readonly string[] {
  const names = walk(ctx, path).dentry.inode.listxattr();
  return capableOnHost(ctx.credentials, 'CAP_SYS_ADMIN')
    ? names
    : names.filter((name) => !name.startsWith('trusted.'));
}

function removexattr(ctx: VfsContext, path: string, name: string): void {
  const location = walk(ctx, path);
  requireWritable(location);
  requireXattr(ctx, location.dentry.inode, name, MAY_WRITE);
  location.dentry.inode.removexattr(name);
}

export const xattrCalls = { getxattr, setxattr, listxattr, removexattr } as const;
