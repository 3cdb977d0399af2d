/** Process groups and sessions: setpgid(2), setsid(2), credentials(7). */
import { FewSet } from '../../base/index.ts';
import type { Tty } from '../tty/tty.ts';
import type { PidRef } from './pids.ts';
import type { Task } from './task.ts';

export class Session {
  readonly id: PidRef;
  /** The controlling terminal. */
  tty: Tty | null = null;
  /** Null when it is dead, and somebody has waited for it. */
  leader: Task | null;

  constructor(leader: Task) {
    this.id = leader.pid;
    this.leader = leader;
  }
}

export class ProcessGroup {
  readonly id: PidRef;
  readonly session: Session;
  readonly members = new FewSet<Task>();

  constructor(id: PidRef, session: Session) {
    this.id = id;
    this.session = session;
  }

  /** No member's parent is in another group of the session: nobody could continue a stopped member. */
  get orphaned(): boolean {
    for (const member of this.members) {
      const parent = member.parent;
      if (parent !== null && parent.group !== this && parent.group.session === this.session) return false;
    }
    return true;
  }
}
