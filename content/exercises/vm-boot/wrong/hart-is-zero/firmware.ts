import type { Device, Memory, PassedOver, Reason, Result } from './api.d.ts';

const SECTOR = 512;

export function boot(devices: readonly Device[], order: readonly string[], memory: Memory): Result {
  const passedOver: PassedOver[] = [];
  for (const name of order) {
    const device = devices.find((each) => each.name === name);
    const loaded = device === undefined ? 'no device' : load(device, memory);
    if (typeof loaded === 'string') {
      passedOver.push({ device: name, reason: loaded });
      continue;
    }
    const registers = { a0: 0, a1: memory.deviceTree, a2: device!.slot };
    return { device: name, entry: loaded.entry, registers, passedOver };
  }
  return { failure: 'Nothing in the boot order can be started.', passedOver };
}

/** Where the device's code is ready to be run, or why there is none. */
function load(device: Device, memory: Memory): { entry: number } | Reason {
  if (device.kind === 'network') return device.link ? { entry: device.entry } : 'no link';
  let sector: Uint8Array;
  try {
    sector = device.read(0, 1);
  } catch {
    return 'read error';
  }
  if (sector.length < SECTOR) return 'too short';
  if (sector[510] !== 0x55 || sector[511] !== 0xaa) return 'no signature';
  // What was looked at is what is run: a second read could give other bytes.
  memory.write(memory.bootAddress, sector);
  return { entry: memory.bootAddress };
}
