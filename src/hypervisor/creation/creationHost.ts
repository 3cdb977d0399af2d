/** A host that makes VMs by the policy `createVm`: the steps, on a real hypervisor, and who has what. */
import { assert, OsError } from '../../base/index.ts';
import { FRAME_BYTES } from '../memory/frames.ts';
import { PolicyError } from '../policies/consult.ts';
import type { ReportPolicyFault } from '../policies/types.ts';
import type { BootImage } from '../vm/config.ts';
import type { Vm } from '../vm/vm.ts';
import { ownCreate } from './ownCreate.ts';
import { HostSteps, type Parts, type StepOptions } from './steps.ts';
import type { CreateVm, CreationSteps, HostSummary, VmSpec } from './types.ts';

export interface CreationHostOptions extends StepOptions {
  /** What a VM starts with. */
  readonly firmware: BootImage;
  /** vCPUs for each processor; 4 when left out. */
  readonly cpuRatio?: number;
  /** Makes the VMs; the hypervisor's own way when it is left out. */
  readonly createVm?: CreateVm;
  readonly onPolicyFault?: ReportPolicyFault;
  readonly output?: (name: string, bytes: Uint8Array) => void;
}

export class CreationHost {
  readonly #options: CreationHostOptions;
  readonly #parts = new Map<string, Parts>();
  readonly #steps: CreationSteps;

  constructor(options: CreationHostOptions) {
    this.#options = options;
    this.#steps = new HostSteps(options, this.#parts, () => this.summary);
  }

  get summary(): HostSummary {
    const { hypervisor, images, firmware, cpuRatio = 4 } = this.#options;
    const { frames, memory } = hypervisor;
    const vms = [...this.#parts].flatMap(([name, { vm, memory: ram, vcpus, mac, overlay }]) =>
      vm === null ? [] : [{ name, memory: ram!.bytes, vcpus: vcpus.size, mac: mac!, overlay: overlay! }],
    );
    return Object.freeze({
      memory: frames.total * FRAME_BYTES,
      freeMemory: frames.free * FRAME_BYTES,
      cpus: memory.harts,
      cpuRatio,
      firmwareEntry: firmware.entry,
      images: images.images,
      vms,
    });
  }

  /** Everything that anybody has taken, VMs and leftovers alike: two of these are equal when nothing was left behind. */
  get accounts(): unknown {
    const { hypervisor, images, network } = this.#options;
    const { frames } = hypervisor;
    return {
      free: frames.free,
      parts: [...this.#parts].map(([name, { memory, tables, overlay, mac, devices, vcpus, vm }]) => ({
        name,
        frames: frames.usedBy(name),
        memory,
        tables: tables?.root ?? null,
        overlay,
        mac,
        devices: devices !== null,
        vcpus: [...vcpus],
        running: vm === null ? null : vm.stopped === null,
      })),
      overlays: images.overlays,
      ports: network.ports,
      vms: hypervisor.vms.map(({ name }) => name),
    };
  }

  /**
   * Makes a VM, which is off. Throws OsError when the host refuses it or a step fails, and PolicyError when the policy fails in
   * another way; what is left behind then is the policy's own affair.
   */
  create(spec: VmSpec): Vm {
    const { createVm = ownCreate } = this.#options;
    try {
      createVm(Object.freeze({ ...spec }), this.#steps);
      return this.#assemble(spec);
    } catch (error) {
      if (error instanceof OsError) throw error;
      const fault = new PolicyError(
        'createVm',
        spec.name,
        error instanceof Error ? error.message : String(error),
      );
      this.#options.onPolicyFault?.(fault.fault);
      throw fault;
    }
  }

  /** Starts it with the firmware, its first vCPU where that was made to begin. Throws VmError when the host has no room. */
  start(vm: Vm): void {
    const { firmware, hypervisor } = this.#options;
    const first = this.#of(vm.name).vcpus.get(0)!;
    vm.boot({ ...firmware, entry: first!.pc });
    hypervisor.wake();
  }

  /** Ends a VM, and takes everything of it back, its overlay too. */
  remove(vm: Vm): void {
    const { hypervisor, images, network } = this.#options;
    const { overlay } = this.#of(vm.name);
    hypervisor.destroyVm(vm);
    network.unplug(vm.name);
    images.remove(overlay!);
    this.#parts.delete(vm.name);
  }

  #of(name: string): Parts {
    const parts = this.#parts.get(name);
    assert(parts !== undefined, `${name} was not made here`);
    return parts;
  }

  /** The parts become a VM. Throws an error that names what is missing or does not fit. */
  #assemble(spec: VmSpec): Vm {
    const parts = this.#parts.get(spec.name);
    if (parts === undefined) throw new Error(`no name was taken for ${spec.name}`);
    const { memory, tables, devices, vcpus } = parts;
    if (memory === null) throw new Error(`${spec.name} has no memory`);
    if (memory.bytes !== spec.memory)
      throw new Error(`${spec.name} has ${memory.bytes} bytes of memory and is to have ${spec.memory}`);
    if (tables === null) throw new Error(`${spec.name} has no stage-2 tables`);
    if (devices === null) throw new Error(`${spec.name} has no devices`);
    for (let id = 0; id < spec.vcpus; id++)
      if (!vcpus.has(id)) throw new Error(`${spec.name} has no vCPU ${id}`);
    if (vcpus.size > spec.vcpus)
      throw new Error(`${spec.name} has ${vcpus.size} vCPUs and is to have ${spec.vcpus}`);
    if (vcpus.get(0) === null) throw new Error(`the first vCPU of ${spec.name} begins nowhere`);
    const { hypervisor, output } = this.#options;
    const vm = hypervisor.createVm(
      {
        name: spec.name,
        memory: memory.bytes,
        vcpus: vcpus.size,
        reserve: true,
        slots: [devices.disk, devices.net],
        output: (bytes) => output?.(spec.name, bytes),
      },
      { stage2: tables, firstFrame: memory.first },
    );
    parts.vm = vm;
    return vm;
  }
}
