/** The hypervisor's own block back end over the same calls that a replacement has (virtio 1.2, 2.7 and 5.2.6). */
import { isOsError } from '../../base/index.ts';
import type { Service, ServiceImage, ServiceMemory, ServiceQueue } from '../policies/types.ts';

/** Descriptor flags (2.7.5). */
const NEXT = 1;
const WRITE = 2;
const INDIRECT = 4;
const DESCRIPTOR_SIZE = 16;
/** The driver asks for no interrupt (2.7.7). */
const NO_INTERRUPT = 1;
/** Request types and status values (5.2.6). */
const T_IN = 0;
const T_OUT = 1;
const T_FLUSH = 4;
const S_OK = 0;
const S_IOERR = 1;
const S_UNSUPP = 2;
const HEADER_SIZE = 16;
const SECTOR = 512;
/** Sectors moved at a time, so that no request takes memory at will. */
const CHUNK = 128;

interface Segment {
  readonly address: number;
  readonly length: number;
}

interface Chain {
  readonly readable: readonly Segment[];
  readonly writable: readonly Segment[];
}

/** Throws an error when the driver breaks a rule that leaves nothing sensible to do; the device then needs a reset. */
export const ownService: Service = (queue, memory, image) => {
  let { nextAvailable, nextUsed } = queue;
  for (;;) {
    const ahead = (memory.read16(queue.available + 2) - nextAvailable) & 0xffff;
    if (ahead === 0) break;
    if (ahead > queue.size) throw new Error(`${ahead} chains available in a queue of ${queue.size}`);
    const head = memory.read16(queue.available + 4 + 2 * (nextAvailable % queue.size));
    const written = serve(chainOf(queue, memory, head), memory, image);
    const element = queue.used + 4 + 8 * (nextUsed % queue.size);
    memory.write32(element, head);
    memory.write32(element + 4, written);
    nextAvailable = (nextAvailable + 1) & 0xffff;
    nextUsed = (nextUsed + 1) & 0xffff;
    // 2.7.8.2: the index after the element.
    memory.write16(queue.used + 2, nextUsed);
  }
  const served = nextUsed !== queue.nextUsed;
  return {
    nextAvailable,
    nextUsed,
    interrupt: served && (memory.read16(queue.available) & NO_INTERRUPT) === 0,
  };
};

/** All descriptors from `head` on: those to read before those to write (2.7.4.2). */
function chainOf(queue: ServiceQueue, memory: ServiceMemory, head: number): Chain {
  const readable: Segment[] = [];
  const writable: Segment[] = [];
  let index = head;
  for (let steps = 0; ; steps++) {
    if (steps === queue.size) throw new Error(`the chain from descriptor ${head} is a loop`);
    if (index >= queue.size) throw new Error(`descriptor ${index} of a table of ${queue.size}`);
    const at = queue.descriptors + DESCRIPTOR_SIZE * index;
    const address = memory.read32(at) + memory.read32(at + 4) * 2 ** 32;
    const segment = { address, length: memory.read32(at + 8) };
    const flags = memory.read16(at + 12);
    // 2.7.5.3.1: only where VIRTIO_F_INDIRECT_DESC was negotiated, and it is not offered here.
    if (flags & INDIRECT) throw new Error(`descriptor ${index} is indirect, which was not offered`);
    if (flags & WRITE) writable.push(segment);
    else if (writable.length > 0) throw new Error('a device-readable descriptor after a device-writable one');
    else readable.push(segment);
    if ((flags & NEXT) === 0) return { readable, writable };
    index = memory.read16(at + 14);
  }
}

/** Serves one request; returns how many bytes were written into the chain, its status included. */
function serve({ readable, writable }: Chain, memory: ServiceMemory, image: ServiceImage): number {
  const room = sizeOf(writable);
  const sent = sizeOf(readable);
  if (sent < HEADER_SIZE) throw new Error(`a request with ${sent} readable bytes`);
  if (room < 1) throw new Error('a request without a byte for its status');
  const header = new DataView(gather(memory, readable, 0, HEADER_SIZE).buffer);
  const type = header.getUint32(0, true);
  const sector = header.getUint32(8, true) + header.getUint32(12, true) * 2 ** 32;
  // 5.2.6: the status is the last byte of what the device may write.
  const finish = (status: number, data: number) => {
    scatter(memory, writable, room - 1, Uint8Array.of(status));
    return data + 1;
  };
  const fits = (bytes: number) =>
    bytes % SECTOR === 0 && sector <= image.sectors && bytes / SECTOR <= image.sectors - sector;
  switch (type) {
    case T_IN: {
      const bytes = room - 1;
      if (!fits(bytes)) return finish(S_IOERR, 0);
      const done = attempt(bytes / SECTOR, (from, count) =>
        scatter(memory, writable, from * SECTOR, image.read(sector + from, count)),
      );
      return done ? finish(S_OK, bytes) : finish(S_IOERR, 0);
    }
    case T_OUT: {
      const bytes = sent - HEADER_SIZE;
      // 5.2.6.2: on a read-only device a write fails and writes nothing.
      if (image.readOnly || !fits(bytes)) return finish(S_IOERR, 0);
      const done = attempt(bytes / SECTOR, (from, count) =>
        image.write(sector + from, gather(memory, readable, HEADER_SIZE + from * SECTOR, count * SECTOR)),
      );
      return finish(done ? S_OK : S_IOERR, 0);
    }
    case T_FLUSH:
      return finish(attempt(1, () => image.flush()) ? S_OK : S_IOERR, 0);
    default:
      return finish(S_UNSUPP, 0);
  }
}

/** Moves `sectors` sectors, some at a time. False when the disk fails, which is an I/O error for the guest; guest memory that is none is not. */
function attempt(sectors: number, move: (from: number, count: number) => void): boolean {
  try {
    for (let from = 0; from < sectors; from += CHUNK) move(from, Math.min(CHUNK, sectors - from));
    return true;
  } catch (error) {
    if (!isOsError(error) || error.code === 'EFAULT') throw error;
    return false;
  }
}

const sizeOf = (segments: readonly Segment[]) => segments.reduce((sum, { length }) => sum + length, 0);

/** `length` bytes from `offset` of the segments on, whatever their borders are. */
function gather(
  memory: ServiceMemory,
  segments: readonly Segment[],
  offset: number,
  length: number,
): Uint8Array {
  const bytes = new Uint8Array(length);
  each(segments, offset, length, (address, at, count) => bytes.set(memory.read(address, count), at));
  return bytes;
}

function scatter(
  memory: ServiceMemory,
  segments: readonly Segment[],
  offset: number,
  bytes: Uint8Array,
): void {
  each(segments, offset, bytes.length, (address, at, count) =>
    memory.write(address, bytes.subarray(at, at + count)),
  );
}

function each(
  segments: readonly Segment[],
  offset: number,
  length: number,
  visit: (address: number, at: number, count: number) => void,
): void {
  let start = 0;
  for (const segment of segments) {
    const from = Math.max(offset, start);
    const to = Math.min(offset + length, start + segment.length);
    if (from < to) visit(segment.address + from - start, from - offset, to - from);
    start += segment.length;
  }
}
