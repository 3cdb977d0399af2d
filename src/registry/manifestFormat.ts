/** Manifests as clients push them: what is none is refused with the specification's code. */
import {
  ManifestError,
  parseManifest as parse,
  type Manifest as Read,
  type ReadDescriptor,
} from '../oci/index.ts';
import { RegistryError } from './errors.ts';

export interface Manifest extends Omit<Read, 'config' | 'layers'> {
  /** Of what must be in the repository: its configuration and its layers, or nothing. */
  readonly blobs: readonly ReadDescriptor[];
}

/** As the one of src/oci does; throws RegistryError MANIFEST_INVALID. */
export function parseManifest(source: string, contentType: string | null): Manifest {
  try {
    const { config, layers, ...rest } = parse(source, contentType);
    return { ...rest, blobs: config === null ? [] : [config, ...layers] };
  } catch (error) {
    if (!(error instanceof ManifestError)) throw error;
    throw new RegistryError('MANIFEST_INVALID', error.message, {
      message: `manifest invalid: ${error.message}`,
    });
  }
}
