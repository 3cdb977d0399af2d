/** From a path to where it leads: path_resolution(7). */
import { OsError } from '../../base/index.ts';
import type { Credentials } from '../credentials/credentials.ts';
import type { UserNamespace } from '../credentials/userNamespace.ts';
import { MAY_EXEC, requireAccess } from './credentials.ts';
import { type Dentry, MOUNTED } from './dentry.ts';
import type { Location, Mount } from './mount.ts';
import type { MountNamespace } from './mounts.ts';
import type { FsClock } from './types.ts';

const NAME_MAX = 255;
const PATH_MAX = 4096;
/** More links than this in one walk are a loop. */
const MAX_LINKS = 40;

/** What of a process a file operation depends on. */
export interface VfsContext {
  readonly ns: MountNamespace;
  readonly root: Location;
  readonly cwd: Location;
  readonly credentials: Credentials;
  readonly umask: number;
  readonly clock: FsClock;
  /** The user namespace that owns what a file system of this type shows; null: the caller's own. */
  readonly ownerOf?: ((fstype: string) => UserNamespace | null) | undefined;
  /** The host's name, for trace subjects. */
  readonly host: string;
}

/** The last component of a path, which need not exist. */
export interface LastComponent {
  readonly parent: Location;
  /** `.`, `..` or the empty string when the path ends in no name. */
  readonly name: string;
  /** What is there, mounts crossed, links not followed; null when nothing is. */
  readonly location: Location | null;
  /** The path ended in a slash: only a directory will do. */
  readonly mustBeDir: boolean;
}

/** A walk under way: the directory that it has come to. */
interface Walk {
  readonly ctx: VfsContext;
  links: number;
  mount: Mount;
  dentry: Dentry;
}

const walkFrom = (ctx: VfsContext, { mount, dentry }: Location): Walk => ({ ctx, links: 0, mount, dentry });

/** The location of `path`; `follow` tells whether a symbolic link at the end is followed. Throws ENOENT, ENOTDIR, EACCES, ELOOP, ENAMETOOLONG. */
export function walk(ctx: VfsContext, path: string, follow = true): Location {
  const found = find(ctx, path, follow);
  if (found === null) throw NO_ENTRY;
  return found;
}

/** The same, but null where nothing has the name at the end: who only asks whether it is there need not catch anything. */
export function find(ctx: VfsContext, path: string, follow = true): Location | null {
  return resolve(walkFrom(ctx, ctx.cwd), path, follow, false);
}

/** Everything but the last component; what create, remove and rename start from. */
export function walkParent(ctx: VfsContext, path: string): LastComponent {
  return resolveLast(walkFrom(ctx, ctx.cwd), path);
}

/** Follows the link at the end of `last`, as often as needed, to the last component of where it leads: open(2) with O_CREAT. */
export function followLast(ctx: VfsContext, last: LastComponent): LastComponent {
  const state = walkFrom(ctx, last.parent);
  let at = last;
  while (at.location?.dentry.type === 'symlink') {
    const magic = at.location.dentry.inode.magicLink?.() ?? null;
    if (magic === null) {
      const target = linkTarget(state, at.location);
      const { mustBeDir } = at;
      at = resolveLast(state, target);
      if (mustBeDir) at = { ...at, mustBeDir };
    } else at = { ...at, location: magic };
  }
  return at;
}

/** What a look for a name mostly ends with. It carries nothing of its own, so that one does for all. */
export const NO_ENTRY = new OsError('ENOENT');

const SLASH = 47;
const DOT = 46;

/** Where `path` leads from the directory that the walk has come to; null where nothing has the last name. */
function resolve(state: Walk, path: string, follow: boolean, mustBeDir: boolean): Location | null {
  const end = endOf(path);
  const last = approach(state, path, end);
  const found = last < 0 ? here(state) : enter(state, path, last, end);
  if (found === null) return null;
  const onlyDir = mustBeDir || last < 0 || end < path.length;
  const { type } = found.dentry;
  if (type === 'symlink' && (follow || onlyDir)) return throughLink(state, found, onlyDir);
  if (onlyDir && type !== 'dir') throw new OsError('ENOTDIR');
  return found;
}

/** `link` is in the directory that the walk has come to. */
function throughLink(state: Walk, link: Location, mustBeDir: boolean): Location | null {
  return link.dentry.inode.magicLink?.() ?? resolve(state, linkTarget(state, link), true, mustBeDir);
}

function linkTarget(state: Walk, link: Location): string {
  if (++state.links > MAX_LINKS) throw new OsError('ELOOP');
  return link.dentry.inode.readlink();
}

function resolveLast(state: Walk, path: string): LastComponent {
  const end = endOf(path);
  const last = approach(state, path, end);
  const parent = here(state);
  if (last < 0) return { parent, name: '', location: parent, mustBeDir: true };
  const location = enter(state, path, last, end);
  return { parent, name: path.slice(last, end), location, mustBeDir: end < path.length };
}

/** Where the slashes at the end of `path` begin. */
function endOf(path: string): number {
  if (path === '') throw NO_ENTRY;
  if (path.length >= PATH_MAX) throw new OsError('ENAMETOOLONG');
  let end = path.length;
  while (end > 0 && path.charCodeAt(end - 1) === SLASH) end--;
  return end;
}

/** Walks to the directory in which the last name of `path`, which ends at `end`, is to be. Returns where that name begins; -1 without a name. */
function approach(state: Walk, path: string, end: number): number {
  if (path.charCodeAt(0) === SLASH) {
    state.mount = state.ctx.root.mount;
    state.dentry = state.ctx.root.dentry;
  }
  if (end === 0) return -1;
  const last = path.lastIndexOf('/', end - 1) + 1;
  for (let begin = 0; begin < last; ) {
    const slash = path.indexOf('/', begin);
    if (slash > begin) pass(state, path, begin, slash);
    begin = slash + 1;
  }
  requireSearch(state, end - last);
  return last;
}

/** Through the directory, or the link to one, whose name stands in `path` from `begin` to `end`. */
function pass(state: Walk, path: string, begin: number, end: number): void {
  requireSearch(state, end - begin);
  if (dotsAt(path, begin, end)) {
    if (end - begin === 2) climb(state);
    return;
  }
  const next = state.dentry.child(path.slice(begin, end));
  if (next === null) throw NO_ENTRY;
  if ((next.flags & MOUNTED) === 0 && next.type !== 'symlink') {
    state.dentry = next;
    return;
  }
  const over = covered(state.ctx, { mount: state.mount, dentry: next });
  const at = over.dentry.type === 'symlink' ? throughLink(state, over, true) : over;
  if (at === null) throw NO_ENTRY;
  state.mount = at.mount;
  state.dentry = at.dentry;
}

/** Whether the name is `.` or `..`. */
function dotsAt(path: string, begin: number, end: number): boolean {
  if (path.charCodeAt(begin) !== DOT || end - begin > 2) return false;
  return end - begin === 1 || path.charCodeAt(begin + 1) === DOT;
}

function requireSearch({ ctx, dentry }: Walk, length: number): void {
  if (dentry.type !== 'dir') throw new OsError('ENOTDIR');
  if (length > NAME_MAX) throw new OsError('ENAMETOOLONG');
  requireAccess(ctx.credentials, dentry.inode, MAY_EXEC);
}

const here = ({ mount, dentry }: Walk): Location => ({ mount, dentry });

/** What the directory has under the name that stands in `path` from `begin` to `end`, mounts crossed. */
function enter(state: Walk, path: string, begin: number, end: number): Location | null {
  if (dotsAt(path, begin, end)) {
    const { mount, dentry } = state;
    if (end - begin === 2) climb(state);
    const found = here(state);
    state.mount = mount;
    state.dentry = dentry;
    return found;
  }
  const dentry = state.dentry.child(path.slice(begin, end));
  if (dentry === null) return null;
  const { mount } = state;
  return (dentry.flags & MOUNTED) !== 0 ? covered(state.ctx, { mount, dentry }) : { mount, dentry };
}

/** To the directory above; no further than to the process's root. */
function climb(state: Walk): void {
  const { ctx } = state;
  let { mount, dentry } = state;
  for (;;) {
    if (mount === ctx.root.mount && dentry === ctx.root.dentry) return;
    if (dentry !== mount.root) break;
    if (mount.parent === null || mount.mountpoint === null) return;
    dentry = mount.mountpoint;
    mount = mount.parent;
  }
  const above = covered(ctx, { mount, dentry: dentry.parent ?? dentry });
  state.mount = above.mount;
  state.dentry = above.dentry;
}

/** What is mounted there in the namespace that the place is in: /proc/PID/root leads into another process's. */
function covered(ctx: VfsContext, at: Location): Location {
  return (at.dentry.flags & MOUNTED) !== 0 ? (at.mount.ns ?? ctx.ns).covering(at) : at;
}

/** Names on the way up from `location` to `root`, or to the top of its mounts where it lies outside. */
function namesAbove(location: Location, root: Location): { names: string[]; within: boolean } {
  const names: string[] = [];
  let { mount, dentry } = location;
  while (mount !== root.mount || dentry !== root.dentry) {
    if (dentry !== mount.root) {
      names.push(dentry.name);
      if (dentry.parent === null) break;
      dentry = dentry.parent;
      continue;
    }
    if (mount.parent === null || mount.mountpoint === null) return { names, within: false };
    dentry = mount.mountpoint;
    mount = mount.parent;
  }
  return { names, within: true };
}

/** The path of `location` seen from `root`, and from the top of its own mounts where it lies outside: d_path() of Linux' fs/d_path.c. */
export function pathOf(location: Location, root: Location): string {
  return `/${namesAbove(location, root).names.reverse().join('/')}${location.dentry.deleted ? ' (deleted)' : ''}`;
}

/** The path of a place within `root`; null outside. */
export function pathWithin(location: Location, root: Location): string | null {
  return namesAbove(location, root).within ? pathOf(location, root) : null;
}

/** Throws EROFS. */
export function requireWritable({ mount }: Location): void {
  if (mount.readOnly || mount.fs.readOnly) throw new OsError('EROFS');
}
