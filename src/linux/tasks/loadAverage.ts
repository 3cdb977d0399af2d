/** /proc/loadavg, as kernel/sched/loadavg.c reckons it: every 5 seconds a look at how many run, in fixed point. */
import { type Nanos, SECOND } from '../../base/index.ts';

const INTERVAL: Nanos = 5 * SECOND;
/** 1 in fixed point. */
const ONE = 2048;
/** What is left of the old value after 5 seconds, of 1, 5 and 15 minutes. */
const DECAY = [1884, 2014, 2037] as const;
/** After so many looks at the same number nothing changes any more. */
const ENOUGH = 2000;

export class LoadAverage {
  #next: Nanos;
  #values = [0, 0, 0];

  constructor(start: Nanos) {
    this.#next = start + INTERVAL;
  }

  /** Time has gone on to `now`, and `active` processes ran or wanted to since the last call. */
  pass(now: Nanos, active: number): void {
    if (now < this.#next) return;
    const looks = Math.floor((now - this.#next) / INTERVAL) + 1;
    this.#next += looks * INTERVAL;
    for (let i = 0; i < Math.min(looks, ENOUGH); i++)
      this.#values = this.#values.map((value, k) => after(value, DECAY[k]!, active * ONE));
  }

  averages(): [string, string, string] {
    // Rounded to hundredths as the kernel prints them.
    const show = (value: number) => {
      const rounded = value + Math.floor(ONE / 200);
      const hundredths = Math.floor(((rounded % ONE) * 100) / ONE);
      return `${Math.floor(rounded / ONE)}.${String(hundredths).padStart(2, '0')}`;
    };
    return this.#values.map(show) as [string, string, string];
  }
}

function after(value: number, decay: number, active: number): number {
  const sum = value * decay + active * (ONE - decay) + (active >= value ? ONE - 1 : 0);
  return Math.floor(sum / ONE);
}
