/**
 * A split virtqueue, seen from the device (virtio 1.2, 2.7): the driver puts heads of descriptor chains onto the available ring, the
 * device takes them, and puts them onto the used ring when it is done. Both indices are 16 bits and wrap.
 */
import { type DescriptorChain, followChain } from './descriptorChain.ts';
import type { Dma } from './dma.ts';
import { driverMust } from './driverError.ts';

/** The flag by which a driver asks not to be interrupted (2.7.6). */
const NO_INTERRUPT = 1;

/** Where the driver put the three parts (2.7: "Descriptor Area", "Driver Area", "Device Area"), physical addresses. */
export interface QueueAreas {
  readonly size: number;
  readonly descriptors: number;
  readonly available: number;
  readonly used: number;
}

export interface QueueFeatures {
  readonly indirect: boolean;
  readonly eventIndex: boolean;
}

/** How far the device has come: the next entry of the available ring to take, and of the used ring to fill. Plain JSON. */
export interface SplitQueueState {
  readonly nextAvailable: number;
  readonly nextUsed: number;
}

export class SplitQueue {
  readonly #dma: Dma;
  readonly #areas: QueueAreas;
  readonly #features: QueueFeatures;
  #nextAvailable: number;
  #nextUsed: number;

  /** @throws DriverError when size, alignment or place break 2.7 */
  constructor(dma: Dma, areas: QueueAreas, features: QueueFeatures, state: SplitQueueState) {
    const { size, descriptors, available, used } = areas;
    driverMust(size > 0 && size <= 32768 && (size & (size - 1)) === 0, `queue size ${size}`);
    checkArea(dma, 'descriptor table', descriptors, 16, 16 * size);
    checkArea(dma, 'available ring', available, 2, 6 + 2 * size);
    checkArea(dma, 'used ring', used, 4, 6 + 8 * size, 'store');
    this.#dma = dma;
    this.#areas = areas;
    this.#features = features;
    this.#nextAvailable = state.nextAvailable;
    this.#nextUsed = state.nextUsed;
  }

  /** Where it lies. */
  get areas(): QueueAreas {
    return this.#areas;
  }

  /** Somebody else took and gave chains up to here. */
  seek({ nextAvailable, nextUsed }: SplitQueueState): void {
    this.#nextAvailable = nextAvailable;
    this.#nextUsed = nextUsed;
  }

  save(): SplitQueueState {
    return { nextAvailable: this.#nextAvailable, nextUsed: this.#nextUsed };
  }

  /**
   * The next chain that the driver made available; null when there is none.
   * @throws DriverError when the ring or the chain breaks a rule
   */
  pop(): DescriptorChain | null {
    const { size, descriptors, available, used } = this.#areas;
    const ahead = (this.#dma.read16(available + 2) - this.#nextAvailable) & 0xffff;
    if (ahead === 0) return null;
    driverMust(ahead <= size, `${ahead} chains available in a queue of ${size}`);
    const head = this.#dma.read16(available + 4 + 2 * (this.#nextAvailable % size));
    this.#nextAvailable = (this.#nextAvailable + 1) & 0xffff;
    // 2.7.10: avail_event, behind the used ring, asks to be notified of the next chain.
    if (this.#features.eventIndex) this.#dma.write16(used + 4 + 8 * size, this.#nextAvailable);
    return followChain(this.#dma, descriptors, size, head, this.#features.indirect);
  }

  /** Gives chain `head` back with `written` bytes in it (2.7.8); true when the driver wants to be told by an interrupt. */
  push(head: number, written: number): boolean {
    const { size, available, used } = this.#areas;
    const element = used + 4 + 8 * (this.#nextUsed % size);
    this.#dma.write32(element, head);
    this.#dma.write32(element + 4, written);
    const before = this.#nextUsed;
    this.#nextUsed = (before + 1) & 0xffff;
    this.#dma.write16(used + 2, this.#nextUsed);
    // 2.7.7: by index with VIRTIO_F_EVENT_IDX, and the flag is not looked at; by the flag without.
    if (this.#features.eventIndex) return this.#dma.read16(available + 4 + 2 * size) === before;
    return (this.#dma.read16(available) & NO_INTERRUPT) === 0;
  }
}

function checkArea(
  dma: Dma,
  what: string,
  address: number,
  alignment: number,
  bytes: number,
  kind: 'load' | 'store' = 'load',
): void {
  driverMust(address % alignment === 0, `${what} not aligned to ${alignment}`);
  driverMust(dma.contains(address, bytes, kind), `${what} is not in memory`);
}
