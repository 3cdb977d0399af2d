/**
 * Compiles the guest kernel, its programs and the firmware (src/hypervisor/guests) with a RISC-V gcc, and writes them into the
 * module that the simulation loads. Run by hand when a source has changed: `npm run guests`.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ROOT } from './tools.ts';

/** A bare-metal gcc, as distributions package it; measured with 12.2. */
export const GUEST_COMPILER = 'riscv64-unknown-elf-gcc';
const SOURCES = 'src/hypervisor/guests';
const OUTPUT = `${SOURCES}/compiled.ts`;

const FLAGS = [
  ...['-march=rv32imac_zicsr_zifencei', '-mabi=ilp32', '-mcmodel=medany', '-fno-pic', '-std=gnu17', '-Os'],
  ...['-ffreestanding', '-fno-builtin', '-nostdlib', '-ffunction-sections', '-fdata-sections'],
  ...['-Wall', '-Wextra', '-Werror', '-Ishared'],
  // Sections one after another in the file, nothing that tells when or where it was made.
  ...['-n', '-s', '-Wl,--gc-sections', '-Wl,--build-id=none'],
];

interface Part {
  /** Its constant in the generated module. */
  readonly constant: 'KERNEL' | 'BOX' | 'FIRMWARE';
  readonly folders: readonly string[];
  readonly script: string;
  readonly flags?: readonly string[];
}

const PARTS: readonly Part[] = [
  {
    constant: 'KERNEL',
    folders: ['kernel', 'kernel/attacks', 'shared'],
    script: 'kernel/kernel.ld',
    // A kernel stack has 4 KiB.
    flags: ['-Wstack-usage=700'],
  },
  { constant: 'BOX', folders: ['programs', 'programs/attacks', 'shared'], script: 'programs/program.ld' },
  { constant: 'FIRMWARE', folders: ['firmware'], script: 'firmware/firmware.ld' },
];

/** The text of the generated module. */
export function buildGuests(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'virtbook-guests-'));
  try {
    const constants = PARTS.map((part) => {
      const base64 = compile(part, path.join(folder, part.constant)).toString('base64');
      return `export const ${part.constant} =\n  '${base64}';\n`;
    });
    const head = [
      '/** Made by `npm run guests` from the C and assembly sources in this folder: ELF files in base64. */',
    ];
    return `${[...head, ...constants].join('\n')}`;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function compile(part: Part, output: string): Buffer {
  const cwd = path.join(ROOT, SOURCES);
  const sources = part.folders.flatMap((folder) =>
    readdirSync(path.join(cwd, folder))
      .filter((name) => /\.[cS]$/.test(name))
      .sort()
      .map((name) => `${folder}/${name}`),
  );
  const own = [`-I${part.folders[0]}`, `-Wl,-T,${part.script}`, ...(part.flags ?? [])];
  execFileSync(GUEST_COMPILER, [...FLAGS, ...own, ...sources, '-o', output], {
    cwd,
    // Temporary object files go where nothing else looks; warnings are shown.
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return readFileSync(output);
}

/** Writes the module; returns a line about each part. */
export function writeGuests(): void {
  writeFileSync(path.join(ROOT, OUTPUT), buildGuests());
}
