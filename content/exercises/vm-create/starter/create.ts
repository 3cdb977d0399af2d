import type { Host, VmSpec } from './api.d.ts';

/** Throws an error with a code, as the host's steps do. */
function refuse(code: string, message: string): never {
  throw Object.assign(new Error(message), { code });
}

/**
 * Makes the VM that `spec` asks for, switched off, or throws an error whose `code` says why not, and leaves the host as it was.
 *
 * - EINVAL for fewer than one vCPU or half a one, and for memory that is not whole pages of 4096 bytes, at least one.
 * - ENOMEM when the host cannot keep its promises to all VMs, this one included: each may use all of its memory some day, and needs
 *   stage-2 tables for it, 16 KiB and 4 KiB for each 4 MiB that are begun. What is promised is all that counts, not what is in use now.
 * - EAGAIN when there would be more vCPUs in all than `cpus` × `cpuRatio`.
 * - What a step throws is passed on, after everything that was taken before it has been given back.
 *
 * A VM that is made has a name, memory, tables, an overlay, a MAC address, devices, and vCPUs 0 to vcpus − 1: the first begins at the
 * firmware's entry, the others wait.
 */
export function createVm(spec: VmSpec, host: Host): void {
  const { name } = spec;
  if (spec.vcpus < 1) refuse('EINVAL', `${spec.vcpus} vCPUs`);

  // So far it is made if there is room and nothing fails.
  host.takeName(name);
  host.takeMemory(name, spec.memory);
  host.takeTables(name);
  host.makeOverlay(name, spec.image, `${name}.qcow2`);
  host.takeMac(name, spec.mac ?? '52:54:00:00:00:01');
  host.makeDevices(name);
  for (let id = 0; id < spec.vcpus; id++) host.makeVcpu(name, id, { pc: 0x8000_0000 });
}
