/**
 * One WebAssembly function for the decoded instructions of a page. Registers live in locals between entry and exit; basic blocks are laid
 * out by address, so that a jump forward is a branch out of nested blocks; a jump back goes over a table; a block that repeats itself is
 * a loop. Each block checks that all its instructions fit into the budget, so that not one more is executed than was asked for.
 */
import { TLB_END, TLB_MASK } from '../hart/layout.ts';
import { type OperationName, operationNumber } from '../hart/operations.ts';
import { type Block, type Decoded, findBlocks, isBranchOrJump, nearTarget } from './blocks.ts';
import {
  comparisons,
  divisions,
  high,
  loads,
  stores,
  withImmediate,
  withRegisters,
} from './operationCodes.ts';
import { Emitter, op, wasmModule } from './wasmBytes.ts';

/** Why the function returned. */
export const EXIT_LEFT = 0;
/** The instruction at the pc is the interpreter's. */
export const EXIT_INTERPRET = 1;
/** The next block does not fit into the budget. */
export const EXIT_BUDGET = 2;
/** A store changed decoded instructions, perhaps these; the pc is the next instruction's. */
export const EXIT_CHANGED = 3;

/** Words of a hart's state where the function leaves the pc and the reason, and where an access leaves the reason to leave, or 0. */
export const EXIT_PC = TLB_END;
export const EXIT_REASON = TLB_END + 1;
export const ACCESS_RESULT = TLB_END + 2;

/** Parameters. Addresses of the hart's state and of its TLBs are byte offsets in the memory. */
const HART = 0;
const PAGE = 1;
const COUNT = 2;
const LIMIT = 3;
const NEXT = 4;
const LOADS = 5;
const STORES = 6;
const PARAMETERS = 7;
/** Locals: of the exit, of an access, then x0 … x31. */
const REASON = 7;
const ADDRESS = 8;
const ENTRY = 9;
const VALUE = 10;
const X0 = 11;
const LOCALS = X0 + 32 - PARAMETERS;

const IMPORT_LOAD = 0;
const IMPORT_STORE = 1;
const imports = [
  ['load', 2],
  ['store', 3],
] as const;

export interface TranslatedPage {
  readonly module: Uint8Array;
  /** Offsets at which the function can be entered. */
  readonly leaders: readonly number[];
}

const names = Object.fromEntries(
  Object.entries(operationNumber).map(([name, number]) => [number, name]),
) as Record<number, OperationName>;

/** Null when there is nothing to translate. */
export function translatePage(code: Int32Array, start: number): TranslatedPage | null {
  const blocks = findBlocks(code, start);
  if (blocks.length === 0) return null;
  return { module: new PageTranslator(blocks).translate(), leaders: blocks.map(leaderOf) };
}

const leaderOf = ({ instructions }: Block) => instructions[0]!.offset;

class PageTranslator {
  readonly #blocks: readonly Block[];
  readonly #numbers: ReadonlyMap<number, number>;
  readonly #e = new Emitter();
  /** Blocks opened around the present place, beyond the page's own. */
  #inner = 0;
  #current = 0;

  constructor(blocks: readonly Block[]) {
    this.#blocks = blocks;
    this.#numbers = new Map(blocks.map((block, i) => [leaderOf(block), i]));
  }

  translate(): Uint8Array {
    const e = this.#e;
    const used = this.#registers();
    for (const r of used)
      e.get(HART)
        .memory(op.load32, r * 4)
        .set(X0 + r);
    // exit ⊃ dispatch loop ⊃ one block per basic block, the first innermost.
    e.open(op.block).open(op.loop);
    for (const _ of this.#blocks) e.open(op.block);
    // The default: no block starts there.
    e.open(op.block);
    this.#table();
    e.emit(op.end);
    this.#exitHere(EXIT_INTERPRET, this.#blocks.length);
    for (const [i, block] of this.#blocks.entries()) {
      e.emit(op.end);
      this.#current = i;
      this.#block(block);
    }
    e.emit(op.end, op.end);
    for (const r of used)
      e.get(HART)
        .get(X0 + r)
        .memory(op.store32, r * 4);
    e.get(HART)
      .get(PAGE)
      .get(NEXT)
      .emit(op.add)
      .memory(op.store32, EXIT_PC * 4);
    e.get(HART)
      .get(REASON)
      .memory(op.store32, EXIT_REASON * 4);
    e.get(COUNT);
    return wasmModule({ parameters: PARAMETERS, locals: LOCALS, imports }, e);
  }

  #registers(): number[] {
    const used = new Set<number>();
    for (const { instructions } of this.#blocks) {
      for (const { rd, rs1, rs2 } of instructions) for (const r of [rd, rs1, rs2]) used.add(r);
    }
    used.delete(0);
    return [...used].sort((a, b) => a - b);
  }

  /** Goes to the block at offset NEXT, counted from the first; the default is where none is. */
  #table(): void {
    const e = this.#e;
    const first = leaderOf(this.#blocks[0]!);
    const last = leaderOf(this.#blocks.at(-1)!);
    e.get(NEXT).constant(first).emit(op.sub).constant(1).emit(op.shrU, op.brTable);
    e.unsigned((last - first) / 2 + 1);
    for (let offset = first; offset <= last; offset += 2) {
      const number = this.#numbers.get(offset);
      e.unsigned(number === undefined ? 0 : number + 1);
    }
    e.unsigned(0);
  }

  /** Depth of the label of the exit, seen from block number `block`. */
  #exitDepth(block = this.#current): number {
    return this.#blocks.length - 1 - block + 1 + this.#inner;
  }

  /** Leaves with NEXT as the pc's offset. `outside` is how many of the page's blocks are around, where it is not the current place. */
  #exitHere(reason: number, outside?: number): void {
    this.#e.constant(reason).set(REASON);
    this.#e.with(op.br, outside === undefined ? this.#exitDepth() : outside + 1);
  }

  #exitAt(reason: number, offset: number): void {
    this.#e.constant(offset).set(NEXT);
    this.#exitHere(reason);
  }

  /** To the instruction at `offset`, in this page or not. */
  #go(offset: number): void {
    const e = this.#e;
    const number = this.#numbers.get(offset);
    if (number === undefined) {
      this.#exitAt(offset >= 0 && offset < 4096 ? EXIT_INTERPRET : EXIT_LEFT, offset);
    } else if (number > this.#current) {
      e.with(op.br, number - this.#current - 1 + this.#inner);
    } else {
      e.constant(offset).set(NEXT);
      e.with(op.br, this.#exitDepth() - 1);
    }
  }

  #block({ instructions, next }: Block): void {
    const e = this.#e;
    const offset = instructions[0]!.offset;
    const last = instructions.at(-1)!;
    const isLoop =
      isBranchOrJump(last.operation) &&
      names[last.operation]!.endsWith('near') &&
      nearTarget(last) === offset;
    if (isLoop) {
      e.open(op.loop);
      this.#inner++;
    }
    e.get(COUNT).constant(instructions.length).emit(op.add).get(LIMIT).emit(op.gtS).open(op.if);
    this.#inner++;
    this.#exitAt(EXIT_BUDGET, offset);
    this.#inner--;
    e.emit(op.end);
    for (const [i, instruction] of instructions.entries()) {
      if (instruction !== last || !isBranchOrJump(last.operation)) this.#instruction(instruction, i);
    }
    e.get(COUNT).constant(instructions.length).emit(op.add).set(COUNT);
    if (isBranchOrJump(last.operation)) this.#jump(last, isLoop);
    else this.#go(next);
    if (isLoop) {
      e.emit(op.end);
      this.#inner--;
    }
  }

  #x(register: number): void {
    if (register === 0) this.#e.constant(0);
    else this.#e.get(X0 + register);
  }

  #pc(offset: number): void {
    this.#e.get(PAGE).constant(offset).emit(op.add);
  }

  #link({ rd, offset, length }: Decoded): void {
    if (rd === 0) return;
    this.#pc(offset + length);
    this.#e.set(X0 + rd);
  }

  #jump(instruction: Decoded, isLoop: boolean): void {
    const e = this.#e;
    const { operation, rs1, rs2, immediate, offset, length } = instruction;
    const name = names[operation]!;
    const target = name.endsWith('near') ? nearTarget(instruction) : offset + immediate;
    if (name === 'jalr') {
      this.#x(rs1);
      e.constant(immediate).emit(op.add).constant(~1).emit(op.and).get(PAGE).emit(op.sub).set(NEXT);
      this.#link(instruction);
      e.get(NEXT)
        .constant(4096)
        .emit(op.ltU)
        .with(op.brIf, this.#exitDepth() - 1);
      this.#exitHere(EXIT_LEFT);
    } else if (name.startsWith('jal ')) {
      this.#link(instruction);
      if (isLoop) e.with(op.br, this.#inner - 1);
      else this.#go(target);
    } else {
      this.#x(rs1);
      this.#x(rs2);
      e.emit(comparisons[name.split(' ')[0]!]!);
      if (isLoop) e.with(op.brIf, this.#inner - 1);
      else {
        e.open(op.if);
        this.#inner++;
        this.#go(target);
        this.#inner--;
        e.emit(op.end);
      }
      this.#go(offset + length);
    }
  }

  #instruction(instruction: Decoded, index: number): void {
    const { rd } = instruction;
    const name = names[instruction.operation]!;
    if (name in loads) this.#load(instruction, index);
    else if (name in stores) this.#store(instruction, index);
    else if (rd !== 0) this.#compute(instruction, name);
  }

  #compute({ rd, rs1, rs2, immediate, offset }: Decoded, name: string): void {
    const e = this.#e;
    if (name === 'lui') e.constant(immediate);
    else if (name === 'auipc') this.#pc(offset + immediate);
    else if (name in withImmediate) {
      this.#x(rs1);
      e.constant(immediate).emit(withImmediate[name]!);
    } else if (name in high) {
      const [left, right] = high[name]!;
      this.#x(rs1);
      e.emit(left);
      this.#x(rs2);
      e.emit(right, op.mul64, op.const64, 32, op.shrS64, op.wrap64);
    } else if (name in divisions) this.#division(name, rs1, rs2);
    else {
      this.#x(rs1);
      this.#x(rs2);
      e.emit(withRegisters[name]!);
    }
    e.set(X0 + rd);
  }

  /** Division by zero and overflow have results and do not trap; the result is left on the stack. */
  #division(name: string, rs1: number, rs2: number): void {
    const e = this.#e;
    const signed = name === 'div' || name === 'rem';
    const quotient = name.startsWith('div');
    this.#x(rs2);
    e.emit(op.eqz).emit(op.if, 0x7f);
    if (quotient) e.constant(-1);
    else this.#x(rs1);
    e.emit(op.else);
    if (signed && quotient) {
      this.#x(rs2);
      e.constant(-1).emit(op.eq).emit(op.if, 0x7f).constant(0);
      this.#x(rs1);
      e.emit(op.sub, op.else);
    }
    this.#x(rs1);
    this.#x(rs2);
    e.emit(divisions[name]!);
    if (signed && quotient) e.emit(op.end);
    e.emit(op.end);
  }

  /** Leaves the address in ADDRESS, and on the stack whether the TLB at `tlb` has it; ENTRY is then the entry's address. */
  #lookUp({ rs1, immediate }: Decoded, width: number, tlb: number): void {
    const e = this.#e;
    this.#x(rs1);
    e.constant(immediate).emit(op.add).with(op.tee, ADDRESS);
    e.constant(9)
      .emit(op.shrU)
      .constant(TLB_MASK * 4)
      .emit(op.and)
      .get(tlb)
      .emit(op.add)
      .with(op.tee, ENTRY);
    e.memory(op.load32)
      .get(ADDRESS)
      .constant(~(0xfff & -width))
      .emit(op.and, op.eq);
  }

  #load(instruction: Decoded, index: number): void {
    const e = this.#e;
    const { rd } = instruction;
    const [width, opcode, extend] = loads[names[instruction.operation]!]!;
    this.#lookUp(instruction, width, LOADS);
    e.open(op.if);
    e.get(ADDRESS).get(ENTRY).memory(op.load32, 4).emit(op.add).memory(opcode).set(VALUE);
    e.emit(op.else);
    this.#inner++;
    e.get(ADDRESS).constant(width).with(op.call, IMPORT_LOAD).set(VALUE);
    if (extend > 0) e.get(VALUE).constant(extend).emit(op.shl).constant(extend).emit(op.shrS).set(VALUE);
    this.#afterAccess(instruction, index);
    this.#inner--;
    e.emit(op.end);
    if (rd !== 0) e.get(VALUE).set(X0 + rd);
  }

  #store(instruction: Decoded, index: number): void {
    const e = this.#e;
    const [width, opcode] = stores[names[instruction.operation]!]!;
    this.#lookUp(instruction, width, STORES);
    e.open(op.if);
    e.get(ADDRESS).get(ENTRY).memory(op.load32, 4).emit(op.add);
    this.#x(instruction.rs2);
    e.memory(opcode);
    e.emit(op.else);
    this.#inner++;
    e.get(ADDRESS).constant(width);
    this.#x(instruction.rs2);
    e.with(op.call, IMPORT_STORE).emit(op.drop);
    this.#afterAccess(instruction, index);
    this.#inner--;
    e.emit(op.end);
  }

  /** Leaves when the access was left to the interpreter, before the instruction; or when it changed instructions, after it. */
  #afterAccess({ offset, length }: Decoded, index: number): void {
    const e = this.#e;
    e.get(HART)
      .memory(op.load32, ACCESS_RESULT * 4)
      .with(op.tee, REASON)
      .open(op.if);
    this.#inner++;
    const leave = (count: number, next: number) =>
      e.get(COUNT).constant(count).emit(op.add).set(COUNT).constant(next).set(NEXT);
    e.get(REASON).constant(EXIT_INTERPRET).emit(op.eq).open(op.if);
    leave(index, offset);
    e.emit(op.else);
    leave(index + 1, offset + length);
    e.emit(op.end).with(op.br, this.#exitDepth());
    this.#inner--;
    e.emit(op.end);
  }
}
