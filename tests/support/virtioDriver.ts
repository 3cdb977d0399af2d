/** A small virtio driver that works as one in a guest does: through registers and through rings in memory (virtio 1.2). */
import { EventQueue, Trace } from '../../src/base/index.ts';
import { type BusDevice, PhysicalMemory, type VirtioDevice, VirtioMmio } from '../../src/machine/index.ts';
import { ProbeWire } from './machineWires.ts';

export const RAM = 0x80000000;

/** Registers (4.2.2). */
export const REG = {
  magic: 0x000,
  version: 0x004,
  deviceId: 0x008,
  vendor: 0x00c,
  deviceFeatures: 0x010,
  deviceFeaturesSel: 0x014,
  driverFeatures: 0x020,
  driverFeaturesSel: 0x024,
  queueSel: 0x030,
  queueNumMax: 0x034,
  queueNum: 0x038,
  queueReady: 0x044,
  queueNotify: 0x050,
  interruptStatus: 0x060,
  interruptAck: 0x064,
  status: 0x070,
  queueDesc: 0x080,
  queueDriver: 0x090,
  queueDevice: 0x0a0,
  configGeneration: 0x0fc,
  config: 0x100,
} as const;

export const STATUS = {
  acknowledge: 1,
  driver: 2,
  driverOk: 4,
  featuresOk: 8,
  needsReset: 0x40,
  failed: 0x80,
};
export const VERSION_1 = 1n << 32n;
export const EVENT_IDX = 1n << 29n;
export const INDIRECT = 1n << 28n;

/** Where the parts of a queue are. */
export interface Rings {
  readonly size: number;
  readonly descriptors: number;
  readonly available: number;
  readonly used: number;
}

/** A buffer to make available: bytes for the device to read, or a number of bytes for it to write. */
export type Part = Uint8Array | number;

export class VirtioDriver {
  readonly bus: BusDevice;
  readonly memory: PhysicalMemory;
  readonly rings: Rings[] = [];
  #place: number;
  #available: number[] = [];
  #seen: number[] = [];
  #next: number[] = [];

  constructor(bus: BusDevice, memory: PhysicalMemory, place = RAM + 0x1000) {
    this.bus = bus;
    this.memory = memory;
    this.#place = place;
  }

  /** The same driver, as far as it has come, on a copy of its machine. */
  on(bus: BusDevice, memory: PhysicalMemory): VirtioDriver {
    const copy = new VirtioDriver(bus, memory, this.#place);
    copy.rings.push(...this.rings);
    copy.#available = [...this.#available];
    copy.#seen = [...this.#seen];
    copy.#next = [...this.#next];
    return copy;
  }

  read(register: number): number {
    return this.bus.load(register, 4)!;
  }

  write(register: number, value: number): void {
    this.bus.store(register, 4, value);
  }

  write64(register: number, value: number): void {
    this.write(register, value % 2 ** 32);
    this.write(register + 4, Math.floor(value / 2 ** 32));
  }

  /** The device's 64 feature bits. */
  offered(): bigint {
    let features = 0n;
    for (const half of [0, 1]) {
      this.write(REG.deviceFeaturesSel, half);
      features |= BigInt(this.read(REG.deviceFeatures)) << BigInt(32 * half);
    }
    return features;
  }

  accept(features: bigint): void {
    for (const half of [0, 1]) {
      this.write(REG.driverFeaturesSel, half);
      this.write(REG.driverFeatures, Number((features >> BigInt(32 * half)) & 0xffffffffn));
    }
  }

  /** 3.1.1, steps 1 … 6; gives the status then. */
  negotiate(features: bigint): number {
    this.write(REG.status, 0);
    this.write(REG.status, STATUS.acknowledge);
    this.write(REG.status, STATUS.acknowledge | STATUS.driver);
    this.accept(features);
    this.write(REG.status, STATUS.acknowledge | STATUS.driver | STATUS.featuresOk);
    return this.read(REG.status);
  }

  /** Takes `bytes` of memory with the alignment of all rings. */
  allocate(bytes: number): number {
    const place = this.#place;
    this.#place += (bytes + 15) & ~15;
    return place;
  }

  /** 4.2.3.2 for one queue, in fresh memory. */
  addQueue(index: number, size: number): Rings {
    const rings: Rings = {
      size,
      descriptors: this.allocate(16 * size),
      available: this.allocate(6 + 2 * size),
      used: this.allocate(6 + 8 * size),
    };
    this.rings[index] = rings;
    this.#available[index] = this.#seen[index] = this.#next[index] = 0;
    this.placeQueue(index, rings);
    return rings;
  }

  placeQueue(index: number, { size, descriptors, available, used }: Rings): void {
    this.write(REG.queueSel, index);
    this.write(REG.queueNum, size);
    this.write64(REG.queueDesc, descriptors);
    this.write64(REG.queueDriver, available);
    this.write64(REG.queueDevice, used);
    this.write(REG.queueReady, 1);
  }

  /** 3.1.1 as a whole, with queues of `size`. */
  start(features: bigint, queues: number, size = 8): void {
    this.negotiate(features);
    for (let index = 0; index < queues; index++) this.addQueue(index, size);
    this.write(REG.status, 0xf);
  }

  descriptor(
    table: number,
    index: number,
    address: number,
    length: number,
    flags: number,
    next: number,
  ): void {
    const at = table + 16 * index;
    this.memory.write32(at, address % 2 ** 32);
    this.memory.write32(at + 4, Math.floor(address / 2 ** 32));
    this.memory.write32(at + 8, length);
    this.memory.write16(at + 12, flags);
    this.memory.write16(at + 14, next);
  }

  /** Writes a chain of `parts` into the table at `table`, from `first` on; gives the address of each part. */
  chain(table: number, size: number, first: number, parts: readonly Part[]): number[] {
    return parts.map((part, i) => {
      const length = typeof part === 'number' ? part : part.length;
      const address = this.allocate(length);
      if (typeof part !== 'number') this.memory.write(address, part);
      const flags = (typeof part === 'number' ? 2 : 0) | (i < parts.length - 1 ? 1 : 0);
      this.descriptor(table, (first + i) % size, address, length, flags, (first + i + 1) % size);
      return address;
    });
  }

  /** Makes head available (2.7.13), without a notification. */
  offer(queue: number, head: number): void {
    const { size, available } = this.rings[queue]!;
    const index = this.#available[queue]!;
    this.memory.write16(available + 4 + 2 * (index % size), head);
    this.#available[queue] = (index + 1) & 0xffff;
    this.memory.write16(available + 2, this.#available[queue]!);
  }

  /** Adds a chain, makes it available and rings the doorbell. */
  send(queue: number, parts: readonly Part[]): { head: number; addresses: number[] } {
    const { size, descriptors } = this.rings[queue]!;
    const head = this.#next[queue]!;
    const addresses = this.chain(descriptors, size, head, parts);
    this.#next[queue] = (head + parts.length) % size;
    this.offer(queue, head);
    this.write(REG.queueNotify, queue);
    return { head, addresses };
  }

  /** What the device has put onto the used ring since the last call. */
  used(queue: number): { id: number; length: number }[] {
    const { size, used } = this.rings[queue]!;
    const elements = [];
    for (
      ;
      this.#seen[queue] !== this.memory.read16(used + 2);
      this.#seen[queue] = (this.#seen[queue]! + 1) & 0xffff
    ) {
      const at = used + 4 + 8 * (this.#seen[queue]! % size);
      elements.push({ id: this.memory.read32(at), length: this.memory.read32(at + 4) });
    }
    return elements;
  }
}

/** A device behind its transport, with a driver, a clock and a trace. */
export function virtioMachine(device: VirtioDevice, ramBytes = 0x40000) {
  const queue = new EventQueue();
  const trace = new Trace(queue);
  const memory = new PhysicalMemory({ size: ramBytes });
  const wire = new ProbeWire();
  const config = { name: 'virtio0', base: 0x10001000, wire, timers: queue, dma: memory, trace };
  const transport = new VirtioMmio(config, device);
  const driver = new VirtioDriver(transport, memory);
  const wait = (nanos: number) => {
    const until = queue.now + nanos;
    while (queue.step(until));
    queue.advanceTo(until);
  };
  return { queue, trace, memory, wire, transport, driver, wait };
}

/** The header of a block request (5.2.6). */
export function blockHeader(type: number, sector: number): Uint8Array {
  const header = new Uint8Array(16);
  const view = new DataView(header.buffer);
  view.setUint32(0, type, true);
  view.setUint32(8, sector % 2 ** 32, true);
  view.setUint32(12, Math.floor(sector / 2 ** 32), true);
  return header;
}
