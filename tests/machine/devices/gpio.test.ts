/** The GPIO controller with the power key, register by register. */
import { describe, expect, test } from 'vitest';
import { EventQueue } from '../../../src/base/index.ts';
import { Gpio } from '../../../src/machine/index.ts';

const INPUT_VALUE = 0x00;
const INPUT_ENABLE = 0x04;
const RISE_ENABLE = 0x18;
const RISE_PENDING = 0x1c;
const FALL_PENDING = 0x24;
const HIGH_ENABLE = 0x28;
const HIGH_PENDING = 0x2c;

function key() {
  const queue = new EventQueue();
  const levels: boolean[] = [];
  const wire = { set: (level: boolean) => void (levels.at(-1) !== level && levels.push(level)) };
  const gpio = new Gpio({ name: 'gpio', base: 0, wire, timers: queue });
  const pass = (nanos: number) => {
    const until = queue.now + nanos;
    while (queue.step(until));
    queue.advanceTo(until);
  };
  const write = (offset: number, value: number) => gpio.store(offset, 4, value);
  return { gpio, levels, pass, write };
}

describe('a press', () => {
  test('is a rise, and a fall 100 ms later', () => {
    const { gpio, pass, write } = key();
    write(INPUT_ENABLE, 1);
    gpio.press();
    expect([INPUT_VALUE, RISE_PENDING, FALL_PENDING].map((at) => gpio.load(at))).toEqual([1, 1, 0]);
    pass(99_999_999);
    expect(gpio.load(INPUT_VALUE)).toBe(1);
    pass(1);
    expect([INPUT_VALUE, RISE_PENDING, FALL_PENDING].map((at) => gpio.load(at))).toEqual([0, 1, 1]);
  });

  test('interrupts only where that is enabled, until the pending bit is written as 1', () => {
    const { gpio, levels, write } = key();
    write(INPUT_ENABLE, 1);
    gpio.press();
    expect(levels.at(-1)).toBe(false);
    write(RISE_ENABLE, 1);
    expect(levels.at(-1)).toBe(true);
    write(RISE_PENDING, 0);
    expect(levels.at(-1)).toBe(true);
    write(RISE_PENDING, 1);
    expect(levels.at(-1)).toBe(false);
  });

  test('a level stays pending as long as it lasts', () => {
    const { gpio, levels, pass, write } = key();
    write(INPUT_ENABLE, 1);
    write(HIGH_ENABLE, 1);
    gpio.press();
    write(HIGH_PENDING, 1);
    expect(levels.at(-1)).toBe(true);
    pass(100_000_000);
    write(HIGH_PENDING, 1);
    expect(levels.at(-1)).toBe(false);
  });

  test('is not seen by an input that is not enabled', () => {
    const { gpio } = key();
    gpio.press();
    expect([INPUT_VALUE, RISE_PENDING].map((at) => gpio.load(at))).toEqual([0, 0]);
  });

  test('saved in the middle and restored, the key is let go all the same', () => {
    const { gpio, write } = key();
    write(INPUT_ENABLE, 1);
    gpio.press();
    const other = key();
    other.gpio.restore(JSON.parse(JSON.stringify(gpio.save())));
    expect(other.gpio.load(INPUT_VALUE)).toBe(1);
    other.pass(100_000_000);
    expect(other.gpio.load(INPUT_VALUE)).toBe(0);
  });
});
