/** The memory balloon through its queues, by section of virtio 1.2, 5.5. */
import { describe, expect, test } from 'vitest';
import { MILLISECOND } from '../../../src/base/index.ts';
import { BALLOON_LATENCY, BALLOON_PAGE_TIME, BalloonDevice } from '../../../src/machine/index.ts';
import { REG, STATUS, VERSION_1, virtioMachine } from '../../support/virtioDriver.ts';

const [INFLATE, DEFLATE] = [0, 1];
const NUM_PAGES = REG.config;
const ACTUAL = REG.config + 4;

function balloon() {
  const log: string[] = [];
  const device = new BalloonDevice('balloon', {
    inflate: (pages) => void log.push(`inflate ${pages.join(' ')}`),
    deflate: (pages) => void log.push(`deflate ${pages.join(' ')}`),
  });
  const machine = virtioMachine(device);
  machine.driver.start(VERSION_1 | 1n, 2, 8);
  return { device, log, ...machine };
}

const numbers = (...pages: number[]) => new Uint8Array(Uint32Array.from(pages).buffer);

describe('5.5.4 the configuration', () => {
  test('num_pages is the host’s to say, and its change interrupts', () => {
    const { device, driver } = balloon();
    expect(driver.read(REG.deviceId)).toBe(5);
    expect(driver.read(NUM_PAGES)).toBe(0);
    device.setTarget(300);
    expect(driver.read(NUM_PAGES)).toBe(300);
    expect(driver.read(REG.interruptStatus)).toBe(2);
    driver.write(NUM_PAGES, 7);
    expect(driver.read(NUM_PAGES)).toBe(300);
  });

  test('actual is the driver’s to write, by a whole field', () => {
    const { device, driver, transport } = balloon();
    driver.write(ACTUAL, 12);
    expect([device.actual, driver.read(ACTUAL)]).toEqual([12, 12]);
    transport.store(ACTUAL, 1, 99);
    expect(device.actual).toBe(12);
  });

  test('a reset empties the balloon, and the host still wants what it wanted', () => {
    const { device, driver } = balloon();
    expect(device.driven).toBe(true);
    device.setTarget(5);
    driver.write(ACTUAL, 5);
    driver.write(REG.status, 0);
    expect([device.driven, device.target, device.actual]).toEqual([false, 5, 0]);
  });
});

describe('5.5.6 pages', () => {
  test('go in and out by their numbers, in the order of the requests, and the buffers come back', () => {
    const { driver, log, wait } = balloon();
    driver.send(INFLATE, [numbers(0x80001, 0x80002), numbers(0xffffffff)]);
    wait(BALLOON_LATENCY + 3 * BALLOON_PAGE_TIME - 1);
    expect(log).toEqual([]);
    wait(1);
    expect(log).toEqual([`inflate ${0x80001} ${0x80002} ${0xffffffff}`]);
    driver.send(DEFLATE, [numbers(0x80002)]);
    wait(MILLISECOND);
    expect(log[1]).toBe(`deflate ${0x80002}`);
    expect([driver.used(INFLATE), driver.used(DEFLATE)]).toEqual([
      [{ id: 0, length: 0 }],
      [{ id: 0, length: 0 }],
    ]);
  });

  for (const [what, parts] of [
    ['a part of a number', [numbers(1), new Uint8Array(2)]],
    ['nothing to read', [16]],
  ] as const) {
    test(`${what} is no list of them: the device needs a reset`, () => {
      const { driver, log, wait } = balloon();
      driver.send(INFLATE, parts);
      wait(MILLISECOND);
      expect(driver.read(REG.status) & STATUS.needsReset).toBe(STATUS.needsReset);
      expect(log).toEqual([]);
    });
  }

  test('target and actual are saved and restored', () => {
    const { device, driver, transport } = balloon();
    device.setTarget(9);
    driver.write(ACTUAL, 4);
    const saved = JSON.parse(JSON.stringify(transport.save())) as ReturnType<typeof transport.save>;
    driver.write(REG.status, 0);
    device.setTarget(0);
    transport.restore(saved);
    expect([device.target, device.actual, device.driven]).toEqual([9, 4, true]);
  });
});
