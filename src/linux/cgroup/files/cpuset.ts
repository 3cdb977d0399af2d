/** cpuset.*: lists of processors and memory nodes, and what of them there is. */
import { OsError } from '../../../base/index.ts';
import { type CpuSet, cpuList, parseCpuList } from '../../tasks/cpuSet.ts';
import type { Cgroup } from '../cgroup.ts';
import { confineAll } from '../cpuset.ts';
import type { CgroupTree } from '../tree.ts';
import type { InterfaceFile } from './types.ts';

/** So many memory nodes the kernel could have (MAX_NUMNODES of Debian's). */
export const MEMORY_NODES = 1024;

type Kind = 'cpus' | 'mems';

/** EINVAL, also for what the host does not have; ERANGE; ENOSPC to take away a set that those who are there live by. */
function set(cgroup: Cgroup, kind: Kind, text: string, bits: number, there: CpuSet): void {
  const wanted = text === '' ? 0n : parseCpuList(text, bits);
  if ((wanted & ~there) !== 0n) throw new OsError('EINVAL');
  const cpuset = cgroup.cpuset!;
  if (wanted === 0n && cpuset[kind] !== 0n && cgroup.populated) throw new OsError('ENOSPC');
  cpuset[kind] = wanted;
}

function setCpus(cgroup: Cgroup, text: string, { root, kernel }: CgroupTree): void {
  set(cgroup, 'cpus', text, kernel.options.cpus, root.cpuset!.effectiveCpus);
  confineAll(kernel.scheduler, cgroup);
}

const list = (value: CpuSet) => `${cpuList(value)}\n`;

export const cpusetFiles: readonly InterfaceFile[] = [
  { name: 'cpuset.cpus', controller: 'cpuset', read: ({ cpuset }) => list(cpuset!.cpus), write: setCpus },
  {
    name: 'cpuset.mems',
    controller: 'cpuset',
    read: ({ cpuset }) => list(cpuset!.mems),
    write: (cgroup, text, { root }) => set(cgroup, 'mems', text, MEMORY_NODES, root.cpuset!.effectiveMems),
  },
  {
    name: 'cpuset.cpus.effective',
    controller: 'cpuset',
    atRoot: true,
    read: ({ cpuset }) => list(cpuset!.effectiveCpus),
  },
  {
    name: 'cpuset.mems.effective',
    controller: 'cpuset',
    atRoot: true,
    read: ({ cpuset }) => list(cpuset!.effectiveMems),
  },
];
