/** The devices of a VM, at the guest physical addresses that QEMU's `virt` machine has them: each is emulated at VM exits. */
import { assert, type Trace } from '../../base/index.ts';
import {
  type Dma,
  EmptyVirtioSlot,
  FINISHER_BASE,
  Finisher,
  GPIO_BASE,
  GPIO_SOURCE,
  Gpio,
  type GpioState,
  type InterruptLines,
  PLIC_BASE,
  PLIC_SOURCES,
  Plic,
  type PlicState,
  SystemBus,
  type Timers,
  UART_BASE,
  UART_SOURCE,
  Uart,
  type UartState,
  VIRTIO_BASE,
  VIRTIO_FIRST_SOURCE,
  VIRTIO_SLOTS,
  VIRTIO_STRIDE,
  type VirtioDevice,
  VirtioMmio,
  type VirtioState,
} from '../../machine/index.ts';

export interface VmDevicesOptions {
  readonly name: string;
  readonly vcpus: readonly InterruptLines[];
  readonly timers: Timers;
  readonly dma: Dma;
  readonly trace: Trace | null;
  /** What is in the virtio slots, from slot 0 on. */
  readonly slots: readonly (VirtioDevice | null)[];
  /** Gets each byte that the serial port sends. */
  readonly output: (byte: number) => void;
  readonly powerOff: (reason: 'shutdown' | 'reboot' | 'failure') => void;
}

/** All devices as plain JSON; null for an empty slot. */
export interface VmDevicesState {
  readonly plic: PlicState;
  readonly serial: UartState;
  readonly powerKey: GpioState;
  readonly virtio: readonly (VirtioState | null)[];
}

export interface VmDevices {
  readonly bus: SystemBus;
  readonly serial: Uart;
  /** Asks the guest to power off; whether it does is its own affair. */
  readonly powerKey: Gpio;
  /** Whether requests are under way: they are of no state that could be saved. */
  readonly busy: boolean;
  /** Back to power-on: what was in flight never completes. */
  reset(): void;
  /** Not while {@link busy}. */
  save(): VmDevicesState;
  /** Goes on from what devices of the same kind in the same slots saved. */
  restore(state: VmDevicesState): void;
}

export function vmDevices(options: VmDevicesOptions): VmDevices {
  const { name, timers, dma, trace } = options;
  const plic = new Plic(PLIC_BASE, PLIC_SOURCES, options.vcpus, trace, `${name}/plic`);
  const serial = new Uart({
    name: `${name}/serial`,
    base: UART_BASE,
    wire: plic.wire(UART_SOURCE),
    timers,
    output: options.output,
    characterTime: 0,
  });
  const powerKey = new Gpio({
    name: `${name}/gpio`,
    base: GPIO_BASE,
    wire: plic.wire(GPIO_SOURCE),
    timers,
  });
  const finisher = new Finisher(FINISHER_BASE, {
    powerOff: (code) => options.powerOff(code === 0 ? 'shutdown' : 'failure'),
    reset: () => options.powerOff('reboot'),
  });
  const virtio = Array.from({ length: VIRTIO_SLOTS }, (_, slot) => {
    const base = VIRTIO_BASE + slot * VIRTIO_STRIDE;
    const device = options.slots[slot];
    const label = `${name}/virtio${slot}`;
    if (!device) return new EmptyVirtioSlot(label, base);
    const wire = plic.wire(VIRTIO_FIRST_SOURCE + slot);
    return new VirtioMmio({ name: label, base, wire, timers, dma, trace }, device);
  });
  const filled = virtio.filter((device) => device instanceof VirtioMmio);
  return {
    bus: new SystemBus([plic, serial, powerKey, finisher, ...virtio]),
    serial,
    powerKey,
    get busy() {
      return filled.some((device) => device.busy);
    },
    reset() {
      // The PLIC last: a wire that goes low takes back no request that is pending already.
      for (const device of [serial, powerKey, ...filled, plic]) device.reset();
    },
    save() {
      const slots = virtio.map((device) => (device instanceof VirtioMmio ? device.save() : null));
      return { plic: plic.save(), serial: serial.save(), powerKey: powerKey.save(), virtio: slots };
    },
    restore(state) {
      plic.restore(state.plic);
      serial.restore(state.serial);
      powerKey.restore(state.powerKey);
      for (const [slot, device] of virtio.entries()) {
        const saved = state.virtio[slot] ?? null;
        assert(
          (saved !== null) === device instanceof VirtioMmio,
          `slot ${slot} of ${name} is filled otherwise`,
        );
        if (device instanceof VirtioMmio && saved !== null) device.restore(saved);
      }
    },
  };
}
