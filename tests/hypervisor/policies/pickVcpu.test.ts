/** The scheduling policy: weights and quantum are its own, and what it answers wrongly stops nobody. */
import { describe, expect, test } from 'vitest';
import { MILLISECOND } from '../../../src/base/index.ts';
import {
  fairShares,
  type PickVcpu,
  type PolicyFault,
  type RunnableVcpu,
} from '../../../src/hypervisor/index.ts';
import { guestHost } from '../../support/guestVms.ts';

const BUSY = '1: addi s0, s0, 1\n j 1b';
/** Turns its interrupts off first. */
const HOG = `csrci sstatus, 2\n${BUSY}`;

/** Runs \`sources\` for 60 ms on one processor; gives each VM's runtime in ms. */
function runtimes(
  pickVcpu: PickVcpu | undefined,
  sources: readonly string[],
  weights: readonly number[] = [],
) {
  const faults: PolicyFault[] = [];
  const { hypervisor, boot } = guestHost({
    ...(pickVcpu && { pickVcpu }),
    onPolicyFault: (fault) => void faults.push(fault),
  });
  const vms = sources.map((source, i) => boot(`vm${i}`, source, { weight: weights[i] ?? 1 }).vm);
  hypervisor.run({ until: 60 * MILLISECOND });
  hypervisor.quiesce();
  return { runtimes: vms.map((vm) => vm.vcpus[0]!.runtime / MILLISECOND), faults };
}

describe('a scheduling policy', () => {
  test('is told who could run, with weight and processor time so far, as data that nobody can change', () => {
    const seen: (readonly RunnableVcpu[])[] = [];
    const fair = fairShares(MILLISECOND);
    runtimes(
      (runnable, now) => {
        seen.push(runnable);
        return fair(runnable, now);
      },
      [BUSY, HOG],
      [1, 4],
    );
    expect(seen[0]).toEqual([
      { vm: 'vm0', vcpu: 0, weight: 1, runtime: 0 },
      { vm: 'vm1', vcpu: 0, weight: 4, runtime: 0 },
    ]);
    expect(seen.at(-1)![1]!.runtime).toBeGreaterThan(40 * MILLISECOND);
    expect(Object.isFrozen(seen[0]) && Object.isFrozen(seen[0]![0])).toBe(true);
  });

  test('that lets a hog run until it gives the processor up lets the others starve', () => {
    const firstForEver: PickVcpu = () => ({ next: 0, quantum: null });
    const { runtimes: times } = runtimes(firstForEver, [HOG, BUSY]);
    expect(times[0]).toBeGreaterThan(59);
    expect(times[1]).toBe(0);
  });

  test('sets how long a turn is, by instructions', () => {
    const lengths: number[] = [];
    let last = 0;
    const alternate: PickVcpu = (runnable) => {
      const before = runnable[last]!.runtime;
      lengths.push(before);
      last = 1 - last;
      return { next: last, quantum: last === 0 ? 500_000 : 1_500_000 };
    };
    const { runtimes: times } = runtimes(alternate, [HOG, BUSY]);
    // Each processor turn is a quarter or three quarters of 2 ms.
    expect(times[0]).toBeCloseTo(15, 0);
    expect(times[1]).toBeCloseTo(45, 0);
    expect(lengths.length).toBeGreaterThan(55);
  });

  const nonsense: readonly (readonly [string, () => unknown, RegExp])[] = [
    [
      'throws',
      () => {
        throw new TypeError('runnable.sort is not a function');
      },
      /sort is not a function/,
    ],
    ['gives a bare number', () => 0, /answered 0, which is no object/],
    [
      'chooses one that is not there',
      () => ({ next: 2, quantum: 1000 }),
      /next is 2, not a whole number from 0 to 1/,
    ],
    ['gives no quantum', () => ({ next: 0 }), /quantum is undefined/],
    ['gives a turn of no time', () => ({ next: 0, quantum: 0 }), /quantum is 0/],
    ['gives a turn without end', () => ({ next: 0, quantum: Number.POSITIVE_INFINITY }), /quantum is/],
  ];
  for (const [what, pick, message] of nonsense) {
    test(`that ${what} is told of, and fair shares choose instead`, () => {
      const { runtimes: times, faults } = runtimes(pick as PickVcpu, [HOG, BUSY]);
      expect(faults[0]).toEqual({
        policy: 'pickVcpu',
        subject: null,
        message: expect.stringMatching(message),
      });
      for (const time of times) expect(time).toBeCloseTo(30, -1);
    });
  }
});
