/** cpu.max: so much processor time in each period, and no more (Documentation/scheduler/sched-bwc.rst). Times are nanoseconds. */
import { MILLISECOND, type Nanos, type ScheduledEvent } from '../../base/index.ts';

export const DEFAULT_PERIOD: Nanos = 100 * MILLISECOND;

export class Bandwidth {
  /** Infinity: no limit. */
  quota: Nanos = Number.POSITIVE_INFINITY;
  period: Nanos = DEFAULT_PERIOD;
  /** What may be saved up for later periods. */
  burst: Nanos = 0;
  /** Left of this period; below 0 what was used too much, which the next ones pay back. */
  left: Nanos = Number.POSITIVE_INFINITY;
  throttled = false;
  /** Since when, and of how many processors the group was kept off. */
  since: Nanos = 0;
  kept = 0;
  /** Used since the period began; none at its end: the timer stops. */
  used: Nanos = 0;
  timer: ScheduledEvent | null = null;
  periods = 0;
  throttledPeriods = 0;
  throttledTime: Nanos = 0;
  bursts = 0;
  burstTime: Nanos = 0;

  get limited(): boolean {
    return this.quota !== Number.POSITIVE_INFINITY;
  }

  /** A new limit begins with a whole quota. */
  set(quota: Nanos, period: Nanos, burst: Nanos): void {
    this.quota = quota;
    this.period = period;
    this.burst = burst;
    this.left = quota;
    this.used = 0;
    this.timer?.cancel();
    this.timer = null;
  }

  /** A period is over: counts it, and gives the next quota. False: nothing was used, the timer can stop. */
  refill(): boolean {
    if (this.used === 0 && !this.throttled) return false;
    this.periods++;
    if (this.throttled) this.throttledPeriods++;
    if (this.used > this.quota) {
      this.bursts += this.burst > 0 ? 1 : 0;
      this.burstTime += this.burst > 0 ? this.used - this.quota : 0;
    }
    this.used = 0;
    this.left = Math.min(this.left + this.quota, this.quota + this.burst);
    return true;
  }
}
