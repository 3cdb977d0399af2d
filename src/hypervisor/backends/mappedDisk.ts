/** A VM's disk that is a part of a volume of the host, at the place that a policy says. */
import { OsError } from '../../base/index.ts';
import type { BlockBackend } from '../../machine/index.ts';
import { consultOr, fieldsOf, wholeNumber } from '../policies/consult.ts';
import type { BlockMapping, DiskView, MapBlock, ReportPolicyFault } from '../policies/types.ts';

/** Sectors of the disk alone, where they lie in the volume. */
export const ownSectors: MapBlock = (disk, sector, count) =>
  sector <= disk.sectors && count <= disk.sectors - sector
    ? { sector: disk.first + sector, count }
    : { error: `sectors ${sector} + ${count} are not on ${disk.name}` };

export interface MappedDiskOptions {
  readonly disk: DiskView;
  /** The disks of several VMs lie in it. */
  readonly volume: BlockBackend;
  /** Asked for each request; the disk's own sectors when it is left out. */
  readonly mapBlock?: MapBlock;
  /** Hears when it threw or answered nonsense: an I/O error for the guest. */
  readonly onPolicyFault?: ReportPolicyFault;
}

export class MappedDisk implements BlockBackend {
  readonly #options: MappedDiskOptions;

  constructor(options: MappedDiskOptions) {
    this.#options = options;
  }

  get sectors(): number {
    return this.#options.disk.sectors;
  }

  get readOnly(): boolean {
    return this.#options.disk.readOnly;
  }

  locate(sector: number, count: number): number {
    const { disk, volume, mapBlock = ownSectors, onPolicyFault = () => {} } = this.#options;
    const mapping = consultOr<BlockMapping>(
      { policy: 'mapBlock', subject: disk.name },
      () => mapBlock(Object.freeze({ ...disk }), sector, count),
      (answer) => readMapping(answer, count, volume.sectors),
      onPolicyFault,
      () => ({ error: 'the policy failed' }),
    );
    if ('error' in mapping) throw new OsError('EIO', mapping.error);
    return mapping.sector;
  }

  /** `sector` is one of the volume, as {@link locate} gave it; so are those below. */
  read(sector: number, target: Uint8Array): void {
    this.#options.volume.read(sector, target);
  }

  write(sector: number, data: Uint8Array): void {
    this.#options.volume.write(sector, data);
  }

  flush(): void {
    this.#options.volume.flush();
  }
}

function readMapping(answer: unknown, count: number, capacity: number): BlockMapping {
  const { error, ...range } = fieldsOf(answer);
  if (typeof error === 'string') return { error };
  return {
    count: wholeNumber(range['count'], 'count', count, count),
    sector: wholeNumber(range['sector'], 'sector', 0, capacity - count),
  };
}
