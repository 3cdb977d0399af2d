/** Blobs as clients fetch and delete them (distribution-spec, "Pulling blobs", "Deleting Blobs"). */
import type { Call, Context } from './context.ts';
import { RegistryError } from './errors.ts';
import { emptyResponse, type RegistryResponse } from './messages.ts';
import { requestedRange } from './ranges.ts';

/** A blob never changes: caches may keep it for a year. */
const CACHE = 'max-age=31536000';

/** Whether the client has said that it holds what this is the entity tag of. */
export const isHeld = (ifNoneMatch: string | undefined, etag: string): boolean =>
  (ifNoneMatch ?? '').split(',').some((each) => each.trim().replace(/^W\//, '') === etag);

/** GET, HEAD or DELETE of …/blobs/DIGEST. */
export function answerBlob(context: Context, call: Call, digest: string): RegistryResponse {
  const { storage, report } = context;
  const { repository, request } = call;
  const size = repository.hasLayer(digest) ? storage.blobSize(digest) : null;
  if (size === null) throw new RegistryError('BLOB_UNKNOWN', digest);
  if (request.method === 'DELETE') {
    repository.removeLayer(digest);
    report({ type: 'blob.delete', repository: repository.name, digest });
    return emptyResponse(202);
  }
  const etag = `"${digest}"`;
  const headers = {
    'Content-Type': 'application/octet-stream',
    'Docker-Content-Digest': digest,
    'Accept-Ranges': 'bytes',
    'Cache-Control': CACHE,
    Etag: etag,
  };
  if (isHeld(request.headers['if-none-match'], etag)) return emptyResponse(304, headers);
  if (request.method === 'HEAD') return emptyResponse(200, { ...headers, 'Content-Length': `${size}` });
  const range = requestedRange(request.headers.range, size);
  if (range === null) {
    report({ type: 'blob.pull', repository: repository.name, digest, size });
    return { status: 200, headers, body: storage.readBlob(digest) };
  }
  const body = storage.readBlob(digest, range.first, range.last + 1);
  report({ type: 'blob.pull', repository: repository.name, digest, size: body.length });
  return {
    status: 206,
    headers: { ...headers, 'Content-Range': `bytes ${range.first}-${range.last}/${size}` },
    body,
  };
}
