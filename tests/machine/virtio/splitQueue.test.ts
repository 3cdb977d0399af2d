/** Split virtqueues and descriptor chains through a device that gives back what it read, by section of virtio 1.2. */
import { describe, expect, test } from 'vitest';
import type { VirtioDevice, VirtioLink } from '../../../src/machine/index.ts';
import {
  EVENT_IDX,
  INDIRECT,
  RAM,
  REG,
  STATUS,
  VERSION_1,
  virtioMachine,
} from '../../support/virtioDriver.ts';

const END = RAM + 0x40000;
const [NEXT, WRITE, INDIRECT_FLAG] = [1, 2, 4];

/** Copies what is readable to what is writable, at once. */
class Copier implements VirtioDevice {
  readonly id = 42;
  readonly features = 0n;
  readonly queueSizes = [32768];
  readonly seen: number[][] = [];
  #link: VirtioLink | null = null;

  attach(link: VirtioLink): void {
    this.#link = link;
  }

  config(): Uint8Array {
    return new Uint8Array(0);
  }

  notify(queue: number): void {
    const link = this.#link!;
    for (let chain = link.pop(queue); chain; chain = link.pop(queue)) {
      const bytes = chain.readable.read(0, chain.readable.length);
      this.seen.push([...bytes]);
      link.push(queue, chain, chain.writable.write(0, bytes));
    }
  }

  reset(): void {}
}

function copier(features = VERSION_1, size = 8) {
  const device = new Copier();
  const machine = virtioMachine(device);
  machine.driver.start(features, 1, size);
  const { driver } = machine;
  /** Offers a chain that the test has written into descriptor 0 and rings. */
  const kick = (head = 0) => {
    driver.offer(0, head);
    driver.write(REG.queueNotify, 0);
  };
  const broken = () => (driver.read(REG.status) & STATUS.needsReset) !== 0;
  return { device, ...machine, kick, broken, table: driver.rings[0]!.descriptors };
}

const bytes = (...values: number[]) => Uint8Array.from(values);

describe('2.7.4 message framing: the borders of descriptors mean nothing', () => {
  test('pieces to read are one run of bytes, and so are pieces to write', () => {
    const { driver, memory } = copier();
    const { addresses } = driver.send(0, [bytes(1, 2), bytes(), bytes(3, 4, 5), 1, 3, 2]);
    expect(driver.used(0)).toEqual([{ id: 0, length: 5 }]);
    expect(addresses.slice(3).map((address, i) => [...memory.read(address, [1, 3, 2][i]!)])).toEqual([
      [1],
      [2, 3, 4],
      [5, 0],
    ]);
  });

  test('what has no room is not written', () => {
    const { driver, memory } = copier();
    const { addresses } = driver.send(0, [bytes(1, 2, 3, 4), 2]);
    expect([driver.used(0), [...memory.read(addresses[1]!, 4)]]).toEqual([
      [{ id: 0, length: 2 }],
      [1, 2, 0, 0],
    ]);
  });
});

describe('2.7.5 the descriptor table: what breaks a rule stops the device', () => {
  test.each<[string, (c: ReturnType<typeof copier>) => void]>([
    ['a head past the table', ({ kick }) => kick(8)],
    [
      'a next past the table',
      ({ driver, table, kick }) => {
        driver.descriptor(table, 0, RAM, 4, NEXT, 8);
        kick();
      },
    ],
    [
      'a chain that leads to itself',
      ({ driver, table, kick }) => {
        driver.descriptor(table, 0, RAM, 4, NEXT, 1);
        driver.descriptor(table, 1, RAM, 4, NEXT, 0);
        kick();
      },
    ],
    [
      'to read after to write',
      ({ driver, table, kick }) => {
        driver.descriptor(table, 0, RAM, 4, NEXT | WRITE, 1);
        driver.descriptor(table, 1, RAM, 4, 0, 0);
        kick();
      },
    ],
    [
      'memory below RAM',
      ({ driver, table, kick }) => {
        driver.descriptor(table, 0, RAM - 4, 8, WRITE, 0);
        kick();
      },
    ],
    [
      'memory across the end of RAM',
      ({ driver, table, kick }) => {
        driver.descriptor(table, 0, END - 4, 8, WRITE, 0);
        kick();
      },
    ],
    [
      'an address that wraps at 2^64',
      ({ driver, table, kick, memory }) => {
        driver.descriptor(table, 0, 0, 0x100, WRITE, 0);
        memory.write32(table, 0xffffffff);
        memory.write32(table + 4, 0xffffffff);
        kick();
      },
    ],
    [
      '2.7.6: an available index more than a queue ahead',
      ({ driver, memory, table }) => {
        driver.descriptor(table, 0, RAM, 4, 0, 0);
        memory.write16(driver.rings[0]!.available + 2, 9);
        driver.write(REG.queueNotify, 0);
      },
    ],
    [
      'an indirect descriptor that was not negotiated',
      ({ driver, table, kick }) => {
        driver.descriptor(table, 0, RAM, 16, INDIRECT_FLAG, 0);
        kick();
      },
    ],
  ])('%s', (_what, make) => {
    const machine = copier();
    make(machine);
    expect([machine.broken(), machine.driver.used(0), machine.device.seen]).toEqual([true, [], []]);
  });

  test('a chain as long as the queue is no loop', () => {
    const { driver, device } = copier(VERSION_1, 4);
    driver.send(0, [bytes(1), bytes(2), bytes(3), bytes(4)]);
    expect(device.seen).toEqual([[1, 2, 3, 4]]);
  });

  test('the last bytes of RAM are RAM', () => {
    const { driver, device, table, kick, memory } = copier();
    memory.write(END - 2, bytes(8, 9));
    driver.descriptor(table, 0, END - 2, 2, 0, 0);
    kick();
    expect(device.seen).toEqual([[8, 9]]);
  });
});

describe('2.7.5.3 indirect descriptors', () => {
  const indirect = () => copier(VERSION_1 | INDIRECT);

  test('a table elsewhere holds the chain; the WRITE flag of the descriptor that leads there is not looked at', () => {
    const { driver, memory, table, kick } = indirect();
    const other = driver.allocate(48);
    const addresses = driver.chain(other, 3, 0, [bytes(1), bytes(2, 3), 4]);
    driver.descriptor(table, 0, other, 48, INDIRECT_FLAG | WRITE, 0);
    kick();
    expect([driver.used(0), [...memory.read(addresses[2]!, 3)]]).toEqual([[{ id: 0, length: 3 }], [1, 2, 3]]);
  });

  test('ordinary descriptors may come before it', () => {
    const { driver, device, table, kick } = indirect();
    const other = driver.allocate(16);
    driver.chain(other, 1, 0, [bytes(3)]);
    driver.chain(table, 8, 0, [bytes(1, 2), bytes(0)]);
    driver.descriptor(table, 1, other, 16, INDIRECT_FLAG, 0);
    kick();
    expect(device.seen).toEqual([[1, 2, 3]]);
  });

  test.each<[string, number, number]>([
    ['both INDIRECT and NEXT', 16, INDIRECT_FLAG | NEXT],
    ['a length that is not whole descriptors', 20, INDIRECT_FLAG],
    ['an empty table', 0, INDIRECT_FLAG],
    ['a table across the end of memory', 0x80000, INDIRECT_FLAG],
  ])('%s stops the device', (_what, length, flags) => {
    const { driver, table, kick, broken, device } = indirect();
    const other = driver.allocate(32);
    driver.chain(other, 1, 0, [bytes(3)]);
    driver.descriptor(table, 0, other, length, flags, 1);
    kick();
    expect([broken(), device.seen]).toEqual([true, []]);
  });

  test('a table in a table, and a next past the table, stop the device', () => {
    for (const flags of [INDIRECT_FLAG, NEXT]) {
      const { driver, table, kick, broken } = indirect();
      const other = driver.allocate(16);
      driver.descriptor(other, 0, other, 16, flags, 1);
      driver.descriptor(table, 0, other, 16, INDIRECT_FLAG, 0);
      kick();
      expect(broken()).toBe(true);
    }
  });

  test('2.7.5.3.1: a chain is no longer than the queue there either', () => {
    for (const [count, ok] of [
      [8, true],
      [9, false],
    ] as const) {
      const { driver, table, kick, broken } = indirect();
      const other = driver.allocate(16 * count);
      driver.chain(
        other,
        count,
        0,
        Array.from({ length: count }, (_, i) => bytes(i)),
      );
      driver.descriptor(table, 0, other, 16 * count, INDIRECT_FLAG, 0);
      kick();
      expect(broken()).toBe(!ok);
    }
  });
});

describe('2.7.6, 2.7.8 the rings wrap', () => {
  test('both indices go past 2^16, and the rings past their size', () => {
    const { driver, device, table } = copier(VERSION_1, 2);
    driver.chain(table, 2, 0, [bytes(7)]);
    driver.chain(table, 2, 1, [bytes(8)]);
    const ids: number[] = [];
    for (let i = 0; i < 2 ** 16 + 3; i++) {
      driver.offer(0, i % 2);
      driver.write(REG.queueNotify, 0);
      ids.push(...driver.used(0).map(({ id }) => id));
    }
    expect(ids.every((id, i) => id === i % 2)).toBe(true);
    expect([ids.length, device.seen.at(-1)]).toEqual([2 ** 16 + 3, [7]]);
    expect(driver.memory.read16(driver.rings[0]!.used + 2)).toBe(3);
  });

  test('several chains made available at once come in the order of the ring', () => {
    const { driver, device, table } = copier();
    for (const [i, value] of [5, 6, 7].entries()) driver.chain(table, 8, i, [bytes(value)]);
    for (const head of [2, 0, 1]) driver.offer(0, head);
    driver.write(REG.queueNotify, 0);
    expect(device.seen).toEqual([[7], [5], [6]]);
    expect(driver.used(0).map(({ id }) => id)).toEqual([2, 0, 1]);
  });
});

describe('2.7.7 used buffer notification suppression', () => {
  test('by the flag of the available ring, without VIRTIO_F_EVENT_IDX', () => {
    const { driver, memory, wire } = copier();
    memory.write16(driver.rings[0]!.available, 1);
    driver.send(0, [bytes(1)]);
    expect(wire.level).toBe(false);
    memory.write16(driver.rings[0]!.available, 0);
    driver.send(0, [bytes(1)]);
    expect(wire.level).toBe(true);
  });

  test('by used_event with it: told when that entry is used, and the flag is not looked at', () => {
    const { driver, memory, wire } = copier(VERSION_1 | EVENT_IDX);
    const { available, size } = driver.rings[0]!;
    memory.write16(available, 1);
    memory.write16(available + 4 + 2 * size, 2);
    const levels = [1, 2, 3, 4].map((value) => {
      driver.send(0, [bytes(value)]);
      const { level } = wire;
      driver.write(REG.interruptAck, 1);
      return level;
    });
    expect(levels).toEqual([false, false, true, false]);
  });
});

test('2.7.10: avail_event asks for the next notification', () => {
  const { driver, memory } = copier(VERSION_1 | EVENT_IDX);
  const { used, size } = driver.rings[0]!;
  driver.send(0, [bytes(1)]);
  driver.send(0, [bytes(1)]);
  expect(memory.read16(used + 4 + 8 * size)).toBe(2);
});
