/** Assembling what the disassembler says gives the encoding back, and it always says something. */
import { describe, expect, test } from 'vitest';
import { Random } from '../../../src/base/index.ts';
import { assemble, disassemble, fieldsOf, instructions } from '../../../src/machine/index.ts';

/** Encodings to look at: all kinds of instructions with random operand bits, and words at random. */
function randomEncodings(random: Random, count: number): number[] {
  return Array.from({ length: count }, () => {
    if (random.chance(1, 4)) return random.uint32();
    const row = random.pick(instructions);
    const noise = random.chance(1, 3) ? 0 : random.uint32();
    const word = (row.match | (noise & ~row.mask)) >>> 0;
    return row.length === 2 ? word & 0xffff : word;
  });
}

/** The program that has these encodings one after another, each as its own text at its address. */
function sourceOf(encodings: readonly number[], aliases: boolean): { source: string; bytes: number[] } {
  let address = 0x8000_0000;
  const lines: string[] = [];
  const bytes: number[] = [];
  for (const encoding of encodings) {
    const { text, length } = disassemble(encoding, { address, aliases });
    lines.push(text);
    for (let i = 0; i < length; i++) bytes.push((encoding >>> (8 * i)) & 0xff);
    address += length;
  }
  return { source: lines.join('\n'), bytes };
}

describe.each([true, false])('with aliases %s', (aliases) => {
  test.each(['one', 'two', 'three'])('assemble(disassemble(words of seed %s)) gives the words', (seed) => {
    const { source, bytes } = sourceOf(randomEncodings(Random.fromSeed(seed), 4000), aliases);
    const result = assemble(source);
    if (!result.ok) {
      const lines = source.split('\n');
      expect(result.errors.slice(0, 5).map((e) => `${lines[e.line - 1]}: ${e.message}`)).toEqual([]);
      return;
    }
    const found = [...result.program.image.bytes];
    const at = bytes.findIndex((byte, i) => byte !== found[i]);
    const line = result.program.lines.findLast((entry) => entry.address - 0x8000_0000 <= at)?.line ?? 0;
    expect(at === -1 ? 'equal' : source.split('\n')[line - 1], `seed ${seed}`).toBe('equal');
    expect(found.length).toBe(bytes.length);
  });

  test('all 65,536 halves: every compressed instruction or data gives itself back', () => {
    const halves = Array.from({ length: 65536 }, (_, i) => i).filter((half) => (half & 3) !== 3);
    const { source, bytes } = sourceOf(halves, aliases);
    const result = assemble(source);
    expect(result.ok ? [] : result.errors.slice(0, 5)).toEqual([]);
    if (result.ok) expect(Buffer.from(result.program.image.bytes).equals(Buffer.from(bytes))).toBe(true);
  });
});

test('every row of the table is read as itself for some operands', () => {
  const shown = instructions.filter((row) => !row.writtenOnly);
  const random = Random.fromSeed('rows');
  const missed = shown.filter((row) => {
    for (let i = 0; i < 200; i++) {
      const word = (row.match | (random.uint32() & ~row.mask)) >>> 0;
      if (disassemble(word).instruction === row) return false;
    }
    return true;
  });
  expect(missed.map((row) => `${row.name} ${row.syntax}`)).toEqual([]);
});

test('masks and fields together cover an encoding exactly', () => {
  for (const row of instructions) {
    expect(row.match & ~row.mask, row.name).toBe(0);
    expect(new Set(fieldsOf(row)).size, row.name).toBe(fieldsOf(row).length);
  }
});
