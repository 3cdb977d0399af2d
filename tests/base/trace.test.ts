/** The trace of a world: what is kept of it, and that what is dropped is never a rare event. */
import { expect, test } from 'vitest';
import { EventQueue, Trace } from '../../src/base/index.ts';

declare module '../../src/base/trace.ts' {
  interface TraceEvents {
    'test.often': { readonly n: number };
    'test.rare': { readonly n: number };
  }
}

test('events come in their order, from any on, of all kinds or one', () => {
  const trace = new Trace(new EventQueue());
  trace.emit('test.rare', 'a', { n: 0 });
  trace.emit('test.often', 'b', { n: 1 });
  trace.emit('test.rare', 'a', { n: 2 });
  expect(trace.length).toBe(3);
  expect(trace.since(1).map(({ detail }) => detail)).toEqual([{ n: 1 }, { n: 2 }]);
  expect(trace.since(1, 'test.rare')).toEqual([
    { seq: 2, time: 0, kind: 'test.rare', subject: 'a', detail: { n: 2 } },
  ]);
  expect(trace.since(3)).toEqual([]);
});

test('of a million events of one kind the latest are kept, and every one of another kind', () => {
  const trace = new Trace(new EventQueue());
  const COUNT = 1_000_000;
  for (let n = 0; n < COUNT; n++) trace.emit(n % 1000 === 0 ? 'test.rare' : 'test.often', 'a', { n });
  expect(trace.length).toBe(COUNT);
  const rare = trace.since(0, 'test.rare');
  expect(rare.map(({ seq }) => seq)).toEqual(Array.from({ length: COUNT / 1000 }, (_none, i) => 1000 * i));
  const often = trace.since(0, 'test.often');
  expect(often.length).toBeGreaterThanOrEqual(20_000);
  expect(often.length).toBeLessThan(200_000);
  expect(often.at(-1)!.seq).toBe(COUNT - 1);
  // None is missing between the first that is kept and the last.
  const first = often[0]!.seq;
  expect(trace.since(first, 'test.often')).toHaveLength(often.length);
  expect(trace.since(first)).toHaveLength(COUNT - first);
  expect(trace.since(COUNT - 10).map(({ seq }) => seq)).toEqual(
    Array.from({ length: 10 }, (_none, i) => COUNT - 10 + i),
  );
});
