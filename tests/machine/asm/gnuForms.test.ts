/**
 * Every form of every instruction with random operands, assembled by GNU as and by ours to equal bytes; and random encodings read by
 * objdump as by ours. Skipped where GNU binutils for RISC-V is not installed.
 */
import { describe, expect, test } from 'vitest';
import { Random } from '../../../src/base/index.ts';
import {
  assemble,
  disassemble,
  type FieldName,
  fieldOf,
  fieldsOf,
  type Instruction,
  instructions,
} from '../../../src/machine/index.ts';
import { gnuAssemble, gnuAssembler, gnuDisassemble } from '../../support/gnuRiscv.ts';

/** Register names in both spellings. */
const register = (random: Random, number: number) =>
  random.chance(1, 2) ? `x${number}` : (disassemble(0x33 | (number << 7)).text.split(/[ ,]+/)[1] ?? '');

/** A value the field takes and that is no hint; often near a limit or small. */
function valueFor(row: Instruction, name: FieldName, random: Random): number {
  const field = fieldOf(name);
  for (;;) {
    const steps = (field.high - field.low) / field.multiple;
    const value = random.chance(1, 4)
      ? random.pick([field.low, field.high])
      : field.kind === 'register'
        ? random.chance(1, 2)
          ? random.pick([0, 1, 2, 8, 9, 10, 15].filter((n) => n >= field.low && n <= field.high))
          : random.between(field.low, field.high)
        : random.chance(1, 2)
          ? field.low + field.multiple * random.below(steps + 1)
          : Math.max(field.low, Math.min(field.high, field.multiple * random.between(-40, 40)));
    if (!field.not.includes(value) && row.hints?.[name] !== value) return value;
  }
}

/** The text of one operand field. */
function written(row: Instruction, name: FieldName, random: Random): string {
  const field = fieldOf(name);
  const value = valueFor(row, name, random);
  switch (field.kind) {
    case 'register':
      return register(random, value);
    case 'target':
      return value < 0 ? `.${value}` : `.+${value}`;
    case 'fence':
      return [...'iorw'].filter((_, i) => (value || 3) & (8 >> i)).join('');
    case 'csr':
      return random.chance(1, 2)
        ? `0x${value.toString(16)}`
        : random.pick(['mstatus', 'hgatp', 'vsatp', 'time', 'pmpaddr63']);
    case 'immediate':
      return field.wraps20
        ? `0x${(value & 0xf_ffff).toString(16)}`
        : random.chance(1, 3)
          ? String(value)
          : `${value < 0 ? '-' : ''}0x${Math.abs(value).toString(16)}`;
  }
}

/** A line of assembly: one row of the table, filled in. */
function lineFor(row: Instruction, random: Random): string {
  const operands = row.operands.map((operand) => {
    if (operand.kind === 'literal') return operand.register;
    if (operand.kind === 'field') return written(row, operand.field, random);
    const base = operand.base === 'sp' ? 'sp' : written(row, operand.base, random);
    return `${operand.offset === null ? '' : written(row, operand.offset, random)}(${base})`;
  });
  return `${row.name} ${operands.join(', ')}`;
}

/** `lines` whose bytes differ, as "line: GNU's bytes, ours". */
function differences(head: string, lines: readonly string[], gnuLines = lines): string[] {
  const numbered = (list: readonly string[]) => `${head}\n${list.join('\n')}\n`;
  const expected = gnuAssemble(numbered(gnuLines)).get('.text')!;
  const result = assemble(numbered(lines));
  if (!result.ok) return result.errors.slice(0, 10).map((e) => `${lines[e.line - 2]}: ${e.message}`);
  const { bytes, address } = result.program.image;
  const hex = (from: Uint8Array, at: number, length: number) =>
    Buffer.from(from.subarray(at, at + length)).toString('hex');
  for (const entry of result.program.lines) {
    const at = entry.address - address;
    const [gnu, ours] = [hex(expected, at, entry.length), hex(bytes, at, entry.length)];
    // Only the first: what follows is shifted.
    if (gnu !== ours) return [`${lines[entry.line - 2]}: GNU ${gnu}, ours ${ours}`];
  }
  return expected.length === bytes.length ? [] : [`GNU ${expected.length} bytes, ours ${bytes.length}`];
}

describe.skipIf(!gnuAssembler)('against GNU as', () => {
  const plain = instructions.filter((row) => row.extension !== 'C');
  // GNU as takes these as 64-bit instructions only, or not at all under this name.
  const ours = new Set(['c.unimp']);
  const compressed = instructions.filter(
    (row) => row.extension === 'C' && !ours.has(row.name) && !/64$/.test(row.name),
  );

  test.each(['a', 'b'])('every 32-bit form, pseudo-instructions too, seed %s', (seed) => {
    const random = Random.fromSeed(seed);
    const lines = plain.flatMap((row) => Array.from({ length: 8 }, () => lineFor(row, random)));
    expect(differences('.option norvc', lines)).toEqual([]);
  });

  test.each(['a', 'b'])('every compressed instruction by its own name, seed %s', (seed) => {
    const random = Random.fromSeed(seed);
    const lines = compressed.flatMap((row) => Array.from({ length: 30 }, () => lineFor(row, random)));
    expect(differences('.option rvc', lines)).toEqual([]);
  });

  test.each(['a', 'b', 'c'])('instructions are compressed where GNU as compresses them, seed %s', (seed) => {
    const random = Random.fromSeed(seed);
    const rows = plain.filter((row) => !fieldsOf(row).some((name) => fieldOf(name).kind === 'target'));
    const lines = rows
      .flatMap((row) => Array.from({ length: 60 }, () => lineFor(row, random)))
      // GNU as leaves a copy of x0, and jalr in its long spellings, at 32 bits, though c.li, c.jr and c.jalr do the same.
      .filter((line) => !/^mv \w+, (zero|x0)$|^(jalr|jr) .*[,(]/.test(line));
    expect(differences('.option rvc', lines)).toEqual([]);
  });
});

/** One spelling for both readers: blanks, and names objdump 2.40 spells by other rules (see the disassembler's head). */
function normal(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .replace(/, /g, ',')
    .replace(/ <[^>]*>/g, '')
    .replace(/^\.(2byte|short|4byte|word) .*/, 'data')
    .replace(/\bunknown\b/g, '0')
    .replace(/^unimp$/, 'csrrw zero,cycle,zero')
    .replace(/^c\.addi zero,0$/, 'c.nop');
}

/** Encodings that only RV64 has or that RV32C reserves, which objdump 2.40 reads all the same. */
function onlyObjdump(encoding: number, gnu: string): boolean {
  if (/^(slli|srli|srai) /.test(gnu)) return (encoding & 0x0200_0000) !== 0;
  if (/^c\.(slli|srli|srai)(64)? /.test(gnu)) return (encoding & 0x1000) !== 0;
  // Withdrawn from the privileged architecture.
  if (/^(uret|hret|sfence\.vm( \w+)?)$/.test(gnu)) return true;
  return gnu === 'c.addi16sp sp,0';
}

/** objdump's other spelling of immediate forms: `add a0,a0,1` for addi, `csrw fcsr,1` for csrwi. */
const immediateForm = (text: string) =>
  text.replace(/^(add|xor|or|and|sll|srl|sra|csrr?[wsc]) ((?:\w+,)+-?\d\w*)$/, '$1i $2');

describe.skipIf(!gnuAssembler)('against objdump', () => {
  const compare = (encodings: readonly number[], aliases = false) => {
    const source = encodings.map((e) => ((e & 3) === 3 ? `.word ${e}` : `.half ${e}`)).join('\n');
    const expected = gnuDisassemble(source, aliases);
    const wrong: string[] = [];
    let address = 0;
    for (const encoding of encodings) {
      const read = normal(expected.get(address) ?? 'nothing');
      const gnu = aliases ? immediateForm(read) : read;
      const { text, length } = disassemble(encoding, { address, aliases });
      if (gnu !== normal(text) && !onlyObjdump(encoding, gnu))
        wrong.push(`0x${encoding.toString(16)}: objdump ${gnu}, ours ${normal(text)}`);
      address += length;
    }
    return wrong.slice(0, 20);
  };

  test('all 4,096 CSR numbers', () => {
    expect(compare(Array.from({ length: 4096 }, (_, csr) => ((csr << 20) | 0x2573) >>> 0))).toEqual([]);
  });

  test('all 49,152 compressed encodings', () => {
    expect(compare(Array.from({ length: 65536 }, (_, i) => i).filter((half) => (half & 3) !== 3))).toEqual(
      [],
    );
  });

  test.each(['a', 'b'])('pseudo-instructions, seed %s', (seed) => {
    const random = Random.fromSeed(seed);
    const rows = instructions.filter((row) => row.length === 4 && !row.writtenOnly && row.name !== 'unimp');
    const encodings = rows.flatMap((row) =>
      Array.from({ length: 40 }, () => (row.match | (random.uint32() & ~row.mask)) >>> 0),
    );
    // Of two that fit a comparison of x0 with itself, objdump takes the other.
    const ambiguous = /^(bgez|blez|bltz|bgtz) zero/;
    const clear = encodings.filter((word) => !ambiguous.test(disassemble(word).text));
    expect(compare(clear, true)).toEqual([]);
  });

  test.each(['a', 'b'])('32-bit encodings near every instruction, seed %s', (seed) => {
    const random = Random.fromSeed(seed);
    const rows = instructions.filter((row) => row.length === 4 && row.alias === undefined);
    const encodings = rows.flatMap((row) =>
      Array.from({ length: 60 }, () => {
        const word = (row.match | (random.uint32() & ~row.mask)) >>> 0;
        // Some with a fixed bit turned over: most are another instruction or none.
        return random.chance(1, 3) ? (word ^ (1 << random.between(7, 31))) >>> 0 : word;
      }),
    );
    expect(compare(encodings)).toEqual([]);
  });

  test.each(['a', 'b'])('words at random, seed %s', (seed) => {
    const random = Random.fromSeed(seed);
    const words = Array.from({ length: 20000 }, () => (random.uint32() | 3) >>> 0).filter(
      (w) => (w & 0x1f) !== 0x1f,
    );
    expect(compare(words)).toEqual([]);
  });
});
