/** The shape of an interface file: what reading shows and writing does. */
import type { Cgroup } from '../cgroup.ts';
import type { Controller } from '../controllers.ts';
import type { CgroupTree } from '../tree.ts';

export interface InterfaceFile {
  readonly name: string;
  /** Only in groups that have this controller; absent: in all. */
  readonly controller?: Controller;
  /** Whether the root has it, too, or nothing else. */
  readonly atRoot?: boolean;
  readonly onlyRoot?: boolean;
  /** Whether the group goes without it for the time being. */
  readonly hidden?: (cgroup: Cgroup) => boolean;
  /** Whether it may be written at the root of a cgroup namespace from within (CFTYPE_NS_DELEGATABLE). */
  readonly delegated?: boolean;
  /** Absent: EINVAL. */
  readonly read?: (cgroup: Cgroup, tree: CgroupTree) => string;
  /** What one write(2) asks for, without the white space around it. Absent: EINVAL. */
  readonly write?: (cgroup: Cgroup, text: string, tree: CgroupTree) => void;
}

/** Permission bits by what can be done with it. */
export function modeOf(file: InterfaceFile): number {
  return (file.read === undefined ? 0 : 0o444) | (file.write === undefined ? 0 : 0o200);
}

/** A file with one value that is kept as it is. */
export function setting<T>(
  name: string,
  controller: Controller | undefined,
  get: (cgroup: Cgroup) => T,
  set: (cgroup: Cgroup, value: T) => void,
  show: (value: T) => string,
  parse: (text: string) => T,
): InterfaceFile {
  return {
    name,
    ...(controller !== undefined && { controller }),
    read: (cgroup) => show(get(cgroup)),
    write: (cgroup, text) => set(cgroup, parse(text)),
  };
}
