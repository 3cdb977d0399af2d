/** Physical addresses outside of RAM: which device answers where. */
import { assert } from '../base/index.ts';
import type { BusDevice, Width } from './bus.ts';

export class SystemBus {
  /** By base address, so that a look-up is a binary search. */
  readonly #devices: readonly BusDevice[];

  constructor(devices: readonly BusDevice[]) {
    this.#devices = [...devices].sort((a, b) => a.base - b.base);
    for (const [i, device] of this.#devices.entries()) {
      const next = this.#devices[i + 1];
      assert(!next || device.base + device.size <= next.base, `${device.name} and ${next?.name} overlap`);
    }
  }

  /** Reads as {@link BusDevice.load} does; null, an access fault, where no device is. */
  load(address: number, width: Width): number | null {
    const device = this.#at(address, width);
    return device ? device.load(address - device.base, width) : null;
  }

  /** Writes as {@link BusDevice.store} does; false, an access fault, where no device is. */
  store(address: number, width: Width, value: number): boolean {
    const device = this.#at(address, width);
    return device ? device.store(address - device.base, width, value >>> 0) : false;
  }

  /** Whether a device is at `address`. */
  covers(address: number): boolean {
    return this.#at(address, 1) !== undefined;
  }

  #at(address: number, width: Width): BusDevice | undefined {
    let low = 0;
    let high = this.#devices.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#devices[middle]!.base <= address) low = middle + 1;
      else high = middle;
    }
    const device = this.#devices[low - 1];
    return device && address + width <= device.base + device.size ? device : undefined;
  }
}
