/** `[[ … ]]` */
import { isOsError } from '../../base/index.ts';
import type { Sys } from '../../linux/index.ts';
import { arithmeticValue } from '../expand/arithmeticValue.ts';
import { type Field, fieldText } from '../expand/fields.ts';
import { Pattern } from '../expand/pattern.ts';
import { expandField, expandPattern, expandText } from '../expand/word.ts';
import { chargeSteps, compileRegex, type Regex } from '../regex/index.ts';
import type { Shell } from '../state/shell.ts';
import { compareText } from '../state/variables.ts';
import type { Conditional } from '../syntax/ast.ts';
import { fileComparison, integerComparison, unaryTest } from './fileTests.ts';
import { quoteForTrace, traceText } from './trace.ts';

export function* runConditional(shell: Shell, expression: Conditional): Sys<boolean> {
  switch (expression.type) {
    case 'not':
      return !(yield* runConditional(shell, expression.operand));
    case 'and':
      return (
        (yield* runConditional(shell, expression.left)) && (yield* runConditional(shell, expression.right))
      );
    case 'or':
      return (
        (yield* runConditional(shell, expression.left)) || (yield* runConditional(shell, expression.right))
      );
    case 'unary': {
      const operand = yield* expandText(shell, expression.operand);
      yield* traceText(shell, () => `[[ ${expression.op} ${quoteForTrace(operand)} ]]`);
      return yield* unaryTest(shell, expression.op, operand);
    }
    case 'binary':
      return yield* runBinary(shell, expression);
  }
}

function* runBinary(shell: Shell, expression: Conditional & { type: 'binary' }): Sys<boolean> {
  const { op } = expression;
  const left = yield* expandText(shell, expression.left);
  if (op === '=~') return yield* matchRegex(shell, left, yield* expandField(shell, expression.right));
  if (op === '=' || op === '==' || op === '!=') {
    const pattern = yield* expandPattern(shell, expression.right);
    yield* traceText(shell, () => `[[ ${quoteForTrace(left)} ${op} ${pattern} ]]`);
    const options = { extglob: true, ignoreCase: shell.options.shopt('nocasematch') };
    return new Pattern(pattern, options).matches(left) === (op !== '!=');
  }
  const right = yield* expandText(shell, expression.right);
  yield* traceText(shell, () => `[[ ${quoteForTrace(left)} ${op} ${quoteForTrace(right)} ]]`);
  if (op === '<' || op === '>') return compareText(left, right) === (op === '<' ? -1 : 1);
  if (op === '-nt' || op === '-ot' || op === '-ef') return yield* fileComparison(op, left, right);
  return integerComparison(op, yield* arithmeticValue(shell, left), yield* arithmeticValue(shell, right));
}

/** `=~`: a POSIX extended regular expression; quoted text stands for itself. Fills BASH_REMATCH. */
function* matchRegex(shell: Shell, text: string, right: Field): Sys<boolean> {
  const source = right
    .map((chunk) => (chunk.quoted ? chunk.text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&') : chunk.text))
    .join('');
  yield* traceText(shell, () => `[[ ${quoteForTrace(text)} =~ ${fieldText(right)} ]]`);
  const ignoreCase = shell.options.shopt('nocasematch');
  const regex = compileRegex(source, { extended: true, ignoreCase });
  if (regex === null) {
    yield* shell.complain(`[[: invalid regular expression \`${fieldText(right)}'`);
    return false;
  }
  const match = regex.exec(text);
  shell.variables.setArray(
    'BASH_REMATCH',
    (match?.groups ?? []).map((group) => group ?? ''),
  );
  yield* charge(regex);
  return match !== null;
}

/** A signal that the shell catches ends the charge, not the command. */
function* charge(regex: Regex): Sys<void> {
  try {
    yield* chargeSteps(regex);
  } catch (error) {
    if (!isOsError(error, 'EINTR')) throw error;
  }
}
