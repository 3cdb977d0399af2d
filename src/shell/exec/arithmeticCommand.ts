/** `(( … ))` and `let`: status 0 when the value is not zero. */
import type { Sys } from '../../linux/index.ts';
import { computeArithmetic } from '../expand/arithmetic.ts';
import { describeArithmeticFailure } from '../expand/arithmeticValue.ts';
import { expandText } from '../expand/word.ts';
import { dependsOnClock } from '../state/assign.ts';
import type { Shell } from '../state/shell.ts';
import type { Word } from '../syntax/ast.ts';
import { traceText } from './trace.ts';

export function* runArithmeticCommand(shell: Shell, expression: Word): Sys<number> {
  const text = yield* expandText(shell, expression);
  yield* traceText(shell, () => `(( ${text.trim()} ))`);
  return yield* arithmeticStatus(shell, text, '((');
}

/** Computes `text`; a mistake is told with `label` before it and gives status 1. */
export function* arithmeticStatus(shell: Shell, text: string, label: string): Sys<number> {
  if (dependsOnClock(text)) yield* shell.refreshClock();
  try {
    return computeArithmetic(shell, text) === 0n ? 1 : 0;
  } catch (error) {
    yield* shell.complain(`${label}: ${describeArithmeticFailure(text, error)}`);
    return 1;
  }
}
