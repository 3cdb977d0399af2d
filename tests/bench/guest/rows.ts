/** How fast the hart runs a C program with address translation on, interpreted and translated, beside the same program run natively. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Hart, loadElf, PhysicalMemory, parseElf, RAM_BASE } from '../../../src/machine/index.ts';

const CROSS = 'riscv64-unknown-elf-gcc';
const ROUNDS = 40;
const source = (name: string) => path.join(import.meta.dirname, name);

type Row = readonly [what: string, measured: string, aim: string];

/** Seconds of processor time, and the sum that the program computed. */
interface Measured {
  readonly seconds: number;
  readonly sum: number;
  readonly instructions: number;
}

function onHart(file: Uint8Array, translate: boolean): Measured {
  const elf = parseElf(file);
  const memory = new PhysicalMemory({ base: RAM_BASE, size: 8 * 2 ** 20, translatable: translate });
  loadElf(elf, memory);
  const hart = new Hart({ memory, translate });
  hart.reset(elf.entry, 0);
  const tohost = elf.symbols.get('tohost')!;
  const before = process.cpuUsage();
  while (memory.read32(tohost) === 0) hart.run(1_000_000);
  const seconds = process.cpuUsage(before).user / 1e6;
  return { seconds, sum: hart.readRegister(10), instructions: hart.counts.retired };
}

function natively(program: string): Measured {
  const run = spawnSync('bash', ['-c', `TIMEFORMAT=%U; time ${program}`], { encoding: 'utf8' });
  return { seconds: Number(run.stderr.trim()), sum: Number(run.stdout), instructions: 0 };
}

/** Rows of the bench; one that says what is missing, where there is no compiler. */
export function guestRows(): Row[] {
  const folder = mkdtempSync(path.join(tmpdir(), 'virtbook-bench-'));
  try {
    const compile = (compiler: string, output: string, ...options: string[]) =>
      spawnSync(compiler, [
        '-O2',
        '-fno-builtin',
        `-DROUNDS=${ROUNDS}`,
        '-o',
        path.join(folder, output),
        ...options,
      ]).status === 0;
    const cross = [
      '-march=rv32imac_zicsr',
      '-mabi=ilp32',
      '-nostdlib',
      '-nostartfiles',
      '-T',
      source('link.ld'),
    ];
    if (!compile(CROSS, 'guest', ...cross, source('start.S'), source('work.c'), '-lgcc')) {
      return [['guest program', `needs ${CROSS}`, '']];
    }
    const guest = readFileSync(path.join(folder, 'guest'));
    const interpreted = onHart(guest, false);
    const translated = onHart(guest, true);
    const mips = ({ instructions, seconds }: Measured) => `${(instructions / seconds / 1e6).toFixed(0)} MIPS`;
    const rows: Row[] = [
      ['guest program, interpreted, Sv32 on', mips(interpreted), '≥ 60 MIPS'],
      ['guest program, translated to WebAssembly', mips(translated), ''],
    ];
    if (!compile('gcc', 'native', '-DNATIVE', source('work.c'))) return rows;
    const native = natively(path.join(folder, 'native'));
    const same = native.sum === translated.sum && native.sum === interpreted.sum;
    const ratio = `${(translated.seconds / native.seconds).toFixed(1)} times`;
    rows.push([
      '  its time to that of native code',
      same ? ratio : `another sum: ${translated.sum}, ${native.sum}`,
      '≤ 5 times',
    ]);
    return rows;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
