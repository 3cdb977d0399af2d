/** The files of every group, whatever its controllers (admin-guide/cgroup-v2.rst, "Core Interface Files"). */
import { OsError } from '../../../base/index.ts';
import { MAY_WRITE, mayAccess } from '../../fs/index.ts';
import type { Task } from '../../tasks/task.ts';
import type { Cgroup } from '../cgroup.ts';
import { CONTROLLERS, type Controller, isController, listControllers } from '../controllers.ts';
import { statOf } from '../permissions.ts';
import type { CgroupTree } from '../tree.ts';
import { flatKeyed, parseCount, parseInteger, showMax } from '../values.ts';
import { type InterfaceFile, setting } from './types.ts';

/** Numbers as the reader's pid namespace has them; 0 for who is not in it. */
function procsText(cgroup: Cgroup, tree: CgroupTree): string {
  const ns = tree.kernel.current!.namespaces.pid;
  return cgroup.processes.map((task) => `${task.pid.seenFrom(ns)}\n`).join('');
}

function threadsText(cgroup: Cgroup, tree: CgroupTree): string {
  const ns = tree.kernel.current!.namespaces.pid;
  const numbers = cgroup.processes.flatMap((task) => [
    task.pid,
    ...[...task.engines].flatMap(({ threads }) => threads.map(({ pid }) => pid)),
  ]);
  return numbers.map((pid) => `${pid.seenFrom(ns)}\n`).join('');
}

/** The process that was written; 0 is the writer. EINVAL, ESRCH. */
function processNamed(text: string, tree: CgroupTree): Task {
  const writer = tree.kernel.current!;
  const pid = parseInteger(text);
  if (pid < 0) throw new OsError('EINVAL');
  const task = pid === 0 ? writer : writer.namespaces.pid.tasks.get(pid);
  if (task === undefined || !task.alive) throw new OsError('ESRCH');
  return task;
}

/** "Delegation Containment": who moves must be able to write to cgroup.procs of the nearest group above both. */
function requireLeave(from: Cgroup, to: Cgroup, tree: CgroupTree): void {
  const root = tree.viewRoot(tree.kernel.current!);
  if (tree.nsdelegate && !(from.isWithin(root) && to.isWithin(root))) throw new OsError('ENOENT');
  let common = from;
  while (!to.isWithin(common)) common = common.parent!;
  const procs = statOf(common, 'cgroup.procs', 0, 0o644, tree.kernel.realtime());
  if (!mayAccess(tree.kernel.current!.credentials, procs, MAY_WRITE)) throw new OsError('EACCES');
}

function moveTo(cgroup: Cgroup, text: string, tree: CgroupTree): void {
  const task = processNamed(text, tree);
  requireLeave(task.cgroup, cgroup, tree);
  tree.move(task, cgroup);
}

/** A process is one thread here, so that only its own group, within one domain, could take it. */
function moveThread(cgroup: Cgroup, text: string, tree: CgroupTree): void {
  const task = processNamed(text, tree);
  requireLeave(task.cgroup, cgroup, tree);
  if (task.cgroup !== cgroup) throw new OsError('EOPNOTSUPP');
}

function changeControl(cgroup: Cgroup, text: string, tree: CgroupTree): void {
  const wanted = { '+': new Set<Controller>(), '-': new Set<Controller>() };
  for (const word of text.split(' ').filter((part) => part !== '')) {
    const sign = word[0];
    const name = word.slice(1);
    if ((sign !== '+' && sign !== '-') || !isController(name)) throw new OsError('EINVAL');
    wanted[sign].add(name);
    wanted[sign === '+' ? '-' : '+'].delete(name);
  }
  tree.control(cgroup, wanted['+'], wanted['-']);
}

function statText(cgroup: Cgroup): string {
  const all = [...cgroup.descendants()];
  const having = CONTROLLERS.map((name) => [
    `nr_subsys_${name}`,
    all.filter((at) => at.parent === null || at.available.has(name)).length,
  ]);
  return flatKeyed({
    nr_descendants: all.length - 1,
    ...Object.fromEntries(having),
    nr_dying_descendants: 0,
    ...Object.fromEntries(CONTROLLERS.map((name) => [`nr_dying_subsys_${name}`, 0])),
  });
}

/** Off their processors, all here and below. */
function isFrozen(cgroup: Cgroup): boolean {
  if (!cgroup.frozen) return false;
  for (const at of cgroup.descendants())
    if (at.processes.some((task) => task.state === 'running')) return false;
  return true;
}

/** 0 or 1: EINVAL for what is no number, ERANGE for another. */
export function parseSwitch(text: string): boolean {
  const value = parseInteger(text);
  if (value !== 0 && value !== 1) throw new OsError('ERANGE');
  return value === 1;
}

export const coreFiles: readonly InterfaceFile[] = [
  {
    name: 'cgroup.type',
    read: (cgroup) => `${cgroup.type}\n`,
    write(_, text) {
      // Threaded groups divide the threads of a process; here those stay together.
      throw new OsError(text === 'threaded' ? 'EOPNOTSUPP' : 'EINVAL');
    },
  },
  {
    name: 'cgroup.procs',
    atRoot: true,
    delegated: true,
    read: procsText,
    write: moveTo,
  },
  { name: 'cgroup.threads', atRoot: true, delegated: true, read: threadsText, write: moveThread },
  { name: 'cgroup.controllers', atRoot: true, read: (cgroup) => line(listControllers(cgroup.available)) },
  {
    name: 'cgroup.subtree_control',
    atRoot: true,
    delegated: true,
    read: (cgroup) => line(listControllers(cgroup.subtree)),
    write: changeControl,
  },
  {
    name: 'cgroup.events',
    read: (cgroup) => flatKeyed({ populated: Number(cgroup.populated), frozen: Number(isFrozen(cgroup)) }),
  },
  {
    ...setting(
      'cgroup.max.descendants',
      undefined,
      (cgroup) => cgroup.maxDescendants,
      (cgroup, value) => {
        cgroup.maxDescendants = value;
      },
      showMax,
      parseCount,
    ),
    atRoot: true,
  },
  {
    ...setting(
      'cgroup.max.depth',
      undefined,
      (cgroup) => cgroup.maxDepth,
      (cgroup, value) => {
        cgroup.maxDepth = value;
      },
      showMax,
      parseCount,
    ),
    atRoot: true,
  },
  { name: 'cgroup.stat', atRoot: true, read: statText },
  {
    name: 'cgroup.freeze',
    read: (cgroup) => `${Number(cgroup.freeze)}\n`,
    write: (cgroup, text, tree) => tree.setFrozen(cgroup, parseSwitch(text)),
  },
  {
    name: 'cgroup.kill',
    write(cgroup, text, tree) {
      if (!parseSwitch(text)) throw new OsError('ERANGE');
      tree.kill(cgroup);
    },
  },
];

/** An empty list is an empty file's line: nothing but, as the kernel has it, no newline. */
function line(text: string): string {
  return text === '' ? '' : `${text}\n`;
}
