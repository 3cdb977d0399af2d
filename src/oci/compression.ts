/** Layers are tar archives, compressed with gzip (RFC 1952) or not. The same input gives the same bytes: no time is stamped. */
import { Gunzip, gzipSync } from 'fflate';
import { concatBytes } from '../base/index.ts';
import { ManifestError } from './manifest.ts';

/** Bytes that are given to the decompressor at a time, so that a bomb is noticed early. */
const PIECE = 65_536;

export const gzipped = (bytes: Uint8Array): Uint8Array => gzipSync(bytes, { level: 6, mtime: 0 });

export const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

const isZstandard = (bytes: Uint8Array): boolean =>
  bytes[0] === 0x28 && bytes[1] === 0xb5 && bytes[2] === 0x2f && bytes[3] === 0xfd;

/** The archive in a layer's blob; what it is packed with is seen from its first bytes. Throws ManifestError above `limit` bytes. */
export function unpackLayer(blob: Uint8Array, limit = 2 ** 31): Uint8Array {
  if (isZstandard(blob)) throw new ManifestError('it is compressed with zstd, which is not supported');
  if (!isGzip(blob)) return blob;
  const parts: Uint8Array[] = [];
  let size = 0;
  const stream = new Gunzip((part) => {
    size += part.length;
    if (size > limit) throw new ManifestError(`it has more than ${limit} bytes`);
    parts.push(part);
  });
  try {
    for (let at = 0; at < blob.length; at += PIECE)
      stream.push(blob.subarray(at, at + PIECE), at + PIECE >= blob.length);
  } catch (error) {
    if (error instanceof ManifestError) throw error;
    throw new ManifestError(`its gzip data is damaged: ${(error as Error).message}`);
  }
  return concatBytes(parts);
}
