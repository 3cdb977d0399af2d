/** Digests of content: image-spec descriptor.md, "Digests", with the two algorithms registered there. */
import { sha256, sha512 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';

const DIGEST = /^(?:sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128})$/;

/** Running digests. */
const algorithms = { sha256, sha512 };
export type Algorithm = keyof typeof algorithms;

export const isAlgorithm = (text: string): text is Algorithm => Object.hasOwn(algorithms, text);
export const isDigest = (text: string): boolean => DIGEST.test(text);

export function splitDigest(digest: string): { readonly algorithm: Algorithm; readonly hex: string } {
  const [algorithm, hex] = digest.split(':') as [Algorithm, string];
  return { algorithm, hex };
}

/** The digest of what the pieces are together. */
export function digestOfPieces(algorithm: Algorithm, pieces: Iterable<Uint8Array>): string {
  const hash = algorithms[algorithm].create();
  for (const piece of pieces) hash.update(piece);
  return `${algorithm}:${bytesToHex(hash.digest())}`;
}

/** The digest of `bytes` by the algorithm of another one. */
export const digestLike = (digest: string, bytes: Uint8Array): string =>
  digestOfPieces(splitDigest(digest).algorithm, [bytes]);
