/** What matching costs a program: CPU time, during which it can be interrupted. */
import { type Sys, sys } from '../../linux/index.ts';
import type { Regex } from './regex.ts';

/** Nanoseconds for a step. */
const STEP_COST = 10;
/** Fewer steps than these are charged together with later ones. */
const LEAST_STEPS = 10_000;

/** Charges what `regex` has done since the last charge. */
export function* chargeSteps(regex: Regex): Sys<void> {
  const steps = regex.takeSteps(LEAST_STEPS);
  if (steps > 0) yield* sys.compute(steps * STEP_COST);
}
