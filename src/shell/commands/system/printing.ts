/** echo(1), printf(1), test(1) and [(1) as programs: what a container's exec, env and xargs run instead of the shell's builtins. */
import { type Program, sys, writeAll } from '../../../linux/index.ts';
import { echoText } from '../../builtins/echo.ts';
import { formatPrintf } from '../../builtins/printf.ts';
import { evaluateTest, TestError } from '../../builtins/test.ts';
import { complain } from '../support.ts';

export const echo: Program = function* ({ argv }) {
  yield* writeAll(1, echoText(argv.slice(1), false));
  return 0;
};

export const printf: Program = function* ({ argv }) {
  const [format, ...values] = argv[1] === '--' ? argv.slice(2) : argv.slice(1);
  if (format === undefined) {
    yield* complain('printf', "missing operand\nTry 'printf --help' for more information.");
    return 1;
  }
  const now = (yield* sys.clock_gettime('realtime')).sec;
  const result = formatPrintf(format, values, { now });
  yield* writeAll(1, result.text);
  for (const message of result.warnings) yield* complain('printf', message);
  for (const message of result.errors) yield* complain('printf', message);
  return result.errors.length + result.warnings.length > 0 ? 1 : 0;
};

/** bash's wording as coreutils has it. */
function reworded(message: string): string {
  return message
    .replace(/^(.*): integer expression expected$/s, "invalid integer '$1'")
    .replace(/^(.*): ((?:unary|binary) operator expected)$/s, "'$1': $2")
    .replace("missing `]'", "missing ']'");
}

export const test: Program = function* ({ argv }) {
  const [path = 'test', ...args] = argv;
  const name = path.slice(path.lastIndexOf('/') + 1);
  try {
    if (name === '[' && args.pop() !== ']') throw new TestError("missing ']'");
    return (yield* evaluateTest(null, args)) ? 0 : 1;
  } catch (error) {
    if (!(error instanceof TestError)) throw error;
    yield* complain(name, reworded(error.message));
    return 2;
  }
};
