/** The disk policy: where a request of a VM lands in the volume that the host's VMs share. */
import { describe, expect, test } from 'vitest';
import { MILLISECOND } from '../../../src/base/index.ts';
import {
  type DiskView,
  type MapBlock,
  MappedDisk,
  ownSectors,
  type PolicyFault,
} from '../../../src/hypervisor/index.ts';
import { BlockDevice } from '../../../src/machine/index.ts';
import { diskRequest } from '../../support/guestPrograms.ts';
import { guestHost, MIB } from '../../support/guestVms.ts';
import { blockHeader, VERSION_1, virtioMachine } from '../../support/virtioDriver.ts';

/** A volume of 24 sectors, each filled with its number: mallory has sectors 0 to 7, alice 8 to 15, nobody the rest. */
function volume() {
  const bytes = Uint8Array.from({ length: 24 * 512 }, (_, i) => i >> 9);
  return {
    bytes,
    sectors: 24,
    read: (sector: number, target: Uint8Array) =>
      target.set(bytes.subarray(sector * 512, sector * 512 + target.length)),
    write: (sector: number, data: Uint8Array) => bytes.set(data, sector * 512),
    flush() {},
  };
}

const MALLORY: DiskView = { name: 'mallory-vda', vm: 'mallory', sectors: 8, first: 0, readOnly: false };

function drive(mapBlock?: MapBlock, disk: Partial<DiskView> = {}) {
  const shared = volume();
  const faults: PolicyFault[] = [];
  const backend = new MappedDisk({
    disk: { ...MALLORY, ...disk },
    volume: shared,
    ...(mapBlock && { mapBlock }),
    onPolicyFault: (fault) => void faults.push(fault),
  });
  const { driver, memory, wait } = virtioMachine(new BlockDevice('vda', backend, 'vda'));
  driver.start(VERSION_1 | (1n << 9n), 1, 8);
  const status = (address: number) => memory.read(address, 1)[0];
  return {
    shared,
    faults,
    driver,
    write(sector: number, count: number) {
      const { addresses } = driver.send(0, [
        blockHeader(1, sector),
        new Uint8Array(512 * count).fill(0xee),
        1,
      ]);
      wait(10 * MILLISECOND);
      return status(addresses[2]!);
    },
    read(sector: number, count: number) {
      const { addresses } = driver.send(0, [blockHeader(0, sector), 512 * count, 1]);
      wait(10 * MILLISECOND);
      return { status: status(addresses[2]!), first: memory.read(addresses[1]!, 1)[0] };
    },
  };
}

const untouched = volume().bytes;

describe('a request behind the end of a disk', () => {
  const behind: readonly (readonly [number, number])[] = [
    [8, 1],
    [7, 2],
    [0, 9],
    [2 ** 32, 1],
    [2 ** 53, 1],
    [2 ** 64 - 2048, 8],
  ];
  for (const [sector, count] of behind) {
    test(`${count} from ${sector}: an I/O error that touches nothing, by the hypervisor’s own policy`, () => {
      const disk = drive();
      expect(disk.write(sector, count)).toBe(1);
      expect(disk.read(sector, count).status).toBe(1);
      expect(disk.shared.bytes).toEqual(untouched);
      expect(disk.faults).toEqual([]);
    });
  }

  test('lands in the neighbour’s by one that forgets the length, as a guest finds out', () => {
    const startAlone: MapBlock = (disk, sector, count) =>
      sector < disk.sectors ? { sector: disk.first + sector, count } : { error: 'outside' };
    const disk = drive(startAlone);
    expect(disk.write(8, 1)).toBe(1);
    expect(disk.write(7, 2)).toBe(0);
    expect(disk.shared.bytes[8 * 512]).toBe(0xee);

    const { hypervisor, boot } = guestHost();
    const backend = new MappedDisk({ disk: MALLORY, volume: volume(), mapBlock: startAlone });
    const { vm, output } = boot('mallory', diskRequest(0x8010_0000, { sector: 7, bytes: 1024 }), {
      memory: 2 * MIB,
      slots: [new BlockDevice('vda', backend, 'vda')],
    });
    hypervisor.run({ until: 20 * MILLISECOND });
    expect(output()).toBe('0');
    expect([vm.memory.read(0x8010_0000, 1)[0], vm.memory.read(0x8010_0200, 1)[0]]).toEqual([7, 8]);
  });
});

test('a request that begins behind the end is the policy’s affair as well', () => {
  const offsetAlone: MapBlock = (disk, sector, count) => ({ sector: disk.first + sector, count });
  const disk = drive(offsetAlone);
  expect(disk.write(9, 1)).toBe(0);
  expect(disk.shared.bytes[9 * 512]).toBe(0xee);
  expect(disk.read(17, 2)).toEqual({ status: 0, first: 17 });
});

describe('the policy', () => {
  test('is asked once for a request, however long it is, with the disk as data', () => {
    const asked: unknown[][] = [];
    const disk = drive(
      (...question) => {
        asked.push(question);
        return ownSectors(...question);
      },
      { sectors: 24 },
    );
    expect(disk.read(1, 3)).toEqual({ status: 0, first: 1 });
    expect(disk.write(2, 20)).toBe(0);
    expect(asked).toEqual([
      [{ ...MALLORY, sectors: 24 }, 1, 3],
      [{ ...MALLORY, sectors: 24 }, 2, 20],
    ]);
    expect(Object.isFrozen(asked[0]![0])).toBe(true);
  });

  test('finds each disk at its place, and what is read-only stays as it is', () => {
    const alice = { name: 'alice-vda', vm: 'alice', first: 8 };
    expect(drive(undefined, alice).read(3, 1)).toEqual({ status: 0, first: 11 });
    const fixed = drive(undefined, { ...alice, readOnly: true });
    expect(fixed.write(0, 1)).toBe(1);
    expect(fixed.shared.bytes).toEqual(untouched);
  });

  const nonsense: readonly (readonly [string, () => unknown, RegExp])[] = [
    [
      'throws',
      () => {
        throw new Error('my mistake');
      },
      /^my mistake$/,
    ],
    ['gives a number', () => 4, /answered 4/],
    ['gives another count', () => ({ sector: 0, count: 7 }), /count is 7, not a whole number from 1 to 1/],
    ['leaves the volume', () => ({ sector: 24, count: 1 }), /sector is 24, not a whole number from 0 to 23/],
    ['goes below it', () => ({ sector: -1, count: 1 }), /sector is -1/],
    ['gives half a sector', () => ({ sector: 0.5, count: 1 }), /sector is 0.5/],
  ];
  for (const [what, mapBlock, message] of nonsense) {
    test(`that ${what} is told of, and the guest gets an I/O error`, () => {
      const disk = drive(mapBlock as MapBlock);
      expect(disk.write(0, 1)).toBe(1);
      expect(disk.shared.bytes).toEqual(untouched);
      expect(disk.faults).toEqual([
        { policy: 'mapBlock', subject: 'mallory-vda', message: expect.stringMatching(message) },
      ]);
    });
  }
});
