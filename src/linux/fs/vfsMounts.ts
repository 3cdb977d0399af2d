/** mount(2), umount2(2), pivot_root(2): all for root alone. */
import { OsError } from '../../base/index.ts';
import { MNT_DETACH, MS_BIND, MS_MOVE, MS_PRIVATE, MS_RDONLY, MS_REC, MS_REMOUNT } from '../syscalls.ts';
import type { Location, Mount } from './mounts.ts';
import { pathOf, type VfsContext, walk } from './walk.ts';

function requireRoot(ctx: VfsContext): void {
  if (ctx.credentials.euid !== 0) throw new OsError('EPERM');
}

/** mount(8)'s option string: `a,b=c` as a map; a backslash keeps the next character. */
export function parseMountOptions(data: string): Map<string, string> {
  const options = new Map<string, string>();
  for (const field of data.match(/(?:\\.|[^,\\])+/g) ?? []) {
    const at = field.indexOf('=');
    if (at < 0) options.set(field, '');
    else options.set(field.slice(0, at), field.slice(at + 1));
  }
  return options;
}

/** Returns the mount made or changed, or null for a change of propagation, which is always private here. */
export function mount(
  ctx: VfsContext,
  source: string,
  target: string,
  fstype: string,
  flags: number,
  data: string,
): Mount | null {
  requireRoot(ctx);
  const at = walk(ctx, target);
  if ((flags & MS_REMOUNT) !== 0) return remount(at, flags);
  if ((flags & MS_BIND) !== 0) return bind(ctx, source, at, flags);
  if ((flags & MS_MOVE) !== 0) {
    const from = walk(ctx, source);
    ctx.ns.move(from, at);
    return from.mount;
  }
  if ((flags & MS_PRIVATE) !== 0) return null;
  return mountNew(ctx, source, at, fstype, flags, data);
}

function remount(at: Location, flags: number): Mount {
  if (at.dentry !== at.mount.root) throw new OsError('EINVAL');
  at.mount.readOnly = (flags & MS_RDONLY) !== 0;
  return at.mount;
}

function bind(ctx: VfsContext, source: string, at: Location, flags: number): Mount {
  const from = walk(ctx, source);
  requireSameKind(from, at.dentry.inode.type === 'dir');
  const made = ctx.ns.bind(from, at, (flags & MS_REC) !== 0);
  if ((flags & MS_RDONLY) !== 0) made.readOnly = true;
  return made;
}

function requireSameKind(from: Location, toDirectory: boolean): void {
  if ((from.dentry.inode.type === 'dir') !== toDirectory) throw new OsError('ENOTDIR');
}

function mountNew(
  ctx: VfsContext,
  source: string,
  at: Location,
  fstype: string,
  flags: number,
  data: string,
): Mount {
  if (at.dentry.inode.type !== 'dir') throw new OsError('ENOTDIR');
  const { table } = ctx.ns;
  const make = table.types.get(fstype);
  if (make === undefined) throw new OsError('ENODEV');
  const fs = make({
    source,
    options: parseMountOptions(data),
    lookup: (path) => walk(ctx, path),
    dev: table.nextDev++,
    clock: ctx.clock,
    subject: `${ctx.host}:${pathOf(at, ctx.root)}`,
  });
  return ctx.ns.attach(fs, source, at, (flags & MS_RDONLY) !== 0);
}

/** `inUse` tells whether a process has its root, directory or an open file on the mount. */
export function umount(
  ctx: VfsContext,
  target: string,
  flags: number,
  inUse: (mount: Mount) => boolean,
): Mount {
  requireRoot(ctx);
  const at = walk(ctx, target);
  ctx.ns.unmount(at, (flags & MNT_DETACH) !== 0, inUse);
  return at.mount;
}

export function pivotRoot(
  ctx: VfsContext,
  newRoot: string,
  putOld: string,
): { oldRoot: Location; newRoot: Location } {
  requireRoot(ctx);
  const to = walk(ctx, newRoot);
  const put = walk(ctx, putOld);
  if (to.dentry.inode.type !== 'dir' || put.dentry.inode.type !== 'dir') throw new OsError('ENOTDIR');
  const oldRoot = ctx.root;
  ctx.ns.pivot(to, put);
  return { oldRoot, newRoot: to };
}
