/** Pseudo-instructions that may take more than one instruction (RISC-V assembly manual, "Pseudoinstructions"). */
import type { Place } from './diagnostics.ts';
import { adapt, code, compressed } from './encode.ts';
import { high20, low12 } from './evaluate.ts';
import { type Expression, SyntaxProblem } from './expression.ts';
import type { Written } from './operands.ts';
import type { Code, Environment } from './program.ts';

/** What layout calls until sizes settle. */
export type Encoder = (environment: Environment, least: number) => readonly Code[];

interface Expansion {
  /** As a learner reads it. */
  readonly syntax: string;
  /** r: register, e: expression. */
  readonly shape: string;
  readonly build: (registers: readonly number[], expression: Expression, compress: boolean) => Encoder;
}

const shorten = (name: string, full: Code, compress: boolean): Code =>
  (compress ? compressed(name, full.encoding) : null) ?? full;

const bytesOf = (codes: readonly Code[]) => codes.reduce((sum, { length }) => sum + length, 0);

/** Loads a constant: one instruction if 12 bits or the upper 20 suffice, else lui and addi. */
function loadConstant(rd: number, expression: Expression, compress: boolean): Encoder {
  return (environment, least) => {
    const written = environment.absolute(expression, '`la` loads an address');
    if (written === null) return [code('addi', { rd })];
    const value = adapt('imm', written);
    if (value < -(2 ** 31) || value >= 2 ** 31) {
      environment.report(expression.place, `${written} does not fit in a register of 32 bits`);
      return [code('addi', { rd })];
    }
    const short = low12(value) === value;
    const single = short
      ? shorten('addi', code('addi', { rd, imm: value }), compress)
      : low12(value) === 0
        ? shorten('lui', code('lui', { rd, upper: high20(value) }), compress)
        : null;
    if (single !== null && single.length >= least) return [single];
    if (single !== null && least <= 4)
      return [short ? code('addi', { rd, imm: value }) : code('lui', { rd, upper: high20(value) })];
    const lui = code('lui', { rd, upper: high20(value) });
    const upper = shorten('lui', lui, compress);
    const lower = code('addi', { rd, rs1: rd, imm: low12(value) });
    const both = [upper, shorten('addi', lower, compress)];
    return bytesOf(both) >= least ? both : [lui, lower];
  };
}

/** auipc into `scratch` and then `name` with the low 12 bits: any address of the 32-bit space. */
function relative(scratch: number, expression: Expression, second: (low: number) => Code): Encoder {
  return (environment) => {
    const target = environment.constant(expression) ?? 0;
    const distance = (target - environment.address) | 0;
    return [code('auipc', { rd: scratch, upper: high20(distance) }), second(low12(distance))];
  };
}

const loadAddress: Expansion = {
  syntax: 'rd, symbol',
  shape: 're',
  build: ([rd], symbol) => relative(rd!, symbol, (imm) => code('addi', { rd: rd!, rs1: rd!, imm })),
};

const jumpVia = (scratch: number, link: number, symbol: Expression) =>
  relative(scratch, symbol, (imm) => code('jalr', { rd: link, rs1: scratch, imm }));

const load = (name: string): Expansion => ({
  syntax: 'rd, symbol',
  shape: 're',
  build: ([rd], symbol) => relative(rd!, symbol, (imm) => code(name, { rd: rd!, rs1: rd!, imm })),
});

const store = (name: string): Expansion => ({
  syntax: 'rs2, symbol, scratch register',
  shape: 'rer',
  build: ([rs2, scratch], symbol) =>
    relative(scratch!, symbol, (storeImm) => code(name, { rs2: rs2!, rs1: scratch!, storeImm })),
});

/** Keeps the low `bits` bits by shifting them up and back. */
const extend = (bits: number, back: 'srli' | 'srai'): Expansion => ({
  syntax: 'rd, rs1',
  shape: 'rr',
  build:
    ([rd, rs1], _, compress) =>
    () => [
      shorten('slli', code('slli', { rd: rd!, rs1: rs1!, shamt: 32 - bits }), compress),
      shorten(back, code(back, { rd: rd!, rs1: rd!, shamt: 32 - bits }), compress),
    ],
});

const RA = 1;
const T1 = 6;

const expansions = new Map<string, readonly Expansion[]>([
  [
    'li',
    [{ syntax: 'rd, constant', shape: 're', build: ([rd], e, compress) => loadConstant(rd!, e, compress) }],
  ],
  ['la', [loadAddress]],
  ['lla', [loadAddress]],
  [
    'call',
    [
      { syntax: 'label', shape: 'e', build: (_, e) => jumpVia(RA, RA, e) },
      { syntax: 'rd, label', shape: 're', build: ([rd], e) => jumpVia(rd!, rd!, e) },
    ],
  ],
  ['tail', [{ syntax: 'label', shape: 'e', build: (_, e) => jumpVia(T1, 0, e) }]],
  ['jump', [{ syntax: 'label, scratch register', shape: 'er', build: ([rt], e) => jumpVia(rt!, 0, e) }]],
  ...['lb', 'lbu', 'lh', 'lhu', 'lw'].map((name): [string, Expansion[]] => [name, [load(name)]]),
  ...['sb', 'sh', 'sw'].map((name): [string, Expansion[]] => [name, [store(name)]]),
  ['sext.b', [extend(8, 'srai')]],
  ['sext.h', [extend(16, 'srai')]],
  ['zext.h', [extend(16, 'srli')]],
]);

const memoryAccess = /^[ls][bhw]u?$/;

/** Every mnemonic here. */
export const expansionNames = (): readonly string[] => [...expansions.keys()];

/** The encoder for `name` with these operands; null when it has none for operands of these kinds. */
export function expand(name: string, written: readonly Written[], compress: boolean): Encoder | null {
  const shape = written.map(({ kind }) => kind[0]).join('');
  const found = expansions.get(name)?.find((expansion) => expansion.shape === shape);
  if (found === undefined) return null;
  // `lw a0, 4` is more often a forgotten `(sp)` than a load from address 4.
  const bareNumber = written.some((w) => w.kind === 'expression' && w.expression.kind === 'number');
  if (bareNumber && memoryAccess.test(name)) return null;
  const registers = written.flatMap((w) => (w.kind === 'register' ? [w.number] : []));
  const zero: Expression = { kind: 'number', value: 0n, place: written[0]!.place };
  const expression = written.find((w) => w.kind === 'expression')?.expression ?? zero;
  return found.build(registers, expression, compress);
}

/** Throws how `name`, which is here and not in the table, is written. */
export function refuseExpansion(name: string, place: Place): never {
  const forms = (expansions.get(name) ?? []).map(({ syntax }) => `\`${name} ${syntax}\``).join(' or ');
  throw new SyntaxProblem(place, `${name} is written ${forms}`);
}
