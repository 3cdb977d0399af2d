/**
 * The policy `createVm`: a VM is made of what a host has – a name, frames, stage-2 tables, an overlay disk, a MAC address, devices,
 * vCPUs – and each is taken by a step of its own that can fail. Whoever takes them gives them back when a later one fails; the host does
 * not clean up after it.
 */

export interface VmSpec {
  readonly name: string;
  /** Bytes, a multiple of 4096. */
  readonly memory: number;
  readonly vcpus: number;
  /** The base image that its disk begins as. */
  readonly image: string;
  /** `52:54:00:00:00:01`; null lets the policy choose. */
  readonly mac: string | null;
}

/** A VM of the host, in numbers. */
export interface VmSummary {
  readonly name: string;
  readonly memory: number;
  readonly vcpus: number;
  readonly mac: string;
  readonly overlay: string;
}

/** What the host has and has given. */
export interface HostSummary {
  /** Bytes for guests and their tables, in all and not given to anybody. */
  readonly memory: number;
  readonly freeMemory: number;
  readonly cpus: number;
  /** So many vCPUs there may be for each processor. */
  readonly cpuRatio: number;
  /** Guest physical address at which the first vCPU of a VM begins. */
  readonly firmwareEntry: number;
  readonly images: readonly string[];
  readonly vms: readonly VmSummary[];
}

/** Where a vCPU begins; null: it waits until another one starts it. */
export type VcpuStart = { readonly pc: number } | null;

/**
 * The steps, in the order that they need. Each does its one thing wholly, or throws an error with a `code` and does nothing: ENOENT
 * when what it builds on is not there, EEXIST when it was done already or the name is taken, EBUSY for giving back what another part
 * still uses, EINVAL for arguments that make no sense; ENOMEM, EIO, ENOSPC as the host has it.
 */
export interface CreationSteps {
  /** As it is now, steps so far included in the free memory. */
  readonly summary: HostSummary;
  takeName(name: string): void;
  giveName(name: string): void;
  /** Frames in one run. */
  takeMemory(name: string, bytes: number): void;
  giveMemory(name: string): void;
  takeTables(name: string): void;
  giveTables(name: string): void;
  /** A new image over a base image, which stays as it is. */
  makeOverlay(name: string, image: string, overlay: string): void;
  removeOverlay(name: string): void;
  takeMac(name: string, mac: string): void;
  giveMac(name: string): void;
  /** Disk and network card, of the overlay and with the address. */
  makeDevices(name: string): void;
  removeDevices(name: string): void;
  /** Number `id`, each once. */
  makeVcpu(name: string, id: number, start: VcpuStart): void;
  removeVcpu(name: string, id: number): void;
}

export type StepName = Exclude<keyof CreationSteps, 'summary'>;

/**
 * Makes all parts of a VM, or none and throws an error whose `code` says why: ENOMEM, EAGAIN for too many vCPUs, EEXIST, ENOENT and
 * what else a step has thrown.
 */
export type CreateVm = (spec: VmSpec, host: CreationSteps) => void;
