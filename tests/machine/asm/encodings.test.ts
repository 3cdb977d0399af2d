/** Every form of the table against recorded encodings, and the words of a learner against the specification's. */
import { describe, expect, test } from 'vitest';
import { assemble, disassemble, instructions } from '../../../src/machine/index.ts';
import { encodings } from '../../support/riscvEncodings.ts';

function firstWord(source: string): number {
  const result = assemble(source);
  if (!result.ok) throw new Error(result.errors.map((e) => e.message).join('; '));
  const { bytes } = result.program.image;
  const view = new DataView(bytes.buffer);
  return bytes.length === 2 ? view.getUint16(0, true) : view.getUint32(0, true);
}

const hex = (value: number) => `0x${value.toString(16)}`;

describe('recorded from GNU as', () => {
  test('every form is assembled to the recorded encoding', () => {
    expect(encodings.map(([text]) => [text, hex(firstWord(text))])).toEqual(
      encodings.map(([text, encoding]) => [text, hex(encoding)]),
    );
  });

  test('every form but those only written is read back as its text', () => {
    const onlyWritten = new Set(
      instructions.filter((row) => row.writtenOnly).map((row) => `${row.name} ${row.operands.length}`),
    );
    const shown = encodings.filter(
      ([text]) =>
        !onlyWritten.has(`${text.split(' ')[0]} ${text.split(',').length}`) && !/^(scall|sbreak)/.test(text),
    );
    expect(shown.length).toBeGreaterThan(180);
    expect(shown.map(([, encoding]) => disassemble(encoding, { address: 0x8000_0000 }).text)).toEqual(
      shown.map(([text]) => text),
    );
  });

  test('no form of the table is missing', () => {
    const seen = new Set(encodings.map(([text]) => text.split(' ')[0]));
    const hints = new Set(['c.unimp', 'c.slli64', 'c.srli64', 'c.srai64']);
    expect(instructions.map((row) => row.name).filter((name) => !seen.has(name) && !hints.has(name))).toEqual(
      [],
    );
  });
});

test.each([
  // What objdump does not know is told by the specification: reserved encodings are no instructions.
  ['slli with a shift of 32 (Unprivileged ISA, 2.4.1)', 0x0205_1513, '.word 0x2051513'],
  ['c.addi16sp by 0 (reserved)', 0x6101, '.short 0x6101'],
  ['c.lwsp into x0 (reserved)', 0x4002, '.short 0x4002'],
  ['c.lui by 0 (reserved)', 0x6501, '.short 0x6501'],
  ['c.jr x0 (reserved)', 0x8002, '.short 0x8002'],
  ['c.subw of RV64', 0x9c21 & ~0x20, '.short 0x9c01'],
  ['c.fld of RV32DC', 0x2000, '.short 0x2000'],
  ['flw', 0x0005_2507, '.word 0x52507'],
  ['all ones', 0xffff_ffff, '.word 0xffffffff'],
  ['all zeros', 0, 'c.unimp'],
  ['lr.w with rs2', 0x1015_252f, '.word 0x1015252f'],
])('%s', (_, encoding, text) => {
  expect(disassemble(encoding).text).toBe(text);
});

test.each([
  ['without pseudo-instructions', 0x0010_0513, { aliases: false }, 'addi a0, zero, 1'],
  ['with them', 0x0010_0513, {}, 'li a0, 1'],
  [
    'a target with its symbol',
    0x0080_006f,
    { address: 0x100, symbolAt: (a: number) => (a === 0x108 ? 'main+0x8' : undefined) },
    'j 0x108 <main+0x8>',
  ],
  ['the low half alone, of a word that begins with a compressed instruction', 0xffff_4505, {}, 'c.li a0, 1'],
])('%s', (_, encoding, options, text) => {
  expect(disassemble(encoding, options).text).toBe(text);
});
