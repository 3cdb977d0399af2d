/** What dd says of its work on standard error. */
import { type Sys, sys, writeAll } from '../../../linux/index.ts';

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];
const BINARY_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** Two digits and more: `9.9 kB`, `131 kB`. */
function size(bytes: number, base: number, names: readonly string[]): string {
  let value = bytes;
  let unit = 0;
  while (value >= base && unit < names.length - 1) {
    value /= base;
    unit++;
  }
  const short = Math.round(value * 10) / 10;
  return `${short < 10 && unit > 0 ? short.toFixed(1) : Math.round(value)} ${names[unit]}`;
}

/** `2.0 GiB`. */
export const binarySize = (bytes: number): string => size(bytes, 1024, BINARY_UNITS);

/** Bytes in a second: `66.2 MB/s`. */
function rate(bytes: number, seconds: number): string {
  if (bytes === 0) return '0.0 kB/s';
  let value = bytes / seconds;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  const short = value.toFixed(1);
  return `${short.length > 4 ? value.toFixed(0) : short} ${UNITS[unit]}/s`;
}

/** As printf's %g writes it: six digits that count. */
function general(value: number): string {
  if (value === 0) return '0';
  const exponent = Math.floor(Math.log10(value));
  if (exponent >= -4 && exponent < 6) return String(Number(value.toPrecision(6)));
  const [digits, power] = Number(value.toPrecision(6)).toExponential().split('e');
  const sign = power!.startsWith('-') ? '-' : '+';
  return `${digits}e${sign}${power!.slice(1).padStart(2, '0')}`;
}

export class Statistics {
  readonly read = { full: 0, partial: 0 };
  readonly written = { full: 0, partial: 0 };
  bytes = 0;
  /** Nanoseconds of the monotonic clock. */
  #start = 0;
  #told = 0;
  #line = 0;

  *begin(): Sys<void> {
    this.#start = yield* this.#now();
    this.#told = this.#start;
  }

  /** The lines at the end; `transfer` is false for status=noxfer. */
  *report(transfer: boolean): Sys<void> {
    const records = (name: string, { full, partial }: { full: number; partial: number }) =>
      `${full}+${partial} records ${name}\n`;
    const start = this.#line > 0 ? '\n' : '';
    this.#line = 0;
    let text = start + records('in', this.read) + records('out', this.written);
    if (transfer) text += `${this.#transfer((yield* this.#now()) - this.#start, false)}\n`;
    yield* writeAll(2, text);
  }

  /** status=progress: a line that is written over each second. */
  *progress(): Sys<void> {
    const now = yield* this.#now();
    if (now - this.#told < 1e9) return;
    this.#told = now;
    const text = this.#transfer(now - this.#start, true);
    yield* writeAll(2, `\r${text.padEnd(this.#line)}`);
    this.#line = text.length;
  }

  #transfer(nanos: number, whole: boolean): string {
    const { bytes } = this;
    const seconds = nanos / 1e9;
    const decimal = bytes < 1000 ? '' : size(bytes, 1000, UNITS);
    const binary = bytes < 1024 ? '' : `, ${size(bytes, 1024, BINARY_UNITS)}`;
    const sizes = decimal === '' ? '' : ` (${decimal}${binary})`;
    const time = whole ? seconds.toFixed(0) : general(seconds);
    const speed = seconds === 0 && bytes > 0 ? 'Infinity B/s' : rate(bytes, seconds);
    return `${bytes} byte${bytes === 1 ? '' : 's'}${sizes} copied, ${time} s, ${speed}`;
  }

  *#now(): Sys<number> {
    const { sec, nsec } = yield* sys.clock_gettime('monotonic');
    return sec * 1e9 + nsec;
  }
}
