/** Garbage collection: marks what manifests reach, and sweeps the other blobs. Nobody may push meanwhile: a new blob has no manifest yet. */
import { decodeUtf8 } from '../base/index.ts';
import { storedManifest } from './manifests.ts';
import type { Repository, Storage } from './storage.ts';

export interface CollectOptions {
  /** Deletes manifests too that no tag leads to. */
  readonly untagged?: boolean;
  /** Only says what it would do. */
  readonly dryRun?: boolean;
  /** Deletes uploads that began before this second since 1970. */
  readonly uploadsBefore?: number;
  /** It begins, perhaps again when files were not at hand. */
  readonly begin?: () => void;
  /** What is looked at and what stays, as it comes. */
  readonly mark?: (repository: string, what: 'repository' | 'manifest' | 'blob', digest: string) => void;
}

/** What was deleted. */
export interface Collected {
  /** Blobs that stay. */
  readonly marked: number;
  readonly manifests: readonly { readonly repository: string; readonly digest: string }[];
  readonly blobs: readonly string[];
  /** Of those blobs. */
  readonly bytes: number;
  readonly uploads: readonly { readonly repository: string; readonly id: string }[];
}

export function collectGarbage(storage: Storage, options: CollectOptions = {}): Collected {
  const repositories = storage.repositories().map((name) => storage.repository(name));
  const marked = new Set<string>();
  const tell = options.mark ?? (() => {});
  options.begin?.();
  const manifests: { repository: string; digest: string }[] = [];
  for (const repository of repositories) {
    tell(repository.name, 'repository', '');
    const kept = markRepository(storage, repository, options.untagged ?? false, marked, tell);
    for (const digest of repository.manifests())
      if (!kept.has(digest)) manifests.push({ repository: repository.name, digest });
  }
  const blobs = storage.blobs().filter((digest) => !marked.has(digest));
  const bytes = blobs.reduce((sum, digest) => sum + storage.blobSize(digest)!, 0);
  const uploads = repositories.flatMap((repository) =>
    staleUploads(storage, repository, options.uploadsBefore ?? 0),
  );
  // All is read before anything goes.
  const subjects = new Map(manifests.map(({ digest }) => [digest, storedManifest(storage, digest).subject]));
  if (!options.dryRun) {
    for (const { repository, digest } of manifests)
      storage.repository(repository).removeManifest(digest, subjects.get(digest) ?? null);
    for (const digest of blobs) storage.removeBlob(digest);
    for (const repository of repositories)
      for (const digest of repository.layers())
        if (storage.blobSize(digest) === null) repository.removeLayer(digest);
    for (const { repository, id } of uploads)
      storage.files.remove(`${storage.repository(repository).uploads}/${id}`);
  }
  return { marked: marked.size, manifests, blobs, bytes, uploads };
}

/** The manifests that stay in a repository; marks them and all that they name. */
function markRepository(
  storage: Storage,
  repository: Repository,
  untagged: boolean,
  marked: Set<string>,
  tell: NonNullable<CollectOptions['mark']>,
): Set<string> {
  const kept = new Set<string>();
  const waiting = untagged ? repository.tags().map((tag) => repository.tagged(tag)!) : repository.manifests();
  for (let digest = waiting.pop(); digest !== undefined; digest = waiting.pop()) {
    if (kept.has(digest) || !repository.hasManifest(digest) || storage.blobSize(digest) === null) continue;
    kept.add(digest);
    marked.add(digest);
    tell(repository.name, 'manifest', digest);
    const manifest = storedManifest(storage, digest);
    for (const blob of manifest.blobs) {
      if (storage.blobSize(blob.digest) === null) continue;
      marked.add(blob.digest);
      tell(repository.name, 'blob', blob.digest);
    }
    // What an index names is kept with it; so are signatures and other referrers.
    waiting.push(...manifest.manifests.map((each) => each.digest), ...repository.referrers(digest));
  }
  return kept;
}

function staleUploads(
  { files }: Storage,
  { name, uploads }: Repository,
  before: number,
): { repository: string; id: string }[] {
  return (files.list(uploads) ?? [])
    .filter((id) => Date.parse(decodeUtf8(files.read(`${uploads}/${id}/startedat`))) < before * 1000)
    .map((id) => ({ repository: name, id }));
}
