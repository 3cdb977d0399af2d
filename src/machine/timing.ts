/** Time as devices see it. {@link EventQueue} is one such clock; a platform gives one that is exact in the middle of a slice. */
import type { Clock, Nanos, ScheduledEvent } from '../base/index.ts';

export interface Timers extends Clock {
  /** Calls `run` in `delay` ns, a whole number of 0 or more. */
  after(delay: Nanos, run: () => void): ScheduledEvent;
}
