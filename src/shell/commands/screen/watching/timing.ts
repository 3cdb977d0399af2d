/** What programs that look again and again share: the interval, and waiting it out at the terminal. */
import { type Nanos, SECOND } from '../../../../base/index.ts';
import { type Sys, sys } from '../../../../linux/index.ts';
import type { Input, Terminal } from '../terminal.ts';

/** Seconds of `2`, `0.5` or `0,5`; null for what is no number. */
export function secondsOf(text: string): number | null {
  return /^\d+(?:[.,]\d*)?$|^[.,]\d+$/.test(text) ? Number(text.replace(',', '.')) : null;
}

export function* monotonic(): Sys<Nanos> {
  const { sec, nsec } = yield* sys.clock_gettime('monotonic');
  return sec * SECOND + nsec;
}

/** Waits until `deadline`, or until `wakes` says that a key or signal ends the waiting; null after the deadline. */
export function* waitFor(
  terminal: Terminal,
  deadline: Nanos,
  wakes: (input: Input) => boolean,
): Sys<Input | null> {
  for (;;) {
    const left = deadline - (yield* monotonic());
    if (left <= 0) return null;
    const input = yield* terminal.key(left);
    if (input.kind === 'timeout') return null;
    if (wakes(input)) return input;
  }
}
