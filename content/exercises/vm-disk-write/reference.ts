/**
 * The reference model: what has to come of a case, told from what the driver meant and not from the bytes in the rings. Written apart
 * from the solution and from the book's own device.
 */
import { type Case, dataByte, dataLength, FLUSH, IN, OUT, type Request, SECTOR } from './cases.ts';
import type { Laid } from './machine.ts';

/** The status byte of a request (virtio 1.2, 5.2.6). */
export const OK = 0;
export const IOERR = 1;
export const UNSUPP = 2;
export const STATUS_NAMES = ['OK', 'IOERR', 'UNSUPP'];

/** What has to become of one chain. */
export interface Answer {
  /** Null: the chain breaks a rule, and no byte of it may change. */
  readonly status: number | null;
  /** What the device may say that it wrote: see {@link answerTo}. */
  readonly lengths: readonly number[];
  /** Data that the guest reads; empty where it gets none. */
  readonly data: Uint8Array;
}

export interface Expected {
  readonly answers: readonly Answer[];
  readonly image: Uint8Array;
  readonly interrupt: boolean;
  /** For each request that is a FLUSH and is answered OK: sector → its bytes that must survive a power cut from then on. */
  readonly durable: ReadonlyMap<number, ReadonlyMap<number, Uint8Array>>;
}

export function expect(tried: Case, laid: Laid): Expected {
  const image = laid.image.slice();
  const durable = new Map<number, Map<number, Uint8Array>>();
  const written = new Set<number>();
  const answers = tried.requests.map((request, number) => {
    const answer = answerTo(request, tried, image);
    if (answer.status !== OK) return answer;
    if (request.type === OUT) {
      const count = dataLength(request);
      for (let at = 0; at < count; at++) image[request.sector * SECTOR + at] = dataByte(number, at);
      for (let at = 0; at < count / SECTOR; at++) written.add(request.sector + at);
    }
    if (request.type === FLUSH) {
      const later = writtenAfter(tried, number);
      const safe = [...written].filter((sector) => !later.has(sector));
      durable.set(
        number,
        new Map(safe.map((sector) => [sector, image.slice(sector * SECTOR, (sector + 1) * SECTOR)])),
      );
    }
    return answer;
  });
  return { answers, image, durable, interrupt: answers.length > 0 && !tried.noInterrupt };
}

/** Sectors that later requests of the batch write as well: what of them is durable at a flush is nobody's promise. */
function writtenAfter(tried: Case, number: number): Set<number> {
  const sectors = new Set<number>();
  for (const request of tried.requests.slice(number + 1)) {
    if (request.type !== OUT) continue;
    for (let at = 0; at < dataLength(request) / SECTOR; at++) sectors.add(request.sector + at);
  }
  return sectors;
}

/**
 * A read that went well writes its data and the status byte; everything else the status byte alone. 2.7.8 leaves open whether a device
 * that fails counts the data, which it has not written.
 */
function answerTo(request: Request, tried: Case, image: Uint8Array): Answer {
  const nothing = new Uint8Array(0);
  if (request.fault !== undefined) return { status: null, lengths: [0], data: nothing };
  const count = dataLength(request);
  const status = statusOf(request, tried);
  const read = status === OK && request.type === IN;
  const start = request.sector * SECTOR;
  return {
    status,
    lengths: read ? [count + 1] : request.type === IN ? [1, count + 1] : [1],
    data: read ? image.slice(start, start + count) : nothing,
  };
}

function statusOf(request: Request, { sectors, readOnly, broken }: Case): number {
  const count = dataLength(request);
  const inside = count % SECTOR === 0 && request.sector <= sectors - count / SECTOR;
  switch (request.type) {
    case IN:
      return inside && broken !== 'read' ? OK : IOERR;
    case OUT:
      return inside && !readOnly && broken !== 'write' ? OK : IOERR;
    case FLUSH:
      return broken === 'flush' ? IOERR : OK;
    default:
      return UNSUPP;
  }
}
