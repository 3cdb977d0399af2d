/** What the kernel has to say: syslog(2), dmesg(1). */
import type { EventQueue, Nanos } from '../base/index.ts';

/** Lines that are kept; the oldest are overwritten. */
const LINES = 4096;

export class KernelLog {
  readonly #events: EventQueue;
  readonly #bootTime: Nanos;
  #lines: { readonly time: Nanos; readonly text: string }[] = [];

  constructor(events: EventQueue, bootTime: Nanos) {
    this.#events = events;
    this.#bootTime = bootTime;
  }

  write(...texts: readonly string[]): void {
    const time = this.#events.now - this.#bootTime;
    for (const text of texts) this.#lines.push({ time, text });
    if (this.#lines.length > LINES) this.#lines = this.#lines.slice(-LINES);
  }

  /** `[    2.700130] text`: seconds since the kernel started. */
  text(): string {
    return this.#lines
      .map(({ time, text }) => `[${(Math.floor(time / 1000) / 1e6).toFixed(6).padStart(12)}] ${text}\n`)
      .join('');
  }

  clear(): void {
    this.#lines = [];
  }
}
