/**
 * A program as an ELF32 executable for RISC-V (System V ABI, "Object Files"; RISC-V ELF psABI, "ELF Object Files"): one segment a
 * section, a symbol table, section headers so that objdump and readelf show what is in it.
 */
import { concatBytes, encodeUtf8 } from '../../base/index.ts';
import type { Program, ProgramSection, ProgramSymbol } from './assembler.ts';

const HEADER = 52;
const SEGMENT = 32;
const SYMBOL = 16;
const PAGE = 4096;

const EM_RISCV = 243;
const EF_RISCV_RVC = 1;
const PT_LOAD = 1;
const SHT = { null: 0, progbits: 1, symtab: 2, strtab: 3, nobits: 8 } as const;
const SHF = { write: 1, alloc: 2, execute: 4 } as const;
const PF = { execute: 1, write: 2, read: 4 } as const;
const STT = { notype: 0, object: 1, function: 2 } as const;
const STB_GLOBAL = 1;
const SHN_ABS = 0xfff1;

/** Little-endian words. */
function words(...values: number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => {
    view.setUint32(4 * i, value, true);
  });
  return bytes;
}

function halves(...values: number[]): Uint8Array {
  const bytes = new Uint8Array(2 * values.length);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => {
    view.setUint16(2 * i, value, true);
  });
  return bytes;
}

/** Strings, each once, and where they stand. */
class StringTable {
  #bytes: Uint8Array[] = [Uint8Array.of(0)];
  #length = 1;

  add(text: string): number {
    const at = this.#length;
    const bytes = concatBytes([encodeUtf8(text), Uint8Array.of(0)]);
    this.#bytes.push(bytes);
    this.#length += bytes.length;
    return at;
  }

  get bytes(): Uint8Array {
    return concatBytes(this.#bytes);
  }
}

function segmentFlags({ executable, writable }: ProgramSection): number {
  return PF.read | (executable ? PF.execute : 0) | (writable ? PF.write : 0);
}

function sectionFlags({ executable, writable }: ProgramSection): number {
  return SHF.alloc | (executable ? SHF.execute : 0) | (writable ? SHF.write : 0);
}

/** Local symbols stand before global ones; the linker's own `.L` names are left out. */
function symbolTable(program: Program, strings: StringTable): { bytes: Uint8Array; locals: number } {
  const shown = [...program.symbols.values()].filter(({ name }) => !name.startsWith('.L'));
  const ordered = [...shown.filter((s) => !s.global), ...shown.filter((s) => s.global)];
  const index = (name: string | null) =>
    name === null ? SHN_ABS : 1 + program.sections.findIndex((section) => section.name === name);
  const entry = ({ name, value, size, type, global, section }: ProgramSymbol) => {
    const info = ((global ? STB_GLOBAL : 0) << 4) | STT[type ?? 'notype'];
    return concatBytes([
      words(strings.add(name), value, size),
      Uint8Array.of(info, 0),
      halves(index(section)),
    ]);
  };
  const bytes = concatBytes([new Uint8Array(SYMBOL), ...ordered.map(entry)]);
  return { bytes, locals: 1 + shown.filter((s) => !s.global).length };
}

/** The file. Its bytes depend on the program alone. */
export function writeElf(program: Program): Uint8Array {
  const { sections, entry } = program;
  const parts: Uint8Array[] = [];
  let offset = HEADER + SEGMENT * sections.length;
  const append = (bytes: Uint8Array, boundary: number, remainder = 0): number => {
    const gap = (((remainder - offset) % boundary) + boundary) % boundary;
    parts.push(new Uint8Array(gap), bytes);
    const at = offset + gap;
    offset = at + bytes.length;
    return at;
  };

  const names = new StringTable();
  const segments: Uint8Array[] = [];
  const headers: Uint8Array[] = [words(0, SHT.null, 0, 0, 0, 0, 0, 0, 0, 0)];
  for (const section of sections) {
    const { name, address, bytes, nobits, align } = section;
    // Offset and address agree in a page, so that a loader can map the file (System V ABI, "Program Loading").
    const at = append(nobits ? new Uint8Array(0) : bytes, PAGE, address % PAGE);
    const inFile = nobits ? 0 : bytes.length;
    segments.push(words(PT_LOAD, at, address, address, inFile, bytes.length, segmentFlags(section), PAGE));
    const type = nobits ? SHT.nobits : SHT.progbits;
    headers.push(
      words(names.add(name), type, sectionFlags(section), address, at, bytes.length, 0, 0, align, 0),
    );
  }

  const strings = new StringTable();
  const symbols = symbolTable(program, strings);
  const symbolsAt = append(symbols.bytes, 4);
  const stringsIndex = headers.length + 1;
  headers.push(
    words(
      names.add('.symtab'),
      SHT.symtab,
      0,
      0,
      symbolsAt,
      symbols.bytes.length,
      stringsIndex,
      symbols.locals,
      4,
      SYMBOL,
    ),
  );
  const stringBytes = strings.bytes;
  headers.push(
    words(names.add('.strtab'), SHT.strtab, 0, 0, append(stringBytes, 1), stringBytes.length, 0, 0, 1, 0),
  );
  const namesAt = names.add('.shstrtab');
  const nameBytes = names.bytes;
  headers.push(words(namesAt, SHT.strtab, 0, 0, append(nameBytes, 1), nameBytes.length, 0, 0, 1, 0));
  const headersAt = append(concatBytes(headers), 4);

  const header = concatBytes([
    Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    halves(2, EM_RISCV),
    words(1, entry, HEADER, headersAt, EF_RISCV_RVC),
    halves(HEADER, SEGMENT, sections.length, 40, headers.length, headers.length - 1),
  ]);
  return concatBytes([header, ...segments, ...parts]);
}
