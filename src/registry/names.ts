/** Names of repositories, tags and digests, after the distribution specification ("Pulling manifests") and image-spec descriptor.md. */
import { sha256, sha512 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { RegistryError } from './errors.ts';

const COMPONENT = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const REPOSITORY = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`);
const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;
const DIGEST = /^(?:sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128})$/;
/** As the reference implementation limits it; the tool that made the request adds its host. */
const LONGEST_NAME = 255;

/** Running digests of the algorithms that image-spec registers. */
const algorithms = { sha256, sha512 };
export type Algorithm = keyof typeof algorithms;

export const isName = (text: string): boolean => text.length <= LONGEST_NAME && REPOSITORY.test(text);

/** Throws RegistryError NAME_INVALID. */
export function checkedName(name: string): string {
  if (isName(name)) return name;
  throw new RegistryError('NAME_INVALID', { name });
}

export const isTag = (text: string): boolean => TAG.test(text);
export const isDigest = (text: string): boolean => DIGEST.test(text);
export const isAlgorithm = (text: string): text is Algorithm => Object.hasOwn(algorithms, text);

/** Throws RegistryError DIGEST_INVALID for what is no digest, or of an algorithm that is not known. */
export function checkedDigest(text: string): string {
  if (isDigest(text)) return text;
  throw new RegistryError(
    'DIGEST_INVALID',
    { digest: text },
    { message: 'digest is malformed or unsupported' },
  );
}

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
