/**
 * The memory balloon (virtio 1.2, 5.5): the host says how many pages it would like to have, the driver gives it such as its system does
 * not need, and takes them back when the host wants fewer. Free page hints, reporting and statistics are not offered.
 */
import type { Nanos, Trace } from '../../base/index.ts';
import type { DescriptorChain } from './descriptorChain.ts';
import type { DeviceState, VirtioDevice, VirtioLink } from './device.ts';
import { driverMust } from './driverError.ts';

/** What becomes of the pages: numbers of 4 KiB pages of the driver's memory, in any order, of memory or not. */
export interface BalloonBackend {
  /** The driver gives these away: what is in them may be lost. */
  inflate(pages: readonly number[]): void;
  /** The driver wants to use these again. */
  deflate(pages: readonly number[]): void;
}

/** The time for a request, and for each page in it. */
export const BALLOON_LATENCY: Nanos = 5_000;
export const BALLOON_PAGE_TIME: Nanos = 500;

const INFLATE = 0;
/** Feature bits (5.5.3). */
const F_MUST_TELL_HOST = 1n << 0n;
const F_DEFLATE_ON_OOM = 1n << 2n;
/** Fields of the configuration space (5.5.4): num_pages, actual. */
const ACTUAL = 4;
/** Bytes of one page number. */
const ENTRY = 4;
/** Page numbers in one request at most: 4 MiB of them are 4 GiB of pages. */
const MOST = 1 << 20;

export class BalloonDevice implements VirtioDevice {
  readonly id = 5;
  readonly features = F_MUST_TELL_HOST | F_DEFLATE_ON_OOM;
  readonly queueSizes = [128, 128];
  readonly #name: string;
  readonly #backend: BalloonBackend;
  readonly #trace: Trace | null;
  #link: VirtioLink | null = null;
  #target = 0;
  #actual = 0;
  #busyUntil: Nanos = 0;

  /** `name` is the trace's subject. */
  constructor(name: string, backend: BalloonBackend, trace: Trace | null = null) {
    this.#name = name;
    this.#backend = backend;
    this.#trace = trace;
  }

  attach(link: VirtioLink): void {
    this.#link = link;
  }

  /** Pages that the host would like to have. */
  get target(): number {
    return this.#target;
  }

  /** Pages that the driver says the host has. */
  get actual(): number {
    return this.#actual;
  }

  /** Whether there is a driver that could give pages. */
  get driven(): boolean {
    return this.#link?.rings(INFLATE) !== null;
  }

  /** Asks for `pages` pages in all; how many come, and when, is up to the driver (5.5.6). */
  setTarget(pages: number): void {
    if (pages === this.#target) return;
    this.#target = pages;
    this.#trace?.emit('balloon.target', this.#name, { pages });
    this.#link!.configChanged();
  }

  config(): Uint8Array {
    const config = new Uint8Array(8);
    const view = new DataView(config.buffer);
    view.setUint32(0, this.#target, true);
    view.setUint32(ACTUAL, this.#actual, true);
    return config;
  }

  /** 5.5.5: the driver says in `actual` how many pages are in the balloon. num_pages is not for it to write. */
  writeConfig(offset: number, width: number, value: number): void {
    if (offset !== ACTUAL || width !== 4) return;
    this.#actual = value;
    this.#trace?.emit('balloon.actual', this.#name, { pages: value });
  }

  /** What the host would like stays; the balloon is empty, for the driver begins anew. */
  reset(): void {
    this.#actual = 0;
    this.#busyUntil = 0;
  }

  save(): DeviceState {
    return { target: this.#target, actual: this.#actual };
  }

  restore(state: DeviceState): void {
    this.#target = state['target'] as number;
    this.#actual = state['actual'] as number;
  }

  notify(queue: number): void {
    const link = this.#link!;
    for (let chain = link.pop(queue); chain; chain = link.pop(queue)) {
      const taken = chain;
      const { length } = chain.readable;
      driverMust(length > 0 && length % ENTRY === 0, `${length} bytes are no list of page numbers`);
      driverMust(length / ENTRY <= MOST, `${length / ENTRY} page numbers at once`);
      const time = BALLOON_LATENCY + (length / ENTRY) * BALLOON_PAGE_TIME;
      this.#busyUntil = Math.max(this.#busyUntil, link.now) + time;
      link.after(this.#busyUntil - link.now, () => this.#serve(queue, taken));
    }
  }

  /** 5.5.6.1: an array of page numbers, little-endian. */
  #serve(queue: number, chain: DescriptorChain): void {
    const bytes = chain.readable.read(0, chain.readable.length);
    const view = new DataView(bytes.buffer);
    const pages = Array.from({ length: bytes.length / ENTRY }, (_, i) => view.getUint32(i * ENTRY, true));
    // Given back to the driver first: a page that it named may be one of its rings.
    this.#link!.push(queue, chain, 0);
    if (queue === INFLATE) this.#backend.inflate(pages);
    else this.#backend.deflate(pages);
  }
}
