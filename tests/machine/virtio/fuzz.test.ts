/**
 * Hostile drivers: random register accesses over random rings and descriptor tables. Whatever they do, a device throws nothing,
 * touches no memory that is not RAM, and works again after a reset. fast-check prints the seed of what it finds.
 */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EventQueue, Random } from '../../../src/base/index.ts';
import { ServiceBlockDevice } from '../../../src/hypervisor/index.ts';
import {
  BalloonDevice,
  BlockDevice,
  type BusDevice,
  ConsoleDevice,
  EntropyDevice,
  NetDevice,
  PhysicalMemory,
  type VirtioDevice,
  VirtioMmio,
} from '../../../src/machine/index.ts';
import { ProbeWire } from '../../support/machineWires.ts';
import { INDIRECT, RAM, REG, VERSION_1, VirtioDriver } from '../../support/virtioDriver.ts';

const RAM_BYTES = 0x4000;
const DISK_SECTORS = 8;
const HEADER = RAM + 0x3000;

/** RAM whose `contains` is believed by nobody: each access is checked again. */
class GuardedMemory extends PhysicalMemory {
  accesses = 0;

  #inside(address: number, length: number): void {
    this.accesses++;
    if (!(address >= RAM && length >= 0 && address + length <= RAM + RAM_BYTES)) {
      throw new Error(`access to ${length} bytes at 0x${address.toString(16)}`);
    }
  }

  override read(address: number, length: number): Uint8Array {
    this.#inside(address, length);
    return super.read(address, length);
  }

  override write(address: number, bytes: Uint8Array): void {
    this.#inside(address, bytes.length);
    super.write(address, bytes);
  }

  override read16(address: number): number {
    this.#inside(address, 2);
    return super.read16(address);
  }

  override read32(address: number): number {
    this.#inside(address, 4);
    return super.read32(address);
  }
}

/** A disk that insists on what its interface promises: whole sectors inside of the capacity. */
function strictDisk() {
  const bytes = new Uint8Array(DISK_SECTORS * 512);
  const inside = (sector: number, length: number) => {
    const good = Number.isInteger(sector) && sector >= 0 && length % 512 === 0;
    if (!good || sector + length / 512 > DISK_SECTORS) throw new Error(`sector ${sector}, ${length} bytes`);
  };
  return {
    sectors: DISK_SECTORS,
    read(sector: number, target: Uint8Array) {
      inside(sector, target.length);
      target.set(bytes.subarray(sector * 512, sector * 512 + target.length));
    },
    write(sector: number, data: Uint8Array) {
      inside(sector, data.length);
      bytes.set(data, sector * 512);
    },
    flush() {},
    discard: (sector: number, count: number) => inside(sector, count * 512),
  };
}

const devices: Record<string, () => VirtioDevice> = {
  balloon: () => new BalloonDevice('virtio0', { inflate() {}, deflate() {} }),
  'block by a service': () =>
    new ServiceBlockDevice('virtio0', { service: () => null, backend: strictDisk() }),
  block: () => new BlockDevice('virtio0', strictDisk(), 'fuzz'),
  net: () => new NetDevice('virtio0', new Uint8Array(6), { transmit: () => {} }),
  console: () => new ConsoleDevice(() => {}),
  entropy: () => new EntropyDevice(Random.fromSeed('fuzz')),
};

/** Numbers that a careful driver would never use, and some that it would. */
const number32 = fc.oneof(
  fc.constantFrom(0, 1, 2, 3, 4, 7, 8, 15, 16, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff),
  fc.integer({ min: 0, max: 64 }),
  fc.integer({ min: 0, max: RAM_BYTES + 64 }).map((offset) => RAM + offset),
  fc.nat({ max: 0xffffffff }),
);
const address = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 0, max: RAM_BYTES - 1 }).map((offset) => RAM + offset) },
  { weight: 1, arbitrary: number32 },
  { weight: 1, arbitrary: fc.constantFrom(2 ** 64 - 2048, 2 ** 34, RAM + RAM_BYTES, RAM - 1) },
);
const length = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(0, 1, 15, 16, 17, 32, 512, 513, 1024) },
  { weight: 1, arbitrary: number32 },
);

const register = fc.oneof(
  fc.constantFrom(...Object.values(REG)),
  fc.constantFrom(0x084, 0x094, 0x0a4),
  fc.integer({ min: 0, max: 0xfff }),
);
const step = fc.oneof(
  fc.record({ kind: fc.constant('load' as const), register, width: fc.constantFrom(1, 2, 4) }),
  fc.record({
    kind: fc.constant('store' as const),
    register,
    width: fc.constantFrom(1, 2, 4),
    value: number32,
  }),
  fc.record({ kind: fc.constant('wait' as const), nanos: fc.constantFrom(0, 1, 5_000, 100_000) }),
);

const descriptor = fc.record({
  address,
  length,
  // Mostly sensible flags, so that chains get somewhere.
  flags: fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: 0, max: 3 }) },
    { weight: 2, arbitrary: fc.integer({ min: 0, max: 7 }) },
  ),
  next: fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: 0, max: 7 }) },
    { weight: 1, arbitrary: fc.nat(0xffff) },
  ),
});
const rings = fc.record({
  table: fc.array(descriptor, { minLength: 16, maxLength: 16 }),
  /** Request headers and other words of RAM. */
  words: fc.array(fc.tuple(fc.nat(RAM_BYTES / 4 - 1), fc.oneof(fc.constantFrom(0, 1, 4, 8, 11), number32)), {
    maxLength: 40,
  }),
  heads: fc.array(fc.oneof({ weight: 6, arbitrary: fc.nat(7) }, { weight: 1, arbitrary: fc.nat(0xffff) }), {
    minLength: 1,
    maxLength: 8,
  }),
  ahead: fc.oneof({ weight: 8, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(0xffff) }),
  queue: fc.nat(1),
  /** Puts a good request into descriptors 0 … 2, all but the one of this number; 3 spares them all. Null leaves chance alone. */
  tame: fc.option(fc.nat(3)),
  request: fc.record({
    type: fc.constantFrom(0, 1, 4, 8, 11, 99),
    sector: fc.nat(12),
    direction: fc.constantFrom(0, 2),
  }),
});

function machine(create: () => VirtioDevice) {
  const queue = new EventQueue();
  const memory = new GuardedMemory({ size: RAM_BYTES });
  const place = { name: 'virtio0', base: 0x10001000, wire: new ProbeWire(), trace: null };
  const transport = new VirtioMmio({ ...place, timers: queue, dma: memory }, create());
  const wait = (nanos: number) => {
    const until = queue.now + nanos;
    while (queue.step(until));
    queue.advanceTo(until);
  };
  return { memory, transport, wait };
}

function perform(
  bus: BusDevice,
  wait: (nanos: number) => void,
  each: typeof step extends fc.Arbitrary<infer S> ? S : never,
) {
  if (each.kind === 'wait') wait(each.nanos);
  else if (each.kind === 'load') {
    const value = bus.load(each.register, each.width as 1 | 2 | 4)!;
    expect(Number.isInteger(value) && value >= 0 && value < 2 ** (8 * each.width)).toBe(true);
  } else bus.store(each.register, each.width as 1 | 2 | 4, each.value % 2 ** (8 * each.width));
}

/** The parts of one good request to each device, and on which queue. */
const good: Record<string, readonly [number, (Uint8Array | number)[]]> = {
  balloon: [0, [new Uint8Array(8)]],
  block: [0, [new Uint8Array(16), 512, 1]],
  'block by a service': [0, [new Uint8Array(16), 512, 1]],
  net: [1, [new Uint8Array(12), new Uint8Array(60)]],
  console: [1, [Uint8Array.of(65)]],
  entropy: [0, [16]],
};

describe.each(Object.keys(devices))('%s', (name) => {
  const [workQueue, parts] = good[name]!;
  const queues = name.startsWith('block') || name === 'entropy' ? 1 : 2;

  /** Resets the device and sees a request through. */
  function works({ memory, transport, wait }: ReturnType<typeof machine>): boolean {
    memory.fill(RAM, RAM_BYTES, 0);
    const driver = new VirtioDriver(transport, memory, RAM);
    driver.start(VERSION_1, queues);
    driver.send(workQueue, parts);
    wait(1_000_000);
    return driver.used(workQueue).length === 1 && driver.read(REG.status) === 0xf;
  }

  test('random accesses to the registers', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const m = machine(devices[name]!);
        for (const each of steps) perform(m.transport, m.wait, each);
        expect(works(m)).toBe(true);
      }),
      { numRuns: 300, seed: 20_261_125 },
    );
  });

  test('random rings, descriptors and indirect tables', () => {
    let served = 0;
    let refused = 0;
    fc.assert(
      fc.property(
        rings,
        fc.array(step, { maxLength: 6 }),
        ({ table, words, heads, ahead, queue, tame, request }, steps) => {
          const m = machine(devices[name]!);
          const driver = new VirtioDriver(m.transport, m.memory, RAM);
          driver.start(VERSION_1 | (driver.offered() & INDIRECT), queues);
          for (const [word, value] of words) m.memory.write32(RAM + 4 * word, value);
          const which = queue % queues;
          const { descriptors, available } = driver.rings[which]!;
          for (const [i, each] of table.slice(0, 8).entries()) {
            driver.descriptor(descriptors, i, each.address, each.length, each.flags, each.next);
          }
          if (tame !== null) {
            m.memory.write32(HEADER, request.type);
            m.memory.write32(HEADER + 8, request.sector);
            const pieces = [
              [HEADER, 16, 1],
              [HEADER + 16, 512, 1 | request.direction],
              [HEADER + 528, 1, 2],
            ] as const;
            for (const [i, [at, size, flags]] of pieces.entries()) {
              if (i !== tame) driver.descriptor(descriptors, i, at, size, flags, i + 1);
            }
          }
          for (const [i, each] of table.slice(8).entries()) {
            driver.descriptor(RAM + 0x2000, i, each.address, each.length, each.flags, each.next);
          }
          for (const head of tame === null ? heads : [0]) driver.offer(which, head);
          if (ahead > 0 && tame !== 3) m.memory.write16(available + 2, ahead);
          driver.write(REG.queueNotify, which);
          for (const each of steps) perform(m.transport, m.wait, each);
          m.wait(1e9);
          if (driver.read(REG.status) & 0x40) refused++;
          else served += driver.used(which).length;
          expect(works(m)).toBe(true);
        },
      ),
      { numRuns: 400, seed: 20_261_125 },
    );
    // The generator reaches both ends, or the property says nothing.
    expect([served > 20, refused > 20]).toEqual([true, true]);
  });
});
