/** What is assembled runs: on our machine, and as an ELF file on QEMU's where it is installed, with the same output. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  assemble,
  loadElf,
  PhysicalMemory,
  Platform,
  parseElf,
  writeElf,
} from '../../../src/machine/index.ts';

/** Prints squares with M, A and C instructions, calls, branches both ways, data in three sections; then powers off. */
const source = `
        .equ UART, 0x10000000
        .equ FINISHER, 0x100000

        .macro push register
        addi sp, sp, -4
        sw \\register, 0(sp)
        .endm
        .macro pop register
        lw \\register, 0(sp)
        addi sp, sp, 4
        .endm

        .globl _start
_start: la sp, stack_end
        la a0, greeting
        call print
        li s0, 0
1:      lw t0, count                # a load by name
        bge s0, t0, 2f
        la t1, squares
        slli t2, s0, 2
        add t1, t1, t2
        mul t3, s0, s0
        amoadd.w zero, t3, (t1)
        lw a0, (t1)
        call print_decimal
        addi s0, s0, 1
        j 1b
2:      la a0, newline
        call print
        lui t0, %hi(FINISHER)
        li t1, 0x5555
        sw t1, %lo(FINISHER)(t0)
3:      wfi
        j 3b

print:  li t0, UART                 # a0: text that ends with a zero byte
1:      lbu t1, (a0)
        beqz t1, 2f
        sb t1, (t0)
        addi a0, a0, 1
        j 1b
2:      ret

print_decimal:                      # a0: number, printed with a blank before it
        push ra
        mv t0, a0
        la a0, digits_end
        li t2, 10
1:      remu t1, t0, t2
        addi t1, t1, '0'
        addi a0, a0, -1
        sb t1, (a0)
        divu t0, t0, t2
        bnez t0, 1b
        li t1, ' '
        addi a0, a0, -1
        sb t1, (a0)
        call print
        pop ra
        ret

        .rodata
greeting: .asciz "squares:"
newline: .asciz "\\n"
        .data
        .balign 4
count:  .word (squares_end - squares) / 4
digits: .space 11, ' '
digits_end: .byte 0
        .bss
        .balign 16
squares: .space 4 * 12
squares_end:
        .space 256
stack_end:
`;
const output = 'squares: 0 1 4 9 16 25 36 49 64 81 100 121\n';

function file(compress: boolean): Uint8Array {
  const result = assemble(source, { compress });
  if (!result.ok) throw new Error(result.errors.map((e) => `${e.line}:${e.column} ${e.message}`).join('\n'));
  return writeElf(result.program);
}

const qemu = spawnSync('qemu-system-riscv32', ['--version']).status === 0;

describe.each([false, true])('compressed: %s', (compress) => {
  test('on our machine', () => {
    const memory = new PhysicalMemory({ size: 2 ** 20, harts: 1 });
    const bytes: number[] = [];
    const platform = new Platform({ memory, serialOutput: (byte) => void bytes.push(byte) });
    const elf = parseElf(file(compress));
    loadElf(elf, memory);
    platform.boot({ entry: elf.entry });
    const stop = platform.run({ instructions: 100_000 });
    expect(String.fromCharCode(...bytes)).toBe(output);
    expect(stop.reason).toBe('power-off');
  });

  test.skipIf(!qemu)("on QEMU's", () => {
    const folder = mkdtempSync(join(tmpdir(), 'asm-qemu-'));
    try {
      writeFileSync(join(folder, 'a.elf'), file(compress));
      const machine = [
        '-M',
        'virt',
        '-cpu',
        'rv32,h=true',
        '-bios',
        'none',
        '-nographic',
        '-kernel',
        join(folder, 'a.elf'),
      ];
      const run = spawnSync('qemu-system-riscv32', machine, { encoding: 'utf8', timeout: 20_000, input: '' });
      expect([run.stdout.replace(/\r/g, ''), run.status]).toEqual([output, 0]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
