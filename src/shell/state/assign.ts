/** Reads and assigns variables, array elements and the variables the shell computes. */
import type { Shell } from './shell.ts';
import {
  type AssociativeArray,
  applyCase,
  IndexedArray,
  storeScalar,
  type Variable,
  VariableError,
} from './variables.ts';

/** The key of an array element (for an indexed array a decimal number, negative from the end), or null for a scalar. */
export type Subscript = string | null;

/** Variables whose value depends on the clock: `refreshClock` first. */
export function dependsOnClock(text: string): boolean {
  return /SECONDS|EPOCH|RANDOM/.test(text);
}

/** Value of a variable the shell computes; undefined when `name` is an ordinary one. */
function dynamicValue(shell: Shell, name: string): string | undefined {
  switch (name) {
    case 'RANDOM':
      shell.randomState = (Math.imul(shell.randomState, 1103515245) + 12345) & 0x7fffffff;
      return String((shell.randomState >> 8) & 0x7fff);
    case 'SECONDS':
      return String(shell.clock.sec - shell.startSeconds);
    case 'EPOCHSECONDS':
      return String(shell.clock.sec);
    case 'EPOCHREALTIME':
      return `${shell.clock.sec}.${String(Math.floor(shell.clock.nsec / 1000)).padStart(6, '0')}`;
    case 'LINENO':
      return String(shell.line);
    case 'BASHPID':
      return String(shell.ownPid);
    case 'BASH_SUBSHELL':
      return String(shell.subshellLevel);
    case 'SHELLOPTS':
    case 'HISTCMD':
      return name === 'HISTCMD' ? String(shell.history?.nextNumber ?? 1) : undefined;
    default:
      return undefined;
  }
}

const innermostFirst = (shell: Shell) => shell.callStack.toReversed();

/** `FUNCNAME`, `BASH_SOURCE`, `BASH_LINENO`, `DIRSTACK`: arrays that mirror the shell's state. */
function dynamicArray(shell: Shell, name: string): IndexedArray | undefined {
  switch (name) {
    case 'FUNCNAME':
      return shell.callStack.length === 0
        ? undefined
        : IndexedArray.of([
            ...innermostFirst(shell).map((frame) => frame.name),
            ...(shell.commandString || shell.interactive ? [] : ['main']),
          ]);
    case 'BASH_LINENO':
      return IndexedArray.of([...innermostFirst(shell).map((frame) => String(frame.line)), '0']);
    case 'BASH_SOURCE':
      return IndexedArray.of([...innermostFirst(shell).map((frame) => frame.source), shell.name]);
    case 'DIRSTACK':
      return IndexedArray.of([shell.variables.get('PWD') ?? '', ...shell.directoryStack]);
    default:
      return undefined;
  }
}

/** The value as stored; arrays the shell computes included. */
export function variableValue(shell: Shell, name: string): Variable['value'] | undefined {
  return dynamicArray(shell, name) ?? dynamicValue(shell, name) ?? shell.variables.lookup(name)?.value;
}

/** All texts of a variable: one for a scalar, the elements of an array. */
export function valueText(shell: Shell, name: string): readonly string[] {
  const value = variableValue(shell, name);
  if (value === undefined || value === null) return [];
  return typeof value === 'string' ? [value] : value.values();
}

/** A variable's or element's text; undefined when unset. */
export function readElement(shell: Shell, name: string, subscript: Subscript): string | undefined {
  const value = variableValue(shell, name);
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return subscript === null || subscript === '0' ? value : undefined;
  if (value.kind === 'associative') return value.get(subscript ?? '0');
  const index = Number(subscript ?? '0');
  return value.get(String(index < 0 ? value.end + index : index));
}

/** What a nameref may stand for: an element. */
const ELEMENT = /^([A-Za-z_]\w*)\[(.*)\]$/;

/** `name=value`, `name[subscript]=value`. Throws {@link VariableError}. */
export function assignVariable(shell: Shell, name: string, subscript: Subscript, value: string): void {
  const resolved = shell.variables.resolve(name);
  const element = resolved.endsWith(']') ? ELEMENT.exec(resolved) : null;
  if (element !== null) {
    assignVariable(shell, element[1]!, element[2]!, value);
    return;
  }
  const variable = shell.variables.declare(resolved);
  if (variable.readonly) throw new VariableError(`${resolved}: readonly variable`);
  if (resolved === 'RANDOM') shell.randomState = Number.parseInt(value, 10) || 1;
  if (resolved === 'SECONDS') shell.startSeconds = shell.clock.sec - (Number.parseInt(value, 10) || 0);
  if (resolved === 'PATH') shell.hashed.clear();
  if (resolved === 'OPTIND') shell.getoptsOffset = 0;
  if (shell.options.has('allexport')) variable.exported = true;
  if (subscript === null) storeScalar(variable, value);
  else storeElement(name, variable, subscript, value);
}

function storeElement(name: string, variable: Variable, subscript: string, value: string): void {
  let array = variable.value;
  if (array === null) array = new IndexedArray();
  else if (typeof array === 'string') array = new IndexedArray([[0, array]]);
  variable.value = array;
  array.set(elementKey(name, array, subscript), applyCase(variable, value));
}

/** The key under which an array holds `subscript`: negative indices count from the end. */
export function elementKey(name: string, array: IndexedArray | AssociativeArray, subscript: string): string {
  if (array.kind === 'associative') return subscript;
  const index = Number(subscript);
  const key = index < 0 ? array.end + index : index;
  if (key < 0 || !Number.isSafeInteger(key)) {
    throw new VariableError(`${name}[${subscript}]: bad array subscript`);
  }
  return String(key);
}
