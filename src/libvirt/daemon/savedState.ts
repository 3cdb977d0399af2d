/**
 * The file of a saved domain: libvirt's magic, a SHA-256 of what follows, the length of a head in JSON, the head, and the pages of the
 * guest's memory, 4096 bytes each, in the order of the head's list. What follows the magic is this host's own format.
 */
import { concatBytes, decodeUtf8, encodeUtf8, isOsError, sha256Stream, strerror } from '../../base/index.ts';
import type { MachineState } from '../../hypervisor/index.ts';
import { readFile, type Sys } from '../../linux/index.ts';
import { LibvirtError } from '../errors.ts';
import type { KvmState } from '../kvm/requests.ts';

const MAGIC = 'LibvirtQemudSave';
const HASH = 32;
const PAGE = 4096;

export interface SavedDomain {
  /** As dumpxml gives it. */
  readonly xml: string;
  /** Whether it goes on at once when it is restored. */
  readonly running: boolean;
  readonly state: KvmState;
}

interface Head {
  readonly xml: string;
  readonly running: boolean;
  readonly memory: number;
  readonly machine: MachineState;
  readonly frames: readonly number[];
}

export function encodeSaved({ xml, running, state }: SavedDomain): Uint8Array {
  const { memory, machine, pages } = state;
  const head: Head = { xml, running, memory, machine, frames: [...pages.keys()] };
  const bytes = encodeUtf8(JSON.stringify(head));
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, bytes.length, true);
  const body = concatBytes([length, bytes, ...pages.values()]);
  return concatBytes([encodeUtf8(MAGIC), digest(body), body]);
}

/** Throws LibvirtError for a file that is none, or is not as it was written. */
export function decodeSaved(file: Uint8Array): SavedDomain {
  if (file.length < MAGIC.length || decodeUtf8(file.subarray(0, MAGIC.length)) !== MAGIC)
    throw new LibvirtError('internal', 'mismatched header magic');
  const body = file.subarray(MAGIC.length + HASH);
  const expected = file.subarray(MAGIC.length, MAGIC.length + HASH);
  if (expected.length < HASH || !digest(body).every((byte, i) => byte === expected[i]))
    throw new LibvirtError('internal', 'the saved state is damaged: its checksum is another');
  const end = 4 + new DataView(body.buffer, body.byteOffset).getUint32(0, true);
  const { xml, running, memory, machine, frames } = JSON.parse(decodeUtf8(body.subarray(4, end))) as Head;
  const page = (at: number) => body.slice(end + at * PAGE, end + (at + 1) * PAGE);
  const pages = new Map(frames.map((frame, at) => [frame, page(at)]));
  return { xml, running, state: { memory, machine, pages } };
}

function digest(bytes: Uint8Array): Uint8Array {
  const hash = sha256Stream();
  hash.update(bytes);
  const hex = hash.hex();
  return Uint8Array.from({ length: HASH }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16));
}

/** Throws LibvirtError. */
export function* readSaved(path: string): Sys<Uint8Array> {
  try {
    return yield* readFile(path);
  } catch (error) {
    if (!isOsError(error)) throw error;
    throw new LibvirtError('plain', `cannot read domain image '${path}': ${strerror(error.code)}`);
  }
}
