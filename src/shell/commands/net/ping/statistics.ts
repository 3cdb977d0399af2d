/** What ping(8) has counted, and its last lines. Times are in microseconds, and whole ones, as in the real tool. */
import { assert } from '../../../../base/index.ts';

/** Sequence numbers that are told apart (MAX_DUP_CHK). */
const REMEMBERED = 65_536;

export class PingStatistics {
  transmitted = 0;
  received = 0;
  duplicates = 0;
  errors = 0;
  #least = Number.POSITIVE_INFINITY;
  #most = 0;
  #sum = 0;
  #squares = 0;
  #pipe = 0;
  #timed = 0;
  readonly #seen = new Set<number>();

  get longest(): number {
    return this.#most;
  }

  /** An answer or an error for `sequence` came. */
  acknowledge(sequence: number): void {
    const behind = (this.transmitted - sequence) & 0xffff;
    if (behind <= 0x7fff) this.#pipe = Math.max(this.#pipe, behind + 1);
  }

  /** An answer that took `time`, null when that is not known; whether it was one more for the same request. */
  answer(sequence: number, time: number | null): boolean {
    if (time !== null) this.#took(time);
    assert(this.#seen.size < REMEMBERED, 'too many requests to tell apart');
    if (this.#seen.has(sequence)) {
      this.duplicates++;
      return true;
    }
    this.#seen.add(sequence);
    this.received++;
    return false;
  }

  #took(time: number): void {
    this.#timed++;
    this.#least = Math.min(this.#least, time);
    this.#most = Math.max(this.#most, time);
    this.#sum += time;
    this.#squares += time * time;
  }

  /** `elapsed` is the time from the first request to the last, in milliseconds. */
  summary(target: string, elapsed: number): string {
    const { transmitted, received, duplicates, errors } = this;
    const counts = [
      `${transmitted} packets transmitted, ${received} received`,
      ...(duplicates > 0 ? [`+${duplicates} duplicates`] : []),
      ...(errors > 0 ? [`+${errors} errors`] : []),
      ...(transmitted > 0
        ? [`${significant(((transmitted - received) * 100) / transmitted)}% packet loss, time ${elapsed}ms`]
        : []),
    ];
    return `\n--- ${target} ping statistics ---\n${counts.join(', ')}\n${this.#timing()}\n`;
  }

  #timing(): string {
    const pipe = this.#pipe > 1 ? `pipe ${this.#pipe}` : '';
    const answers = this.#timed;
    if (answers === 0) return pipe;
    const average = Math.floor(this.#sum / answers);
    const variance = Math.floor((this.#squares - Math.floor((this.#sum * this.#sum) / answers)) / answers);
    const deviation = Math.floor(Math.sqrt(variance));
    const times = [this.#least, average, this.#most, deviation].map(milliseconds).join('/');
    return `rtt min/avg/max/mdev = ${times} ms${pipe === '' ? '' : `, ${pipe}`}`;
  }
}

/** `0.123`. */
function milliseconds(micros: number): string {
  return `${Math.floor(micros / 1000)}.${`${micros % 1000}`.padStart(3, '0')}`;
}

/** `%g`: six significant digits, without zeros at the end. */
function significant(value: number): string {
  return `${Number(value.toPrecision(6))}`;
}

/** A round-trip time as a line tells it: three significant digits below 100 ms. */
export function timeText(micros: number): string {
  if (micros >= 99_950) return `${Math.floor((micros + 500) / 1000)}`;
  if (micros >= 9_995)
    return `${Math.floor((micros + 50) / 1000)}.${Math.floor(((micros + 50) % 1000) / 100)}`;
  if (micros >= 1000)
    return `${Math.floor((micros + 5) / 1000)}.${`${Math.floor(((micros + 5) % 1000) / 10)}`.padStart(2, '0')}`;
  return milliseconds(micros);
}
