/**
 * Operations of decoded instructions: what the main loop (execute.ts) switches on. That switch has to spell the numbers, since an engine
 * makes a jump table of literals only; tests/machine holds the two against each other. "Near" is within the same page.
 */
const names = [
  ...['undecoded', 'lui', 'auipc', 'jal near', 'jal far', 'jalr'],
  ...['beq near', 'bne near', 'blt near', 'bge near', 'bltu near', 'bgeu near'],
  ...['beq far', 'bne far', 'blt far', 'bge far', 'bltu far', 'bgeu far'],
  ...['lb', 'lh', 'lw', 'lbu', 'lhu', 'sb', 'sh', 'sw'],
  ...['addi', 'slti', 'sltiu', 'xori', 'ori', 'andi', 'slli', 'srli', 'srai'],
  ...['add', 'sub', 'sll', 'slt', 'sltu', 'xor', 'srl', 'sra', 'or', 'and'],
  ...['mul', 'mulh', 'mulhsu', 'mulhu', 'div', 'divu', 'rem', 'remu'],
  ...['page end', 'cross', 'rare'],
] as const;

export type OperationName = (typeof names)[number];

/** Number of an operation. */
export const operationNumber = Object.fromEntries(names.map((name, i) => [name, i])) as Readonly<
  Record<OperationName, number>
>;

/** Not looked at yet: the loop decodes and tries again. */
export const UNDECODED = operationNumber.undecoded;
/** Control fell off the page. */
export const PAGE_END = operationNumber['page end'];
/** The first half of an instruction whose other half is on the next page. */
export const CROSS = operationNumber.cross;
/** Everything that the loop leaves to rare.ts: SYSTEM, atomics, what is illegal. */
export const RARE = operationNumber.rare;

/** Added to the operation of an instruction that translated code begins with. */
export const MARK = 64;
