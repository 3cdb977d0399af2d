/** Runs a RISC-V executable on a machine of its own: the headless computer behind `virtbook run-elf`. */
import { Hart, loadElf, PhysicalMemory, Platform, parseElf, RAM_BASE } from '../machine/index.ts';

export interface ElfRunOptions {
  readonly harts: number;
  /** Bytes of RAM. */
  readonly memory: number;
  /** Stop after so many instructions of all harts together. */
  readonly maxInstructions: number;
  /** Gets what the serial port and the host interface's console print. */
  readonly output: (byte: number) => void;
  /** Translate hot code to WebAssembly: faster, and the same otherwise. */
  readonly translate: boolean;
  /** Called before each instruction, which then is one of a single hart; null to run at full speed. */
  readonly trace: ((hart: Hart, memory: PhysicalMemory) => void) | null;
}

export interface ElfRunResult {
  readonly end: 'exit' | 'instructions' | 'idle';
  /** Exit code from `tohost` or the finisher; 0 is success. Of no meaning unless `end` is `exit`. */
  readonly code: number;
  readonly instructions: number;
  /** Virtual nanoseconds. */
  readonly time: number;
  readonly harts: readonly Hart[];
}

/** `tohost` is looked at after so many instructions at first, and then ever more seldom while nothing is there. */
const POLL = 2_000;
const LONGEST_POLL = 256_000;
/** A hart that is alone need not be stopped for others' turns, ns. */
const LONE_SLICE = 10_000_000;
/** Upper half of a `tohost` value that asks for a character to be printed: device 1, command 1 of the host-target interface. */
const PUT_CHARACTER = 0x0101_0000;

/** Throws ElfError for a file that cannot be run. */
export function runElf(file: Uint8Array, options: ElfRunOptions): ElfRunResult {
  const elf = parseElf(file);
  const memory = new PhysicalMemory({
    base: RAM_BASE,
    size: options.memory,
    harts: options.harts,
    translatable: options.translate,
  });
  loadElf(elf, memory);
  const harts: Hart[] = [];
  const platform = new Platform({
    memory,
    ...(options.harts === 1 && { slice: LONE_SLICE }),
    serialOutput: options.output,
    createCore({ hart, memory: ram, bus, time }) {
      const core = new Hart({ memory: ram, bus, hartId: hart, time, translate: options.translate });
      harts[hart] = core;
      return core;
    },
  });
  platform.boot({ entry: elf.entry });
  const tohost = elf.symbols.get('tohost');
  const watched = tohost !== undefined && memory.contains(tohost, 8) ? tohost : null;
  const result = (end: ElfRunResult['end'], code: number): ElfRunResult => ({
    end,
    code,
    instructions: platform.instructions,
    time: platform.now,
    harts,
  });
  for (let poll = POLL; ; poll = Math.min(poll * 2, LONGEST_POLL)) {
    if (options.trace) options.trace(harts[0]!, memory);
    const left = options.maxInstructions - platform.instructions;
    const stop = platform.run({ instructions: Math.min(left, options.trace ? 1 : poll) });
    if (stop.reason === 'power-off') return result('exit', stop.code);
    if (watched !== null) {
      const low = memory.read32(watched);
      if (memory.read32(watched + 4) === PUT_CHARACTER) {
        options.output(low & 0xff);
        memory.write(watched, new Uint8Array(8));
        poll = POLL / 2;
      } else if (low & 1) return result('exit', low >>> 1);
    }
    if (stop.reason === 'idle') return result('idle', 0);
    if (platform.instructions >= options.maxInstructions) return result('instructions', 0);
  }
}
