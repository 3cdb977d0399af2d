/** What stands in the address space where no virtio device is plugged in. */
import type { BusDevice, Width } from '../bus.ts';
import { MAGIC, VERSION, VIRTIO_MMIO_SIZE } from './registers.ts';

/** A slot without a device: DeviceID 0, which a driver passes over (4.2.2.2). */
export class EmptyVirtioSlot implements BusDevice {
  readonly name: string;
  readonly base: number;
  readonly size = VIRTIO_MMIO_SIZE;

  constructor(name: string, base: number) {
    this.name = name;
    this.base = base;
  }

  load(offset: number, width: Width): number {
    if (width !== 4) return 0;
    return offset === 0 ? MAGIC : offset === 4 ? VERSION : 0;
  }

  store(): boolean {
    return true;
  }
}
