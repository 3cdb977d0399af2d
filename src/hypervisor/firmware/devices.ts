/** A VM's devices as the policy `boot` sees them. */
import { isOsError, strerror } from '../../base/index.ts';
import type { BlockBackend } from '../../machine/index.ts';
import type { BootDisk, BootNetwork } from './policy.ts';
import { NETWORK_ENTRY } from './rom.ts';

/** Sectors in one read at most. */
const MOST = 4096;

/** The disk in a virtio slot, over what keeps its sectors. */
export function bootDisk(name: string, slot: number, backend: BlockBackend): BootDisk {
  return {
    name,
    slot,
    kind: 'disk',
    get sectors() {
      return backend.sectors;
    },
    read(sector, count) {
      const whole = Number.isInteger(sector) && Number.isInteger(count) && sector >= 0 && count >= 1;
      if (!whole || count > MOST || sector + count > backend.sectors) return strerror('EIO');
      const bytes = new Uint8Array(count * 512);
      try {
        backend.read(sector, bytes);
      } catch (error) {
        if (isOsError(error)) return strerror(error.code);
        throw error;
      }
      return bytes;
    },
  };
}

/** The network card in a virtio slot. */
export function bootNetwork(name: string, slot: number, link = true): BootNetwork {
  return { name, slot, kind: 'network', link, entry: NETWORK_ENTRY };
}
