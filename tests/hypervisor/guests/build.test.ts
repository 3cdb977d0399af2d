/** What is committed is what the sources give, and the parts fit together. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { attackSources, buildGuests, GUEST_COMPILER } from '../../../src/cli/project/guests.ts';
import {
  bootSectorCode,
  GUEST_DRIVERS,
  GUEST_PROGRAMS,
  guestBootRom,
  guestBox,
  guestFirmware,
  guestInitramfs,
  guestKernel,
  loaderImage,
} from '../../../src/hypervisor/index.ts';
import { assemble, parseElf } from '../../../src/machine/index.ts';

const guests = new URL('../../../src/hypervisor/guests/', import.meta.url);
const read = (name: string) => readFileSync(new URL(name, guests), 'utf8');

const version = spawnSync(GUEST_COMPILER, ['-dumpfullversion'], { encoding: 'utf8' });
/** Another version gives other bytes; the generated module was made with this one. */
const hasCompiler = version.status === 0 && version.stdout.startsWith('12.2.');
const CPIO = 'cpio';
const hasCpio = spawnSync(CPIO, ['--version']).status === 0;

test.skipIf(!hasCompiler)(
  `${GUEST_COMPILER} 12.2 makes the committed bytes from the sources`,
  () => {
    for (const [name, text] of buildGuests()) expect(text).toBe(read(name));
  },
  120_000,
);

test('the attacks’ sources that the book shows are those that were compiled', () => {
  expect(read('attackSources.ts')).toBe(attackSources());
});

describe('the parts', () => {
  test('are where the boot convention wants them', () => {
    expect(parseElf(guestFirmware()).entry).toBe(0x80000000);
    expect(parseElf(guestKernel()).entry).toBe(0x80200000);
    expect(parseElf(guestBox()).entry).toBe(0x10000);
    expect(parseElf(guestBootRom()).entry).toBe(0x80100008);
  });

  test('the firmware is what the book’s own assembler makes of its source', () => {
    const assembly = assemble(read('firmware/firmware.S'), { base: 0x80000000, compress: true });
    const { bytes } = assembly.ok ? assembly.program.image : expect.fail(JSON.stringify(assembly.errors));
    const { data } = parseElf(guestFirmware()).segments[0]!;
    expect(data.subarray(0, bytes.length)).toEqual(bytes);
    // gcc fills the section's last word up.
    expect(data.length).toBe(Math.ceil(bytes.length / 4) * 4);
  });

  test('the boot sector is what the book’s own assembler makes of its source', () => {
    const assembly = assemble(read('bootSector/bootSector.S'), { base: 0x80180000, compress: true });
    const { bytes } = assembly.ok ? assembly.program.image : expect.fail(JSON.stringify(assembly.errors));
    expect(bootSectorCode().subarray(0, bytes.length)).toEqual(bytes);
  });

  test('are small', () => {
    expect(guestKernel().length).toBeLessThan(64 * 1024);
    expect(guestInitramfs().length).toBeLessThan(32 * 1024);
    expect(guestFirmware().length).toBeLessThan(4096);
    expect(guestBootRom().length).toBeLessThan(16 * 1024);
    expect(loaderImage().length).toBeLessThan(16 * 1024);
  });

  test('name nothing of the machine that built them', () => {
    for (const part of [guestKernel(), guestBox(), guestFirmware(), guestBootRom(), loaderImage()]) {
      expect(new TextDecoder('latin1').decode(part)).not.toMatch(/\/(home|work|tmp|usr)\/|\.[cS]\b/);
    }
  });

  test('the list of programs is the box’s', () => {
    const names = [...read('programs/box.c').matchAll(/^ {4}\{"(\w+)",/gm)].map((match) => match[1]);
    expect(GUEST_PROGRAMS).toEqual(names);
  });

  test('the list of drivers is the kernel’s', () => {
    const names = [...read('kernel/virtio.c').matchAll(/^ {4}\{"(\w+)", \d/gm)].map((match) => match[1]);
    expect([...GUEST_DRIVERS].sort()).toEqual(names.sort());
  });
});

test.skipIf(!hasCpio)('cpio reads the initramfs', () => {
  const input = guestInitramfs({ drivers: ['virtio_net'], programs: ['init', 'sh'] });
  const list = spawnSync(CPIO, ['-t'], { input, encoding: 'utf8' });
  expect(list.stdout).toBe('bin\nbin/box\nbin/init\nbin/sh\netc\netc/modules\n');
  const file = spawnSync(CPIO, ['-i', '--to-stdout', 'etc/modules'], { input, encoding: 'utf8' });
  expect(file.stdout).toBe('virtio_net\n');
});
