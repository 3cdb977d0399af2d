/** memory.*; what the bytes are stands in ../memory.ts. Of memory.stat the kinds that exist here. */
import { OsError } from '../../../base/index.ts';
import type { Cgroup } from '../cgroup.ts';
import type { MemoryController } from '../memory.ts';
import type { CgroupTree } from '../tree.ts';
import { flatKeyed, parseBytes, showMax } from '../values.ts';
import { parseSwitch } from './core.ts';
import { type InterfaceFile, setting } from './types.ts';

type Limit = 'min' | 'low' | 'high' | 'max' | 'swapMax' | 'swapHigh';

function limit(
  name: string,
  key: Limit,
  changed?: (cgroup: Cgroup, tree: CgroupTree) => void,
): InterfaceFile {
  return {
    name,
    controller: 'memory',
    read: ({ memory }) => showMax(memory![key]),
    write(cgroup, text, tree) {
      cgroup.memory![key] = parseBytes(text);
      changed?.(cgroup, tree);
    },
  };
}

const value = (name: string, read: (memory: MemoryController) => number): InterfaceFile => ({
  name,
  controller: 'memory',
  read: ({ memory }) => `${read(memory!)}\n`,
});

function statText({ memory, effectiveMemory }: Cgroup): string {
  const { anon, kernel, shmem, file } = (memory ?? effectiveMemory).kinds;
  return flatKeyed({
    anon,
    file: file + shmem,
    kernel,
    kernel_stack: kernel / 2,
    pagetables: kernel / 2,
    shmem,
    inactive_anon: 0,
    active_anon: anon + shmem,
    inactive_file: file,
    active_file: 0,
  });
}

export const memoryFiles: readonly InterfaceFile[] = [
  value('memory.current', ({ usage }) => usage),
  value('memory.peak', ({ peak }) => peak),
  limit('memory.min', 'min'),
  limit('memory.low', 'low'),
  limit('memory.high', 'high', (cgroup, tree) => tree.kernel.memory.pressHigh(cgroup.memory!)),
  limit('memory.max', 'max', (cgroup, tree) => tree.kernel.memory.enforceMax(cgroup.memory!)),
  setting(
    'memory.oom.group',
    'memory',
    (cgroup) => cgroup.memory!.oomGroup,
    (cgroup, on) => {
      cgroup.memory!.oomGroup = on;
    },
    (on) => `${Number(on)}\n`,
    (text) => {
      try {
        return parseSwitch(text);
      } catch {
        throw new OsError('EINVAL');
      }
    },
  ),
  { name: 'memory.events', controller: 'memory', read: ({ memory }) => flatKeyed({ ...memory!.events }) },
  {
    name: 'memory.events.local',
    controller: 'memory',
    read: ({ memory }) => flatKeyed({ ...memory!.localEvents }),
  },
  { name: 'memory.stat', controller: 'memory', atRoot: true, read: statText },
  {
    name: 'memory.reclaim',
    controller: 'memory',
    atRoot: true,
    write(cgroup, text, tree) {
      const wanted = parseBytes(text);
      if (tree.kernel.memory.reclaim(cgroup.memory!, wanted) < wanted) throw new OsError('EAGAIN');
    },
  },
  // No host here has swap space: these limits are kept, and nothing ever comes near them.
  limit('memory.swap.high', 'swapHigh'),
  limit('memory.swap.max', 'swapMax'),
  value('memory.swap.current', () => 0),
  value('memory.swap.peak', () => 0),
  {
    name: 'memory.swap.events',
    controller: 'memory',
    read: () => flatKeyed({ high: 0, max: 0, fail: 0 }),
  },
];
