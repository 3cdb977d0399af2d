/** sched_setaffinity(2), sched_getaffinity(2). */
import { OsError } from '../../base/index.ts';
import { allowedCpus, confine } from '../cgroup/cpuset.ts';
import { capableOnHost } from '../credentials/credentials.ts';
import type { Kernel } from '../kernel.ts';
import { cpuSetOf, cpusOf } from '../tasks/cpuSet.ts';
import type { Task } from '../tasks/task.ts';
import { processOf } from './processes.ts';
import type { Handlers } from './types.ts';

function setAffinity(kernel: Kernel, task: Task, pid: number, cpus: readonly number[]): undefined {
  const target = processOf(task, pid);
  const { credentials } = task;
  const { uid, euid } = target.credentials;
  const own = credentials.euid === uid || credentials.euid === euid;
  if (!own && !capableOnHost(credentials, 'CAP_SYS_NICE')) throw new OsError('EPERM');
  const wanted = cpuSetOf(cpus.filter((cpu) => cpu < kernel.options.cpus));
  if ((wanted & target.cgroup.effectiveCpuset.effectiveCpus) === 0n) throw new OsError('EINVAL');
  target.affinity = wanted;
  confine(kernel.scheduler, target);
}

export const affinityHandlers: Handlers<'sched_setaffinity' | 'sched_getaffinity'> = {
  sched_setaffinity: setAffinity,
  sched_getaffinity: (_, task, pid) => cpusOf(allowedCpus(processOf(task, pid))),
};
