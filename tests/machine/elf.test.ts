import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  ElfError,
  type ElfErrorName,
  loadElf,
  PhysicalMemory,
  parseElf,
  RAM_BASE,
} from '../../src/machine/index.ts';

/** An executable of one segment at RAM's start, 8 bytes in the file and 16 in memory, with a symbol `tohost`. */
function sample(): Uint8Array {
  const file = new Uint8Array(0x200);
  const view = new DataView(file.buffer);
  const put = (offset: number, ...words: number[]) => {
    for (const [n, word] of words.entries()) view.setUint32(offset + 4 * n, word, true);
  };
  file.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
  put(16, 2 | (243 << 16), 1, RAM_BASE + 4, 52, 0x140, 0, 52 | (32 << 16), 1 | (40 << 16), 3);
  put(52, 1, 0x100, RAM_BASE, RAM_BASE, 8, 16, 5, 4096);
  file.set([1, 2, 3, 4, 5, 6, 7, 8], 0x100);
  put(0x110, 0, 0, 0, 0, 1, RAM_BASE + 8, 4, 0);
  file.set(new TextEncoder().encode('\0tohost\0'), 0x130);
  put(0x140 + 40, 0, 2, 0, 0, 0x110, 32, 2, 0, 4, 16);
  put(0x140 + 80, 0, 3, 0, 0, 0x130, 8, 0, 0, 1, 0);
  return file;
}

const broken = (change: (view: DataView) => void): ElfErrorName | 'no error' => {
  const file = sample();
  change(new DataView(file.buffer));
  try {
    parseElf(file);
    return 'no error';
  } catch (error) {
    if (!(error instanceof ElfError)) throw error;
    return error.rule;
  }
};

test('an executable gives its entry, segments and symbols, and is loaded with zeroes after the file’s bytes', () => {
  const elf = parseElf(sample());
  expect([elf.entry, elf.symbols.get('tohost')]).toEqual([RAM_BASE + 4, RAM_BASE + 8]);
  const memory = new PhysicalMemory({ base: RAM_BASE, size: 4096 });
  memory.fill(RAM_BASE, 32, 0xff);
  loadElf(elf, memory);
  expect([...memory.read(RAM_BASE, 18)]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255]);
});

test.each<[string, (view: DataView) => void, ElfErrorName]>([
  ['no magic', (v) => v.setUint8(1, 0x46), 'bad-magic'],
  ['64 bits', (v) => v.setUint8(4, 2), 'not-elf32'],
  ['big-endian', (v) => v.setUint8(5, 2), 'not-little-endian'],
  ['another machine', (v) => v.setUint16(18, 3, true), 'not-riscv'],
  ['an object file', (v) => v.setUint16(16, 1, true), 'not-executable'],
  ['program headers behind the end', (v) => v.setUint32(28, 0xffff_fff0, true), 'truncated'],
  ['program headers of another size', (v) => v.setUint16(42, 33, true), 'bad-segment'],
  ['a segment behind the end', (v) => v.setUint32(52 + 4, 0x1fc, true), 'truncated'],
  ['more in the file than in memory', (v) => v.setUint32(52 + 20, 4, true), 'bad-segment'],
  ['section headers behind the end', (v) => v.setUint32(32, 0x1f0, true), 'truncated'],
  ['a symbol without a name’s end', (v) => v.setUint32(0x120, 99, true), 'bad-section'],
  ['symbols that name no string table', (v) => v.setUint32(0x140 + 40 + 24, 9, true), 'bad-section'],
])('a file with %s is refused by name', (_, change, rule) => {
  expect(broken(change)).toBe(rule);
});

test('a segment outside of memory is refused before anything is written', () => {
  const memory = new PhysicalMemory({ base: RAM_BASE, size: 4096 });
  const elf = parseElf(sample());
  const outside = { ...elf, segments: [...elf.segments, { ...elf.segments[0]!, address: RAM_BASE + 4090 }] };
  expect(() => loadElf(outside, memory)).toThrow(expect.objectContaining({ rule: 'outside-memory' }));
  expect(memory.read32(RAM_BASE)).toBe(0);
});

test('whatever the bytes, a file is read or refused', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(0x1ff), fc.nat(255)), { maxLength: 12 }),
      fc.nat(0x200),
      (edits, length) => {
        const file = sample().slice(0, length);
        for (const [at, byte] of edits) if (at < length) file[at] = byte;
        try {
          parseElf(file);
        } catch (error) {
          expect(error).toBeInstanceOf(ElfError);
        }
      },
    ),
    { numRuns: 2000 },
  );
});
