/** The book's mallory against alice: each attack succeeds by a careless policy, and fails by the hypervisor's own. */
import { describe, expect, test } from 'vitest';
import { equalBytes } from '../../src/base/index.ts';
import {
  ALL_ACCESS,
  type DiskView,
  type Forward,
  FRAME_BYTES,
  Hypervisor,
  type MapBlock,
  MappedDisk,
  type PickVcpu,
  type Translate,
  VirtualSwitch,
} from '../../src/hypervisor/index.ts';
import { BlockDevice, NetDevice, PhysicalMemory } from '../../src/machine/index.ts';
import { GuestDisk, VirtualGuest } from '../support/guestMachine.ts';

const MEGABYTES = 8;
/** Where mallory's RAM ends, and alice's begins in the host. */
const END = 0x8000_0000 + MEGABYTES * 2 ** 20;
const MACS = { mallory: '52:54:00:00:00:01', alice: '52:54:00:00:00:02' };

interface Policies {
  readonly translate?: Translate;
  readonly pickVcpu?: PickVcpu;
  readonly mapBlock?: MapBlock;
  readonly forward?: Forward;
}

/** Both on one host, logged in: their RAM side by side, their disks of 64 sectors each in one volume, their cards on one switch. */
function neighbours({ translate, pickVcpu, mapBlock, forward }: Policies = {}) {
  const hypervisor = new Hypervisor({
    memory: new PhysicalMemory({ size: 32 * 2 ** 20 }),
    ...(translate && { translate }),
    ...(pickVcpu && { pickVcpu }),
  });
  const volume = new GuestDisk(
    Uint8Array.from({ length: 128 * 512 }, (_, i) => (i < 64 * 512 ? 0x6d : 0x61)),
  );
  const sw = new VirtualSwitch({ name: 'sw0', ...(forward && { forward }) });
  const guest = (vm: keyof typeof MACS, first: number) => {
    const disk: DiskView = { name: `${vm}-vda`, vm, sectors: 64, first, readOnly: false };
    const backend = new MappedDisk({ disk, volume, ...(mapBlock && { mapBlock }) });
    const mac = MACS[vm];
    const tap = sw.plug({ name: vm, vlan: 1, macs: [mac] }, (frame) => net.receive(frame));
    const net: NetDevice = new NetDevice(
      vm,
      Uint8Array.from(mac.split(':'), (digits) => Number.parseInt(digits, 16)),
      tap,
    );
    return new VirtualGuest(hypervisor, vm, {
      megabytes: MEGABYTES,
      commandLine: `hostname=${vm} ip=10.0.0.${mac.at(-1)}/24`,
      vm: { reserve: true, slots: [new BlockDevice(`${vm}/vda`, backend, vm), net] },
    });
  };
  const mallory = guest('mallory', 0);
  const alice = guest('alice', 64);
  mallory.login();
  alice.login();
  return { hypervisor, mallory, alice, volume };
}

const kernelWord = (guest: VirtualGuest) => guest.vm.memory.read32(0x8020_0000);
const hex = (value: number) => value.toString(16).padStart(8, '0');

describe('memory', () => {
  const offsetAlone: Translate = (vm, gpa) => ({
    frame: vm.firstFrame! + Math.floor((gpa - vm.ramBase) / FRAME_BYTES),
    permissions: ALL_ACCESS,
  });
  const target = END + 0x20_0000;

  test('peek, poke and the disk’s hand reach alice’s kernel by an offset alone', () => {
    const { mallory, alice } = neighbours({ translate: offsetAlone });
    expect(mallory.command(`peek 0x${target.toString(16)}`)).toContain(hex(kernelWord(alice)));
    const free = END + 0x60_0000;
    expect(mallory.command(`poke 0x${free.toString(16)} 0x12345678`)).toContain('written');
    expect(alice.vm.memory.read32(0x8060_0000)).toBe(0x1234_5678);
    expect(mallory.command(`dma read 0x${(free + 4096).toString(16)} 0`)).toContain('is now at');
    expect(alice.vm.memory.read32(0x8060_1000)).toBe(0x6d6d_6d6d);
  });

  test('and nothing by the hypervisor’s own policy', () => {
    const { mallory, alice } = neighbours();
    const before = alice.vm.memory.read(0x8000_0000, MEGABYTES * 2 ** 20);
    for (const command of ['peek', 'poke'])
      expect(
        mallory.command(`${command} 0x${target.toString(16)} ${command === 'poke' ? '7' : ''}`),
      ).toContain('access fault');
    expect(mallory.command(`dma read 0x${target.toString(16)} 0`)).not.toContain('is now at');
    expect(equalBytes(alice.vm.memory.read(0x8000_0000, MEGABYTES * 2 ** 20), before)).toBe(true);
  });
});

describe('the processor', () => {
  const heartbeats = (pickVcpu?: PickVcpu) => {
    const { hypervisor, mallory, alice } = neighbours(pickVcpu ? { pickVcpu } : {});
    alice.type('heartbeat\n');
    mallory.type('hog\n');
    mallory.waitFor('for ever');
    const before = alice.output.length;
    hypervisor.run({ until: hypervisor.now + 3_000_000_000 });
    return alice.output.slice(before).split('\n').length - 1;
  };

  test('a hog keeps it from alice when nobody takes it away', () => {
    expect(heartbeats((runnable) => ({ next: runnable.length - 1, quantum: 1_000_000 }))).toBeGreaterThan(0);
    expect(
      heartbeats((runnable) => ({
        next: Math.max(
          0,
          runnable.findIndex(({ vm }) => vm === 'mallory'),
        ),
        quantum: null,
      })),
    ).toBe(0);
  });

  test('and has its share alone by the hypervisor’s own policy', () => {
    expect(heartbeats()).toBeGreaterThan(0);
  });
});

describe('the disk', () => {
  const read = 'dd if=/dev/vda skip=64 count=1';

  test('its end is no border when only the first sector is looked at', () => {
    const offset: MapBlock = (disk, sector, count) => ({ sector: disk.first + sector, count });
    expect(neighbours({ mapBlock: offset }).mallory.command(read)).toContain('a'.repeat(64));
  });

  test('and is one by the hypervisor’s own policy', () => {
    const { mallory, volume } = neighbours();
    const before = volume.stable.slice();
    expect(mallory.command(read)).not.toContain('aaaa');
    expect(volume.stable).toEqual(before);
  });
});

describe('the network', () => {
  const flood: Forward = (_, inPort, ports) =>
    ports.map(({ name }) => name).filter((name) => name !== inPort.name);

  test('a frame under alice’s address is passed on by flooding, and by the hypervisor’s own policy dropped', () => {
    const heard = (policies: Policies) => {
      const { mallory, alice } = neighbours(policies);
      alice.type('sniff 1\n');
      alice.run(300_000);
      mallory.command(`spoof 52:54:00:00:00:09 ${MACS.alice} boo`);
      alice.run(2_000_000);
      return alice.output.includes('52:54:00:00:00:09 > ');
    };
    expect(heard({ forward: flood })).toBe(true);
    expect(heard({})).toBe(false);
  });
});
