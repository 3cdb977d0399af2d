/** VMs of a simulated host: the kernel's part and the daemon. The client's side is `client.ts`. */

export { CONFIG_PATH } from './daemon/definitions.ts';
export type { Domain, DomainState, DomainSummary, StateReason } from './daemon/domain.ts';
export { Domains } from './daemon/domains.ts';
export { LIBVIRT_GROUP, libvirtd } from './daemon/libvirtd.ts';
export { SNAPSHOT_PATH, Snapshots } from './daemon/snapshots.ts';
export { bootSlots, type DiskConfig, type DomainConfig } from './domain/config.ts';
export { formatDomain } from './domain/formatDomain.ts';
export { parseDomain } from './domain/parseDomain.ts';
export { EMULATOR } from './emulator/commandLine.ts';
export { emulator } from './emulator/emulator.ts';
export { EMULATOR_PATH, EMULATOR_USER, LOG_PATH } from './emulator/launch.ts';
export { LibvirtError } from './errors.ts';
export type { DiskServices } from './kvm/blockDevice.ts';
export type { BootPolicies } from './kvm/bootChoice.ts';
export { DiskBackend } from './kvm/diskBackend.ts';
export { KVM_GROUP, KvmDriver, type KvmOptions } from './kvm/driver.ts';
export type { HostPolicies } from './kvm/policies.ts';
export { TunDriver } from './kvm/tun.ts';
