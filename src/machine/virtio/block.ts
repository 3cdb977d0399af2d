/** The block device (virtio 1.2, 5.2). Requests are served one after the other, as by one disk. */
import { isOsError, type Nanos, type Trace } from '../../base/index.ts';
import type { DescriptorChain } from './descriptorChain.ts';
import type { VirtioDevice, VirtioLink } from './device.ts';
import { driverMust } from './driverError.ts';

export const SECTOR_SIZE = 512;

/** What a block device stores into: an image, a file, an array. A failing access throws an OsError. */
export interface BlockBackend {
  /** The capacity now, in sectors of {@link SECTOR_SIZE} bytes. */
  readonly sectors: number;
  /** True when nothing can be written. */
  readonly readOnly?: boolean;
  /**
   * A backend that decides for each request where it goes, and whether at all: asked once for all of it instead of a look at the capacity,
   * `sector` being any 64-bit number. The accesses that follow begin at the sector that it gives. Throws an OsError to refuse.
   */
  locate?(sector: number, count: number): number;
  /** Fills `target`, a whole number of sectors, from `sector` on. The range lies inside of the capacity. */
  read(sector: number, target: Uint8Array): void;
  /** Writes `data`, a whole number of sectors, from `sector` on. The range lies inside of the capacity. */
  write(sector: number, data: Uint8Array): void;
  /** What was written before is on stable storage when this returns. */
  flush(): void;
  /** Forgets `count` sectors: they read as anything. A backend without it has no discard command. */
  discard?(sector: number, count: number): void;
}

/** The time a request takes: one seek, and each sector at about 500 MB/s. */
export const BLOCK_LATENCY: Nanos = 20_000;
export const BLOCK_SECTOR_TIME: Nanos = 1_000;

/** Feature bits (5.2.3). */
const F_SEG_MAX = 1n << 2n;
const F_RO = 1n << 5n;
const F_FLUSH = 1n << 9n;
const F_DISCARD = 1n << 13n;
/** Request types and status values (5.2.6). */
const T_IN = 0;
const T_OUT = 1;
const T_FLUSH = 4;
const T_GET_ID = 8;
const T_DISCARD = 11;
const S_OK = 0;
const S_IOERR = 1;
const S_UNSUPP = 2;

const QUEUE_SIZE = 256;
const HEADER_SIZE = 16;
const ID_SIZE = 20;
/** Bytes moved between memory and backend at a time. */
const CHUNK = 64 * 1024;
const DISCARD_SEGMENT = 16;
/** Limits told in the configuration space (5.2.4). */
const MAX_DISCARD_SECTORS = 1 << 20;
const MAX_DISCARD_SEGMENTS = 16;

interface Request {
  readonly type: number;
  /** A 64-bit number; not exact past 2^53, where no capacity reaches. */
  readonly sector: number;
  readonly chain: DescriptorChain;
  /** Bytes of data, to read or to write. */
  readonly bytes: number;
}

export class BlockDevice implements VirtioDevice {
  readonly id = 2;
  readonly features: bigint;
  readonly queueSizes = [QUEUE_SIZE];
  readonly #name: string;
  readonly #backend: BlockBackend;
  readonly #identity: Uint8Array;
  readonly #trace: Trace | null;
  #link: VirtioLink | null = null;
  #busyUntil: Nanos = 0;

  /** `identity` is what GET_ID gives: at most 20 bytes of ASCII. `name` is the trace's subject. */
  constructor(name: string, backend: BlockBackend, identity: string, trace: Trace | null = null) {
    this.#name = name;
    this.#backend = backend;
    this.#identity = new Uint8Array(ID_SIZE);
    for (let i = 0; i < Math.min(ID_SIZE, identity.length); i++) this.#identity[i] = identity.charCodeAt(i);
    this.#trace = trace;
    this.features = F_SEG_MAX | F_FLUSH | (backend.readOnly ? F_RO : backend.discard ? F_DISCARD : 0n);
  }

  attach(link: VirtioLink): void {
    this.#link = link;
  }

  /** 5.2.4: capacity, seg_max (a chain also holds header and status) and the limits of discard. */
  config(): Uint8Array {
    const config = new Uint8Array(60);
    const view = new DataView(config.buffer);
    view.setBigUint64(0, BigInt(this.#backend.sectors), true);
    view.setUint32(12, QUEUE_SIZE - 2, true);
    if (this.features & F_DISCARD) {
      view.setUint32(36, MAX_DISCARD_SECTORS, true);
      view.setUint32(40, MAX_DISCARD_SEGMENTS, true);
      view.setUint32(44, 1, true);
    }
    return config;
  }

  /** The capacity changed. */
  resized(): void {
    this.#link?.configChanged();
  }

  reset(): void {
    this.#busyUntil = 0;
  }

  notify(queue: number): void {
    const link = this.#link!;
    for (let chain = link.pop(queue); chain; chain = link.pop(queue)) {
      const request = parse(chain);
      const time = BLOCK_LATENCY + Math.ceil(request.bytes / SECTOR_SIZE) * BLOCK_SECTOR_TIME;
      this.#busyUntil = Math.max(this.#busyUntil, link.now) + time;
      link.after(this.#busyUntil - link.now, () => this.#complete(request));
    }
  }

  #complete(request: Request): void {
    const { chain, type, sector, bytes } = request;
    const { status, written } = this.#serve(request);
    // 5.2.6: the status is the last byte of the writable part.
    chain.writable.write(chain.writable.length - 1, Uint8Array.of(status));
    this.#trace?.emit('block.request', this.#name, { type, sector, bytes, status });
    this.#link!.push(0, chain, written + 1);
  }

  #serve(request: Request): { status: number; written: number } {
    try {
      switch (request.type) {
        case T_IN:
          return this.#read(request);
        case T_OUT:
          return { status: this.#write(request), written: 0 };
        case T_FLUSH:
          this.#backend.flush();
          return { status: S_OK, written: 0 };
        case T_GET_ID:
          return this.#getId(request);
        case T_DISCARD:
          return { status: this.#discard(request), written: 0 };
        default:
          return { status: S_UNSUPP, written: 0 };
      }
    } catch (error) {
      if (!isOsError(error)) throw error;
      return { status: S_IOERR, written: 0 };
    }
  }

  #read({ chain, sector, bytes }: Request): { status: number; written: number } {
    const first = this.#locate(sector, bytes);
    if (first === null) return { status: S_IOERR, written: 0 };
    for (let at = 0; at < bytes; at += CHUNK) {
      const part = new Uint8Array(Math.min(CHUNK, bytes - at));
      this.#backend.read(first + at / SECTOR_SIZE, part);
      chain.writable.write(at, part);
    }
    return { status: S_OK, written: bytes };
  }

  #write({ chain, sector, bytes }: Request): number {
    // 5.2.6.2: on a read-only device a write fails and writes nothing.
    const first = this.#backend.readOnly ? null : this.#locate(sector, bytes);
    if (first === null) return S_IOERR;
    for (let at = 0; at < bytes; at += CHUNK) {
      this.#backend.write(
        first + at / SECTOR_SIZE,
        chain.readable.read(HEADER_SIZE + at, Math.min(CHUNK, bytes - at)),
      );
    }
    return S_OK;
  }

  #getId({ chain, bytes }: Request): { status: number; written: number } {
    if (bytes < ID_SIZE) return { status: S_IOERR, written: 0 };
    return { status: S_OK, written: chain.writable.write(0, this.#identity) };
  }

  /** 5.2.6.2: whole segments, no unknown flag, the limits kept; nothing is done when one of them is wrong. */
  #discard({ chain, bytes }: Request): number {
    const backend = this.#backend;
    if (!(this.#link!.features & F_DISCARD) || !backend.discard) return S_UNSUPP;
    const count = bytes / DISCARD_SEGMENT;
    if (!Number.isInteger(count) || count === 0 || count > MAX_DISCARD_SEGMENTS) return S_IOERR;
    const data = chain.readable.read(HEADER_SIZE, bytes);
    const view = new DataView(data.buffer);
    const segments = Array.from({ length: count }, (_, i) => ({
      sector: load64(view, i * DISCARD_SEGMENT),
      sectors: view.getUint32(i * DISCARD_SEGMENT + 8, true),
      flags: view.getUint32(i * DISCARD_SEGMENT + 12, true),
    }));
    // 5.2.6.2: "unmap" is reserved for discard, so that any flag makes the command unsupported.
    if (segments.some(({ flags }) => flags !== 0)) return S_UNSUPP;
    if (segments.some(({ sectors }) => sectors > MAX_DISCARD_SECTORS)) return S_IOERR;
    const firsts = segments.map(({ sector, sectors }) => this.#locate(sector, sectors * SECTOR_SIZE));
    if (firsts.includes(null)) return S_IOERR;
    for (const [i, { sectors }] of segments.entries()) backend.discard(firsts[i]!, sectors);
    return S_OK;
  }

  /** Where a request goes; null when it is not whole sectors inside of the capacity, compared so that a sector near 2^64 does not wrap. */
  #locate(sector: number, bytes: number): number | null {
    const { sectors: capacity } = this.#backend;
    const count = bytes / SECTOR_SIZE;
    if (!Number.isInteger(count)) return null;
    if (this.#backend.locate) return this.#backend.locate(sector, count);
    return sector <= capacity && count <= capacity - sector ? sector : null;
  }
}

/** 5.2.6: a readable header of 16 bytes, and at least one writable byte for the status, whatever the descriptors' borders are. */
function parse(chain: DescriptorChain): Request {
  driverMust(chain.readable.length >= HEADER_SIZE, `a request with ${chain.readable.length} readable bytes`);
  driverMust(chain.writable.length >= 1, 'a request without a byte for its status');
  const header = new DataView(chain.readable.read(0, HEADER_SIZE).buffer);
  const type = header.getUint32(0, true);
  const data =
    type === T_IN || type === T_GET_ID ? chain.writable.length - 1 : chain.readable.length - HEADER_SIZE;
  return { type, sector: load64(header, 8), chain, bytes: data };
}

function load64(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
}
