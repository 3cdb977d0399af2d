/** What a VM is to the process whose it is: its vCPUs are threads of that process. */
import type { Nanos } from '../../base/index.ts';
import type { Hypervisor, Vm } from '../../hypervisor/index.ts';
import { FRAME_BYTES } from '../../hypervisor/index.ts';
import { type Engine, PidRef, type Task } from '../../linux/index.ts';

/** Bytes of the host's memory that a VM has in use, stage-2 tables included. */
export function residentBytes(hypervisor: Hypervisor, { name }: Vm): number {
  const { guest, table } = hypervisor.frames.usedBy(name);
  return (guest + table) * FRAME_BYTES;
}

/** `task` is the process, `now` the time at which its machine is made. */
export function engineOf(hypervisor: Hypervisor, vm: Vm, task: Task, now: Nanos): Engine {
  return {
    get cpuTime() {
      return vm.vcpus.reduce((sum, { runtime }) => sum + runtime, 0);
    },
    // Named as QEMU names them with debug-threads=on.
    threads: vm.vcpus.map((vcpu, i) => ({
      pid: new PidRef(task.namespaces.pid),
      comm: `CPU ${i}/KVM`,
      startTime: now,
      get cpuTime() {
        return vcpu.runtime;
      },
      get running() {
        return vcpu.runnable && !vm.paused && !vm.held;
      },
    })),
    hold(held) {
      vm.held = held;
      hypervisor.wake();
    },
  };
}
