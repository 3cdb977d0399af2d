/** The order of events, against a list that is sorted anew for each. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { EventQueue, type ScheduledEvent, TimedEvent } from '../../src/base/index.ts';

/** What somebody does: schedule in so many nanoseconds (and from within that event once more), take one back, let some happen. */
const after = fc.record({
  kind: fc.constant('after' as const),
  delay: fc.nat(60),
  again: fc.option(fc.nat(60)),
});
const cancel = fc.record({ kind: fc.constant('cancel' as const), which: fc.nat(40) });
const step = fc.record({ kind: fc.constant('step' as const), within: fc.nat(40) });
// More come than go, so that many wait.
const action = fc.oneof(
  { weight: 4, arbitrary: after },
  { weight: 1, arbitrary: cancel },
  { weight: 3, arbitrary: step },
);

interface Expected {
  readonly time: number;
  readonly number: number;
  cancelled: boolean;
}

it('happen by time, and of the same time in the order in which they were scheduled', () => {
  fc.assert(
    fc.property(fc.array(action, { minLength: 40, maxLength: 200 }), (actions) => {
      const queue = new EventQueue();
      const handles: ScheduledEvent[] = [];
      const waiting: Expected[] = [];
      const all: Expected[] = [];
      const happened: number[] = [];
      const schedule = (delay: number, again: number | null) => {
        const number = all.length;
        const expected = { time: queue.now + delay, number, cancelled: false };
        all.push(expected);
        waiting.push(expected);
        handles.push(
          queue.after(delay, () => {
            happened.push(number);
            if (again !== null) schedule(again, null);
          }),
        );
      };
      const due = () =>
        waiting
          .filter(({ cancelled }) => !cancelled)
          .sort((a, b) => a.time - b.time || a.number - b.number)[0];
      for (const one of actions) {
        if (one.kind === 'after') schedule(one.delay, one.again);
        else if (one.kind === 'cancel') {
          handles[one.which]?.cancel();
          if (all[one.which] !== undefined) all[one.which]!.cancelled = true;
        } else {
          const next = due();
          const until = queue.now + one.within;
          expect(queue.next()).toBe(next?.time ?? null);
          const runs = next !== undefined && next.time <= until;
          expect(queue.step(until)).toBe(runs);
          if (!runs) queue.advanceTo(until);
          else {
            expect(happened.at(-1)).toBe(next.number);
            expect(queue.now).toBe(next.time);
            waiting.splice(waiting.indexOf(next), 1);
          }
        }
      }
      expect(queue.scheduled).toBe(all.length);
    }),
    { numRuns: 300 },
  );
});

it('happens again when it is scheduled again', () => {
  const queue = new EventQueue();
  const times: number[] = [];
  class Tick extends TimedEvent {
    happen(): void {
      times.push(queue.now);
      if (times.length < 3) queue.schedule(10, this);
    }
  }
  queue.schedule(5, new Tick());
  while (queue.step(100));
  expect(times).toEqual([5, 15, 25]);
});
