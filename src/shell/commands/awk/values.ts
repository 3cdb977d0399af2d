/** awk's values: numbers, strings, texts from the input that may be either, and what was never set (POSIX awk, "Expressions in awk"). */
import { formatFloat, INTEGER_LIMIT } from './format.ts';

/** A text that came from the input; it counts as a number where it looks like one. */
export class InputText {
  readonly text: string;
  #number: number | null | undefined;

  constructor(text: string) {
    this.text = text;
  }

  /** Null when it does not look like a number. */
  get number(): number | null {
    this.#number ??= wholeNumber(this.text);
    return this.#number;
  }
}

/** Strings have one character for each byte; null was never set. */
export type Value = number | string | InputText | null;

const decimal = /^[ \t\n\v\f\r]*[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?/;
const special = /^[ \t\n\v\f\r]*([-+]?)(?:0[xX]([0-9a-fA-F]+)|(inf(?:inity)?)|nan)/i;

/** The number at the start of `text` and how long it is there, as strtod(3): decimal, hexadecimal, inf and nan. */
function leadingNumber(text: string): { value: number; length: number } {
  const odd = special.exec(text);
  if (odd !== null) {
    const [whole, sign, hex, infinite] = odd;
    const size = hex !== undefined ? Number.parseInt(hex, 16) : infinite !== undefined ? Infinity : NaN;
    return { value: sign === '-' ? -size : size, length: whole.length };
  }
  const match = decimal.exec(text);
  return match === null ? { value: 0, length: 0 } : { value: Number(match[0]), length: match[0].length };
}

/** The number that `text` is as a whole, blanks around it aside; null when it is none. To mawk a number ends in a digit or a point: not `inf`, not `0x1f`. */
function wholeNumber(text: string): number | null {
  const { value, length } = leadingNumber(text);
  return length > 0 && /[\d.][ \t\n\v\f\r]*$/.test(text) && /^[ \t\n\v\f\r]*$/.test(text.slice(length))
    ? value
    : null;
}

export function toNumber(value: Value): number {
  if (typeof value === 'number') return value;
  if (value === null) return 0;
  if (typeof value === 'string') return leadingNumber(value).value;
  return value.number ?? leadingNumber(value.text).value;
}

/** A number as text: whole ones in the range of mawk's integers plainly, others by CONVFMT or OFMT. */
export function numberText(value: number, format: string): string {
  if (Math.abs(value) <= INTEGER_LIMIT && Number.isInteger(value)) return value === 0 ? '0' : String(value);
  return formatFloat(format, value);
}

/** `format` is CONVFMT, or for print OFMT. */
export function toText(value: Value, format: string): string {
  if (typeof value === 'string') return value;
  if (value === null) return '';
  return typeof value === 'number' ? numberText(value, format) : value.text;
}

export function isTrue(value: Value): boolean {
  if (typeof value === 'number') return value !== 0;
  if (value === null) return false;
  if (typeof value === 'string') return value !== '';
  return value.number === null ? value.text !== '' : value.number !== 0;
}

/** As a number for a comparison; null when the comparison has to be one of strings. */
function comparable(value: Value): number | null {
  if (typeof value === 'number') return value;
  if (value === null) return 0;
  return typeof value === 'string' ? null : value.number;
}

export type Comparison = '<' | '<=' | '==' | '!=' | '>' | '>=';

/** Numbers are compared as numbers, all else as strings, byte by byte. What is neither smaller nor greater is equal, NaN too, as to mawk. */
export function compare(operator: Comparison, left: Value, right: Value, convfmt: string): boolean {
  const a = comparable(left);
  const b = comparable(right);
  const order =
    a !== null && b !== null ? orderOf(a, b) : orderOf(toText(left, convfmt), toText(right, convfmt));
  switch (operator) {
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '==':
      return order === 0;
    case '!=':
      return order !== 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
  }
}

function orderOf<T extends number | string>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
