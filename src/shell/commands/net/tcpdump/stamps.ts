/** The times before tcpdump's lines. */
import { calendar, pad } from '../../support.ts';

/** What `-t` to `-ttttt` ask for. */
export type StampForm = 'clock' | 'none' | 'seconds' | 'since before' | 'date' | 'since first';

export class Stamps {
  readonly #form: StampForm;
  /** Of the line that the next one's time is counted from. */
  #base: bigint | null = null;

  constructor(form: StampForm) {
    this.#form = form;
  }

  /** `time` is nanoseconds since 1970; times of day are UTC. */
  text(time: bigint): string {
    const form = this.#form;
    if (form === 'none') return '';
    if (form === 'since before' || form === 'since first') {
      const since = time / 1000n - (this.#base ?? time) / 1000n;
      if (form === 'since before' || this.#base === null) this.#base = time;
      const sign = since < 0n ? '-' : ' ';
      return `${sign}${clock((since < 0n ? -since : since) * 1000n)} `;
    }
    if (form === 'clock') return `${clock(time % 86_400_000_000_000n)} `;
    const seconds = Number(time / 1_000_000_000n);
    if (form === 'seconds') return `${seconds}.${micros(time)} `;
    const { year, month, day } = calendar(seconds);
    return `${year}-${pad(month)}-${pad(day)} ${clock(time % 86_400_000_000_000n)} `;
  }
}

const micros = (time: bigint) => pad(Number((time / 1000n) % 1_000_000n), 6);

function clock(time: bigint): string {
  const seconds = Number(time / 1_000_000_000n);
  return `${pad(Math.floor(seconds / 3600))}:${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}.${micros(time)}`;
}
