/** Disks full of anything: nothing without a signature is run, and looking at them comes to an end. */
import { describe, expect, test } from 'vitest';
import { Random } from '../../../src/base/index.ts';
import { guestKernel, loaderImage } from '../../../src/hypervisor/index.ts';
import { BootMachine, diskThatBoots } from '../../support/bootMachine.ts';
import { BootServer, bootFile } from '../../support/bootServer.ts';
import { GuestDisk } from '../../support/guestMachine.ts';

const SEEDS = Number(process.env['VIRTBOOK_SEEDS'] ?? 6);
const seeds = Array.from({ length: SEEDS }, (_, i) => `garbage ${i}`);

function noise(random: Random, bytes: Uint8Array): Uint8Array {
  for (let i = 0; i < bytes.length; i++) bytes[i] = random.below(256);
  return bytes;
}

test.each(seeds)('%s: a disk without a signature is never run', (seed) => {
  const random = Random.fromSeed(seed);
  const disk = noise(random, new Uint8Array(512 * (1 + random.below(8))));
  // Half of a signature, or both halves changed, is none.
  const end = [
    [0x55, 0xab],
    [0x54, 0xaa],
    [0xaa, 0x55],
    [0, 0],
  ][random.below(4)]!;
  disk.set(end, 510);
  const machine = new BootMachine({ slots: [new GuestDisk(disk)] });
  expect(machine.waitFor('No bootable device.', 400_000)).toBe(
    'Virtbook boot ROM\nboot order: vda\nvda: passed over: no boot signature (0x55 0xaa) at the end of sector 0\nNo bootable device.',
  );
  expect(machine.run(1_000_000)).toBe('idle');
  // Sector 0 was read to its place, and nothing of it was executed: what it would have changed is as it was.
  expect(machine.platform.memory.read(0x80180200, 512)).toEqual(new Uint8Array(512));
});

describe('a bootable disk with damage', () => {
  const good = diskThatBoots({ commandLine: 'hostname=web root=/dev/vda1' }).stable;

  /** Where the loader looks: partition table, boot record, tables, root directory, configuration. */
  const places = [
    [446, 64],
    [2 ** 20, 512],
    [2 ** 20 + 512, 2048],
    [2 ** 20 + 512 * 57, 2048],
  ] as const;

  test.each(seeds)('%s boots, or is passed over, or panics by its own words; it always ends', (seed) => {
    const random = Random.fromSeed(seed);
    const disk = good.slice();
    const [from, size] = places[random.below(places.length)]!;
    for (let i = 0; i <= random.below(24); i++) disk[from + random.below(size)] = random.below(256);
    const machine = new BootMachine({ slots: [new GuestDisk(disk)] });
    const ends = /No bootable device\.|login: $|Kernel panic - not syncing: \S+/;
    for (let slices = 0; slices < 1000 && !ends.test(machine.output); slices++) machine.run(20_000);
    expect(machine.output).toMatch(ends);
  });

  test('a chain of clusters that bites its own tail is given up', () => {
    const disk = good.slice();
    const view = new DataView(disk.buffer);
    // FAT16: entries of the first table, those of the kernel; each leads back to its start.
    const table = 2 ** 20 + 512;
    for (let n = 2; n < 30; n++) view.setUint16(table + n * 2, 2, true);
    const machine = new BootMachine({ slots: [new GuestDisk(disk)] });
    expect(machine.waitFor('No bootable device.', 3_000_000)).toContain(
      'loader: /vmlinux cannot be read: a sector of it, or its chain of clusters, is damaged\n',
    );
  });
});

describe('a server that sends nonsense with right checksums', () => {
  const files = { l: loaderImage(), vmlinux: guestKernel() };

  /** Some bytes changed, a piece cut off, or more behind the end. */
  function distorted(random: Random, payload: Uint8Array): Uint8Array {
    const copy = payload.slice();
    const kind = random.below(8);
    if (kind === 0) return copy.subarray(0, random.below(copy.length + 1));
    if (kind === 1) return Uint8Array.from([...copy.subarray(0, 1400), ...noise(random, new Uint8Array(60))]);
    if (kind > 4) return copy;
    // In a DHCP message the options, in a TFTP packet its head.
    const from = copy.length > 240 && copy[0] === 2 ? 240 : 0;
    for (let i = 0; i <= kind; i++) {
      const at = from + random.below(Math.min(40, copy.length - from));
      copy[at] = random.below(2) === 0 ? 255 - random.below(4) : random.below(256);
    }
    return copy;
  }

  test.each(seeds)('%s: the ROM and the loader come to an end, by words', (seed) => {
    const random = Random.fromSeed(seed);
    const { transmit, meanwhile } = new BootServer({
      files,
      options: [bootFile('l')],
      distort: (payload) => distorted(random, payload),
    });
    const machine = new BootMachine({ slots: ['network'], transmit, meanwhile });
    expect(machine.waitFor('No bootable device.', 60_000_000)).toContain('net0: passed over: ');
  });
});
