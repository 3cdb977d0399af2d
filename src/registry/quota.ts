/** How much a namespace may keep: the part of a repository's name before the first slash, with all repositories below it. */
import { RegistryError } from './errors.ts';
import type { Storage } from './storage.ts';

const namespaceOf = (repository: string): string => repository.split('/')[0]!;

export class Quota {
  readonly #storage: Storage;
  readonly #bytes: number | null;

  /** `bytes` for each namespace; null sets no limit. */
  constructor(storage: Storage, bytes: number | null) {
    this.#storage = storage;
    this.#bytes = bytes;
  }

  /** Bytes that the repositories of a namespace have, each blob counted once. */
  used(namespace: string): number {
    const digests = new Set<string>();
    for (const name of this.#storage.repositories()) {
      if (namespaceOf(name) !== namespace) continue;
      const repository = this.#storage.repository(name);
      for (const digest of [...repository.layers(), ...repository.manifests()]) digests.add(digest);
    }
    let sum = 0;
    for (const digest of digests) sum += this.#storage.blobSize(digest) ?? 0;
    return sum;
  }

  /** Throws RegistryError DENIED when `size` bytes more, for a blob that the repository has not, are too much. */
  admit(repository: string, size: number): void {
    if (this.#bytes === null) return;
    const namespace = namespaceOf(repository);
    const used = this.used(namespace);
    if (used + size <= this.#bytes) return;
    throw new RegistryError(
      'DENIED',
      { namespace, limit: this.#bytes, used, requested: size },
      {
        message: `quota exceeded: ${namespace} has ${used} of ${this.#bytes} bytes, ${size} more were asked for`,
      },
    );
  }
}
