/** The requests of /dev/kvm, ioctl(2): what they take and give. Those of Linux' KVM do the same in smaller steps. */
import type { Nanos } from '../../base/index.ts';
import type { ImageFormat } from '../../disk/index.ts';
import type { BootImage, MachineState, PowerOffReason } from '../../hypervisor/index.ts';
import { type Fd, type Sys, sys } from '../../linux/index.ts';
import type { BlockStats } from './diskBackend.ts';
import type { DiskSnapshotRequest } from './diskSnapshots.ts';

export const KVM_PATH = '/dev/kvm';

/** An image's files from the one at the top to the lowest: each is open, and stays so when its descriptor is closed. */
export interface KvmDisk {
  readonly chain: readonly { readonly fd: Fd; readonly format: ImageFormat }[];
  readonly readOnly: boolean;
  /** The part of the image that is the disk, in bytes; null: all of it. */
  readonly slice: { readonly offset: number; readonly size: number } | null;
  /** What the guest reads as the disk's serial number: at most 20 bytes. */
  readonly serial: string;
}

/** The cable is a tap of the host: an open /dev/net/tun, which stays so. */
export interface KvmNic {
  readonly tap: Fd;
  /** 52:54:00:00:00:01 */
  readonly mac: string;
}

export interface KvmVmConfig {
  /** One VM of a host has it. */
  readonly name: string;
  /** Bytes. */
  readonly memory: number;
  readonly vcpus: number;
  readonly weight: number;
  readonly disks: readonly KvmDisk[];
  /** In the slots after the disks'. */
  readonly nics: readonly KvmNic[];
  /** In the slot after all others. */
  readonly balloon: boolean;
}

/** What a network card has received and sent since its VM started. */
export interface NicStats {
  readonly rxBytes: number;
  readonly rxPackets: number;
  readonly rxErrors: number;
  readonly rxDropped: number;
  readonly txBytes: number;
  readonly txPackets: number;
  readonly txErrors: number;
  readonly txDropped: number;
}

export interface KvmStatus {
  /** Null while it runs or could run. */
  readonly stopped: PowerOffReason | null;
  readonly paused: boolean;
  readonly vcpus: readonly { readonly runtime: Nanos; readonly waiting: boolean }[];
  readonly disks: readonly BlockStats[];
  /** Bytes of each disk's image, as the guest has it. */
  readonly capacities: readonly number[];
  readonly nics: readonly NicStats[];
  /** Bytes of RAM that the balloon leaves to the guest; null without one. */
  readonly actual: number | null;
  /** Bytes of the host's memory in use, stage-2 tables included. */
  readonly resident: number;
}

/** All of a VM but its disks. */
export interface KvmState {
  /** Bytes of RAM. */
  readonly memory: number;
  readonly machine: MachineState;
  /** Pages in use: guest frame number → 4096 bytes. */
  readonly pages: ReadonlyMap<number, Uint8Array>;
}

/** A page of RAM by its guest frame; with `bytes` it is written, null being zeros. */
export interface PageRequest {
  readonly frame: number;
  readonly bytes?: Uint8Array | null;
}

/** What the host has for guests. */
export interface KvmCapacity {
  readonly memory: number;
  /** Not promised to a VM yet. */
  readonly free: number;
  readonly cpus: number;
}

/**
 * A VM that has yet to boot. Reading its descriptor gives what its console prints, writing types at it; poll(2) says POLLHUP when it
 * has ended; closing the last descriptor destroys it. Throws OsError: ENOMEM when the memory is not there, EEXIST for a name in
 * use, EINVAL for anything else that cannot be.
 */
export function* createVm(kvm: Fd, config: KvmVmConfig): Sys<Fd> {
  return (yield* sys.ioctl(kvm, 'KVM_CREATE_VM', config)) as Fd;
}

export function* capacity(kvm: Fd): Sys<KvmCapacity> {
  return (yield* sys.ioctl(kvm, 'KVM_CAPACITY', null)) as KvmCapacity;
}

export type VmControl = 'pause' | 'resume' | 'reset' | 'power key';

/** Loads an image and starts the first vCPU, or has it stand at its first instruction. Throws OsError EINVAL when it does not fit into the guest's memory. */
export function* bootVm(vm: Fd, image: BootImage, paused: boolean): Sys<void> {
  yield* sys.ioctl(vm, 'KVM_BOOT', { image, paused });
}

/** `reset`: as by its reset button; one that is paused stays so. `power key`: the guest is asked to power off. */
export function* controlVm(vm: Fd, action: VmControl): Sys<void> {
  yield* sys.ioctl(vm, 'KVM_CONTROL', action);
}

export function* statusOf(vm: Fd): Sys<KvmStatus> {
  return (yield* sys.ioctl(vm, 'KVM_STATUS', null)) as KvmStatus;
}

/** Pauses a VM, waits until its devices have nothing under way, and takes its state, without `pages` all but those. It stays paused. */
export function* saveVm(vm: Fd, pages = true): Sys<KvmState> {
  return (yield* sys.ioctl(vm, 'KVM_SAVE', pages)) as KvmState;
}

/**
 * Brings a VM that has not booted to a saved state, paused; `image` is what a reset begins with. Throws OsError EINVAL when the state is of
 * a VM of another size.
 */
export function* restoreVm(vm: Fd, state: KvmState, image: BootImage): Sys<void> {
  yield* sys.ioctl(vm, 'KVM_RESTORE', { state, image });
}

/** Snapshots of all disks that the guest may write; it does not run meanwhile. Throws OsError EBUSY when it does, and as snapshotDisks. */
export function* snapshotVmDisks(vm: Fd, request: DiskSnapshotRequest): Sys<void> {
  yield* sys.ioctl(vm, 'KVM_DISK_SNAPSHOT', request);
}

/** Has the guest do with so many bytes of its RAM. Throws OsError EOPNOTSUPP when it has no balloon, EINVAL for what it cannot have. */
export function* balloonVm(vm: Fd, bytes: number): Sys<void> {
  yield* sys.ioctl(vm, 'KVM_BALLOON', bytes);
}
