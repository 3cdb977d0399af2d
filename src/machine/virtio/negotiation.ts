/** Features that device and driver agree on (virtio 1.2, 2.2), 32 bits at a time through two selectors. */
import { F_VERSION_1 } from './device.ts';

/** Plain JSON; 64-bit sets of features are decimal texts. */
export interface NegotiationState {
  readonly chosen: string;
  readonly accepted: string;
  readonly deviceSelect: number;
  readonly driverSelect: number;
}

export class Negotiation {
  readonly offered: bigint;
  /** What the driver has written so far. */
  #chosen = 0n;
  #accepted = 0n;
  deviceSelect = 0;
  driverSelect = 0;

  constructor(offered: bigint) {
    this.offered = offered;
  }

  /** What both sides agreed on; 0 before {@link accept}. */
  get accepted(): bigint {
    return this.#accepted;
  }

  /** DeviceFeatures: the selected 32 bits of what is offered. */
  read(): number {
    return this.deviceSelect < 2 ? Number((this.offered >> BigInt(32 * this.deviceSelect)) & 0xffffffffn) : 0;
  }

  /** DriverFeatures: the selected 32 bits of what the driver understands and wants. Bits past 63 are nobody's. */
  write(value: number): void {
    if (this.driverSelect >= 2) return;
    const shift = BigInt(32 * this.driverSelect);
    this.#chosen = (this.#chosen & ~(0xffffffffn << shift)) | (BigInt(value) << shift);
  }

  /** FEATURES_OK: from now on what the driver writes changes nothing (2.1.1). False when the driver wants what is not offered (2.2.2) or not VERSION_1 (6.1). */
  accept(): boolean {
    if (this.#chosen & ~this.offered || !(this.#chosen & F_VERSION_1)) return false;
    this.#accepted = this.#chosen;
    return true;
  }

  save(): NegotiationState {
    const { deviceSelect, driverSelect } = this;
    return { chosen: `${this.#chosen}`, accepted: `${this.#accepted}`, deviceSelect, driverSelect };
  }

  restore(state: NegotiationState): void {
    this.#chosen = BigInt(state.chosen);
    this.#accepted = BigInt(state.accepted);
    this.deviceSelect = state.deviceSelect;
    this.driverSelect = state.driverSelect;
  }

  reset(): void {
    this.#chosen = 0n;
    this.#accepted = 0n;
    this.deviceSelect = 0;
    this.driverSelect = 0;
  }
}
