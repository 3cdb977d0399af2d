/** What other rooms and tests use of the hypervisor. */
export { MappedDisk, type MappedDiskOptions, ownSectors } from './backends/mappedDisk.ts';
export { ownService } from './backends/ownService.ts';
export { ServiceBlockDevice, type ServiceBlockOptions } from './backends/serviceBlock.ts';
export { ownPorts, VirtualSwitch, type VirtualSwitchOptions } from './backends/virtualSwitch.ts';
export { CreationHost, type CreationHostOptions } from './creation/creationHost.ts';
export { type ImageStore, MemoryImages } from './creation/imageStore.ts';
export { ownCreate } from './creation/ownCreate.ts';
export type * from './creation/types.ts';
export {
  type BootableDiskOptions,
  bootableDisk,
  installLoader,
  loaderConfiguration,
  makeBootable,
} from './firmware/bootableDisk.ts';
export { bootSectorCode, loaderImage } from './firmware/bootCode.ts';
export { bootDisk, bootNetwork } from './firmware/devices.ts';
export type { BootChoice } from './firmware/handOver.ts';
export {
  type Boot,
  type BootDevice,
  type BootDisk,
  type BootMemory,
  type BootNetwork,
  type BootResult,
  bootInOrder,
  type PassedOver,
} from './firmware/policy.ts';
export { firmwareImage } from './firmware/rom.ts';
export { ATTACK_SOURCES } from './guests/attackSources.ts';
export { guestBootRom, guestBox, guestFirmware, guestKernel } from './guests/images.ts';
export {
  GUEST_DRIVERS,
  type GuestDriver,
  guestInitramfs,
  type InitramfsOptions,
} from './guests/initramfs.ts';
export { GUEST_PROGRAMS } from './guests/programList.ts';
export { Hypervisor, type HypervisorOptions } from './hypervisor.ts';
export {
  FRAME_BYTES,
  FrameAllocator,
  type FrameCount,
  type FrameOwner,
  type FrameUse,
} from './memory/frames.ts';
export { FRAME_PATIENCE } from './memory/pressure.ts';
export {
  ALL_ACCESS,
  GUEST_FRAMES,
  LARGE_FRAMES,
  type Mapping,
  type Permissions,
  Stage2,
} from './memory/stage2.ts';
export { type MigrationOptions, type MigrationReport, type MigrationRound, migrate } from './migration.ts';
export { EXIT_INSTRUCTIONS, SWITCH_INSTRUCTIONS } from './physicalCpu.ts';
export { ownFrames } from './policies/translate.ts';
export type * from './policies/types.ts';
export { fairShares } from './scheduling.ts';
export {
  type BootImage,
  type MachineState,
  type PowerOffReason,
  type VmConfig,
  VmError,
} from './vm/config.ts';
export { applySnapshot, takeSnapshot, type VmSnapshot } from './vm/snapshot.ts';
export type { Vm } from './vm/vm.ts';
