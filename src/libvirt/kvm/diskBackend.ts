/** What a VM's block device stores into: a disk image of the host. */
import { OsError } from '../../base/index.ts';
import { type DiskImage, isDiskError, SECTOR } from '../../disk/index.ts';
import type { BlockBackend } from '../../machine/index.ts';

/** What went through a disk since its VM started. */
export interface BlockStats {
  readRequests: number;
  readBytes: number;
  writeRequests: number;
  writeBytes: number;
  flushRequests: number;
  errors: number;
}

export class DiskBackend implements BlockBackend {
  readonly stats: BlockStats = {
    readRequests: 0,
    readBytes: 0,
    writeRequests: 0,
    writeBytes: 0,
    flushRequests: 0,
    errors: 0,
  };
  readonly readOnly: boolean;
  readonly image: DiskImage;
  /** Chunks of a certain size that were written since they were asked for; null: nobody has. */
  #dirty: Set<number> | null = null;
  #chunk = 0;

  constructor(image: DiskImage, readOnly: boolean) {
    this.image = image;
    this.readOnly = readOnly;
  }

  get sectors(): number {
    return Math.floor(this.image.size / SECTOR);
  }

  /** Which chunks of `size` bytes were written since the last time, or all of them; from now on it is noted. */
  takeDirty(size: number, all: boolean): number[] {
    const dirty = all
      ? Array.from({ length: Math.ceil(this.image.size / size) }, (_, i) => i)
      : [...(this.#dirty ?? [])].sort((a, b) => a - b);
    this.#dirty = new Set();
    this.#chunk = size;
    return dirty;
  }

  #note(sector: number, bytes: number): void {
    if (this.#dirty === null || bytes === 0) return;
    const last = Math.floor((sector * SECTOR + bytes - 1) / this.#chunk);
    for (let chunk = Math.floor((sector * SECTOR) / this.#chunk); chunk <= last; chunk++)
      this.#dirty.add(chunk);
  }

  read(sector: number, target: Uint8Array): void {
    this.#guarded(() => target.set(this.image.read(sector * SECTOR, target.length)));
    this.stats.readRequests++;
    this.stats.readBytes += target.length;
  }

  write(sector: number, data: Uint8Array): void {
    this.#note(sector, data.length);
    this.#guarded(() => this.image.write(sector * SECTOR, data));
    this.stats.writeRequests++;
    this.stats.writeBytes += data.length;
  }

  flush(): void {
    this.#guarded(() => this.image.flush());
    this.stats.flushRequests++;
  }

  discard(sector: number, count: number): void {
    this.#note(sector, count * SECTOR);
    this.#guarded(() => this.image.writeZeroes(sector * SECTOR, count * SECTOR));
  }

  /** A damaged image, a full host: an I/O error for the guest, and no harm to anybody else. */
  #guarded(access: () => void): void {
    try {
      access();
    } catch (error) {
      this.stats.errors++;
      throw isDiskError(error) ? new OsError('EIO', error.message) : error;
    }
  }
}
