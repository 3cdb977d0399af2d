/** A virtual machine: guest memory, vCPUs and devices, from its creation to the return of all it had. */
import { assert, encodeUtf8 } from '../../base/index.ts';
import { type Dma, DriverError, NANOS_PER_TICK, RAM_BASE, VIRTIO_SLOTS } from '../../machine/index.ts';
import '../events.ts';
import { type HandOver, handOver } from '../firmware/handOver.ts';
import { FRAME_BYTES } from '../memory/frames.ts';
import { GuestMemory } from '../memory/guestMemory.ts';
import { GuestTranslation, type Resolution } from '../memory/guestTranslation.ts';
import { Stage2 } from '../memory/stage2.ts';
import { PolicyError } from '../policies/consult.ts';
import type { GuestAccess } from '../policies/types.ts';
import { Vcpu } from '../vcpu/vcpu.ts';
import { Ballooning } from './ballooning.ts';
import {
  type BootImage,
  type MachineState,
  type PowerOffReason,
  type VmConfig,
  VmError,
  type VmHost,
  type VmParts,
} from './config.ts';
import { type VmDevices, vmDevices } from './devices.ts';
import { loadImage } from './loading.ts';
import type { SbiHost } from './sbi.ts';

export class Vm implements SbiHost {
  readonly name: string;
  readonly weight: number;
  readonly memory: GuestMemory;
  readonly stage2: Stage2;
  readonly translation: GuestTranslation;
  readonly vcpus: readonly Vcpu[];
  readonly devices: VmDevices;
  readonly ballooning: Ballooning;
  /** Guest time minus the host's, in ticks of mtime: not 0 for a VM that was away, saved or on another host. */
  timeDelta = 0n;
  readonly #host: VmHost;
  /** Memory as hypercalls reach it. */
  readonly #buffers: Dma;
  readonly #config: VmConfig;
  readonly #typed: number[] = [];
  #image: BootImage | null = null;
  /** Whether its vCPUs get no processor for now, while its time goes on: a process that was stopped. */
  held = false;
  /** The guest's time at which it was paused; null while it is not. */
  #pausedAt: bigint | null = null;
  #stopped: PowerOffReason | null = 'shutdown';
  /** VM exits by kind. */
  readonly exits: Record<string, number> = {};

  /**
   * Takes the stage-2 root of the host's frames, unless it is brought along as one of `parts`; guest memory follows at its first use, if
   * it is not reserved. Throws VmError when there is no room; nothing is taken then, and the parts are left as they are.
   */
  constructor(config: VmConfig, host: VmHost, parts: VmParts | null = null) {
    assert(config.weight === undefined || config.weight >= 1, `weight ${config.weight}`);
    const slots = [...(config.slots ?? [])];
    assert(!config.balloon || (!config.reserve && parts === null), 'a balloon of reserved memory');
    assert(
      slots.length + (config.balloon ? 1 : 0) <= VIRTIO_SLOTS,
      `${config.name} has ${slots.length} devices for ${VIRTIO_SLOTS} slots`,
    );
    const stage2 = parts?.stage2 ?? Stage2.create(host.memory, host.frames, config.name);
    if (stage2 === null) throw new VmError('noMemory', `cannot allocate the stage-2 root of ${config.name}`);
    this.name = config.name;
    this.weight = config.weight ?? 1;
    this.stage2 = stage2;
    this.#host = host;
    this.#config = config;
    this.memory = new GuestMemory({
      memory: host.memory,
      frames: host.frames,
      stage2,
      owner: config.name,
      base: RAM_BASE,
      size: config.memory,
      flush: host.flush,
      took: () => host.pressure.taken(),
    });
    this.translation = new GuestTranslation({
      name: config.name,
      host: host.memory,
      frames: host.frames,
      stage2,
      ram: this.memory,
      translate: host.translate,
      flush: host.flush,
    });
    if (parts !== null) this.memory.adopt(parts.firstFrame);
    else if (config.reserve && !this.memory.reserve()) {
      stage2.release();
      throw new VmError('noMemory', `cannot set ${config.memory} bytes aside for ${config.name}`);
    }
    // Where a device is in the middle of something, its VM is not pulled from below it.
    const failed = (reason: PolicyError | 'noMemory') => {
      if (reason !== 'noMemory') host.reportFault(reason.fault);
      host.timers.after(0, () => this.powerOff(reason === 'noMemory' ? 'out of memory' : 'policy fault'));
    };
    this.#buffers = this.translation.dma('hypercall', failed);
    const clock = { timers: host.timers, delta: () => this.timeDelta };
    this.vcpus = Array.from({ length: config.vcpus }, (_, id) => new Vcpu(id, clock));
    this.ballooning = new Ballooning({
      name: config.name,
      present: config.balloon ?? false,
      memory: this.memory,
      pressure: host.pressure,
      vcpus: this.vcpus,
      running: () => this.#stopped === null && !this.paused,
      end: () => this.powerOff('out of memory'),
      trace: host.trace,
    });
    if (this.ballooning.balloon !== null) slots.push(this.ballooning.balloon);
    try {
      this.devices = vmDevices({
        name: config.name,
        vcpus: this.vcpus,
        timers: host.timers,
        dma: this.translation.dma('device', failed),
        trace: host.trace,
        slots,
        output: (byte) => config.output(Uint8Array.of(byte)),
        powerOff: (reason) => this.powerOff(reason),
      });
    } catch (error) {
      if (parts === null) {
        this.memory.release();
        stage2.release();
      }
      throw error;
    }
  }

  /** Why it does not run; null while it does. */
  get stopped(): PowerOffReason | null {
    return this.#stopped;
  }

  /** Loads `image` and starts vCPU 0 at its entry, with the device tree's address in a1. Throws VmError when it does not fit. */
  boot(image: BootImage): void {
    assert(this.#stopped !== null, `${this.name} runs already`);
    this.devices.reset();
    const tree = loadImage(this, image);
    this.#image = image;
    this.#stopped = null;
    const start = this.#choose(image, tree);
    this.vcpus[0]!.start(start?.entry ?? image.entry, tree, start?.registers);
    this.#host.trace?.emit('vm.start', this.name, { entry: image.entry, vcpus: this.vcpus.length });
  }

  /** What its boot policy has chosen; null: it begins with its image. */
  #choose({ firmware }: BootImage, deviceTree: number): HandOver | null {
    const choice = this.#config.boot;
    if (firmware === undefined || choice === undefined) return null;
    const start = handOver(choice, {
      name: this.name,
      deviceTree,
      order: firmware.order,
      write: (address, bytes) => this.memory.fill(address, bytes),
      report: this.#host.reportFault,
    });
    if (start !== null) this.print(encodeUtf8(start.said));
    return start;
  }

  /** Ends it: no vCPU runs, no device has anything in flight, the guest's memory is given back. A reboot begins anew with the same image. */
  powerOff(reason: PowerOffReason): void {
    if (this.#stopped !== null) return;
    this.#stopped = reason;
    this.#pausedAt = null;
    for (const vcpu of this.vcpus) vcpu.stop();
    this.devices.reset();
    this.#host.trace?.emit('vm.stop', this.name, { reason });
    this.translation.forget();
    this.memory.unbackAll();
    this.ballooning.reset();
    this.#config.onStop?.(reason);
    if (reason === 'reboot') this.#reboot();
  }

  /** On a host that has become full meanwhile, the end. */
  #reboot(): void {
    try {
      this.boot(this.#image!);
    } catch (error) {
      if (!(error instanceof VmError)) throw error;
      this.#stopped = 'out of memory';
      this.#host.trace?.emit('vm.stop', this.name, { reason: this.#stopped });
      this.#config.onStop?.(this.#stopped);
    }
  }

  /** Gives back everything, the stage-2 tables too. Nothing of it may be used after. */
  destroy(): void {
    this.powerOff('destroyed');
    this.memory.release();
    this.stage2.release();
  }

  /** A stage-2 fault of a vCPU: the page is mapped as the memory policy says. A policy's own fault ends the VM; null then. */
  pageIn(gpa: number, kind: GuestAccess['kind'], guestVirtual: number): Resolution | null {
    try {
      const found = this.translation.resolve(gpa, { kind, by: 'vcpu', guestVirtual });
      if (found.kind === 'mapped') {
        this.ballooning.fed();
        const guestFrame = Math.floor(gpa / FRAME_BYTES);
        this.#host.trace?.emit('vm.pageIn', this.name, { guestFrame, frame: found.frame });
      }
      return found;
    } catch (error) {
      if (!(error instanceof PolicyError)) throw error;
      this.#host.reportFault(error.fault);
      this.powerOff('policy fault');
      return null;
    }
  }

  /** Whether it is kept from running. The guest's time stands still meanwhile, as under QEMU, and so do its timers. */
  get paused(): boolean {
    return this.#pausedAt !== null;
  }

  pause(): void {
    if (this.paused) return;
    this.#pausedAt = this.guestTime;
    this.ballooning.rest();
    for (const vcpu of this.vcpus) vcpu.holdTimer();
  }

  resume(): void {
    if (this.#pausedAt === null) return;
    const then = this.#pausedAt;
    this.#pausedAt = null;
    this.timeDelta += then - this.guestTime;
    for (const vcpu of this.vcpus) vcpu.goOnTimer();
  }

  /** The guest's time, in ticks of mtime. */
  get guestTime(): bigint {
    if (this.#pausedAt !== null) return this.#pausedAt;
    return BigInt(Math.floor(this.#host.timers.now / NANOS_PER_TICK)) + this.timeDelta;
  }

  /** Everything but its memory. It is paused, its devices are not busy, and no processor holds one of its vCPUs. */
  saveMachine(): MachineState {
    assert(this.paused && this.#stopped === null && !this.devices.busy, `${this.name} is not at rest`);
    return {
      guestTime: String(this.guestTime),
      vcpus: this.vcpus.map((vcpu) => vcpu.snapshot()),
      devices: this.devices.save(),
      typed: [...this.#typed],
    };
  }

  /** Goes on, paused, from what a VM of the same shape saved; its memory has been filled. `image` is what a reboot begins with. */
  restoreMachine(state: MachineState, image: BootImage | null): void {
    assert(this.#stopped !== null, `${this.name} runs already`);
    assert(state.vcpus.length === this.vcpus.length, `${state.vcpus.length} vCPUs for ${this.vcpus.length}`);
    this.#pausedAt = BigInt(state.guestTime);
    this.#image = image;
    this.#typed.splice(0, Number.POSITIVE_INFINITY, ...state.typed);
    for (const [id, vcpu] of this.vcpus.entries()) vcpu.restore(state.vcpus[id]!);
    try {
      this.devices.restore(state.devices);
    } catch (error) {
      if (!(error instanceof DriverError)) throw error;
      this.#pausedAt = null;
      for (const vcpu of this.vcpus) vcpu.stop();
      this.devices.reset();
      throw new VmError('badImage', `the saved state does not fit its memory: ${error.message}`);
    }
    this.ballooning.restored();
    this.#stopped = null;
  }

  /** What it was booted from. */
  get image(): BootImage | null {
    return this.#image;
  }

  /** What somebody types at its console: to the serial port, and to SBI's console. */
  type(bytes: Uint8Array): void {
    this.devices.serial.receive(bytes);
    for (const byte of bytes) this.#typed.push(byte);
  }

  /** Asks the guest to power off, as the key of a machine does. A guest that does not listen goes on. */
  pressPowerKey(): void {
    if (this.#stopped === null) this.devices.powerKey.press();
  }

  print(bytes: Uint8Array): void {
    this.#config.output(bytes);
  }

  typed(): number | null {
    return this.#typed.shift() ?? null;
  }

  readMemory(gpa: number, length: number): Uint8Array | null {
    return this.#buffers.contains(gpa, length) ? this.#buffers.read(gpa, length) : null;
  }

  writeMemory(gpa: number, bytes: Uint8Array): boolean {
    if (!this.#buffers.contains(gpa, bytes.length, 'store')) return false;
    this.#buffers.write(gpa, bytes);
    return true;
  }
}
