/** The machine of a case: what its disks give when they are read, and what is written into its memory. */
import { OsError } from '../../../src/exercise/index.ts';
import type { HostMachine } from './binding.ts';
import type { Case, TriedDisk } from './cases.ts';

export const SECTOR = 512;
const RAM = 0x8000_0000;
const RAM_SIZE = 8 * 2 ** 20;

/** One sector of a disk: bytes that tell disks and sectors apart, and the last ones as the disk's state says. */
export function sectorOf(disk: TriedDisk, sector: number, read = 0): Uint8Array {
  const bytes = new Uint8Array(SECTOR);
  // Of later sectors nobody looks at more than the end.
  if (sector === 0) for (let i = 0; i < SECTOR - 4; i++) bytes[i] = 1 + ((disk.slot * 31 + i) % 79);
  const end = (...last: number[]) => bytes.set(last, SECTOR - last.length);
  if (sector === 1 && disk.state === 'sector 1') end(0x55, 0xaa);
  if (sector > 0) return bytes;
  switch (disk.state) {
    case 'swapped':
      end(0xaa, 0x55);
      break;
    case 'first half':
      end(0x55, 0);
      break;
    case 'second half':
      end(0, 0xaa);
      break;
    case 'early':
      end(0x55, 0xaa, 0, 0);
      break;
    case 'changing':
      if (read === 0) end(0x55, 0xaa);
      break;
    case 'signed':
    case 'bad later':
    case 'one sector':
      end(0x55, 0xaa);
      break;
    default:
      break;
  }
  return bytes;
}

/** Why a VM's disk cannot be read, in the host's words. */
const failure = () => new OsError('EIO');

export class Machine implements HostMachine {
  readonly tried: Case;
  /** What lies at the boot address; null where nothing was written. */
  readonly loaded: (number | null)[] = Array.from({ length: SECTOR }, () => null);
  /** The first place written that is none of a boot sector's. */
  stray: number | null = null;
  readonly #reads = new Map<number, number>();

  constructor(tried: Case) {
    this.tried = tried;
  }

  read(device: number, sector: number, count: number): Uint8Array {
    const disk = this.tried.devices[device];
    if (disk?.kind !== 'disk') throw new OsError('EINVAL');
    const { state, sectors } = disk;
    if (state === 'unreadable' && sector === 0) throw failure();
    if (state === 'bad later' && sector + count > 1) throw failure();
    const there = Math.max(0, Math.min(count, sectors - sector));
    const bytes = new Uint8Array(there * SECTOR);
    for (let i = 0; i < there; i++)
      bytes.set(sectorOf(disk, sector + i, this.#read(device, sector + i)), i * SECTOR);
    if (!state.startsWith('cut') || there === 0) return bytes;
    const cut = bytes.slice(0, disk.bytes);
    cut.set(state === 'cut' ? [0, 0] : [0x55, 0xaa], disk.bytes - 2);
    return cut;
  }

  /** How often a sector was read before. */
  #read(device: number, sector: number): number {
    if (sector > 0) return 0;
    const before = this.#reads.get(device) ?? 0;
    this.#reads.set(device, before + 1);
    return before;
  }

  write(address: number, bytes: Uint8Array): void {
    if (address < RAM || address + bytes.length > RAM + RAM_SIZE) throw new OsError('EFAULT');
    for (const [i, byte] of bytes.entries()) {
      const at = address + i - this.tried.bootAddress;
      if (at >= 0 && at < SECTOR) this.loaded[at] = byte;
      else this.stray ??= address + i;
    }
  }

  /** The bytes at the boot address, when a whole sector was written there. */
  get sector(): Uint8Array | null {
    return this.loaded.includes(null) ? null : Uint8Array.from(this.loaded as number[]);
  }
}
