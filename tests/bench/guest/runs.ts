/** Runs of the bench's program, each with the processor time that it took, compiling at run time included. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { V86 } from 'v86';
import { Hart, loadElf, PhysicalMemory, parseElf, RAM_BASE } from '../../../src/machine/index.ts';

/** Seconds of processor time, in user and kernel mode, and the sum that the program computed. */
export interface Measured {
  readonly seconds: number;
  readonly sum: number;
}

/** Real seconds after which v86 is taken to hang. */
const PATIENCE = 120;
type Start = ReturnType<typeof process.cpuUsage>;

function since(start: Start): number {
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e6;
}

/** On our hart, with Sv32 on. */
export function onHart(program: string, translate: boolean): Measured & { readonly instructions: number } {
  const elf = parseElf(readFileSync(program));
  const memory = new PhysicalMemory({ base: RAM_BASE, size: 8 * 2 ** 20, translatable: translate });
  loadElf(elf, memory);
  const hart = new Hart({ memory, translate });
  hart.reset(elf.entry, 0);
  const tohost = elf.symbols.get('tohost')!;
  const start = process.cpuUsage();
  while (memory.read32(tohost) === 0) hart.run(1_000_000);
  return { seconds: since(start), sum: hart.readRegister(10), instructions: hart.counts.retired };
}

/** On this computer. */
export function natively(program: string): Measured {
  const run = spawnSync('bash', ['-c', `TIMEFORMAT='%U %S'; time ${program}`], { encoding: 'utf8' });
  const [user = Number.NaN, system = Number.NaN] = run.stderr.trim().split(' ').map(Number);
  return { seconds: user + system, sum: Number(run.stdout) };
}

/** The Multiboot kernel `program` in v86, which loads it itself: no firmware is involved. Starting v86 is not counted. */
export async function inV86(program: string): Promise<Measured> {
  const { buffer } = new Uint8Array(readFileSync(program));
  const emulator = new V86({
    wasm_path: fileURLToPath(import.meta.resolve('v86/build/v86.wasm')),
    memory_size: 16 * 2 ** 20,
    vga_memory_size: 2 ** 20,
    multiboot: { buffer },
    autostart: true,
  });
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    return await new Promise<Measured>((resolve, reject) => {
      let start: Start | undefined;
      let sum = 0;
      timer = setTimeout(() => reject(new Error(`v86 has not ended in ${PATIENCE} s`)), PATIENCE * 1000);
      emulator.add_listener('serial0-output-byte', (byte) => {
        const letter = String.fromCharCode(byte);
        if (letter === '<') start = process.cpuUsage();
        else if (letter === '>') resolve({ seconds: since(start!), sum: sum >>> 0 });
        else sum = sum * 16 + byte - 'a'.charCodeAt(0);
      });
    });
  } finally {
    clearTimeout(timer);
    await emulator.destroy();
  }
}
