/** A VM's state as bytes: the length of a head in JSON, the head, and the pages in the order of the head's list, 4096 bytes each. */
import { concatBytes, decodeUtf8, encodeUtf8, OsError } from '../../base/index.ts';
import type { MachineState } from '../../hypervisor/index.ts';
import type { KvmState } from '../kvm/requests.ts';

const PAGE = 4096;

interface Head {
  readonly memory: number;
  readonly machine: MachineState;
  readonly frames: readonly number[];
}

export function encodeState({ memory, machine, pages }: KvmState): Uint8Array {
  const head: Head = { memory, machine, frames: [...pages.keys()] };
  const bytes = encodeUtf8(JSON.stringify(head));
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, bytes.length, true);
  return concatBytes([length, bytes, ...pages.values()]);
}

/** Throws OsError EINVAL for bytes that {@link encodeState} has not made. */
export function decodeState(bytes: Uint8Array): KvmState {
  const { head, end } = readHead(bytes);
  const { memory, machine, frames } = head;
  if (bytes.length !== end + frames.length * PAGE) throw new OsError('EINVAL');
  const page = (at: number) => bytes.slice(end + at * PAGE, end + (at + 1) * PAGE);
  return { memory, machine, pages: new Map(frames.map((frame, at) => [frame, page(at)])) };
}

function readHead(bytes: Uint8Array): { head: Head; end: number } {
  if (bytes.length < 4) throw new OsError('EINVAL');
  const end = 4 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  try {
    const head = JSON.parse(decodeUtf8(bytes.subarray(4, end))) as Head | null;
    if (head !== null && Array.isArray(head.frames) && typeof head.machine === 'object') return { head, end };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new OsError('EINVAL');
}
