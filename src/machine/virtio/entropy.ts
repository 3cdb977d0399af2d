/** The entropy device (virtio 1.2, 5.4): fills what the driver offers with random bytes. */
import type { Nanos, Random } from '../../base/index.ts';
import type { VirtioDevice, VirtioLink } from './device.ts';
import { driverMust } from './driverError.ts';

/** The time a request takes. */
export const ENTROPY_LATENCY: Nanos = 5_000;

/** Bytes given at most for one request; a driver takes what it gets (5.4.6.1). */
const MOST = 64 * 1024;

export class EntropyDevice implements VirtioDevice {
  readonly id = 4;
  readonly features = 0n;
  readonly queueSizes = [64];
  readonly #random: Random;
  #link: VirtioLink | null = null;

  constructor(random: Random) {
    this.#random = random;
  }

  attach(link: VirtioLink): void {
    this.#link = link;
  }

  config(): Uint8Array {
    return new Uint8Array(0);
  }

  reset(): void {}

  notify(queue: number): void {
    const link = this.#link!;
    for (let chain = link.pop(queue); chain; chain = link.pop(queue)) {
      const { writable } = chain;
      const taken = chain;
      driverMust(writable.length > 0, 'a request for entropy without a writable buffer');
      link.after(ENTROPY_LATENCY, () => {
        const bytes = this.#random.bytes(Math.min(MOST, writable.length));
        link.push(queue, taken, writable.write(0, bytes));
      });
    }
  }
}
