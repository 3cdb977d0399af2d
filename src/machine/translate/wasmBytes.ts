/** An encoder for WebAssembly's binary format (Core Specification 5): one function body, and a module around it. */

/** Opcodes as the specification names them. */
export const op = {
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  br: 0x0c,
  brIf: 0x0d,
  brTable: 0x0e,
  call: 0x10,
  drop: 0x1a,
  get: 0x20,
  set: 0x21,
  tee: 0x22,
  load32: 0x28,
  load8s: 0x2c,
  load8u: 0x2d,
  load16s: 0x2e,
  load16u: 0x2f,
  store32: 0x36,
  store8: 0x3a,
  store16: 0x3b,
  const32: 0x41,
  const64: 0x42,
  eqz: 0x45,
  eq: 0x46,
  ne: 0x47,
  ltS: 0x48,
  ltU: 0x49,
  gtS: 0x4a,
  geS: 0x4e,
  geU: 0x4f,
  add: 0x6a,
  sub: 0x6b,
  mul: 0x6c,
  divS: 0x6d,
  divU: 0x6e,
  remS: 0x6f,
  remU: 0x70,
  and: 0x71,
  or: 0x72,
  xor: 0x73,
  shl: 0x74,
  shrS: 0x75,
  shrU: 0x76,
  mul64: 0x7e,
  shrS64: 0x87,
  wrap64: 0xa7,
  extendS: 0xac,
  extendU: 0xad,
} as const;

const I32 = 0x7f;
const NO_RESULT = 0x40;

/** Bytes of a function's code, one instruction after the other. */
export class Emitter {
  readonly bytes: number[] = [];

  /** Opcodes without operands. */
  emit(...opcodes: number[]): this {
    for (const each of opcodes) this.bytes.push(each);
    return this;
  }

  /** An opcode with one unsigned operand: local.get, br, call. */
  with(opcode: number, operand: number): this {
    this.bytes.push(opcode);
    return this.unsigned(operand);
  }

  get(local: number): this {
    return this.with(op.get, local);
  }

  set(local: number): this {
    return this.with(op.set, local);
  }

  constant(value: number): this {
    this.bytes.push(op.const32);
    return this.signed(value | 0);
  }

  /** block, loop or if without a result. */
  open(opcode: number): this {
    return this.emit(opcode, NO_RESULT);
  }

  /** A load or store with its offset, and alignment 1: no promise. */
  memory(opcode: number, offset = 0): this {
    this.bytes.push(opcode, 0);
    return this.unsigned(offset);
  }

  /** LEB128 (5.2.2). */
  unsigned(value: number): this {
    let rest = value >>> 0;
    while (rest >= 0x80) {
      this.bytes.push((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    this.bytes.push(rest);
    return this;
  }

  signed(value: number): this {
    let rest = value;
    for (;;) {
      const byte = rest & 0x7f;
      rest >>= 7;
      if ((rest === 0 && !(byte & 0x40)) || (rest === -1 && byte & 0x40)) {
        this.bytes.push(byte);
        return this;
      }
      this.bytes.push(byte | 0x80);
    }
  }
}

/** What a module of one function has around the body. */
export interface ModuleShape {
  /** 32-bit parameters and locals of the function; its result is one 32-bit number. */
  readonly parameters: number;
  readonly locals: number;
  /** Imported functions, which have the indices 0 …: name in `env`, number of parameters; each returns one number. */
  readonly imports: readonly (readonly [string, number])[];
}

/** A module that imports `env.memory` and the functions, and exports `run`. */
export function wasmModule({ parameters, locals, imports }: ModuleShape, body: Emitter): Uint8Array {
  const out = new Emitter();
  out.emit(0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
  const section = (id: number, content: Emitter) => {
    out.emit(id).unsigned(content.bytes.length);
    append(out, content.bytes);
  };
  const name = (into: Emitter, text: string) => {
    into.unsigned(text.length);
    for (const character of text) into.emit(character.charCodeAt(0));
    return into;
  };
  const types = new Emitter().unsigned(imports.length + 1);
  for (const count of [...imports.map(([, n]) => n), parameters]) {
    types.emit(0x60).unsigned(count);
    for (let i = 0; i < count; i++) types.emit(I32);
    types.emit(1, I32);
  }
  section(1, types);
  const imported = new Emitter().unsigned(imports.length + 1);
  for (const [i, [each]] of imports.entries()) name(name(imported, 'env'), each).emit(0).unsigned(i);
  name(name(imported, 'env'), 'memory').emit(2, 0).unsigned(1);
  section(2, imported);
  section(3, new Emitter().unsigned(1).unsigned(imports.length));
  section(7, name(new Emitter().unsigned(1), 'run').emit(0).unsigned(imports.length));
  const code = new Emitter().unsigned(1).unsigned(locals).emit(I32);
  append(code, body.bytes);
  code.emit(op.end);
  const functions = new Emitter().unsigned(1).unsigned(code.bytes.length);
  append(functions, code.bytes);
  section(10, functions);
  return Uint8Array.from(out.bytes);
}

function append(to: Emitter, bytes: readonly number[]): void {
  for (const byte of bytes) to.bytes.push(byte);
}
