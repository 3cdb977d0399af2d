/** How far a file has come: rows of dots, or on a terminal a bar. */
import { type Sys, writeAll } from '../../../../linux/index.ts';
import { monotonic } from '../../../../linux/net/resolver.ts';
import { barRate, leftText, secondsText, shortRate, sizeText } from './text.ts';

const DOT = 1024;
const CLUSTER = 10;
const ROW = 50;
/** A bar is not drawn more often. */
const REFRESH = 200_000_000;
/** From this time on there is a speed. */
const MEASURABLE = 150_000_000;

export abstract class Progress {
  protected readonly start: number;
  /** Bytes of the whole, null where nobody knows. */
  protected readonly total: number | null;
  protected done = 0;

  constructor(start: number, total: number | null) {
    this.start = start;
    this.total = total;
  }

  abstract begin(): Sys<void>;
  abstract update(bytes: number): Sys<void>;
  abstract end(): Sys<void>;
}

const say = (text: string) => writeAll(2, text);

export class Dots extends Progress {
  #dots = 0;
  #begun = false;
  #rowStart: number;

  constructor(start: number, total: number | null) {
    super(start, total);
    this.#rowStart = start;
  }

  /** The first row begins when something has come. */
  *begin(): Sys<void> {}

  *#open(): Sys<void> {
    if (!this.#begun) yield* say('\n');
    this.#begun = true;
  }

  *update(bytes: number): Sys<void> {
    yield* this.#open();
    this.done += bytes;
    while ((this.#dots + 1) * DOT <= this.done) yield* this.#dot();
  }

  *#dot(): Sys<void> {
    const at = this.#dots % ROW;
    if (at === 0) yield* say(`${`${this.#dots}`.padStart(6)}K`);
    yield* say(`${at % CLUSTER === 0 ? ' ' : ''}.`);
    this.#dots++;
    if (this.#dots % ROW !== 0) return;
    const now = yield* monotonic();
    const row = Math.min(this.done, this.#dots * DOT);
    const left = this.total === null ? '' : ` ${this.#left(row, now)}`;
    yield* say(`${this.#percent(row)} ${shortRate(ROW * DOT, now - this.#rowStart)}${left}\n`);
    this.#rowStart = now;
  }

  #percent(bytes: number): string {
    if (this.total === null) return ' ';
    return `${`${Math.floor((bytes * 100) / this.total)}`.padStart(3)}%`;
  }

  #left(bytes: number, now: number): string {
    return leftText(((now - this.start) / 1e9) * ((this.total! - bytes) / Math.max(1, bytes)));
  }

  *end(): Sys<void> {
    yield* this.#open();
    const now = yield* monotonic();
    const at = this.#dots % ROW;
    if (at === 0) yield* say(`${`${this.#dots}`.padStart(6)}K`);
    for (let i = at; i < ROW; i++) yield* say(i % CLUSTER === 0 ? '  ' : ' ');
    const row = this.done - (this.#dots - at) * DOT;
    yield* say(`${this.#percent(this.done)} ${shortRate(row, now - this.#rowStart)}=`);
    yield* say(`${secondsText(now - this.start)}\n\n`);
  }
}

/** The name's columns, and those beside the bar. */
const NAME = 20;
const BESIDE = 59;

export class Bar extends Progress {
  readonly #name: string;
  readonly #width: number;
  #drawn = 0;
  #ticks = 0;

  constructor(start: number, total: number | null, name: string, columns: number) {
    super(start, total);
    this.#name = name;
    this.#width = Math.max(4, columns - 1 - BESIDE);
  }

  *begin(): Sys<void> {
    yield* say('\n');
    yield* this.#draw(this.start, null);
  }

  *update(bytes: number): Sys<void> {
    this.done += bytes;
    const now = yield* monotonic();
    if (now - this.#drawn >= REFRESH) yield* this.#draw(now, null);
  }

  *end(): Sys<void> {
    const now = yield* monotonic();
    yield* this.#draw(now, `    in ${secondsText(now - this.start)}`);
    yield* say('\n\n');
  }

  *#draw(now: number, ending: string | null): Sys<void> {
    this.#drawn = now;
    const elapsed = now - this.start;
    const speed = elapsed < MEASURABLE || this.done === 0 ? '--.-KB/s' : barRate(this.done, elapsed);
    const name = this.#name.slice(0, NAME - 1).padEnd(NAME);
    const size = sizeText(this.done, 2).padStart(8);
    yield* say(`\r${name}${this.#bar()}${size}  ${speed.padStart(8)}${(ending ?? '').padEnd(15)}`);
  }

  #bar(): string {
    if (this.total === null) {
      const at = this.#ticks++ % (this.#width - 3);
      return `    [${' '.repeat(at)}<=>${' '.repeat(this.#width - 3 - at)}]`;
    }
    const share = this.total === 0 ? 1 : this.done / this.total;
    const filled = Math.floor(share * this.#width);
    const arrow = filled === 0 ? '' : `${'='.repeat(filled - 1)}>`;
    return `${`${Math.floor(share * 100)}`.padStart(3)}%[${arrow.padEnd(this.#width)}]`;
  }
}
