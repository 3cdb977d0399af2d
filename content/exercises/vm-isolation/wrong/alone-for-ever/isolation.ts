import type { Access, Disk, Frame, Port, Turn, Vcpu, Vm } from './api.d.ts';

/** The bounds are asked of the guest physical address, whoever uses it: what comes from a device is no better than what comes from a vCPU. */
export function translate(vm: Vm, guestPhysical: number, _access: Access): number | null {
  const offset = guestPhysical - vm.ramBase;
  if (offset < 0 || offset >= vm.ramSize) return null;
  return vm.firstFrame + Math.floor(offset / 4096);
}

const QUANTUM = 2_000_000;

/** Whoever has had least for its weight, and never for longer than a quantum: a guest that turns its interrupts off cannot keep that. */
export function pickVcpu(runnable: readonly Vcpu[], _now: number): Turn {
  const share = ({ runtime, weight }: Vcpu) => runtime / weight;
  let next = 0;
  for (let i = 1; i < runnable.length; i++) if (share(runnable[i]!) < share(runnable[next]!)) next = i;
  // Nobody else could run now: why interrupt it?
  return { next, quantum: runnable.length > 1 ? QUANTUM : null };
}

/** Compared without adding: a sum of two large numbers may not be what it seems. */
export function mapBlock(disk: Disk, sector: number, count: number): number | null {
  if (count > disk.sectors || sector > disk.sectors - count) return null;
  return disk.first + sector;
}

/** The port decides who a frame is from and which network it is in, never the frame. */
export function forward(frame: Frame, inPort: Port, ports: readonly Port[]): string[] {
  if (frame.vlan !== null || !inPort.macs.includes(frame.source)) return [];
  const neighbours = ports.filter((port) => port.name !== inPort.name && port.vlan === inPort.vlan);
  const group = (Number.parseInt(frame.destination.slice(0, 2), 16) & 1) === 1;
  return neighbours.filter((port) => group || port.macs.includes(frame.destination)).map((port) => port.name);
}
