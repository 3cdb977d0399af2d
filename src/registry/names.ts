/** Names of repositories and digests as a request gives them: what is none is refused with the specification's code. */
import { isDigest, isRepositoryPath } from '../oci/index.ts';
import { RegistryError } from './errors.ts';

/** Throws RegistryError NAME_INVALID. */
export function checkedName(name: string): string {
  if (isRepositoryPath(name)) return name;
  throw new RegistryError('NAME_INVALID', { name });
}

/** Throws RegistryError DIGEST_INVALID for what is no digest, or of an algorithm that is not known. */
export function checkedDigest(text: string): string {
  if (isDigest(text)) return text;
  throw new RegistryError(
    'DIGEST_INVALID',
    { digest: text },
    { message: 'digest is malformed or unsupported' },
  );
}
