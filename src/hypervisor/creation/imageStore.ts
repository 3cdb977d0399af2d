/** Base images and overlays over them: where the disks of a host's VMs lie. */
import { OsError } from '../../base/index.ts';
import {
  type ByteStore,
  createQcow2,
  type DiskImage,
  isDiskError,
  MemoryStore,
  openImage,
  probeFormat,
  SECTOR,
} from '../../disk/index.ts';
import type { BlockBackend } from '../../machine/index.ts';

/** Each call does its thing wholly, or throws an OsError and leaves all as it was. */
export interface ImageStore {
  /** Names of base images, sorted. */
  readonly images: readonly string[];
  /** Names of overlays, sorted. */
  readonly overlays: readonly string[];
  /** An empty image over `image`: ENOENT without that, EIO when it is damaged, EEXIST when there is an overlay of that name. */
  create(image: string, overlay: string): void;
  /** The overlay as a disk. Throws ENOENT, EIO. */
  open(overlay: string): BlockBackend;
  remove(overlay: string): void;
}

/** Bytes of an overlay's clusters. In memory nothing is gained by large ones, and an empty image has four of them. */
const CLUSTER = 4096;

/** Images in memory, in the format of their first bytes; overlays are qcow2. */
export class MemoryImages implements ImageStore {
  readonly #bases = new Map<string, ByteStore>();
  readonly #overlays = new Map<string, { readonly store: MemoryStore; readonly image: string }>();

  constructor(bases: Readonly<Record<string, ByteStore>>) {
    for (const [name, store] of Object.entries(bases)) this.#bases.set(name, store);
  }

  get images(): readonly string[] {
    return [...this.#bases.keys()].sort();
  }

  get overlays(): readonly string[] {
    return [...this.#overlays.keys()].sort();
  }

  create(image: string, overlay: string): void {
    if (this.#overlays.has(overlay)) throw new OsError('EEXIST', overlay);
    const backing = this.#base(image);
    const store = new MemoryStore();
    readable(() =>
      createQcow2(
        store,
        { size: backing.size, clusterSize: CLUSTER, backingFile: image, backingFormat: backing.format },
        backing,
      ).flush(),
    );
    this.#overlays.set(overlay, { store, image });
  }

  open(overlay: string): BlockBackend {
    const found = this.#overlays.get(overlay);
    if (found === undefined) throw new OsError('ENOENT', overlay);
    const backing = this.#base(found.image);
    return new ImageBackend(readable(() => openImage(found.store, 'qcow2', { backing, writable: true })));
  }

  remove(overlay: string): void {
    if (!this.#overlays.delete(overlay)) throw new OsError('ENOENT', overlay);
  }

  /** Opened for reading alone: what a VM writes goes into its overlay. */
  #base(image: string): DiskImage {
    const store = this.#bases.get(image);
    if (store === undefined) throw new OsError('ENOENT', image);
    return readable(() => openImage(store, probeFormat(store), { writable: false }));
  }
}

class ImageBackend implements BlockBackend {
  readonly #image: DiskImage;

  constructor(image: DiskImage) {
    this.#image = image;
  }

  get sectors(): number {
    return Math.floor(this.#image.size / SECTOR);
  }

  read(sector: number, target: Uint8Array): void {
    target.set(readable(() => this.#image.read(sector * SECTOR, target.length)));
  }

  write(sector: number, data: Uint8Array): void {
    readable(() => this.#image.write(sector * SECTOR, data));
  }

  flush(): void {
    readable(() => this.#image.flush());
  }
}

/** What is wrong with an image is an I/O error for whoever uses it. */
function readable<T>(access: () => T): T {
  try {
    return access();
  } catch (error) {
    throw isDiskError(error) ? new OsError('EIO', error.message) : error;
  }
}
