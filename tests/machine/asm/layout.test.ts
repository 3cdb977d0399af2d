/** Where things come to lie: sections, alignment, symbols, the line table, the image. */
import { describe, expect, test } from 'vitest';
import { type AssembleOptions, assemble, disassemble, type Program } from '../../../src/machine/index.ts';

function program(source: string, options: AssembleOptions = {}): Program {
  const result = assemble(source, options);
  if (!result.ok) throw new Error(result.errors.map((e) => `${e.line}:${e.column} ${e.message}`).join('\n'));
  return result.program;
}

/** The instructions of a program as text. */
function listing({ image }: Program): string[] {
  const view = new DataView(image.bytes.buffer);
  const out: string[] = [];
  for (let at = 0; at < image.bytes.length; ) {
    const word =
      view.getUint16(at, true) | (at + 4 <= image.bytes.length ? view.getUint16(at + 2, true) << 16 : 0);
    const { text, length } = disassemble(word, { address: image.address + at });
    out.push(text);
    at += length;
  }
  return out;
}

describe('sections', () => {
  const source =
    '.bss\nz: .zero 8\n.data\nd: .word 1\n.rodata\nr: .byte 1\n.text\nnop\n.section .text.more, "ax"\nm: ecall\n';

  test('follow one another: code, constants, variables, zeros, each at its alignment', () => {
    const { sections, symbols, entry } = program(source);
    expect(sections.map(({ name, address, bytes }) => [name, address, bytes.length])).toEqual([
      ['.text', 0x8000_0000, 4],
      ['.text.more', 0x8000_0004, 4],
      ['.rodata', 0x8000_0008, 1],
      ['.data', 0x8000_000c, 4],
      ['.bss', 0x8000_0010, 8],
    ]);
    expect(symbols.get('m')?.value).toBe(0x8000_0004);
    expect(entry).toBe(0x8000_0000);
  });

  test('go where they are put, and what follows goes after them', () => {
    const { image, symbols } = program(source, { base: 0x1000, sections: { '.data': 0x2000 } });
    expect(symbols.get('z')?.value).toBe(0x2004);
    expect([image.address, image.bytes.length]).toEqual([0x1000, 0x100c]);
    expect(image.bytes[0x1000]).toBe(1);
  });

  test('a program without anything is an empty image', () => {
    expect(program('# nothing').image.bytes.length).toBe(0);
  });
});

test('alignment can be given up when it takes too much', () => {
  const bytes = (source: string) => [...program(source).image.bytes];
  expect(bytes('.data\n.byte 1\n.balign 4, 9\n.byte 2')).toEqual([1, 9, 9, 9, 2]);
  expect(bytes('.data\n.byte 1\n.balign 4, 9, 2\n.byte 2')).toEqual([1, 2]);
  expect(bytes('.data\n.byte 1\n.p2align 1,,1\n.byte 2')).toEqual([1, 0, 2]);
  expect(bytes('.data\n.byte 1\n.org 3, 7\n.byte 2')).toEqual([1, 7, 7, 2]);
});

test('a line table names the source line of every instruction and datum', () => {
  const source = '.macro two\nnop\nnop\n.endm\n_start: li a0, 0x12345\n\ntwo\n.data\n.word 1, 2\n';
  expect(program(source).lines).toEqual([
    { address: 0x8000_0000, length: 8, line: 5, kind: 'instruction' },
    { address: 0x8000_0008, length: 4, line: 7, kind: 'instruction' },
    { address: 0x8000_000c, length: 4, line: 7, kind: 'instruction' },
    { address: 0x8000_0010, length: 4, line: 9, kind: 'data' },
    { address: 0x8000_0014, length: 4, line: 9, kind: 'data' },
  ]);
});

test('symbols say what they are', () => {
  const { symbols, entry } = program(
    '.globl f\nnop\n_start: nop\nf: ret\n.type f, @function\n.size f, . - f\n.equ N, -1\n1: nop\n',
  );
  expect(symbols.get('f')).toEqual({
    name: 'f',
    value: 0x8000_0008,
    section: '.text',
    global: true,
    type: 'function',
    size: 4,
  });
  expect(symbols.get('N')).toEqual({ name: 'N', value: 0xffff_ffff, section: null, global: false, size: 0 });
  expect([...symbols.keys()].sort()).toEqual(['N', '_start', 'f']);
  expect(entry).toBe(0x8000_0004);
});

describe('branches', () => {
  test('a near one stays as it is, a far one goes around a jump', () => {
    expect(listing(program('bltu a0, a1, 1f\n1: nop'))).toEqual(['bltu a0, a1, 0x80000004', 'nop']);
    expect(listing(program('bltu a0, a1, 1f\n.space 4096\n1: nop')).slice(0, 2)).toEqual([
      'bgeu a0, a1, 0x80000008',
      'j 0x80001008',
    ]);
  });

  test('with compression a far bnez takes six bytes', () => {
    const found = listing(program('bnez s0, 1f\n.space 4096\n1: nop', { compress: true }));
    expect(found.slice(0, 2)).toEqual(['c.beqz s0, 0x80000006', 'j 0x80001006']);
  });

  test('a far bgez is never turned into a comparison with zero for equality', () => {
    const found = listing(program('bgez s0, 1f\n.space 4096\n1: nop', { compress: true }));
    expect(found.slice(0, 2)).toEqual(['bltz s0, 0x80000008', 'j 0x80001008']);
  });
});

describe('compression', () => {
  const source = 'addi a0, a0, 1\nlw a1, 4(sp)\nadd a0, a0, a1\nret';

  test('is off unless asked for', () => {
    expect(program(source).image.bytes.length).toBe(16);
    expect(listing(program(source, { compress: true }))).toEqual([
      'c.addi a0, 1',
      'c.lwsp a1, 4(sp)',
      'c.add a0, a1',
      'c.jr ra',
    ]);
  });

  test('is turned on and off by .option, and remembered by push and pop', () => {
    const found = listing(
      program('.option push\n.option rvc\nnop\n.option norvc\nnop\n.option pop\nnop\nc.nop\n'),
    );
    expect(found).toEqual(['c.nop', 'nop', 'nop', 'c.nop']);
  });
});

describe('syntax', () => {
  test.each<[name: string, source: string, expected: string[]]>([
    [
      'comments of all kinds',
      'nop # one\nnop // two\n/* three\n still */ nop /* four */\n',
      ['nop', 'nop', 'nop'],
    ],
    ['several statements on a line', 'nop; ecall ;; ret', ['nop', 'ecall', 'ret']],
    ['x names and fp', 'add x10, fp, x8', ['add a0, s0, s0']],
    [
      'a call with another link register clobbers no third',
      'call t0, f\nf: ret',
      ['auipc t0, 0x0', 'jalr t0, 8(t0)', 'ret'],
    ],
    ['comment signs in strings and characters', ".ascii \"#;\"\n.byte '#', ';'", ['.word 0x3b233b23']],
    [
      'a redefined symbol has the value it had before',
      '.set n, 1\nli a0, n\n.set n, 2\nli a0, n',
      ['li a0, 1', 'li a0, 2'],
    ],
    [
      'a constant used before its definition',
      'li a0, n\n.equ n, 0x12345',
      ['lui a0, 0x12', 'addi a0, a0, 837'],
    ],
    [
      'macro arguments by place, by name and by default',
      '.macro m a, b=2, c=3\nli \\a, \\b + \\c\n.endm\nm a0\nm a1, 5\nm c=7, a=a2',
      ['li a0, 5', 'li a1, 8', 'li a2, 9'],
    ],
    [
      'a macro that counts itself down',
      '.macro m n\nli a0, \\n\n.if \\n\nm (\\n - 1)\n.endif\n.endm\nm 2',
      ['li a0, 2', 'li a0, 1', 'li a0, 0'],
    ],
    [
      'labels of its own in each expansion',
      '.macro m\nl\\@: j l\\@\n.endm\nm\nm',
      ['j 0x80000000', 'j 0x80000004'],
    ],
  ])('%s', (_, source, expected) => {
    expect(listing(program(source))).toEqual(expected);
  });
});
