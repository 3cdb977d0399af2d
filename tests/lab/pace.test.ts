import { describe, expect, test } from 'vitest';
import { MILLISECOND } from '../../src/base/index.ts';
import { Pacer } from '../../src/lab/worker/pace.ts';

/** A world whose every step takes `cost` real milliseconds. */
function world(cost: number) {
  const clock = { now: 0 };
  const pacer = new Pacer(() => clock.now);
  const state = { virtual: 0 };
  const advance = (by: number) => {
    state.virtual += by / MILLISECOND;
    clock.now += cost;
  };
  return { clock, pacer, state, advance };
}

describe('virtual time beside real time', () => {
  test('as much virtual time runs as real time has passed', () => {
    const { clock, pacer, state, advance } = world(0);
    for (let frame = 0; frame < 100; frame += 1) {
      clock.now += 8;
      pacer.run(advance);
    }
    expect(state.virtual).toBe(800);
  });

  test('time lost to a long pause is not made up for', () => {
    const { clock, pacer, state, advance } = world(0);
    clock.now += 60_000;
    pacer.run(advance);
    expect(state.virtual).toBe(50);
  });

  test('a slow world gives the worker back after a frame of work', () => {
    const { clock, pacer, advance } = world(5);
    clock.now += 40;
    pacer.run(advance);
    expect(clock.now - 40).toBeLessThanOrEqual(15);
  });

  test('a key is answered at once, and the time borrowed for it is paid back', () => {
    const { clock, pacer, state, advance } = world(0);
    pacer.run(advance, 2);
    expect(state.virtual).toBe(2);
    clock.now += 2;
    pacer.run(advance);
    expect(state.virtual).toBe(2);
    clock.now += 5;
    pacer.run(advance);
    expect(state.virtual).toBe(7);
  });

  test('time that is skipped is never run', () => {
    const { clock, pacer, state, advance } = world(0);
    clock.now += 30;
    pacer.skip();
    pacer.run(advance);
    expect(state.virtual).toBe(0);
  });
});
