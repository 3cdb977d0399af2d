/** tmpfs(5): files that are memory, as Linux' mm/shmem.c has them. */
import { OsError } from '../../base/index.ts';
import { MemFs } from '../fs/index.ts';
import type { Kernel } from '../kernel.ts';

const PAGE = 4096;
const UNITS = ['', 'k', 'm', 'g', 't'];

/** `size=`: bytes with a unit, or a share of the machine's memory (`50%`), in whole pages. EINVAL. */
function bytesOf(size: string, memory: number): number {
  const [, digits, unit] = /^(\d+)([kmgt%]?)$/i.exec(size) ?? [];
  if (digits === undefined) throw new OsError('EINVAL');
  const bytes =
    unit === '%'
      ? (Number(digits) * memory) / 100
      : Number(digits) * 2 ** (10 * UNITS.indexOf(unit!.toLowerCase()));
  return Math.ceil(bytes / PAGE) * PAGE;
}

/** Half of the machine's memory. */
const usualCapacity = (memory: number) => Math.ceil(memory / 2 / PAGE) * PAGE;

function capacityOf(options: ReadonlyMap<string, string>, memory: number): number {
  const size = options.get('size');
  return size === undefined ? usualCapacity(memory) : bytesOf(size, memory);
}

/** Null when no number is given. */
function idOf(options: ReadonlyMap<string, string>, key: 'uid' | 'gid'): number | null {
  const text = options.get(key);
  const id = text === undefined ? Number.NaN : Number.parseInt(text, 10);
  return Number.isNaN(id) ? null : id;
}

/** Mostly it is of whoever mounts it. */
const NO_OWNER: readonly string[] = [];

export class TmpFs extends MemFs {
  readonly #kernel: Kernel;
  readonly #mode: number;
  readonly #owner: readonly string[];

  /** Its root is of whoever mounts it, unless the options say otherwise. EINVAL. */
  constructor(kernel: Kernel, dev: number, options: ReadonlyMap<string, string>) {
    const mode = Number.parseInt(options.get('mode') ?? '1777', 8);
    const { memory } = kernel.options;
    super({
      type: 'tmpfs',
      dev,
      clock: kernel.clock,
      rootMode: mode,
      charge: kernel.memory.share,
      capacity: capacityOf(options, memory),
    });
    this.#kernel = kernel;
    this.#mode = mode;
    const owner = ['uid', 'gid'].filter((key) => Number(options.get(key) ?? 0) !== 0);
    this.#owner = owner.length === 0 ? NO_OWNER : owner.map((key) => `${key}=${options.get(key)}`);
    const { euid, egid, userNs } = kernel.current!.credentials;
    const [givenUid, givenGid] = [idOf(options, 'uid'), idOf(options, 'gid')];
    const uid = givenUid === null ? euid : userNs.hostUid(givenUid);
    const gid = givenGid === null ? egid : userNs.hostGid(givenGid);
    if (uid === null || gid === null) throw new OsError('EINVAL');
    this.root.setAttr({ uid, gid });
  }

  /** What is not as it is without options: shmem_show_options(). */
  override options(): string {
    const usual = usualCapacity(this.#kernel.options.memory);
    return [
      ...(this.capacity === usual ? [] : [`size=${this.capacity / 1024}k`]),
      ...(this.#mode === 0o1777 ? [] : [`mode=${this.#mode.toString(8).padStart(3, '0')}`]),
      ...this.#owner,
    ].join(',');
  }

  /** Only its size can be another one: shmem_reconfigure(). EINVAL where that is too small for what it holds. */
  reconfigure(options: ReadonlyMap<string, string>): void {
    const size = options.get('size');
    if (size === undefined) return;
    const capacity = bytesOf(size, this.#kernel.options.memory);
    if (capacity < this.used) {
      this.#kernel.log.write('tmpfs: Too small a size for current use');
      throw new OsError('EINVAL');
    }
    this.capacity = capacity;
  }
}
