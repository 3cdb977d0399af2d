/**
 * Which vCPU runs next: fair shares by weight. Each vCPU has a virtual runtime, the time it ran divided by its weight; the one that is
 * furthest behind runs next (the idea of Linux's CFS and of Xen's credit scheduler, in one rule).
 */
import type { Nanos } from '../base/index.ts';
import { fieldsOf, wholeNumber } from './policies/consult.ts';
import type { PickVcpu, RunnableVcpu, VcpuTurn } from './policies/types.ts';

interface Share {
  /** Virtual runtime. */
  virtual: number;
  /** Real runtime when that was computed. */
  runtime: Nanos;
}

/** The default: fair shares, each turn `quantum` ns. It remembers, so each host has its own. */
export function fairShares(quantum: Nanos): PickVcpu {
  const shares = new Map<string, Share>();
  // No one comes back with more than this to catch up: who slept has not saved time for later.
  let floor = 0;

  const keyOf = ({ vm, vcpu }: RunnableVcpu) => `${vm}/${vcpu}`;
  const virtualOf = (candidate: RunnableVcpu): number => {
    const known = shares.get(keyOf(candidate));
    // One of the same name that has run less is another one.
    if (known === undefined || candidate.runtime < known.runtime) return floor;
    return Math.max(known.virtual + (candidate.runtime - known.runtime) / candidate.weight, floor);
  };
  return (runnable) => {
    let next = 0;
    for (const [index, candidate] of runnable.entries())
      if (virtualOf(candidate) < virtualOf(runnable[next]!)) next = index;
    const chosen = runnable[next]!;
    const virtual = virtualOf(chosen);
    shares.set(keyOf(chosen), { virtual, runtime: chosen.runtime });
    floor = Math.max(floor, virtual);
    return { next, quantum };
  };
}

/** A turn for one of `count` vCPUs; throws an error about anything else. */
export function readTurn(answer: unknown, count: number): VcpuTurn {
  const { next, quantum } = fieldsOf(answer);
  return {
    next: wholeNumber(next, 'next', 0, count - 1),
    quantum: quantum === null ? null : wholeNumber(quantum, 'quantum', 1, Number.MAX_SAFE_INTEGER),
  };
}
