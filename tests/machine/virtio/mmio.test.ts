/** The transport's registers and the device's life, by section of virtio 1.2. */
import { describe, expect, test } from 'vitest';
import { EmptyVirtioSlot, type VirtioDevice, type VirtioLink } from '../../../src/machine/index.ts';
import {
  EVENT_IDX,
  INDIRECT,
  RAM,
  REG,
  STATUS,
  VERSION_1,
  virtioMachine,
} from '../../support/virtioDriver.ts';

/** A device that gives each chain back after 100 ns, with as many bytes as it had room for. */
class Echo implements VirtioDevice {
  readonly id = 42;
  readonly features = 0b101n;
  readonly queueSizes = [16, 8];
  resets = 0;
  written: [number, number, number][] = [];
  bytes = Uint8Array.of(0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88);
  link: VirtioLink | null = null;

  attach(link: VirtioLink): void {
    this.link = link;
  }

  config(): Uint8Array {
    return this.bytes;
  }

  writeConfig(offset: number, width: number, value: number): void {
    this.written.push([offset, width, value]);
  }

  notify(queue: number): void {
    const link = this.link!;
    for (let chain = link.pop(queue); chain; chain = link.pop(queue)) {
      const taken = chain;
      link.after(100, () => link.push(queue, taken, taken.writable.length));
    }
  }

  reset(): void {
    this.resets++;
  }
}

function echo() {
  const device = new Echo();
  return { device, ...virtioMachine(device) };
}

describe('4.2.2 registers', () => {
  test('magic value, version 2, device and vendor', () => {
    const { driver } = echo();
    expect([REG.magic, REG.version, REG.deviceId].map((register) => driver.read(register))).toEqual([
      0x74726976, 2, 42,
    ]);
    expect(driver.read(REG.vendor)).not.toBe(0);
  });

  test('QueueNumMax is the selected queue’s, 0 for a queue that is not there', () => {
    const { driver } = echo();
    const sizes = [0, 1, 2, 0xffffffff].map((queue) => {
      driver.write(REG.queueSel, queue);
      return driver.read(REG.queueNumMax);
    });
    expect(sizes).toEqual([16, 8, 0, 0]);
  });

  test('a shared memory region that is not there has the length 2^64 − 1', () => {
    const { driver } = echo();
    driver.write(0xac, 0);
    expect([driver.read(0xb0), driver.read(0xb4)]).toEqual([0xffffffff, 0xffffffff]);
  });

  test('write-only registers read as 0, read-only ones are not written', () => {
    const { driver } = echo();
    driver.write(REG.queueDesc, 0x1234);
    driver.write(REG.magic, 5);
    expect([driver.read(REG.queueDesc), driver.read(REG.queueNotify), driver.read(REG.magic)]).toEqual([
      0, 0, 0x74726976,
    ]);
  });

  test('4.2.2.2: other than 32-bit accesses to registers have no effect', () => {
    const { driver, transport } = echo();
    expect([transport.load(0, 1), transport.load(0, 2)]).toEqual([0, 0]);
    transport.store(REG.status, 1, 1);
    expect(driver.read(REG.status)).toBe(0);
  });

  test('the configuration space is read and written in bytes, halves and words; there is nothing behind it', () => {
    const { device, transport } = echo();
    expect([transport.load(0x101, 1), transport.load(0x102, 2), transport.load(0x104, 4)]).toEqual([
      0x22, 0x4433, 0x88776655,
    ]);
    expect([transport.load(0x108, 4), transport.load(0xffc, 4)]).toEqual([0, 0]);
    transport.store(0x102, 2, 0xabcd);
    expect(device.written).toEqual([[2, 2, 0xabcd]]);
  });

  test('an empty slot has the device number 0', () => {
    const slot = new EmptyVirtioSlot('virtio3', 0x10004000);
    slot.store();
    expect([0, 4, 8, 0x10, 0x34].map((offset) => slot.load(offset, 4))).toEqual([0x74726976, 2, 0, 0, 0]);
  });
});

describe('2.2 feature bits, 3.1.1 initialization', () => {
  test('64 bits are offered through the selector, others are 0', () => {
    const { driver } = echo();
    expect(driver.offered()).toBe(0b101n | INDIRECT | EVENT_IDX | VERSION_1);
    driver.write(REG.deviceFeaturesSel, 2);
    expect(driver.read(REG.deviceFeatures)).toBe(0);
  });

  test('FEATURES_OK stays when the driver accepts a subset with VERSION_1', () => {
    const { driver, device } = echo();
    expect(driver.negotiate(VERSION_1 | 0b100n) & STATUS.featuresOk).toBe(STATUS.featuresOk);
    expect(device.link!.features).toBe(VERSION_1 | 0b100n);
  });

  test.each([
    ['a bit that is not offered', VERSION_1 | 0b10n],
    ['6.1: not VERSION_1', 0b1n],
    ['an unknown high bit', VERSION_1 | (1n << 63n)],
  ])('FEATURES_OK does not stay: %s', (_why, features) => {
    const { driver, device } = echo();
    expect(driver.negotiate(features) & STATUS.featuresOk).toBe(0);
    expect(device.link!.features).toBe(0n);
  });

  test('after FEATURES_OK features stand', () => {
    const { driver, device } = echo();
    driver.negotiate(VERSION_1);
    driver.accept(VERSION_1 | 1n);
    expect(device.link!.features).toBe(VERSION_1);
  });

  test('DRIVER_OK without FEATURES_OK: the device needs a reset', () => {
    const { driver } = echo();
    driver.write(REG.status, STATUS.acknowledge | STATUS.driver | STATUS.driverOk);
    expect(driver.read(REG.status) & (STATUS.needsReset | STATUS.driverOk)).toBe(STATUS.needsReset);
  });
});

describe('2.1 device status', () => {
  test('bits are added, and only a reset takes them away', () => {
    const { driver } = echo();
    driver.write(REG.status, STATUS.acknowledge);
    driver.write(REG.status, STATUS.driver);
    expect(driver.read(REG.status)).toBe(STATUS.acknowledge | STATUS.driver);
    driver.write(REG.status, STATUS.failed);
    expect(driver.read(REG.status) & STATUS.failed).toBe(STATUS.failed);
    driver.write(REG.status, 0);
    expect(driver.read(REG.status)).toBe(0);
  });

  test('the driver cannot set DEVICE_NEEDS_RESET', () => {
    const { driver } = echo();
    driver.write(REG.status, STATUS.needsReset | STATUS.acknowledge);
    expect(driver.read(REG.status)).toBe(STATUS.acknowledge);
  });

  test('2.1.2: before DRIVER_OK no buffer is used; then those that were made available before are', () => {
    const { driver, wait } = echo();
    driver.negotiate(VERSION_1);
    driver.addQueue(0, 8);
    driver.send(0, [4]);
    wait(1000);
    expect(driver.used(0)).toEqual([]);
    driver.write(REG.status, 0xf);
    wait(1000);
    expect(driver.used(0)).toEqual([{ id: 0, length: 4 }]);
  });

  test('2.4, 4.2.2.1: a reset forgets features, queues, interrupts and requests under way', () => {
    const { driver, device, wait, wire } = echo();
    driver.start(VERSION_1, 1);
    driver.send(0, [4]);
    wait(100);
    expect(wire.level).toBe(true);
    driver.send(0, [4]);
    driver.write(REG.status, 0);
    wait(1000);
    driver.write(REG.queueSel, 0);
    expect([wire.level, driver.read(REG.interruptStatus), driver.read(REG.queueReady)]).toEqual([
      false,
      0,
      0,
    ]);
    expect([driver.used(0).length, device.resets, device.link!.features]).toEqual([1, 2, 0n]);
    driver.start(VERSION_1, 1);
    driver.send(0, [7]);
    wait(100);
    expect(driver.used(0)).toEqual([{ id: 0, length: 7 }]);
  });
});

describe('4.2.3.2 queues', () => {
  test('QueueReady reads as written, and 0 stops the queue', () => {
    const { driver, wait } = echo();
    driver.start(VERSION_1, 1);
    expect(driver.read(REG.queueReady)).toBe(1);
    driver.write(REG.queueReady, 0);
    expect(driver.read(REG.queueReady)).toBe(0);
    driver.send(0, [4]);
    wait(1000);
    expect(driver.used(0)).toEqual([]);
  });

  test('4.2.2.2: a ready queue’s size and places stand', () => {
    const { driver, wait } = echo();
    driver.start(VERSION_1, 1);
    driver.write64(REG.queueDesc, 0);
    driver.write(REG.queueNum, 3);
    driver.send(0, [4]);
    wait(100);
    expect(driver.used(0)).toEqual([{ id: 0, length: 4 }]);
    driver.write(REG.queueReady, 0);
    driver.write(REG.queueReady, 1);
    expect([driver.read(REG.queueReady), driver.read(REG.status)]).toEqual([1, 0xf]);
  });

  test.each([
    ['a size of 0', { size: 0 }],
    ['a size that is no power of two', { size: 6 }],
    ['a size over QueueNumMax', { size: 32 }],
    ['a descriptor table not on 16 bytes', { descriptors: RAM + 8 }],
    ['an available ring on an odd address', { available: RAM + 1 }],
    ['a used ring not on 4 bytes', { used: RAM + 2 }],
    ['a descriptor table below memory', { descriptors: RAM - 16 }],
    ['an available ring across the end of memory', { available: RAM + 0x40000 - 8 }],
    ['a used ring at 2^64 − 16', { used: 2 ** 64 - 4096 }],
  ])('%s: the device needs a reset', (_what, wrong) => {
    const { driver, trace } = echo();
    driver.negotiate(VERSION_1);
    const place = { size: 8, descriptors: RAM, available: RAM + 0x100, used: RAM + 0x200 };
    driver.placeQueue(0, { ...place, ...wrong });
    driver.placeQueue(0, { ...place, ...wrong });
    expect([driver.read(REG.queueReady), driver.read(REG.status) & STATUS.needsReset]).toEqual([
      0,
      STATUS.needsReset,
    ]);
    expect(trace.since(0, 'virtio.needsReset')).toHaveLength(1);
  });
});

describe('4.2.3.4 interrupts', () => {
  test('a used buffer sets bit 0 and raises the wire; InterruptACK clears the bits written', () => {
    const { driver, wait, wire } = echo();
    driver.start(VERSION_1, 1);
    driver.send(0, [4]);
    wait(99);
    expect([wire.level, driver.read(REG.interruptStatus)]).toEqual([false, 0]);
    wait(1);
    expect([wire.level, driver.read(REG.interruptStatus)]).toEqual([true, 1]);
    driver.write(REG.interruptAck, 2);
    expect(wire.level).toBe(true);
    driver.write(REG.interruptAck, 1);
    expect([wire.level, driver.read(REG.interruptStatus)]).toEqual([false, 0]);
  });

  test('a change of the configuration sets bit 1 and moves ConfigGeneration on', () => {
    const { driver, device, wire } = echo();
    driver.start(VERSION_1, 1);
    const before = driver.read(REG.configGeneration);
    device.link!.configChanged();
    expect([wire.level, driver.read(REG.interruptStatus)]).toEqual([true, 2]);
    expect(driver.read(REG.configGeneration)).not.toBe(before);
  });

  test('before DRIVER_OK nothing is told', () => {
    const { driver, device, wire } = echo();
    driver.negotiate(VERSION_1);
    device.link!.configChanged();
    expect([wire.level, driver.read(REG.interruptStatus)]).toEqual([false, 0]);
  });

  test('2.1.2: a device that needs a reset says so by a configuration change, and does nothing more', () => {
    const { driver, wait, wire } = echo();
    driver.start(VERSION_1, 1);
    driver.offer(0, 99);
    driver.write(REG.queueNotify, 0);
    expect([wire.level, driver.read(REG.interruptStatus), driver.read(REG.status)]).toEqual([true, 2, 0x4f]);
    driver.send(0, [4]);
    wait(1000);
    expect(driver.used(0)).toEqual([]);
  });
});

test('the trace tells the whole way of a request', () => {
  const { driver, trace, wait } = echo();
  driver.start(VERSION_1, 1);
  const start = trace.length;
  driver.send(0, [Uint8Array.of(1, 2, 3), 5]);
  wait(100);
  expect(trace.since(start).map(({ kind, time, detail }) => [kind, time, detail])).toEqual([
    ['virtq.notify', 0, { queue: 0 }],
    ['virtq.pop', 0, { queue: 0, head: 0, readable: 3, writable: 5 }],
    ['virtq.push', 100, { queue: 0, head: 0, written: 5, interrupt: true }],
  ]);
});
