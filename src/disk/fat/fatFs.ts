/**
 * FAT16 and FAT32 file systems (Microsoft, "FAT: General Overview of On-Disk Format" 1.03). Layers: `bootSector` says where things
 * are, `allocation` chains clusters, `names` and `directory` make entries of names; paths and files are here.
 *
 * Order of writes: contents and chain of what is new, flush, the entry that names it, flush, then what it replaced is freed. A crash
 * leaves lost clusters, which fsck gives back, never an entry that leads to another file's data.
 */
import { DiskError } from '../errors.ts';
import type { BlockDevice } from '../image.ts';
import { le32 } from '../numbers.ts';
import { AllocationTable } from './allocation.ts';
import { clusterCount, dataStart, type FatLayout, readBootSector } from './bootSector.ts';
import { DIRECTORY, Directory, type FatEntry, type Place, READ_ONLY } from './directory.ts';
import { fsInfo } from './format.ts';

export class FatFs {
  readonly layout: FatLayout;
  readonly #device: BlockDevice;
  readonly #table: AllocationTable;

  private constructor(device: BlockDevice, layout: FatLayout) {
    this.#device = device;
    this.layout = layout;
    this.#table = new AllocationTable(device, layout);
  }

  /** Throws DiskError `format`, `unsupported` (FAT12) or `corrupt`. */
  static open(device: BlockDevice): FatFs {
    return new FatFs(device, readBootSector(device.read(0, 512), device.size));
  }

  get clusterBytes(): number {
    return this.layout.sectorsPerCluster * this.layout.bytesPerSector;
  }

  /** Bytes in all clusters, and in those that are free. */
  space(): { total: number; free: number } {
    return {
      total: clusterCount(this.layout) * this.clusterBytes,
      free: this.#table.free() * this.clusterBytes,
    };
  }

  /** What a directory holds, in the order of its entries, without `.`, `..` and the label. `path` has slashes; '' is the root. */
  list(path: string): FatEntry[] {
    return this.#directory(path).entries();
  }

  /** The entry at `path`; null when there is none. */
  find(path: string): FatEntry | null {
    const names = split(path);
    const name = names.pop();
    return name === undefined ? null : this.#directory(names.join('/')).find(name);
  }

  readFile(path: string): Uint8Array {
    const entry = this.#file(path);
    const out = new Uint8Array(entry.size);
    const chain = entry.cluster === 0 ? [] : this.#table.chain(entry.cluster);
    if (chain.length * this.clusterBytes < entry.size)
      throw new DiskError('corrupt', `'${path}' has ${entry.size} bytes, but its chain ends before`);
    for (const [i, cluster] of chain.entries()) {
      const at = i * this.clusterBytes;
      if (at >= entry.size) break;
      out.set(this.#device.read(this.#offset(cluster), Math.min(this.clusterBytes, entry.size - at)), at);
    }
    return out;
  }

  /** Makes a file, or gives it new contents. `seconds` since 1970 is its new time. Throws `full`, `invalid`, `missing`, `readonly`. */
  writeFile(path: string, data: Uint8Array, seconds: number): void {
    const { directory, name } = this.#parent(path);
    const old = directory.find(name);
    if (old?.directory) throw new DiskError('invalid', `'${path}' is a directory`);
    if (old !== null && (old.attributes & READ_ONLY) !== 0)
      throw new DiskError('readonly', `'${path}' is read-only`);
    const chain = this.#table.allocate(Math.ceil(data.length / this.clusterBytes));
    for (const [i, cluster] of chain.entries())
      this.#writeCluster(cluster, data.subarray(i * this.clusterBytes, (i + 1) * this.clusterBytes));
    this.#device.flush();
    const contents = { cluster: chain[0] ?? 0, size: data.length, seconds };
    if (old !== null) directory.update(old, contents);
    else this.#undoing(chain, () => directory.add(name, { ...contents, attributes: 0x20 }));
    this.#device.flush();
    if (old !== null && old.cluster !== 0) this.#table.release(this.#table.chain(old.cluster));
    this.#remember();
  }

  makeDirectory(path: string, seconds: number): void {
    const { directory, name } = this.#parent(path);
    if (directory.find(name) !== null) throw new DiskError('exists', `'${path}' exists`);
    const [cluster] = this.#table.allocate(1);
    this.#writeCluster(cluster!, new Uint8Array());
    Directory.start(this.#place(cluster!), cluster!, directory.place.cluster, seconds);
    this.#device.flush();
    this.#undoing([cluster!], () =>
      directory.add(name, { cluster: cluster!, size: 0, seconds, attributes: DIRECTORY }),
    );
    this.#device.flush();
    this.#remember();
  }

  /** Removes a file or an empty directory. Throws `missing`, `readonly`, or `invalid` for a directory that holds something. */
  remove(path: string): void {
    const { directory, name } = this.#parent(path);
    const entry = directory.find(name);
    if (entry === null) throw missing(path);
    if ((entry.attributes & READ_ONLY) !== 0) throw new DiskError('readonly', `'${path}' is read-only`);
    if (entry.directory && this.list(path).length > 0)
      throw new DiskError('invalid', `'${path}' is not empty`);
    const chain = entry.cluster === 0 ? [] : this.#table.chain(entry.cluster);
    directory.remove(entry);
    this.#device.flush();
    this.#table.release(chain);
    this.#remember();
  }

  /** When the directory has no room for a name, the clusters meant for it are given back. */
  #undoing(chain: readonly number[], body: () => void): void {
    try {
      body();
    } catch (error) {
      this.#table.release(chain);
      throw error;
    }
  }

  #file(path: string): FatEntry {
    const entry = this.find(path);
    if (entry === null) throw missing(path);
    if (entry.directory) throw new DiskError('invalid', `'${path}' is a directory`);
    return entry;
  }

  #parent(path: string): { directory: Directory; name: string } {
    const names = split(path);
    const name = names.pop();
    if (name === undefined) throw new DiskError('invalid', `'${path}' names no file`);
    return { directory: this.#directory(names.join('/')), name };
  }

  #directory(path: string): Directory {
    let directory = new Directory(this.#place(this.layout.rootCluster));
    for (const name of split(path)) {
      const entry = directory.find(name);
      if (entry === null) throw missing(path);
      if (!entry.directory) throw new DiskError('invalid', `'${name}' is no directory`);
      directory = new Directory(this.#place(entry.cluster));
    }
    return directory;
  }

  /** Where a directory's entries lie; cluster 0 is the fixed root of FAT16. */
  #place(cluster: number): Place {
    const { bytesPerSector, reserved, fats, fatSectors, rootEntries, rootCluster } = this.layout;
    const device = this.#device;
    if (cluster === 0 && rootCluster === 0) {
      const start = (reserved + fats * fatSectors) * bytesPerSector;
      return { device, cluster: 0, pieces: [{ offset: start, length: rootEntries * 32 }], grow: () => null };
    }
    const chain = this.#table.chain(cluster === 0 ? rootCluster : cluster);
    const piece = (each: number) => ({ offset: this.#offset(each), length: this.clusterBytes });
    return {
      device,
      // A directory whose parent is the root says 0.
      cluster: cluster === rootCluster ? 0 : cluster,
      pieces: chain.map(piece),
      grow: () => {
        const [next] = this.#table.allocate(1);
        this.#writeCluster(next!, new Uint8Array());
        device.flush();
        this.#table.set(chain.at(-1)!, next!);
        chain.push(next!);
        return piece(next!);
      },
    };
  }

  #offset(cluster: number): number {
    return (
      (dataStart(this.layout) + (cluster - 2) * this.layout.sectorsPerCluster) * this.layout.bytesPerSector
    );
  }

  #writeCluster(cluster: number, data: Uint8Array): void {
    const bytes = new Uint8Array(this.clusterBytes);
    bytes.set(data);
    this.#device.write(this.#offset(cluster), bytes);
  }

  /** Writes down how much is free, where the file system has a place for it. */
  #remember(): void {
    const { infoSector, bytesPerSector } = this.layout;
    if (infoSector === 0 || infoSector === 0xffff) return;
    const at = infoSector * bytesPerSector;
    if (le32(this.#device.read(at, 4), 0) !== 0x41615252) return;
    this.#device.write(at, fsInfo(this.#table.free(), this.#table.next));
    this.#device.flush();
  }
}

const split = (path: string) => path.split('/').filter((name) => name !== '');
const missing = (path: string) => new DiskError('missing', `'${path}' does not exist`);
