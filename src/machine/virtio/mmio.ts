/** The transport over memory-mapped registers, version 2 (virtio 1.2, 4.2). */
import { assert, type Nanos, type ScheduledEvent, type Trace } from '../../base/index.ts';
import type { BusDevice, Width } from '../bus.ts';
import type { InterruptWire } from '../devices/interruptWire.ts';
import type { Timers } from '../timing.ts';
import type { DescriptorChain } from './descriptorChain.ts';
import {
  type DeviceState,
  F_EVENT_IDX,
  F_INDIRECT_DESC,
  F_VERSION_1,
  type VirtioDevice,
  type VirtioLink,
} from './device.ts';
import type { Dma } from './dma.ts';
import { DriverError, driverMust } from './driverError.ts';
import { Negotiation, type NegotiationState } from './negotiation.ts';
import { QueueSetup, type QueueSetupState } from './queueSetup.ts';
import { MAGIC, VERSION, VIRTIO_MMIO_SIZE } from './registers.ts';
import { type QueueAreas, SplitQueue, type SplitQueueState } from './splitQueue.ts';

/** "VTBK": anybody's number (4.2.2, VendorID). */
const VENDOR = 0x4b425456;
const CONFIG = 0x100;

/** Device status bits (2.1). */
const FEATURES_OK = 8;
const DRIVER_OK = 4;
const NEEDS_RESET = 0x40;
/** Interrupt status bits (4.2.2). */
const USED_BUFFER = 1;
const CONFIG_CHANGE = 2;

export interface VirtioMmioConfig {
  readonly name: string;
  readonly base: number;
  readonly wire: InterruptWire;
  readonly timers: Timers;
  readonly dma: Dma;
  readonly trace: Trace | null;
}

/** What {@link VirtioMmio.save} gives: plain JSON. */
export interface VirtioState {
  readonly negotiation: NegotiationState;
  readonly queueSelect: number;
  readonly status: number;
  readonly interruptStatus: number;
  readonly configGeneration: number;
  readonly queues: readonly { readonly setup: QueueSetupState; readonly ready: SplitQueueState | null }[];
  /** The device's own; null when it keeps nothing. */
  readonly device: DeviceState | null;
}

export class VirtioMmio implements BusDevice, VirtioLink {
  readonly name: string;
  readonly base: number;
  readonly size = VIRTIO_MMIO_SIZE;
  readonly #config: VirtioMmioConfig;
  readonly #device: VirtioDevice;
  readonly #negotiation: Negotiation;
  readonly #setups: readonly QueueSetup[];
  /** The queues that are ready. */
  #queues: (SplitQueue | null)[];
  #queueSelect = 0;
  #status = 0;
  #interruptStatus = 0;
  #configGeneration = 0;
  readonly #scheduled = new Set<ScheduledEvent>();

  constructor(config: VirtioMmioConfig, device: VirtioDevice) {
    this.name = config.name;
    this.base = config.base;
    this.#config = config;
    this.#device = device;
    const rings = device.plainRings ? 0n : F_INDIRECT_DESC | F_EVENT_IDX;
    this.#negotiation = new Negotiation(device.features | F_VERSION_1 | rings);
    this.#setups = device.queueSizes.map((size) => new QueueSetup(size));
    this.#queues = device.queueSizes.map(() => null);
    device.attach(this);
  }

  get now(): Nanos {
    return this.#config.timers.now;
  }

  get features(): bigint {
    return this.#negotiation.accepted;
  }

  pop(queue: number): DescriptorChain | null {
    if (!this.#running()) return null;
    const chain = this.#queues[queue]?.pop() ?? null;
    if (chain) {
      const detail = { readable: chain.readable.length, writable: chain.writable.length };
      this.#config.trace?.emit('virtq.pop', this.name, { queue, head: chain.head, ...detail });
    }
    return chain;
  }

  push(queue: number, chain: DescriptorChain, written: number): void {
    const interrupt = this.#queues[queue]?.push(chain.head, written);
    if (interrupt === undefined) return;
    this.#config.trace?.emit('virtq.push', this.name, { queue, head: chain.head, written, interrupt });
    if (interrupt) this.#interrupt(USED_BUFFER);
  }

  rings(queue: number): (QueueAreas & SplitQueueState) | null {
    const ready = this.#running() ? this.#queues[queue] : null;
    return ready ? { ...ready.areas, ...ready.save() } : null;
  }

  advance(queue: number, state: SplitQueueState, interrupt: boolean): void {
    this.#queues[queue]?.seek(state);
    this.#config.trace?.emit('virtq.advance', this.name, { queue, ...state, interrupt });
    if (interrupt) this.#interrupt(USED_BUFFER);
  }

  get memory(): Dma {
    return this.#config.dma;
  }

  after(delay: Nanos, run: () => void): void {
    const event = this.#config.timers.after(delay, () => {
      this.#scheduled.delete(event);
      this.#guarded(run);
    });
    this.#scheduled.add(event);
  }

  configChanged(): void {
    this.#configGeneration = (this.#configGeneration + 1) >>> 0;
    if (this.#status & DRIVER_OK) this.#interrupt(CONFIG_CHANGE);
  }

  /** The device's power-on state: what writing 0 to Status gives (2.1.2, 4.2.2.1). */
  reset(): void {
    for (const event of this.#scheduled) event.cancel();
    this.#scheduled.clear();
    this.#negotiation.reset();
    for (const setup of this.#setups) setup.reset();
    this.#queues = this.#queues.map(() => null);
    this.#queueSelect = 0;
    this.#status = 0;
    this.#interruptStatus = 0;
    this.#config.wire.set(false);
    this.#device.reset();
  }

  /** True while requests are under way: they belong to no state, so that {@link save} has to wait for them. */
  get busy(): boolean {
    return this.#scheduled.size > 0;
  }

  save(): VirtioState {
    assert(!this.busy, `${this.name} is saved with requests under way`);
    return {
      negotiation: this.#negotiation.save(),
      queueSelect: this.#queueSelect,
      status: this.#status,
      interruptStatus: this.#interruptStatus,
      configGeneration: this.#configGeneration,
      queues: this.#setups.map((setup, i) => ({
        setup: setup.save(),
        ready: this.#queues[i]?.save() ?? null,
      })),
      device: this.#device.save?.() ?? null,
    };
  }

  /** Goes on from a state that a device of the same kind saved; memory holds the same rings as then. */
  restore(state: VirtioState): void {
    this.reset();
    this.#negotiation.restore(state.negotiation);
    this.#queueSelect = state.queueSelect;
    this.#status = state.status;
    this.#configGeneration = state.configGeneration;
    for (const [i, { setup, ready }] of state.queues.entries()) {
      this.#setups[i]!.restore(setup);
      this.#queues[i] = ready && this.#makeQueue(this.#setups[i]!, ready);
    }
    if (state.device) this.#device.restore?.(state.device);
    this.#interruptStatus = state.interruptStatus;
    this.#config.wire.set(this.#interruptStatus !== 0);
  }

  load(offset: number, width: Width): number | null {
    if (offset >= CONFIG) return readField(this.#device.config(), offset - CONFIG, width);
    // 4.2.2.2: registers are read and written by aligned 32-bit accesses alone; others have no effect.
    return width === 4 ? this.#readRegister(offset) : 0;
  }

  store(offset: number, width: Width, value: number): boolean {
    if (offset >= CONFIG) this.#guarded(() => this.#device.writeConfig?.(offset - CONFIG, width, value));
    else if (width === 4) this.#writeRegister(offset, value);
    return true;
  }

  #readRegister(offset: number): number {
    switch (offset) {
      case 0x000:
        return MAGIC;
      case 0x004:
        return VERSION;
      case 0x008:
        return this.#device.id;
      case 0x00c:
        return VENDOR;
      case 0x010:
        return this.#negotiation.read();
      case 0x034:
        return this.#setups[this.#queueSelect]?.maxSize ?? 0;
      case 0x044:
        return this.#queues[this.#queueSelect] ? 1 : 0;
      case 0x060:
        return this.#interruptStatus;
      case 0x070:
        return this.#status;
      case 0x0fc:
        return this.#configGeneration;
      // SHMLen and SHMBase of a shared memory region that does not exist are all ones (4.2.2).
      case 0x0b0:
      case 0x0b4:
      case 0x0b8:
      case 0x0bc:
        return 0xffffffff;
      default:
        return 0;
    }
  }

  #writeRegister(offset: number, value: number): void {
    switch (offset) {
      case 0x014:
        this.#negotiation.deviceSelect = value;
        break;
      case 0x020:
        this.#negotiation.write(value);
        break;
      case 0x024:
        this.#negotiation.driverSelect = value;
        break;
      case 0x030:
        this.#queueSelect = value;
        break;
      case 0x044:
        this.#guarded(() => this.#setReady((value & 1) !== 0));
        break;
      case 0x050:
        this.#ring(value);
        break;
      case 0x064:
        this.#interruptStatus &= ~value;
        this.#config.wire.set(this.#interruptStatus !== 0);
        break;
      case 0x070:
        this.#writeStatus(value);
        break;
      default:
        // 4.2.2.2: while the queue is ready its size and places stand.
        if (!this.#queues[this.#queueSelect]) this.#setups[this.#queueSelect]?.write(offset, value);
    }
  }

  #setReady(ready: boolean): void {
    const setup = this.#setups[this.#queueSelect];
    if (!setup || ready === (this.#queues[this.#queueSelect] !== null)) return;
    this.#queues[this.#queueSelect] = null;
    if (!ready) return;
    this.#queues[this.#queueSelect] = this.#makeQueue(setup, { nextAvailable: 0, nextUsed: 0 });
  }

  #makeQueue(setup: QueueSetup, state: SplitQueueState): SplitQueue {
    const areas = setup.areas();
    driverMust(areas.size <= setup.maxSize, `queue size ${areas.size} over ${setup.maxSize}`);
    const features = {
      indirect: (this.features & F_INDIRECT_DESC) !== 0n,
      eventIndex: (this.features & F_EVENT_IDX) !== 0n,
    };
    return new SplitQueue(this.#config.dma, areas, features, state);
  }

  /** QueueNotify (4.2.3.3). Before DRIVER_OK a device uses no buffer (2.1.2). */
  #ring(queue: number): void {
    this.#config.trace?.emit('virtq.notify', this.name, { queue });
    if (this.#running() && this.#queues[queue]) this.#guarded(() => this.#device.notify(queue));
  }

  #writeStatus(written: number): void {
    if (written === 0) this.reset();
    else this.#addStatus(written & 0xff & ~NEEDS_RESET);
    this.#config.trace?.emit('virtio.status', this.name, { written, status: this.#status });
  }

  /** 2.1.1: a driver sets bits, and clears them only all at once by a reset. */
  #addStatus(bits: number): void {
    const rising = bits & ~this.#status;
    if (rising & FEATURES_OK && !this.#negotiation.accept()) bits &= ~FEATURES_OK;
    if (rising & DRIVER_OK && !((this.#status | bits) & FEATURES_OK)) {
      this.#status |= bits & ~DRIVER_OK;
      this.#needsReset('DRIVER_OK without FEATURES_OK');
      return;
    }
    this.#status |= bits;
    if (!(rising & DRIVER_OK)) return;
    for (const [queue, ready] of this.#queues.entries()) {
      if (ready) this.#guarded(() => this.#device.notify(queue));
    }
  }

  #running(): boolean {
    return (this.#status & (DRIVER_OK | NEEDS_RESET)) === DRIVER_OK;
  }

  #guarded(action: () => void): void {
    try {
      action();
    } catch (error) {
      if (!(error instanceof DriverError)) throw error;
      this.#needsReset(error.message);
    }
  }

  /** 2.1.2: the device stops, and tells the driver by a configuration change once DRIVER_OK is set. */
  #needsReset(reason: string): void {
    if (this.#status & NEEDS_RESET) return;
    this.#status |= NEEDS_RESET;
    for (const event of this.#scheduled) event.cancel();
    this.#scheduled.clear();
    this.#config.trace?.emit('virtio.needsReset', this.name, { reason });
    if (this.#status & DRIVER_OK) this.#interrupt(CONFIG_CHANGE);
  }

  #interrupt(bit: number): void {
    this.#interruptStatus |= bit;
    this.#config.wire.set(true);
  }
}

/** A little-endian field of the configuration space; past its end there are zeros. */
function readField(config: Uint8Array, offset: number, width: Width): number {
  let value = 0;
  for (let i = width - 1; i >= 0; i--) value = value * 256 + (config[offset + i] ?? 0);
  return value;
}
