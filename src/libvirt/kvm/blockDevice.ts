/** What stands in a VM's slot for one of its disks: the hypervisor's own block device, or one whose back end is somebody else's function. */
import type { Trace } from '../../base/index.ts';
import { SECTOR } from '../../disk/index.ts';
import { MappedDisk, type Service, ServiceBlockDevice } from '../../hypervisor/index.ts';
import { type BlockBackend, BlockDevice, type VirtioDevice } from '../../machine/index.ts';
import type { DiskBackend } from './diskBackend.ts';
import type { HostPolicies } from './policies.ts';
import type { KvmDisk } from './requests.ts';

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
  readonly slice: KvmDisk['slice'];
}

/** Functions of somebody else's that stand behind disks. */
export interface DiskFunctions {
  readonly services: DiskServices | undefined;
  readonly policies: HostPolicies | undefined;
}

export function blockDevice(
  place: DiskPlace,
  image: DiskBackend,
  trace: Trace | null,
  { services, policies }: DiskFunctions,
): VirtioDevice {
  const { vm, disk, serial } = place;
  const name = `${vm}/virtio${disk}`;
  const backend = sliced(place, image, policies);
  const service = services?.(vm, disk) ?? null;
  return service === null
    ? new BlockDevice(name, backend, serial, trace)
    : new ServiceBlockDevice(name, { service, backend, trace });
}

/** A slice of an image is a disk within a volume: where its requests go is a policy's affair. */
function sliced(
  { vm, disk, slice }: DiskPlace,
  image: DiskBackend,
  policies: HostPolicies = {},
): BlockBackend {
  if (slice === null) return image;
  const { mapBlock, onFault } = policies;
  return new MappedDisk({
    disk: {
      name: `vd${String.fromCharCode(0x61 + disk)}`,
      vm,
      sectors: slice.size / SECTOR,
      first: slice.offset / SECTOR,
      readOnly: image.readOnly,
    },
    volume: image,
    ...(mapBlock && { mapBlock }),
    ...(onFault && { onPolicyFault: onFault }),
  });
}
