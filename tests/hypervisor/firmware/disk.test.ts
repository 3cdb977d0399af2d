/** Booting from disks by the ROM of the bare machine: from reset to a login, and in words why a device was passed over. */
import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { encodeUtf8, OsError, Random } from '../../../src/base/index.ts';
import {
  guestInitramfs,
  guestKernel,
  loaderConfiguration,
  ServiceBlockDevice,
} from '../../../src/hypervisor/index.ts';
import { assemble, EntropyDevice, type VirtioDevice } from '../../../src/machine/index.ts';
import { BootMachine, type BootMachineOptions, diskThatBoots } from '../../support/bootMachine.ts';
import { hasTool } from '../../support/diskTools.ts';
import { GuestDisk } from '../../support/guestMachine.ts';

const ROOT = 'hostname=web root=/dev/vda1';
/** What the ROM says when nothing is left. */
const END = 'No bootable device.\n';

/** All that the console says until nothing is left to boot from. */
function failing(slots: BootMachineOptions['slots'], order?: readonly number[]): string {
  const machine = new BootMachine({ slots: slots ?? [], ...(order && { order }) });
  return machine.waitFor(END.trim(), 3_000_000);
}

/** A disk whose sector 0 is this program, with the signature. */
function sectorOf(source: string): GuestDisk {
  const assembly = assemble(source, { base: 0x80180000 });
  if (!assembly.ok) throw new Error(JSON.stringify(assembly.errors));
  const disk = new Uint8Array(64 * 512);
  disk.set(assembly.program.image.bytes);
  disk.set([0x55, 0xaa], 510);
  return new GuestDisk(disk);
}

/** A bootable disk with some bytes changed. */
function damaged(
  change: (disk: Uint8Array) => void,
  options: Parameters<typeof diskThatBoots>[0] = {},
): GuestDisk {
  const { stable } = diskThatBoots(options);
  change(stable);
  return new GuestDisk(stable.slice());
}

describe('from a disk', () => {
  test.skipIf(!hasTool('dtc'))(
    'the kernel’s device tree is the machine’s, with what the kernel is to know',
    () => {
      const machine = new BootMachine({ slots: [diskThatBoots({ commandLine: ROOT })], order: [0] });
      const log = machine.waitFor('login: ');
      const { memory } = machine.platform;
      const end = memory.base + memory.size;
      const source = (address: number) => {
        const input = memory.read(address, Math.min(16384, end - address));
        const args = ['-I', 'dtb', '-O', 'dts', '-q'];
        const { stdout, stderr } = spawnSync('dtc', args, { input, encoding: 'utf8' });
        expect(stderr).toBe('');
        return stdout.split('\n').map((line) => line.trim());
      };
      const kernels = source(Number(/device tree at (0x[0-9a-f]+)/.exec(log)![1]));
      const machines = source(end - 4096);
      const [, size, start] = /initramfs: (\d+) bytes at 0x([0-9a-f]+)/.exec(log)!;
      const after = (Number.parseInt(start!, 16) + Number(size)).toString(16);
      expect(kernels.filter((line) => !machines.includes(line))).toEqual([
        `bootargs = "${ROOT}";`,
        `linux,initrd-start = <0x${start}>;`,
        `linux,initrd-end = <0x${after}>;`,
      ]);
      expect(machines.filter((line) => !kernels.includes(line))).toEqual([]);
      expect(kernels).toContain('virtbook,boot-order = <0x00>;');
    },
  );

  test('by boot sector, loader and kernel to a login; after a reboot again', () => {
    const machine = new BootMachine({ slots: [diskThatBoots({ commandLine: ROOT })] });
    const log = machine.waitFor('web login: ');
    expect(log).toMatch(
      /^Virtbook boot ROM\nboot order: vda\nvda: boot signature found, 16384 sectors: starting its first\nVirtbook loader\nLoading \/vmlinux\nLoading \/initrd.img\nStarting linux: hostname=web root=\/dev\/vda1\n\[/,
    );
    expect(log).toContain('command line: hostname=web root=/dev/vda1\n');
    expect(log).toContain('root: mounted /dev/vda1\n');
    machine.type('root\n');
    machine.waitFor('# ');
    machine.type('reboot\n');
    expect(machine.waitFor('web login: ')).toContain('Virtbook boot ROM\nboot order: vda\n');
  });

  test('with FAT32, long names, folders, comments and an entry of several', () => {
    const configuration = [
      '# which of the two',
      'default two',
      'say Hello from the configuration',
      'timeout 50',
      'label one',
      '  kernel /nothing-here',
      'label two',
      '  linux /boot/A Kernel with a long name.elf',
      '  append hostname=two initrd=/initrd.img root=/dev/vda1',
    ];
    const kernel = 'boot/A Kernel with a long name.elf';
    const disk = diskThatBoots({
      fat: 32,
      files: {
        '/boot/syslinux/syslinux.cfg': encodeUtf8(configuration.join('\r\n')),
        [kernel]: guestKernel(),
      },
      configuration: 'DEFAULT unused\n',
    });
    const log = new BootMachine({ slots: [disk] }).waitFor('two login: ');
    expect(log).toContain(
      'Hello from the configuration\nUnknown keyword in configuration file: timeout 50\n',
    );
    expect(log).toContain(
      'Loading /boot/A Kernel with a long name.elf\nLoading /initrd.img\nStarting two: hostname=two root=/dev/vda1\n',
    );
    expect(log).toContain('fat: vda1 is FAT32');
  });

  test('in the order that the owner wishes, and from nothing else', () => {
    const slots = () => [
      diskThatBoots({ commandLine: 'hostname=a' }),
      diskThatBoots({ commandLine: 'hostname=b' }),
    ];
    const booted = (order?: number[]) =>
      new BootMachine({ slots: slots(), ...(order && { order }) }).waitFor('login: ');
    expect(booted()).toContain('boot order: vda vdb\n');
    expect(booted([1, 0])).toMatch(/boot order: vdb vda\nvdb: boot signature[\s\S]*b login: $/);
    expect(failing([diskThatBoots(), new GuestDisk(new Uint8Array(512))], [1])).toBe(
      'Virtbook boot ROM\nboot order: vdb\nvdb: passed over: no boot signature (0x55 0xaa) at the end of sector 0\nNo bootable device.',
    );
    expect(failing([diskThatBoots()], [])).toContain('boot order: no device is in it\nNo bootable device.');
  });

  test('a wrong root, and an initial file system without the disk’s driver, are told by the kernel', () => {
    const until = (options: Parameters<typeof diskThatBoots>[0]) =>
      new BootMachine({ slots: [diskThatBoots(options)] }).waitFor('unable to mount root: no device "');
    const wrong = until({ commandLine: 'root=/dev/vdb1' });
    expect(wrong).toContain('root: cannot open root device "/dev/vdb1". These are there:\n');
    expect(wrong).toMatch(/root: {3}\/dev\/vda1, 14336 sectors/);
    const initramfs = guestInitramfs({ drivers: ['virtio_net'] });
    const blind = until({ commandLine: ROOT, initramfs });
    expect(blind).toContain(
      'virtio: device 2 at 0x10001000, driver virtio_blk is not in the initramfs (etc/modules)',
    );
    expect(blind).toContain('These are there: none, no disk was found\n');
  });
});

/** A disk of one sector that takes requests and never gives one back. */
class MuteDisk implements VirtioDevice {
  readonly id = 2;
  readonly features = 0n;
  readonly queueSizes = [16];

  attach(): void {}

  config(): Uint8Array {
    return Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0);
  }

  notify(): void {}

  reset(): void {}
}

/** One that needs a reset at its first request. */
function brokenDisk(): VirtioDevice {
  const service = () => {
    throw new Error('out of order');
  };
  const backend = new GuestDisk(new Uint8Array(512));
  return new ServiceBlockDevice('broken', { service: () => service, backend, onPolicyFault: () => {} });
}

describe('why a device is passed over', () => {
  const unreadable = Object.assign(new GuestDisk(new Uint8Array(4096)), {
    read(): void {
      throw new OsError('EIO');
    },
  });
  test.each<[string, BootMachineOptions['slots'], string]>([
    ['an empty slot', [null], 'slot 0: passed over: there is no device'],
    [
      'a device of another kind',
      [new EntropyDevice(Random.fromSeed('entropy'))],
      'slot 0: passed over: neither a disk nor a network card',
    ],
    [
      'a short disk',
      [new GuestDisk(new Uint8Array(0))],
      'vda: passed over: the disk is too short to have a boot sector',
    ],
    ['a read error', [unreadable], 'vda: passed over: sector 0 cannot be read (I/O error)'],
    [
      'no signature',
      [damaged((d) => d.set([0xaa, 0x55], 510))],
      'vda: passed over: no boot signature (0x55 0xaa) at the end of sector 0',
    ],
    ['a device that never answers', [new MuteDisk()], 'vda: passed over: no answer from the device'],
    [
      'a device that stops at the request',
      [brokenDisk()],
      'vda: passed over: sector 0 cannot be read (I/O error)',
    ],
    ['a boot sector that returns', [sectorOf('ret')], 'vda: passed over: what it started has come back'],
    [
      'one that is no code',
      [damaged((d) => d.fill(0, 0, 440))],
      'vda: passed over: what it started met exception 2 at 0x80180000',
    ],
    ['one that leaves memory', [sectorOf('li t0, 0x40000000\nlw t1, 0(t0)')], 'exception 5 at 0x80180004'],
    [
      'one that writes into the ROM',
      [sectorOf('li t0, 0x80100000\nsw zero, 0(t0)')],
      'vda: passed over: what it started met exception 7 at 0x80180004',
    ],
    [
      'no loader',
      [damaged((d) => d.fill(0, 512, 1024))],
      'boot sector: no loader behind it\nvda: passed over: what it started has come back',
    ],
    ['a damaged loader', [damaged((d) => (d[2000] = d[2000]! ^ 1))], 'boot sector: the loader is damaged\n'],
    [
      'a disk that ends within the loader',
      [new GuestDisk(diskThatBoots().stable.slice(0, 4096))],
      'boot sector: the loader cannot be read\n',
    ],
    ['no partition', [damaged((d) => d.fill(0, 446, 510))], 'loader: the disk has no FAT partition\n'],
    [
      'no file system',
      [damaged((d) => d.fill(0, 2 ** 20, 2 ** 20 + 512))],
      'loader: the partition at sector 2048 has no FAT16 or FAT32 file system\n',
    ],
    [
      'no configuration',
      [diskThatBoots({ configuration: '' })],
      'loader: the configuration has no entry ""\n',
    ],
    [
      'no entry of that name',
      [diskThatBoots({ configuration: 'DEFAULT a\nLABEL b\nKERNEL /vmlinux' })],
      'loader: the configuration has no entry "a"\n',
    ],
    [
      'no kernel in the entry',
      [diskThatBoots({ configuration: 'LABEL b\nAPPEND x' })],
      'loader: entry "b" names no kernel\n',
    ],
    [
      'no such kernel',
      [diskThatBoots({ configuration: loaderConfiguration('', { kernel: '/else' }) })],
      'loader: there is no file /else on the disk\n',
    ],
    [
      'a kernel that is none',
      [diskThatBoots({ kernel: encodeUtf8('a text') })],
      'loader: the kernel is no RISC-V ELF file of 32 bits\n',
    ],
    [
      'a kernel cut off',
      [diskThatBoots({ kernel: guestKernel().slice(0, 5000) })],
      'loader: the kernel’s file is cut off\n'.replace('’', "'"),
    ],
  ])('%s', (_, slots, reason) => {
    const said = failing(slots, [0]);
    expect(said).toContain(reason);
    expect(said.endsWith('No bootable device.')).toBe(true);
  });

  test('and the next is tried', () => {
    const slots = [
      null,
      sectorOf('ret'),
      new GuestDisk(new Uint8Array(512)),
      diskThatBoots({ commandLine: 'hostname=last' }),
    ];
    const log = new BootMachine({ slots, order: [0, 1, 2, 3] }).waitFor('last login: ');
    expect(log.match(/^\S+.*: passed over/gm)).toEqual([
      'slot 0: passed over',
      'vda: passed over',
      'vdb: passed over',
    ]);
  });
});
