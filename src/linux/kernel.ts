/** The kernel's state, and the one place where a program's request meets its handler. */
import {
  assert,
  type EventQueue,
  encodeUtf8,
  isEngineLimit,
  isOsError,
  type Nanos,
  OsError,
  type Random,
  type Trace,
} from '../base/index.ts';
import type { BlockDevice } from './blockDevices.ts';
import type { Cgroup } from './cgroup/cgroup.ts';
import { CgroupInodes } from './cgroup/fs.ts';
import { CgroupTree } from './cgroup/tree.ts';
import { HostClock } from './clock.ts';
import { FilterInstaller } from './credentials/seccompFilter.ts';
import { INITIAL_USER_NAMESPACE, type UserNamespace } from './credentials/userNamespace.ts';
import './events.ts';
import { type CharDevice, charDevices } from './files/device.ts';
import { type Driver, driversByNumber } from './files/driver.ts';
import { NamespaceFiles } from './files/namespaceFile.ts';
import type { NetNamespace, NetworkStack } from './files/networkStack.ts';
import type { ByteChannel } from './files/pipe.ts';
import type { Socket } from './files/socket.ts';
import type { FileSystem, Inode, MountNamespace, Timespec } from './fs/index.ts';
import { type MemFs, makeDevFs, type VfsContext } from './fs/index.ts';
import { populate } from './fs/populate.ts';
import { costOf } from './handlers/cost.ts';
import { callHandler } from './handlers/index.ts';
import { passesSeccomp } from './handlers/seccomp.ts';
import { KernelLog } from './kernelLog.ts';
import { BlockIo } from './memory/blockIo.ts';
import { MemoryManager } from './memory/manager.ts';
import { CgroupNamespace } from './namespaces/cgroup.ts';
import { IpcNamespace } from './namespaces/ipc.ts';
import { FIRST_INODE, INITIAL_INODES, type NamespaceKind } from './namespaces/kinds.ts';
import { TimeNamespace } from './namespaces/time.ts';
import { UtsNamespace } from './namespaces/uts.ts';
import type { ProgramTable } from './program.ts';
import type { SignalName } from './signals.ts';
import type { WindowSize } from './syscalls.ts';
import type { ProcessGroup } from './tasks/groups.ts';
import { Lifecycle } from './tasks/lifecycle.ts';
import { limitTime } from './tasks/limits.ts';
import { PidNamespace } from './tasks/pids.ts';
import { Scheduler } from './tasks/scheduler.ts';
import { Signals } from './tasks/signalDelivery.ts';
import type { Namespaces, PendingCall, Task } from './tasks/task.ts';
import { Blocked } from './tasks/waitQueue.ts';
import { stopAtExit, stopsAtEntry, stopsBefore } from './tracing/stops.ts';
import { PseudoTerminals } from './tty/devpts.ts';
import { Tty } from './tty/tty.ts';

/** What a step costs that only delivers a signal. */
const IDLE_STEP: Nanos = 200;

export interface KernelOptions {
  readonly name: string;
  readonly events: EventQueue;
  readonly random: Random;
  readonly trace: Trace;
  /** Seconds since 1970 at virtual time 0. */
  readonly epoch: number;
  readonly cpus: number;
  readonly memory: number;
  readonly release: string;
  readonly programs: ProgramTable;
  /** Besides the kernel's own. */
  readonly drivers?: readonly Driver[];
  /** None: the host knows no sockets but those of unix(7). */
  readonly network?: NetworkStack;
  /** Told of every {@link Oops}. Without it what would be one is thrown. */
  readonly onOops?: (oops: Oops) => void;
}

/** An error of the simulation's own in a program or in a system call of it, for which the process has been ended. */
export interface Oops {
  /** The process; null when the error was in an event that belongs to none, which is lost. */
  readonly comm: string | null;
  readonly error: Error;
}

export class Kernel {
  readonly name: string;
  readonly events: EventQueue;
  readonly random: Random;
  readonly trace: Trace;
  readonly options: KernelOptions;
  readonly programs: ProgramTable;
  readonly scheduler: Scheduler;
  readonly signals: Signals;
  readonly lifecycle: Lifecycle;
  readonly log: KernelLog;
  readonly memory: MemoryManager;
  readonly io: BlockIo;
  readonly cgroups: CgroupTree;
  /** The cgroups as files. */
  readonly cgroupInodes: CgroupInodes;
  readonly clock: HostClock;
  readonly devices: ReadonlyMap<string, CharDevice>;
  readonly drivers: ReadonlyMap<string, Driver>;
  readonly devfs: MemFs;
  blockDevices: readonly BlockDevice[] = [];
  readonly rootPidNamespace: PidNamespace;
  /** The host's own. */
  readonly uts: UtsNamespace;
  readonly #ipc: IpcNamespace;
  readonly #cgroup: CgroupNamespace;
  readonly #time: TimeNamespace;
  readonly network: NetworkStack | null;
  readonly terminals: PseudoTerminals;
  /** Listening sockets by their inode, or by abstract name. */
  readonly listeners = new Map<Inode | string, Socket>();
  readonly fifos = new WeakMap<Inode, ByteChannel>();
  readonly namespaceFiles = new NamespaceFiles();
  readonly seccompFilters = new FilterInstaller();
  /** Whose call is being handled: /proc/self. */
  current: Task | null = null;
  /** When it was switched on. */
  readonly bootTime: Nanos;
  halted = false;
  #nextNamespace = FIRST_INODE;
  #nextObject = 1;

  constructor(options: KernelOptions) {
    this.options = options;
    this.name = options.name;
    this.events = options.events;
    this.bootTime = options.events.now;
    this.random = options.random;
    this.trace = options.trace;
    this.programs = options.programs;
    const { events } = options;
    this.clock = new HostClock(events, options.epoch);
    this.devices = charDevices(options.random.fork('random'));
    this.drivers = driversByNumber(options.drivers ?? []);
    this.devfs = makeDevFs({ dev: 5, clock: this.clock });
    this.terminals = new PseudoTerminals(this.devfs.root.lookup('pts')!);
    for (const { node, device, mode, gid } of this.drivers.values())
      populate(this.devfs.root, { [`/${node}`]: { type: 'chr', mode, gid, rdev: device } });
    const own = INITIAL_USER_NAMESPACE;
    this.rootPidNamespace = new PidNamespace(null, INITIAL_INODES.pid, own);
    this.uts = new UtsNamespace(INITIAL_INODES.uts, own, options.name);
    this.#ipc = new IpcNamespace(INITIAL_INODES.ipc, own);
    this.#time = new TimeNamespace(INITIAL_INODES.time, own, null);
    this.network = options.network ?? null;
    this.scheduler = new Scheduler(events, options.cpus, (task) => this.#step(task));
    this.log = new KernelLog(events, this.bootTime);
    this.network?.attachLog((text) => this.log.write(text));
    this.memory = new MemoryManager(this);
    this.cgroups = new CgroupTree(this);
    this.io = new BlockIo(this, this.cgroups.root.io!);
    this.cgroupInodes = new CgroupInodes(this.cgroups);
    this.#cgroup = new CgroupNamespace(INITIAL_INODES.cgroup, own, this.cgroups.root);
    this.signals = new Signals(this);
    this.lifecycle = new Lifecycle(this);
  }

  /** Virtual time on the calendar. */
  realtime(): Timespec {
    return this.clock.realtime();
  }

  /** A number for a pipe or socket. */
  nextObjectId(): number {
    return this.#nextObject++;
  }

  newNamespaceInode(kind: NamespaceKind): number {
    const inode = this.#nextNamespace++;
    this.trace.emit('ns.create', this.name, { kind, inode });
    return inode;
  }

  newPidNamespace(parent: PidNamespace, userNs: UserNamespace): PidNamespace {
    return new PidNamespace(parent, this.newNamespaceInode('pid'), userNs);
  }

  /** Throws EINVAL on a host without a network. */
  newNetNamespace(userNs: UserNamespace): NetNamespace {
    if (this.network === null) throw new OsError('EINVAL');
    return this.network.newNamespace(this.newNamespaceInode('net'), userNs);
  }

  /** The cgroup that a process is in. */
  cgroupOf(task: Task): Cgroup {
    return task.cgroup;
  }

  /** What PID 1 is in. */
  initialNamespaces(mnt: MountNamespace): Namespaces {
    return {
      mnt,
      uts: this.uts,
      ipc: this.#ipc,
      cgroup: this.#cgroup,
      net: this.network?.root ?? null,
      pid: this.rootPidNamespace,
      pidForChildren: this.rootPidNamespace,
      time: this.#time,
      timeForChildren: this.#time,
    };
  }

  /** The host's number of a task. */
  rootPid(task: Task): number {
    return task.pid.seenFrom(this.rootPidNamespace);
  }

  /** What the file system needs to know of a task. */
  vfsContext(task: Task, ownerOf?: VfsContext['ownerOf']): VfsContext {
    return {
      ns: task.namespaces.mnt,
      root: task.root,
      cwd: task.cwd,
      credentials: task.credentials,
      umask: task.umask,
      clock: this.clock,
      ownerOf,
      host: this.name,
    };
  }

  /** A pseudo-terminal of the devpts that `fs` is; of the host's own when it is none. */
  newTty(size: WindowSize, fs: FileSystem | null = null): Tty {
    const signalGroup = (group: ProcessGroup, signal: SignalName) => this.signals.sendToGroup(group, signal);
    return this.terminals.add(fs, (index) => new Tty(index, size, { signalGroup }));
  }

  /** The other side of a terminal went: HUP to its session, end of file and EIO for the rest. */
  hangUp(tty: Tty): void {
    if (tty.hungUp) return;
    tty.hungUp = true;
    this.terminals.remove(tty);
    const { session, foreground } = tty;
    if (session !== null && session.leader !== null) this.signals.send(session.leader, 'HUP');
    if (foreground !== null) {
      this.signals.sendToGroup(foreground, 'HUP');
      this.signals.sendToGroup(foreground, 'CONT');
    }
    tty.changed.wake();
  }

  /** Ends a sleep: the call will be tried again. */
  readonly wake = (task: Task): void => {
    if (task.state !== 'sleeping') return;
    this.unsleep(task);
    this.scheduler.enqueue(task);
  };

  /** Memory that a driver takes for a task. */
  readonly lend = (task: Task, bytes: number): void => this.memory.lend(task, bytes);

  /** Nothing runs any more, and nobody is told: PID 1 goes last, so that nobody is left to be. */
  cutPower(): void {
    const tasks = [...this.rootPidNamespace.tasks.values()].reverse();
    for (const task of tasks) if (task.alive) this.lifecycle.exit(task, { kind: 'signaled', signal: 'KILL' });
    this.memory.dropAll();
    this.network?.shutDown();
  }

  /** Takes a task off all queues. */
  unsleep(task: Task): void {
    for (const queue of task.sleepingOn) queue.remove(task);
    task.sleepingOn = [];
    task.timer?.cancel();
    task.timer = null;
  }

  #sleep(task: Task, blocked: Blocked): void {
    task.state = 'sleeping';
    task.sleepingOn = blocked.queues;
    for (const queue of blocked.queues) queue.add(task);
    if (blocked.until === null) return;
    const delay = Math.max(0, blocked.until - this.events.now);
    task.timer = this.events.after(delay, () => this.wake(task));
  }

  /** Lets a task go on to its next system call; returns how long the CPU is busy with it. */
  #step(task: Task): Nanos {
    this.current = task;
    try {
      return this.#proceed(task);
    } catch (error) {
      this.#oops(task, error);
      return IDLE_STEP;
    }
  }

  #proceed(task: Task): Nanos {
    if (task.tracee !== null) return this.#proceedTraced(task);
    this.signals.deliver(task);
    if (task.state !== 'running') return IDLE_STEP;
    if (task.limits.cpu !== Number.POSITIVE_INFINITY) limitTime(this, task);
    if (task.state !== 'running') return IDLE_STEP;
    if (task.computing > 0) return this.#burn(task);
    if (task.call === null && !this.#resume(task)) return IDLE_STEP;
    return this.#attempt(task);
  }

  #proceedTraced(task: Task): Nanos {
    if (stopsBefore(this, task)) return IDLE_STEP;
    if (task.limits.cpu !== Number.POSITIVE_INFINITY) limitTime(this, task);
    if (task.computing > 0) return this.#burn(task);
    if (task.call === null && !this.#resume(task)) return IDLE_STEP;
    return stopsAtEntry(task) ? IDLE_STEP : stopAtExit(this, task, this.#attempt(task));
  }

  #burn(task: Task): Nanos {
    const part = Math.min(task.computing, 1_000_000);
    task.computing -= part;
    task.userTime += part;
    task.cgroup.userTime += part;
    if (task.nice > 0) task.cgroup.niceTime += part;
    return part;
  }

  /** Gives the program its answer and takes its next request; false when it has ended. */
  #resume(task: Task): boolean {
    const { program, answer, failure } = task;
    assert(program !== null, 'a task that runs has a program');
    task.answer = undefined;
    try {
      const next = failure === null ? program.next(answer) : program.throw(failure);
      if (next.done !== true) {
        task.begin(next.value);
        return true;
      }
      return this.#end(task, next.value);
    } catch (error) {
      if (!isOsError(error)) throw error;
      this.#complain(task, error);
      return this.#end(task, 1);
    }
  }

  /** A program that returns has made its last call: exit(2), as a tracer sees. Whether there is a call to try. */
  #end(task: Task, code: number): boolean {
    if (task.tracee === null) this.lifecycle.exit(task, { kind: 'exited', code: code & 0xff });
    else task.begin({ call: 'exit', args: [code] });
    return task.tracee !== null;
  }

  /**
   * The process alone ends, as make_task_dead() of Linux' kernel/exit.c has it, and the host goes on. Not where the error is one of the
   * JavaScript engine's limits, which another engine would have met elsewhere, nor for the first process.
   */
  #oops(task: Task, error: unknown): void {
    const { onOops } = this.options;
    if (onOops === undefined || isEngineLimit(error) || task === this.rootPidNamespace.init) throw error;
    const { comm } = task;
    // What the error says differs between JavaScript engines, and the log is part of the world.
    this.log.write(`Oops: ${(error as Error).name}`, `CPU: 0 PID: ${this.rootPid(task)} Comm: ${comm}`);
    this.lifecycle.exit(task, { kind: 'signaled', signal: 'SEGV' });
    onOops({ comm, error: error as Error });
  }

  /** An error that a program did not handle is told on its standard error. */
  #complain(task: Task, error: OsError): void {
    try {
      task.fds.get(2).write(task, encodeUtf8(`${task.comm}: ${error.message}\n`));
    } catch (failure) {
      if (!isOsError(failure)) throw failure;
    }
  }

  /** The call's answer, or what it waits for. */
  #perform(task: Task, call: PendingCall): unknown {
    const value = callHandler(this, task, call.request);
    const { transfer } = call;
    if (transfer === null) return value;
    transfer.value = value;
    return transfer.answer();
  }

  #attempt(task: Task): Nanos {
    const call = task.call!;
    try {
      if (call.transfer === null && task.seccomp !== null && !passesSeccomp(this, task, call.request))
        return IDLE_STEP;
      const value = call.transfer === null ? this.#perform(task, call) : call.transfer.answer();
      if (value instanceof Blocked) {
        this.#sleep(task, value);
        return IDLE_STEP;
      }
      if (value instanceof OsError) task.reply(undefined, value);
      else task.reply(value, null);
    } catch (error) {
      if (!isOsError(error)) throw error;
      task.reply(undefined, error);
    }
    return costOf(call.request, task.answer);
  }
}
