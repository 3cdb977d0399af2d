/** A guest in assembly on the real hart, with the devices of the platform; and the same bytes on QEMU where it is installed. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { EventQueue, Trace } from '../../src/base/index.ts';
import { assemble, BlockDevice, PhysicalMemory, Platform } from '../../src/machine/index.ts';

const source = readFileSync(new URL('programs/deviceTour.s', import.meta.url), 'utf8');
const assembly = assemble(source);
if (!assembly.ok) throw new Error(JSON.stringify(assembly.errors));
const { image } = assembly.program;
const SECTORS = 16;
const expectedSector = Uint8Array.from({ length: 512 }, (_, i) => (i ^ 0x5a) & 0xff);
const expectedOutput = 'uart\ntimer\nwritten\nread\nx\n';

function tour({ withDisk = true, serialCharacterTime = 0 } = {}) {
  const disk = new Uint8Array(SECTORS * 512);
  const backend = {
    sectors: SECTORS,
    read: (sector: number, target: Uint8Array) =>
      target.set(disk.subarray(sector * 512, sector * 512 + target.length)),
    write: (sector: number, data: Uint8Array) => disk.set(data, sector * 512),
    flush: () => {},
  };
  const queue = new EventQueue();
  const trace = new Trace(queue);
  let output = '';
  const machine = new Platform({
    memory: new PhysicalMemory({ size: 0x100000 }),
    serialOutput: (byte) => {
      output += String.fromCharCode(byte);
    },
    slots: withDisk ? [new BlockDevice('virtio0', backend, 'tour', trace)] : [],
    queue,
    trace,
    serialCharacterTime,
  });
  machine.memory.write(image.address, image.bytes);
  machine.boot();
  const first = machine.run({ instructions: 1_000_000 });
  machine.serial.receive(Uint8Array.of(0x78));
  const last = machine.run({ instructions: 1_000_000 });
  return { machine, disk, trace, first, last, output: () => output };
}

describe('a guest that meets each device', () => {
  test('serial port, timer, disk and input work, and it powers off', () => {
    const { first, last, output, disk } = tour();
    expect([first, last]).toEqual([{ reason: 'idle' }, { reason: 'power-off', code: 0 }]);
    expect(output()).toBe(expectedOutput);
    expect(disk.subarray(7 * 512, 8 * 512)).toEqual(expectedSector);
    expect(
      [disk.subarray(0, 7 * 512), disk.subarray(8 * 512)].flatMap((part) => [...part]).some(Boolean),
    ).toBe(false);
  });

  test('it waits for THRE, so that a slow line loses nothing', () => {
    expect(tour({ serialCharacterTime: 86_806 }).output()).toBe(expectedOutput);
  });

  test('the trace tells the way of its two requests', () => {
    const { trace } = tour();
    const kinds = trace.since(0).filter(({ kind }) => /^(virtq|block|irq)/.test(kind));
    expect(kinds.map(({ kind, detail }) => ('source' in detail ? `${kind} ${detail.source}` : kind))).toEqual(
      [
        ...Array.from({ length: 2 }, () => [
          'virtq.notify',
          'virtq.pop',
          'block.request',
          'virtq.push',
          'irq.raise 1',
          'irq.claim 1',
          'irq.lower 1',
          'irq.complete 1',
        ]).flat(),
        'irq.raise 10',
        'irq.claim 10',
        'irq.lower 10',
        'irq.complete 10',
      ],
    );
  });

  test('twice is the same, to the instruction', () => {
    const [one, two] = [tour(), tour()];
    expect([one.machine.now, one.machine.instructions]).toEqual([two.machine.now, two.machine.instructions]);
    expect(one.trace.since(0)).toEqual(two.trace.since(0));
  });

  test('without the disk it fails at that step', () => {
    expect(tour({ withDisk: false }).last).toEqual({ reason: 'power-off', code: 3 });
  });
});

const qemu = spawnSync('qemu-system-riscv32', ['--version']).status === 0;
test.skipIf(!qemu)('QEMU runs the same bytes to the same end', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tour-'));
  try {
    const [program, disk] = [join(folder, 'tour.bin'), join(folder, 'disk.img')];
    writeFileSync(program, image.bytes);
    writeFileSync(disk, new Uint8Array(SECTORS * 512));
    const { error, stdout, status, stderr } = spawnSync(
      'qemu-system-riscv32',
      [
        ...['-M', 'virt', '-cpu', 'rv32', '-m', '16M', '-nographic', '-monitor', 'none', '-serial', 'stdio'],
        ...['-bios', program, '-global', 'virtio-mmio.force-legacy=false'],
        ...[
          '-drive',
          `file=${disk},if=none,format=raw,id=d0`,
          '-device',
          'virtio-blk-device,drive=d0,bus=virtio-mmio-bus.0',
        ],
      ],
      { input: 'x', encoding: 'utf8', timeout: 20_000 },
    );
    // Stopped from outside it would leave with 0 as well.
    expect({ error, stdout, status, stderr }).toEqual({ stdout: expectedOutput, status: 0, stderr: '' });
    expect(new Uint8Array(readFileSync(disk)).subarray(7 * 512, 8 * 512)).toEqual(expectedSector);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
