import type { Access, Disk, Frame, Port, Turn, Vcpu, Vm } from './api.d.ts';

/**
 * Asked when a VM reaches for a page of its memory for the first time: which host frame is it? `guestPhysical` is any address from 0 to
 * 2^34 - 1. null refuses: the guest gets an access fault.
 */
export function translate(vm: Vm, guestPhysical: number, access: Access): number | null {
  return vm.firstFrame + Math.floor((guestPhysical - vm.ramBase) / 4096);
}

let turn = 0;

/** Asked whenever the processor is free: who of these runs, and for how long? Nobody who could run may wait longer than 100 ms. */
export function pickVcpu(runnable: readonly Vcpu[], now: number): Turn {
  turn = turn + 1;
  return { next: turn % runnable.length, quantum: null };
}

/** Asked for each request to a disk: in which sector of the volume do these `count` sectors begin? null refuses: an I/O error. */
export function mapBlock(disk: Disk, sector: number, count: number): number | null {
  return disk.first + sector;
}

/** Asked for each frame that a VM sends: the names of the ports that get it. */
export function forward(frame: Frame, inPort: Port, ports: readonly Port[]): string[] {
  return ports.filter((port) => port.name !== inPort.name).map((port) => port.name);
}
