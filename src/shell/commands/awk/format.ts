/** printf's conversions (POSIX awk, "Formatted output"), with the limits of mawk 1.3.4: its integers have 32 bits. */

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

/** `value` times 10^`places`, rounded exactly, a tie to the even neighbour as in C; JavaScript's own rounding takes the larger one. */
function scaled(value: number, places: number): bigint {
  let whole = value;
  let halvings = 0;
  // Doubling is exact, and what has no fraction is a BigInt's to take.
  for (; !Number.isInteger(whole); halvings++) whole *= 2;
  const numerator = BigInt(whole) * 10n ** BigInt(Math.max(places, 0));
  const denominator = 2n ** BigInt(halvings) * 10n ** BigInt(Math.max(-places, 0));
  const quotient = numerator / denominator;
  const twice = (numerator % denominator) * 2n;
  return twice > denominator || (twice === denominator && quotient % 2n === 1n) ? quotient + 1n : quotient;
}

function withPoint(digits: string, places: number): string {
  return places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`;
}

/** With exactly `places` digits behind the point. */
function fixed(value: number, places: number): string {
  return withPoint(
    scaled(value, places)
      .toString()
      .padStart(places + 1, '0'),
    places,
  );
}

/** With one digit before the point and `places` behind it. */
function exponential(value: number, places: number): string {
  let exponent = value === 0 ? 0 : Number(value.toExponential().split('e')[1]);
  let digits = scaled(value, places - exponent).toString();
  if (digits.length > places + 1) digits = scaled(value, places - ++exponent).toString();
  const size = String(Math.abs(exponent)).padStart(2, '0');
  return `${withPoint(digits.padStart(places + 1, '0'), places)}e${exponent < 0 ? '-' : '+'}${size}`;
}

function general(value: number, precision: number, keepZeros: boolean): string {
  const places = Math.max(precision, 1) - 1;
  const text = exponential(value, places);
  const exponent = Number(text.split('e')[1]);
  const shown = exponent < -4 || exponent > places ? text : fixed(value, places - exponent);
  return keepZeros || !shown.includes('.') ? shown : shown.replace(/\.?0+(e|$)/, '$1');
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
  else if (lower === 'f') digits = fixed(size, precision);
  else if (lower === 'e') digits = exponential(size, precision);
  else digits = general(size, precision, keepZeros);
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
