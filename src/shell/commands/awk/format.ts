/** printf's conversions (POSIX awk, "Formatted output"), with the limits of mawk 1.3.4: its integers have 32 bits. */
import { realDigits, realOf } from '../../reals.ts';

/** Whole numbers up to here print without a format, and `%d` clips to it (mawk's "maximum-integer"). */
export const INTEGER_LIMIT = 2 ** 31 - 1;

/** A conversion of a format: `%-5.2f`. Null as width or precision: the next argument gives it. */
export interface Conversion {
  readonly flags: string;
  readonly width: number | null;
  readonly precision: number | null | undefined;
  readonly letter: string;
}

export type FormatPart = string | Conversion;

const conversion = /%([-+ #0]*)(\*|\d+)?(?:\.(\*|\d*))?[hlL]?([diouxXeEfFgGcs%])?/y;

/** The parts of a format. `bad` stands in the place of what is no conversion. */
export function parseFormat(format: string): (FormatPart | { readonly bad: true })[] {
  const parts: (FormatPart | { readonly bad: true })[] = [];
  for (let at = 0; at < format.length; ) {
    const next = format.indexOf('%', at);
    if (next !== at) parts.push(format.slice(at, next < 0 ? undefined : next));
    if (next < 0) break;
    if (format[next + 1] === '%') {
      parts.push('%');
      at = next + 2;
      continue;
    }
    conversion.lastIndex = next;
    const [whole, flags = '', width, precision, letter] = conversion.exec(format)!;
    at = next + whole.length;
    if (letter === undefined || letter === '%') {
      parts.push({ bad: true });
      break;
    }
    parts.push({
      flags,
      width: width === '*' ? null : Number(width ?? 0),
      precision: precision === '*' ? null : precision === undefined ? undefined : Number(precision),
      letter,
    });
  }
  return parts;
}

function padded(text: string, flags: string, width: number): string {
  return flags.includes('-') ? text.padEnd(width) : text.padStart(width);
}

/** Digits with sign, base prefix and zeros. */
function number(sign: string, digits: string, flags: string, width: number, zeros: boolean): string {
  if (!zeros || !flags.includes('0') || flags.includes('-')) return padded(sign + digits, flags, width);
  return sign + digits.padStart(width - sign.length, '0');
}

function signOf(negative: boolean, flags: string): string {
  return negative ? '-' : flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '';
}

export function formatText(
  text: string,
  flags: string,
  width: number,
  precision: number | undefined,
): string {
  return padded(precision === undefined ? text : text.slice(0, precision), flags, width);
}

/** %d %i %o %u %x %X. Values beyond the range become its ends. */
export function formatInteger(
  letter: string,
  value: number,
  flags: string,
  width: number,
  precision: number | undefined,
): string {
  const signed = letter === 'd' || letter === 'i';
  const limit = signed ? INTEGER_LIMIT : 2 ** 32 - 1;
  const whole = Number.isNaN(value)
    ? signed
      ? -limit
      : 0
    : Math.trunc(Math.min(Math.max(value, signed ? -limit : 0), limit));
  const radix = letter === 'o' ? 8 : letter === 'x' || letter === 'X' ? 16 : 10;
  let digits = Math.abs(whole).toString(radix);
  if (precision !== undefined) digits = whole === 0 && precision === 0 ? '' : digits.padStart(precision, '0');
  if (flags.includes('#') && letter === 'o' && !digits.startsWith('0')) digits = `0${digits}`;
  const prefix = flags.includes('#') && radix === 16 && whole !== 0 ? '0x' : '';
  const sign = (signed ? signOf(whole < 0, flags) : '') + prefix;
  const text = number(sign, digits, flags, width, precision === undefined);
  return letter === 'X' ? text.toUpperCase() : text;
}

/** %e %f %g and their capitals. */
export function formatReal(
  letter: string,
  value: number,
  flags: string,
  width: number,
  precision = 6,
): string {
  const lower = letter.toLowerCase();
  const size = Math.abs(value);
  const keepZeros = flags.includes('#');
  let digits: string;
  // On x86, what arithmetic makes of 0/0 has its sign bit set: mawk prints -nan.
  if (Number.isNaN(value)) digits = 'nan';
  else if (size === Infinity) digits = 'inf';
  else digits = realDigits(realOf(size), lower, precision, keepZeros);
  const negative = value < 0 || Object.is(value, -0) || Number.isNaN(value);
  const text = number(signOf(negative, flags), digits, flags, width, Number.isFinite(value));
  return letter === lower ? text : text.toUpperCase();
}

const simpleFormats = new Map<string, FormatPart[]>();

/** A number by CONVFMT or OFMT. */
export function formatFloat(format: string, value: number): string {
  if (format === '%.6g') return formatReal('g', value, '', 0, 6);
  let parts = simpleFormats.get(format);
  if (parts === undefined) {
    parts = parseFormat(format).filter(
      (part): part is FormatPart => typeof part === 'string' || 'letter' in part,
    );
    simpleFormats.set(format, parts);
  }
  return parts
    .map((part) => {
      if (typeof part === 'string') return part;
      const { flags, letter } = part;
      const width = part.width ?? 0;
      const precision = part.precision ?? undefined;
      return 'diouxX'.includes(letter)
        ? formatInteger(letter, value, flags, width, precision)
        : formatReal('cs'.includes(letter) ? 'g' : letter, value, flags, width, precision);
    })
    .join('');
}
