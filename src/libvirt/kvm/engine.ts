/** What a VM is to the process whose it is: its vCPUs are threads of that process. */
import type { Hypervisor, Vm } from '../../hypervisor/index.ts';
import { FRAME_BYTES } from '../../hypervisor/index.ts';
import type { Engine } from '../../linux/index.ts';

/** Bytes of the host's memory that a VM has in use, stage-2 tables included. */
export function residentBytes(hypervisor: Hypervisor, { name }: Vm): number {
  const { guest, table } = hypervisor.frames.usedBy(name);
  return (guest + table) * FRAME_BYTES;
}

export function engineOf(hypervisor: Hypervisor, vm: Vm): Engine {
  return {
    get cpuTime() {
      return vm.vcpus.reduce((sum, { runtime }) => sum + runtime, 0);
    },
    threads: vm.vcpus.length,
    hold(held) {
      vm.held = held;
      hypervisor.wake();
    },
  };
}
