/**
 * Which vCPU runs next: fair shares by weight. Each vCPU has a virtual runtime, the time it ran divided by its weight; the one that is
 * furthest behind runs next (the idea of Linux's CFS and of Xen's credit scheduler, in one rule).
 */
import type { Nanos } from '../base/index.ts';
import type { Runnable } from './physicalCpu.ts';

/** Chooses among vCPUs that could run now; returns an index. */
export type PickVcpu = (runnable: readonly Runnable[], now: Nanos) => number;

export class FairShares {
  readonly #virtual = new Map<Runnable['vcpu'], number>();
  /** No one comes back with more than this to catch up: who slept has not saved time for later. */
  #floor = 0;

  pick(runnable: readonly Runnable[]): number {
    let best = 0;
    for (const [index, candidate] of runnable.entries())
      if (this.#of(candidate) < this.#of(runnable[best]!)) best = index;
    this.#floor = Math.max(this.#floor, this.#of(runnable[best]!));
    return best;
  }

  /** Says that a vCPU ran for `used` ns. */
  charge(runnable: Runnable, used: Nanos): void {
    this.#virtual.set(runnable.vcpu, this.#of(runnable) + used / runnable.vm.weight);
  }

  forget(vcpu: Runnable['vcpu']): void {
    this.#virtual.delete(vcpu);
  }

  #of({ vcpu }: Runnable): number {
    return Math.max(this.#virtual.get(vcpu) ?? this.#floor, this.#floor);
  }
}
