/** Lists: tags, repositories, and what refers to a manifest (distribution-spec, "Content Discovery"). */
import { OCI_INDEX } from '../oci/index.ts';
import type { Call, Context } from './context.ts';
import { RegistryError } from './errors.ts';
import { storedManifest } from './manifests.ts';
import { jsonResponse, type Parameters, type RegistryResponse } from './messages.ts';

/** Names after `last`, at most `n`, and the header that leads to the next of them (RFC 8288). */
function page(
  names: readonly string[],
  query: Parameters,
  path: string,
): { readonly names: readonly string[]; readonly headers: Record<string, string> } {
  const n = query.get('n');
  if (n !== null && !/^\d{1,15}$/.test(n))
    throw new RegistryError(
      'UNSUPPORTED',
      { n },
      { status: 400, message: 'n must be a whole number, zero or more' },
    );
  const last = query.get('last');
  const after = last === null ? names : names.filter((name) => name > last);
  if (n === null) return { names: after, headers: {} };
  const count = Number(n);
  const shown = after.slice(0, count);
  if (count === 0 || shown.length === after.length) return { names: shown, headers: {} };
  const next = `${path}?last=${encodeURIComponent(shown.at(-1)!)}&n=${count}`;
  return { names: shown, headers: { Link: `<${next}>; rel="next"` } };
}

export function listTags({ query, repository }: Call): RegistryResponse {
  const { name } = repository;
  if (!repository.known) throw new RegistryError('NAME_UNKNOWN', { name });
  const { names, headers } = page(repository.tags(), query, `/v2/${name}/tags/list`);
  return jsonResponse(200, { name, tags: names }, headers);
}

/** Not in the specification; what registries have besides. */
export function listRepositories({ storage }: Context, query: Parameters): RegistryResponse {
  const known = storage.repositories().filter((name) => storage.repository(name).known);
  const { names, headers } = page(known, query, '/v2/_catalog');
  return jsonResponse(200, { repositories: names }, headers);
}

/** An index of the manifests whose subject is `digest`. */
export function listReferrers(
  { storage }: Context,
  { query, repository }: Call,
  digest: string,
): RegistryResponse {
  const filter = query.get('artifactType');
  const manifests = repository
    .referrers(digest)
    .map((each) => {
      const { mediaType, artifactType, annotations } = storedManifest(storage, each);
      return {
        mediaType,
        digest: each,
        size: storage.blobSize(each),
        ...(artifactType !== null && { artifactType }),
        ...(annotations !== null && { annotations }),
      };
    })
    .filter(({ artifactType }) => filter === null || artifactType === filter);
  return jsonResponse(
    200,
    { schemaVersion: 2, mediaType: OCI_INDEX, manifests },
    { 'Content-Type': OCI_INDEX, ...(filter !== null && { 'OCI-Filters-Applied': 'artifactType' }) },
  );
}
