import type { Host, VmSpec } from './api.d.ts';

const PAGE = 4096;
const ROOT = 16 * 1024;
const TABLE = 4096;
const TABLE_REACH = 4 * 1024 * 1024;

export function createVm(spec: VmSpec, host: Host): void {
  admit(spec, host);
  const { name } = spec;
  const undo: (() => void)[] = [];
  try {
    host.takeName(name);
    undo.push(() => host.giveName(name));
    host.takeMemory(name, spec.memory);
    undo.push(() => host.giveMemory(name));
    host.takeTables(name);
    undo.push(() => host.giveTables(name));
    host.makeOverlay(name, spec.image, `${name}.qcow2`);
    undo.push(() => host.removeOverlay(name));
    host.takeMac(name, spec.mac ?? freeMac(host));
    undo.push(() => host.giveMac(name));
    host.makeDevices(name);
    undo.push(() => host.removeDevices(name));
    for (let id = 0; id < spec.vcpus; id++) {
      host.makeVcpu(name, id, id === 0 ? { pc: host.firmwareEntry } : null);
      undo.push(() => host.removeVcpu(name, id));
    }
  } catch (error) {
    for (const giveBack of undo.reverse()) giveBack();
    throw error;
  }
}

/** Whether the host may take it on: nothing has been taken yet, so there is nothing to give back. */
function admit({ name, memory, vcpus }: VmSpec, host: Host): void {
  if (!Number.isInteger(vcpus) || vcpus < 1) refuse('EINVAL', `${vcpus} vCPUs`);
  if (!Number.isInteger(memory / PAGE) || memory < PAGE) refuse('EINVAL', `${memory} bytes of memory`);
  const bytes = host.vms.reduce((sum, vm) => sum + promise(vm.memory), promise(memory));
  if (bytes > host.memory) refuse('ENOMEM', `with ${name}, ${bytes} of ${host.memory} bytes are promised`);
  const all = host.vms.reduce((sum, vm) => sum + vm.vcpus, vcpus);
  const most = host.cpus * host.cpuRatio;
  if (all > most) refuse('EAGAIN', `with ${name} there are ${all} vCPUs, and ${most} are allowed`);
}

/** What a VM with so much memory may come to need. */
function promise(memory: number): number {
  return memory + ROOT + Math.ceil(memory / TABLE_REACH) * TABLE;
}

/** As many VMs as there are, as many addresses are in use. */
function freeMac(host: Host): string {
  const digits = (host.vms.length + 1).toString(16).padStart(6, '0');
  return `52:54:00:${digits.slice(0, 2)}:${digits.slice(2, 4)}:${digits.slice(4)}`;
}

/** Throws an error with a code, as the host's steps do. */
function refuse(code: string, message: string): never {
  throw Object.assign(new Error(message), { code });
}
