/** Manifests and indexes as data: image-spec manifest.md and image-index.md, and the two of Docker's that are like them. */
import { RegistryError } from './errors.ts';
import { isDigest } from './names.ts';

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  /** Its bytes are to be fetched from elsewhere. */
  readonly foreign: boolean;
}

export interface Manifest {
  readonly mediaType: string;
  /** Of what must be in the repository: its configuration and its layers, or nothing. */
  readonly blobs: readonly Descriptor[];
  /** Of an index: manifests that must be in the repository. */
  readonly manifests: readonly Descriptor[];
  readonly subject: string | null;
  readonly artifactType: string | null;
  readonly annotations: Readonly<Record<string, string>> | null;
}

export const OCI_INDEX = 'application/vnd.oci.image.index.v1+json';
const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const indexTypes = [OCI_INDEX, 'application/vnd.docker.distribution.manifest.list.v2+json'];
const imageTypes = [OCI_MANIFEST, 'application/vnd.docker.distribution.manifest.v2+json'];

const FOREIGN =
  /^application\/vnd\.(oci\.image\.layer\.nondistributable\.v1\.|docker\.image\.rootfs\.foreign\.)/;
/** RFC 6838, 4.2. */
const MEDIA_TYPE = /^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}\/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}$/;

type Json = Readonly<Record<string, unknown>>;

const invalid = (message: string): RegistryError =>
  new RegistryError('MANIFEST_INVALID', message, { message: `manifest invalid: ${message}` });

function object(value: unknown, what: string): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  throw invalid(`${what} is no object`);
}

function text(value: unknown, what: string): string {
  if (typeof value === 'string') return value;
  throw invalid(`${what} is no text`);
}

function descriptorOf(value: unknown, what: string): Descriptor {
  const { mediaType, digest, size, urls } = object(value, what);
  const type = text(mediaType, `${what}.mediaType`);
  if (!MEDIA_TYPE.test(type)) throw invalid(`${what}.mediaType ${type} is no media type`);
  const name = text(digest, `${what}.digest`);
  if (!isDigest(name)) throw invalid(`${what}.digest ${name} is no digest`);
  if (!Number.isSafeInteger(size) || (size as number) < 0) throw invalid(`${what}.size is no size`);
  return {
    mediaType: type,
    digest: name,
    size: size as number,
    foreign: FOREIGN.test(type) || (Array.isArray(urls) && urls.length > 0),
  };
}

function list(value: unknown, what: string): Descriptor[] {
  if (!Array.isArray(value)) throw invalid(`${what} is no list`);
  return value.map((each, i) => descriptorOf(each, `${what}[${i}]`));
}

function annotationsOf(value: unknown): Record<string, string> | null {
  if (value === undefined) return null;
  return Object.fromEntries(
    Object.entries(object(value, 'annotations')).map(([key, each]) => [
      key,
      text(each, `annotations.${key}`),
    ]),
  );
}

/**
 * Reads a manifest. `contentType` is what the client says it is; null takes the manifest's own word. Throws RegistryError MANIFEST_INVALID
 * for what is no manifest, or one of another type than is said.
 */
export function parseManifest(source: string, contentType: string | null): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(source);
  } catch {
    throw invalid('it is no JSON');
  }
  const json = object(value, 'it');
  if (json.schemaVersion !== 2) throw invalid('its schemaVersion is not 2');
  const own = json.mediaType === undefined ? null : text(json.mediaType, 'mediaType');
  const guessed = 'manifests' in json ? OCI_INDEX : OCI_MANIFEST;
  const mediaType = own ?? guessed;
  if (contentType !== null && contentType !== mediaType)
    throw invalid(`its Content-Type is ${contentType}, and it is ${mediaType}`);
  const isIndex = indexTypes.includes(mediaType);
  if (!isIndex && !imageTypes.includes(mediaType))
    throw invalid(`the media type ${mediaType} is unsupported`);
  // One that is both could be read as either by somebody else.
  for (const other of isIndex ? ['config', 'layers'] : ['manifests'])
    if (other in json) throw invalid(`${other} has no place in ${mediaType}`);
  const config = isIndex ? null : descriptorOf(json.config, 'config');
  const artifactType = json.artifactType === undefined ? '' : text(json.artifactType, 'artifactType');
  return {
    mediaType,
    blobs: config === null ? [] : [config, ...list(json.layers, 'layers')],
    manifests: isIndex ? list(json.manifests, 'manifests') : [],
    subject: json.subject === undefined ? null : descriptorOf(json.subject, 'subject').digest,
    artifactType: artifactType || (config?.mediaType ?? null),
    annotations: annotationsOf(json.annotations),
  };
}
