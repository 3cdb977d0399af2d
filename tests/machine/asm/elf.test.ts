/** The ELF file of a program: read back by our own loader, and by readelf and objdump where they are installed. */
import { describe, expect, test } from 'vitest';
import { assemble, type Program, parseElf, writeElf } from '../../../src/machine/index.ts';
import { gnuAssembler, readElf } from '../../support/gnuRiscv.ts';

function program(source: string, options = {}): Program {
  const result = assemble(source, options);
  if (!result.ok) throw new Error(result.errors.map((e) => `${e.line}:${e.column} ${e.message}`).join('\n'));
  return result.program;
}

const source = `
        .globl _start, tohost
first:  nop
_start: la a0, message
        ebreak
        .type _start, @function
        .size _start, . - _start
        .data
message: .asciz "hello"
        .balign 64
tohost: .dword 0
        .bss
stack:  .zero 4096
        .equ SIZE, 0x123
.Lhidden: .zero 4
`;

test('the loader finds entry, bytes, zeros and symbols where the program has them', () => {
  const made = program(source, { sections: { '.data': 0x8000_2000 } });
  const elf = parseElf(writeElf(made));
  expect(elf.entry).toBe(0x8000_0004);
  expect(elf.segments.map((s) => [s.address, s.memorySize])).toEqual([
    [0x8000_0000, 16],
    [0x8000_2000, 72],
    [0x8000_2048, 4100],
  ]);
  expect(elf.segments[0]!.data).toEqual(made.sections[0]!.bytes);
  expect(elf.segments[1]!.data).toEqual(made.sections[1]!.bytes);
  expect(elf.segments[2]!.data.length).toBe(0);
  expect(elf.symbols.get('tohost')).toBe(0x8000_2040);
  expect(elf.symbols.get('SIZE')).toBe(0x123);
  expect(elf.symbols.has('.Lhidden')).toBe(false);
});

test('a program that is written twice gives equal bytes', () => {
  expect(writeElf(program(source))).toEqual(writeElf(program(source)));
});

describe.skipIf(!gnuAssembler)('readelf', () => {
  const read = (...options: string[]) => readElf(writeElf(program(source)), ...options);

  test('takes the file without a warning', () => {
    const text = read('-a');
    expect(text).toContain('Entry point address:               0x80000004');
    expect(text).toContain('Machine:                           RISC-V');
    expect(text).not.toMatch(/warning|error|corrupt/i);
  });

  test('sees the symbols with binding, type and size', () => {
    const rows = read('-s')
      .split('\n')
      .map((line) => line.trim().split(/\s+/));
    const row = (name: string) => rows.find((r) => r[7] === name)?.slice(1, 7);
    expect(row('_start')).toEqual(['80000004', '12', 'FUNC', 'GLOBAL', 'DEFAULT', '1']);
    expect(row('message')).toEqual(['80000040', '0', 'NOTYPE', 'LOCAL', 'DEFAULT', '2']);
    expect(row('SIZE')).toEqual(['00000123', '0', 'NOTYPE', 'LOCAL', 'DEFAULT', 'ABS']);
  });

  test('sees every local symbol before the first global one', () => {
    const bindings = [...read('-s').matchAll(/\b(?:LOCAL|GLOBAL)\b/g)].map(([binding]) => binding);
    expect(bindings.length).toBeGreaterThan(5);
    expect(bindings.lastIndexOf('LOCAL')).toBeLessThan(bindings.indexOf('GLOBAL'));
  });

  test('sees segments whose offset and address agree in a page', () => {
    const loads = read('-l')
      .split('\n')
      .filter((line) => /^\s*LOAD/.test(line))
      .map((line) => line.trim().split(/\s+/));
    expect(loads.map((l) => l.slice(6).join(' '))).toEqual(['R E 0x1000', 'RW 0x1000', 'RW 0x1000']);
    for (const [, offset, address] of loads) expect(Number(offset) % 4096).toBe(Number(address) % 4096);
  });
});
