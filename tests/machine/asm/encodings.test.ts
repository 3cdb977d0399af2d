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

test.each<[name: string, number: number]>([
  // Privileged Architecture, "CSR Listing": one of each group, and all of the hypervisor's.
  ...Object.entries({
    fcsr: 0x003,
    cycle: 0xc00,
    timeh: 0xc81,
    hpmcounter31: 0xc1f,
    sstatus: 0x100,
    satp: 0x180,
  }),
  ...Object.entries({
    hstatus: 0x600,
    hedeleg: 0x602,
    hideleg: 0x603,
    hie: 0x604,
    htimedelta: 0x605,
    hcounteren: 0x606,
  }),
  ...Object.entries({
    hgeie: 0x607,
    henvcfg: 0x60a,
    htimedeltah: 0x615,
    henvcfgh: 0x61a,
    htval: 0x643,
    hip: 0x644,
  }),
  ...Object.entries({
    hvip: 0x645,
    htinst: 0x64a,
    hgatp: 0x680,
    hcontext: 0x6a8,
    hgeip: 0xe12,
    vsstatus: 0x200,
  }),
  ...Object.entries({
    vsie: 0x204,
    vstvec: 0x205,
    vsscratch: 0x240,
    vsepc: 0x241,
    vscause: 0x242,
    vstval: 0x243,
  }),
  ...Object.entries({
    vsip: 0x244,
    vsatp: 0x280,
    mstatus: 0x300,
    mstatush: 0x310,
    mtinst: 0x34a,
    mtval2: 0x34b,
  }),
  ...Object.entries({ pmpcfg15: 0x3af, pmpaddr63: 0x3ef, mhpmevent31: 0x33f, mhartid: 0xf14, dpc: 0x7b1 }),
])('the CSR %s has its number', (name, number) => {
  expect(hex(firstWord(`csrr a0, ${name}`))).toBe(hex(firstWord(`csrr a0, ${number}`)));
  expect(disassemble(firstWord(`csrr a0, ${number}`), { aliases: false }).text).toBe(
    `csrrs a0, ${name}, zero`,
  );
});

test.each<[expression: string, value: number]>([
  // GNU as's precedence and 64-bit arithmetic, as GNU as evaluates them.
  ['1 + 2 * 3', 7],
  ['1 + 2 | 4', 7],
  ['6 & 3 + 1', 3],
  ['1 << 3 + 1', 9],
  ['10 - 3 - 2', 5],
  ['3 - 1 == 1 + 1', -1],
  ['1 < 2 && 2 < 3', 1],
  ['1 || 0 && 0', 1],
  ['-7 / 2', -3],
  ['-7 % 3', -1],
  ['-1 >> 60', 15],
  ['!5', 0],
  ['!0', 1],
  ['~5 & 0xf', 10],
  ["'A' + 1", 66],
  ['017', 15],
  ['0b101', 5],
  ['(1 + 2) * 3', 9],
])('%s is %d', (expression, value) => {
  expect(firstWord(`.word ${expression}`) | 0).toBe(value);
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
