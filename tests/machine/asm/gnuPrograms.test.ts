/**
 * Whole sources — directives, expressions, pseudo-instructions of several instructions, branches near and far — assembled and linked by
 * GNU as and ld, and by ours, to equal bytes. Skipped where GNU binutils for RISC-V is not installed.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Random } from '../../../src/base/index.ts';
import { assemble } from '../../../src/machine/index.ts';
import { gnuAssemble, gnuAssembler } from '../../support/gnuRiscv.ts';

const addresses = { '.text': 0x8000_0000, '.rodata': 0x8010_0000, '.data': 0x8020_0000 };

/** Both readings of a source, section by section as hexadecimal. */
function both(source: string): { gnu: Record<string, string>; ours: Record<string, string> } {
  const hex = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? new Uint8Array(0)).toString('hex');
  const expected = gnuAssemble(source, addresses);
  const result = assemble(source, { sections: addresses, compress: true });
  if (!result.ok) throw new Error(result.errors.map((e) => `${e.line}:${e.column} ${e.message}`).join('\n'));
  const names = Object.keys(addresses);
  const section = (name: string) => result.program.sections.find((s) => s.name === name)?.bytes;
  return {
    gnu: Object.fromEntries(names.map((name) => [name, hex(expected.get(name))])),
    ours: Object.fromEntries(names.map((name) => [name, hex(section(name))])),
  };
}

/** Where two readings part, with the bytes from there on. */
function firstDifference(gnu: Record<string, string>, ours: Record<string, string>): string {
  for (const [name, expected] of Object.entries(gnu)) {
    const found = ours[name]!;
    // GNU as fills the last section part up to its alignment.
    if (expected.startsWith(found) && expected.length - found.length < 16) continue;
    let at = 0;
    while (expected[at] === found[at]) at++;
    at &= ~3;
    return `${name}+0x${(at / 2).toString(16)}: GNU ${expected.slice(at, at + 24)}, ours ${found.slice(at, at + 24)}`;
  }
  return 'none';
}

const programs: Readonly<Record<string, string>> = {
  'data directives': `
    .data
    .byte 1, -1, 255, 'A', '\\n', '\\\\', 0x7f, 0b101, 017
    .half 0x1234, -2
    .2byte 3
    .word 0xdeadbeef, -5, end - start
    .dword 0x123456789abcdef0, -1
    start: .ascii "a\\tb\\"c\\\\", "\\x41\\101\\0"
    .asciz "zero"
    .string "more", "strings"
    .zero 3
    .space 5, 0xaa
    .skip 2
    .fill 3, 2, 0x1122
    end:
    .byte end - start`,
  alignment: `
    .option norvc
    nop
    .byte 1
    .balign 8
    nop
    .byte 1, 2, 3
    .p2align 3
    nop
    .option rvc
    c.nop
    .align 2
    nop
    c.nop
    .balign 16
    .data
    .byte 1
    .align 2
    .word 2
    .byte 3
    .balign 8, 0xff
    .byte 4
    .p2align 4, 0x11, 3
    .byte 5
    .p2align 3,,7
    .byte 6
    .org 0x80
    .byte 7
    .org 0x90, 0x33`,
  precedence: `
    .data
    .word 1 + 2 * 3, 2 * 3 + 1, 1 | 2 + 4, 1 + 2 | 4, 6 & 3 + 1, 10 - 3 - 2, 100 / 7 / 2, 100 % 7
    .word 1 << 3 + 1, -1 >> 60, 5 ^ 3 * 2, ~5 & 0xf, -7 / 2, -7 % 3, !5, !0, - - 3, ~~3, +4
    .word 1 == 1, 1 != 1, 2 < 3, 3 <= 2, 3 > 2, 2 >= 3, 1 <> 2, 1 == 2
    .word 1 && 2, 1 && 0, 0 || 3, 0 || 0, 1 + 1 == 2, 3 - 1 == 1 + 1, (1 + 2) * 3, (1 << 4) - 1
    .word 1 < 2 && 2 < 3, 1 || 0 && 0, 0x10 | 1 ^ 3, 1 | 2 * 4 & 12`,
  symbols: `
    .equ A, 5
    .set B, A + 1
    C = B * 2
    .data
    .word A, B, C, D, later - first
    .set A, 7
    .word A, B
    .set N, 0
    .word N
    .set N, N + 1
    .word N
    .set N, N + 1
    .word N
    first: .word first, ., . - first, first + 4
    later:
    .equ D, 99
    .equ length, . - first
    .word length`,
  'labels and numeric labels': `
    .text
    1: nop
    1: j 1b
    j 1f
    2: beqz a0, 2b
    bnez a0, 2f
    1: nop
    2: nop
    a$b.c_d: j a$b.c_d ; nop ; nop
    x: y: z: nop # three at once
    bgt a0, a1, x
    ble a0, a1, y ; bgtu a0, a1, z
    bleu a0, a1, 1b # a comment
    jal 1b ; jal t0, 1b /* another
    over lines */
    nop`,
  'constants into registers': `
    .option norvc
    li a0, 0
    li a0, 1
    li a0, -1
    li a0, 2047
    li a0, 2048
    li a0, -2048
    li a0, -2049
    li a0, 0x1000
    li a0, 0x12345
    li a0, 0x12345fff
    li a0, 0x7fffffff
    li a0, 0x80000000
    li a0, 0xffffffff
    li a0, 0xfffff800
    li a0, -0x80000000
    .option rvc
    li a0, 0
    li a0, 31
    li a0, 32
    li a0, -32
    li a0, -33
    li a0, 0x1000
    li a0, 0x1f000
    li a0, 0x20000
    li a0, 0x1001
    li a0, 0x12345
    li a0, 0xfffff000
    li a0, 0x80000000
    li sp, 0x1000
    li sp, 16
    .equ HERE, 12
    li t0, HERE * 4`,
  'addresses into registers': `
    .option norvc
    la a0, message
    lla a1, here
    here: la a2, here
    lui a3, %hi(message)
    addi a3, a3, %lo(message)
    lw a4, %lo(message + 4)(a3)
    sw a4, %lo(message)(a3)
    1: auipc a5, %pcrel_hi(message)
    addi a5, a5, %pcrel_lo(1b)
    lw a6, %pcrel_lo(1b)(a5)
    sw a6, %pcrel_lo(1b)(a5)
    lw t0, message
    lb t0, message
    lhu t1, message
    sw t0, message, t1
    sb t0, message, t2
    call here
    call away
    tail away
    jump away, t0
    away: ret
    .data
    .zero 0x900
    message: .word message, here, away - here`.replace('.word %hi(message)', 'nop'),
  'pseudo-instructions of two': `
    .option norvc
    sext.b a0, a1
    sext.h a2, a3
    zext.h a4, a5
    zext.b a6, a7`,
  'branches out of reach': `
    .text
    start: beq a0, a1, far
    bnez a0, far
    bltu a0, a1, far
    bgez s0, far
    blez t0, far
    near: .zero 4096
    bne a0, a1, start
    beqz a0, start
    beqz a0, near
    bgt a0, a1, start
    .zero 100
    far: bge a0, a1, near
    j start
    jal start`,
  'branches at the edge of reach': `
    .text
    beqz a0, 1f
    .zero 252
    1: beqz a0, 2f
    .zero 254
    2: .option norvc
    beq a0, a1, 3f
    .zero 4090
    3: beq a0, a1, 4f
    .zero 4092
    4: nop
    5: .zero 4096
    beq a0, a1, 5b
    6: .zero 4094
    .byte 0, 0
    beq a0, a1, 6b
    .option rvc
    j 7f
    .zero 2042
    7: j 8f
    .zero 2046
    8: nop`,
  'macros, repetition, conditions': `
    .macro save first, second=8, third:req
    sw \\first, \\second(sp)
    .word \\third
    .endm
    .macro count n
    .word \\n
    .if \\n
    count (\\n-1)
    .endif
    .endm
    count 3
    .text
    .option norvc
    save ra, 4, 1
    save third=3, first=a0
    .data
    .rept 3
    .byte 1, 2
    .endr
    .irp value, 5, 6, 7
    .half \\value
    .endr
    .equ DEBUG, 0
    .if DEBUG
    .word 1
    .elseif DEBUG + 1 == 1
    .word 2
    .else
    .word 3
    .endif
    .ifdef DEBUG
    .word 4
    .endif
    .ifndef NOTHING
    .word 5
    .endif
    .macro label name
    l_\\name\\()_end: .word 1
    .endm
    label a
    label b
    .word l_b_end - l_a_end`,
  sections: `
    .section .rodata
    .word 1
    .text
    nop
    .section .data
    .word 2
    .pushsection .rodata
    .word 3
    .popsection
    .word 4
    .text
    nop
    .previous
    .word 5
    .section .rodata, "a", @progbits
    .word 6
    .bss
    .zero 8`,
  'options pushed and popped': `
    .option push
    .option norvc
    addi a0, a0, 1
    .option push
    .option rvc
    addi a0, a0, 1
    .option pop
    addi a0, a0, 1
    .option pop
    addi a0, a0, 1`,
};

describe.skipIf(!gnuAssembler)('against GNU as and ld', () => {
  test.each(Object.entries(programs))('%s', (_, source) => {
    const { gnu, ours } = both(`.text\n.option rvc\n${source}\n`);
    expect(firstDifference(gnu, ours)).toBe('none');
  });

  test.each(['a', 'b', 'c', 'd'])('constants and branches at random, seed %s', (seed) => {
    const random = Random.fromSeed(seed);
    const lines = ['.text', '.option rvc', '0: nop'];
    for (let i = 0; i < 400; i++) {
      if (random.chance(1, 10)) lines.push(`${random.below(3)}:`);
      const constant = random.pick([
        random.uint32() | 0,
        random.between(-2100, 2100),
        random.uint32() & 0xf_f000,
      ]);
      const target = `${random.below(3)}${random.chance(1, 2) ? 'b' : 'f'}`;
      lines.push(
        random.pick([
          `li ${random.pick(['a0', 'sp', 't3', 's1'])}, ${constant}`,
          `beqz ${random.pick(['a0', 't0'])}, ${target}`,
          `bltu a0, t1, ${target}`,
          `j ${target}`,
          `jal ${target}`,
          `la a1, ${target}`,
          `call ${target}`,
          `.zero ${2 * random.below(300)}`,
          '.balign 8',
          `.option ${random.pick(['rvc', 'norvc'])}`,
        ]),
      );
    }
    // Every reference finds a label on either side.
    const source = ['0: nop', '1: nop', '2: nop', ...lines, '0: nop', '1: nop', '2: nop'].join('\n');
    const { gnu, ours } = both(source);
    expect(firstDifference(gnu, ours), `seed ${seed}`).toBe('none');
  });

  test.each(['a', 'b', 'c'])('expressions at random, seed %s', (seed) => {
    const random = Random.fromSeed(seed);
    const atom = () =>
      random.pick([
        String(random.below(10)),
        `0x${random.uint32().toString(16)}`,
        `'${random.pick([...'aZ*'])}'`,
        'n',
        'later',
      ]);
    const expression = (depth: number): string => {
      if (depth === 0) return atom();
      const part = () => expression(random.below(depth));
      return random.pick([
        () =>
          `${part()} ${random.pick(['+', '-', '*', '|', '&', '^', '==', '!=', '<', '>', '<=', '>=', '&&', '||'])} ${part()}`,
        () => `${part()} ${random.pick(['/', '%', '<<', '>>'])} ${random.between(1, 31)}`,
        () => `(${part()})`,
        () => `${random.pick(['-', '~', '!'])}${part()}`,
        atom,
      ])();
    };
    const lines = Array.from({ length: 500 }, () => `.dword ${expression(4)}`);
    const { gnu, ours } = both(`.data\n.equ n, 12\n${lines.join('\n')}\n.equ later, -3\n`);
    const at = [...Array(500).keys()].find(
      (k) => gnu['.data']!.slice(16 * k, 16 * k + 16) !== ours['.data']!.slice(16 * k, 16 * k + 16),
    );
    expect(at === undefined ? 'none' : lines[at], `seed ${seed}`).toBe('none');
  });

  // Every assembly source of the project that is a program of its own, as it is placed by default.
  const wholePrograms = [
    'src/hypervisor/guests/firmware/firmware.S',
    ...readdirSync(new URL('../programs', import.meta.url)).map((name) => `tests/machine/programs/${name}`),
  ].filter((name) => /\.[sS]$/.test(name));

  test.each(wholePrograms)('%s', (file) => {
    const source = readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8');
    const result = assemble(source);
    expect(result.ok ? [] : result.errors).toEqual([]);
    if (!result.ok) return;
    const withBits = result.program.sections.filter((section) => !section.nobits && section.bytes.length > 0);
    const places = Object.fromEntries(result.program.sections.map(({ name, address }) => [name, address]));
    const expected = gnuAssemble(`.option norvc\n${source}`, places);
    for (const { name, bytes } of withBits) {
      const gnu = expected.get(name)!;
      expect(Buffer.from(bytes).equals(Buffer.from(gnu.subarray(0, bytes.length))), name).toBe(true);
      expect(gnu.length - bytes.length, name).toBeLessThan(16);
    }
  });
});
