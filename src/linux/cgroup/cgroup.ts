/** One control group: a node of the tree, with the controllers that its parent has given it. */
import { FewSet, type Nanos } from '../../base/index.ts';
import type { FileSystem, Inode, SetAttr } from '../fs/index.ts';
import type { FairQueue } from '../tasks/fairQueue.ts';
import type { Task } from '../tasks/task.ts';
import { CONTROLLERS, type Controller, THREADED } from './controllers.ts';
import type { CpusetController } from './cpuset.ts';
import type { DeviceRule } from './devices.ts';
import type { IoController } from './io.ts';
import type { MemoryController } from './memory.ts';
import type { PidsController } from './pids.ts';
import type { Pressure } from './pressure.ts';
import { MAX } from './values.ts';

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

const ALL: ReadonlySet<Controller> = new Set(CONTROLLERS);
const NONE: ReadonlySet<Controller> = new Set();
const CHILDLESS: ReadonlyMap<string, Cgroup> = new Map();

export class Cgroup {
  readonly id: number;
  /** Empty at the root. */
  readonly name: string;
  readonly parent: Cgroup | null;
  /** Most groups have none. */
  #children: Map<string, Cgroup> | null = null;
  /** Who made it: directory and interface files are theirs. */
  readonly owner: Owner;
  /** What chmod and chown have changed, by file name; the directory's under the empty one. */
  attributes: Map<string, SetAttr> | null = null;
  /** Its directory, and the file system as a mount sees it that starts here; made by `CgroupInodes`. */
  directory: Inode | null = null;
  view: FileSystem | null = null;
  readonly pressure: Pressure;
  /** With the dead that nobody has waited for: these still count as processes, but not as members. */
  readonly members = new FewSet<Task>();
  /** cgroup.subtree_control: what the children have. */
  subtree: ReadonlySet<Controller> = NONE;
  maxDepth = MAX;
  maxDescendants = MAX;
  removed = false;
  /** Goes when it is empty, as scopes of a service manager do. */
  transient = false;
  /** Null: it says nothing about devices. */
  devices: readonly DeviceRule[] | null = null;
  /** cgroup.freeze. */
  freeze = false;
  /** This one or one above is to be frozen. */
  frozen = false;
  /** Processor time used here, by cgroups that were removed from here too; those that are there have their own. */
  cpuTime: Nanos = 0;
  userTime: Nanos = 0;
  /** Of the program time, that of processes with a positive nice value. */
  niceTime: Nanos = 0;

  /** Null: the parent does not give the controller, the nearest one above with it accounts for this cgroup. */
  pids: PidsController | null = null;
  memory: MemoryController | null = null;
  io: IoController | null = null;
  cpu: FairQueue | null = null;
  cpuset: CpusetController | null = null;

  constructor(id: number, name: string, parent: Cgroup | null, owner: Owner, pressure: Pressure) {
    this.id = id;
    this.name = name;
    this.parent = parent;
    this.owner = owner;
    this.pressure = pressure;
    this.frozen = parent?.frozen ?? false;
  }

  get children(): ReadonlyMap<string, Cgroup> {
    return this.#children ?? CHILDLESS;
  }

  /** A group below has come. */
  adopt(child: Cgroup): void {
    this.#children ??= new Map();
    this.#children.set(child.name, child);
  }

  /** It has gone. */
  abandon(child: Cgroup): void {
    this.#children?.delete(child.name);
  }

  /** cgroup.controllers. */
  get available(): ReadonlySet<Controller> {
    return this.parent === null ? ALL : this.parent.subtree;
  }

  /** As in /proc/PID/cgroup, seen from the root: `/` or `/a/b`. */
  get path(): string {
    if (this.parent === null) return '/';
    return this.parent.parent === null ? `/${this.name}` : `${this.parent.path}/${this.name}`;
  }

  get depth(): number {
    return this.parent === null ? 0 : this.parent.depth + 1;
  }

  /** Processes that are members: the living. */
  get processes(): Task[] {
    return [...this.members].filter((task) => task.alive);
  }

  get occupied(): boolean {
    for (const task of this.members) if (task.alive) return true;
    return false;
  }

  /** cgroup.events: whether somebody lives here or below. */
  get populated(): boolean {
    if (this.occupied) return true;
    for (const child of this.children.values()) if (child.populated) return true;
    return false;
  }

  /** This one, then all below, parents first. */
  *descendants(): IterableIterator<Cgroup> {
    yield this;
    for (const child of this.children.values()) yield* child.descendants();
  }

  isWithin(other: Cgroup): boolean {
    for (let at: Cgroup | null = this; at !== null; at = at.parent) if (at === other) return true;
    return false;
  }

  /** A domain with processes of its own that compete with its children by threaded controllers. The root is none. */
  get isThreadRoot(): boolean {
    if (this.parent === null || !this.occupied) return false;
    for (const name of this.subtree) if (THREADED.has(name)) return true;
    return false;
  }

  /** Below a thread root a domain is of no use: it can have neither processes nor children's controllers. */
  get isValidDomain(): boolean {
    for (let at = this.parent; at !== null; at = at.parent) if (at.isThreadRoot) return false;
    return true;
  }

  /** Whether processes and threaded controllers of the children can be here together. */
  get canBeThreadRoot(): boolean {
    if (this.parent === null) return true;
    for (const child of this.children.values()) if (child.populated) return false;
    for (const name of this.subtree) if (!THREADED.has(name)) return false;
    return true;
  }

  /** cgroup.type. */
  get type(): string {
    if (!this.isValidDomain) return 'domain invalid';
    return this.isThreadRoot ? 'domain threaded' : 'domain';
  }

  /** The controller that accounts for this cgroup, which may be one above. */
  get effectivePids(): PidsController {
    return this.pids ?? this.parent!.effectivePids;
  }

  get effectiveIo(): IoController {
    return this.io ?? this.parent!.effectiveIo;
  }

  get effectiveCpu(): FairQueue {
    return this.cpu ?? this.parent!.effectiveCpu;
  }

  get effectiveCpuset(): CpusetController {
    return this.cpuset ?? this.parent!.effectiveCpuset;
  }

  get effectiveMemory(): MemoryController {
    return this.memory ?? this.parent!.effectiveMemory;
  }
}
