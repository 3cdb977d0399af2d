/** Process ids and pid namespaces: pid_namespaces(7). A process has one number in its namespace and in each one above. */
import type { UserNamespace } from '../credentials/userNamespace.ts';
import type { Namespace } from '../namespaces/kinds.ts';
import type { Task } from './task.ts';

export class PidNamespace implements Namespace {
  readonly kind = 'pid';
  readonly parent: PidNamespace | null;
  /** The depth below the host's own. */
  readonly level: number;
  readonly inode: number;
  readonly userNs: UserNamespace;
  /** Its first process: reaps the orphans; the namespace ends with it. */
  init: Task | null = null;
  readonly tasks = new Map<number, Task>();
  #next = 1;

  constructor(parent: PidNamespace | null, inode: number, userNs: UserNamespace) {
    this.parent = parent;
    this.level = parent === null ? 0 : parent.level + 1;
    this.inode = inode;
    this.userNs = userNs;
  }

  /** The host's own. */
  get top(): PidNamespace {
    return this.parent?.top ?? this;
  }

  /** Whether this is `other` or a descendant of it. */
  isWithin(other: PidNamespace): boolean {
    for (let at: PidNamespace | null = this; at !== null; at = at.parent) if (at === other) return true;
    return false;
  }

  allocate(): number {
    return this.#next++;
  }
}

/** A process's numbers (struct pid). Outlives the process in process groups and sessions. */
export class PidRef {
  readonly ns: PidNamespace;
  /** In `ns`. */
  readonly number: number;
  /** The same in the namespace above; null at the top. */
  readonly above: PidRef | null;

  /** Takes the next number in `ns` and in each namespace above. */
  constructor(ns: PidNamespace) {
    this.ns = ns;
    this.number = ns.allocate();
    this.above = ns.parent === null ? null : new PidRef(ns.parent);
  }

  /** The number as seen from `ns`; 0 when it cannot be seen there. */
  seenFrom(ns: PidNamespace): number {
    for (let at: PidRef | null = this; at !== null; at = at.above) if (at.ns === ns) return at.number;
    return 0;
  }
}
