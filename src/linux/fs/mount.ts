/** One mount: a file system, or a part of it, at a place; and whom it tells of what is mounted below it (mount_namespaces(7), "Shared subtrees"). */
import { FewSet, type ReadonlyFewSet } from '../../base/index.ts';
import { MS_NODEV, MS_NOEXEC, MS_NOSUID, MS_RDONLY } from '../syscalls.ts';
import type { Dentry } from './dentry.ts';
import type { MountNamespace } from './mounts.ts';
import type { FileSystem } from './types.ts';

/** Flags that each mount of a file system has for itself. */
export const MOUNT_FLAGS = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC;

/** Mounts that tell each other: what is mounted or unmounted below one is so below all, and below the slaves of the group. */
export class PeerGroup {
  /** As in mountinfo's `shared:N`. */
  readonly id: number;
  readonly members = new Set<Mount>();
  readonly slaves = new Set<Mount>();

  constructor(id: number) {
    this.id = id;
  }
}

/** Who hears of a mount, and of whom it hears. */
class Sharing {
  group: PeerGroup | null = null;
  master: PeerGroup | null = null;
  unbindable = false;
}

export interface MountInit {
  readonly id: number;
  readonly fs: FileSystem;
  readonly root: Dentry;
  readonly parent: Mount | null;
  readonly mountpoint: Dentry | null;
  readonly source: string;
  /** MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC. */
  readonly flags: number;
  /** Null for what no path leads to. */
  readonly ns: MountNamespace | null;
}

const nothing: ReadonlyFewSet<Mount> = new FewSet();

/** One line of /proc/self/mountinfo. */
export class Mount {
  readonly id: number;
  readonly fs: FileSystem;
  /** What of the file system is seen: its root, or below it for a bind mount. */
  readonly root: Dentry;
  /** Null for the namespace's root. */
  parent: Mount | null;
  mountpoint: Dentry | null;
  /** Kept by the namespace: what was mounted on the same entry before, through whichever mount. */
  earlier: Mount | null = null;
  /** Most mounts have nothing on them. */
  #children: FewSet<Mount> | null = null;
  readonly source: string;
  flags: number;
  /** Null for what no path leads to, any more or at all. */
  ns: MountNamespace | null;
  /** Files of it that are open, and so often it is the root or the directory of a process that lives; kept by these. */
  users = 0;
  /** Null: it is private, and was never anything else. */
  #sharing: Sharing | null = null;
  /** Came from a more privileged namespace: is not to be taken away, since something may lie below it. */
  locked = false;
  /** Flags that came from there, too, and stay. */
  lockedFlags = 0;

  constructor(init: MountInit) {
    this.id = init.id;
    this.fs = init.fs;
    this.root = init.root;
    this.parent = init.parent;
    this.mountpoint = init.mountpoint;
    this.source = init.source;
    this.flags = init.flags;
    this.ns = init.ns;
  }

  /** What stands on it, in the order in which it came; kept by its namespace. */
  get children(): ReadonlyFewSet<Mount> {
    return this.#children ?? nothing;
  }

  adopt(child: Mount): void {
    this.#children ??= new FewSet();
    this.#children.add(child);
  }

  abandon(child: Mount): void {
    this.#children?.delete(child);
  }

  /** The same children in another order. */
  arrange(children: readonly Mount[]): void {
    this.#children = new FewSet();
    for (const child of children) this.#children.add(child);
  }

  get group(): PeerGroup | null {
    return this.#sharing === null ? null : this.#sharing.group;
  }

  set group(group: PeerGroup | null) {
    if (group !== this.group) this.needSharing().group = group;
  }

  /** The group that this one is a slave of. */
  get master(): PeerGroup | null {
    return this.#sharing === null ? null : this.#sharing.master;
  }

  set master(master: PeerGroup | null) {
    if (master !== this.master) this.needSharing().master = master;
  }

  get unbindable(): boolean {
    return this.#sharing?.unbindable ?? false;
  }

  set unbindable(unbindable: boolean) {
    if (unbindable !== this.unbindable) this.needSharing().unbindable = unbindable;
  }

  // `private` and not `#private`: else each mount would be a field larger.
  private needSharing(): Sharing {
    this.#sharing ??= new Sharing();
    return this.#sharing;
  }

  get busy(): boolean {
    return this.users > 0;
  }

  get readOnly(): boolean {
    return (this.flags & MS_RDONLY) !== 0;
  }

  /** Programs give no privileges. */
  get nosuid(): boolean {
    return (this.flags & MS_NOSUID) !== 0;
  }
}

/** Where a path leads: an entry as seen through a mount (struct path). */
export interface Location {
  readonly mount: Mount;
  readonly dentry: Dentry;
}

/** All that stands on a mount, each after its parent. */
export function descendants(mount: Mount, found: Mount[] = []): Mount[] {
  for (const child of mount.children) {
    found.push(child);
    descendants(child, found);
  }
  return found;
}

/** Mounts below a location, each after its parent. */
export function mountsBelow({ mount, dentry }: Location): Mount[] {
  return [...mount.children]
    .filter((child) => child.mountpoint!.isWithin(dentry))
    .flatMap((child) => [child, ...descendants(child)]);
}
