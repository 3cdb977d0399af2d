/** The registers of one virtqueue before and while it is ready (virtio 1.2, 4.2.2: QueueNum … QueueDeviceHigh). */
import type { QueueAreas } from './splitQueue.ts';

/** A 64-bit address written as two registers. */
interface Halves {
  low: number;
  high: number;
}

/** Plain JSON: size, and the halves of the three addresses, low first. */
export interface QueueSetupState {
  readonly size: number;
  readonly descriptors: Readonly<Halves>;
  readonly available: Readonly<Halves>;
  readonly used: Readonly<Halves>;
}

export class QueueSetup {
  /** QueueNumMax. */
  readonly maxSize: number;
  #size = 0;
  readonly #descriptors: Halves = { low: 0, high: 0 };
  readonly #available: Halves = { low: 0, high: 0 };
  readonly #used: Halves = { low: 0, high: 0 };

  constructor(maxSize: number) {
    this.maxSize = maxSize;
  }

  /** Writes the register at `offset` of the transport; others are not of the queue and are ignored. */
  write(offset: number, value: number): void {
    if (offset === 0x038) this.#size = value;
    else if (offset === 0x080) this.#descriptors.low = value;
    else if (offset === 0x084) this.#descriptors.high = value;
    else if (offset === 0x090) this.#available.low = value;
    else if (offset === 0x094) this.#available.high = value;
    else if (offset === 0x0a0) this.#used.low = value;
    else if (offset === 0x0a4) this.#used.high = value;
  }

  /** What the driver has set up; addresses past 2^53 lose their low bits, and are no memory either way. */
  areas(): QueueAreas {
    return {
      size: this.#size,
      descriptors: join(this.#descriptors),
      available: join(this.#available),
      used: join(this.#used),
    };
  }

  save(): QueueSetupState {
    const [descriptors, available, used] = [
      { ...this.#descriptors },
      { ...this.#available },
      { ...this.#used },
    ];
    return { size: this.#size, descriptors, available, used };
  }

  restore(state: QueueSetupState): void {
    this.#size = state.size;
    Object.assign(this.#descriptors, state.descriptors);
    Object.assign(this.#available, state.available);
    Object.assign(this.#used, state.used);
  }

  reset(): void {
    this.#size = 0;
    for (const halves of [this.#descriptors, this.#available, this.#used]) halves.low = halves.high = 0;
  }
}

function join({ low, high }: Halves): number {
  return high * 2 ** 32 + low;
}
