/** /proc/PID/status: proc_pid_status(5). */
import type { Kernel } from './kernel.ts';
import { affinityLines } from './procAffinity.ts';
import { identityLines, privilegeLines } from './procIdentity.ts';
import { memoryLines } from './procResources.ts';
import { stateText, type Thread, threadsOf } from './procStat.ts';
import { signalNumber } from './signals.ts';
import type { PidNamespace } from './tasks/pids.ts';
import type { Task } from './tasks/task.ts';

function mask(signals: Iterable<Parameters<typeof signalNumber>[0]>): string {
  let bits = 0n;
  for (const signal of signals) bits |= 1n << BigInt(signalNumber(signal) - 1);
  return bits.toString(16).padStart(16, '0');
}

/** A number as each namespace sees it, from that of the /proc down to the process's own. */
function numbersFrom(task: Task, ns: PidNamespace, of: (at: PidNamespace) => number): string {
  const numbers: number[] = [];
  for (let at: PidNamespace | null = task.namespaces.pid; at !== null; at = at === ns ? null : at.parent)
    numbers.unshift(of(at));
  return numbers.join('\t');
}

export function statusText(kernel: Kernel, task: Task, ns: PidNamespace, thread: Thread): string {
  const chosen = (wanted: string) =>
    [...task.dispositions].filter(([, disposition]) => disposition === wanted).map(([signal]) => signal);
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
    `Threads:\t${threadsOf(task).length}`,
    `SigPnd:\t${mask(task.pending)}`,
    `SigBlk:\t${mask(task.blocked)}`,
    `SigIgn:\t${mask(chosen('ignore'))}`,
    `SigCgt:\t${mask(chosen('catch'))}`,
    ...privilegeLines(task),
    ...affinityLines(task, kernel.options.cpus),
    '',
  ].join('\n');
}
