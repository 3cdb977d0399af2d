/** The event queue against the simplest model there is: a sorted list. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EventQueue, type ScheduledEvent } from '../../src/base/index.ts';

type Step =
  | { readonly kind: 'after'; readonly delay: number; readonly nested: number | null }
  | { readonly kind: 'cancel'; readonly which: number }
  | { readonly kind: 'run'; readonly for: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('after' as const),
    delay: fc.integer({ min: 0, max: 20 }),
    nested: fc.option(fc.integer({ min: 0, max: 5 })),
  }),
  fc.record({ kind: fc.constant('cancel' as const), which: fc.nat(30) }),
  fc.record({ kind: fc.constant('run' as const), for: fc.integer({ min: 0, max: 15 }) }),
);

/** What runs when, worked out by looking through all of it each time. */
class Model {
  readonly log: [name: string, at: number][] = [];
  #pending: { name: string; time: number; seq: number; nested: number | null }[] = [];
  #now = 0;
  #seq = 0;

  after(name: string, delay: number, nested: number | null): void {
    this.#pending.push({ name, time: this.#now + delay, seq: this.#seq++, nested });
  }

  cancel(name: string): void {
    this.#pending = this.#pending.filter((entry) => entry.name !== name);
  }

  run(until: number): void {
    for (;;) {
      const due = this.#pending.filter(({ time }) => time <= until);
      const [first] = due.sort((a, b) => a.time - b.time || a.seq - b.seq);
      if (first === undefined) break;
      this.#now = first.time;
      this.cancel(first.name);
      this.log.push([first.name, this.#now]);
      if (first.nested !== null) this.after(`${first.name}'`, first.nested, null);
    }
    this.#now = until;
  }
}

describe('EventQueue', () => {
  test('runs events by time, then by the order in which they were scheduled', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const queue = new EventQueue();
        const model = new Model();
        const log: [string, number][] = [];
        const events: ScheduledEvent[] = [];
        let until = 0;
        for (const [i, each] of steps.entries()) {
          if (each.kind === 'after') {
            const name = `e${events.length}`;
            model.after(name, each.delay, each.nested);
            const run = () => {
              log.push([name, queue.now]);
              if (each.nested !== null) queue.after(each.nested, () => log.push([`${name}'`, queue.now]));
            };
            events.push(queue.after(each.delay, run));
          } else if (each.kind === 'cancel') {
            events[each.which]?.cancel();
            model.cancel(`e${each.which}`);
          } else {
            until += each.for;
            while (queue.step(until));
            queue.advanceTo(until);
            model.run(until);
          }
          expect(log, `after step ${i}`).toEqual(model.log);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('nothing is skipped, and time has no fractions and no way back', () => {
    const queue = new EventQueue();
    queue.after(5, () => {});
    expect(() => queue.advanceTo(6)).toThrow('would skip an event at 5');
    expect(() => queue.after(-1, () => {})).toThrow('delay -1');
    expect(() => queue.after(0.5, () => {})).toThrow('delay 0.5');
    queue.advanceTo(5);
    queue.advanceTo(3);
    expect(queue.now).toBe(5);
    expect(queue.next()).toBe(5);
  });
});
