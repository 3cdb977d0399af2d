/** The API of `create.ts`: what `createVm` is given. Sizes are bytes. */

/** The VM that somebody wants. */
export interface VmSpec {
  readonly name: string;
  /** To be a multiple of 4096. */
  readonly memory: number;
  readonly vcpus: number;
  /** Name of the base image that its disk begins as. */
  readonly image: string;
  /** Such as `52:54:00:00:00:01`; null: any that no other VM has. */
  readonly mac: string | null;
}

/** A VM of the host. */
export interface Vm {
  readonly name: string;
  readonly memory: number;
  readonly vcpus: number;
  readonly mac: string;
  readonly overlay: string;
}

/**
 * What the host has, and the steps by which a VM is made of it. A step does its one thing wholly, or throws an error with a `code` and
 * does nothing: ENOENT when what it builds on is not there, EEXIST when the name is taken or it was done already, EBUSY when another
 * part still uses what is given back, EIO for a damaged image, ENOMEM when there are not so many frames in one run. Any step that takes
 * or makes something can fail; one that gives back fails only if it is wrong to give that back.
 */
export interface Host {
  /** For all guests and their tables, whoever has it now. */
  readonly memory: number;
  /** Processors, and how many vCPUs there may be in all for each of them: 1.5 is possible. */
  readonly cpus: number;
  readonly cpuRatio: number;
  /** Guest physical address of the firmware's first instruction. */
  readonly firmwareEntry: number;
  /** Names of base images, good and damaged ones. */
  readonly images: readonly string[];
  /** Those that are made, in the order in which they were. */
  readonly vms: readonly Vm[];

  /** Reserves the name: everything else belongs to it. */
  takeName(name: string): void;
  /** Only when it has nothing left. */
  giveName(name: string): void;
  /** Frames in one run, which nobody else has. */
  takeMemory(name: string, bytes: number): void;
  giveMemory(name: string): void;
  /** The root of its stage-2 tables, 16 KiB. Each 4 MiB that are begun will need a table of 4 KiB more when the VM runs. */
  takeTables(name: string): void;
  giveTables(name: string): void;
  /** Makes an empty disk image `overlay` over a base image. */
  makeOverlay(name: string, image: string, overlay: string): void;
  removeOverlay(name: string): void;
  takeMac(name: string, mac: string): void;
  giveMac(name: string): void;
  /** Disk and network card, on the overlay and with the address. */
  makeDevices(name: string): void;
  removeDevices(name: string): void;
  /** vCPU number `id`, counted from 0. `start`: where it begins; null: it waits until another vCPU starts it. */
  makeVcpu(name: string, id: number, start: { readonly pc: number } | null): void;
  removeVcpu(name: string, id: number): void;
}
