/** Performs assignments: scalars, array elements, array literals, `+=`, integer variables. */
import { Room, type Sys } from '../../linux/index.ts';
import { computeArithmetic } from '../expand/arithmetic.ts';
import { arithmeticValue } from '../expand/arithmeticValue.ts';
import { subscriptText } from '../expand/parameter.ts';
import { expandAssignment, expandText, expandWord } from '../expand/word.ts';
import { assignVariable, readElement } from '../state/assign.ts';
import { AbortControl } from '../state/control.ts';
import type { Shell } from '../state/shell.ts';
import { AssociativeArray, applyCase, IndexedArray, VariableError } from '../state/variables.ts';
import type { ArrayLiteral, Assignment } from '../syntax/ast.ts';
import { holdVariables } from './holding.ts';
import { quoteForTrace, traceText } from './trace.ts';

/** One element of `( … )` after expansion; `key` null takes the next index. */
export interface ExpandedElement {
  readonly key: string | null;
  readonly append: boolean;
  readonly value: string;
}

/** Permanent assignments: a read-only variable drops the command line. */
export function* assignAll(shell: Shell, assignments: readonly Assignment[]): Sys<void> {
  for (const assignment of assignments) {
    try {
      yield* assign(shell, assignment);
    } catch (error) {
      if (!(error instanceof VariableError)) throw error;
      yield* shell.complain(error.message);
      throw new AbortControl(1, true);
    }
  }
  yield* holdVariables(shell);
}

function* assign(shell: Shell, assignment: Assignment): Sys<void> {
  const { name, index, append, value } = assignment;
  if (!('parts' in value)) {
    storeArray(shell, name, yield* expandArrayLiteral(shell, value), append);
    yield* traceText(
      shell,
      () => `${name}${append ? '+=' : '='}(${value.elements.map((e) => e.value.text).join(' ')})`,
    );
    return;
  }
  const text = yield* expandAssignment(shell, value);
  const subscript = index === null ? null : yield* subscriptText(shell, name, index);
  yield* assignText(shell, name, subscript, text, append);
  const target = index === null ? name : `${name}[${index.text}]`;
  yield* traceText(shell, () => `${target}${append ? '+=' : '='}${text === '' ? '' : quoteForTrace(text)}`);
}

/** `name=text` with the variable's attributes: `+=`, integer arithmetic. */
export function* assignText(
  shell: Shell,
  name: string,
  subscript: string | null,
  text: string,
  append: boolean,
): Sys<void> {
  const integer = shell.variables.lookup(name)?.integer ?? false;
  if (name === 'SECONDS') yield* shell.refreshClock();
  const before = append ? (readElement(shell, name, subscript) ?? '') : '';
  if (!integer) {
    new Room().take(before.length + text.length);
    assignVariable(shell, name, subscript, before + text);
    return;
  }
  const value = yield* arithmeticValue(shell, text);
  const sum = append ? BigInt.asIntN(64, (yield* arithmeticValue(shell, before)) + value) : value;
  assignVariable(shell, name, subscript, String(sum));
}

/** Assignments before a command, in the innermost (temporary) scope. */
export function* temporaryAssignments(shell: Shell, assignments: readonly Assignment[]): Sys<void> {
  for (const { name, append, value } of assignments) {
    if (!('parts' in value)) continue;
    const text = yield* expandAssignment(shell, value);
    const before = append ? (shell.variables.get(name) ?? '') : '';
    try {
      shell.variables.setTemporary(name, before + text);
      yield* traceText(shell, () => `${name}=${text === '' ? '' : quoteForTrace(text)}`);
    } catch (error) {
      if (!(error instanceof VariableError)) throw error;
      yield* shell.complain(error.message);
    }
  }
}

export function* expandArrayLiteral(shell: Shell, literal: ArrayLiteral): Sys<ExpandedElement[]> {
  const elements: ExpandedElement[] = [];
  for (const { index, append, value } of literal.elements) {
    if (index === null) {
      for (const text of yield* expandWord(shell, value))
        elements.push({ key: null, append: false, value: text });
    } else {
      const key = yield* expandText(shell, index);
      elements.push({ key, append, value: yield* expandAssignment(shell, value) });
    }
  }
  return elements;
}

/** `name=( … )` or `name+=( … )`; an associative array stays one. */
export function storeArray(
  shell: Shell,
  name: string,
  elements: readonly ExpandedElement[],
  append: boolean,
): void {
  const variable = shell.variables.declare(name);
  if (variable.readonly) throw new VariableError(`${name}: readonly variable`);
  const { value } = variable;
  const old = typeof value === 'string' ? new IndexedArray([[0, value]]) : value;
  if (old?.kind === 'associative') {
    variable.value = associative(append ? old : new AssociativeArray(), elements);
    return;
  }
  const array = append && old !== null ? old : new IndexedArray();
  let next = array.end;
  for (const { key, append: add, value: text } of elements) {
    const index = key === null ? next : Number(computeArithmetic(shell, key));
    array.set(String(index), applyCase(variable, (add ? (array.get(String(index)) ?? '') : '') + text));
    next = index + 1;
  }
  variable.value = array;
}

function associative(array: AssociativeArray, elements: readonly ExpandedElement[]): AssociativeArray {
  for (let i = 0; i < elements.length; i++) {
    const { key, append, value } = elements[i]!;
    if (key !== null) array.set(key, (append ? (array.get(key) ?? '') : '') + value);
    else array.set(value, elements[++i]?.value ?? '');
  }
  return array;
}
