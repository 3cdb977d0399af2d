/** The world behind the figure: qcow2 images of the book's own disk room, in memory. */
import { decodeUtf8, encodeUtf8 } from '../../base/index.ts';
import {
  chainRuns,
  createQcow2,
  type DiskImage,
  MemoryStore,
  type Qcow2Image,
  SECTOR,
} from '../../disk/index.ts';
import { BASE, CLUSTER, CLUSTERS, DISKS, type Disk, type Operation } from './scenario.ts';

/** What a cluster of one file is. */
export type Cell =
  | { readonly kind: 'absent' }
  /** Text of its first sector. */
  | { readonly kind: 'data'; readonly text: string };

export interface Row {
  readonly cluster: number;
  /** In each file that exists; null when it does not. */
  readonly files: Readonly<Record<Disk, Cell | null>>;
  /** What each machine reads, and from which file; null for a machine that does not exist. */
  readonly seen: Readonly<
    Record<'web1' | 'web2', { readonly text: string; readonly from: Disk | null } | null>
  >;
}

export interface Frame {
  readonly rows: readonly Row[];
  /** Bytes of each file; null when it does not exist. */
  readonly sizes: Readonly<Record<Disk, number | null>>;
}

export class CloneWorld {
  readonly #images = new Map<Disk, Qcow2Image>();

  constructor() {
    const base = createQcow2(new MemoryStore(), { size: CLUSTERS * CLUSTER });
    for (const [cluster, text] of BASE.entries())
      if (text !== null) base.write(cluster * CLUSTER, filled(text, CLUSTER / SECTOR));
    this.#images.set('base', base);
  }

  get frame(): Frame {
    return {
      rows: Array.from({ length: CLUSTERS }, (_, cluster) => this.#row(cluster)),
      sizes: byDisk((disk) => this.#images.get(disk)?.store.size ?? null),
    };
  }

  /** Does an operation; what happened, in sentences. A disk that does not exist yet is told, too. */
  run(operation: Operation): readonly string[] {
    if (operation.kind === 'create') return this.#create(operation.disk);
    const image = this.#images.get(operation.disk);
    if (image === undefined) return [`There is no ${operation.disk}.qcow2 yet.`];
    if (operation.kind === 'read') return this.#read(image, operation);
    return this.#write(image, operation);
  }

  #create(disk: 'web1' | 'web2'): readonly string[] {
    const base = this.#images.get('base')!;
    const options = { size: base.size, backingFile: 'base.qcow2', backingFormat: 'qcow2' };
    const image = createQcow2(new MemoryStore(), options, base);
    this.#images.set(disk, image);
    return [
      `${disk}.qcow2 has ${image.store.size} bytes: a header, a table of reference counts, and an L1 table without entries.`,
    ];
  }

  #read(image: Qcow2Image, { disk, cluster }: Operation & { kind: 'read' }): readonly string[] {
    const text = textAt(image, cluster);
    const from = this.#answers(image, cluster);
    const own = `${disk}.qcow2 has no cluster ${cluster}`;
    if (from === null) return [`No file holds cluster ${cluster}: it reads as zeros.`];
    if (from === disk) return [`${disk}.qcow2 has the cluster itself, and reads “${text}”.`];
    return [`${own}.`, `Its backing file ${from}.qcow2 has it, and reads “${text}”. Nothing is copied.`];
  }

  #write(image: Qcow2Image, operation: Operation & { kind: 'write' }): readonly string[] {
    const { disk, cluster, text } = operation;
    const before = image.store.size;
    const had = image.status(cluster * CLUSTER, CLUSTER).kind !== 'unallocated';
    const from = this.#answers(image, cluster);
    image.write(cluster * CLUSTER, filled(text, 1));
    const { offset } = image.status(cluster * CLUSTER, CLUSTER);
    const place = `at byte ${offset} of ${disk}.qcow2`;
    if (had) return [`The cluster lies ${place} already; the ${SECTOR} bytes are written there.`];
    const rest = `The other ${CLUSTER - SECTOR} bytes`;
    return [
      `A new cluster is taken, ${place}; the file grows by ${image.store.size - before} bytes, its tables included.`,
      from === null
        ? `${rest} are zeros, since no file holds anything there.`
        : `${rest} are read from ${from}.qcow2 and copied along with it.`,
      'Last, an entry of the L2 table leads to the new cluster.',
    ];
  }

  #row(cluster: number): Row {
    const cell = (disk: Disk): Cell | null => {
      const image = this.#images.get(disk);
      if (image === undefined) return null;
      const { kind } = image.status(cluster * CLUSTER, CLUSTER);
      return kind === 'unallocated' ? { kind: 'absent' } : { kind: 'data', text: textAt(image, cluster) };
    };
    const seen = (disk: 'web1' | 'web2') => {
      const image = this.#images.get(disk);
      if (image === undefined) return null;
      return { text: textAt(image, cluster), from: this.#answers(image, cluster) };
    };
    return { cluster, files: byDisk(cell), seen: { web1: seen('web1'), web2: seen('web2') } };
  }

  /** Which file of the chain holds a cluster; null when none does. */
  #answers(image: DiskImage, cluster: number): Disk | null {
    const [run] = chainRuns(image, cluster * CLUSTER, (cluster + 1) * CLUSTER);
    if (run === undefined || !run.present) return null;
    return DISKS.find((disk) => this.#images.get(disk) === run.image) ?? null;
  }
}

function byDisk<T>(of: (disk: Disk) => T): Record<Disk, T> {
  return { base: of('base'), web1: of('web1'), web2: of('web2') };
}

/** `sectors` sectors, each beginning with `text`. */
function filled(text: string, sectors: number): Uint8Array {
  const bytes = new Uint8Array(sectors * SECTOR);
  for (let sector = 0; sector < sectors; sector++) bytes.set(encodeUtf8(text), sector * SECTOR);
  return bytes;
}

/** The text at the beginning of a cluster; empty for zeros. */
function textAt(image: DiskImage, cluster: number): string {
  const sector = image.read(cluster * CLUSTER, SECTOR);
  return decodeUtf8(sector.subarray(0, sector.indexOf(0)));
}
