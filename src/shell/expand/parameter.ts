/** Expands `$name` and `${ … }`. `operations.ts` has what the operators do to a text. */
import type { Sys } from '../../linux/index.ts';
import { assignVariable, dependsOnClock, elementKey, readElement, variableValue } from '../state/assign.ts';
import { AbortControl } from '../state/control.ts';
import type { Shell } from '../state/shell.ts';
import { VariableError } from '../state/variables.ts';
import type { ParameterOperation, ParameterPart, Word } from '../syntax/ast.ts';
import { arithmeticValue, expandArithmetic } from './arithmeticValue.ts';
import { emit, fieldText, type PartContext, type Sink, TextSink } from './fields.ts';
import { applyOperation, describeVariable } from './operations.ts';

/** What a parameter stands for: one text, several (`$@`, `${a[*]}`), or nothing. */
export type ParameterValue =
  | { readonly kind: 'unset' }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly string[]; readonly star: boolean };

const unset: ParameterValue = { kind: 'unset' };

/** Expands `part` into `sink`. */
export function* expandParameter(
  shell: Shell,
  part: ParameterPart,
  sink: Sink,
  context: PartContext,
): Sys<void> {
  const { operation } = part;
  if (operation?.type === 'bad' || (part.name === '' && operation !== null)) {
    yield* shell.complain(`${part.text}: bad substitution`);
    throw new AbortControl(1, true);
  }
  if (operation?.type === 'default') {
    yield* expandDefault(shell, part, operation, sink, context);
    return;
  }
  if (operation?.type === 'names') {
    const items = shell.variables.names().filter((name) => name.startsWith(part.name));
    emitList(shell, { kind: 'list', items, star: operation.star }, sink, context);
    return;
  }
  if (operation?.type === 'keys') {
    emitList(shell, { kind: 'list', items: keysOf(shell, part.name), star: operation.star }, sink, context);
    return;
  }
  const { name, index } = yield* target(shell, part);
  const value = yield* parameterValue(shell, name, index);
  yield* checkSet(shell, part, value);
  if (operation?.type === 'length') {
    emit(sink, String(lengthOf(value)), context);
    return;
  }
  if (operation?.type === 'transform' && 'aAEKkP'.includes(operation.op)) {
    const described = describeVariable(shell, name, operation.op, value);
    if (described !== null) {
      emitValue(shell, described, sink, context);
      return;
    }
  }
  emitValue(shell, operation === null ? value : yield* operate(shell, value, operation, name), sink, context);
}

/** The variable meant, `${!name}` followed. */
function* target(
  shell: Shell,
  part: ParameterPart,
): Sys<{ name: string; index: ParameterPart['index'] | string }> {
  if (!part.indirect) return part;
  const value = yield* parameterValue(shell, part.name, part.index);
  const text = value.kind === 'text' ? value.text : '';
  const element = /^([A-Za-z_]\w*)(?:\[(.*)\])?$/s.exec(text);
  if (element === null && !/^([0-9]+|[@*#?$!-])$/.test(text)) {
    const message =
      value.kind === 'unset' ? `${part.name}: invalid indirect expansion` : `${text}: invalid variable name`;
    yield* shell.complain(message);
    throw new AbortControl(1, true);
  }
  if (element === null) return { name: text, index: null };
  return { name: element[1]!, index: element[2] ?? null };
}

/** What the parameter `name` with `index` stands for. */
export function* parameterValue(
  shell: Shell,
  name: string,
  index: ParameterPart['index'] | string,
): Sys<ParameterValue> {
  if (/^[0-9@*#?$!-]/.test(name)) return specialValue(shell, name);
  if (dependsOnClock(name)) yield* shell.refreshClock();
  if (name === '_') return { kind: 'text', text: shell.lastArgument };
  const value = variableValue(shell, name);
  if (index === '@' || index === '*') {
    const items =
      value === undefined || value === null ? [] : typeof value === 'string' ? [value] : value.values();
    return { kind: 'list', items, star: index === '*' };
  }
  const subscript = index === null ? null : yield* subscriptText(shell, name, index);
  if (subscript?.startsWith('-') && typeof value === 'object' && value !== null) {
    try {
      elementKey(name, value, subscript);
    } catch (error) {
      if (!(error instanceof VariableError)) throw error;
      yield* shell.complain(`${name}: bad array subscript`);
      return unset;
    }
  }
  const text = readElement(shell, name, subscript);
  return text === undefined ? unset : { kind: 'text', text };
}

/** A subscript as an element's key: expanded, and computed unless the array is associative. */
export function* subscriptText(shell: Shell, name: string, index: Word | string): Sys<string> {
  const text = typeof index === 'string' ? index : yield* shell.expander.text(shell, index);
  const value = shell.variables.lookup(name)?.value;
  if (value !== null && typeof value === 'object' && value.kind === 'associative') return text;
  return String(yield* arithmeticValue(shell, text));
}

function keysOf(shell: Shell, name: string): readonly string[] {
  const value = variableValue(shell, name);
  if (value === undefined || value === null) return [];
  return typeof value === 'string' ? ['0'] : value.keys();
}

function specialValue(shell: Shell, name: string): ParameterValue {
  const text = (value: string | number): ParameterValue => ({ kind: 'text', text: String(value) });
  switch (name) {
    case '@':
    case '*':
      return { kind: 'list', items: shell.positional, star: name === '*' };
    case '#':
      return text(shell.positional.length);
    case '?':
      return text(shell.lastStatus);
    case '$':
      return text(shell.pid);
    case '!':
      return shell.lastBackground === null ? unset : text(shell.lastBackground);
    case '-':
      return text(shellFlags(shell));
    case '0':
      return text(shell.name);
    default: {
      const value = shell.positional[Number(name) - 1];
      return value === undefined ? unset : text(value);
    }
  }
}

/** `$-` */
export function shellFlags(shell: Shell): string {
  const letters = shell.options.letters();
  const invocation = (shell.interactive ? 'i' : '') + letters;
  const ordered = [...'abefhikmnptuvxBCEHPT'].filter((letter) => invocation.includes(letter)).join('');
  return ordered + (shell.commandString ? 'c' : '') + (shell.readsInput ? 's' : '');
}

function lengthOf(value: ParameterValue): number {
  if (value.kind === 'unset') return 0;
  return value.kind === 'list' ? value.items.length : [...value.text].length;
}

/** `set -u`. */
function* checkSet(shell: Shell, part: ParameterPart, value: ParameterValue): Sys<void> {
  if (value.kind !== 'unset' || !shell.options.has('nounset')) return;
  const index = part.index !== null && typeof part.index === 'object' ? `[${part.index.text}]` : '';
  yield* shell.complain(`${part.name}${index}: unbound variable`);
  throw new AbortControl(127, true);
}

function isEmpty(value: ParameterValue): boolean {
  return value.kind === 'text' ? value.text === '' : value.kind === 'list' && value.items.join('') === '';
}

function* expandDefault(
  shell: Shell,
  part: ParameterPart,
  operation: ParameterOperation & { type: 'default' },
  sink: Sink,
  context: PartContext,
): Sys<void> {
  const { name, index } = yield* target(shell, part);
  const value = yield* parameterValue(shell, name, index);
  const absent = value.kind === 'unset' || (value.kind === 'list' && value.items.length === 0);
  const missing = absent || (operation.colon && isEmpty(value));
  if (operation.op === '+') {
    if (!missing) yield* expandOperand(shell, operation.word, sink, context);
    return;
  }
  if (!missing) {
    emitValue(shell, value, sink, context);
    return;
  }
  if (operation.op === '-') {
    yield* expandOperand(shell, operation.word, sink, context);
    return;
  }
  const text = yield* operandText(shell, operation.word, context);
  const label = part.text.slice(2).match(/^!?[A-Za-z_]\w*(\[[^\]]*\])?|^./)?.[0] ?? name;
  if (operation.op === '?') {
    yield* shell.complain(
      `${label}: ${text || (operation.colon ? 'parameter null or not set' : 'parameter not set')}`,
    );
    throw new AbortControl(127, true);
  }
  if (!/^[A-Za-z_]/.test(name)) {
    yield* shell.complain(`$${name}: cannot assign in this way`);
    throw new AbortControl(1, true);
  }
  const subscript = index === null ? null : yield* subscriptText(shell, name, index);
  yield* assignOrAbort(shell, name, subscript, text);
  emit(sink, text, context);
}

function* assignOrAbort(shell: Shell, name: string, subscript: string | null, text: string): Sys<void> {
  try {
    assignVariable(shell, name, subscript, text);
  } catch (error) {
    if (!(error instanceof VariableError)) throw error;
    yield* shell.complain(error.message);
    throw new AbortControl(1, true);
  }
}

function* expandOperand(shell: Shell, word: Word, sink: Sink, context: PartContext): Sys<void> {
  const first = word.parts[0];
  if (!context.quoted && first?.type === 'literal' && first.text.startsWith('~')) {
    sink.split(yield* shell.expander.text(shell, word));
    return;
  }
  yield* shell.expander.parts(shell, word.parts, sink, {
    quoted: context.quoted,
    splitLiterals: !context.quoted,
  });
}

function* operandText(shell: Shell, word: Word, context: PartContext): Sys<string> {
  if (!context.quoted) return yield* shell.expander.text(shell, word);
  const sink = new TextSink();
  yield* shell.expander.parts(shell, word.parts, sink, context);
  return fieldText(sink.field());
}

function* operate(
  shell: Shell,
  value: ParameterValue,
  operation: ParameterOperation,
  name: string,
): Sys<ParameterValue> {
  if (operation.type === 'slice') return yield* slice(shell, value, operation, name);
  if (value.kind === 'unset') return value;
  const apply = yield* applyOperation(shell, operation);
  if (value.kind === 'text') return { kind: 'text', text: apply(value.text) };
  return { ...value, items: value.items.map(apply) };
}

/** `${x:offset:length}`: characters of a text, elements of a list. */
function* slice(
  shell: Shell,
  value: ParameterValue,
  operation: ParameterOperation & { type: 'slice' },
  name: string,
): Sys<ParameterValue> {
  let offset = Number(yield* expandArithmetic(shell, operation.offset));
  const length = operation.length === null ? null : Number(yield* expandArithmetic(shell, operation.length));
  if (value.kind === 'unset') return value;
  const positional = name === '@' || name === '*';
  const all =
    value.kind === 'list' ? (positional ? [shell.name, ...value.items] : value.items) : [...value.text];
  if (offset < 0) offset += all.length;
  if (offset < 0 || offset > all.length)
    return value.kind === 'list' ? { ...value, items: [] } : { kind: 'text', text: '' };
  let end = length === null ? all.length : offset + length;
  if (length !== null && length < 0) {
    end = all.length + length;
    if (value.kind === 'list' || end < offset) {
      yield* shell.complain(`${operation.length!.text.trim()}: substring expression < 0`);
      throw new AbortControl(1, false);
    }
  }
  const from = positional && offset === 0 && operation.offset.text.trim() === '' ? 1 : offset;
  const kept = all.slice(from, end);
  return value.kind === 'list' ? { ...value, items: kept } : { kind: 'text', text: kept.join('') };
}

function emitValue(shell: Shell, value: ParameterValue, sink: Sink, context: PartContext): void {
  if (value.kind === 'list') emitList(shell, value, sink, context);
  else if (value.kind === 'text') emit(sink, value.text, context);
  else if (context.quoted) sink.quoted('');
}

function emitList(
  shell: Shell,
  value: ParameterValue & { kind: 'list' },
  sink: Sink,
  context: PartContext,
): void {
  const ifs = shell.variables.get('IFS') ?? ' \t\n';
  if (value.star && (context.quoted || sink instanceof TextSink)) {
    emit(sink, value.items.join(ifs.slice(0, 1)), { ...context, quoted: true });
    return;
  }
  for (const [i, item] of value.items.entries()) {
    if (i > 0) sink.separate();
    emit(sink, item, context);
  }
}
