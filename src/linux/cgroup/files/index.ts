/** The interface files of a group, which come and go with its controllers. */
import type { Cgroup } from '../cgroup.ts';
import { coreFiles } from './core.ts';
import { cpuFiles } from './cpu.ts';
import { cpusetFiles } from './cpuset.ts';
import { ioFiles } from './io.ts';
import { memoryFiles } from './memory.ts';
import { pidsFiles } from './pids.ts';
import { pressureFiles } from './pressure.ts';
import type { InterfaceFile } from './types.ts';

const files: ReadonlyMap<string, InterfaceFile> = new Map(
  [...coreFiles, ...cpusetFiles, ...cpuFiles, ...ioFiles, ...memoryFiles, ...pidsFiles, ...pressureFiles].map(
    (file) => [file.name, file],
  ),
);

function has(cgroup: Cgroup, file: InterfaceFile): boolean {
  if (file.hidden?.(cgroup)) return false;
  if (cgroup.parent === null) return file.atRoot ?? file.onlyRoot ?? false;
  if (file.onlyRoot) return false;
  return file.controller === undefined || cgroup.available.has(file.controller);
}

/** The file of that name, when the group has it. */
export function fileOf(cgroup: Cgroup, name: string): InterfaceFile | null {
  const file = files.get(name);
  return file !== undefined && has(cgroup, file) ? file : null;
}

export function fileNames(cgroup: Cgroup): string[] {
  return [...files.values()].filter((file) => has(cgroup, file)).map((file) => file.name);
}
