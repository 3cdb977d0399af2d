/** The one hierarchy of a host's control groups: making and removing groups, moving processes, giving controllers (admin-guide/cgroup-v2.rst). */
import { OsError } from '../../base/index.ts';
import type { Kernel } from '../kernel.ts';
import type { Task } from '../tasks/task.ts';
import { Cgroup, type Owner } from './cgroup.ts';
import {
  CONTROLLERS,
  type Controller,
  listControllers,
  SERVICE_CONTROLLERS,
  THREADED,
} from './controllers.ts';
import { CpusetController, confine, confineAll } from './cpuset.ts';
import { IoController } from './io.ts';
import { MemoryController } from './memory.ts';
import { PidsController } from './pids.ts';
import { Pressure } from './pressure.ts';
import { MAX } from './values.ts';

const ROOT_OWNER: Owner = { uid: 0, gid: 0 };

export class CgroupTree {
  readonly kernel: Kernel;
  readonly root: Cgroup;
  /** The mount option: a cgroup namespace is a border for those in it. */
  nsdelegate = false;
  #nextId = 1;
  #sessions = 0;
  #runs = 0;

  constructor(kernel: Kernel) {
    this.kernel = kernel;
    this.root = this.#make('', null, ROOT_OWNER);
    for (const name of CONTROLLERS) this.#attach(this.root, name);
    this.root.memory!.max = kernel.options.memory;
  }

  /** The group of a task; a dead one's is where it died. */
  of(task: Task): Cgroup {
    return task.cgroup;
  }

  /** What a task sees as the root: that of its cgroup namespace. */
  viewRoot(task: Task): Cgroup {
    return task.namespaces.cgroup.root;
  }

  /** As /proc/PID/cgroup shows it to `reader`: relative to its root, `/..` for each step out of it. */
  pathSeen(cgroup: Cgroup, reader: Task): string {
    const root = this.viewRoot(reader);
    let up = '';
    let from = root;
    while (!cgroup.isWithin(from)) {
      up += '/..';
      from = from.parent!;
    }
    const below = cgroup.path.slice(from.parent === null ? 0 : from.path.length);
    const path = up + (up !== '' && below === '/' ? '' : below);
    return `${path === '' ? '/' : path}${cgroup.removed ? ' (deleted)' : ''}`;
  }

  /** Groups with what was set in them, for the world's hash. */
  dump(): unknown {
    return [...this.root.descendants()].map((cgroup) => {
      const { pids, memory, cpu, io, cpuset } = cgroup;
      return [
        cgroup.path,
        listControllers(cgroup.subtree),
        cgroup.freeze,
        cgroup.devices && JSON.stringify(cgroup.devices),
        pids && [pids.max, pids.current],
        memory && [memory.min, memory.low, memory.high, memory.max, memory.oomGroup, memory.usage],
        cpu && [cpu.weight, cpu.bandwidth.quota, cpu.bandwidth.period, cpu.bandwidth.left],
        io && [
          io.weight,
          ...Object.values(io.limits),
          ...Object.values(io.bytes),
          ...Object.values(io.requests),
        ],
        ...(cpuset === null || cgroup.parent === null ? [] : [[cpuset.cpus, cpuset.mems]]),
      ].map((value) => (value === null ? 'none' : String(value)));
    });
  }

  #make(name: string, parent: Cgroup | null, owner: Owner): Cgroup {
    const { events, options } = this.kernel;
    return new Cgroup(
      this.#nextId++,
      name,
      parent,
      owner,
      new Pressure(options.cpus, parent === null, events.now),
    );
  }

  nextId(): number {
    return this.#nextId++;
  }

  /** mkdir(2). EEXIST, EINVAL for a name with a newline, EAGAIN at cgroup.max.depth or cgroup.max.descendants, ENODEV below a removed one. */
  create(parent: Cgroup, name: string, owner: Owner): Cgroup {
    if (parent.removed) throw new OsError('ENODEV');
    if (name.includes('\n')) throw new OsError('EINVAL');
    if (parent.children.has(name)) throw new OsError('EEXIST');
    let level = 1;
    for (let at: Cgroup | null = parent; at !== null; at = at.parent, level++) {
      if (level > at.maxDepth) throw new OsError('EAGAIN');
      if (at.maxDescendants !== MAX && [...at.descendants()].length > at.maxDescendants)
        throw new OsError('EAGAIN');
    }
    const made = this.#make(name, parent, owner);
    parent.adopt(made);
    for (const controller of parent.subtree) this.#attach(made, controller);
    this.kernel.trace.emit('cgroup.create', this.kernel.name, { path: made.path });
    return made;
  }

  /** rmdir(2): EBUSY while somebody lives in it or it has children. */
  remove(cgroup: Cgroup): void {
    const { parent } = cgroup;
    if (parent === null || cgroup.occupied || cgroup.children.size > 0) throw new OsError('EBUSY');
    const { path } = cgroup;
    cgroup.removed = true;
    parent.abandon(cgroup);
    parent.cpuTime += cgroup.cpuTime;
    parent.userTime += cgroup.userTime;
    parent.niceTime += cgroup.niceTime;
    this.#detach(cgroup, [...cgroup.available]);
    this.kernel.trace.emit('cgroup.remove', this.kernel.name, { path });
  }

  /** Where a login of `uid` goes, as systemd-logind has it: a scope of its own, which goes when it is empty. */
  session(uid: number): Cgroup {
    return this.#scope(`user.slice/user-${uid}.slice`, `session-${++this.#sessions}.scope`);
  }

  /** Where what is started from outside goes, as with `systemd-run --scope`. */
  service(): Cgroup {
    return this.#scope('system.slice', `run-u${++this.#runs}.scope`);
  }

  #scope(slice: string, name: string): Cgroup {
    let at = this.root;
    for (const part of slice.split('/')) {
      this.control(at, SERVICE_CONTROLLERS, new Set());
      at = at.children.get(part) ?? this.create(at, part, ROOT_OWNER);
    }
    this.control(at, SERVICE_CONTROLLERS, new Set());
    const scope = this.create(at, name, ROOT_OWNER);
    scope.transient = true;
    return scope;
  }

  /** Whether one more process may be where `parent` is. */
  admits(parent: Task): boolean {
    const { cgroup } = parent;
    if (cgroup.effectivePids.admits()) return true;
    if (cgroup.effectivePids.refused === 1)
      this.kernel.log.write(`cgroup: fork rejected by pids controller in ${cgroup.path}`);
    return false;
  }

  /** A process has died: a scope without anybody goes. */
  ended(task: Task): void {
    const { cgroup } = task;
    if (cgroup.transient && !cgroup.removed && cgroup.children.size === 0 && !cgroup.occupied)
      this.remove(cgroup);
  }

  /** A new process is where its parent is. */
  enter(task: Task, cgroup: Cgroup): void {
    cgroup.members.add(task);
    cgroup.effectivePids.add(1);
  }

  /** Nobody waits for it any more. */
  leave(task: Task): void {
    if (task.cgroup.members.delete(task)) task.cgroup.effectivePids.add(-1);
  }

  /** Moves a process. EBUSY when the group's children have its domain controllers, EOPNOTSUPP where processes cannot be, ENODEV when it is gone. */
  move(task: Task, to: Cgroup): void {
    if (to.removed) throw new OsError('ENODEV');
    if (!to.isValidDomain) throw new OsError('EOPNOTSUPP');
    if (!to.canBeThreadRoot && to.subtree.size > 0) throw new OsError('EBUSY');
    this.place(task, to);
  }

  /** Moves a process without asking. */
  place(task: Task, to: Cgroup): void {
    const from = task.cgroup;
    if (from === to) return;
    from.members.delete(task);
    from.effectivePids.add(-1);
    this.kernel.scheduler.account(task, to);
    this.enter(task, to);
    confine(this.kernel.scheduler, task);
    this.#obey(task);
    this.kernel.trace.emit('cgroup.move', this.kernel.name, {
      pid: this.kernel.rootPid(task),
      from: from.path,
      to: to.path,
    });
  }

  /** Gives controllers to the children of `cgroup` and takes others away. ENOENT, EBUSY, EOPNOTSUPP. */
  control(cgroup: Cgroup, enable: ReadonlySet<Controller>, disable: ReadonlySet<Controller>): void {
    const added = CONTROLLERS.filter((name) => enable.has(name) && !cgroup.subtree.has(name));
    const taken = CONTROLLERS.filter((name) => disable.has(name) && cgroup.subtree.has(name));
    for (const name of added) if (!cgroup.available.has(name)) throw new OsError('ENOENT');
    for (const name of taken)
      for (const child of cgroup.children.values()) if (child.subtree.has(name)) throw new OsError('EBUSY');
    this.#requireHost(cgroup, added);
    const subtree = new Set(cgroup.subtree);
    cgroup.subtree = subtree;
    for (const name of added) {
      subtree.add(name);
      for (const child of cgroup.children.values()) this.#attach(child, name);
    }
    for (const name of taken) subtree.delete(name);
    for (const child of cgroup.children.values()) this.#detach(child, taken);
  }

  /** cgroup.freeze: all here and below stop as soon as they are off their processors. */
  setFrozen(cgroup: Cgroup, frozen: boolean): void {
    cgroup.freeze = frozen;
    for (const at of cgroup.descendants()) {
      const now = at.freeze || (at.parent?.frozen ?? false);
      if (now === at.frozen) continue;
      at.frozen = now;
      for (const task of at.members) if (task.alive) this.#obey(task);
    }
  }

  /** What a driver does for a frozen process stands still, too. */
  #obey(task: Task): void {
    this.kernel.scheduler.moved(task);
    for (const engine of task.engines) engine.hold(task.cgroup.frozen || task.state === 'stopped');
  }

  /** cgroup.kill. */
  kill(cgroup: Cgroup): void {
    for (const at of cgroup.descendants())
      for (const task of at.processes) this.kernel.signals.send(task, 'KILL');
  }

  /** "No Internal Process Constraint": processes and domain controllers for the children exclude each other, but at the root. */
  #requireHost(cgroup: Cgroup, added: readonly Controller[]): void {
    if (added.length === 0) return;
    if (!cgroup.isValidDomain) throw new OsError('EOPNOTSUPP');
    if (cgroup.parent === null) return;
    if (added.some((name) => !THREADED.has(name))) {
      if (cgroup.isThreadRoot) throw new OsError('EOPNOTSUPP');
    } else if (cgroup.canBeThreadRoot) return;
    if (cgroup.occupied) throw new OsError('EBUSY');
  }

  /** A controller starts with its defaults; what is below the group is now counted here. */
  #attach(cgroup: Cgroup, name: Controller): void {
    if (name === 'memory')
      cgroup.memory = new MemoryController(cgroup, cgroup.parent?.effectiveMemory ?? null);
    if (name === 'pids') {
      cgroup.pids = new PidsController(cgroup.parent?.effectivePids ?? null);
      cgroup.pids.current = membersWithin(cgroup);
      cgroup.pids.peak = cgroup.pids.current;
    }
    if (name === 'io') cgroup.io = new IoController(cgroup.parent?.effectiveIo ?? null);
    if (name === 'cpu') this.kernel.scheduler.attach(cgroup);
    if (name === 'cpuset')
      cgroup.cpuset = new CpusetController(cgroup.parent?.effectiveCpuset ?? null, this.kernel.options.cpus);
  }

  #detach(cgroup: Cgroup, names: readonly Controller[]): void {
    for (const name of names) {
      if (name === 'memory') {
        cgroup.memory?.retire();
        cgroup.memory = null;
      }
      if (name === 'pids') cgroup.pids = null;
      if (name === 'io') cgroup.io = null;
      if (name === 'cpu') this.kernel.scheduler.detach(cgroup);
      if (name === 'cpuset') {
        cgroup.cpuset = null;
        confineAll(this.kernel.scheduler, cgroup);
      }
    }
  }
}

/** Processes here and below. */
function membersWithin(cgroup: Cgroup): number {
  let count = cgroup.members.size;
  for (const child of cgroup.children.values()) count += membersWithin(child);
  return count;
}
