/**
 * What authors of exercises with VMs need besides kit.ts. Importing it brings the code of hosts with VMs, which is large: an exercise
 * without them does not import it, and its lab does not load it.
 */
import '../world/virtualization.ts';

export {
  backingFileOf,
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
  BootImage,
  BootResult,
  CreateVm,
  CreationSteps,
  ImageStore,
  Service,
  ServiceImage,
  ServiceMemory,
  ServiceQueue,
  StepName,
  VcpuTurn,
  Vm,
  VmSpec,
} from '../hypervisor/index.ts';
export {
  ALL_ACCESS,
  ATTACK_SOURCES,
  bootableDisk,
  CreationHost,
  fairShares,
  guestInitramfs,
  guestKernel,
  Hypervisor,
  loaderConfiguration,
  loaderImage,
  MemoryImages,
  ownCreate,
  ownFrames,
  ownPorts,
  ownSectors,
  VirtualSwitch,
} from '../hypervisor/index.ts';
export type { HostPolicies } from '../libvirt/index.ts';
export { PhysicalMemory } from '../machine/index.ts';
export {
  type BridgePolicy,
  type BridgePolicyAnswer,
  type BridgePolicyPort,
  bridgeAnswerProblem,
  CaptureError,
  ICMP_ECHO,
  ICMP_ECHOREPLY,
  IPPROTO_ICMP,
  parseEthernet,
  parseIcmp,
  parseIpv4,
  parseIpv4Packet,
  readCapture,
} from '../network/index.ts';
