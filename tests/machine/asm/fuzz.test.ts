/** Nothing a source can contain makes the assembler throw, hang or point outside of the source. */
import { expect, test } from 'vitest';
import { Random } from '../../../src/base/index.ts';
import { assemble, instructions } from '../../../src/machine/index.ts';

const pieces = [
  ...[
    'a0',
    'sp',
    'x31',
    'zero',
    'mstatus',
    '.',
    '1f',
    '1b',
    '99',
    '-1',
    '0x7ff',
    '4096',
    '0xffffffff',
    "'a'",
    '08',
    '0b',
  ],
  ...[
    '(',
    ')',
    ',',
    ',',
    ':',
    ';',
    '+',
    '-',
    '*',
    '/',
    '%',
    '<<',
    '>>',
    '==',
    '&&',
    '!',
    '~',
    '=',
    '@',
    '\\',
    '"',
    "'",
  ],
  ...[
    '%hi(x)',
    '%lo(',
    '%pcrel_lo(1b)',
    '%pcrel_hi(x)',
    '%got_pcrel_hi(x)',
    '/*',
    '*/',
    '//',
    '#',
    '\t',
    '\u00e9',
    '\u{1f600}',
    '\0',
  ],
  ...[
    '"text"',
    '"a\\n',
    '"\\q"',
    'x',
    'y',
    'loop',
    'iorw',
    '\\a',
    '\\@',
    '\\()',
    '0(sp)',
    '8(a0)',
    '(a0)',
    '$',
    '`',
    '{',
  ],
  ...[
    '.macro',
    '.endm',
    '.rept',
    '.endr',
    '.irp',
    '.if',
    '.else',
    '.elseif',
    '.endif',
    '.ifdef',
    '.ifndef',
    'm',
    'm 1, 2',
  ],
  ...[
    '.byte',
    '.word',
    '.dword',
    '.ascii',
    '.asciz',
    '.zero',
    '.space',
    '.fill',
    '.align',
    '.balign',
    '.p2align',
    '.org',
    '.set',
  ],
  ...[
    '.equ',
    '.globl',
    '.type',
    '.size',
    '.comm',
    '.lcomm',
    '.section',
    '.text',
    '.data',
    '.bss',
    '.option',
    'rvc',
    'norvc',
    'push',
  ],
  ...[
    'pop',
    '.pushsection',
    '.popsection',
    '.previous',
    '.error',
    '.include',
    '.rodata',
    '@function',
    'x:',
    'y:',
    '1:',
    'la',
    'li',
  ],
  ...[
    'call',
    'tail',
    'jump',
    'sext.b',
    'lw a0, x',
    'beq a0, a1, x',
    'j y',
    'li a0, y - x',
    '.zero y - x',
    '.space 100000',
  ],
];

function anySource(random: Random): string {
  const lines = Array.from({ length: random.between(1, 30) }, () => {
    const words = Array.from({ length: random.between(0, 7) }, () =>
      random.chance(1, 4) ? random.pick(instructions).name : random.pick(pieces),
    );
    return words.join(random.pick(['', ' ', ' ', ' ', ', ']));
  });
  return lines.join(random.pick(['\n', '\n', '\r\n', ';']));
}

/** What must hold for any source. */
function check(source: string, seed: string): void {
  const result = assemble(source, { compress: source.length % 2 === 0 });
  if (result.ok) {
    const { image, lines } = result.program;
    for (const { address, length } of lines) {
      expect(address, seed).toBeGreaterThanOrEqual(image.address);
      expect(address + length, seed).toBeLessThanOrEqual(image.address + image.bytes.length);
    }
    return;
  }
  expect(result.errors.length, seed).toBeGreaterThan(0);
  const text = source.split(/\r\n|\n|\r/);
  for (const { line, column, length, message } of result.errors) {
    expect(message.length, seed).toBeGreaterThan(5);
    expect(message, seed).not.toMatch(/undefined|NaN|\[object|\0/);
    expect(text[line - 1], `${seed} ${line}:${column} ${message}`).toBeDefined();
    expect(column, seed).toBeGreaterThanOrEqual(1);
    expect(column, `${seed} ${line}:${column} ${message}`).toBeLessThanOrEqual(text[line - 1]!.length + 2);
    expect(length, seed).toBeGreaterThanOrEqual(1);
  }
}

test.each(Array.from({ length: 10 }, (_, i) => `source ${i}`))(
  'sources of random pieces, seed %s',
  (seed) => {
    const random = Random.fromSeed(seed);
    for (let i = 0; i < 150; i++) check(anySource(random), `${seed}, number ${i}`);
  },
);

test('random bytes', () => {
  const random = Random.fromSeed('bytes');
  for (let i = 0; i < 500; i++)
    check(String.fromCharCode(...random.bytes(random.between(1, 200))), `number ${i}`);
});

/** Sources made to exhaust something. */
const hostile: Readonly<Record<string, string>> = {
  'a space of 2 GiB': '.space 0x7fffffff',
  'a space of 2^62': '.space 1 << 62',
  'a negative space': '.space -5',
  'many spaces': '.rept 100000\n.space 0x1000000\n.endr',
  'a long repetition': '.rept 1000000000\nnop\n.endr',
  'nested repetition': '.rept 10000\n.rept 10000\nnop\n.endr\n.endr',
  'a repetition of nothing': '.rept 0x7fffffffffffffff\n.endr',
  'nested repetition of nothing': '.rept 100000\n.rept 100000\n.endr\n.endr',
  'a macro that uses itself': '.macro m\nm\nm\n.endm\nm',
  'macros that use each other': '.macro a\nb\nb\n.endm\n.macro b\na\na\n.endm\na',
  'deep brackets': `.word ${'('.repeat(100_000)}1`,
  'deep signs': `.word ${'-'.repeat(100_000)}1`,
  'a long sum': `.word ${'1+'.repeat(100_000)}1`,
  'symbols in a circle': '.equ a, b\n.equ b, a\n.word a',
  'a long chain of symbols': `${Array.from({ length: 5000 }, (_, i) => `.equ v${i}, v${i + 1}`).join('\n')}\n.word v0`,
  'a doubling chain of symbols': `${Array.from({ length: 80 }, (_, i) => `.equ v${i}, v${i + 1} + v${i + 1}`).join('\n')}\n.equ v80, 1\n.word v0`,
  'a space that depends on itself': 'a: .space 1000 - (b - a)\nb: .space (b - a) * 2',
  'spaces that chase each other': 'a: .space c - b\nb: .space 1 - (b - a)\nc:',
  'an org far away': '.org 0xffffffffff',
  'an org back': 'nop\n.org 0',
  'an argument that doubles': `.macro m a\n.ifdef x\n.endif\nm \\a\\a\\a\\a\\a\\a\\a\\a\n.endm\nm 12345678`,
  'an unclosed comment': 'nop /* never',
  'an unclosed macro': '.macro m\nnop',
  'an unclosed condition': '.if 1\nnop',
  'a long word': `${'a'.repeat(1_000_000)} a0, a1`,
  'a long string': `.ascii "${'x'.repeat(200_000)}"`,
};

test.each(Object.entries(hostile))('%s', (name, source) => {
  check(source, name);
});
