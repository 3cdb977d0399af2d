/** seq(1): its numbers are decimal and exact, whatever their size. */
import { READ_SIZE, type Sys, writeAll } from '../../../linux/index.ts';
import { parseReal, realDigits } from '../../reals.ts';
import { type CommandSpec, type Parsed, UsageError } from '../options.ts';
import { Refusal, refusing } from './lineTools.ts';

/** `units` tenths, hundredths …: as many as `places` says. Null units: infinite. */
interface Decimal {
  readonly units: bigint | null;
  readonly places: number;
  readonly negative: boolean;
  /** Digits before the point, with the sign. */
  readonly width: number;
}

/** Larger exponents make no number that anybody counts to. */
const MOST_DIGITS = 5000;

function decimalOf(text: string): Decimal {
  const trimmed = text.trimStart();
  const bad = () => new UsageError(`invalid floating point argument: ‘${text}’`);
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:e([+-]?\d+))?$/i.exec(trimmed);
  const negative = trimmed.startsWith('-');
  if (/^[+-]?nan$/i.test(trimmed)) throw new UsageError(`invalid ‘not-a-number’ argument: ‘${text}’`);
  if (/^[+-]?inf(inity)?$/i.test(trimmed)) return { units: null, places: 0, negative, width: 0 };
  if (/^[+-]?0x[\da-f]+$/i.test(trimmed)) {
    const size = BigInt(trimmed.replace(/^[+-]/, ''));
    return { units: negative ? -size : size, places: 0, negative, width: size.toString().length };
  }
  if (match === null) throw bad();
  const [, , whole = '', fraction = '', power = '0'] = match;
  if (whole + fraction === '' || Math.abs(Number(power)) > MOST_DIGITS) throw bad();
  const places = Math.max(0, fraction.length - Number(power));
  const digits = (whole + fraction).padEnd(whole.length + Number(power) + places, '0');
  const size = BigInt(digits.slice(0, Math.max(0, whole.length + Number(power) + places)) || '0');
  const width = Math.max(1, digits.length - places) + (negative ? 1 : 0);
  return { units: negative ? -size : size, places, negative, width };
}

function written(units: bigint, places: number, width: number): string {
  const digits = (units < 0n ? -units : units).toString().padStart(places + 1, '0');
  const text = places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`;
  const sign = units < 0n ? '-' : '';
  return sign + text.padStart(width - sign.length, '0');
}

/** What -f makes of a number, given as a decimal. Throws Refusal. */
function formatter(format: string): (decimal: string) => string {
  const plain = (text: string) => text.replaceAll('%%', '%');
  const match = /^((?:[^%]|%%)*)%([-+#0 ']*)(\d*)(?:\.(\d*))?L?([\s\S]?)([\s\S]*)$/.exec(format);
  if (match === null) throw new Refusal(`format ‘${format}’ has no % directive`);
  const [, before = '', flags = '', width = '', precision, letter = '', after = ''] = match;
  if (letter === '') throw new Refusal(`format ‘${format}’ ends in %`);
  if (!'aefgAEFG'.includes(letter)) throw new Refusal(`format ‘${format}’ has unknown %${letter} directive`);
  if (/%/.test(after.replaceAll('%%', ''))) throw new Refusal(`format ‘${format}’ has too many % directives`);
  if (Number(width) > MOST_DIGITS || Number(precision ?? 0) > MOST_DIGITS)
    throw new Refusal('memory exhausted');
  return (decimal) => {
    const negative = decimal.startsWith('-');
    const real = parseReal(decimal.replace('-', '')) ?? { mantissa: 0n, exponent: 0 };
    const shown = realDigits(
      real,
      letter.toLowerCase(),
      precision === undefined ? null : Number(precision),
      flags.includes('#'),
    );
    const sign = negative ? '-' : flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '';
    const prefix = /^0x/.exec(shown)?.[0] ?? '';
    const room = Number(width);
    let text = sign + shown;
    if (flags.includes('-')) text = text.padEnd(room);
    else if (flags.includes('0'))
      text = sign + prefix + shown.slice(prefix.length).padStart(room - sign.length - prefix.length, '0');
    else text = text.padStart(room);
    return plain(before) + (letter < 'a' ? text.toUpperCase() : text) + plain(after);
  };
}

function* count(parsed: Parsed): Sys<number> {
  const { operands } = parsed;
  if (operands.length === 0) throw new UsageError('missing operand');
  if (operands.length > 3) throw new UsageError(`extra operand ‘${operands[3]}’`);
  const format = parsed.value('format');
  if (format !== null && parsed.has('equal-width'))
    throw new UsageError('format string may not be specified when printing equal width strings');
  const given = operands.map(decimalOf);
  const last = given.at(-1)!;
  const first = given.length > 1 ? given[0]! : decimalOf('1');
  const step = given.length > 2 ? given[1]! : decimalOf('1');
  if (step.units === 0n) throw new UsageError(`invalid Zero increment value: ‘${operands[1]}’`);
  if (first.units === null || step.units === null)
    throw new UsageError('infinite FIRST and STEP are not simulated');
  const places = Math.max(first.places, step.places);
  // The last number may have more digits behind its point than any that is printed.
  const fine = Math.max(places, last.places);
  const unit = ({ units, places: own }: Decimal) => units! * 10n ** BigInt(fine - own);
  const end = last.units === null ? null : unit(last);
  const by = unit(step);
  const up = by > 0n;
  const endless = end === null && last.negative !== up;
  const done = (at: bigint) => (end === null ? !endless : up ? at > end : at < end);
  const equal = parsed.has('equal-width');
  const width = equal
    ? Math.max(first.width, end === null ? 0 : last.width) + (places > 0 ? places + 1 : 0)
    : 0;
  const shape = format === null ? null : formatter(format);
  const separator = parsed.value('separator') ?? '\n';
  const coarse = 10n ** BigInt(fine - places);
  let out = '';
  let any = false;
  for (let at = unit(first); !done(at); at += by) {
    const text = written(at / coarse, places, width);
    out += (any ? separator : '') + (shape === null ? text : shape(text));
    any = true;
    if (out.length < READ_SIZE) continue;
    yield* writeAll(1, out);
    out = '';
  }
  if (any) yield* writeAll(1, `${out}\n`);
  return 0;
}

export const seq: CommandSpec = {
  name: 'seq',
  usage: '[OPTION]... [FIRST [STEP]] LAST',
  summary: 'Print numbers from FIRST to LAST.',
  options: [
    { short: 'f', long: 'format', argument: 'FORMAT', help: 'as printf writes them: %e, %f, %g or %a' },
    { short: 's', long: 'separator', argument: 'STRING', help: 'between numbers (default newline)' },
    { short: 'w', long: 'equal-width', help: 'with leading zeros' },
  ],
  // A negative number is no option.
  rewrite: ([name = '', ...rest]) => {
    const at = rest.findIndex(
      (argument, i) => (/^-[.\d]/.test(argument) && !/^-[fs]$/.test(rest[i - 1] ?? '')) || argument === '--',
    );
    return at < 0
      ? [name, ...rest]
      : [name, ...rest.slice(0, at), ...(rest[at] === '--' ? [] : ['--']), ...rest.slice(at)];
  },
  run: (parsed) => refusing('seq', () => count(parsed)),
};
