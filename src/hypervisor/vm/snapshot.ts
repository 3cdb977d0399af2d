/** A VM's whole state, memory included: what save, restore and snapshots of a running VM are made of. Its disks are not in it. */
import { FRAME_BYTES } from '../memory/frames.ts';
import { type BootImage, type MachineState, VmError } from './config.ts';
import type { Vm } from './vm.ts';

export interface VmSnapshot {
  readonly name: string;
  /** Bytes of RAM. */
  readonly memory: number;
  readonly machine: MachineState;
  /** The pages that were in use: guest frame number → 4096 bytes. */
  readonly pages: ReadonlyMap<number, Uint8Array>;
  /** What a reboot begins with. */
  readonly image: BootImage | null;
}

/** Takes the state of a VM at rest (see Hypervisor.bringToRest). The VM is as it was, paused. */
export function takeSnapshot(vm: Vm): VmSnapshot {
  const page = (frame: number) => vm.memory.read(frame * FRAME_BYTES, FRAME_BYTES);
  return {
    name: vm.name,
    memory: vm.memory.size,
    machine: vm.saveMachine(),
    pages: new Map(vm.memory.backed().map((frame) => [frame, page(frame)])),
    image: vm.image,
  };
}

/**
 * Brings a VM that is off to a snapshot's state, paused; it goes on with Hypervisor.resume. Throws VmError, and the VM is off as before, when
 * it has another size or the host has no room.
 */
export function applySnapshot(vm: Vm, snapshot: VmSnapshot): void {
  if (snapshot.memory !== vm.memory.size || snapshot.machine.vcpus.length !== vm.vcpus.length) {
    const shape = (memory: number, vcpus: number) => `${memory / 1024} KiB and ${vcpus} vCPUs`;
    throw new VmError(
      'badImage',
      `the saved state of ${snapshot.name} is for ${shape(snapshot.memory, snapshot.machine.vcpus.length)}, ` +
        `and ${vm.name} has ${shape(vm.memory.size, vm.vcpus.length)}`,
    );
  }
  for (const [frame, bytes] of snapshot.pages) {
    if (vm.memory.fill(frame * FRAME_BYTES, bytes)) continue;
    vm.memory.unbackAll();
    throw new VmError('noMemory', `cannot allocate memory for the saved state of ${snapshot.name}`);
  }
  try {
    vm.restoreMachine(snapshot.machine, snapshot.image);
  } catch (error) {
    vm.memory.unbackAll();
    throw error;
  }
}
