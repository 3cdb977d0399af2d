/** printf(1)'s format: conversions, escapes, reuse of the format while arguments are left. */
import { backslashQuote } from '../expand/quote.ts';
import { formatTime } from '../expand/strftime.ts';
import { byteLength } from '../state/shell.ts';
import { decodeEscapes, readEscape } from '../syntax/ansiC.ts';

export interface PrintfResult {
  readonly text: string;
  /** Messages without a prefix; any makes the status 1. */
  readonly errors: readonly string[];
}

interface Conversion {
  readonly flags: string;
  readonly width: number;
  readonly precision: number | null;
  readonly letter: string;
}

const specification = /%([-+ #0']*)(\*|\d+)?(?:\.(\*|-?\d*))?(?:hh|h|ll|l|j|z|t|L)?(?:\(([^)]*)\))?(.)?/sy;

class Printer {
  out = '';
  readonly errors: string[] = [];
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
    const text = (this.#take() ?? '').trim();
    let value = 0;
    if (text.startsWith("'") || text.startsWith('"')) value = text.codePointAt(1) ?? 0;
    else if (text !== '') {
      const match = /^[+-]?(?:\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|inf(?:inity)?|nan)/i.exec(
        text,
      );
      if (match === null || match[0].length < text.length) this.errors.push(`${text}: invalid number`);
      value = match === null ? 0 : Number(match[0].replace(/^([+-]?)inf.*/i, '$1Infinity'));
    }
    const { letter, precision } = conversion;
    const digits = formatFloat(
      Math.abs(value),
      letter.toLowerCase(),
      precision ?? 6,
      conversion.flags.includes('#'),
    );
    const negative = value < 0 || Object.is(value, -0);
    const shown = letter === letter.toUpperCase() ? digits.toUpperCase() : digits;
    this.#number(shown, negative, '', { ...conversion, precision: null });
  }
}

function clip(text: string, precision: number | null): string {
  return precision === null ? text : [...text].slice(0, precision).join('');
}

function exponent(text: string): string {
  return text.replace(/e([+-])(\d)$/, 'e$10$2');
}

function formatFloat(value: number, letter: string, precision: number, keepZeros: boolean): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return 'inf';
  if (letter === 'f') return value.toFixed(Math.min(precision, 100));
  if (letter === 'e') return exponent(value.toExponential(Math.min(precision, 100)));
  const significant = Math.max(precision, 1);
  const power = value === 0 ? 0 : Number(value.toExponential(significant - 1).split('e')[1]);
  const text =
    power < -4 || power >= significant
      ? exponent(value.toExponential(significant - 1))
      : value.toFixed(significant - 1 - power);
  if (keepZeros || !text.includes('.')) return text;
  return text.replace(/\.?0+(e|$)/, '$1');
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
  return { text: printer.out, errors: printer.errors };
}
