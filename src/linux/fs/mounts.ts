/** Mounts and mount namespaces: mount_namespaces(7), without propagation (every mount is private). */
import { OsError } from '../../base/index.ts';
import { type Dentry, rootDentry } from './dentry.ts';
import type { FileSystem, FsClock } from './types.ts';

/** One line of /proc/self/mountinfo. */
export class Mount {
  readonly id: number;
  readonly fs: FileSystem;
  /** What of the file system is seen: its root, or below it for a bind mount. */
  readonly root: Dentry;
  /** Null for the namespace's root. */
  parent: Mount | null;
  mountpoint: Dentry | null;
  readonly source: string;
  readOnly: boolean;

  constructor(init: {
    id: number;
    fs: FileSystem;
    root: Dentry;
    parent: Mount | null;
    mountpoint: Dentry | null;
    source: string;
    readOnly: boolean;
  }) {
    this.id = init.id;
    this.fs = init.fs;
    this.root = init.root;
    this.parent = init.parent;
    this.mountpoint = init.mountpoint;
    this.source = init.source;
    this.readOnly = init.readOnly;
  }
}

/** Where a path leads: an entry as seen through a mount (struct path). */
export interface Location {
  readonly mount: Mount;
  readonly dentry: Dentry;
}

/** What mount(2) gives a file-system type. */
export interface MountRequest {
  readonly source: string;
  /** The comma-separated `data`, `key` alone as `key` → ''. */
  readonly options: ReadonlyMap<string, string>;
  /** A path as the mounting process sees it; throws OsError. */
  readonly lookup: (path: string) => Location;
  /** A device number that no other file system has. */
  readonly dev: number;
  readonly clock: FsClock;
  /** For trace subjects: host name and mount point. */
  readonly subject: string;
}

export type FilesystemTypes = ReadonlyMap<string, (request: MountRequest) => FileSystem>;

/** What all mount namespaces of one host share. */
export interface MountTable {
  readonly types: FilesystemTypes;
  nextMountId: number;
  nextDev: number;
  /** The inode number of /proc/PID/ns/mnt of a new namespace. */
  readonly nextInode: () => number;
}

export class MountNamespace {
  readonly table: MountTable;
  /** As in /proc/PID/ns/mnt. */
  readonly inode: number;
  #mounts: Mount[] = [];

  private constructor(table: MountTable) {
    this.table = table;
    this.inode = table.nextInode();
  }

  /** A namespace with `fs` as its root. */
  static withRoot(fs: FileSystem, source: string, table: MountTable): MountNamespace {
    const ns = new MountNamespace(table);
    ns.#add(fs, rootDentry(fs), source, null, false);
    return ns;
  }

  /** In the order in which they were mounted. */
  get mounts(): readonly Mount[] {
    return this.#mounts;
  }

  get root(): Location {
    const mount = this.#mounts.find((candidate) => candidate.parent === null)!;
    return this.covering({ mount, dentry: mount.root });
  }

  /** The topmost mount over `location`, or `location` itself. */
  covering(location: Location): Location {
    let at = location;
    for (;;) {
      const over = this.#mounts.findLast(
        (mount) => mount.parent === at.mount && mount.mountpoint === at.dentry,
      );
      if (over === undefined) return at;
      at = { mount: over, dentry: over.root };
    }
  }

  /** Whether something is mounted on this entry, through whichever mount. */
  isMountpoint(dentry: Dentry): boolean {
    return this.#mounts.some((mount) => mount.mountpoint === dentry);
  }

  attach(fs: FileSystem, source: string, target: Location, readOnly: boolean): Mount {
    return this.#add(fs, rootDentry(fs), source, target, readOnly);
  }

  /** mount --bind; with `recursive` everything mounted below `source` too. */
  bind(source: Location, target: Location, recursive: boolean): Mount {
    const below = recursive ? this.#mountsBelow(source) : [];
    const top = this.#add(source.mount.fs, source.dentry, source.mount.source, target, source.mount.readOnly);
    const copies = new Map<Mount, Mount>([[source.mount, top]]);
    for (const mount of below) {
      const parent = copies.get(mount.parent!)!;
      const at = { mount: parent, dentry: mount.mountpoint! };
      copies.set(mount, this.#add(mount.fs, mount.root, mount.source, at, mount.readOnly));
    }
    return top;
  }

  /** mount --move of the mount whose root `source` is. */
  move(source: Location, target: Location): void {
    const { mount } = source;
    if (mount.parent === null || source.dentry !== mount.root) throw new OsError('EINVAL');
    for (let at: Mount | null = target.mount; at !== null; at = at.parent) {
      if (at === mount) throw new OsError('ELOOP');
    }
    mount.parent = target.mount;
    mount.mountpoint = target.dentry;
  }

  /** umount2(2). EBUSY when something is mounted below or `inUse`, unless `detach` takes all of it away. */
  unmount(location: Location, detach: boolean, inUse: (mount: Mount) => boolean): void {
    const { mount } = location;
    if (location.dentry !== mount.root) throw new OsError('EINVAL');
    if (mount.parent === null && !detach) throw new OsError('EBUSY');
    const gone = new Set([mount, ...this.#descendants(mount)]);
    if (!detach && (gone.size > 1 || inUse(mount))) throw new OsError('EBUSY');
    this.#mounts = this.#mounts.filter((candidate) => !gone.has(candidate));
  }

  /** pivot_root(2): `newRoot` becomes the root, the old one goes to `putOld` below it. */
  pivot(newRoot: Location, putOld: Location): void {
    const oldRoot = this.#mounts.find((mount) => mount.parent === null)!;
    if (newRoot.dentry !== newRoot.mount.root || newRoot.mount === oldRoot) throw new OsError('EINVAL');
    if (putOld.mount !== newRoot.mount && !this.#descendants(newRoot.mount).includes(putOld.mount)) {
      throw new OsError('EINVAL');
    }
    newRoot.mount.parent = null;
    newRoot.mount.mountpoint = null;
    oldRoot.parent = putOld.mount;
    oldRoot.mountpoint = putOld.dentry;
  }

  /** A copy for unshare(CLONE_NEWNS), and what a location of the old namespace is in it. */
  clone(): { readonly ns: MountNamespace; translate(location: Location): Location } {
    const ns = new MountNamespace(this.table);
    const copies = new Map<Mount, Mount>();
    for (const mount of this.#mounts) {
      copies.set(mount, new Mount({ ...mount, id: this.table.nextMountId++, readOnly: mount.readOnly }));
    }
    for (const copy of copies.values()) {
      if (copy.parent !== null) copy.parent = copies.get(copy.parent) ?? null;
      ns.#mounts.push(copy);
    }
    return {
      ns,
      translate: ({ mount, dentry }) => ({ mount: copies.get(mount) ?? mount, dentry }),
    };
  }

  #add(fs: FileSystem, root: Dentry, source: string, target: Location | null, readOnly: boolean): Mount {
    const mount = new Mount({
      id: this.table.nextMountId++,
      fs,
      root,
      parent: target?.mount ?? null,
      mountpoint: target?.dentry ?? null,
      source,
      readOnly,
    });
    this.#mounts.push(mount);
    return mount;
  }

  #descendants(mount: Mount): Mount[] {
    const children = this.#mounts.filter((candidate) => candidate.parent === mount);
    return children.flatMap((child) => [child, ...this.#descendants(child)]);
  }

  /** Mounts below a location, each after its parent. */
  #mountsBelow(location: Location): Mount[] {
    return this.#mounts
      .filter((mount) => mount.parent === location.mount && mount.mountpoint!.isWithin(location.dentry))
      .flatMap((mount) => [mount, ...this.#descendants(mount)]);
  }
}
