/**
 * ELF32 executables for RISC-V (System V ABI, "Object Files"; RISC-V ELF psABI): what a loader needs, with every offset checked
 * against the file. A file that breaks a rule is an {@link ElfError} with a name for the rule.
 */
import { decodeUtf8 } from '../base/index.ts';
import type { PhysicalMemory } from './memory.ts';

export type ElfErrorName =
  | 'truncated'
  | 'bad-magic'
  | 'not-elf32'
  | 'not-little-endian'
  | 'not-riscv'
  | 'not-executable'
  | 'bad-segment'
  | 'bad-section'
  | 'outside-memory';

export class ElfError extends Error {
  override readonly name = 'ElfError';
  readonly rule: ElfErrorName;

  constructor(rule: ElfErrorName, message: string) {
    super(message);
    this.rule = rule;
  }
}

/** A part of the file that is loaded: `data` at the physical address, zeroes up to `memorySize` bytes. */
export interface ElfSegment {
  readonly address: number;
  readonly data: Uint8Array;
  readonly memorySize: number;
}

export interface Elf {
  /** Where execution starts. */
  readonly entry: number;
  readonly segments: readonly ElfSegment[];
  /** Values of named symbols. */
  readonly symbols: ReadonlyMap<string, number>;
}

const EM_RISCV = 243;
const ET_EXEC = 2;
const PT_LOAD = 1;
const SHT_SYMTAB = 2;
const HEADER_BYTES = 52;
const PROGRAM_HEADER_BYTES = 32;
const SECTION_HEADER_BYTES = 40;
const SYMBOL_BYTES = 16;

/** Reads an executable; throws {@link ElfError}. */
export function parseElf(file: Uint8Array): Elf {
  if (file.length < 4 || !(file[0] === 0x7f && file[1] === 0x45 && file[2] === 0x4c && file[3] === 0x46)) {
    throw new ElfError('bad-magic', 'not an ELF file: the first four bytes are not 7f 45 4c 46');
  }
  const header = part(file, 0, HEADER_BYTES, 'the ELF header');
  if (header.getUint8(4) !== 1) throw new ElfError('not-elf32', 'not a 32-bit ELF file');
  if (header.getUint8(5) !== 1) throw new ElfError('not-little-endian', 'not a little-endian ELF file');
  const machine = header.getUint16(18, true);
  if (machine !== EM_RISCV) throw new ElfError('not-riscv', `machine ${machine} is not RISC-V (243)`);
  const type = header.getUint16(16, true);
  if (type !== ET_EXEC) throw new ElfError('not-executable', `ELF type ${type} is not an executable (2)`);
  return {
    entry: header.getUint32(24, true),
    segments: readSegments(file, header),
    symbols: readSymbols(file, header),
  };
}

/** Copies the segments into RAM; throws {@link ElfError} when one does not fit, before anything is written. */
export function loadElf(elf: Elf, memory: PhysicalMemory): void {
  for (const { address, memorySize } of elf.segments) {
    if (!memory.contains(address, memorySize)) {
      const range = `0x${address.toString(16)} + 0x${memorySize.toString(16)}`;
      throw new ElfError('outside-memory', `a segment at ${range} does not lie in memory`);
    }
  }
  for (const { address, data, memorySize } of elf.segments) {
    memory.fill(address, memorySize, 0);
    memory.write(address, data);
  }
}

/** A view of `length` bytes of the file, or the error that they are not there. */
function part(file: Uint8Array, offset: number, length: number, what: string): DataView {
  if (offset + length > file.length) {
    throw new ElfError('truncated', `${what} ends at byte ${offset + length} of a file of ${file.length}`);
  }
  return new DataView(file.buffer, file.byteOffset + offset, length);
}

function readSegments(file: Uint8Array, header: DataView): ElfSegment[] {
  const offset = header.getUint32(28, true);
  const size = header.getUint16(42, true);
  const count = header.getUint16(44, true);
  if (count > 0 && size !== PROGRAM_HEADER_BYTES) {
    throw new ElfError('bad-segment', `program headers of ${size} bytes, not ${PROGRAM_HEADER_BYTES}`);
  }
  const segments: ElfSegment[] = [];
  for (let i = 0; i < count; i++) {
    const view = part(file, offset + i * size, size, `program header ${i}`);
    const fileSize = view.getUint32(16, true);
    const memorySize = view.getUint32(20, true);
    if (view.getUint32(0, true) !== PT_LOAD || memorySize === 0) continue;
    if (fileSize > memorySize) {
      throw new ElfError('bad-segment', `segment ${i} has ${fileSize} bytes for ${memorySize} of memory`);
    }
    const start = view.getUint32(4, true);
    part(file, start, fileSize, `segment ${i}`);
    segments.push({
      address: view.getUint32(12, true),
      data: file.subarray(start, start + fileSize),
      memorySize,
    });
  }
  return segments;
}

function readSymbols(file: Uint8Array, header: DataView): Map<string, number> {
  const symbols = new Map<string, number>();
  const offset = header.getUint32(32, true);
  const size = header.getUint16(46, true);
  const count = offset === 0 ? 0 : header.getUint16(48, true);
  if (count > 0 && size !== SECTION_HEADER_BYTES) {
    throw new ElfError('bad-section', `section headers of ${size} bytes, not ${SECTION_HEADER_BYTES}`);
  }
  const section = (i: number) => {
    const view = part(file, offset + i * size, size, `section header ${i}`);
    return {
      type: view.getUint32(4, true),
      start: view.getUint32(16, true),
      length: view.getUint32(20, true),
      link: view.getUint32(24, true),
    };
  };
  for (let i = 0; i < count; i++) {
    const table = section(i);
    if (table.type !== SHT_SYMTAB) continue;
    if (table.link >= count)
      throw new ElfError('bad-section', `symbols name section ${table.link} of ${count}`);
    const names = section(table.link);
    part(file, names.start, names.length, 'the string table');
    const view = part(file, table.start, table.length, 'the symbol table');
    const text = file.subarray(names.start, names.start + names.length);
    for (let at = 0; at + SYMBOL_BYTES <= table.length; at += SYMBOL_BYTES) {
      const name = nameAt(text, view.getUint32(at, true));
      if (name !== '') symbols.set(name, view.getUint32(at + 4, true));
    }
  }
  return symbols;
}

/** The zero-terminated name at `start`; a name outside of the table or without an end breaks a rule. */
function nameAt(text: Uint8Array, start: number): string {
  if (start === 0) return '';
  const end = text.indexOf(0, start);
  if (start >= text.length || end < 0) {
    throw new ElfError('bad-section', `a symbol's name at ${start} has no end in ${text.length} bytes`);
  }
  return decodeUtf8(text.subarray(start, end));
}
