/** The hypervisor's own way to make a VM: admit it, then take part after part, and give all back in reverse when one fails. */
import { OsError } from '../../base/index.ts';
import type { CreateVm, HostSummary, VmSpec } from './types.ts';

/** Stage-2 tables come out of the same memory: a root of 16 KiB, and 4 KiB for each 4 MiB of RAM. */
const ROOT = 16 * 1024;
const TABLE = 4096;
const TABLE_REACH = 4 * 2 ** 20;

export const ownCreate: CreateVm = (spec, host) => {
  const { name } = spec;
  admit(spec, host.summary);
  const undo: (() => void)[] = [];
  const step = (take: () => void, give: () => void) => {
    take();
    undo.push(give);
  };
  try {
    step(
      () => host.takeName(name),
      () => host.giveName(name),
    );
    step(
      () => host.takeMemory(name, spec.memory),
      () => host.giveMemory(name),
    );
    step(
      () => host.takeTables(name),
      () => host.giveTables(name),
    );
    step(
      () => host.makeOverlay(name, spec.image, `${name}.qcow2`),
      () => host.removeOverlay(name),
    );
    step(
      () => host.takeMac(name, spec.mac ?? freeMac(host.summary)),
      () => host.giveMac(name),
    );
    step(
      () => host.makeDevices(name),
      () => host.removeDevices(name),
    );
    for (let id = 0; id < spec.vcpus; id++) {
      const start = id === 0 ? { pc: host.summary.firmwareEntry } : null;
      step(
        () => host.makeVcpu(name, id, start),
        () => host.removeVcpu(name, id),
      );
    }
  } catch (error) {
    for (const give of undo.reverse()) give();
    throw error;
  }
};

/** Whether the host may take it on: whole pages of memory that is there, and no more vCPUs than its ratio allows. */
function admit(spec: VmSpec, host: HostSummary): void {
  const { name, memory, vcpus } = spec;
  if (!Number.isInteger(vcpus) || vcpus < 1) throw new OsError('EINVAL', `${vcpus} vCPUs`);
  if (!Number.isInteger(memory / 4096) || memory <= 0)
    throw new OsError('EINVAL', `${memory} bytes of memory`);
  const needed = memory + ROOT + Math.ceil(memory / TABLE_REACH) * TABLE;
  if (needed > host.freeMemory)
    throw new OsError('ENOMEM', `${name} needs ${needed} bytes, and ${host.freeMemory} are free`);
  const promised = host.vms.reduce((sum, vm) => sum + vm.vcpus, 0) + vcpus;
  const most = host.cpus * host.cpuRatio;
  if (promised > most) throw new OsError('EAGAIN', `${promised} vCPUs, and the host allows ${most}`);
}

/** The first address of QEMU's own range that no VM has. */
function freeMac({ vms }: HostSummary): string {
  const taken = new Set(vms.map(({ mac }) => mac));
  for (let number = 1; number < 2 ** 24; number++) {
    const digits = number.toString(16).padStart(6, '0');
    const mac = `52:54:00:${digits.slice(0, 2)}:${digits.slice(2, 4)}:${digits.slice(4)}`;
    if (!taken.has(mac)) return mac;
  }
  throw new OsError('EADDRNOTAVAIL', 'no MAC address is left');
}
