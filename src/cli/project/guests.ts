/**
 * Compiles the guest kernel, its programs, the firmware and what boots from disks (src/hypervisor/guests) with a RISC-V gcc, and writes
 * them into the modules that the simulation loads. Run by hand when a source has changed: `npm run guests`.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ROOT } from './tools.ts';

/** A bare-metal gcc, as distributions package it; measured with 12.2. */
export const GUEST_COMPILER = 'riscv64-unknown-elf-gcc';
const SOURCES = 'src/hypervisor/guests';

const FLAGS = [
  ...['-march=rv32imac_zicsr_zifencei', '-mabi=ilp32', '-mcmodel=medany', '-fno-pic', '-std=gnu17', '-Os'],
  ...['-ffreestanding', '-fno-builtin', '-nostdlib', '-ffunction-sections', '-fdata-sections'],
  ...['-Wall', '-Wextra', '-Werror', '-Ishared'],
  // Sections one after another in the file, nothing that tells when or where it was made.
  ...['-n', '-s', '-Wl,--gc-sections', '-Wl,--build-id=none'],
];

interface Part {
  /** Its constant in the generated module. */
  readonly constant: string;
  readonly folders: readonly string[];
  /** More sources, of parts that these folders are not. */
  readonly files?: readonly string[];
  readonly script: string;
  readonly flags?: readonly string[];
}

/** The transport and the device tree are the kernel's own sources. */
const KERNEL_HEADERS = '-Ikernel';

const SYSTEM: readonly Part[] = [
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

const BOOT: readonly Part[] = [
  {
    constant: 'BOOT_ROM',
    folders: ['rom', 'shared'],
    files: ['kernel/deviceTree.c', 'kernel/virtioTransport.c', 'kernel/virtqueue.c'],
    script: 'rom/rom.ld',
    flags: [KERNEL_HEADERS],
  },
  { constant: 'BOOT_SECTOR', folders: ['bootSector'], script: 'bootSector/bootSector.ld' },
  {
    constant: 'LOADER',
    folders: ['loader', 'shared'],
    files: ['kernel/deviceTree.c'],
    script: 'loader/loader.ld',
    flags: [KERNEL_HEADERS, '-Irom'],
  },
];

/** The generated modules, by the name of their file. */
export function buildGuests(): ReadonlyMap<string, string> {
  return new Map([
    ['compiled.ts', buildModule(SYSTEM)],
    ['compiledBoot.ts', buildModule(BOOT)],
    ['attackSources.ts', attackSources()],
  ]);
}

/** Mallory's programs as text, to be read where they run. */
export function attackSources(): string {
  const folders = ['kernel/attacks', 'programs/attacks'];
  const files = folders.flatMap((folder) =>
    readdirSync(path.join(ROOT, SOURCES, folder))
      .sort()
      .map((name) => `${folder}/${name}`),
  );
  const entries = files.map((name) => {
    const text = readFileSync(path.join(ROOT, SOURCES, name), 'utf8').replace(/[\\`]|\$\{/g, '\\$&');
    return `  '${name}': \`${text}\`,\n`;
  });
  return `/** Made by \`npm run guests\`: the sources of the programs that attack, by their places in this folder. */
export const ATTACK_SOURCES: Readonly<Record<string, string>> = {
${entries.join('')}};
`;
}

function buildModule(parts: readonly Part[]): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'virtbook-guests-'));
  try {
    const constants = parts.map((part) => {
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
  const own = part.folders.flatMap((folder) =>
    readdirSync(path.join(cwd, folder))
      .filter((name) => /\.[cS]$/.test(name))
      .sort()
      .map((name) => `${folder}/${name}`),
  );
  const sources = [...own, ...(part.files ?? [])];
  const flags = [`-I${part.folders[0]}`, `-Wl,-T,${part.script}`, ...(part.flags ?? [])];
  execFileSync(GUEST_COMPILER, [...FLAGS, ...flags, ...sources, '-o', output], {
    cwd,
    // Temporary object files go where nothing else looks; warnings are shown.
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return readFileSync(output);
}

/** Writes the modules. */
export function writeGuests(): void {
  for (const [name, text] of buildGuests()) writeFileSync(path.join(ROOT, SOURCES, name), text);
}
