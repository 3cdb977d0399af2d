/** Mount namespaces: mount_namespaces(7). */
import { FewMap, FewSet, OsError } from '../../base/index.ts';
import { INITIAL_USER_NAMESPACE, type UserNamespace } from '../credentials/userNamespace.ts';
import { INITIAL_INODES, type Namespace } from '../namespaces/kinds.ts';
import { type Dentry, MOUNTED, rootDentry } from './dentry.ts';
import { descendants, type Location, Mount, mountsBelow } from './mount.ts';
import { MountList } from './mountList.ts';
import type { MountTable } from './mountTable.ts';
import {
  copyPropagation,
  followAsSlave,
  hearsNothing,
  PeerGroups,
  type Propagation,
  receiversOf,
  shows,
} from './propagation.ts';
import type { FileSystem } from './types.ts';
import { UnseenMounts } from './unseenMounts.ts';

type Copying = 'bind' | 'peer' | 'slave';

/** What a process is to the namespace that it is in: where it stands. */
export interface Inhabitant {
  root: Location;
  cwd: Location;
}

export class MountNamespace implements Namespace {
  readonly kind = 'mnt';
  readonly table: MountTable;
  readonly inode: number;
  readonly userNs: UserNamespace;
  /** Processes that live and have these mounts. */
  readonly inhabitants = new FewSet<Inhabitant>();
  readonly #groups: PeerGroups;
  readonly #mounts = new MountList();
  /** The last on each, see {@link Mount.earlier}. */
  readonly #byMountpoint = new FewMap<Dentry, Mount>();
  #root: Mount | null = null;
  /** Of a copied namespace: what of the original nobody has looked at here. */
  #unseen: UnseenMounts | null = null;
  #original: MountNamespace | null = null;
  /** Copies of this namespace that have not looked at all of it. */
  #copiers: Set<MountNamespace> | null = null;

  private constructor(table: MountTable, inode: number, userNs: UserNamespace, groups: PeerGroups) {
    this.table = table;
    this.inode = inode;
    this.userNs = userNs;
    this.#groups = groups;
  }

  /** A namespace with `fs` as its root. */
  static withRoot(fs: FileSystem, source: string, table: MountTable): MountNamespace {
    const ns = new MountNamespace(table, INITIAL_INODES.mnt, INITIAL_USER_NAMESPACE, new PeerGroups());
    ns.#root = ns.#add(fs, rootDentry(fs), source, null, 0);
    return ns;
  }

  /** In the order in which they were mounted. */
  get mounts(): readonly Mount[] {
    this.#seeAll();
    return this.#mounts.all;
  }

  /** `who` has these mounts from now on, not those of `before`. */
  takeIn(who: Inhabitant, before: MountNamespace | null): void {
    before?.inhabitants.delete(who);
    this.inhabitants.add(who);
  }

  get root(): Location {
    const mount = this.#root!;
    return this.covering({ mount, dentry: mount.root });
  }

  /** The topmost mount over `location`, or `location` itself. */
  covering(location: Location): Location {
    let at = location;
    while ((at.dentry.flags & MOUNTED) !== 0) {
      const over = this.#on(at.mount, at.dentry);
      if (over === null) return at;
      at = { mount: over, dentry: over.root };
    }
    return at;
  }

  /** Whether something is mounted on this entry, through whichever mount. */
  isMountpoint(dentry: Dentry): boolean {
    if ((dentry.flags & MOUNTED) === 0) return false;
    this.#unseen?.seeAt(dentry);
    return this.#byMountpoint.has(dentry);
  }

  attach(fs: FileSystem, source: string, target: Location, flags: number): Mount {
    const mount = this.#add(fs, rootDentry(fs), source, target, flags);
    this.#propagate(mount);
    return mount;
  }

  /** mount --bind; with `recursive` everything mounted below `source` too, but what is unbindable. */
  bind(source: Location, target: Location, recursive: boolean): Mount {
    const { ns, unbindable } = source.mount;
    if (unbindable || (ns !== null && ns !== this) || target.mount.ns !== this) throw new OsError('EINVAL');
    const all = this.#below(source);
    if (!recursive && all.some((mount) => mount.locked)) throw new OsError('EINVAL');
    const below = recursive ? all : [];
    const copies = new Map<Mount, Mount>();
    const top = this.#copy(source.mount, source.dentry, target, 'bind', copies);
    for (const mount of below) {
      const parent = copies.get(mount.parent!);
      if (parent === undefined || mount.unbindable) continue;
      this.#copy(mount, mount.root, { mount: parent, dentry: mount.mountpoint! }, 'bind', copies);
    }
    this.#propagate(top);
    return top;
  }

  /** mount --move of the mount whose root `source` is. */
  move(source: Location, target: Location): void {
    const { mount } = source;
    this.#seeAll();
    this.#beforeChange();
    if (mount.parent === null || source.dentry !== mount.root || mount.locked) throw new OsError('EINVAL');
    if (mount.parent.group !== null) throw new OsError('EINVAL');
    const moved = [mount, ...descendants(mount)];
    if (target.mount.group !== null && moved.some(({ unbindable }) => unbindable))
      throw new OsError('EINVAL');
    for (let at: Mount | null = target.mount; at !== null; at = at.parent) {
      if (at === mount) throw new OsError('ELOOP');
    }
    this.#place(mount, target);
    this.#propagate(mount);
  }

  /** umount2(2). EBUSY when something is mounted below, a process stands on it or a file of it is open, unless `detach` takes all of it away. */
  unmount(location: Location, detach: boolean): void {
    const { mount } = location;
    if (location.dentry !== mount.root || mount.locked) throw new OsError('EINVAL');
    if (!detach) this.#seeAll();
    this.#beforeChange();
    if (mount.parent === null && !detach) throw new OsError('EBUSY');
    if (!detach && (mount.children.size > 0 || mount.busy)) throw new OsError('EBUSY');
    // The deepest first: what hears of it must be empty by then.
    for (const each of [mount, ...descendants(mount)].reverse()) this.#removeEverywhere(each);
    if (this.#unseen?.nothingLeft === true) this.#sawAll();
  }

  /** pivot_root(2): `newRoot` becomes the root, the old one goes to `putOld` below it. */
  pivot(newRoot: Location, putOld: Location): void {
    const oldRoot = this.#root!;
    const { mount } = newRoot;
    if (mount === oldRoot || putOld.mount === oldRoot) throw new OsError('EBUSY');
    if (newRoot.dentry !== mount.root || mount.locked) throw new OsError('EINVAL');
    if (putOld.mount.group !== null || mount.parent?.group) throw new OsError('EINVAL');
    let above: Mount | null = putOld.mount;
    while (above !== null && above !== mount) above = above.parent;
    if (above === null) throw new OsError('EINVAL');
    this.#beforeChange();
    this.#place(mount, null);
    this.#place(oldRoot, putOld);
    this.#root = mount;
  }

  /** mount --make-shared and its kin; with `recursive` for all below, too. */
  setPropagation(mount: Mount, to: Propagation, recursive: boolean): void {
    // What is unseen is private already.
    if (to === 'shared' || to === 'unbindable') this.#seeAll();
    this.#beforeChange();
    for (const each of recursive ? [mount, ...descendants(mount)] : [mount]) this.#groups.change(each, to);
  }

  /** The flags that `mount`, one of these, has from now on. */
  setFlags(mount: Mount, flags: number): void {
    this.#beforeChange();
    mount.flags = flags;
  }

  /**
   * A copy for unshare(CLONE_NEWNS), owned by `userNs`, and what a location of the old namespace is in it. Where `userNs` is another one than
   * here, the copies are slaves and locked: who has all capabilities there has them not over what came from here. Where all mounts are
   * private and stay so, each is copied when it is looked at.
   */
  clone(userNs: UserNamespace): { readonly ns: MountNamespace; translate(location: Location): Location } {
    const ns = new MountNamespace(this.table, this.table.nextInode(), userNs, this.#groups);
    const { mounts } = this;
    const less = userNs !== this.userNs;
    const unseen = new UnseenMounts(
      { mounts, count: mounts.length, on: (dentry) => this.#allOn(dentry) },
      {
        firstId: this.table.nextMountId,
        make: (original, id, at) => ns.#addCopy(original, id, at, less),
        isMounted: (copy) => copy.ns === ns,
      },
    );
    this.table.nextMountId += mounts.length;
    ns.#unseen = unseen;
    ns.#original = this;
    this.#copiers ??= new Set();
    this.#copiers.add(ns);
    if (less || !(this.#groups.quiet || mounts.every(hearsNothing))) ns.#seeAll();
    ns.#root = unseen.copyOf(this.#root!);
    return {
      ns,
      translate: ({ mount, dentry }) => ({ mount: unseen.copyOf(mount) ?? mount, dentry }),
    };
  }

  /** Whether one of its mounts is told of others. */
  get hears(): boolean {
    if (this.#groups.quiet) return false;
    // What is unseen hears of nothing.
    for (const { group, master } of this.#mounts.all) if (group !== null || master !== null) return true;
    return false;
  }

  /** Nobody is in the namespace any more: its mounts hear of nothing. */
  release(): void {
    for (const mount of this.#mounts.all) this.#groups.drop(mount);
  }

  /** Whoever has not looked at all that was copied from here does so before something of it changes. */
  #beforeChange(): void {
    if (this.#copiers !== null) for (const copier of this.#copiers) copier.#seeAll();
  }

  #seeAll(): void {
    if (this.#unseen === null) return;
    this.#unseen.seeAll();
    this.#sawAll();
    this.#mounts.sort();
  }

  #sawAll(): void {
    this.#original!.#copiers!.delete(this);
    this.#original = null;
    this.#unseen = null;
  }

  #addCopy(original: Mount, id: number, at: Location | null, less: boolean): Mount {
    const { fs, root, source, flags } = original;
    const copy = new Mount({ id, fs, root, source, flags, parent: null, mountpoint: null, ns: this });
    copy.unbindable = original.unbindable;
    copy.locked = original.locked || (less && original.parent !== null);
    copy.lockedFlags = less ? flags : original.lockedFlags;
    if (less) followAsSlave(original, copy);
    else copyPropagation(original, copy);
    this.#mounts.add(copy);
    this.#place(copy, at);
    return copy;
  }

  /** Mounts below a location, each after its parent. */
  #below(location: Location): Mount[] {
    if (location.dentry.inode.type !== 'dir') return [];
    this.#unseen?.seeBelow(location);
    return mountsBelow(location);
  }

  #on(parent: Mount, dentry: Dentry): Mount | null {
    this.#unseen?.seeOn(parent, dentry);
    let mount = this.#byMountpoint.get(dentry) ?? null;
    while (mount !== null && mount.parent !== parent) mount = mount.earlier;
    return mount;
  }

  /** In the order in which they came. */
  #allOn(dentry: Dentry): Mount[] {
    const all: Mount[] = [];
    for (let mount = this.#byMountpoint.get(dentry) ?? null; mount !== null; mount = mount.earlier)
      all.push(mount);
    return all.reverse();
  }

  #place(mount: Mount, at: Location | null): void {
    this.#lift(mount);
    mount.parent = at?.mount ?? null;
    mount.mountpoint = at?.dentry ?? null;
    if (at === null) return;
    at.mount.adopt(mount);
    at.dentry.flags |= MOUNTED;
    mount.earlier = this.#byMountpoint.get(at.dentry) ?? null;
    this.#byMountpoint.set(at.dentry, mount);
  }

  /** Out of what finds it by its place. */
  #lift(mount: Mount): void {
    this.#unseen?.lifted(mount);
    mount.parent?.abandon(mount);
    const { mountpoint, earlier } = mount;
    const last = mountpoint === null ? null : (this.#byMountpoint.get(mountpoint) ?? null);
    if (mountpoint === null || last === null) return;
    if (last !== mount) {
      let later: Mount | null = last;
      while (later !== null && later.earlier !== mount) later = later.earlier;
      if (later !== null) later.earlier = earlier;
    } else if (earlier === null) this.#byMountpoint.delete(mountpoint);
    else this.#byMountpoint.set(mountpoint, earlier);
    mount.earlier = null;
  }

  #add(fs: FileSystem, root: Dentry, source: string, target: Location | null, flags: number): Mount {
    const mount = new Mount({
      id: this.table.nextMountId++,
      fs,
      root,
      parent: null,
      mountpoint: null,
      source,
      flags,
      ns: this,
    });
    this.#mounts.add(mount);
    this.#place(mount, target);
    return mount;
  }

  /** Adds a copy of `mount` that shows it from `root` on, and notes it in `copies`. */
  #copy(mount: Mount, root: Dentry, target: Location, how: Copying, copies: Map<Mount, Mount>): Mount {
    const copy = this.#add(mount.fs, root, mount.source, target, mount.flags);
    copy.lockedFlags = mount.lockedFlags;
    copy.locked = mount.locked && copies.size > 0;
    if (how === 'slave') followAsSlave(mount, copy);
    else copyPropagation(mount, copy);
    copies.set(mount, copy);
    return copy;
  }

  /** What was put onto a shared mount is shared, and is put onto all that hear of it. */
  #propagate(top: Mount): void {
    const { parent, mountpoint } = top;
    if (parent === null || mountpoint === null || parent.group === null) return;
    const tree = [top, ...descendants(top)];
    for (const mount of tree) this.#groups.share(mount);
    const made = new Map<Mount, Mount>([[parent, top]]);
    for (const { mount: receiver, from, as } of receiversOf(parent)) {
      const model = made.get(from);
      if (receiver.ns === null || model === undefined || !shows(receiver, mountpoint)) continue;
      made.set(receiver, receiver.ns.#receive(model, { mount: receiver, dentry: mountpoint }, as));
    }
  }

  /** Puts a copy of a tree below what is there already. */
  #receive(model: Mount, at: Location, as: 'peer' | 'slave'): Mount {
    const covered = this.#on(at.mount, at.dentry);
    const copies = new Map<Mount, Mount>();
    const top = this.#copy(model, model.root, at, as, copies);
    for (const mount of descendants(model)) {
      const parent = copies.get(mount.parent!)!;
      this.#copy(mount, mount.root, { mount: parent, dentry: mount.mountpoint! }, as, copies);
    }
    if (as === 'slave' && at.mount.group !== null)
      for (const copy of copies.values()) this.#groups.share(copy);
    if (model.ns!.userNs !== this.userNs)
      for (const copy of copies.values()) {
        copy.locked = copy !== top;
        copy.lockedFlags = copy.flags;
      }
    if (covered !== null) this.#place(covered, { mount: top, dentry: top.root });
    return top;
  }

  /** From here and from all that hear of it, where nothing else is mounted below. */
  #removeEverywhere(mount: Mount): void {
    const { parent, mountpoint } = mount;
    if (parent !== null && mountpoint !== null && parent.group !== null)
      for (const { mount: receiver } of receiversOf(parent)) {
        const { ns } = receiver;
        const same = ns === null ? null : ns.#on(receiver, mountpoint);
        if (ns !== null && same !== null && same.fs === mount.fs) ns.#removeHeard(same);
      }
    this.#remove(mount);
  }

  #removeHeard(mount: Mount): void {
    const [cover] = mount.children;
    if (mount.children.size > 1 || (cover !== undefined && cover.mountpoint !== mount.root)) return;
    if (cover !== undefined) this.#place(cover, { mount: mount.parent!, dentry: mount.mountpoint! });
    this.#remove(mount);
  }

  /** Who stands on it stays there, and finds no way up from its root. */
  #remove(mount: Mount): void {
    this.#mounts.remove(mount, (this.#copiers?.size ?? 0) > 0);
    this.#unseen?.forget(mount);
    this.#place(mount, null);
    this.#groups.drop(mount);
    mount.ns = null;
  }
}
