/**
 * Real numbers as C prints them: exactly rounded, ties to the even neighbour. A `Real` is a binary fraction, so that the same code
 * serves awk, which computes with doubles, and printf and seq, which read numbers as x86's 80-bit long doubles.
 */

/** `mantissa` × 2^`exponent`; not negative. */
export interface Real {
  readonly mantissa: bigint;
  readonly exponent: number;
}

/** Of a finite number that is not negative. */
export function realOf(value: number): Real {
  let whole = value;
  let exponent = 0;
  // Doubling is exact, and what has no fraction is a BigInt's to take.
  for (; !Number.isInteger(whole); exponent--) whole *= 2;
  return { mantissa: BigInt(whole), exponent };
}

const bitLength = (value: bigint) => (value === 0n ? 0 : value.toString(2).length);

/** Rounds a quotient; a tie goes to the even neighbour. */
function rounded(numerator: bigint, denominator: bigint): bigint {
  const quotient = numerator / denominator;
  const twice = (numerator % denominator) * 2n;
  return twice > denominator || (twice === denominator && quotient % 2n === 1n) ? quotient + 1n : quotient;
}

/** Bits of a long double's mantissa, and its largest and smallest exponents of two. */
const BITS = 64;
const LARGEST = 16384;
const SMALLEST = -16445;

/** `numerator` / `denominator` as a long double; null when it is too large or too small to be one. */
function longDouble(numerator: bigint, denominator: bigint): Real | null {
  if (numerator === 0n) return { mantissa: 0n, exponent: 0 };
  let exponent = Math.max(bitLength(numerator) - bitLength(denominator) - BITS, SMALLEST);
  for (;;) {
    const shift = 2n ** BigInt(Math.abs(exponent));
    const mantissa =
      exponent < 0 ? rounded(numerator * shift, denominator) : rounded(numerator, denominator * shift);
    if (bitLength(mantissa) > BITS) {
      exponent++;
      continue;
    }
    if (mantissa === 0n || bitLength(mantissa) + exponent > LARGEST) return null;
    return { mantissa, exponent };
  }
}

/** Digits behind which a decimal exponent is surely out of range. */
const FARTHEST = 10_000;

/** Reads `12.5e3` or `0x1.8p3` without a sign. Null when it is out of range: `inf` and 0 are what C makes of that. */
export function parseReal(text: string): Real | null {
  const hex = /^0x([0-9a-f]*)\.?([0-9a-f]*)(?:p([+-]?\d+))?$/i.exec(text);
  const decimal = /^(\d*)\.?(\d*)(?:e([+-]?\d+))?$/i.exec(text);
  const [, whole = '', fraction = '', power = '0'] = hex ?? decimal ?? [];
  const digits = whole + fraction;
  const mantissa = BigInt(`${hex === null ? '' : '0x'}${digits === '' ? '0' : digits}`);
  if (mantissa === 0n) return { mantissa, exponent: 0 };
  if (Math.abs(Number(power)) > FARTHEST * 4 || digits.length > FARTHEST * 4) return null;
  const places = Number(power) - fraction.length * (hex === null ? 1 : 4);
  const scale = (hex === null ? 10n : 2n) ** BigInt(Math.abs(places));
  return places < 0 ? longDouble(mantissa, scale) : longDouble(mantissa * scale, 1n);
}

/** `value` times 10^`places`, rounded. */
function scaled({ mantissa, exponent }: Real, places: number): bigint {
  const power = (base: bigint, by: number) => base ** BigInt(Math.max(by, 0));
  return rounded(
    mantissa * power(10n, places) * power(2n, exponent),
    power(10n, -places) * power(2n, -exponent),
  );
}

function withPoint(digits: string, places: number, keepPoint: boolean): string {
  if (places === 0) return keepPoint ? `${digits}.` : digits;
  return `${digits.slice(0, -places)}.${digits.slice(-places)}`;
}

/** No long double has more decimal digits than these behind its point or its first digit; zeros follow. */
const MOST_DIGITS = 17_000;

/** %f: with exactly `places` digits behind the point. `keepPoint`: a point even without digits behind it (the flag `#`). */
export function fixed(value: Real, places: number, keepPoint = false): string {
  const kept = Math.min(places, MOST_DIGITS);
  const digits = scaled(value, kept)
    .toString()
    .padStart(kept + 1, '0');
  return withPoint(digits + '0'.repeat(places - kept), places, keepPoint);
}

/** %e: with one digit before the point and `places` behind it. */
export function exponential(value: Real, places: number, keepPoint = false): string {
  // The logarithm is a guess; the number of digits tells whether it was right.
  let exponent =
    value.mantissa === 0n ? 0 : Math.floor((bitLength(value.mantissa) - 1 + value.exponent) * Math.log10(2));
  const kept = Math.min(places, MOST_DIGITS);
  let digits = scaled(value, kept - exponent).toString();
  while (digits.length > kept + 1) digits = scaled(value, kept - ++exponent).toString();
  const size = String(Math.abs(exponent)).padStart(2, '0');
  const shown = withPoint(digits.padEnd(places + 1, '0'), places, keepPoint);
  return `${shown}e${exponent < 0 ? '-' : '+'}${size}`;
}

/** %g: `precision` digits that count; zeros at the end go unless `keepZeros`. */
export function general(value: Real, precision: number, keepZeros: boolean): string {
  const places = Math.max(precision, 1) - 1;
  const text = exponential(value, places, keepZeros);
  const exponent = Number(text.split('e')[1]);
  const shown = exponent < -4 || exponent > places ? text : fixed(value, places - exponent, keepZeros);
  if (keepZeros || !shown.includes('.')) return shown;
  const [mantissa = '', power] = shown.split('e');
  const short = mantissa.replace(/\.?0+$/, '');
  return power === undefined ? short : `${short}e${power}`;
}

/** %a as x86 writes a long double: four bits before the point. Without `places`: as many digits as there are. */
export function hexadecimal(value: Real, places: number | null, keepPoint = false): string {
  const { mantissa } = value;
  if (mantissa === 0n) return `0x${withPoint('0'.repeat((places ?? 0) + 1), places ?? 0, keepPoint)}p+0`;
  const spare = BITS - bitLength(mantissa);
  let digits = (mantissa << BigInt(spare)).toString(16);
  let exponent = value.exponent - spare + BITS - 4;
  if (places === null) digits = digits.replace(/(?!^)0+$/, '');
  else if (places < digits.length - 1) {
    digits = rounded(BigInt(`0x${digits}`), 16n ** BigInt(digits.length - 1 - places)).toString(16);
    if (digits.length > places + 1) {
      digits = digits.slice(0, -1);
      exponent += 4;
    }
  } else digits = digits.padEnd(places + 1, '0');
  const shown = withPoint(digits, digits.length - 1, keepPoint);
  return `0x${shown}p${exponent < 0 ? '-' : '+'}${Math.abs(exponent)}`;
}

/** A conversion's digits: `letter` is one of e f g a in lower case. */
export function realDigits(
  value: Real,
  letter: string,
  precision: number | null,
  alternate: boolean,
): string {
  if (letter === 'a') return hexadecimal(value, precision, alternate);
  if (letter === 'f') return fixed(value, precision ?? 6, alternate);
  if (letter === 'e') return exponential(value, precision ?? 6, alternate);
  return general(value, precision ?? 6, alternate);
}
