/** Finds out what the arguments of calls are, arrays or plain values, when all functions are known. */
import type { Lexer } from './lexer.ts';
import { AwkError } from './problems.ts';
import type { Call, Expression } from './syntax.ts';

function argumentKind(arg: Expression): 'unknown' | 'scalar' | 'array' {
  return arg.kind === 'variable' ? arg.name.kind : 'scalar';
}

/** Lets what is known of arguments and parameters flow both ways. Throws AwkError for a call that cannot be. */
export function resolveNames(calls: readonly Call[], lexer: Lexer): void {
  for (const { callee, args, place } of calls) {
    if (callee.body === null) lexer.fail(`function ${callee.name} never defined`);
    if (args.length > callee.parameters.length) {
      throw new AwkError(`${place}: too many arguments in call to ${callee.name}`);
    }
  }
  for (let changed = true; changed; ) {
    changed = false;
    for (const { callee, args } of calls) {
      args.forEach((arg, i) => {
        const parameter = callee.parameters[i]!;
        const kind = argumentKind(arg);
        if (kind === 'array' && parameter.kind === 'unknown') {
          parameter.kind = 'array';
          changed = true;
        }
        if (arg.kind === 'variable' && kind === 'unknown' && parameter.kind !== 'unknown') {
          arg.name.kind = parameter.kind;
          changed = true;
        }
      });
    }
  }
  for (const { callee, args, place } of calls) {
    args.forEach((arg, i) => {
      const wanted = callee.parameters[i]!.kind;
      if ((argumentKind(arg) === 'array') !== (wanted === 'array')) {
        throw new AwkError(`${place}: type error in arg(${i + 1}) in call to ${callee.name}`);
      }
    });
  }
}
