/**
 * What an emulator sends to the one that takes its VM over. After QEMU's magic come records: a type, the length of what follows in 4 bytes,
 * and that. Pages and chunks may come more than once: the last one counts. The end of a round is answered
 * when all before it is there, and the last record when the machine is: by one byte, or why not.
 */
import { concatBytes, decodeUtf8, encodeUtf8, OsError } from '../../../base/index.ts';
import type { MachineState } from '../../../hypervisor/index.ts';

const MAGIC = encodeUtf8('QEVM');
/** Type and length. */
const PREFIX = 5;
/** No record is as long: the longest names the pages of 2 GiB. */
const RECORD_MAX = 2 ** 26;
export const ROUND_THERE = 5;
export const TAKEN_OVER = 6;
export const REFUSED = 21;

/** What the other side's VM has to be like. */
export interface StreamHead {
  /** Bytes of RAM. */
  readonly memory: number;
  /** Bytes of each disk that is copied; null for one that both sides have. */
  readonly disks: readonly (number | null)[];
}

export interface StreamState {
  readonly machine: MachineState;
  /** All pages in use. */
  readonly frames: readonly number[];
}

export type StreamRecord =
  | { readonly type: 'head'; readonly head: StreamHead }
  /** Null: all zeros. */
  | { readonly type: 'page'; readonly frame: number; readonly bytes: Uint8Array | null }
  | {
      readonly type: 'chunk';
      readonly disk: number;
      readonly chunk: number;
      readonly bytes: Uint8Array | null;
    }
  | { readonly type: 'round' }
  /** The last one. */
  | { readonly type: 'state'; readonly state: StreamState };

const TYPES = { head: 1, page: 2, zeroPage: 3, chunk: 4, zeroChunk: 5, state: 6, round: 7 } as const;

export const isZero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0);

function numbers(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  for (const [i, value] of values.entries()) view.setUint32(4 * i, value, true);
  return bytes;
}

function framed(type: number, body: Uint8Array): Uint8Array {
  return concatBytes([Uint8Array.of(type), numbers(body.length), body]);
}

const json = (value: object): Uint8Array => encodeUtf8(JSON.stringify(value));

/** The magic is before the head. Pages and chunks of zeros are told as such. */
export function encodeRecord(record: StreamRecord): Uint8Array {
  switch (record.type) {
    case 'head':
      return concatBytes([MAGIC, framed(TYPES.head, json(record.head))]);
    case 'page': {
      const { frame, bytes } = record;
      if (bytes === null) return framed(TYPES.zeroPage, numbers(frame));
      return framed(TYPES.page, concatBytes([numbers(frame), bytes]));
    }
    case 'chunk': {
      const { disk, chunk, bytes } = record;
      if (bytes === null) return framed(TYPES.zeroChunk, numbers(disk, chunk));
      return framed(TYPES.chunk, concatBytes([numbers(disk, chunk), bytes]));
    }
    case 'round':
      return framed(TYPES.round, new Uint8Array(0));
    case 'state':
      return framed(TYPES.state, json(record.state));
  }
}

/** Bytes as they come → records. */
export class Records {
  #rest: Uint8Array = new Uint8Array(0);
  #begun = false;

  /** What the bytes complete. Throws OsError EINVAL for what {@link encodeRecord} has not made. */
  take(bytes: Uint8Array): StreamRecord[] {
    this.#rest = concatBytes([this.#rest, bytes]);
    if (!this.#begun) {
      if (this.#rest.length < MAGIC.length) return [];
      if (!MAGIC.every((byte, i) => this.#rest[i] === byte))
        throw new OsError('EINVAL', 'Not a migration stream');
      this.#rest = this.#rest.slice(MAGIC.length);
      this.#begun = true;
    }
    const records: StreamRecord[] = [];
    let at = 0;
    for (;;) {
      const view = new DataView(this.#rest.buffer, this.#rest.byteOffset);
      if (this.#rest.length - at < PREFIX) break;
      const length = view.getUint32(at + 1, true);
      if (length > RECORD_MAX) throw malformed();
      const end = at + PREFIX + length;
      if (this.#rest.length < end) break;
      records.push(decode(this.#rest[at]!, this.#rest.subarray(at + PREFIX, end)));
      at = end;
    }
    this.#rest = this.#rest.slice(at);
    return records;
  }
}

const malformed = () => new OsError('EINVAL', 'Unknown record in a migration stream');

function decode(type: number, body: Uint8Array): StreamRecord {
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  const number = (at: number): number => {
    if (body.length < 4 * at + 4) throw malformed();
    return view.getUint32(4 * at, true);
  };
  switch (type) {
    case TYPES.head:
      return { type: 'head', head: readHead(parsed(body)) };
    case TYPES.page:
      return { type: 'page', frame: number(0), bytes: body.slice(4) };
    case TYPES.zeroPage:
      return { type: 'page', frame: number(0), bytes: null };
    case TYPES.chunk:
      return { type: 'chunk', disk: number(0), chunk: number(1), bytes: body.slice(8) };
    case TYPES.zeroChunk:
      return { type: 'chunk', disk: number(0), chunk: number(1), bytes: null };
    case TYPES.round:
      return { type: 'round' };
    case TYPES.state:
      return { type: 'state', state: readState(parsed(body)) };
    default:
      throw malformed();
  }
}

function parsed(body: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(decodeUtf8(body));
    if (typeof value === 'object' && value !== null) return value as Readonly<Record<string, unknown>>;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw malformed();
}

function readHead({ memory, disks }: Readonly<Record<string, unknown>>): StreamHead {
  if (typeof memory !== 'number' || !Array.isArray(disks)) throw malformed();
  return { memory, disks };
}

function readState({ machine, frames }: Readonly<Record<string, unknown>>): StreamState {
  if (typeof machine !== 'object' || machine === null || !Array.isArray(frames)) throw malformed();
  return { machine: machine as MachineState, frames };
}
