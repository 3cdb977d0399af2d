/** The steps by which a VM is made, on a real hypervisor: who has taken what is written down under the VM's name. */
import { OsError } from '../../base/index.ts';
import { BlockDevice, NetDevice } from '../../machine/index.ts';
import type { VirtualSwitch } from '../backends/virtualSwitch.ts';
import type { Hypervisor } from '../hypervisor.ts';
import { FRAME_BYTES } from '../memory/frames.ts';
import { Stage2 } from '../memory/stage2.ts';
import { shown } from '../policies/consult.ts';
import type { Vm } from '../vm/vm.ts';
import type { ImageStore } from './imageStore.ts';
import type { CreationSteps, HostSummary, StepName, VcpuStart } from './types.ts';

export interface StepOptions {
  readonly hypervisor: Hypervisor;
  readonly images: ImageStore;
  /** What VMs are plugged into, each on VLAN 1. */
  readonly network: VirtualSwitch;
  /** Called before each step, which fails when this throws: how faults are injected. */
  readonly beforeStep?: (step: StepName, name: string) => void;
}

/** What has been taken for one name. */
export interface Parts {
  memory: { readonly first: number; readonly bytes: number } | null;
  tables: Stage2 | null;
  overlay: string | null;
  mac: string | null;
  devices: { readonly disk: BlockDevice; readonly net: NetDevice } | null;
  readonly vcpus: Map<number, VcpuStart>;
  vm: Vm | null;
}

const VLAN = 1;
const VCPUS_MAX = 8;
const MEMORY_MAX = 2 ** 31;
const NAME = /^[a-z0-9][a-z0-9.-]{0,62}$/i;
/** Two hexadecimal digits six times, the first byte an even number: no group address. */
const MAC = /^[0-9a-f][02468ace](:[0-9a-f]{2}){5}$/;

export class HostSteps implements CreationSteps {
  readonly #options: StepOptions;
  readonly #parts: Map<string, Parts>;
  readonly #summary: () => HostSummary;

  constructor(options: StepOptions, parts: Map<string, Parts>, summary: () => HostSummary) {
    this.#options = options;
    this.#parts = parts;
    this.#summary = summary;
  }

  get summary(): HostSummary {
    return this.#summary();
  }

  takeName(name: string): void {
    this.#options.beforeStep?.('takeName', name);
    if (typeof name !== 'string' || !NAME.test(name))
      throw new OsError('EINVAL', `${shown(name)} is no name`);
    if (this.#parts.has(name) || this.#options.hypervisor.vms.some((vm) => vm.name === name))
      throw new OsError('EEXIST', name);
    this.#parts.set(name, {
      memory: null,
      tables: null,
      overlay: null,
      mac: null,
      devices: null,
      vcpus: new Map(),
      vm: null,
    });
  }

  giveName(name: string): void {
    const { memory, tables, overlay, mac, devices, vcpus } = this.#open('giveName', name);
    if (memory ?? tables ?? overlay ?? mac ?? devices) throw new OsError('EBUSY', `${name} has parts left`);
    if (vcpus.size > 0) throw new OsError('EBUSY', `${name} has vCPUs left`);
    this.#parts.delete(name);
  }

  takeMemory(name: string, bytes: number): void {
    const parts = this.#open('takeMemory', name);
    if (parts.memory !== null) throw new OsError('EEXIST', `${name} has memory`);
    if (!Number.isInteger(bytes / FRAME_BYTES) || bytes <= 0 || bytes > MEMORY_MAX)
      throw new OsError('EINVAL', `${shown(bytes)} bytes of memory`);
    const first = this.#options.hypervisor.frames.allocate(name, 'guest', bytes / FRAME_BYTES);
    if (first === null) throw new OsError('ENOMEM', `${bytes} bytes in one run`);
    parts.memory = { first, bytes };
  }

  giveMemory(name: string): void {
    const parts = this.#open('giveMemory', name);
    const { memory } = parts;
    if (memory === null) throw new OsError('ENOENT', `${name} has no memory`);
    for (let i = 0; i < memory.bytes / FRAME_BYTES; i++)
      this.#options.hypervisor.frames.release(memory.first + i);
    parts.memory = null;
  }

  takeTables(name: string): void {
    const parts = this.#open('takeTables', name);
    const { memory, frames } = this.#options.hypervisor;
    if (parts.tables !== null) throw new OsError('EEXIST', `${name} has stage-2 tables`);
    parts.tables = Stage2.create(memory, frames, name);
    if (parts.tables === null) throw new OsError('ENOMEM', 'the root of the stage-2 tables');
  }

  giveTables(name: string): void {
    const parts = this.#open('giveTables', name);
    if (parts.tables === null) throw new OsError('ENOENT', `${name} has no stage-2 tables`);
    parts.tables.release();
    parts.tables = null;
  }

  makeOverlay(name: string, image: string, overlay: string): void {
    const parts = this.#open('makeOverlay', name);
    if (parts.overlay !== null) throw new OsError('EEXIST', `${name} has the overlay ${parts.overlay}`);
    if (typeof overlay !== 'string' || overlay === '')
      throw new OsError('EINVAL', `overlay ${shown(overlay)}`);
    this.#options.images.create(image, overlay);
    parts.overlay = overlay;
  }

  removeOverlay(name: string): void {
    const parts = this.#open('removeOverlay', name);
    if (parts.overlay === null) throw new OsError('ENOENT', `${name} has no overlay`);
    if (parts.devices !== null) throw new OsError('EBUSY', `a device uses ${parts.overlay}`);
    this.#options.images.remove(parts.overlay);
    parts.overlay = null;
  }

  takeMac(name: string, mac: string): void {
    const parts = this.#open('takeMac', name);
    if (parts.mac !== null) throw new OsError('EEXIST', `${name} has the address ${parts.mac}`);
    if (typeof mac !== 'string' || !MAC.test(mac))
      throw new OsError('EINVAL', `${shown(mac)} is no address of one station`);
    const owner = [...this.#parts].find(([, other]) => other.mac === mac);
    if (owner !== undefined) throw new OsError('EEXIST', `${mac} is ${owner[0]}’s`);
    parts.mac = mac;
  }

  giveMac(name: string): void {
    const parts = this.#open('giveMac', name);
    if (parts.mac === null) throw new OsError('ENOENT', `${name} has no address`);
    if (parts.devices !== null) throw new OsError('EBUSY', `a device uses ${parts.mac}`);
    parts.mac = null;
  }

  makeDevices(name: string): void {
    const parts = this.#open('makeDevices', name);
    const { overlay, mac } = parts;
    if (parts.devices !== null) throw new OsError('EEXIST', `${name} has devices`);
    if (overlay === null || mac === null)
      throw new OsError('ENOENT', `${name} has no ${overlay === null ? 'overlay' : 'address'}`);
    const { images, network } = this.#options;
    const disk = new BlockDevice(`${name}/vda`, images.open(overlay), name);
    const tap = network.plug({ name, vlan: VLAN, macs: [mac] }, (frame) => net.receive(frame));
    const address = Uint8Array.from(mac.split(':'), (digits) => Number.parseInt(digits, 16));
    const net: NetDevice = new NetDevice(`${name}/eth0`, address, tap);
    parts.devices = { disk, net };
  }

  removeDevices(name: string): void {
    const parts = this.#open('removeDevices', name);
    if (parts.devices === null) throw new OsError('ENOENT', `${name} has no devices`);
    this.#options.network.unplug(name);
    parts.devices = null;
  }

  makeVcpu(name: string, id: number, start: VcpuStart): void {
    const { vcpus } = this.#open('makeVcpu', name);
    if (!Number.isInteger(id) || id < 0 || id >= VCPUS_MAX) throw new OsError('EINVAL', `vCPU ${shown(id)}`);
    if (vcpus.has(id)) throw new OsError('EEXIST', `vCPU ${id} of ${name}`);
    const pc = start === null ? 0 : (start as { readonly pc?: unknown } | undefined)?.pc;
    if (typeof pc !== 'number' || !Number.isInteger(pc / 2) || pc < 0 || pc >= 2 ** 32)
      throw new OsError('EINVAL', `${shown(start)} is no place to begin at`);
    vcpus.set(id, start === null ? null : { pc });
  }

  removeVcpu(name: string, id: number): void {
    if (!this.#open('removeVcpu', name).vcpus.delete(id))
      throw new OsError('ENOENT', `vCPU ${id} of ${name}`);
  }

  /** The parts of a VM that is not made yet: those of another are not to be touched. */
  #open(step: StepName, name: string): Parts {
    // Giving back does not fail by chance, as little as free(3) does.
    if (/^(take|make)/.test(step)) this.#options.beforeStep?.(step, name);
    const parts = this.#parts.get(name);
    if (parts === undefined) throw new OsError('ENOENT', `${shown(name)}: no name that was taken`);
    if (parts.vm !== null) throw new OsError('EBUSY', `${name} is a VM already`);
    return parts;
  }
}
