/** /proc/PID/status: proc_pid_status(5). */
import type { Kernel } from './kernel.ts';
import { affinityLines } from './procAffinity.ts';
import { identityLines, privilegeLines } from './procIdentity.ts';
import { memoryLines } from './procResources.ts';
import { stateText, type Thread, threadCount } from './procStat.ts';
import { type SignalList, signalNumber } from './signals.ts';
import type { PidNamespace } from './tasks/pids.ts';
import type { Task } from './tasks/task.ts';

const hex = (mask: number): string => mask.toString(16).padStart(16, '0');

/** A set of signals as a mask. */
const mask = (signals: SignalList): string =>
  hex(signals.reduce((bits, signal) => bits | (1 << (signalNumber(signal) - 1)), 0));

/** A number as each namespace sees it, from that of the /proc down to the process's own. */
function numbersFrom(task: Task, ns: PidNamespace, of: (at: PidNamespace) => number): string {
  const numbers: number[] = [];
  for (let at: PidNamespace | null = task.namespaces.pid; at !== null; at = at === ns ? null : at.parent)
    numbers.unshift(of(at));
  return numbers.join('\t');
}

export function statusText(kernel: Kernel, task: Task, ns: PidNamespace, thread: Thread): string {
  return [
    `Name:\t${thread.comm}`,
    `Umask:\t${task.umask.toString(8).padStart(4, '0')}`,
    `State:\t${stateText(thread)}`,
    `Tgid:\t${task.pid.seenFrom(ns)}`,
    `Pid:\t${thread.pid.seenFrom(ns)}`,
    `PPid:\t${task.parent?.pid.seenFrom(ns) ?? 0}`,
    `TracerPid:\t${task.tracee?.tracer.pid.seenFrom(ns) ?? 0}`,
    ...identityLines(task, kernel.current!.credentials.userNs),
    `NStgid:\t${numbersFrom(task, ns, (at) => task.pid.seenFrom(at))}`,
    `NSpid:\t${numbersFrom(task, ns, (at) => thread.pid.seenFrom(at))}`,
    `NSpgid:\t${numbersFrom(task, ns, (at) => task.group.id.seenFrom(at))}`,
    `NSsid:\t${numbersFrom(task, ns, (at) => task.group.session.id.seenFrom(at))}`,
    ...memoryLines(task),
    `Threads:\t${threadCount(task)}`,
    `SigPnd:\t${mask(task.pending)}`,
    `SigBlk:\t${mask(task.blocked)}`,
    `SigIgn:\t${hex(task.ignoring)}`,
    `SigCgt:\t${hex(task.catching)}`,
    ...privilegeLines(task),
    ...affinityLines(task, kernel.options.cpus),
    '',
  ].join('\n');
}
