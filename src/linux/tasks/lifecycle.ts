/** Birth and death of processes: fork(2), exit(2), wait(2), credentials(7). */
import { OsError } from '../../base/index.ts';
import { confine } from '../cgroup/cpuset.ts';
import { capableOnHost } from '../credentials/credentials.ts';
import type { Kernel } from '../kernel.ts';
import { makeNamespaces } from '../namespaces/create.ts';
import type { Program, Sys } from '../program.ts';
import { NO_SIGNALS } from '../signals.ts';
import type { WaitStatus } from '../syscalls.ts';
import { endTracing, followFork } from '../tracing/tracee.ts';
import type { ProcessGroup } from './groups.ts';
import { dropUnusedNetworks, networksOf, releaseMounts } from './netNamespaces.ts';
import { type PidNamespace, PidRef } from './pids.ts';
import { type Namespaces, Task } from './task.ts';

/** Processes that a host can hold: kernel.pid_max in small. */
const TASKS_MAX = 4096;

export class Lifecycle {
  readonly #kernel: Kernel;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** The child of fork(2) or clone3(2) with CLONE_NEW* `flags`, runnable. EAGAIN at a limit. */
  fork(parent: Task, main: (context: Parameters<Program>[0]) => Sys<number>, flags: number): Task {
    const kernel = this.#kernel;
    this.#requireRoom(parent);
    const made = flags === 0 ? null : makeNamespaces(kernel, parent, flags);
    const namespaces = childNamespaces(made?.namespaces ?? parent.namespaces);
    const child = new Task({
      pid: new PidRef(namespaces.pid),
      parent,
      group: parent.group,
      credentials: made?.credentials ?? parent.credentials,
      namespaces,
      root: made?.translate(parent.root) ?? parent.root,
      cwd: made?.translate(parent.cwd) ?? parent.cwd,
      umask: parent.umask,
      fds: parent.fds.fork(),
      limits: parent.limits,
      cgroup: parent.cgroup,
      startTime: kernel.events.now,
      wake: kernel.wake,
      lend: kernel.lend,
    });
    child.seccomp = parent.seccomp;
    child.oomScoreAdj = parent.oomScoreAdj;
    child.nice = parent.nice;
    child.entity.weight = parent.entity.weight;
    child.affinity = parent.affinity;
    child.memory.data = parent.memory.data;
    child.comm = parent.comm;
    child.argv = parent.argv;
    child.env = parent.env;
    child.exe = parent.exe;
    child.ignoring = parent.ignoring;
    child.catching = parent.catching;
    child.blocked = parent.blocked;
    child.program = main({ argv: parent.argv, env: parent.env });
    if (parent.tracee !== null) followFork(parent, child);
    this.register(child);
    kernel.trace.emit('task.fork', kernel.name, {
      pid: kernel.rootPid(parent),
      child: kernel.rootPid(child),
    });
    return child;
  }

  #requireRoom(parent: Task): void {
    const { tasks } = this.#kernel.rootPidNamespace;
    const { uid } = parent.credentials;
    if (tasks.size >= TASKS_MAX) throw new OsError('EAGAIN');
    if (!this.#kernel.cgroups.admits(parent)) throw new OsError('EAGAIN');
    if (uid === 0 || capableOnHost(parent.credentials, 'CAP_SYS_RESOURCE')) return;
    let own = 0;
    for (const task of tasks.values()) if (task.credentials.uid === uid) own++;
    if (own >= parent.limits.nproc) throw new OsError('EAGAIN');
  }

  register(task: Task): void {
    const { pid } = task.namespaces;
    for (let at: PidRef | null = task.pid; at !== null; at = at.above) at.ns.tasks.set(at.number, task);
    if (pid.init === null && task.ownPid === 1) pid.init = task;
    task.namespaces.mnt.takeIn(task, null);
    this.#kernel.cgroups.enter(task, task.cgroup);
    confine(this.#kernel.scheduler, task);
    this.#kernel.memory.begin(task);
    this.#kernel.scheduler.enqueue(task);
  }

  /** Ends a process. What is left of it waits for its parent, unless that ignores SIGCHLD. */
  exit(task: Task, state: WaitStatus['state']): void {
    const kernel = this.#kernel;
    kernel.unsleep(task);
    task.state = 'zombie';
    task.exitState = state;
    task.program = null;
    task.call = null;
    task.pending = NO_SIGNALS;
    task.alarm?.cancel();
    const networks = networksOf(kernel, task);
    task.fds.closeAll();
    task.memory.free();
    kernel.trace.emit('task.exit', kernel.name, { pid: kernel.rootPid(task), comm: task.comm, state });
    kernel.scheduler.gone(task);
    kernel.cgroups.ended(task);
    for (const space of networks) dropUnusedNetworks(kernel, space);
    const { mnt } = task.namespaces;
    mnt.inhabitants.delete(task);
    task.leavePlaces();
    if (mnt !== kernel.rootPidNamespace.init?.namespaces.mnt) releaseMounts(kernel, mnt);
    this.#endNamespace(task);
    this.#releaseTerminal(task);
    this.#giveChildrenAway(task);
    task.group.members.delete(task);
    const { parent } = task;
    if (parent !== null) this.#wakeOrphaned(task.group, parent);
    if (task.tracee !== null || task.tracer !== null) endTracing(kernel, task, state);
    task.onExit?.(state);
    if (parent === null || !parent.alive || parent.dispositionOf('CHLD') === 'ignore') {
      this.reap(task);
      parent?.childChange.wake();
      return;
    }
    parent.noteReport(task);
    parent.childChange.wake();
    kernel.signals.send(parent, 'CHLD', task);
  }

  /** Takes the last trace of a dead process away. */
  reap(task: Task): void {
    task.state = 'dead';
    this.#kernel.cgroups.leave(task);
    for (let at: PidRef | null = task.pid; at !== null; at = at.above) at.ns.tasks.delete(at.number);
    const { session } = task.group;
    // Nobody finds a leader any more that nobody waits for; what is left of the session is not to keep it.
    if (session.leader === task) session.leader = null;
    if (task.parent === null) return;
    task.parent.abandon(task);
    task.parent.io.add(task.io);
    task.parent.childrenCpuTime += task.cpuTime + task.childrenCpuTime;
    // Whoever still has it is not to keep all its forebears.
    task.parent = null;
  }

  /** With its PID 1 a namespace's processes all go: pid_namespaces(7). */
  #endNamespace(task: Task): void {
    const ns = task.namespaces.pid;
    if (ns.init !== task) return;
    if (ns.parent === null) this.#kernel.halted = true;
    for (const other of [...ns.tasks.values()]) {
      if (other !== task && other.alive) this.#kernel.signals.send(other, 'KILL', null);
    }
  }

  #releaseTerminal(task: Task): void {
    const { session } = task.group;
    if (session.leader !== task || session.tty === null) return;
    const { tty } = session;
    session.tty = null;
    if (tty.foreground !== null) this.#kernel.signals.sendToGroup(tty.foreground, 'HUP');
    tty.session = null;
    tty.foreground = null;
  }

  #giveChildrenAway(task: Task): void {
    const reaper = this.#reaperFor(task);
    const groups = new Set<ProcessGroup>();
    for (const child of [...task.children]) {
      task.abandon(child);
      child.parent = reaper;
      reaper?.adopt(child);
      const told = child.parentDeathSignal;
      if (told !== 0 && child.alive) this.#kernel.signals.send(child, told, task);
      groups.add(child.group);
      if (child.state !== 'zombie') continue;
      if (reaper === null) this.reap(child);
      else {
        reaper.childChange.wake();
        this.#kernel.signals.send(reaper, 'CHLD', child);
      }
    }
    for (const group of groups) this.#wakeOrphaned(group, task);
  }

  #reaperFor(task: Task): Task | null {
    const own = task.namespaces.pid;
    for (let at = task.parent; at !== null && at.namespaces.pid === own; at = at.parent)
      if (at.subreaper && at.alive) return at;
    for (let ns: PidNamespace | null = task.namespaces.pid; ns !== null; ns = ns.parent) {
      if (ns.init !== null && ns.init !== task && ns.init.alive) return ns.init;
    }
    return null;
  }

  /**
   * A member of `group` is not `parent`'s child any more. If that was the last tie to the rest of the session, nobody can continue stopped
   * members now, and the group gets HUP and CONT; one that had no tie before is left alone: kill_orphaned_pgrp() in kernel/exit.c.
   */
  #wakeOrphaned(group: ProcessGroup, parent: Task): void {
    if (parent.group === group || parent.group.session !== group.session || !group.orphaned) return;
    if (![...group.members].some((member) => member.state === 'stopped')) return;
    this.#kernel.signals.sendToGroup(group, 'HUP');
    this.#kernel.signals.sendToGroup(group, 'CONT');
  }
}

/** A child is in what its parent has for its children. ENOMEM when the first process of its pid namespace has ended. */
function childNamespaces(from: Omit<Namespaces, 'pid' | 'time'>): Namespaces {
  const { pidForChildren: pid, timeForChildren: time } = from;
  if (pid.init !== null && !pid.init.alive) throw new OsError('ENOMEM');
  time.entered = true;
  return { ...from, pid, pidForChildren: pid, time, timeForChildren: time };
}
