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

/** A process's numbers, innermost namespace first (struct pid). Outlives the process in process groups and sessions. */
export class PidRef {
  readonly numbers: ReadonlyMap<PidNamespace, number>;

  private constructor(numbers: ReadonlyMap<PidNamespace, number>) {
    this.numbers = numbers;
  }

  static allocate(ns: PidNamespace): PidRef {
    const numbers = new Map<PidNamespace, number>();
    for (let at: PidNamespace | null = ns; at !== null; at = at.parent) numbers.set(at, at.allocate());
    return new PidRef(numbers);
  }

  /** The number as seen from `ns`; 0 when it cannot be seen there. */
  seenFrom(ns: PidNamespace): number {
    return this.numbers.get(ns) ?? 0;
  }
}
