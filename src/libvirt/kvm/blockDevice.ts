/** What stands in a VM's slot for one of its disks: the hypervisor's own block device, or one whose back end is somebody else's function. */
import type { Trace } from '../../base/index.ts';
import { type Service, ServiceBlockDevice } from '../../hypervisor/index.ts';
import { BlockDevice, type VirtioDevice } from '../../machine/index.ts';
import type { DiskBackend } from './diskBackend.ts';

/**
 * Asked when a VM is made, for each of its disks, counted from 0; null: the hypervisor's own device. What it gives is asked at each doorbell,
 * and null then stands for the hypervisor's own service over the same interface.
 */
export type DiskServices = (vm: string, disk: number) => (() => Service | null) | null;

export interface DiskPlace {
  readonly vm: string;
  readonly disk: number;
  /** What the guest reads as its serial number. */
  readonly serial: string;
}

export function blockDevice(
  { vm, disk, serial }: DiskPlace,
  backend: DiskBackend,
  trace: Trace | null,
  services: DiskServices | undefined,
): VirtioDevice {
  const name = `${vm}/virtio${disk}`;
  const service = services?.(vm, disk) ?? null;
  return service === null
    ? new BlockDevice(name, backend, serial, trace)
    : new ServiceBlockDevice(name, { service, backend, trace });
}
