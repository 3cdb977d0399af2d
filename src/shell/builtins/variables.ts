/** declare, typeset, local, export, readonly, unset, shift. */
import type { Sys } from '../../linux/index.ts';
import { assignText, storeArray } from '../exec/assignment.ts';
import { subscriptText } from '../expand/parameter.ts';
import { declaration, setLine } from '../state/describe.ts';
import type { Shell } from '../state/shell.ts';
import { AssociativeArray, IndexedArray, type Variable, VariableError } from '../state/variables.ts';
import { printFunction } from '../syntax/print.ts';
import { isIdentifier, type ParsedOptions, readOptions } from './options.ts';
import type { BuiltinCall, BuiltinTable } from './types.ts';

const DECLARE_LETTERS = 'aAfFgiIlnprtux';
const DECLARE_SYNTAX = '[-aAfFgiIlnrtux] [name[=value] ...] or declare -p [-aAfFilnrtux] [name ...]';

interface Target {
  readonly name: string;
  readonly index: string | null;
  readonly append: boolean;
  readonly value: string | null;
}

function parseTarget(text: string): Target | null {
  const match = /^([A-Za-z_]\w*)(?:\[([^\]]*)\])?(?:(\+?)=(.*))?$/s.exec(text);
  if (match === null) return null;
  return { name: match[1]!, index: match[2] ?? null, append: match[3] === '+', value: match[4] ?? null };
}

function applyAttributes(name: string, variable: Variable, options: ParsedOptions): void {
  for (const { letter, plus } of options.given) {
    const on = !plus;
    switch (letter) {
      case 'x':
        variable.exported = on;
        break;
      case 'i':
        variable.integer = on;
        break;
      case 'n':
        variable.nameref = on;
        break;
      case 'l':
      case 'u': {
        const kind = letter === 'l' ? 'lower' : 'upper';
        if (on) variable.case = kind;
        else if (variable.case === kind) variable.case = null;
        break;
      }
      case 'a':
        makeArray(name, variable, 'indexed');
        break;
      case 'A':
        makeArray(name, variable, 'associative');
        break;
      case 'r':
        if (!on && variable.readonly) throw new VariableError(`${name}: readonly variable`);
        break;
    }
  }
}

function makeArray(name: string, variable: Variable, kind: 'indexed' | 'associative'): void {
  const { value } = variable;
  if (value !== null && typeof value === 'object') {
    if (value.kind === kind) return;
    throw new VariableError(`declare: ${name}: cannot convert ${value.kind} to ${kind} array`);
  }
  if (kind === 'indexed') variable.value = new IndexedArray(value === null ? [] : [[0, value]]);
  else variable.value = new AssociativeArray(value === null ? [] : [['0', value]]);
}

/** One argument of declare, local, export, readonly. False after an error, which has been told. */
function* declareOne(
  shell: Shell,
  command: string,
  argument: string,
  options: ParsedOptions,
  array:
    | { append: boolean; elements: readonly { key: string | null; append: boolean; value: string }[] }
    | undefined,
  scope: 'local' | 'global',
): Sys<boolean> {
  const target = parseTarget(argument);
  if (target === null) {
    yield* shell.complain(`${command}: \`${argument}': not a valid identifier`);
    return false;
  }
  const { name } = target;
  const variable =
    scope === 'local'
      ? shell.variables.declareLocal(name, options.has('I'))
      : declareGlobal(shell, name, options);
  if (variable.readonly && (target.value !== null || array !== undefined))
    throw new VariableError(`${name}: readonly variable`);
  applyAttributes(name, variable, options);
  if (array !== undefined) storeArray(shell, name, array.elements, array.append);
  else if (target.value !== null && options.has('n')) variable.value = target.value;
  else if (target.value !== null) {
    const subscript = target.index === null ? null : yield* subscriptText(shell, name, target.index);
    yield* assignText(shell, name, subscript, target.value, target.append);
  }
  if (options.has('r')) variable.readonly = true;
  return true;
}

function declareGlobal(shell: Shell, name: string, options: ParsedOptions): Variable {
  if (options.has('n')) return shell.variables.own(name) ?? shell.variables.declare(name);
  return shell.variables.declare(name);
}

function* declareAll(
  shell: Shell,
  command: string,
  options: ParsedOptions,
  call: BuiltinCall,
  offset: number,
  scope: 'local' | 'global',
): Sys<number> {
  let status = 0;
  for (const [i, argument] of options.rest.entries()) {
    try {
      const array = call.arrays.get(offset + i);
      if (!(yield* declareOne(shell, command, argument, options, array, scope))) status = 1;
    } catch (error) {
      if (!(error instanceof VariableError)) throw error;
      const prefixed = command === 'local' || command === 'declare' || command === 'typeset';
      yield* shell.complain(
        prefixed && !error.message.startsWith(command) ? `${command}: ${error.message}` : error.message,
      );
      status = 1;
    }
  }
  return status;
}

function* listVariables(
  shell: Shell,
  command: string,
  options: ParsedOptions,
  only: (variable: Variable) => boolean,
): Sys<number> {
  let status = 0;
  let text = '';
  const names = options.rest.length > 0 ? options.rest : shell.variables.names();
  for (const name of names) {
    const variable = shell.variables.own(name);
    if (variable === undefined) {
      yield* shell.complain(`${command}: ${name}: not found`);
      status = 1;
    } else if (options.rest.length > 0 || only(variable)) text += `${declaration(name, variable)}\n`;
  }
  yield* shell.print(text);
  return status;
}

function* listFunctions(shell: Shell, options: ParsedOptions): Sys<number> {
  let status = 0;
  let text = '';
  const namesOnly = options.has('F');
  const names = options.rest.length > 0 ? options.rest : [...shell.functions.keys()].sort();
  for (const name of names) {
    const definition = shell.functions.get(name);
    if (definition === undefined) status = 1;
    else if (!namesOnly) text += `${printFunction(definition)}\n`;
    else text += options.rest.length > 0 ? `${name}\n` : `declare -f ${name}\n`;
  }
  yield* shell.print(text);
  return status;
}

function hasAttributes(options: ParsedOptions): (variable: Variable) => boolean {
  return (variable) => {
    const { value } = variable;
    const kind = value !== null && typeof value === 'object' ? value.kind : '';
    return (
      (!options.has('x') || variable.exported) &&
      (!options.has('r') || variable.readonly) &&
      (!options.has('i') || variable.integer) &&
      (!options.has('a') || kind === 'indexed') &&
      (!options.has('A') || kind === 'associative') &&
      (!options.has('n') || variable.nameref)
    );
  };
}

function* declare(shell: Shell, args: readonly string[], call: BuiltinCall, command: string): Sys<number> {
  const options = yield* readOptions(
    shell,
    command,
    `${command} ${DECLARE_SYNTAX}`,
    DECLARE_LETTERS,
    args,
    true,
  );
  if (options === null) return 2;
  if (options.has('f') || options.has('F')) return yield* listFunctions(shell, options);
  if (options.has('p') || (options.rest.length === 0 && options.given.length > 0)) {
    return yield* listVariables(shell, command, options, hasAttributes(options));
  }
  if (options.rest.length === 0) return yield* listAll(shell);
  const scope = shell.inFunction() && !options.has('g') ? 'local' : 'global';
  return yield* declareAll(shell, command, options, call, args.length - options.rest.length, scope);
}

/** `set` and `declare` without arguments: variables, then functions. */
export function* listAll(shell: Shell): Sys<number> {
  let text = '';
  for (const name of shell.variables.names()) {
    const line = setLine(name, shell.variables.own(name)!);
    if (line !== null) text += `${line}\n`;
  }
  for (const name of [...shell.functions.keys()].sort())
    text += `${printFunction(shell.functions.get(name)!)}\n`;
  yield* shell.print(text);
  return 0;
}

function* local(shell: Shell, args: readonly string[], call: BuiltinCall): Sys<number> {
  const options = yield* readOptions(
    shell,
    'local',
    'local [option] name[=value] ...',
    DECLARE_LETTERS,
    args,
    true,
  );
  if (options === null) return 2;
  if (!shell.inFunction()) {
    yield* shell.complain('local: can only be used in a function');
    return 1;
  }
  if (options.rest.length === 0) {
    const lines = shell.variables.localNames().map((name) => setLine(name, shell.variables.own(name)!));
    yield* shell.print(lines.map((line) => (line === null ? '' : `${line}\n`)).join(''));
    return 0;
  }
  return yield* declareAll(shell, 'local', options, call, args.length - options.rest.length, 'local');
}

/** export and readonly: one attribute, on or (`export -n`) off. */
function* attribute(
  shell: Shell,
  args: readonly string[],
  call: BuiltinCall,
  command: 'export' | 'readonly',
): Sys<number> {
  const letters = command === 'export' ? 'fnp' : 'aAfp';
  const synopsis = table[command]!.synopsis;
  const options = yield* readOptions(shell, command, synopsis, letters, args);
  if (options === null) return 2;
  const letter = command === 'export' ? 'x' : 'r';
  if (options.rest.length === 0) {
    return yield* listVariables(shell, command, { ...options, rest: [] }, (v) =>
      letter === 'x' ? v.exported : v.readonly,
    );
  }
  if (options.has('f')) return yield* exportFunctions(shell, command, options.rest);
  const off = options.has('n');
  const kinds = options.given.filter((option) => option.letter === 'a' || option.letter === 'A');
  const given = [...kinds, { letter, value: null, plus: off }];
  const made: ParsedOptions = {
    ...options,
    given,
    has: (one) => given.some((o) => o.letter === one && !o.plus),
  };
  return yield* declareAll(shell, command, made, call, args.length - options.rest.length, 'global');
}

/** Functions do not travel in a simulated environment; read-only ones are not simulated either. */
function* exportFunctions(shell: Shell, command: string, names: readonly string[]): Sys<number> {
  yield* shell.complain(
    `${command}: -f: ${names[0]}: functions cannot be ${command === 'export' ? 'exported' : 'made readonly'} here`,
  );
  return 1;
}

function* unset(shell: Shell, args: readonly string[]): Sys<number> {
  const options = yield* readOptions(shell, 'unset', table.unset!.synopsis, 'fnv', args);
  if (options === null) return 2;
  let status = 0;
  for (const argument of options.rest) {
    try {
      if (options.has('f')) shell.functions.delete(argument);
      else if (!(yield* unsetVariable(shell, argument, options))) status = 1;
    } catch (error) {
      if (!(error instanceof VariableError)) throw error;
      yield* shell.complain(`unset: ${error.message}`);
      status = 1;
    }
  }
  return status;
}

function* unsetVariable(shell: Shell, argument: string, options: ParsedOptions): Sys<boolean> {
  const element = /^([A-Za-z_]\w*)\[(.*)\]$/s.exec(argument);
  if (element !== null) {
    const [, name, index] = element;
    const value = shell.variables.lookup(name!)?.value;
    if (value === null || value === undefined) return true;
    if (index === '@' || index === '*') shell.variables.unset(name!);
    else if (typeof value === 'object') {
      const key = yield* subscriptText(shell, name!, index!);
      value.delete(value.kind === 'indexed' && key.startsWith('-') ? String(value.end + Number(key)) : key);
    }
    return true;
  }
  if (!isIdentifier(argument)) {
    yield* shell.complain(`unset: \`${argument}': not a valid identifier`);
    return false;
  }
  if (options.has('n')) shell.variables.unsetOwn(argument);
  else if (shell.variables.own(argument) !== undefined) shell.variables.unset(argument);
  else if (!options.has('v')) shell.functions.delete(argument);
  return true;
}

function* shift(shell: Shell, args: readonly string[]): Sys<number> {
  const [text = '1'] = args;
  if (!/^[+-]?\d+$/.test(text)) {
    yield* shell.complain(`shift: ${text}: numeric argument required`);
    return 1;
  }
  const count = Number(text);
  if (count < 0) {
    yield* shell.complain(`shift: ${text}: shift count out of range`);
    return 1;
  }
  if (count > shell.positional.length) return 1;
  shell.positional = shell.positional.slice(count);
  return 0;
}

const table: BuiltinTable = {
  declare: {
    synopsis: `declare ${DECLARE_SYNTAX}`,
    summary: 'Sets variable values and attributes.',
    *run(shell, args, call) {
      return yield* declare(shell, args, call, 'declare');
    },
  },
  typeset: {
    synopsis: 'typeset [-aAfFgiIlnrtux] name[=value] ... or typeset -p [-aAfFilnrtux] [name ...]',
    summary: 'Sets variable values and attributes, as declare does.',
    *run(shell, args, call) {
      return yield* declare(shell, args, call, 'typeset');
    },
  },
  local: {
    synopsis: 'local [option] name[=value] ...',
    summary: 'Makes variables local to a function.',
    *run(shell, args, call) {
      return yield* local(shell, args, call);
    },
  },
  export: {
    synopsis: 'export [-fn] [name[=value] ...] or export -p',
    summary: 'Puts variables into the environment of programs.',
    *run(shell, args, call) {
      return yield* attribute(shell, args, call, 'export');
    },
  },
  readonly: {
    synopsis: 'readonly [-aAf] [name[=value] ...] or readonly -p',
    summary: 'Makes variables unchangeable.',
    *run(shell, args, call) {
      return yield* attribute(shell, args, call, 'readonly');
    },
  },
  unset: {
    synopsis: 'unset [-f] [-v] [-n] [name ...]',
    summary: 'Removes variables and functions.',
    *run(shell, args) {
      return yield* unset(shell, args);
    },
  },
  shift: {
    synopsis: 'shift [n]',
    summary: 'Drops the first n positional parameters.',
    *run(shell, args) {
      return yield* shift(shell, args);
    },
  },
};

export const variableBuiltins = table;
