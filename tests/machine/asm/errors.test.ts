/** What a learner reads for each kind of mistake: where it is, what was expected, what was probably meant. */
import { describe, expect, test } from 'vitest';
import { type AssembleOptions, assemble } from '../../../src/machine/index.ts';

/** Errors as "line:column message | hint". */
function errors(source: string, options: AssembleOptions = {}): string[] {
  const result = assemble(source, options);
  return result.ok
    ? []
    : result.errors.map(
        (e) => `${e.line}:${e.column} ${e.message}${e.hint === undefined ? '' : ` | ${e.hint}`}`,
      );
}

describe('one mistake gives one message', () => {
  test.each<[source: string, message: string]>([
    // Mnemonics
    ['ad a0, a1, a2', '1:1 `ad` is no instruction | did you mean `add`?'],
    ['  mvv a0, a1', '1:3 `mvv` is no instruction | did you mean `mv`?'],
    ['ADD a0, a1, a2', '1:1 `ADD` is no instruction | instructions are written in small letters: `add`'],
    [
      'mov a0, a1',
      '1:1 `mov` is no instruction | `mv rd, rs` copies a register, `li rd, constant` loads a constant',
    ],
    [
      'ld a0, 0(a1)',
      '1:1 `ld` is no instruction | this is an instruction of 64-bit RISC-V; here registers have 32 bits (lw, sw, add …)',
    ],
    ['fadd.s fa0, fa1, fa2', '1:1 `fadd.s` is no instruction | this machine has no floating point'],
    ['xyzzy', '1:1 `xyzzy` is no instruction'],
    // Operands
    ['add a0, a1', '1:1 add is written `add rd, rs1, rs2`; found 2 operands'],
    [
      'add a0, a1, 1',
      '1:13 operand 3 of add must be a register, found a constant; it is written `add rd, rs1, rs2` | `addi` takes these operands',
    ],
    [
      'addi a0, a1, a2',
      '1:14 operand 3 of addi must be a constant, found the register `a2`; it is written `addi rd, rs1, constant` | `add` takes these operands',
    ],
    [
      'add a0, b1, a2',
      '1:9 operand 2 of add must be a register, found `b1`; it is written `add rd, rs1, rs2` | did you mean `t1`?',
    ],
    [
      'add a0, a8, a2',
      '1:9 operand 2 of add must be a register, found `a8`; it is written `add rd, rs1, rs2` | did you mean `a0`?',
    ],
    [
      'lw a0, a1',
      '1:8 operand 2 of lw must be memory, `offset(register)`, found the register `a1`; it is written `lw rd, offset(rs1)`',
    ],
    [
      'lw a0, 4',
      '1:8 operand 2 of lw must be memory, `offset(register)`, found a constant; it is written `lw rd, offset(rs1)`',
    ],
    ['lw a0, 4(4)', '1:10 expected a register in brackets, found `4`'],
    ['add a0 a1, a2', '1:8 expected `,` between operands, found `a1`'],
    ['addi a0, a1,', '1:13 expected a number, symbol or expression, found the end of the line'],
    ['ecall 5', '1:1 ecall is written `ecall without operands`; found 1 operand'],
    ['la a0', '1:1 la is written `la rd, symbol`'],
    // Values
    [
      'addi a0, a1, 5000',
      '1:14 the constant 5000 does not fit: addi takes -2048 to 2047 | a larger constant goes into a register first: `li t0, constant`',
    ],
    ['slli a0, a1, 32', '1:14 the shift amount 32 does not fit: slli takes 0 to 31'],
    ['lui a0, 0x12345678', '1:9 the upper 20 bits 305419896 does not fit: lui takes 0 to 1048575'],
    [
      'c.addi4spn a0, sp, 6',
      '1:20 the constant 6 does not fit: c.addi4spn takes 0 to 1020, in multiples of 4 but not 0',
    ],
    ['c.lw t0, 0(a0)', '1:6 c.lw cannot use this register here | it takes a register s0, s1 or a0 to a5'],
    ['li a0, 0x123456789', '1:8 4886718345 does not fit in a register of 32 bits'],
    ['.byte 256', '1:7 256 does not fit in 1 byte'],
    ['.half -40000', '1:7 -40000 does not fit in 2 bytes'],
    ['.word 5 / 0', '1:11 division by zero'],
    ['j . + 3', '1:3 the target is 3 bytes from here; instructions stand at even addresses'],
    [
      'x: .space 0x200000\nj x',
      '2:3 the target is -2097152 bytes from here; j reaches -1048576 to 1048574 | put the target nearer, or go there with `la t0, target` and `jr t0`',
    ],
    [
      '.byte 1\nnop\nnop',
      '2:1 this instruction would stand at the odd address 0x80000001 | put `.balign 4` before it',
    ],
    // Symbols
    ['j lop\nloop: nop', '1:3 no symbol is called `lop` | did you mean `loop`?'],
    ['csrr a0, mstauts', '1:10 no symbol is called `mstauts` | did you mean `mstatus`?'],
    ['x: nop\nx: nop', '2:1 `x` is defined already, in line 1'],
    ['.globl main', '1:8 no label or constant is called `main` | write `main:` before what it names'],
    ['a0: nop', '1:1 `a0` is a register and cannot name anything else'],
    ['j 1b', '1:3 there is no label `1:` before this line | f looks forward, b backward'],
    ['j 1f', '1:3 there is no label `1:` after this line'],
    ['x: li a0, x', '1:11 expected a constant, found an address | `la` loads an address'],
    [
      'x: addi a0, a0, x',
      '1:17 expected a constant, found an address | load an address with `la`, or take its parts with %hi and %lo',
    ],
    [
      'x: .word x * 2',
      '1:10 `*` of an address and a number has no meaning | an address takes + and − of a number; two addresses can be subtracted and compared',
    ],
    ['.equ a, a + 1\n.word a', '1:9 `a` is defined by itself'],
    [
      'addi a0, a0, %pcrel_lo(x)\nx: nop',
      '1:24 %pcrel_lo takes the label of the auipc that has the %pcrel_hi | write `1: auipc a0, %pcrel_hi(x)` and then `addi a0, a0, %pcrel_lo(1b)`',
    ],
    // Text
    ['.ascii "abc', '1:8 this string has no closing quotation mark `"`'],
    ['.ascii "\\q"', '1:9 unknown escape `\\q` in a string | a backslash is written `\\\\`'],
    ["li a0, 'ab'", "1:8 a character constant is written `'A'` or `'\\n'`"],
    ['li a0, 0x', '1:8 `0x` is not a number | write 255, 0xff, 0b11111111 or 0377'],
    ['li a0, 08', '1:8 `08` is not a number | write 255, 0xff, 0b11111111 or 0377'],
    [
      '#define N 5',
      '1:1 there is no C preprocessor; `#define` would be a comment | `.equ NAME, value` gives a name a value; `.if` chooses; a comment has a blank after #',
    ],
    ['nop [', '1:5 `[` does not belong here'],
    ['nop /* open', '1:5 this comment is never closed: `*/` is missing'],
    // Directives
    ['.wrod 1', '1:1 `.wrod` is no directive | did you mean `.word`?'],
    ['.include "a.s"', '1:1 `.include` is not simulated | a program is one source here: put the text in'],
    [
      '.option relax',
      '1:9 `.option relax` is not simulated | there is no linker that could relax; every instruction stays as it is assembled',
    ],
    [
      '.align 32',
      '1:8 `.align 32` would align to 2 to the power of 32; 0 to 16 are possible | `.balign 32` aligns to 32 bytes',
    ],
    [
      '.bss\n.word 1',
      '2:7 `.bss` holds only zeros, which take no space in the file | reserve bytes with `.zero`, or use `.data` for values and `.text` for instructions',
    ],
    [
      '.section .x, "q"',
      '1:14 the flags of a section are a string of `a` (in memory), `w` (writable) and `x` (executable) | code is "ax", constants "a", variables "aw"',
    ],
    [
      'lui a0, %tprel_hi(x)\nx:',
      '1:9 `%tprel_hi` is not simulated | there are %hi, %lo, %pcrel_hi and %pcrel_lo',
    ],
    [
      '.macro m a\nadd \\a, \\a, 5\n.endm\n\n  m a0',
      '5:3 operand 3 of add must be a register, found a constant; it is written `add rd, rs1, rs2` (in `m`, line 2) | `addi` takes these operands',
    ],
    ['.macro m a:req\n.endm\nm', '3:1 the macro `m` needs a value for `a`'],
    ['.endm', '1:1 `.endm` is not simulated | there is no `.macro` before it'],
    ['x: .endif', '1:4 `.endif` stands on a line of its own, without a label'],
    ['.else', '1:1 `.else` without `.if` before it'],
    ['.if x\n.endif\nx:', '1:5 no symbol is called `x`'],
  ])('%s', (source, message) => {
    expect(errors(source)).toEqual([message]);
  });
});

test('all mistakes of a source are told, in order, and only those', () => {
  expect(
    errors('nop\nad a0\n.word 0x123456789\nj nowhere\nli a0, 1\n.word "x"\n').map((e) => e.split(' ')[0]),
  ).toEqual(['2:1', '3:7', '4:3', '6:7']);
});

test('after 200 mistakes the list ends and says so', () => {
  const found = errors('bogus\n'.repeat(300));
  expect(found.length).toBe(201);
  expect(found.slice(-2)).toEqual([
    '200:1 `bogus` is no instruction',
    '200:1 200 mistakes are listed; there may be more',
  ]);
});

test.each([
  'constructor',
  'toString a0',
  '__proto__',
  'hasOwnProperty:',
  '.constructor',
  '.equ __proto__, 1',
])('JavaScript’s own names mean nothing: %s', (source) => {
  expect(errors(source).filter((error) => !/is no (instruction|directive)/.test(error))).toEqual([]);
});

test('sections that are placed over each other, or beyond memory, are told', () => {
  const source = '.text\nnop\nnop\n.data\n.word 1\n';
  expect(errors(source, { sections: { '.data': 0x8000_0004 } })).toEqual([
    '5:7 sections `.text` and `.data` overlap',
  ]);
  expect(errors(source, { sections: { '.data': 0xffff_fffe } })[0]).toContain(
    'does not fit in the 32-bit address space',
  );
  expect(errors(source, { sections: { '.data': 0 } })).toEqual([
    '2:1 sections `.data` and `.text` are too far apart for one image',
  ]);
});
