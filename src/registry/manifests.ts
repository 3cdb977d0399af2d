/** Manifests as clients push, pull and delete them (distribution-spec, "Pushing Manifests", "Pulling manifests", "Deleting Manifests"). */
import { decodeUtf8 } from '../base/index.ts';
import { digestLike, digestOfPieces, isTag } from '../oci/index.ts';
import { isHeld } from './blobs.ts';
import type { Call, Context } from './context.ts';
import { RegistryError } from './errors.ts';
import { type Manifest, parseManifest } from './manifestFormat.ts';
import { emptyResponse, type RegistryResponse } from './messages.ts';
import { checkedDigest } from './names.ts';
import type { Repository, Storage } from './storage.ts';

/** What is known of a manifest that was accepted once. */
export const storedManifest = (storage: Storage, digest: string): Manifest =>
  parseManifest(decodeUtf8(storage.readBlob(digest)), null);

/** The digest that a tag or a digest leads to. Throws RegistryError MANIFEST_UNKNOWN. */
function resolved({ storage }: Context, repository: Repository, reference: string): string {
  const isName = !reference.includes(':');
  const digest = isName ? (isTag(reference) ? repository.tagged(reference) : null) : checkedDigest(reference);
  if (digest !== null && repository.hasManifest(digest) && storage.blobSize(digest) !== null) return digest;
  throw new RegistryError('MANIFEST_UNKNOWN', isName ? { Tag: reference } : { Digest: reference });
}

/** GET or HEAD. */
export function pullManifest(context: Context, call: Call, reference: string): RegistryResponse {
  const { storage, report } = context;
  const { repository, request } = call;
  const digest = resolved(context, repository, reference);
  const etag = `"${digest}"`;
  const headers = {
    'Content-Type': storedManifest(storage, digest).mediaType,
    'Docker-Content-Digest': digest,
    Etag: etag,
  };
  if (isHeld(request.headers['if-none-match'], etag)) return emptyResponse(304, headers);
  if (request.method === 'GET') report({ type: 'manifest.pull', repository: repository.name, digest });
  return { status: 200, headers, body: storage.readBlob(digest) };
}

/** PUT by tag, or by digest with tags in the query. */
export function pushManifest(context: Context, call: Call, reference: string): RegistryResponse {
  const { storage, quota, largestManifest, report } = context;
  const { repository, request, query } = call;
  const { body } = request;
  if (body.length > largestManifest)
    throw new RegistryError(
      'MANIFEST_INVALID',
      { limit: largestManifest, size: body.length },
      { status: 413, message: 'the manifest is too large' },
    );
  const byDigest = reference.includes(':');
  const digest = byDigest ? digestLike(checkedDigest(reference), body) : digestOfPieces('sha256', [body]);
  if (byDigest && digest !== reference)
    throw new RegistryError('DIGEST_INVALID', { Digest: reference, Actual: digest });
  const tags = byDigest ? query.all('tag') : [reference];
  for (const tag of tags)
    if (!isTag(tag))
      throw new RegistryError('MANIFEST_INVALID', { Tag: tag }, { message: 'manifest tag is malformed' });
  const type = (request.headers['content-type'] ?? '').replace(/;.*$/, '').trim();
  const manifest = parseManifest(decodeUtf8(body), type || null);
  mustHave(storage, repository, manifest);
  if (!repository.hasManifest(digest)) quota.admit(repository.name, body.length);
  storage.writeBlob(digest, body);
  repository.addManifest(digest, manifest.subject);
  for (const tag of tags) repository.setTag(tag, digest);
  report({ type: 'manifest.push', repository: repository.name, digest, tags });
  return emptyResponse(201, {
    Location: `/v2/${repository.name}/manifests/${byDigest ? digest : reference}`,
    'Docker-Content-Digest': digest,
    ...(manifest.subject !== null && { 'OCI-Subject': manifest.subject }),
    ...(byDigest && tags.length > 0 && { 'OCI-Tag': tags.join(', ') }),
  });
}

/** All that a manifest names is in the repository and as large as it says; but for its subject, which may come later. */
function mustHave(storage: Storage, repository: Repository, { blobs, manifests }: Manifest): void {
  const check = (digest: string, size: number, has: boolean) => {
    const actual = has ? storage.blobSize(digest) : null;
    if (actual === null) throw new RegistryError('MANIFEST_BLOB_UNKNOWN', digest);
    if (actual !== size)
      throw new RegistryError(
        'MANIFEST_INVALID',
        { digest, size, actual },
        { message: `manifest invalid: ${digest} has ${actual} bytes, not ${size}` },
      );
  };
  for (const { digest, size, foreign } of blobs)
    if (!foreign || repository.hasLayer(digest)) check(digest, size, repository.hasLayer(digest));
  for (const { digest, size } of manifests) check(digest, size, repository.hasManifest(digest));
}

/** A tag alone, or by digest the manifest with all its tags. */
export function deleteManifest(context: Context, call: Call, reference: string): RegistryResponse {
  const { storage, report } = context;
  const { repository } = call;
  if (!repository.known) throw new RegistryError('NAME_UNKNOWN', { name: repository.name });
  const digest = resolved(context, repository, reference);
  if (reference.includes(':')) {
    repository.removeManifest(digest, storedManifest(storage, digest).subject);
    report({ type: 'manifest.delete', repository: repository.name, digest });
  } else {
    repository.removeTag(reference);
    report({ type: 'tag.delete', repository: repository.name, tag: reference });
  }
  return emptyResponse(202);
}
