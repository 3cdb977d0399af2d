/** Arithmetic of filter expressions: `tcp[tcpflags] & tcp-syn`, `ip[2:2] - 40`, `len`, all of 32 bits without a sign. */
import { badFilter, notSimulated, syntaxError } from './errors.ts';
import {
  all,
  isFirstFragment,
  load,
  PastTheEnd,
  payloadAt,
  type Test,
  transportAt,
  type Value,
} from './frame.ts';
import { carriedNumber, isLink, isProtocol, protocolTest } from './protocols.ts';
import type { Reader } from './reader.ts';

/** A value, and the frames that have it: of others no comparison is true. */
export interface Arithmetic {
  readonly value: Value;
  readonly where: readonly Test[];
  /** Of a number as such. */
  readonly constant: number | null;
}

type Operation = (a: number, b: number) => number;

/** From those that bind least. */
const LEVELS: readonly Readonly<Record<string, Operation>>[] = [
  { '|': (a, b) => (a | b) >>> 0, '^': (a, b) => (a ^ b) >>> 0 },
  { '&': (a, b) => (a & b) >>> 0 },
  { '<<': (a, b) => (b > 31 ? 0 : (a << b) >>> 0), '>>': (a, b) => (b > 31 ? 0 : a >>> b) },
  { '+': (a, b) => (a + b) >>> 0, '-': (a, b) => (a - b) >>> 0 },
  { '*': (a, b) => Math.imul(a, b) >>> 0, '/': divide, '%': modulo },
];

/** BPF ends the program where it would divide by zero. */
function divide(a: number, b: number): number {
  if (b === 0) throw new PastTheEnd();
  return Math.floor(a / b);
}

function modulo(a: number, b: number): number {
  if (b === 0) throw new PastTheEnd();
  return a % b;
}

const constantOf = (number: number): Arithmetic => ({ value: () => number, where: [], constant: number });

function combined(sign: string, operation: Operation, a: Arithmetic, b: Arithmetic): Arithmetic {
  if (b.constant === 0 && sign === '/') throw badFilter('division by zero');
  if (b.constant === 0 && sign === '%') throw badFilter('modulus by zero');
  if (a.constant !== null && b.constant !== null) return constantOf(operation(a.constant, b.constant));
  return {
    value: (seen) => operation(a.value(seen), b.value(seen)),
    // gen_arth() forgets which frames have the right operand.
    where: a.where,
    constant: null,
  };
}

/** Reads an expression; `shift` as for frames. Throws Refused. */
export function arithmetic(reader: Reader, shift: number, level = 0): Arithmetic {
  const operations = LEVELS[level];
  if (operations === undefined) return operand(reader, shift);
  let left = arithmetic(reader, shift, level + 1);
  for (;;) {
    const sign = reader.takeSign(...Object.keys(operations));
    if (sign === null) return left;
    left = combined(sign, operations[sign]!, left, arithmetic(reader, shift, level + 1));
  }
}

function operand(reader: Reader, shift: number): Arithmetic {
  if (reader.takeSign('-') !== null) {
    const inner = operand(reader, shift);
    return combined('-', (a, b) => (a - b) >>> 0, constantOf(0), inner);
  }
  if (reader.takeSign('(') !== null) {
    const inner = arithmetic(reader, shift);
    reader.needSign(')');
    return inner;
  }
  const number = reader.takeNumber();
  if (number !== null) return constantOf(number);
  if (reader.takeKeyword('len', 'length') !== null)
    return { value: ({ length }) => length, where: [], constant: null };
  const { kind, text } = reader.next();
  if (kind !== 'keyword' || !isProtocol(text)) throw syntaxError();
  reader.needSign('[');
  const index = arithmetic(reader, shift);
  const size = reader.takeSign(':') === null ? 1 : reader.takeNumber();
  if (size === null) throw syntaxError();
  reader.needSign(']');
  if (size !== 1 && size !== 2 && size !== 4) throw badFilter('data size must be 1, 2, or 4');
  return loaded(text, index, size, shift);
}

/** `PROTOCOL[INDEX:SIZE]` (`gen_load_internal`, gencode.c). */
function loaded(protocol: string, index: Arithmetic, size: number, shift: number): Arithmetic {
  const { where, value } = index;
  if (isLink(protocol)) return { value: (seen) => load(seen, value(seen), size), where, constant: null };
  if (protocol === 'icmp6') throw notSimulated('"icmp6[…]"');
  const number = carriedNumber(protocol);
  if (number === null)
    return {
      value: (seen) => load(seen, payloadAt(shift) + value(seen), size),
      where: [...where, protocolTest(protocol, shift)],
      constant: null,
    };
  const isIt: Test = (seen) => load(seen, payloadAt(shift) + 9, 1) === number;
  return {
    value: (seen) => load(seen, transportAt(seen, shift) + value(seen), size),
    where: [...where, all(protocolTest('ip', shift), isIt, isFirstFragment(shift))],
    constant: null,
  };
}

const RELATIONS: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '=': (a, b) => a === b,
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};

/** A comparison; null when what stands there is an expression that nothing is compared with. Throws Refused. */
export function relation(reader: Reader, shift: number): Test | null {
  const left = arithmetic(reader, shift);
  const sign = reader.takeSign(...Object.keys(RELATIONS));
  if (sign === null) return null;
  const right = arithmetic(reader, shift);
  const holds = RELATIONS[sign]!;
  return all(...left.where, ...right.where, (seen) => holds(left.value(seen), right.value(seen)));
}
