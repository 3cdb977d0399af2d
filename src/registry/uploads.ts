/** Uploads of blobs: whole, in chunks, or mounted from another repository (distribution-spec, "Pushing blobs"). */
import { encodeUtf8 } from '../base/index.ts';
import { digestOfPieces, isAlgorithm, isRepositoryPath, splitDigest } from '../oci/index.ts';
import type { Call, Context } from './context.ts';
import { RegistryError } from './errors.ts';
import { emptyResponse, type RegistryRequest, type RegistryResponse } from './messages.ts';
import { checkedDigest } from './names.ts';
import { chunkRange } from './ranges.ts';
import type { Repository } from './storage.ts';

/** Bytes of an upload that are read at a time, to compute its digest. */
const PIECE = 1 << 20;

const uuid = (hex: string): string => hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');

/** POST …/blobs/uploads/: begins an upload, or takes a blob in one request. */
export function startUpload(context: Context, call: Call): RegistryResponse {
  const { query, repository } = call;
  const mount = query.get('mount');
  if (mount !== null) {
    const mounted = mountBlob(context, call, checkedDigest(mount));
    if (mounted !== null) return mounted;
  }
  const algorithm = query.get('digest-algorithm');
  if (algorithm !== null && !isAlgorithm(algorithm))
    throw new RegistryError(
      'DIGEST_INVALID',
      { algorithm },
      { message: 'the digest algorithm is unsupported' },
    );
  const digest = query.get('digest');
  if (digest !== null) checkedDigest(digest);
  const id = uuid(context.newId());
  const upload = new Upload(context, repository, id);
  upload.start();
  if (digest === null) return upload.status(202);
  upload.take(call.request);
  return upload.finish(digest);
}

/** Null when it cannot be mounted: then the client uploads it. */
function mountBlob(
  { storage, quota, report }: Context,
  { query, repository, mayPull }: Call,
  digest: string,
): RegistryResponse | null {
  const from = query.get('from');
  if (from === null || !isRepositoryPath(from) || !mayPull(from)) return null;
  const size = storage.repository(from).hasLayer(digest) ? storage.blobSize(digest) : null;
  if (size === null) return null;
  if (!repository.hasLayer(digest)) quota.admit(repository.name, size);
  repository.addLayer(digest);
  report({ type: 'blob.mount', repository: repository.name, digest, from });
  return created(repository, digest);
}

/** Everything about an upload that has begun: its path ends with its id. */
export function continueUpload(context: Context, call: Call, id: string): RegistryResponse {
  const upload = new Upload(context, call.repository, id);
  upload.mustExist();
  const { request, query } = call;
  switch (request.method) {
    case 'GET':
    case 'HEAD':
      return upload.status(204);
    case 'PATCH':
      upload.take(request);
      return upload.status(202);
    case 'DELETE':
      upload.cancel();
      return emptyResponse(204, { 'Docker-Upload-UUID': id });
    case 'PUT': {
      const digest = query.get('digest');
      if (digest === null)
        throw new RegistryError('DIGEST_INVALID', {}, { message: 'the parameter digest is missing' });
      checkedDigest(digest);
      upload.take(request);
      return upload.finish(digest);
    }
    default:
      throw new RegistryError('UNSUPPORTED', { method: request.method });
  }
}

const created = ({ name }: Repository, digest: string): RegistryResponse =>
  emptyResponse(201, { Location: `/v2/${name}/blobs/${digest}`, 'Docker-Content-Digest': digest });

class Upload {
  readonly #context: Context;
  readonly #repository: Repository;
  readonly #id: string;
  readonly #folder: string;
  readonly #data: string;

  constructor(context: Context, repository: Repository, id: string) {
    this.#context = context;
    this.#repository = repository;
    this.#id = id;
    this.#folder = `${repository.uploads}/${id}`;
    this.#data = `${this.#folder}/data`;
  }

  get #size(): number {
    return this.#context.storage.files.size(this.#data) ?? 0;
  }

  start(): void {
    const { now, storage } = this.#context;
    const text = new Date(now() * 1000).toISOString();
    storage.files.write(`${this.#folder}/startedat`, encodeUtf8(text));
    storage.files.write(this.#data, new Uint8Array(0));
  }

  mustExist(): void {
    if (this.#context.storage.files.size(this.#data) === null)
      throw new RegistryError('BLOB_UPLOAD_UNKNOWN', { id: this.#id });
  }

  /** Where the next chunk goes, and what there is. Of no bytes it is `0-0` too, as elsewhere. */
  #headers(): Record<string, string> {
    return {
      Location: `/v2/${this.#repository.name}/blobs/uploads/${this.#id}`,
      Range: `0-${Math.max(0, this.#size - 1)}`,
      'Docker-Upload-UUID': this.#id,
    };
  }

  status(code: 202 | 204): RegistryResponse {
    return emptyResponse(code, this.#headers());
  }

  /** The request's body, if its range is the next one. */
  take({ headers, body }: RegistryRequest): void {
    const size = this.#size;
    if (headers['content-range'] !== undefined) {
      const { first, last } = chunkRange(headers['content-range']);
      if (first !== size)
        throw new RegistryError(
          'BLOB_UPLOAD_INVALID',
          { expected: size, first },
          { status: 416, message: 'the chunk is out of order', headers: this.#headers() },
        );
      if (last - first + 1 !== body.length)
        throw new RegistryError('SIZE_INVALID', { range: last - first + 1, body: body.length });
    }
    const { largestBlob, storage } = this.#context;
    if (size + body.length > largestBlob) {
      this.cancel();
      throw new RegistryError(
        'SIZE_INVALID',
        { limit: largestBlob },
        { status: 413, message: 'the blob is too large' },
      );
    }
    if (body.length > 0) storage.files.append(this.#data, body);
  }

  /** Makes it a blob; an upload with another digest is given up. */
  finish(digest: string): RegistryResponse {
    const { storage, quota, report } = this.#context;
    const size = this.#size;
    const actual = digestOfPieces(splitDigest(digest).algorithm, this.#pieces(size));
    const name = this.#repository.name;
    try {
      if (actual !== digest) throw new RegistryError('DIGEST_INVALID', { Digest: digest, Actual: actual });
      if (!this.#repository.hasLayer(digest)) quota.admit(name, size);
    } catch (error) {
      this.cancel();
      throw error;
    }
    storage.adoptBlob(digest, this.#data);
    this.cancel();
    this.#repository.addLayer(digest);
    report({ type: 'blob.upload', repository: name, digest, size });
    return created(this.#repository, digest);
  }

  *#pieces(size: number): Generator<Uint8Array> {
    for (let at = 0; at < size; at += PIECE)
      yield this.#context.storage.files.read(this.#data, at, at + PIECE);
  }

  cancel(): void {
    this.#context.storage.files.remove(this.#folder);
  }
}
