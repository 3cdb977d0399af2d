/** A source after reading and before layout: sections full of items, symbols that mark places between them. */
import type { Place } from './diagnostics.ts';
import type { Expression } from './expression.ts';

/** A place in a section: before its item `index`. */
export interface Mark {
  readonly section: Section;
  readonly index: number;
}

/** What `.equ`, `.set` or `=` gave a name. */
export interface Assignment {
  readonly value: Expression;
  readonly place: Place;
}

export interface SymbolEntry {
  readonly name: string;
  /** A label's mark or an assignment; undefined while only `.globl` and the like have named it. */
  mark?: Mark;
  assignment?: Assignment;
  global: boolean;
  /** From `.type`. */
  type?: 'function' | 'object';
  /** From `.size`. */
  size?: Expression;
  /** Where it is defined, or first named. */
  place: Place;
  /** A numeric label's own name is made up. */
  readonly hidden: boolean;
}

/** Answers about values while encodings are chosen. */
export interface Environment {
  /** The value of an expression as a signed 64-bit number; null, and reported, if it has none. */
  constant(expression: Expression): number | null;
  /** The same; an address is refused with `hint`. */
  absolute(expression: Expression, hint: string): number | null;
  /** What is wrong with the item being encoded. */
  report(place: Place, message: string, hint?: string): void;
  /** Address of the item. */
  readonly address: number;
}

/** One machine instruction of an item. */
export interface Code {
  readonly encoding: number;
  readonly length: 2 | 4;
}

interface ItemBase {
  readonly place: Place;
}

/** Any number of instructions whose number and lengths may depend on values. */
export interface InstructionItem extends ItemBase {
  readonly kind: 'instruction';
  /** The codes, at least `least` bytes of them: layout only ever makes an instruction longer. */
  readonly encode: (environment: Environment, least: number) => readonly Code[];
  /** The target of its `%pcrel_hi`, for the `%pcrel_lo` that names this instruction. */
  readonly pcrelHigh: Expression | undefined;
}

export type Item =
  | InstructionItem
  | (ItemBase & { readonly kind: 'bytes'; readonly bytes: Uint8Array })
  | (ItemBase & { readonly kind: 'data'; readonly width: 1 | 2 | 4 | 8; readonly value: Expression })
  | (ItemBase & {
      readonly kind: 'align';
      readonly boundary: number;
      /** null fills a section of code with nops, another with zeros. */
      readonly fill: Expression | null;
      /** Skip the alignment when it takes more bytes than this. */
      readonly most: number | null;
    })
  | (ItemBase & {
      readonly kind: 'space';
      readonly count: Expression;
      readonly width: number;
      readonly fill: Expression | null;
    })
  | (ItemBase & { readonly kind: 'org'; readonly target: Expression; readonly fill: Expression | null });

/** One section of the program. Offsets and address are set by layout. */
export class Section {
  readonly name: string;
  readonly executable: boolean;
  readonly writable: boolean;
  /** Takes memory but no bytes of the file: .bss. */
  readonly nobits: boolean;
  readonly items: Item[] = [];
  align = 1;
  address = 0;
  /** Of each item, and of the end; empty until layout. */
  readonly offsets: number[] = [];

  constructor(name: string, flags: { executable: boolean; writable: boolean; nobits: boolean }) {
    this.name = name;
    this.executable = flags.executable;
    this.writable = flags.writable;
    this.nobits = flags.nobits;
  }

  get size(): number {
    return this.offsets[this.items.length] ?? 0;
  }
}

/** All that was read. */
export class Draft {
  readonly sections = new Map<string, Section>();
  readonly symbols = new Map<string, SymbolEntry>();

  /** The entry for `name`, made if it is new. */
  symbol(name: string, place: Place, hidden = false): SymbolEntry {
    const found = this.symbols.get(name);
    if (found !== undefined) return found;
    const made: SymbolEntry = { name, place, global: false, hidden };
    this.symbols.set(name, made);
    return made;
  }
}

/** How a symbol is shown: numeric labels as they were written. */
export const displayName = (name: string): string => name.replace(/\0.*/, '');
