/** mount(2), umount2(2), pivot_root(2): for those who have CAP_SYS_ADMIN in the user namespace that owns the mounts. */
import { OsError } from '../../base/index.ts';
import { capable, requireCapable } from '../credentials/credentials.ts';
import { INITIAL_USER_NAMESPACE } from '../credentials/userNamespace.ts';
import {
  MNT_DETACH,
  MS_BIND,
  MS_MOVE,
  MS_PRIVATE,
  MS_REC,
  MS_REMOUNT,
  MS_SHARED,
  MS_SLAVE,
  MS_UNBINDABLE,
} from '../syscalls.ts';
import { type Location, MOUNT_FLAGS, type Mount } from './mount.ts';
import type { Propagation } from './propagation.ts';
import { splitUnescaped } from './splitUnescaped.ts';
import { find, NO_ENTRY, pathOf, type VfsContext, walk } from './walk.ts';

const propagations: readonly (readonly [number, Propagation])[] = [
  [MS_SHARED, 'shared'],
  [MS_SLAVE, 'slave'],
  [MS_PRIVATE, 'private'],
  [MS_UNBINDABLE, 'unbindable'],
];
const ANY_PROPAGATION = MS_SHARED | MS_SLAVE | MS_PRIVATE | MS_UNBINDABLE;

/** Types that root of a user namespace may mount (FS_USERNS_MOUNT). */
const forUserNamespaces = new Set([
  'cgroup2',
  'devpts',
  'fuse',
  'mqueue',
  'overlay',
  'proc',
  'sysfs',
  'tmpfs',
]);

function requireAdministrator(ctx: VfsContext): void {
  requireCapable(ctx.credentials, ctx.ns.userNs, 'CAP_SYS_ADMIN');
}

const NO_OPTIONS: ReadonlyMap<string, string> = new Map();

/** mount(8)'s option string: `a,b=c` as a map; a backslash keeps the next character. */
export function parseMountOptions(data: string): ReadonlyMap<string, string> {
  if (data === '') return NO_OPTIONS;
  const options = new Map<string, string>();
  for (const field of splitUnescaped(data, ',')) {
    const at = field.indexOf('=');
    if (at < 0) options.set(field, '');
    else options.set(field.slice(0, at), field.slice(at + 1));
  }
  return options;
}

/** For a call of mount(2) whose flags say that it binds what is there already where that is; null for others. */
export function boundBy(ctx: VfsContext, source: string, flags: number): Location | null {
  return (flags & (MS_BIND | MS_REMOUNT)) === MS_BIND ? walk(ctx, source) : null;
}

/** Returns the mount made or changed, null for a change of propagation, or ENOENT where there is no such place. `bound` is what {@link boundBy} gives, found before `target`. */
export function mount(
  ctx: VfsContext,
  source: string,
  target: string,
  fstype: string,
  flags: number,
  data: string,
  bound = boundBy(ctx, source, flags),
): Mount | OsError | null {
  const at = find(ctx, target);
  if (at === null) return NO_ENTRY;
  requireAdministrator(ctx);
  if ((flags & (MS_REMOUNT | MS_BIND)) === (MS_REMOUNT | MS_BIND)) return changeFlags(ctx, at, flags);
  if ((flags & MS_REMOUNT) !== 0) return remount(ctx, at, flags, data);
  if (bound !== null) return bind(ctx, bound, at, flags);
  if ((flags & ANY_PROPAGATION) !== 0) {
    changePropagation(ctx, at, flags);
    return null;
  }
  if ((flags & MS_MOVE) !== 0) {
    const from = walk(ctx, source);
    ctx.ns.move(from, at);
    return from.mount;
  }
  return mountNew(ctx, source, at, fstype, flags, data);
}

/** Flags that came from a more privileged namespace stay; `before` is done when nothing stands against the change. */
function changeFlags(ctx: VfsContext, at: Location, flags: number, before?: () => void): Mount {
  const { mount: changed } = at;
  if (at.dentry !== changed.root) throw new OsError('EINVAL');
  if ((changed.lockedFlags & ~flags & MOUNT_FLAGS) !== 0) throw new OsError('EPERM');
  before?.();
  (changed.ns ?? ctx.ns).setFlags(changed, flags & MOUNT_FLAGS);
  return changed;
}

/** That changes the file system, too, which is its owner's. */
function remount(ctx: VfsContext, at: Location, flags: number, data: string): Mount {
  requireCapable(ctx.credentials, at.mount.fs.owner ?? INITIAL_USER_NAMESPACE, 'CAP_SYS_ADMIN');
  return changeFlags(ctx, at, flags, () => at.mount.fs.reconfigure?.(parseMountOptions(data)));
}

function changePropagation(ctx: VfsContext, at: Location, flags: number): void {
  const changes = propagations.filter(([flag]) => (flags & flag) !== 0);
  const [only] = changes;
  if (changes.length > 1 || at.dentry !== at.mount.root || at.mount.ns !== ctx.ns)
    throw new OsError('EINVAL');
  ctx.ns.setPropagation(at.mount, only![1], (flags & MS_REC) !== 0);
}

function bind(ctx: VfsContext, from: Location, at: Location, flags: number): Mount {
  if ((from.dentry.type === 'dir') !== (at.dentry.type === 'dir')) throw new OsError('ENOTDIR');
  return ctx.ns.bind(from, at, (flags & MS_REC) !== 0);
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
  if (at.mount.ns !== ctx.ns) throw new OsError('EINVAL');
  const { table } = ctx.ns;
  const make = table.types.get(fstype);
  if (make === undefined) throw new OsError('ENODEV');
  const { userNs } = ctx.credentials;
  const owner = forUserNamespaces.has(fstype) ? (ctx.ownerOf?.(fstype) ?? userNs) : INITIAL_USER_NAMESPACE;
  if (!capable(ctx.credentials, owner, 'CAP_SYS_ADMIN')) throw new OsError('EPERM');
  if (userNs.parent !== null && hidden(ctx, fstype)) throw new OsError('EPERM');
  const fs = make({
    source,
    options: parseMountOptions(data),
    lookup: (path) => walk(ctx, path),
    flags,
    dev: table.nextDev++,
    clock: ctx.clock,
    subject: () => `${ctx.host}:${pathOf(at, ctx.root)}`,
  });
  fs.owner ??= owner;
  return ctx.ns.attach(fs, source, at, flags & MOUNT_FLAGS);
}

/** A new /proc or /sys must not show what is covered in the ones that are there: mount_too_revealing(). */
function hidden(ctx: VfsContext, fstype: string): boolean {
  if (fstype !== 'proc' && fstype !== 'sysfs') return false;
  const { mounts } = ctx.ns;
  return !mounts.some(
    (old) =>
      old.fs.type === fstype &&
      old.root.parent === null &&
      !mounts.some(
        (over) => over.parent === old && over.locked && over.mountpoint!.inode.readdir().length > 0,
      ),
  );
}

/** Takes what is mounted at a place away. */
export function umount(ctx: VfsContext, at: Location, flags: number): void {
  requireAdministrator(ctx);
  if (at.mount.ns !== ctx.ns) throw new OsError('EINVAL');
  ctx.ns.unmount(at, (flags & MNT_DETACH) !== 0);
}

export function pivotRoot(
  ctx: VfsContext,
  newRoot: string,
  putOld: string,
): { oldRoot: Location; newRoot: Location } {
  requireAdministrator(ctx);
  const to = walk(ctx, newRoot);
  const put = walk(ctx, putOld);
  if (to.dentry.inode.type !== 'dir' || put.dentry.inode.type !== 'dir') throw new OsError('ENOTDIR');
  const oldRoot = ctx.root;
  ctx.ns.pivot(to, put);
  return { oldRoot, newRoot: to };
}
