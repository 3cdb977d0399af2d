/** The devices of a VM, at the guest physical addresses that QEMU's `virt` machine has them: each is emulated at VM exits. */
import type { Trace } from '../../base/index.ts';
import {
  type Dma,
  EmptyVirtioSlot,
  FINISHER_BASE,
  Finisher,
  type InterruptLines,
  PLIC_BASE,
  PLIC_SOURCES,
  Plic,
  SystemBus,
  type Timers,
  UART_BASE,
  UART_SOURCE,
  Uart,
  VIRTIO_BASE,
  VIRTIO_FIRST_SOURCE,
  VIRTIO_SLOTS,
  VIRTIO_STRIDE,
  type VirtioDevice,
  VirtioMmio,
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

export interface VmDevices {
  readonly bus: SystemBus;
  readonly serial: Uart;
  /** Back to power-on: what was in flight never completes. */
  reset(): void;
}

export function vmDevices(options: VmDevicesOptions): VmDevices {
  const { name, timers, dma, trace } = options;
  const plic = new Plic(PLIC_BASE, PLIC_SOURCES, options.vcpus, trace);
  const serial = new Uart({
    name: `${name}/serial`,
    base: UART_BASE,
    wire: plic.wire(UART_SOURCE),
    timers,
    output: options.output,
    characterTime: 0,
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
  const resettable = [plic, serial, ...virtio.filter((device) => device instanceof VirtioMmio)];
  return {
    bus: new SystemBus([plic, serial, finisher, ...virtio]),
    serial,
    reset() {
      for (const device of resettable) device.reset();
    },
  };
}
