/** What a replaceable block back end reaches: guest memory and the disk, by calls that check each argument. */
import { OsError } from '../../base/index.ts';
import type { BlockBackend, Dma } from '../../machine/index.ts';
import { shown } from '../policies/consult.ts';
import type { ServiceImage, ServiceMemory } from '../policies/types.ts';

const SECTOR = 512;
/** What can be read at once, in sectors: 16 MiB. */
const MOST = 32_768;

/** A whole number that is not negative; throws OsError EINVAL for anything else. */
function natural(value: unknown, what: string, most = Number.MAX_SAFE_INTEGER): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most) return value;
  throw new OsError('EINVAL', `${what} is ${shown(value)}, not a whole number from 0 to ${most}`);
}

function byteArray(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw new OsError('EINVAL', `${shown(value)} is no Uint8Array`);
}

/** Guest memory by way of a device's DMA. */
export function serviceMemory(dma: Dma): ServiceMemory {
  const at = (address: number, length: number, kind: 'load' | 'store') => {
    natural(address, 'an address');
    if (dma.contains(address, length, kind)) return address;
    throw new OsError(
      'EFAULT',
      `${length} bytes at 0x${address.toString(16)} are not in the guest’s memory for a ${kind}`,
    );
  };
  const store = (address: number, bytes: Uint8Array) => dma.write(at(address, bytes.length, 'store'), bytes);
  const little = (value: number, size: number) => {
    natural(value, `a value of ${size} bytes`, 2 ** (8 * size) - 1);
    return Uint8Array.from({ length: size }, (_, i) => Math.floor(value / 2 ** (8 * i)));
  };
  const load = (address: number, size: number) =>
    dma.read(at(address, size, 'load'), size).reduce((sum, byte, i) => sum + byte * 2 ** (8 * i), 0);
  return Object.freeze({
    read8: (address) => load(address, 1),
    read16: (address) => load(address, 2),
    read32: (address) => load(address, 4),
    write8: (address, value) => store(address, little(value, 1)),
    write16: (address, value) => store(address, little(value, 2)),
    write32: (address, value) => store(address, little(value, 4)),
    read: (address, length) => dma.read(at(address, natural(length, 'a length'), 'load'), length),
    write: (address, bytes) => store(address, byteArray(bytes)),
  } satisfies ServiceMemory);
}

/** A disk with every access checked. */
export function serviceImage(disk: BlockBackend): ServiceImage {
  const inside = (sector: number, count: number) => {
    natural(sector, 'a sector');
    natural(count, 'a count of sectors', MOST);
    if (sector + count > disk.sectors)
      throw new OsError('EIO', `sectors ${sector} + ${count} are not on a disk of ${disk.sectors} sectors`);
  };
  return Object.freeze({
    sectors: disk.sectors,
    readOnly: disk.readOnly ?? false,
    read(sector, count) {
      inside(sector, count);
      const bytes = new Uint8Array(count * SECTOR);
      disk.read(sector, bytes);
      return bytes;
    },
    write(sector, bytes) {
      const data = byteArray(bytes);
      if (data.length % SECTOR !== 0) throw new OsError('EIO', `${data.length} bytes are no whole sectors`);
      inside(sector, data.length / SECTOR);
      if (disk.readOnly) throw new OsError('EROFS');
      disk.write(sector, data);
    },
    flush: () => disk.flush(),
  } satisfies ServiceImage);
}
