/**
 * The hypervisor's decisions as functions that can be replaced. Each is asked at every event, takes plain data and gives plain data back
 * at once, and each has a default that the hypervisor uses itself. What a function answers is really done: a `translate` that hands out a
 * neighbour's frame lets its guest read that frame. A function that throws, or answers what cannot be done, is a {@link PolicyFault}: the
 * VM or the request that it was about suffers, never the host.
 */
import type { Nanos } from '../../base/index.ts';
import type { Permissions } from '../memory/stage2.ts';

export type PolicyName = 'translate' | 'pickVcpu' | 'mapBlock' | 'forward' | 'service' | 'createVm' | 'boot';

/** What is told when a policy threw or answered nonsense. */
export interface PolicyFault {
  readonly policy: PolicyName;
  /** Whom it was about: a VM, a disk, a port; the host's own decisions name nobody. */
  readonly subject: string | null;
  readonly message: string;
}

export type ReportPolicyFault = (fault: PolicyFault) => void;

/** A VM as its memory policy sees it. */
export interface VmView {
  readonly name: string;
  /** Guest physical address of the first byte of RAM. */
  readonly ramBase: number;
  /** Bytes of RAM. */
  readonly ramSize: number;
  /** The first of the host frames that were set aside for all of its RAM, in one run; null when frames come at first use. */
  readonly firstFrame: number | null;
}

/** Who reaches for memory, and how. */
export interface GuestAccess {
  readonly kind: 'load' | 'store' | 'fetch';
  /** A vCPU's own access, a device's by DMA, or the hypervisor's for a hypercall that names a buffer. */
  readonly by: 'vcpu' | 'device' | 'hypercall';
  /** The address that the guest's program used, which the guest maps as it likes; null when there was none. */
  readonly guestVirtual: number | null;
  /** The host frame that keeps this page of the VM's RAM, with what is in it; null for an address that is no RAM of it. */
  readonly ownFrame: number | null;
}

/** A host frame (physical address / 4096) and what may be done with it, or why there is none. */
export type Translation =
  | { readonly frame: number; readonly permissions: Permissions }
  | { readonly fault: string };

/**
 * Asked when stage 2 has no mapping for an access, or not for this kind of it, of a vCPU or of a device. `guestPhysical` is the
 * address of its first byte in the page. The answer becomes a stage-2 entry for the 4 KiB page; `fault` is an access fault for the
 * vCPU, an error of the device. The entry stays until the page is taken back or {@link Hypervisor.forgetTranslations} drops it.
 */
export type Translate = (vm: VmView, guestPhysical: number, access: GuestAccess) => Translation;

/** A vCPU that could run now. */
export interface RunnableVcpu {
  readonly vm: string;
  readonly vcpu: number;
  /** Of its VM, 1 or more. */
  readonly weight: number;
  /** Processor time that it has had in all. */
  readonly runtime: Nanos;
}

export interface VcpuTurn {
  /** Index into the list. */
  readonly next: number;
  /** How long it runs before the policy is asked again; null until it gives the processor up by itself. */
  readonly quantum: Nanos | null;
}

/** Asked when a processor is free; the list is never empty. */
export type PickVcpu = (runnable: readonly RunnableVcpu[], now: Nanos) => VcpuTurn;

/** A VM's disk that is a part of a volume of the host. */
export interface DiskView {
  readonly name: string;
  /** The VM that has it. */
  readonly vm: string;
  /** Its capacity, in sectors of 512 bytes. */
  readonly sectors: number;
  /** Where its sector 0 lies in the volume. */
  readonly first: number;
  readonly readOnly: boolean;
}

/** Sectors of the volume, as many as were asked for; or an I/O error for the guest. */
export type BlockMapping = { readonly sector: number; readonly count: number } | { readonly error: string };

/** Asked for every request of a disk that reads, writes or discards `count` sectors from `sector` on: any 64-bit number. */
export type MapBlock = (disk: DiskView, sector: number, count: number) => BlockMapping;

/** A port of a virtual switch. */
export interface PortView {
  readonly name: string;
  /** IEEE 802.1Q: 1 … 4094. */
  readonly vlan: number;
  /** Addresses of the network cards behind it, as `52:54:00:00:00:01`. */
  readonly macs: readonly string[];
}

/** An Ethernet frame. */
export interface FrameView {
  readonly destination: string;
  readonly source: string;
  /** EtherType, behind a VLAN tag if there is one. */
  readonly type: number;
  /** The VLAN of its own tag; null without one, as guests send. */
  readonly vlan: number | null;
  readonly bytes: Uint8Array;
}

/** Asked for every frame that a VM sends; gives the names of the ports that get it. None is a drop. */
export type Forward = (frame: FrameView, inPort: PortView, ports: readonly PortView[]) => readonly string[];

/**
 * One virtqueue, for a back end that walks it by itself (virtio 1.2, 2.7). Addresses are guest physical. The host keeps both positions
 * between calls; they are 0 after a device reset.
 */
export interface ServiceQueue {
  /** Entries of each of the three parts. */
  readonly size: number;
  readonly descriptors: number;
  readonly available: number;
  readonly used: number;
  /** The next entry of the available ring to take, and of the used ring to fill: 0 … 65535. */
  readonly nextAvailable: number;
  readonly nextUsed: number;
}

/** Guest memory, little-endian. Each throws an error with code `EFAULT` when the range is not wholly guest memory, and touches nothing then. */
export interface ServiceMemory {
  read8(address: number): number;
  read16(address: number): number;
  read32(address: number): number;
  write8(address: number, value: number): void;
  write16(address: number, value: number): void;
  write32(address: number, value: number): void;
  /** A copy. */
  read(address: number, length: number): Uint8Array;
  write(address: number, bytes: Uint8Array): void;
}

/** The disk behind a back end, in sectors of 512 bytes. */
export interface ServiceImage {
  readonly sectors: number;
  readonly readOnly: boolean;
  /** Throws an error with code `EIO` for sectors outside. At most 16 MiB at once. */
  read(sector: number, count: number): Uint8Array;
  /** Throws `EIO` for sectors outside or a part of one, `EROFS` when nothing can be written. */
  write(sector: number, bytes: Uint8Array): void;
  /** What was written before is on stable storage when this returns. */
  flush(): void;
}

export interface ServiceResult {
  readonly nextAvailable: number;
  readonly nextUsed: number;
  /** Whether the guest is to be interrupted. */
  readonly interrupt: boolean;
}

/** A whole virtio-blk back end (virtio 1.2, 5.2.6): asked after each doorbell, serves all chains that are available. */
export type Service = (queue: ServiceQueue, memory: ServiceMemory, image: ServiceImage) => ServiceResult;
