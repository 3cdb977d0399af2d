/** A block device whose back end is a function: the hypervisor's own does what the block device does, and no other one harms the host. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { equalBytes, MILLISECOND, OsError } from '../../../src/base/index.ts';
import {
  ownService,
  type PolicyFault,
  type Service,
  ServiceBlockDevice,
  type ServiceMemory,
  type ServiceQueue,
} from '../../../src/hypervisor/index.ts';
import { BlockDevice } from '../../../src/machine/index.ts';
import { diskRequest } from '../../support/guestPrograms.ts';
import { guestHost, MIB } from '../../support/guestVms.ts';
import {
  blockHeader,
  INDIRECT,
  type Part,
  REG,
  STATUS,
  VERSION_1,
  virtioMachine,
} from '../../support/virtioDriver.ts';

const SECTORS = 16;

function disk(readOnly = false) {
  const bytes = Uint8Array.from({ length: SECTORS * 512 }, (_, i) => (i >> 9) * 16 + (i & 15));
  return {
    bytes,
    flushes: 0,
    readOnly,
    sectors: SECTORS,
    read(sector: number, target: Uint8Array) {
      // A bad block, as on any disk.
      if (sector <= 13 && sector + target.length / 512 > 13) throw new OsError('EIO');
      target.set(bytes.subarray(sector * 512, sector * 512 + target.length));
    },
    write(sector: number, data: Uint8Array) {
      bytes.set(data, sector * 512);
    },
    flush() {
      this.flushes++;
    },
  };
}

function machine(service: Service | null = null, readOnly = false) {
  const backend = disk(readOnly);
  const faults: PolicyFault[] = [];
  const device = new ServiceBlockDevice('vda', {
    service: () => service,
    backend,
    onPolicyFault: (fault) => void faults.push(fault),
  });
  const host = virtioMachine(device);
  host.driver.start(VERSION_1, 1, 8);
  return { ...host, backend, faults };
}

const needsReset = ({ driver }: ReturnType<typeof machine>) =>
  (driver.read(REG.status) & STATUS.needsReset) !== 0;

describe('the hypervisor’s own service', () => {
  test('does with any requests what the block device does, byte for byte', () => {
    const data = fc.constantFrom<Part[]>(
      [512],
      [200, 824],
      [1024, 512],
      [new Uint8Array(512).fill(0x11)],
      [new Uint8Array(100).fill(0x22), new Uint8Array(924).fill(0x33)],
      [],
      [77],
    );
    const request = fc.record({
      type: fc.constantFrom(0, 0, 1, 1, 4, 8, 11, 99),
      sector: fc.oneof(
        { weight: 6, arbitrary: fc.integer({ min: 0, max: SECTORS + 1 }) },
        fc.constantFrom(2 ** 32, 2 ** 53, 2 ** 64 - 2048),
      ),
      data,
    });
    fc.assert(
      fc.property(fc.array(request, { maxLength: 12 }), fc.boolean(), (requests, readOnly) => {
        const ours = machine(null, readOnly);
        const backend = disk(readOnly);
        const theirs = virtioMachine(new BlockDevice('vda', backend, ''));
        theirs.driver.start(VERSION_1, 1, 8);
        for (const { type, sector, data: parts } of requests) {
          // GET_ID and DISCARD are not in what a service is given.
          if (type === 8 || type === 11) continue;
          for (const { driver, wait } of [ours, theirs]) {
            driver.send(0, [blockHeader(type, sector), ...parts, 1]);
            wait(MILLISECOND);
          }
        }
        // An expectation of whole memories goes through them element by element, a hundred times slower.
        const [mine, others] = [ours, theirs].map(({ memory }) => memory.read(memory.base, memory.size));
        expect(equalBytes(mine!, others!)).toBe(true);
        expect(ours.backend.bytes).toEqual(backend.bytes);
        expect(ours.backend.flushes).toBe(backend.flushes);
        expect(ours.driver.read(REG.interruptStatus)).toBe(theirs.driver.read(REG.interruptStatus));
      }),
      { seed: 21, numRuns: 120 },
    );
  });

  test('goes on past 2^16 in both rings, and serves all that a doorbell brings', () => {
    const { driver, backend, wait, faults } = machine();
    const rings = driver.rings[0]!;
    driver.chain(rings.descriptors, 8, 0, [blockHeader(4, 0), 1]);
    for (let sent = 0; sent < 65_544; sent += 8) {
      for (let i = 0; i < 8; i++) driver.offer(0, 0);
      driver.write(REG.queueNotify, 0);
      wait(30_000);
      expect(driver.used(0)).toHaveLength(8);
    }
    expect(backend.flushes).toBe(65_544);
    expect(faults).toEqual([]);
  });

  test('interrupts unless the driver said that it does not want to be (2.7.7)', () => {
    const { driver, wait } = machine();
    driver.send(0, [blockHeader(4, 0), 1]);
    wait(MILLISECOND);
    expect(driver.read(REG.interruptStatus)).toBe(1);
    driver.write(REG.interruptAck, 1);
    driver.memory.write16(driver.rings[0]!.available, 1);
    driver.send(0, [blockHeader(4, 0), 1]);
    wait(MILLISECOND);
    expect(driver.used(0)).toHaveLength(2);
    expect(driver.read(REG.interruptStatus)).toBe(0);
  });

  const broken: readonly (readonly [
    string,
    (driver: ReturnType<typeof machine>['driver']) => void,
    RegExp,
  ])[] = [
    [
      'a loop',
      (driver) => {
        const { descriptors } = driver.rings[0]!;
        driver.descriptor(descriptors, 0, driver.allocate(16), 16, 1, 1);
        driver.descriptor(descriptors, 1, driver.allocate(16), 16, 1, 0);
      },
      /the chain from descriptor 0 is a loop/,
    ],
    [
      'data outside of memory',
      (driver) => {
        const { descriptors } = driver.rings[0]!;
        driver.chain(descriptors, 8, 0, [blockHeader(0, 0), 512, 1]);
        driver.descriptor(descriptors, 1, 0x7000_0000, 512, 3, 2);
      },
      /512 bytes at 0x70000000 are not in the guest’s memory for a store/,
    ],
    [
      'a descriptor behind the table',
      (driver) => driver.descriptor(driver.rings[0]!.descriptors, 0, driver.allocate(16), 16, 1, 9),
      /descriptor 9 of a table of 8/,
    ],
    [
      'no place for the status',
      (driver) => driver.chain(driver.rings[0]!.descriptors, 8, 0, [blockHeader(4, 0)]),
      /without a byte for its status/,
    ],
  ];
  for (const [what, prepare, message] of broken) {
    test(`${what}: the device needs a reset, says why, and works again after it`, () => {
      const host = machine();
      const { driver, wait, faults } = host;
      prepare(driver);
      driver.offer(0, 0);
      driver.write(REG.queueNotify, 0);
      wait(MILLISECOND);
      expect(needsReset(host)).toBe(true);
      expect(faults).toEqual([
        { policy: 'service', subject: 'vda', message: expect.stringMatching(message) },
      ]);
      driver.start(VERSION_1, 1, 8);
      driver.send(0, [blockHeader(4, 0), 1]);
      wait(MILLISECOND);
      expect(driver.used(0)).toHaveLength(1);
    });
  }
});

test('more chains than the queue has entries are none: the device needs a reset at once', () => {
  const host = machine();
  const { driver, wait, faults, backend } = host;
  driver.chain(driver.rings[0]!.descriptors, 8, 0, [blockHeader(4, 0), 1]);
  driver.memory.write16(driver.rings[0]!.available + 2, 9);
  driver.write(REG.queueNotify, 0);
  wait(MILLISECOND);
  expect(needsReset(host)).toBe(true);
  expect(faults[0]!.message).toBe('9 chains available in a queue of 8');
  expect(backend.flushes).toBe(0);
});

describe('another service', () => {
  test('gets the queue as data, positions that the host keeps, and is asked anew for each doorbell', () => {
    const seen: ServiceQueue[] = [];
    const { driver, wait, transport } = machine((queue, memory, image) => {
      seen.push(queue);
      return ownService(queue, memory, image);
    });
    for (let i = 0; i < 2; i++) {
      driver.send(0, [blockHeader(4, 0), 1]);
      // Rung twice before the disk comes to it: asked once.
      driver.write(REG.queueNotify, 0);
      wait(MILLISECOND);
    }
    const { size, descriptors, available, used } = driver.rings[0]!;
    expect(seen).toEqual([
      { size, descriptors, available, used, nextAvailable: 0, nextUsed: 0 },
      { size, descriptors, available, used, nextAvailable: 1, nextUsed: 1 },
    ]);
    expect(Object.isFrozen(seen[0])).toBe(true);
    expect(transport.busy).toBe(false);
  });

  test('is not offered what it would have to know of: indirect descriptors, event indices', () => {
    expect(machine().driver.offered() & (INDIRECT | (1n << 29n))).toBe(0n);
  });

  test('cannot reach outside of the guest’s memory or of the disk, and what it is told is the error’s code', () => {
    const codes: string[] = [];
    const attempts: ((memory: ServiceMemory, image: Parameters<Service>[2]) => unknown)[] = [
      (memory) => memory.read8(0x7fff_ffff),
      (memory) => memory.read32(0x8003_fffe),
      (memory) => memory.write16(2 ** 40, 1),
      (memory) => memory.read(0x8000_0000, 2 ** 31),
      (memory) => memory.write(0x8003_ffff, new Uint8Array(2)),
      (memory) => memory.read8(-1),
      (memory) => memory.read8(Number.NaN),
      (memory) => memory.write8(0x8000_0000, 256),
      (memory) => memory.write(0x8000_0000, [1, 2] as never),
      (_, image) => image.read(SECTORS, 1),
      (_, image) => image.read(SECTORS - 1, 2),
      (_, image) => image.read(0, 2 ** 40),
      (_, image) => image.write(SECTORS, new Uint8Array(512)),
      (_, image) => image.write(0, new Uint8Array(511)),
      (_, image) => image.write(0.5, new Uint8Array(512)),
      (_, image) => image.write(0, new Uint8Array(512)),
    ];
    const { driver, wait } = machine((queue, memory, image) => {
      for (const attempt of attempts) {
        try {
          attempt(memory, image);
          codes.push('none');
        } catch (error) {
          codes.push((error as OsError).code);
        }
      }
      return { ...queue, interrupt: false };
    }, true);
    driver.write(REG.queueNotify, 0);
    wait(MILLISECOND);
    expect(codes.join(' ')).toBe(
      'EFAULT EFAULT EFAULT EFAULT EFAULT EINVAL EINVAL EINVAL EINVAL EIO EIO EINVAL EIO EIO EINVAL EROFS',
    );
  });

  const nonsense: readonly (readonly [string, () => unknown, RegExp])[] = [
    [
      'throws',
      () => {
        throw new Error('my mistake');
      },
      /^my mistake$/,
    ],
    ['gives nothing', () => undefined, /answered undefined/],
    [
      'gives a position that is none',
      () => ({ nextAvailable: 65_536, nextUsed: 0, interrupt: true }),
      /nextAvailable is 65536/,
    ],
    [
      'does not say whether to interrupt',
      () => ({ nextAvailable: 0, nextUsed: 0 }),
      /interrupt is undefined/,
    ],
  ];
  for (const [what, service, message] of nonsense) {
    test(`that ${what}: the device needs a reset, its guest and the host go on`, () => {
      const faults: PolicyFault[] = [];
      const device = new ServiceBlockDevice('vda', {
        service: () => service as Service,
        backend: disk(),
        onPolicyFault: (fault) => void faults.push(fault),
      });
      const { hypervisor, boot } = guestHost();
      const { vm, output } = boot('db', diskRequest(0x8010_0000), { memory: 2 * MIB, slots: [device] });
      hypervisor.run({ until: 20 * MILLISECOND });
      expect(faults).toEqual([
        { policy: 'service', subject: 'vda', message: expect.stringMatching(message) },
      ]);
      // Nobody answered: the status is what it was.
      expect(output()).toBe('?');
      expect(vm.stopped).toBe(null);
    });
  }

  test('works for a guest of the hypervisor: it reads its sector into guest memory', () => {
    const device = new ServiceBlockDevice('vda', { service: () => null, backend: disk() });
    const { hypervisor, boot } = guestHost();
    const { vm, output } = boot('db', diskRequest(0x8010_0000, { sector: 3 }), {
      memory: 2 * MIB,
      slots: [device],
    });
    hypervisor.run({ until: 20 * MILLISECOND });
    expect(output()).toBe('0');
    expect(vm.memory.read(0x8010_0000, 4)).toEqual(Uint8Array.of(48, 49, 50, 51));
  });
});
