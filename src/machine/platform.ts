/**
 * The computer: memory, harts, devices and the virtual clock that drives them, laid out as QEMU's `virt` machine. Time passes by
 * instructions: each takes a fixed number of nanoseconds, so that a run is the same everywhere.
 */
import { assert, EventQueue, type Nanos, type Trace } from '../base/index.ts';
import type { BusDevice, Core } from './bus.ts';
import { Aclint } from './devices/aclint.ts';
import { Finisher } from './devices/finisher.ts';
import { Plic } from './devices/plic.ts';
import { Uart } from './devices/uart.ts';
import { platformTree } from './deviceTree/platformTree.ts';
import { flattenDeviceTree } from './deviceTree/writer.ts';
import { Hart } from './hart/hart.ts';
import { HartWires } from './hartWires.ts';
import type { PhysicalMemory } from './memory.ts';
import {
  CLINT_BASE,
  FINISHER_BASE,
  PLIC_BASE,
  PLIC_SOURCES,
  RAM_BASE,
  UART_BASE,
  UART_SOURCE,
  VIRTIO_BASE,
  VIRTIO_FIRST_SOURCE,
  VIRTIO_SLOTS,
  VIRTIO_STRIDE,
} from './memoryMap.ts';
import { type RunLimits, Scheduler, type StopReason } from './scheduler.ts';
import { SystemBus } from './systemBus.ts';
import type { VirtioDevice } from './virtio/device.ts';
import { EmptyVirtioSlot } from './virtio/emptySlot.ts';
import { VirtioMmio } from './virtio/mmio.ts';

/** What a hart is wired to. */
export interface CoreWiring {
  readonly hart: number;
  readonly memory: PhysicalMemory;
  readonly bus: SystemBus;
  /** mtime, for the `time` CSR. */
  readonly time: () => bigint;
}

export interface PlatformConfig {
  /** RAM, with room for the state of `harts` harts; it starts at {@link RAM_BASE}. */
  readonly memory: PhysicalMemory;
  /** Makes a hart; {@link Hart} when left out. */
  readonly createCore?: (wiring: CoreWiring) => Core;
  /** Gets each byte that the serial port sends. */
  readonly serialOutput: (byte: number) => void;
  /** What is in the virtio slots, from slot 0 on. */
  readonly slots?: readonly (VirtioDevice | null)[];
  /** The world's clock; a clock of its own when it is left out. */
  readonly queue?: EventQueue;
  readonly trace?: Trace | null;
  /** Virtual time of one instruction; 10 ns is 100 MHz. */
  readonly nanosPerInstruction?: Nanos;
  /** How long one hart runs before the next has its turn. */
  readonly slice?: Nanos;
  /**
   * Time of a character on the serial line. The default 0 sends at once, as QEMU does; null goes by the divisor and the line
   * control register, and a guest that does not wait for THRE then loses characters, as on the chip.
   */
  readonly serialCharacterTime?: Nanos | null;
}

/** How the machine is started. */
export interface BootOptions {
  /** Where all harts begin; {@link RAM_BASE} when left out. */
  readonly entry?: number;
  readonly bootArguments?: string;
  readonly initialRamDisk?: { readonly start: number; readonly end: number };
  /** Virtio slots in boot order, for a boot ROM. */
  readonly bootOrder?: readonly number[];
}

/** Why {@link Platform.run} came back. */
export type PlatformStop =
  | { readonly reason: 'power-off'; readonly code: number }
  | { readonly reason: StopReason };

export class Platform {
  readonly memory: PhysicalMemory;
  readonly queue: EventQueue;
  readonly bus: SystemBus;
  readonly serial: Uart;
  readonly #harts: readonly Core[];
  readonly #clint: Aclint;
  readonly #plic: Plic;
  readonly #virtio: readonly VirtioMmio[];
  readonly #scheduler: Scheduler;
  readonly #trace: Trace | null;
  #boot: { entry: number; argument: number } | null = null;
  #exitCode: number | null = null;

  constructor(config: PlatformConfig) {
    const { memory, trace = null, queue = new EventQueue(), slots = [], createCore = realHart } = config;
    assert(memory.base === RAM_BASE, `RAM at 0x${memory.base.toString(16)}`);
    assert(slots.length <= VIRTIO_SLOTS, `${slots.length} virtio devices, and ${VIRTIO_SLOTS} slots`);
    this.memory = memory;
    this.queue = queue;
    this.#trace = trace;
    const wires = Array.from({ length: memory.harts }, () => new HartWires());
    this.#scheduler = new Scheduler(queue, config.nanosPerInstruction ?? 10, config.slice ?? 10_000);
    const timers = this.#scheduler;
    this.#clint = new Aclint(CLINT_BASE, wires, timers);
    this.#plic = new Plic(PLIC_BASE, PLIC_SOURCES, wires, trace);
    this.serial = new Uart({
      name: 'uart0',
      base: UART_BASE,
      wire: this.#plic.wire(UART_SOURCE),
      timers,
      output: config.serialOutput,
      characterTime: config.serialCharacterTime === undefined ? 0 : config.serialCharacterTime,
    });
    const finisher = new Finisher(FINISHER_BASE, {
      powerOff: (code) => this.#powerOff(code),
      reset: () => this.#scheduler.interrupt(() => this.#reset()),
    });
    const virtio = Array.from({ length: VIRTIO_SLOTS }, (_, slot) => {
      const place = { name: `virtio${slot}`, base: VIRTIO_BASE + slot * VIRTIO_STRIDE };
      const device = slots[slot];
      if (!device) return new EmptyVirtioSlot(place.name, place.base);
      const wire = this.#plic.wire(VIRTIO_FIRST_SOURCE + slot);
      return new VirtioMmio({ ...place, wire, timers, dma: memory, trace }, device);
    });
    this.#virtio = virtio.filter((device) => device instanceof VirtioMmio);
    const devices: BusDevice[] = [this.#clint, this.#plic, this.serial, finisher, ...virtio];
    this.bus = new SystemBus(devices);
    this.#harts = wires.map((wire, hart) => {
      const core = createCore({ hart, memory, bus: this.bus, time: () => this.#clint.mtime() });
      wire.connect(core);
      return core;
    });
    this.#scheduler.connect(this.#harts);
  }

  /** Virtual time, exact in the middle of a slice where one hart runs. */
  get now(): Nanos {
    return this.#scheduler.now;
  }

  /** Instructions that all harts retired or trapped since the platform was made. */
  get instructions(): number {
    return this.#scheduler.instructions;
  }

  /**
   * Puts the device tree at the end of RAM and all harts at the entry, with its address in a1. Programs are written to `memory`
   * before.
   */
  boot({ entry = RAM_BASE, bootArguments = '', initialRamDisk, bootOrder }: BootOptions = {}): void {
    const { memory } = this;
    const tree = platformTree({
      harts: memory.harts,
      memory: memory.size,
      bootArguments,
      initialRamDisk: initialRamDisk ?? null,
      ...(bootOrder && { bootOrder }),
    });
    const blob = flattenDeviceTree(tree);
    // A page border, so that a guest can map it alone.
    const argument = memory.base + ((memory.size - blob.length) & ~0xfff);
    memory.write(argument, blob);
    this.#boot = { entry, argument };
    this.#exitCode = null;
    this.#reset();
  }

  /** Runs until the guest powers off, a limit is reached, or nothing will ever happen again. Can be called again to go on. */
  run(limits: RunLimits = {}): PlatformStop {
    assert(this.#boot !== null, 'run before boot');
    if (this.#exitCode === null) {
      const reason = this.#scheduler.run(limits);
      if (this.#exitCode === null) return { reason };
    }
    return { reason: 'power-off', code: this.#exitCode };
  }

  /** Ends the run after the instruction being executed, with the reason `stopped`; for whoever watches the machine. */
  stop(): void {
    this.#scheduler.stop();
  }

  #powerOff(code: number): void {
    this.#exitCode = code;
    this.#trace?.emit('machine.powerOff', 'machine', { code });
    this.#scheduler.stop();
  }

  /** First what drives wires, then what they lead to: so that nothing is pending, as in a machine just switched on. */
  #reset(): void {
    const { entry, argument } = this.#boot!;
    for (const device of [this.serial, ...this.#virtio, this.#plic, this.#clint]) device.reset();
    for (const hart of this.#harts) hart.reset(entry, argument);
    this.#trace?.emit('machine.reset', 'machine', { entry });
  }
}

function realHart({ hart, memory, bus, time }: CoreWiring): Core {
  return new Hart({ memory, bus, hartId: hart, time });
}
