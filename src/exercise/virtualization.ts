/**
 * What authors of exercises with VMs need besides kit.ts. Importing it brings the code of hosts with VMs, which is large: an exercise
 * without them does not import it, and its lab does not load it.
 */
import '../world/virtualization.ts';

export {
  createQcow2,
  FatFs,
  formatFat,
  isDiskError,
  MBR_TYPES,
  MemoryStore,
  openImage,
  readMbr,
  SECTOR,
  sliceOf,
  writeMbr,
} from '../disk/index.ts';
export type {
  Boot,
  BootDevice,
  BootResult,
  Service,
  ServiceImage,
  ServiceMemory,
  ServiceQueue,
  VcpuTurn,
} from '../hypervisor/index.ts';
export {
  ALL_ACCESS,
  ATTACK_SOURCES,
  bootableDisk,
  fairShares,
  guestInitramfs,
  guestKernel,
  loaderConfiguration,
  loaderImage,
  ownFrames,
  ownPorts,
  ownSectors,
} from '../hypervisor/index.ts';
export type { HostPolicies } from '../libvirt/index.ts';
