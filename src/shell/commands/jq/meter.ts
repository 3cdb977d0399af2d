/** What a run of jq has done so far, counted in steps, so that one without an end is stopped. */
import { Exhausted, isArray, isMap, requireShallow, type Value } from './values.ts';

const MOST_STEPS = 2_000_000;

export class Meter {
  #steps = 0;

  /** Throws Exhausted. */
  spend(steps: number): void {
    this.#steps += steps;
    if (this.#steps > MOST_STEPS) throw new Exhausted(`the program was stopped after ${MOST_STEPS} steps`);
  }

  /** What is made new costs by its size, so that memory ends no sooner than steps. */
  made(value: Value): Value {
    if (typeof value === 'string' || isArray(value)) this.spend(value.length >> 4);
    else if (isMap(value)) this.spend(value.size >> 2);
    return value;
  }

  /**
   * The number of parts of a value, which it charges for: before something that goes through all of them, and that may recurse. Parts
   * that are in several places count as often. Throws Exhausted, also when the value is nested too deeply.
   */
  weigh(value: Value, depth = 0): number {
    requireShallow(depth);
    let weight = 1;
    if (typeof value === 'string') weight += value.length >> 4;
    else if (isArray(value)) for (const item of value) weight += this.weigh(item, depth + 1);
    else if (isMap(value)) for (const item of value.values()) weight += 3 + this.weigh(item, depth + 1);
    if (depth === 0 || weight > 1000) this.spend(weight / 4);
    return weight;
  }
}
