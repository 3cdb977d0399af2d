/** GNU as, ld, objcopy and objdump for RISC-V, where they are installed: oracles for the assembler and disassembler. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PREFIX = 'riscv64-unknown-elf-';
const ARCHITECTURE = '-march=rv32imac_zicsr_zifencei_h';

/** Whether a GNU as is there that knows the hypervisor extension (binutils 2.40 on). */
export const gnuAssembler: boolean = (() => {
  const run = spawnSync(`${PREFIX}as`, [ARCHITECTURE, '-o', '/dev/null', '-'], { input: 'hfence.gvma\n' });
  return run.status === 0;
})();

function inFolder<T>(work: (run: (tool: string, args: string[]) => string, folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'gnu-riscv-'));
  try {
    return work((tool, args) => {
      const run = spawnSync(PREFIX + tool, args, { cwd: folder, encoding: 'utf8', maxBuffer: 2 ** 28 });
      if (run.status !== 0) throw new Error(`${tool} ${args.join(' ')}: ${run.stderr.slice(0, 2000)}`);
      return run.stdout;
    }, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Assembles and links `source`, sections at the given addresses; the bytes of each section asked for. */
export function gnuAssemble(
  source: string,
  addresses: Readonly<Record<string, number>> = { '.text': 0x8000_0000 },
): Map<string, Uint8Array> {
  return inFolder((run, folder) => {
    writeFileSync(join(folder, 'a.s'), source);
    run('as', [ARCHITECTURE, '-mabi=ilp32', '-mno-relax', '-mno-arch-attr', 'a.s', '-o', 'a.o']);
    const places = Object.entries(addresses).map(
      ([name, address]) => `${name} 0x${address.toString(16)} : { *(${name}) }`,
    );
    writeFileSync(join(folder, 'a.ld'), `SECTIONS { ${places.join(' ')} }`);
    run('ld', ['-m', 'elf32lriscv', '--no-relax', '-e', '0', '-T', 'a.ld', 'a.o', '-o', 'a.elf']);
    return new Map(
      Object.keys(addresses).map((name) => {
        run('objcopy', ['-O', 'binary', '-j', name, 'a.elf', 'a.bin']);
        return [name, new Uint8Array(readFileSync(join(folder, 'a.bin')))];
      }),
    );
  });
}

/** What `objdump -M no-aliases` reads at each address of `source`'s code, mapping symbols removed: mnemonic and operands. */
export function gnuDisassemble(source: string, aliases: boolean): Map<number, string> {
  return inFolder((run, folder) => {
    writeFileSync(join(folder, 'a.s'), source);
    run('as', [ARCHITECTURE, '-mabi=ilp32', '-mno-relax', 'a.s', '-o', 'a.o']);
    // Without the symbols that mark data, objdump reads .word as code.
    run('objcopy', ['--strip-all', 'a.o', 'b.o']);
    const listing = run('objdump', ['-d', ...(aliases ? [] : ['-M', 'no-aliases']), 'b.o']);
    const lines = new Map<number, string>();
    for (const line of listing.split('\n')) {
      const match = /^\s*([0-9a-f]+):\t[0-9a-f]+\s+\t?([^#\n]*)/.exec(line);
      if (match !== null) lines.set(Number.parseInt(match[1]!, 16), match[2]!.trim());
    }
    return lines;
  });
}

/** What readelf says of a file. */
export function readElf(file: Uint8Array, ...options: string[]): string {
  return inFolder((run, folder) => {
    writeFileSync(join(folder, 'a.elf'), file);
    return run('readelf', [...options, '-W', 'a.elf']);
  });
}
