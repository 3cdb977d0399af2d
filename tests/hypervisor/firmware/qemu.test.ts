/** The same ROM, disk and loader on QEMU's `virt`, with its disks and its DHCP and TFTP servers; and disks under the tools of others. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { encodeUtf8, sha256Hex } from '../../../src/base/index.ts';
import { type Mbr, type MbrPartition, RawImage, readMbr, writeMbr } from '../../../src/disk/index.ts';
import {
  bootableDisk,
  guestBootRom,
  guestFirmware,
  guestInitramfs,
  guestKernel,
  installLoader,
  loaderConfiguration,
  loaderImage,
} from '../../../src/hypervisor/index.ts';
import { hasTool, withDiskTools } from '../../support/diskTools.ts';

const QEMU = 'qemu-system-riscv32';

/** A folder with these files, gone after the test. */
function folder(files: Readonly<Record<string, Uint8Array>>): string {
  const made = mkdtempSync(path.join(tmpdir(), 'virtbook-boot-'));
  onTestFinished(() => rmSync(made, { recursive: true }));
  for (const [name, bytes] of Object.entries({ firmware: guestFirmware(), rom: guestBootRom(), ...files })) {
    mkdirSync(path.join(made, path.dirname(name)), { recursive: true });
    writeFileSync(path.join(made, name), bytes);
  }
  return made;
}

/** What the console of a machine says that boots by the ROM, until somebody could log in. */
async function consoleOf(cwd: string, devices: readonly string[]): Promise<string> {
  const machine = ['-M', 'virt', '-m', '32M', '-nographic', '-global', 'virtio-mmio.force-legacy=false'];
  const args = [...machine, '-bios', 'firmware', '-device', 'loader,file=rom', ...devices];
  const emulator = spawn('timeout', ['50', QEMU, ...args], { cwd, stdio: ['pipe', 'pipe', 'ignore'] });
  let said = '';
  return new Promise((resolve) => {
    emulator.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString('latin1');
      if (said.includes('login: ')) emulator.kill();
    });
    emulator.on('exit', () => resolve(said.replaceAll('\r\n', '\n')));
  });
}

describe.skipIf(!hasTool(QEMU))(QEMU, () => {
  test('boots from a disk of ours', { timeout: 60_000 }, async () => {
    const disk = bootableDisk({ commandLine: 'hostname=web root=/dev/vda1' });
    const cwd = folder({ disk: disk.read(0, disk.size) });
    const drive = ['-drive', 'file=disk,if=none,format=raw,id=d', '-device', 'virtio-blk-device,drive=d'];
    const said = await consoleOf(cwd, drive);
    expect(said).toContain('vda: boot signature found, 16384 sectors: starting its first\nVirtbook loader\n');
    expect(said).toContain('root: mounted /dev/vda1\n');
    expect(said).toContain('web login: ');
  });

  test('boots over the network by its servers', { timeout: 60_000 }, async () => {
    const paths = { kernel: 'vmlinux', initramfs: 'initrd.img' };
    const cwd = folder({
      'tftp/boot/loader.bin': loaderImage(),
      'tftp/boot/vmlinux': guestKernel(),
      'tftp/boot/initrd.img': guestInitramfs(),
      'tftp/boot/pxelinux.cfg/default': encodeUtf8(loaderConfiguration('hostname=far', paths)),
    });
    const net = [
      '-netdev',
      'user,id=n,tftp=tftp,bootfile=boot/loader.bin',
      '-device',
      'virtio-net-device,netdev=n',
    ];
    const said = await consoleOf(cwd, net);
    expect(said).toContain('boot server 10.0.2.2, boot file "boot/loader.bin"\n');
    expect(said).toContain(`tftp://10.0.2.2/boot/vmlinux ... ${guestKernel().length} bytes\n`);
    expect(said).toContain('far login: ');
  });
});

describe('a bootable disk', () => {
  test('is the same for the same options, and another for others', () => {
    const bytes = (commandLine: string) => {
      const disk = bootableDisk({ commandLine });
      return sha256Hex(disk.read(0, disk.size));
    };
    expect(bytes('a')).toEqual(bytes('a'));
    expect(bytes('a')).not.toEqual(bytes('b'));
  });

  test('gets its loader anew, unless a partition is in the way', () => {
    const disk = new RawImage(bootableDisk());
    const before = disk.read(0, 64 * 512);
    disk.write(0, new Uint8Array(440));
    disk.write(512, new Uint8Array(63 * 512));
    installLoader(disk);
    expect(disk.read(0, 64 * 512)).toEqual(before);
    const other = (change: (mbr: Mbr) => MbrPartition[]) => {
      writeMbr(disk, { diskId: 1, partitions: change(readMbr(disk)!) });
      return () => installLoader(disk);
    };
    expect(other(({ partitions }) => partitions.map((each) => ({ ...each, start: 5 })))).toThrow(
      /partition 1 begins in sector 5; the loader needs \d+/,
    );
    expect(other(({ partitions }) => partitions.map((each) => ({ ...each, type: 0xee })))).toThrow(
      'the disk has a GUID partition table where the loader would go',
    );
  });

  test.skipIf(!hasTool('sfdisk'))('has a partition table that sfdisk reads', () => {
    withDiskTools((tools) => {
      tools.put('disk', bootableDisk());
      const { output } = tools.run('sfdisk', '--dump', 'disk');
      expect(output).toContain('label: dos\nlabel-id: 0x56420001\n');
      expect(output).toMatch(/disk1 : start= +2048, size= +14336, type=e, bootable/);
    });
  });

  test.skipIf(!hasTool('mdir'))('has a file system that mtools reads', () => {
    withDiskTools((tools) => {
      for (const fat of [16, 32] as const) {
        tools.put('disk', bootableDisk({ fat, commandLine: 'root=/dev/vda1', label: 'BOOT' }));
        const { output } = tools.run('mtype', '-i', 'disk@@1M', '::/syslinux.cfg');
        expect(output.replaceAll('\r', '')).toBe(loaderConfiguration('root=/dev/vda1'));
        tools.must('mcopy', '-i', 'disk@@1M', '::/vmlinux', 'kernel');
        const kernel = tools.get('kernel');
        expect(kernel.read(0, kernel.size)).toEqual(guestKernel());
      }
    });
  });
});
