/** Computes arithmetic for expansions and commands, and tells mistakes. */
import type { Sys } from '../../linux/index.ts';
import { dependsOnClock } from '../state/assign.ts';
import { AbortControl } from '../state/control.ts';
import type { Shell } from '../state/shell.ts';
import { VariableError } from '../state/variables.ts';
import type { Word } from '../syntax/ast.ts';
import { arithmeticMessage, computeArithmetic, UnboundError } from './arithmetic.ts';
import { ArithmeticError } from './arithmeticSyntax.ts';

/** Expands and computes an arithmetic expression; a mistake is told and drops the command line. */
export function* expandArithmetic(shell: Shell, expression: Word): Sys<bigint> {
  return yield* arithmeticValue(shell, yield* shell.expander.text(shell, expression));
}

/** As `expandArithmetic`, of text that is already expanded. */
export function* arithmeticValue(shell: Shell, text: string): Sys<bigint> {
  if (dependsOnClock(text)) yield* shell.refreshClock();
  try {
    return computeArithmetic(shell, text);
  } catch (error) {
    yield* shell.complain(describeArithmeticFailure(text, error));
    throw new AbortControl(error instanceof UnboundError ? 127 : 1, error instanceof UnboundError);
  }
}

/** The message for what `computeArithmetic` threw; anything unknown is thrown on. */
export function describeArithmeticFailure(text: string, error: unknown): string {
  if (error instanceof ArithmeticError) return arithmeticMessage(text, error);
  if (error instanceof UnboundError) return `${error.message}: unbound variable`;
  if (error instanceof VariableError) return error.message;
  throw error;
}
