/**
 * What an emulator asks of its VM to send it elsewhere, or to receive one: pages of memory with a log of those written meanwhile, and
 * chunks of disks with the same. Linux' KVM has the log as KVM_GET_DIRTY_LOG; the rest an emulator does in its own memory.
 */
import { OsError } from '../../base/index.ts';
import { FRAME_BYTES, type Hypervisor, type Vm } from '../../hypervisor/index.ts';
import { type Fd, type Sys, sys } from '../../linux/index.ts';
import type { DiskBackend } from './diskBackend.ts';
import type { PageRequest } from './requests.ts';

/** Disks are copied in pieces of this size. */
export const CHUNK_BYTES = 65_536;

interface ChunkRequest {
  readonly disk: number;
  readonly chunk: number;
  /** To be written; null: zeros. Left out: it is read. */
  readonly bytes?: Uint8Array | null;
}

/** Frames that were written since the last look, or with `all` those in use. */
export function* dirtyFrames(vm: Fd, all: boolean): Sys<readonly number[]> {
  return (yield* sys.ioctl(vm, 'KVM_GET_DIRTY_LOG', { all })) as readonly number[];
}

export function* readPage(vm: Fd, frame: number): Sys<Uint8Array> {
  return (yield* sys.ioctl(vm, 'KVM_PAGE', { frame })) as Uint8Array;
}

/** Of a VM that has not booted; null: zeros. Throws OsError EINVAL outside of its RAM, ENOMEM when the host has no room. */
export function* writePage(vm: Fd, frame: number, bytes: Uint8Array | null): Sys<void> {
  yield* sys.ioctl(vm, 'KVM_PAGE', { frame, bytes });
}

/** Gives back all pages of a VM that has not booted but these. */
export function* keepPages(vm: Fd, frames: readonly number[]): Sys<void> {
  yield* sys.ioctl(vm, 'KVM_KEEP_PAGES', frames);
}

/** Chunks that were written since the last look; with `all` each of the disk, and from then on it is noted. */
export function* dirtyChunks(vm: Fd, disk: number, all: boolean): Sys<readonly number[]> {
  return (yield* sys.ioctl(vm, 'KVM_GET_DIRTY_CHUNKS', { disk, all })) as readonly number[];
}

/** The last one of a disk may be shorter. */
export function* readChunk(vm: Fd, disk: number, chunk: number): Sys<Uint8Array> {
  return (yield* sys.ioctl(vm, 'KVM_CHUNK', { disk, chunk })) as Uint8Array;
}

/** Null: zeros. Throws OsError EINVAL outside of the disk, EROFS. */
export function* writeChunk(vm: Fd, disk: number, chunk: number, bytes: Uint8Array | null): Sys<void> {
  yield* sys.ioctl(vm, 'KVM_CHUNK', { disk, chunk, bytes });
}

/** What was written by {@link writeChunk} is on the host's disk. */
export function* flushDisks(vm: Fd): Sys<void> {
  yield* sys.ioctl(vm, 'KVM_FLUSH_DISKS', null);
}

/** The network cards tell the bridges where they are now, some times. */
export function* announceCards(vm: Fd): Sys<void> {
  yield* sys.ioctl(vm, 'KVM_ANNOUNCE', null);
}

/** The kernel's side of these requests. */
export class Migrating {
  readonly #hypervisor: Hypervisor;
  readonly #vm: Vm;
  readonly #disks: readonly DiskBackend[];

  constructor(hypervisor: Hypervisor, vm: Vm, disks: readonly DiskBackend[]) {
    this.#hypervisor = hypervisor;
    this.#vm = vm;
    this.#disks = disks;
  }

  /** Throws OsError ENOTTY for a request that is none of these. */
  ioctl(request: string, argument: unknown): unknown {
    switch (request) {
      case 'KVM_GET_DIRTY_LOG':
        return this.#dirtyLog((argument as { all: boolean }).all);
      case 'KVM_PAGE':
        return this.#page(argument as PageRequest);
      case 'KVM_KEEP_PAGES':
        return this.#keep(argument as readonly number[]);
      case 'KVM_GET_DIRTY_CHUNKS': {
        const { disk, all } = argument as { readonly disk: number; readonly all: boolean };
        return this.#disk(disk).takeDirty(CHUNK_BYTES, all);
      }
      case 'KVM_CHUNK':
        return this.#chunk(argument as ChunkRequest);
      case 'KVM_FLUSH_DISKS':
        for (const { image, readOnly } of this.#disks) if (!readOnly) image.flush();
        return null;
      default:
        throw new OsError('ENOTTY');
    }
  }

  #dirtyLog(all: boolean): readonly number[] {
    // No processor goes on with a translation that says a page is noted already.
    this.#hypervisor.quiesce();
    const dirty = this.#vm.memory.takeDirty();
    this.#hypervisor.wake();
    return all ? this.#vm.memory.backed() : dirty;
  }

  #page({ frame, bytes }: PageRequest): Uint8Array | null {
    const { memory } = this.#vm;
    const address = frame * FRAME_BYTES;
    if (!Number.isSafeInteger(frame) || !memory.isRam(address, FRAME_BYTES)) throw new OsError('EINVAL');
    if (bytes === undefined)
      return memory.frameOf(frame) === null ? new Uint8Array(FRAME_BYTES) : memory.read(address, FRAME_BYTES);
    this.#requireOff();
    if (bytes !== null && bytes.length !== FRAME_BYTES) throw new OsError('EINVAL');
    if (!memory.fill(address, bytes ?? new Uint8Array(FRAME_BYTES))) throw new OsError('ENOMEM');
    return null;
  }

  #keep(frames: readonly number[]): null {
    this.#requireOff();
    const kept = new Set(frames);
    const { memory } = this.#vm;
    for (const frame of memory.backed()) if (!kept.has(frame)) memory.unback(frame);
    return null;
  }

  #chunk({ disk, chunk, bytes }: ChunkRequest): Uint8Array | null {
    const { image, readOnly } = this.#disk(disk);
    const start = chunk * CHUNK_BYTES;
    if (!Number.isSafeInteger(chunk) || start < 0 || start >= image.size) throw new OsError('EINVAL');
    const length = Math.min(CHUNK_BYTES, image.size - start);
    if (bytes === undefined) return image.read(start, length);
    this.#requireOff();
    if (readOnly) throw new OsError('EROFS');
    if (bytes === null) image.writeZeroes(start, length);
    else if (bytes.length === length) image.write(start, bytes);
    else throw new OsError('EINVAL');
    return null;
  }

  #disk(at: number): DiskBackend {
    const disk = this.#disks[at];
    if (disk === undefined) throw new OsError('EINVAL');
    return disk;
  }

  #requireOff(): void {
    if (this.#vm.stopped === null) throw new OsError('EBUSY');
  }
}
