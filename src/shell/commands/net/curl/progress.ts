/** curl's table of the progress on standard error: a line that is written over and over, once a second. */
import { type Sys, writeAll } from '../../../../linux/index.ts';
import { monotonic } from '../../../../linux/net/resolver.ts';

const HEADER = `\
  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current
                                 Dload  Upload   Total   Spent    Left  Speed
`;
const SECOND = 1_000_000_000;
/** The current speed is that of so many seconds. */
const WINDOW = 5;

/** A number of bytes in five characters. */
function five(bytes: number): string {
  if (bytes < 100_000) return `${bytes}`.padStart(5);
  let value = bytes;
  for (const unit of ['k', 'M', 'G', 'T', 'P']) {
    value /= 1024;
    if (value < 100 && unit !== 'k')
      return `${Math.floor(value)}.${Math.floor(value * 10) % 10}${unit}`.padStart(5);
    if (value < 10_000) return `${Math.floor(value)}${unit}`.padStart(5);
  }
  return '-----';
}

function clockText(seconds: number): string {
  if (seconds <= 0) return '--:--:--';
  const hours = Math.floor(seconds / 3600);
  const two = (value: number) => `${value}`.padStart(2, '0');
  if (hours <= 99)
    return `${`${hours}`.padStart(2)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  const days = Math.floor(hours / 24);
  return days <= 999 ? `${`${days}`.padStart(3)}d ${two(hours % 24)}h` : `${`${days}`.padStart(7)}d`;
}

export class Progress {
  readonly #shown: boolean;
  readonly #start: number;
  /** Bytes of the body and of what is sent; `null` where nobody knows how many. */
  down = 0;
  up = 0;
  downTotal: number | null = null;
  upTotal: number | null = null;
  #lastSecond = -1;
  #begun = false;
  readonly #samples: { readonly at: number; readonly bytes: number }[] = [];

  constructor(shown: boolean, start: number) {
    this.#shown = shown;
    this.#start = start;
  }

  /** Writes the line when a second is over. */
  *update(): Sys<void> {
    const now = yield* monotonic();
    const second = Math.floor((now - this.#start) / SECOND);
    if (second === this.#lastSecond) return;
    this.#lastSecond = second;
    yield* this.#draw(now);
  }

  /** The last line. */
  *end(): Sys<void> {
    yield* this.#draw(yield* monotonic());
    if (this.#shown) yield* writeAll(2, '\n');
  }

  *#draw(now: number): Sys<void> {
    this.#samples.push({ at: now, bytes: this.down + this.up });
    if (this.#samples.length > WINDOW + 1) this.#samples.shift();
    if (!this.#shown) return;
    const header = this.#begun ? '' : HEADER;
    this.#begun = true;
    yield* writeAll(2, `${header}\r${this.#line(now)}`);
  }

  /** Bytes in a second since the transfer began. */
  static speed(bytes: number, nanos: number): number {
    return nanos < 1000 ? bytes * 1_000_000 : Math.floor((bytes * 1e6) / Math.floor(nanos / 1000));
  }

  #current(now: number): number {
    const first = this.#samples[0];
    if (first === undefined) return 0;
    const millis = Math.max(1, Math.floor((now - first.at) / 1_000_000));
    return Math.floor(((this.down + this.up - first.bytes) * 1000) / millis);
  }

  #line(now: number): string {
    const spent = now - this.#start;
    const [downSpeed, upSpeed] = [Progress.speed(this.down, spent), Progress.speed(this.up, spent)];
    const left = (total: number | null, speed: number) =>
      total === null || speed === 0 ? 0 : Math.floor(total / speed);
    const seconds = Math.max(left(this.downTotal, downSpeed), left(this.upTotal, upSpeed));
    const part = (done: number, total: number | null) =>
      `${total === null || total === 0 ? 0 : Math.floor((done * 100) / total)}`.padStart(3);
    const total = (this.downTotal ?? this.down) + (this.upTotal ?? this.up);
    const known = this.downTotal !== null || this.upTotal !== null;
    const spentSeconds = Math.floor(spent / SECOND);
    const times = [seconds, spentSeconds, seconds === 0 ? 0 : seconds - spentSeconds].map(clockText);
    return (
      `${part(this.down + this.up, known ? total : null)} ${five(total)}  ` +
      `${part(this.down, this.downTotal)} ${five(this.down)}  ` +
      `${part(this.up, this.upTotal)} ${five(this.up)}  ${five(downSpeed)}  ${five(upSpeed)} ` +
      `${times.join(' ')} ${five(this.#current(now))}`
    );
  }
}
