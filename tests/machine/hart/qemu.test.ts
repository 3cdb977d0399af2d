/** Random instruction streams on our machine and on QEMU's: records of all traps, registers, CSRs, data and page tables are the same. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { Hart, PhysicalMemory, Platform, RAM_BASE } from '../../../src/machine/index.ts';
import type { ModeName } from '../../support/hartHost.ts';
import { randomInterrupts } from '../../support/randomInterrupts.ts';
import { randomProgram } from '../../support/randomPrograms.ts';
import { randomProtection } from '../../support/randomProtection.ts';

const QEMU = 'qemu-system-riscv32';
const absent = spawnSync(QEMU, ['--version']).status !== 0;
/** The extensions of our hart and no others. */
const CPU = 'rv32,h=true,f=false,d=false,zba=false,zbb=false,zbc=false,zbs=false,sstc=false,debug=false';

function onQemu(image: Uint8Array): Uint8Array {
  const folder = mkdtempSync(path.join(tmpdir(), 'virtbook-qemu-'));
  try {
    const [binary, serial] = ['program.bin', 'serial.out'].map((name) => path.join(folder, name)) as [
      string,
      string,
    ];
    writeFileSync(binary, image);
    const arguments_ = [
      '-M',
      'virt',
      '-cpu',
      CPU,
      '-m',
      '16M',
      '-bios',
      'none',
      '-display',
      'none',
      '-monitor',
      'none',
    ];
    const result = spawnSync(
      QEMU,
      [...arguments_, '-device', `loader,file=${binary},addr=0x80000000`, '-serial', `file:${serial}`],
      { timeout: 20_000, encoding: 'utf8' },
    );
    expect([result.status, result.stderr], 'QEMU ran to the power-off').toEqual([0, '']);
    return readFileSync(serial);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function onOurs(image: Uint8Array): Uint8Array {
  const memory = new PhysicalMemory({ base: RAM_BASE, size: 16 * 2 ** 20 });
  memory.write(RAM_BASE, image);
  const output: number[] = [];
  const platform = new Platform({
    memory,
    serialOutput: (byte) => output.push(byte),
    createCore: ({ hart, bus, time }) => new Hart({ memory, bus, hartId: hart, time }),
  });
  platform.boot({ entry: RAM_BASE });
  expect(platform.run({ instructions: 5_000_000 })).toEqual({ reason: 'power-off', code: 0 });
  return Uint8Array.from(output);
}

/**
 * Words as text, so that a difference shows where it is. A breakpoint's mtval may be its address or 0 (Privileged Architecture 3.1.16);
 * this version of QEMU writes 0.
 */
function lines(bytes: Uint8Array, record: number): string[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const words = Array.from({ length: bytes.length >> 2 }, (_, i) => view.getUint32(i * 4, true).toString(16));
  const perLine = record / 4;
  return Array.from({ length: Math.ceil(words.length / perLine) }, (_, i) =>
    [i, ...words.slice(i * perLine, (i + 1) * perLine)]
      .join(' ')
      .replace(/^(\d+ 3 (\w+)) \2 /, '$1 0 ')
      .replace(/^(\d+ (?:2|16) \w+) \w+ /, '$1 0 ')
      .replace(/^(\d+ [12]?\w \w+ \w+ \w+ \w+) c0$/, '$1 80')
      .replace(/^(\d+ [12]?\w \w+ \w+ \w+ \w+) 40$/, '$1 0'),
  );
}

const modes: readonly ModeName[] = ['M', 'HS', 'U', 'VS', 'VU'];
const seeds = Number(process.env['VIRTBOOK_SEEDS'] ?? 1);

test
  .skipIf(absent)
  .each(modes.flatMap((mode) => Array.from({ length: seeds }, (_, i) => [mode, `s${i}`] as const)))(
  'a random program in %s-mode, seed %s, ends as on QEMU',
  (mode, seed) => {
    const { image, recordBytes } = randomProgram(seed, mode);
    const ours = onOurs(image);
    expect(ours.length).toBeGreaterThan(1000);
    expect(lines(ours, recordBytes)).toEqual(lines(onQemu(image), recordBytes));
  },
);

test.skipIf(absent)(
  'interrupts of random delegation, enables and pending bits go where they go on QEMU',
  () => {
    for (let seed = 0; seed < seeds; seed++) {
      const { image, recordBytes } = randomInterrupts(`i${seed}`);
      const ours = onOurs(image);
      expect(ours.length).toBe(200 * recordBytes);
      expect(lines(ours, recordBytes), `seed i${seed}`).toEqual(lines(onQemu(image), recordBytes));
    }
  },
);

test.skipIf(absent)(
  'physical memory protection with random entries lets through what QEMU lets through',
  () => {
    for (let seed = 0; seed < seeds; seed++) {
      const { image, recordBytes } = randomProtection(`p${seed}`);
      const ours = onOurs(image);
      expect(ours.length).toBe(400 * recordBytes);
      expect(lines(ours, recordBytes), `seed p${seed}`).toEqual(lines(onQemu(image), recordBytes));
    }
  },
);
