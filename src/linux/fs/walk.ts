/** From a path to where it leads: path_resolution(7). */
import { OsError } from '../../base/index.ts';
import type { Credentials } from '../credentials/credentials.ts';
import type { UserNamespace } from '../credentials/userNamespace.ts';
import { MAY_EXEC, requireAccess } from './credentials.ts';
import type { Dentry } from './dentry.ts';
import type { Location } from './mount.ts';
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

interface Walk {
  readonly ctx: VfsContext;
  links: number;
}

/** The location of `path`; `follow` tells whether a symbolic link at the end is followed. Throws ENOENT, ENOTDIR, EACCES, ELOOP, ENAMETOOLONG. */
export function walk(ctx: VfsContext, path: string, follow = true): Location {
  const found = find(ctx, path, follow);
  if (found === null) throw NO_ENTRY;
  return found;
}

/** The same, but null where nothing has the name at the end: who only asks whether it is there need not catch anything. */
export function find(ctx: VfsContext, path: string, follow = true): Location | null {
  const state: Walk = { ctx, links: 0 };
  return finish(state, resolveLast(state, ctx.cwd, path), follow);
}

/** Everything but the last component; what create, remove and rename start from. */
export function walkParent(ctx: VfsContext, path: string): LastComponent {
  return resolveLast({ ctx, links: 0 }, ctx.cwd, path);
}

/** Follows the link at the end of `last`, as often as needed, to the last component of where it leads: open(2) with O_CREAT. */
export function followLast(ctx: VfsContext, last: LastComponent): LastComponent {
  const state: Walk = { ctx, links: 0 };
  let at = last;
  while (at.location?.dentry.type === 'symlink') {
    const magic = at.location.dentry.inode.magicLink?.() ?? null;
    at = magic === null ? step(state, at) : { ...at, location: magic };
  }
  return at;
}

function finish(state: Walk, last: LastComponent, follow: boolean): Location | null {
  let at = last;
  while (at.location?.dentry.type === 'symlink' && (follow || at.mustBeDir)) {
    const magic = at.location.dentry.inode.magicLink?.() ?? null;
    if (magic !== null) return magic;
    at = step(state, at);
  }
  if (at.location === null) return null;
  if (at.mustBeDir && at.location.dentry.type !== 'dir') throw new OsError('ENOTDIR');
  return at.location;
}

function step(state: Walk, at: LastComponent): LastComponent {
  if (++state.links > MAX_LINKS) throw new OsError('ELOOP');
  const target = at.location!.dentry.inode.readlink();
  const next = resolveLast(state, at.parent, target);
  return { ...next, mustBeDir: next.mustBeDir || at.mustBeDir };
}

/** What a look for a name mostly ends with. It carries nothing of its own, so that one does for all. */
export const NO_ENTRY = new OsError('ENOENT');

const SLASH = 47;
const DOT = 46;

function resolveLast(state: Walk, from: Location, path: string): LastComponent {
  if (path === '') throw new OsError('ENOENT');
  if (path.length >= PATH_MAX) throw new OsError('ENAMETOOLONG');
  const { ctx } = state;
  let at = path.charCodeAt(0) === SLASH ? ctx.root : from;
  let end = path.length;
  while (end > 0 && path.charCodeAt(end - 1) === SLASH) end--;
  if (end === 0) return { parent: at, name: '', location: at, mustBeDir: true };
  const lastSlash = path.lastIndexOf('/', end - 1);
  // Of the places on the way only those are made that something is mounted on.
  let { mount, dentry } = at;
  for (let begin = 0; begin <= lastSlash; ) {
    const slash = path.indexOf('/', begin);
    if (slash > begin) {
      const name = path.slice(begin, slash);
      requireSearch(ctx, dentry, name);
      const next = path.charCodeAt(begin) === DOT && isDots(name) ? null : requireChild(dentry, name);
      if (next !== null && !next.mountedOn && next.type !== 'symlink') {
        dentry = next;
      } else {
        at = { mount, dentry };
        ({ mount, dentry } = directory(state, at, name, next));
      }
    }
    begin = slash + 1;
  }
  const last = path.slice(lastSlash + 1, end);
  requireSearch(ctx, dentry, last);
  at = { mount, dentry };
  return { parent: at, name: last, location: enter(ctx, at, last), mustBeDir: end < path.length };
}

const isDots = (name: string): boolean => name === '.' || name === '..';

function requireSearch({ credentials }: VfsContext, dentry: Dentry, name: string): void {
  if (dentry.type !== 'dir') throw new OsError('ENOTDIR');
  if (name.length > NAME_MAX) throw new OsError('ENAMETOOLONG');
  requireAccess(credentials, dentry.inode, MAY_EXEC);
}

function requireChild(dentry: Dentry, name: string): Dentry {
  const child = dentry.child(name);
  if (child === null) throw NO_ENTRY;
  return child;
}

/** Where a component on the way leads that is no plain entry: `.`, `..` (`entry` is null), what is mounted on, or a link. */
function directory(state: Walk, at: Location, name: string, entry: Dentry | null): Location {
  const next =
    entry === null ? dots(state.ctx, at, name) : covered(state.ctx, { mount: at.mount, dentry: entry });
  if (next.dentry.type !== 'symlink') return next;
  const target = finish(state, { parent: at, name, location: next, mustBeDir: true }, true);
  if (target === null) throw NO_ENTRY;
  return target;
}

/** `..` stops at the process's root. */
function dots(ctx: VfsContext, at: Location, name: string): Location {
  return name === '.' ? at : up(ctx, at);
}

/** `name` in the directory `at`, mounts crossed. */
function enter(ctx: VfsContext, at: Location, name: string): Location | null {
  if (isDots(name)) return dots(ctx, at, name);
  const dentry = at.dentry.child(name);
  return dentry === null ? null : covered(ctx, { mount: at.mount, dentry });
}

function up(ctx: VfsContext, from: Location): Location {
  let { mount, dentry } = from;
  for (;;) {
    if (mount === ctx.root.mount && dentry === ctx.root.dentry) return from;
    if (dentry !== mount.root) break;
    if (mount.parent === null || mount.mountpoint === null) return from;
    dentry = mount.mountpoint;
    mount = mount.parent;
  }
  return covered(ctx, { mount, dentry: dentry.parent ?? dentry });
}

/** What is mounted there in the namespace that the place is in: /proc/PID/root leads into another process's. */
function covered(ctx: VfsContext, at: Location): Location {
  return at.dentry.mountedOn ? (at.mount.ns ?? ctx.ns).covering(at) : at;
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
