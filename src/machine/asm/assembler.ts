/**
 * The assembler. A source in GNU as's syntax for RISC-V becomes sections at addresses, in one step: there is no linker, so every symbol
 * is defined in the source. reader.ts and lexer.ts read, builder.ts and directives.ts build items, layout.ts places them, emit.ts
 * makes bytes; instructions come from isa/.
 *
 * Where it differs from GNU as: instructions are compressed only when asked (`compress` or `.option rvc`), though `c.` names are always
 * taken; `add rd, rs1, 5` is refused in favour of addi; values that do not fit are errors, not truncated. A conditional branch that does
 * not reach becomes the opposite branch around a jump, as there, and compression chooses what it chooses, but for a few forms that it
 * leaves long (`mv rd, zero`, `jalr rd, rs1`, `li rd, 0xffffffff`). `call rd, label` clobbers rd alone, as the assembly manual says.
 */
import { Builder } from './builder.ts';
import { type Diagnostic, Diagnostics } from './diagnostics.ts';
import { Emitter, type LineEntry } from './emit.ts';
import { Evaluator } from './evaluate.ts';
import { Layout, placedSections } from './layout.ts';
import type { Draft } from './program.ts';

export interface AssembleOptions {
  /** Address of the first section; RAM's start, 0x8000_0000, unless told. */
  readonly base?: number;
  /** Addresses of sections, by name, that do not simply follow the one before. */
  readonly sections?: Readonly<Record<string, number>>;
  /** Whether instructions are compressed where a compressed one means the same, as after `.option rvc`; false unless told. */
  readonly compress?: boolean;
}

/** A run of bytes in memory. */
export interface ProgramSection {
  readonly name: string;
  readonly address: number;
  /** The bytes; zeros for a section without bits. */
  readonly bytes: Uint8Array;
  readonly executable: boolean;
  readonly writable: boolean;
  /** Zeros that take no space in a file. */
  readonly nobits: boolean;
  readonly align: number;
}

export interface ProgramSymbol {
  readonly name: string;
  /** Address or constant, as an unsigned 32-bit number. */
  readonly value: number;
  /** The section of a label; null for a constant. */
  readonly section: string | null;
  readonly global: boolean;
  readonly type?: 'function' | 'object';
  /** Bytes, from `.size`. */
  readonly size: number;
}

export interface Program {
  readonly sections: readonly ProgramSection[];
  /** By name; numeric labels have none. */
  readonly symbols: ReadonlyMap<string, ProgramSymbol>;
  /** `_start`, or the first byte of the first section. */
  readonly entry: number;
  /** By address. */
  readonly lines: readonly LineEntry[];
  /** All sections as they lie in memory from the lowest address on, gaps zero. */
  readonly image: { readonly address: number; readonly bytes: Uint8Array };
}

export type Assembly =
  | { readonly ok: true; readonly program: Program }
  | { readonly ok: false; readonly errors: readonly Diagnostic[] };

/** The distance between sections that an image may fill with zeros. */
const MOST_IMAGE = 256 * 2 ** 20;

/** Assembles `source`. Whatever is wrong with it is in `errors`, in order of lines; nothing is thrown. */
export function assemble(source: string, options: AssembleOptions = {}): Assembly {
  const diagnostics = new Diagnostics();
  const builder = new Builder(diagnostics, options.compress ?? false);
  builder.reader.read(source);
  const { draft } = builder;
  checkGlobals(draft, diagnostics);
  const layout = new Layout(
    draft,
    { base: options.base ?? 0x8000_0000, sections: options.sections ?? {} },
    diagnostics,
  );
  if (!layout.settle()) return { ok: false, errors: diagnostics.sorted() };
  const emitter = new Emitter(draft, layout, diagnostics);
  const sections = placedSections(draft).map((section): ProgramSection => {
    const { name, address, executable, writable, nobits, align } = section;
    return { name, address, bytes: emitter.section(section), executable, writable, nobits, align };
  });
  checkPlaces(sections, draft, diagnostics);
  const symbols = symbolsOf(draft, diagnostics);
  if (diagnostics.any) return { ok: false, errors: diagnostics.sorted() };
  const entry = symbols.get('_start')?.value ?? sections[0]?.address ?? 0;
  const lines = emitter.lines.sort((a, b) => a.address - b.address);
  return { ok: true, program: { sections, symbols, entry, lines, image: imageOf(sections) } };
}

function checkGlobals(draft: Draft, diagnostics: Diagnostics): void {
  for (const { name, mark, assignment, place } of draft.symbols.values()) {
    if (mark === undefined && assignment === undefined)
      diagnostics.add(
        place,
        `no label or constant is called \`${name}\``,
        `write \`${name}:\` before what it names`,
      );
  }
}

function checkPlaces(sections: readonly ProgramSection[], draft: Draft, diagnostics: Diagnostics): void {
  const place = (name: string) =>
    draft.sections.get(name)?.items[0]?.place ?? { line: 1, column: 1, length: 1 };
  const used = sections.filter(({ bytes }) => bytes.length > 0).sort((a, b) => a.address - b.address);
  for (const { name, address, align, bytes } of sections) {
    if (address % align !== 0)
      diagnostics.add(
        place(name),
        `section \`${name}\` is placed at 0x${address.toString(16)} but aligned to ${align} bytes`,
      );
    if (address < 0 || address + bytes.length > 2 ** 32)
      diagnostics.add(place(name), `section \`${name}\` does not fit in the 32-bit address space`);
  }
  used.forEach((section, i) => {
    const before = used[i - 1];
    if (before !== undefined && before.address + before.bytes.length > section.address)
      diagnostics.add(place(section.name), `sections \`${before.name}\` and \`${section.name}\` overlap`);
  });
  const first = used[0];
  const last = used.at(-1);
  if (
    first !== undefined &&
    last !== undefined &&
    last.address + last.bytes.length - first.address > MOST_IMAGE
  )
    diagnostics.add(
      place(last.name),
      `sections \`${first.name}\` and \`${last.name}\` are too far apart for one image`,
    );
}

function symbolsOf(draft: Draft, diagnostics: Diagnostics): Map<string, ProgramSymbol> {
  const evaluator = new Evaluator(draft, diagnostics);
  const symbols = new Map<string, ProgramSymbol>();
  for (const { name, mark, assignment, global, type, size, hidden } of draft.symbols.values()) {
    if (hidden || (mark === undefined && assignment === undefined)) continue;
    const value =
      mark === undefined
        ? Number(evaluator.value(assignment!.value, 0)?.number ?? 0n)
        : evaluator.addressOf(mark);
    const bytes = size === undefined ? 0 : Number(evaluator.value(size, 0)?.number ?? 0n);
    symbols.set(name, {
      name,
      value: value >>> 0,
      section: mark?.section.name ?? null,
      global,
      ...(type === undefined ? {} : { type }),
      size: bytes,
    });
  }
  return symbols;
}

function imageOf(sections: readonly ProgramSection[]): { address: number; bytes: Uint8Array } {
  const used = sections.filter(({ bytes }) => bytes.length > 0);
  if (used.length === 0) return { address: sections[0]?.address ?? 0, bytes: new Uint8Array(0) };
  const address = Math.min(...used.map((section) => section.address));
  const end = Math.max(...used.map((section) => section.address + section.bytes.length));
  const bytes = new Uint8Array(end - address);
  for (const section of used) bytes.set(section.bytes, section.address - address);
  return { address, bytes };
}
