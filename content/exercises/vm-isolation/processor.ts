/** The check on the processor: shares by weight, whoever tries to keep it, and nobody waits long. */
import type { Check, Random, Sandbox, Verdict } from '../../../src/exercise/index.ts';
import type { Vcpu } from './api.d.ts';
import { ask } from './asking.ts';

const MS = 1_000_000;
/** How long a case runs. */
const SPAN = 1000 * MS;
/** Nobody who could run waits for longer. */
const LONGEST_WAIT = 100 * MS;
const LEAST_QUANTUM = 100_000;
/** Of what its weight says, in hundredths of the processor. */
const TOLERANCE = 5;

export interface Guest {
  readonly vm: string;
  readonly weight: number;
  /** `hog`: interrupts off, an endless loop. `sleeper`: works for `work` ns, then waits for `rest` ns. */
  readonly kind: 'hog' | 'busy' | 'sleeper';
  readonly work?: number;
  readonly rest?: number;
}

const hog = (weight = 1000): Guest => ({ vm: 'mallory', weight, kind: 'hog' });
const busy = (vm: string, weight: number): Guest => ({ vm, weight, kind: 'busy' });

const EXAMPLES: readonly (readonly Guest[])[] = [
  [busy('alice', 1000), hog()],
  [busy('alice', 3000), hog(), busy('bob', 1000)],
  [{ vm: 'alice', weight: 1000, kind: 'sleeper', work: 2 * MS, rest: 20 * MS }, hog()],
];

function randomCase(random: Random): readonly Guest[] {
  const others = ['alice', 'bob', 'carol'].slice(0, random.between(1, 3));
  const weights = [500, 1000, 2000, 4000];
  return [
    hog(random.pick(weights)),
    ...others.map((vm): Guest => {
      const weight = random.pick(weights);
      return random.chance(1, 4)
        ? { vm, weight, kind: 'sleeper', work: random.between(1, 3) * MS, rest: random.between(10, 30) * MS }
        : busy(vm, weight);
    }),
  ];
}

interface Wrong {
  readonly summary: string;
  readonly expected: string;
  readonly actual: string;
  readonly at: number;
  readonly printed: { readonly printed?: readonly string[] };
}

interface Running {
  readonly guest: Guest;
  runtime: number;
  /** When it could run again; 0 while it can. */
  wakes: number;
  /** Since when it could run and does not. */
  since: number;
  /** Of a sleeper: what is left of its work. */
  left: number;
}

const milliseconds = (ns: number) => `${Math.round(ns / MS)} ms`;

/** One processor, and whoever pickVcpu chooses on it. */
class Processor {
  readonly guests: readonly Running[];
  now = 0;
  readonly #start: number;

  /** `start`: what the host's clock says at the beginning; it has never been earlier. */
  constructor(guests: readonly Guest[], start: number) {
    this.#start = start;
    this.guests = guests.map((guest) => ({ guest, runtime: 0, wakes: 0, since: 0, left: guest.work ?? 0 }));
  }

  /** Runs until something is wrong, or the time is over. */
  run(code: Sandbox): Wrong | null {
    while (this.now < SPAN) {
      const runnable = this.guests.filter(({ wakes }) => wakes <= this.now);
      if (runnable.length === 0) {
        this.now = Math.min(...this.guests.map(({ wakes }) => wakes));
        continue;
      }
      const wrong = this.#turn(code, runnable);
      if (wrong !== null) return wrong;
    }
    return this.#shares();
  }

  #turn(code: Sandbox, runnable: readonly Running[]): Wrong | null {
    const views = runnable.map(
      ({ guest: { vm, weight }, runtime }): Vcpu => ({ vm, vcpu: 0, weight, runtime }),
    );
    const { value, printed } = ask(
      code,
      'pickVcpu',
      [views, this.#start + this.now],
      `In pickVcpu at ${milliseconds(this.now)}`,
    );
    const wrong = (summary: string, expected: string, actual: string): Wrong => ({
      summary,
      expected,
      actual,
      at: this.now,
      printed,
    });
    const { next, quantum } = (value ?? {}) as { next?: unknown; quantum?: unknown };
    const chosen = typeof next === 'number' ? runnable[next] : undefined;
    if (chosen === undefined)
      return wrong(
        `pickVcpu gave ${JSON.stringify(value)}: next has to be an index into the list of ${runnable.length}.`,
        `next from 0 to ${runnable.length - 1}`,
        JSON.stringify(value),
      );
    if (quantum !== null && !(typeof quantum === 'number' && quantum >= LEAST_QUANTUM))
      return wrong(
        `pickVcpu gave a quantum of ${JSON.stringify(quantum ?? null)}: at least 100,000 ns, or null.`,
        'a quantum of 100,000 ns or more',
        JSON.stringify(quantum ?? 'nothing'),
      );
    const { guest } = chosen;
    if (quantum === null && guest.kind !== 'sleeper' && runnable.length > 1)
      return wrong(
        `${guest.vm} ${guest.kind === 'hog' ? 'has its interrupts off and never' : 'has work for ever and never'} gives the processor up: without a quantum nobody else runs again.`,
        'a quantum after which the hypervisor’s timer takes the processor back',
        'quantum: null',
      );
    const turn = quantum === null ? Infinity : (quantum as number);
    this.#give(chosen, Math.min(turn, guest.kind === 'sleeper' ? chosen.left : Infinity, SPAN - this.now));
    // Whoever has woken meanwhile waits as well.
    const waiting = this.guests.find((each) => each !== chosen && this.now - each.since > LONGEST_WAIT);
    if (waiting === undefined) return null;
    return wrong(
      `${waiting.guest.vm} could run since ${milliseconds(waiting.since)}, and at ${milliseconds(this.now)} has not run yet.`,
      `nobody waits for more than ${milliseconds(LONGEST_WAIT)}`,
      `${milliseconds(this.now - waiting.since)} of waiting`,
    );
  }

  #give(chosen: Running, time: number): void {
    this.now += time;
    chosen.runtime += time;
    chosen.since = this.now;
    if (chosen.guest.kind !== 'sleeper') return;
    chosen.left -= time;
    if (chosen.left > 0) return;
    chosen.left = chosen.guest.work!;
    chosen.wakes = this.now + chosen.guest.rest!;
    chosen.since = chosen.wakes;
  }

  /** Those that always want to run share what the sleepers leave. */
  #shares(): Wrong | null {
    const greedy = this.guests.filter(({ guest }) => guest.kind !== 'sleeper');
    const time = greedy.reduce((sum, { runtime }) => sum + runtime, 0);
    const weight = greedy.reduce((sum, { guest }) => sum + guest.weight, 0);
    for (const { guest, runtime } of greedy) {
      const [due, had] = [(100 * guest.weight) / weight, (100 * runtime) / time];
      if (Math.abs(due - had) <= TOLERANCE) continue;
      return {
        summary: `${guest.vm} has a weight of ${guest.weight} of ${weight}, but had ${had.toFixed(0)} % of the processor.`,
        expected: `${due.toFixed(0)} %, give or take ${TOLERANCE}`,
        actual: `${had.toFixed(0)} %`,
        at: this.now,
        printed: {},
      };
    }
    return null;
  }

  /** What everybody has had, as bars. */
  get text(): string {
    const weight = this.guests.reduce((sum, { guest }) => sum + guest.weight, 0);
    const rows = this.guests.map(({ guest, runtime }) => {
      const share = this.now === 0 ? 0 : runtime / this.now;
      const bar = '█'.repeat(Math.round(share * 30));
      const due = `${((100 * guest.weight) / weight).toFixed(0)} % by weight`;
      return `  ${guest.vm.padEnd(8)} ${guest.kind.padEnd(8)} ${bar.padEnd(30)} ${(100 * share).toFixed(0).padStart(3)} %  (${due})`;
    });
    return [`processor time after ${milliseconds(this.now)}`, ...rows].join('\n');
  }
}

const RANDOM_CASES = 6;

/**
 * Code may keep what it has given to whom: each case has VMs of its own, later than those of the case before, as on a host where
 * VMs come and go.
 */
const guestsOf = (roles: readonly Guest[], number: number): readonly Guest[] =>
  number === 0 ? roles : roles.map((guest) => ({ ...guest, vm: `${guest.vm}${number + 1}` }));

export const processorCheck: Check = {
  id: 'processor',
  title: 'Processor: shares by weight, with a hog running, and nobody starves',
  points: 20,
  run({ code, random }): Verdict {
    const cases = [...EXAMPLES, ...Array.from({ length: RANDOM_CASES }, () => randomCase(random))];
    for (const [number, roles] of cases.entries()) {
      const guests = guestsOf(roles, number);
      const processor = new Processor(guests, number * SPAN);
      const wrong = processor.run(code);
      if (wrong === null) continue;
      const { summary, expected, actual, printed } = wrong;
      return {
        passed: false,
        feedback: {
          summary,
          expected,
          actual,
          counterexample: {
            steps: guests.map(({ vm, weight, kind }) => `${vm}: ${kind}, weight ${weight}`),
            after: processor.text,
          },
          ...printed,
          misconception:
            'A guest gives the processor up when it likes to, and one that does not like to never does. The hypervisor’s own timer takes it back, and weights say how often who gets it.',
          next: 'Who of the list has had least for its weight? And after which time do you want to be asked again, whatever the guest does?',
        },
      };
    }
    return { passed: true };
  },
};
