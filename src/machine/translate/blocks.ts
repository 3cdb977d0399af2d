/** Which decoded instructions of a page are translated, and where its basic blocks begin. */
import { operationNumber } from '../hart/operations.ts';

const SLOT = 4;
export const SLOTS = 2048;

/** A decoded instruction, read from its slot in the code cache. */
export interface Decoded {
  readonly operation: number;
  /** 0 when the result goes nowhere. */
  readonly rd: number;
  readonly rs1: number;
  readonly rs2: number;
  readonly immediate: number;
  /** In the page, bytes. */
  readonly offset: number;
  /** Bytes. */
  readonly length: number;
}

/** A run of instructions entered at the first only. Control leaves it at the last, or falls into what is at `next`. */
export interface Block {
  readonly instructions: readonly Decoded[];
  /** Offset after the last instruction. */
  readonly next: number;
}

const n = operationNumber;
const near = new Set([
  n['jal near'],
  n['beq near'],
  n['bne near'],
  n['blt near'],
  n['bge near'],
  n['bltu near'],
  n['bgeu near'],
]);
const farBranches = new Set([
  n['beq far'],
  n['bne far'],
  n['blt far'],
  n['bge far'],
  n['bltu far'],
  n['bgeu far'],
]);
const jumps = new Set([n['jal near'], n['jal far'], n.jalr]);
/** What the interpreter has to do. */
const untranslated = new Set([n.undecoded, n['page end'], n.cross, n.rare]);

export const isBranchOrJump = (operation: number) =>
  near.has(operation) || farBranches.has(operation) || jumps.has(operation);

/** Offset of the target of a near jump or branch; its immediate counts words of slots. */
export const nearTarget = ({ offset, immediate }: Decoded) => offset + immediate / 2;

function read(code: Int32Array, start: number, offset: number): Decoded | null {
  const slot = start + (offset / 2) * SLOT;
  const operation = code[slot]! & 63;
  if (untranslated.has(operation)) return null;
  const word = code[slot + 1]!;
  const rd = word & 255;
  return {
    operation,
    rd: rd > 31 ? 0 : rd,
    rs1: (word >> 8) & 255,
    rs2: (word >> 16) & 255,
    immediate: code[slot + 2]!,
    offset,
    length: word >>> 25,
  };
}

/** At most so many instructions of a block: what is retired at once must fit into what is left of a budget. */
const MOST_INSTRUCTIONS = 48;

/** The blocks of the page with slots at `start`, in order of address. Only what has been executed once is decoded. */
export function findBlocks(code: Int32Array, start: number): Block[] {
  const decoded = new Map<number, Decoded>();
  const leaders = new Set<number>();
  for (let offset = 0; offset < SLOTS * 2; offset += 2) {
    const instruction = read(code, start, offset);
    if (!instruction) continue;
    decoded.set(offset, instruction);
    const after = offset + instruction.length;
    if (near.has(instruction.operation)) leaders.add(nearTarget(instruction));
    if (isBranchOrJump(instruction.operation)) leaders.add(after);
  }
  // What is not fallen into begins a block too: what follows an untranslated instruction, and where control came in from outside.
  const fallenInto = new Set([...decoded.values()].map(({ offset, length }) => offset + length));
  for (const offset of decoded.keys()) if (!fallenInto.has(offset)) leaders.add(offset);
  const blocks: Block[] = [];
  const done = new Set<number>();
  for (const leader of [...leaders].sort((a, b) => a - b)) {
    for (let at = leader; decoded.has(at) && !done.has(at); ) {
      const instructions: Decoded[] = [];
      done.add(at);
      for (let each = decoded.get(at); each; each = decoded.get(at)) {
        instructions.push(each);
        at = each.offset + each.length;
        if (isBranchOrJump(each.operation) || leaders.has(at) || instructions.length === MOST_INSTRUCTIONS)
          break;
      }
      blocks.push({ instructions, next: at });
      const last = instructions.at(-1)!;
      // A long run goes on in a further block.
      if (leaders.has(at) || isBranchOrJump(last.operation)) break;
    }
  }
  return blocks.sort((a, b) => a.instructions[0]!.offset - b.instructions[0]!.offset);
}
