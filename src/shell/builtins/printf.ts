/** printf(1)'s format: conversions, escapes, reuse of the format while arguments are left. */
import { backslashQuote } from '../expand/quote.ts';
import { formatTime } from '../expand/strftime.ts';
import { parseReal, type Real, realDigits, realOf } from '../reals.ts';
import { byteLength } from '../state/shell.ts';
import { decodeEscapes, readEscape } from '../syntax/ansiC.ts';

export interface PrintfResult {
  readonly text: string;
  /** Messages without a prefix; any makes the status 1. */
  readonly errors: readonly string[];
  /** Messages that do not change the status. */
  readonly warnings: readonly string[];
}

interface Conversion {
  readonly flags: string;
  readonly width: number;
  readonly precision: number | null;
  readonly letter: string;
}

const specification = /%([-+ #0']*)(\*|\d+)?(?:\.(\*|-?\d*))?(?:hh|h|ll|l|j|z|t|L)?(?:\(([^)]*)\))?(.)?/sy;

/** No conversion may be wider or more precise than this. */
const WIDEST = 1 << 20;

class Printer {
  out = '';
  readonly errors: string[] = [];
  readonly warnings: string[] = [];
  #next = 0;
  stopped = false;
  readonly #args: readonly string[];
  readonly #now: number;

  constructor(args: readonly string[], now: number) {
    this.#args = args;
    this.#now = now;
  }

  get left(): boolean {
    return this.#next < this.#args.length;
  }
  get used(): number {
    return this.#next;
  }

  #take(): string | undefined {
    return this.#args[this.#next++];
  }

  /** Works through the format once. */
  pass(format: string): void {
    for (let i = 0; i < format.length && !this.stopped; ) {
      const char = format[i]!;
      if (char === '\\') {
        const found = readEscape(format, i + 1, 'printf');
        if (format[i + 1] === 'c') {
          this.stopped = true;
          return;
        }
        this.out += found.text;
        i = found.next;
      } else if (char === '%') i = this.#conversion(format, i);
      else {
        this.out += char;
        i++;
      }
    }
  }

  #conversion(format: string, at: number): number {
    specification.lastIndex = at;
    const match = specification.exec(format)!;
    const [whole, flags, width, precision, timeFormat, letter] = match;
    if (letter === '%' && whole === '%%') {
      this.out += '%';
      return at + 2;
    }
    if (letter === undefined) {
      this.errors.push(`\`${format.slice(at)}': missing format character`);
      this.stopped = true;
      return format.length;
    }
    let allFlags = flags!;
    let wide = width === '*' ? Number(this.#integer(this.#take() ?? '0')) : Number(width ?? 0);
    if (wide < 0) {
      allFlags += '-';
      wide = -wide;
    }
    const precise =
      precision === '*'
        ? Number(this.#integer(this.#take() ?? '0'))
        : precision === undefined
          ? null
          : Number(precision);
    const conversion = {
      flags: allFlags,
      width: wide,
      precision: precise !== null && precise < 0 ? null : precise,
      letter,
    };
    if (Math.max(wide, conversion.precision ?? 0) > WIDEST) {
      this.errors.push('Cannot allocate memory');
      this.stopped = true;
      return format.length;
    }
    if (timeFormat !== undefined && letter === 'T') this.#time(timeFormat, conversion);
    else if (!this.#convert(conversion)) {
      this.errors.push(`\`${letter}': invalid format character`);
      this.stopped = true;
      return format.length;
    }
    return at + whole.length;
  }

  #time(format: string, conversion: Conversion): void {
    const argument = this.#take();
    const seconds =
      argument === undefined || argument === '-1' || argument === '-2'
        ? this.#now
        : Number(this.#integer(argument));
    this.#pad(formatTime(format === '' ? '%H:%M:%S' : format, seconds), conversion);
  }

  #convert(conversion: Conversion): boolean {
    switch (conversion.letter) {
      case 's':
        this.#pad(clip(this.#take() ?? '', conversion.precision), conversion);
        return true;
      case 'b': {
        const decoded = decodeEscapes(this.#take() ?? '', 'echo');
        this.#pad(clip(decoded.text, conversion.precision), conversion);
        this.stopped = decoded.stop;
        return true;
      }
      case 'q':
        this.#pad(backslashQuote(this.#take() ?? ''), conversion);
        return true;
      case 'c':
        this.#pad([...(this.#take() ?? '')][0] ?? '', conversion);
        return true;
      case 'd':
      case 'i':
        this.#signed(conversion);
        return true;
      case 'u':
      case 'o':
      case 'x':
      case 'X':
        this.#unsigned(conversion);
        return true;
      case 'e':
      case 'E':
      case 'f':
      case 'F':
      case 'g':
      case 'G':
      case 'a':
      case 'A':
        this.#float(conversion);
        return true;
      default:
        return false;
    }
  }

  #pad(text: string, { flags, width }: Conversion): void {
    const missing = width - byteLength(text);
    const space = missing > 0 ? ' '.repeat(missing) : '';
    this.out += flags.includes('-') ? text + space : space + text;
  }

  #integer(text: string): bigint {
    const trimmed = text.trim();
    if (trimmed === '') return 0n;
    if (trimmed.startsWith("'") || trimmed.startsWith('"')) return BigInt(trimmed.codePointAt(1) ?? 0);
    const match = /^([+-]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9]\d*)/.exec(trimmed);
    if (match === null) {
      this.errors.push(`${text}: invalid number`);
      return 0n;
    }
    if (match[0].length < trimmed.length) this.errors.push(`${text}: invalid number`);
    const digits = /^0[0-7]+$/.test(match[2]!) ? `0o${match[2]!.slice(1)}` : match[2]!;
    const value = BigInt(digits);
    return match[1] === '-' ? -value : value;
  }

  #number(digits: string, negative: boolean, prefix: string, conversion: Conversion): void {
    const { flags, width, precision } = conversion;
    const sign = negative ? '-' : flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '';
    let body = precision === null ? digits : digits.padStart(precision, '0');
    const head = sign + prefix;
    if (flags.includes('0') && !flags.includes('-') && precision === null)
      body = body.padStart(width - head.length, '0');
    this.#pad(head + body, conversion);
  }

  #signed(conversion: Conversion): void {
    const value = BigInt.asIntN(64, this.#integer(this.#take() ?? ''));
    this.#number(String(value < 0n ? -value : value), value < 0n, '', conversion);
  }

  #unsigned(conversion: Conversion): void {
    const { letter } = conversion;
    const value = BigInt.asUintN(64, this.#integer(this.#take() ?? ''));
    const radix = letter === 'o' ? 8 : letter === 'u' ? 10 : 16;
    const digits = value.toString(radix);
    const alternate = conversion.flags.includes('#') && value !== 0n;
    const prefix = !alternate || letter === 'u' ? '' : letter === 'o' ? '0' : '0x';
    const lower: Conversion = { ...conversion, flags: conversion.flags.replace(/[+ ]/g, '') };
    const before = this.out.length;
    this.#number(digits, false, prefix, lower);
    if (letter === 'X') this.out = this.out.slice(0, before) + this.out.slice(before).toUpperCase();
  }

  #float(conversion: Conversion): void {
    const { letter, precision, flags } = conversion;
    const { negative, size } = this.#real(this.#take() ?? '');
    const lower = letter.toLowerCase();
    const digits = typeof size === 'string' ? size : realDigits(size, lower, precision, flags.includes('#'));
    const shown = letter === lower ? digits : digits.toUpperCase();
    // Zeros would make a number of what is none.
    const padding = typeof size === 'string' ? flags.replaceAll('0', '') : flags;
    const prefix = lower === 'a' && typeof size !== 'string' ? shown.slice(0, 2) : '';
    this.#number(shown.slice(prefix.length), negative, prefix, {
      ...conversion,
      flags: padding,
      precision: null,
    });
  }

  /** A number as strtold(3) reads it: a long double, `inf` or `nan`. */
  #real(argument: string): { negative: boolean; size: Real | 'inf' | 'nan' } {
    const text = argument.trimStart();
    const zero = { negative: false, size: { mantissa: 0n, exponent: 0 } };
    if (text === '') return zero;
    if (text.startsWith("'") || text.startsWith('"'))
      return { negative: false, size: realOf(text.codePointAt(1) ?? 0) };
    const match = number.exec(text);
    if (match === null || match[0].length < text.length) {
      const hex = /^[+-]?0x/i.test(text);
      this.errors.push(`${argument}: invalid ${hex ? 'hex ' : ''}number`);
    }
    if (match === null) return zero;
    const negative = match[1] === '-';
    const word = match[2]!.toLowerCase();
    if (word.startsWith('inf')) return { negative, size: 'inf' };
    if (word.startsWith('nan')) return { negative, size: 'nan' };
    const size = parseReal(word);
    if (size !== null) return { negative, size };
    this.warnings.push(`${argument}: Numerical result out of range`);
    return { negative, size: /[ep]-/.test(word) ? zero.size : 'inf' };
  }
}

/** What strtold(3) takes. */
const number =
  /^([+-]?)(inf(?:inity)?|nan|0x(?:[\da-f]+\.?[\da-f]*|\.[\da-f]+)(?:p[+-]?\d+)?|(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)/i;

function clip(text: string, precision: number | null): string {
  return precision === null ? text : [...text].slice(0, precision).join('');
}

/** Formats `args`; the format is used again while arguments are left. `now`: seconds for `%(…)T`. */
export function formatPrintf(
  format: string,
  args: readonly string[],
  context: { now: number },
): PrintfResult {
  const printer = new Printer(args, context.now);
  for (;;) {
    const before = printer.used;
    printer.pass(format);
    if (printer.stopped || !printer.left || printer.used === before) break;
  }
  return { text: printer.out, errors: printer.errors, warnings: printer.warnings };
}
