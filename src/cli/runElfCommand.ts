/** `virtbook run-elf`: one file, whose console and exit code become this program's own, or a folder of test programs. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { disassemble, ElfError, type Hart, type PhysicalMemory } from '../machine/index.ts';
import { CommandError } from './commandError.ts';
import { type ElfRunOptions, type ElfRunResult, runElf } from './elfRun.ts';

interface Options {
  readonly harts: string;
  readonly maxInstructions: string;
  readonly memory: string;
  readonly trace?: true;
  readonly translate: boolean;
}

/** Exit code when the program did not end by itself: as of `timeout`, and of a machine where nothing can happen any more. */
const OUT_OF_INSTRUCTIONS = 124;
const IDLE = 125;

export function runElfCommand(file: string, options: Options): void {
  const run: Omit<ElfRunOptions, 'output'> = {
    harts: count(options.harts, '--harts', 1, 8),
    maxInstructions: count(options.maxInstructions, '--max-instructions', 1, Number.MAX_SAFE_INTEGER),
    memory: memorySize(options.memory),
    translate: options.translate && !options.trace,
    trace: options.trace ? traceTo(process.stderr) : null,
  };
  if (options.trace && run.harts > 1) throw new CommandError('--trace follows one hart; leave --harts at 1.');
  if (statSync(file, { throwIfNoEntry: false })?.isDirectory()) runFolder(file, run);
  else runOne(file, run);
}

function runOne(file: string, run: Omit<ElfRunOptions, 'output'>): void {
  const result = attempt(file, { ...run, output: (byte) => process.stdout.write(Uint8Array.of(byte)) });
  for (const [id, hart] of result.harts.entries()) {
    const { retired, trapped, traps } = hart.counts;
    const causes = Object.entries(traps).map(([cause, n]) => ` ${cause}:${n}`);
    process.stderr.write(`hart ${id}: ${retired} instructions retired, ${trapped} traps${causes.join('')}\n`);
  }
  process.stderr.write(`${ending(result)} after ${result.instructions} instructions, ${result.time} ns\n`);
  process.exitCode = exitCode(result);
}

/** One line a file and a total; files that are no ELF executables for RISC-V fail by name. */
function runFolder(folder: string, run: Omit<ElfRunOptions, 'output'>): void {
  const files = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
  const names = files.map(({ name }) => name).sort();
  let passed = 0;
  for (const name of names) {
    let line: string;
    try {
      const result = attempt(path.join(folder, name), { ...run, output: () => {} });
      if (exitCode(result) === 0) passed++;
      line = `${exitCode(result) === 0 ? 'pass' : 'FAIL'} ${name}: ${ending(result)}, ${result.instructions} instructions`;
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      line = `FAIL ${error.message}`;
    }
    process.stdout.write(`${line}\n`);
  }
  process.stdout.write(`${passed} of ${names.length} pass\n`);
  process.exitCode = passed === names.length ? 0 : 1;
}

function attempt(file: string, options: ElfRunOptions): ElfRunResult {
  try {
    return runElf(readFileSync(file), options);
  } catch (error) {
    if (error instanceof ElfError) throw new CommandError(`${file}: ${error.message}`);
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== undefined) throw new CommandError(`${file}: cannot be read (${code})`);
    throw error;
  }
}

function ending({ end, code }: ElfRunResult): string {
  if (end === 'exit') return `exit ${code}`;
  return end === 'idle' ? 'nothing can happen any more' : 'out of instructions';
}

function exitCode({ end, code }: ElfRunResult): number {
  return end === 'exit' ? code : end === 'idle' ? IDLE : OUT_OF_INSTRUCTIONS;
}

function traceTo(stream: { write(text: string): unknown }): ElfRunOptions['trace'] {
  return (hart, memory) => {
    const mode = `${hart.virtual ? 'V' : ' '}${'US?M'[hart.privilege]}`;
    stream.write(`${mode} ${hart.pc.toString(16).padStart(8, '0')} ${instructionAt(hart, memory)}\n`);
  };
}

/** The instruction at the pc in words; nothing where fetching it will trap. */
function instructionAt(hart: Hart, memory: PhysicalMemory): string {
  const half = (address: number) => {
    const physical = hart.translate(address, 'fetch');
    return physical !== null && memory.contains(physical, 2) ? memory.read16(physical) : null;
  };
  const low = half(hart.pc);
  const high = low !== null && (low & 3) === 3 ? half((hart.pc + 2) % 2 ** 32) : 0;
  if (low === null || high === null) return '';
  return disassemble((low | (high << 16)) >>> 0, { address: hart.pc, aliases: false }).text;
}

function count(text: string, option: string, least: number, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new CommandError(`${option} ${text}: a whole number from ${least} to ${most} is needed.`);
}

/** Bytes of `128M`, `1G`, `65536K`. */
function memorySize(text: string): number {
  const match = /^(\d+)([KMG])$/.exec(text);
  const bytes = match ? Number(match[1]) * 1024 ** (1 + 'KMG'.indexOf(match[2]!)) : 0;
  if (bytes >= 4096 && bytes % 4096 === 0 && bytes <= 2 ** 30) return bytes;
  throw new CommandError(`--memory ${text}: a size like 128M, whole pages of 4K up to 1G, is needed.`);
}
