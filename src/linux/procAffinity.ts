/** The lines of /proc/PID/status on processors and memory nodes: proc_pid_status(5). */
import { allowedCpus } from './cgroup/cpuset.ts';
import { MEMORY_NODES } from './cgroup/files/cpuset.ts';
import { cpuList, cpuMask } from './tasks/cpuSet.ts';
import type { Task } from './tasks/task.ts';

export function affinityLines(task: Task, cpus: number): string[] {
  const allowed = allowedCpus(task);
  const nodes = task.cgroup.effectiveCpuset.effectiveMems;
  return [
    `Cpus_allowed:\t${cpuMask(allowed, cpus)}`,
    `Cpus_allowed_list:\t${cpuList(allowed)}`,
    `Mems_allowed:\t${cpuMask(nodes, MEMORY_NODES)}`,
    `Mems_allowed_list:\t${cpuList(nodes)}`,
  ];
}
