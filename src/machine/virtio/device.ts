/** What a virtio device is to its transport, and the transport to it (virtio 1.2, chapter 2). */
import type { Nanos } from '../../base/index.ts';
import type { DescriptorChain } from './descriptorChain.ts';
import type { Dma } from './dma.ts';
import type { QueueAreas, SplitQueueState } from './splitQueue.ts';

/** Feature bits that belong to no device type (chapter 6). */
export const F_INDIRECT_DESC = 1n << 28n;
export const F_EVENT_IDX = 1n << 29n;
export const F_VERSION_1 = 1n << 32n;

/** What a device keeps across save and restore, beyond its transport: plain JSON. */
export type DeviceState = Readonly<Record<string, number | boolean | readonly number[]>>;

export interface VirtioDevice {
  /** The device type (chapter 5). */
  readonly id: number;
  /** The device type's own feature bits that are offered. */
  readonly features: bigint;
  /** The largest size of each virtqueue. */
  readonly queueSizes: readonly number[];
  /** Whether indirect descriptors and event indices are not offered: for a device that walks its rings by itself. */
  readonly plainRings?: boolean;
  /** The device configuration space now (2.5). */
  config(): Uint8Array;
  /** The driver wrote one little-endian field of it. Device types without writable fields ignore it. */
  writeConfig?(offset: number, width: number, value: number): void;
  /** The transport that carries the device: called once. */
  attach(link: VirtioLink): void;
  /** Chains may have become available in `queue`: the doorbell rang, or the driver has just said DRIVER_OK. */
  notify(queue: number): void;
  /** Back to the state after power-on; the transport has dropped everything that {@link VirtioLink.after} had scheduled. */
  reset(): void;
  /** Both or neither: what a snapshot needs of the device, and back. No request is under way at either. */
  save?(): DeviceState;
  restore?(state: DeviceState): void;
}

/** The transport as its device uses it. */
export interface VirtioLink {
  readonly now: Nanos;
  /** The features that both sides agreed on; 0 before FEATURES_OK. */
  readonly features: bigint;
  /** The next chain of a queue; null when there is none, or the driver has not got the device going. */
  pop(queue: number): DescriptorChain | null;
  /** Gives a chain back, `written` bytes of its writable part filled. */
  push(queue: number, chain: DescriptorChain, written: number): void;
  /** A queue for a device that walks it by itself: where it lies, how far it has come. Null when it is not ready, or the device not going. */
  rings(queue: number): (QueueAreas & SplitQueueState) | null;
  /** Such a device has come to `state`, and has the driver interrupted or not. */
  advance(queue: number, state: SplitQueueState, interrupt: boolean): void;
  /** The driver's memory. */
  readonly memory: Dma;
  /** Calls `run` in `delay` ns, unless the device is reset or stops before. */
  after(delay: Nanos, run: () => void): void;
  /** The configuration space changed: the driver is told (2.5.1, "Configuration Change Notification"). */
  configChanged(): void;
}
