import type { Device, Memory, PassedOver, Reason, Result } from './api.d.ts';

// This file stands in for the boot ROM of the VMs on bluebox: save it, and the next start of a VM asks your function. As long as it
// gives null, the boot ROM looks for a device by itself.

/** Bytes in a sector. */
const SECTOR = 512;

/**
 * Which device the machine starts from.
 *
 * The devices of `order` are asked in its order, and no others. From a disk, the first sector is started, at memory.bootAddress, if it is
 * whole, can be read, and ends in the boot signature: byte 510 is 0x55, byte 511 is 0xAA. It is the first piece of a loader, which
 * gets the rest by itself. From a network card with a cable, the code at its entry is started. Every device that was asked in
 * vain is told with its reason, and the next one gets its turn, whatever was wrong.
 */
export function boot(devices: readonly Device[], order: readonly string[], memory: Memory): Result | null {
  const passedOver: PassedOver[] = [];
  for (const name of order) {
    const device = devices.find((each) => each.name === name);
    const reason = device === undefined ? 'no device' : whyNot(device);
    // So far nothing is loaded and nothing is started.
    if (reason !== null) passedOver.push({ device: name, reason });
  }
  return null;
}

/** Why a device cannot be started; null when it can. */
function whyNot(device: Device): Reason | null {
  if (device.kind === 'network') return device.link ? null : 'no link';
  return device.sectors > 0 ? null : 'too short';
}
