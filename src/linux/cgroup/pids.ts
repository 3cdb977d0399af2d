/** The pids controller (admin-guide/cgroup-v2.rst, "PID"): how many processes a cgroup and all below it may have. */
import { MAX } from './values.ts';

export class PidsController {
  readonly parent: PidsController | null;
  /** Processes, those that nobody has waited for included. */
  current = 0;
  peak = 0;
  max = MAX;
  /** Forks that this cgroup's own limit has refused, and those of the cgroups below. */
  refused = 0;
  refusedHere = 0;

  constructor(parent: PidsController | null) {
    this.parent = parent;
  }

  /** Counts processes that came or went, here and above. Moving one may exceed a limit; only forks are refused. */
  add(count: number): void {
    for (let at: PidsController | null = this; at !== null; at = at.parent) {
      at.current += count;
      at.peak = Math.max(at.peak, at.current);
    }
  }

  /** Whether one more fits; a refusal is counted where the limit is and above. */
  admits(): boolean {
    let full: PidsController | null = this;
    while (full !== null && full.current < full.max) full = full.parent;
    if (full === null) return true;
    full.refusedHere++;
    for (let at: PidsController | null = full; at !== null; at = at.parent) at.refused++;
    return false;
  }
}
