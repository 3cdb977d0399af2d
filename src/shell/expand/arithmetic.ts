/** Computes arithmetic expressions on the shell's variables, in 64-bit integers that wrap as C's. */

import { assignVariable, readElement, type Subscript } from '../state/assign.ts';
import type { Shell } from '../state/shell.ts';
import { type Arithmetic, ArithmeticError, parseArithmetic, type Target } from './arithmeticSyntax.ts';

const MAX_RECURSION = 1024;

/** The value of `text`, in which all `$` expansions are done. Throws {@link ArithmeticError}. */
export function computeArithmetic(shell: Shell, text: string, depth = 0): bigint {
  if (depth > MAX_RECURSION) throw new ArithmeticError('expression recursion level exceeded', text);
  const plain = text.trim();
  if (/^[1-9][0-9]{0,17}$|^0$/.test(plain)) return BigInt(plain);
  return evaluate(shell, parseArithmetic(text), depth);
}

/** `1/0: division by 0 (error token is "0")` */
export function arithmeticMessage(text: string, error: ArithmeticError): string {
  const token = error.token === '' ? '' : ` (error token is "${error.token}")`;
  return `${text.trimStart()}: ${error.message}${token}`;
}

function readTarget(shell: Shell, target: Target, depth: number): bigint {
  const subscript = subscriptOf(shell, target, depth);
  const value = readElement(shell, target.name, subscript);
  if (value === undefined && shell.options.has('nounset') && subscript === null) {
    throw new UnboundError(target.name);
  }
  if (value === undefined || value.trim() === '') return 0n;
  return computeArithmetic(shell, value, depth + 1);
}

/** `set -u` met an unset variable inside an expression. */
export class UnboundError extends Error {}

function subscriptOf(shell: Shell, target: Target, depth: number): Subscript {
  if (target.index === null) return null;
  const value = shell.variables.lookup(target.name)?.value;
  if (value !== null && typeof value === 'object' && value.kind === 'associative') return target.index;
  return String(computeArithmetic(shell, target.index, depth + 1));
}

function writeTarget(shell: Shell, target: Target, value: bigint, depth: number): void {
  assignVariable(shell, target.name, subscriptOf(shell, target, depth), String(value));
}

function evaluate(shell: Shell, node: Arithmetic, depth: number): bigint {
  switch (node.type) {
    case 'number':
      return node.value;
    case 'variable':
      return readTarget(shell, node, depth);
    case 'unary':
      return unary(node.op, evaluate(shell, node.operand, depth));
    case 'step': {
      const before = readTarget(shell, node.target, depth);
      const after = BigInt.asIntN(64, node.op === '++' ? before + 1n : before - 1n);
      writeTarget(shell, node.target, after, depth);
      return node.prefix ? after : before;
    }
    case 'choice':
      return evaluate(shell, node.condition, depth) !== 0n
        ? evaluate(shell, node.then, depth)
        : evaluate(shell, node.otherwise, depth);
    case 'assign': {
      const right = evaluate(shell, node.value, depth);
      const value =
        node.op === '=' ? right : binary(node.op.slice(0, -1), readTarget(shell, node.target, depth), right);
      writeTarget(shell, node.target, value, depth);
      return value;
    }
    case 'binary':
      return evaluateBinary(shell, node, depth);
  }
}

function evaluateBinary(shell: Shell, node: Arithmetic & { type: 'binary' }, depth: number): bigint {
  const left = evaluate(shell, node.left, depth);
  if (node.op === '&&') return left !== 0n && evaluate(shell, node.right, depth) !== 0n ? 1n : 0n;
  if (node.op === '||') return left !== 0n || evaluate(shell, node.right, depth) !== 0n ? 1n : 0n;
  return binary(node.op, left, evaluate(shell, node.right, depth));
}

function unary(op: '+' | '-' | '!' | '~', value: bigint): bigint {
  switch (op) {
    case '+':
      return value;
    case '-':
      return BigInt.asIntN(64, -value);
    case '!':
      return value === 0n ? 1n : 0n;
    case '~':
      return ~value;
  }
}

function binary(op: string, left: bigint, right: bigint): bigint {
  const truth = (value: boolean) => (value ? 1n : 0n);
  switch (op) {
    case ',':
      return right;
    case '+':
      return BigInt.asIntN(64, left + right);
    case '-':
      return BigInt.asIntN(64, left - right);
    case '*':
      return BigInt.asIntN(64, left * right);
    case '/':
    case '%':
      if (right === 0n) throw new ArithmeticError('division by 0', '0');
      return BigInt.asIntN(64, op === '/' ? left / right : left % right);
    case '**':
      return power(left, right);
    case '<<':
      return BigInt.asIntN(64, left << (right & 63n));
    case '>>':
      return left >> (right & 63n);
    case '&':
      return left & right;
    case '|':
      return left | right;
    case '^':
      return left ^ right;
    case '==':
      return truth(left === right);
    case '!=':
      return truth(left !== right);
    case '<':
      return truth(left < right);
    case '>':
      return truth(left > right);
    case '<=':
      return truth(left <= right);
    case '>=':
      return truth(left >= right);
    default:
      throw new ArithmeticError('syntax error: invalid arithmetic operator', op);
  }
}

function power(base: bigint, exponent: bigint): bigint {
  if (exponent < 0n) throw new ArithmeticError('exponent less than 0', String(-exponent));
  let result = 1n;
  let factor = base;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = BigInt.asIntN(64, result * factor);
    factor = BigInt.asIntN(64, factor * factor);
  }
  return result;
}
