/** VMs without a kernel: they start from their disks, by the boot ROM or by a function in its place. */
import { describe, expect, test } from 'vitest';
import {
  type Boot,
  type BootDevice,
  type BootResult,
  bootDisk,
  bootInOrder,
  bootNetwork,
} from '../../../src/hypervisor/index.ts';
import { BootVm, diskThatBoots } from '../../support/bootMachine.ts';
import { GuestDisk } from '../../support/guestMachine.ts';

const ROOT = 'hostname=web root=/dev/vda1';

describe('a VM without a kernel', () => {
  test('boots from its disk by the ROM, and again after a reboot', () => {
    const guest = new BootVm({ slots: [diskThatBoots({ commandLine: ROOT })] });
    const log = guest.waitFor('web login: ');
    expect(log).toMatch(/^Virtbook boot ROM\nboot order: vda\nvda: boot signature found, 16384 sectors: /);
    expect(log).toContain('root: mounted /dev/vda1\n');
    guest.type('root\n');
    guest.waitFor('# ');
    guest.type('reboot\n');
    expect(guest.waitFor('web login: ')).toContain('Virtbook boot ROM\n');
  });

  test('keeps its boot order over a reboot, and tries nothing else', () => {
    const empty = new GuestDisk(new Uint8Array(1024));
    const guest = new BootVm({ slots: [diskThatBoots(), empty], order: [1] });
    for (const _ of [1, 2]) {
      expect(guest.waitFor('No bootable device.')).toContain(
        'boot order: vdb\nvdb: passed over: no boot signature (0x55 0xaa) at the end of sector 0\n',
      );
      expect(guest.run(10_000_000)).toBe('idle');
      guest.vm.powerOff('reboot');
    }
  });
});

/** A VM that boots by a policy, with the disks in its slots. */
function governed(policy: Boot, disks: readonly GuestDisk[], order?: readonly number[]): BootVm {
  const devices = disks.map((disk, slot) => bootDisk(`vd${'abcd'[slot]}`, slot, disk));
  return new BootVm({ slots: disks, boot: { policy, devices }, ...(order && { order }) });
}

/** What a policy answers for some devices, and what it wrote to memory. */
function asked(devices: readonly BootDevice[], order = devices.map(({ name }) => name)) {
  const written: [number, Uint8Array][] = [];
  const write = (address: number, bytes: Uint8Array) => void written.push([address, bytes.slice()]);
  const result = bootInOrder(devices, order, {
    hart: 0,
    deviceTree: 0x8300_0000,
    bootAddress: 0x8018_0000,
    write,
  });
  return { result: result as BootResult, written };
}

describe('the default policy', () => {
  const good = diskThatBoots({ commandLine: ROOT });
  const unsigned = new GuestDisk(new Uint8Array(1024).fill(1));

  test('starts the first signed sector of the order, and says why it passed the others over', () => {
    const broken = { ...bootDisk('vdb', 1, good), sectors: 16384, read: () => 'Input/output error' };
    const short = bootDisk('vdc', 2, new GuestDisk(new Uint8Array(0)));
    const odd = { ...bootDisk('vdd', 3, good), sectors: 16384, read: () => new Uint8Array(100) };
    const devices = [
      bootDisk('vda', 0, unsigned),
      broken,
      short,
      odd,
      bootNetwork('net0', 4, false),
      bootDisk('vde', 5, good),
    ];
    const { result, written } = asked(devices, ['vda', 'slot 7', 'vdb', 'vdc', 'vdd', 'net0', 'vde']);
    expect(result).toEqual({
      device: 'vde',
      entry: 0x8018_0000,
      registers: { a0: 0, a1: 0x8300_0000, a2: 5 },
      passedOver: [
        { device: 'vda', reason: 'no boot signature (0x55 0xaa) at the end of sector 0' },
        { device: 'slot 7', reason: 'there is no device' },
        { device: 'vdb', reason: 'sector 0 cannot be read (Input/output error)' },
        { device: 'vdc', reason: 'the disk is too short to have a boot sector' },
        { device: 'vdd', reason: 'the disk is too short to have a boot sector' },
        { device: 'net0', reason: 'no cable is plugged in (link down)' },
      ],
    });
    expect(written).toEqual([[0x8018_0000, good.stable.slice(0, 512)]]);
  });

  test('writes nothing when nothing can be booted', () => {
    const { result, written } = asked([bootDisk('vda', 0, unsigned)]);
    expect(result).toMatchObject({ failure: 'No bootable device.' });
    expect(written).toEqual([]);
  });

  test('reaches a login as the ROM does', () => {
    const second = diskThatBoots({ commandLine: 'hostname=web root=/dev/vdb1' });
    const guest = governed(bootInOrder, [unsigned, second], [0, 1]);
    const log = guest.waitFor('web login: ');
    expect(log).toMatch(
      /^vda: passed over: no boot signature \(0x55 0xaa\) at the end of sector 0\nvdb: starting at 0x80180000\nVirtbook loader\n/,
    );
    expect(log).not.toContain('Virtbook boot ROM');
    expect(guest.faults).toEqual([]);
  });
});

describe('what a policy answers is really done', () => {
  const good = diskThatBoots({ commandLine: ROOT });

  test('null leaves it to the ROM', () => {
    expect(governed(() => null, [good]).waitFor('login: ')).toContain('Virtbook boot ROM\n');
  });

  test('an unsigned sector that it starts is started, and nothing saves it', () => {
    const unsigned = new GuestDisk(new Uint8Array(1024));
    const careless: Boot = (devices, _, memory) => {
      const [first] = devices;
      memory.write(memory.bootAddress, (first as { read(s: number, c: number): Uint8Array }).read(0, 1));
      return {
        device: 'vda',
        entry: memory.bootAddress,
        registers: { a0: memory.hart, a1: memory.deviceTree, a2: 0 },
        passedOver: [],
      };
    };
    const guest = governed(careless, [unsigned, good]);
    expect(guest.waitFor('No bootable device.')).toBe(
      'vda: starting at 0x80180000\nboot: what was started at 0x80180000 met exception 2 at 0x80180000\nNo bootable device.',
    );
    expect(guest.run(5_000_000)).toBe('idle');
  });

  test('a wrong device tree is told by the loader, a wrong slot by the boot sector', () => {
    const changed =
      (change: Partial<{ a0: number; a1: number; a2: number }>): Boot =>
      (devices, order, memory) => {
        const result = bootInOrder(devices, order, memory)!;
        return 'failure' in result ? result : { ...result, registers: { ...result.registers, ...change } };
      };
    expect(governed(changed({ a1: 0x8020_0000 }), [good]).waitFor('No bootable device.')).toContain(
      'loader: no device tree at 0x80200000\n',
    );
    expect(governed(changed({ a2: 3 }), [good]).waitFor('No bootable device.')).toContain(
      'boot sector: the loader cannot be read\n',
    );
  });

  test.each<[string, Boot, string]>([
    [
      'throws',
      () => {
        throw new Error('out of ideas');
      },
      'out of ideas',
    ],
    ['answers nothing', (() => undefined) as unknown as Boot, 'answered undefined, which is no object'],
    [
      'names no address',
      (() => ({ passedOver: [], device: 'vda', entry: -1, registers: { a0: 0, a1: 0, a2: 0 } })) as Boot,
      'entry is -1, not a whole number from 0 to 4294967295',
    ],
    [
      'forgets a register',
      (() => ({ passedOver: [], device: 'vda', entry: 0, registers: { a0: 0, a2: 0 } })) as unknown as Boot,
      'registers.a1 is undefined',
    ],
    [
      'writes what are no bytes',
      (_, __, memory) => {
        memory.write(memory.bootAddress, [1] as unknown as Uint8Array);
        return null;
      },
      'write was given [1], not bytes',
    ],
    [
      'writes to an address that is none',
      (_, __, memory) => {
        memory.write(0.5, new Uint8Array(4));
        return null;
      },
      'the address is 0.5, not a whole number',
    ],
    [
      'writes outside of memory',
      (_, __, memory) => {
        memory.write(0x1000, new Uint8Array(4));
        return null;
      },
      'Bad address',
    ],
  ])('one that %s is a fault, and the VM waits', (_, policy, message) => {
    const guest = governed(policy, [good]);
    expect(guest.waitFor('No bootable device.')).toContain('The boot policy failed: ');
    expect(guest.faults).toMatchObject([
      { policy: 'boot', subject: 'vm', message: expect.stringContaining(message) },
    ]);
    expect(guest.run(5_000_000)).toBe('idle');
  });
});
