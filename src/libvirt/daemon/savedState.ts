/**
 * The file of a saved domain: libvirt's magic, a SHA-256 of what follows, the length of a head in JSON, the head, and the machine's state
 * as its emulator has given it. What follows the magic is this host's own format.
 */
import { concatBytes, decodeUtf8, encodeUtf8, isOsError, sha256Stream, strerror } from '../../base/index.ts';
import { readFile, type Sys } from '../../linux/index.ts';
import { LibvirtError } from '../errors.ts';

const MAGIC = 'LibvirtQemudSave';
const HASH = 32;

export interface SavedDomain {
  /** As dumpxml gives it. */
  readonly xml: string;
  /** Whether it goes on at once when it is restored. */
  readonly running: boolean;
  /** As of the emulator. */
  readonly state: Uint8Array;
}

interface Head {
  readonly xml: string;
  readonly running: boolean;
}

export function encodeSaved({ xml, running, state }: SavedDomain): Uint8Array {
  const head: Head = { xml, running };
  const bytes = encodeUtf8(JSON.stringify(head));
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, bytes.length, true);
  const body = concatBytes([length, bytes, state]);
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
  const { xml, running } = JSON.parse(decodeUtf8(body.subarray(4, end))) as Head;
  return { xml, running, state: body.slice(end) };
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
