/** The bench's C program, compiled for the three it runs on: our hart, this computer, and an x86 that v86 emulates. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';

export const CROSS = 'riscv64-unknown-elf-gcc';
const ROUNDS = 40;
const source = (name: string) => path.join(import.meta.dirname, name);

export type Target = 'hart' | 'native' | 'x86';

const commands: Readonly<Record<Target, readonly string[]>> = {
  hart: [
    CROSS,
    '-march=rv32imac_zicsr',
    '-mabi=ilp32',
    '-nostdlib',
    '-nostartfiles',
    '-T',
    source('link.ld'),
    source('start.S'),
    source('work.c'),
    '-lgcc',
  ],
  native: ['gcc', '-DNATIVE', source('work.c')],
  // Freestanding and without libgcc, since few computers have the 32-bit libraries.
  x86: [
    'gcc',
    '-m32',
    '-ffreestanding',
    '-nostdlib',
    '-static',
    '-no-pie',
    '-fno-pie',
    '-fno-stack-protector',
    '-fcf-protection=none',
    '-fno-asynchronous-unwind-tables',
    '-Wl,--build-id=none',
    '-T',
    source('x86.ld'),
    source('x86.S'),
    source('work.c'),
  ],
};

/** Compiles the program for `target` into `folder`; its path, or null where no compiler can do it. */
export function compile(target: Target, folder: string): string | null {
  const [compiler, ...options] = commands[target];
  const output = path.join(folder, target);
  const all = ['-O2', '-fno-builtin', `-DROUNDS=${ROUNDS}`, '-o', output, ...options];
  return spawnSync(compiler!, all).status === 0 ? output : null;
}
