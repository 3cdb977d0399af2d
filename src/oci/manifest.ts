/** Manifests and indexes as data: image-spec manifest.md and image-index.md, and the two of Docker's that are like them. */
import { isDigest } from './digest.ts';
import { indexTypes, isForeign, manifestTypes, OCI_INDEX, OCI_MANIFEST } from './mediaTypes.ts';

/** image-index.md, "platform". */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
}

/** descriptor.md. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly platform?: Platform;
}

/** A descriptor that was read. */
export interface ReadDescriptor extends Descriptor {
  /** Its bytes are to be fetched from elsewhere. */
  readonly foreign: boolean;
}

export interface Manifest {
  readonly mediaType: string;
  /** Null in an index. */
  readonly config: ReadDescriptor | null;
  /** Bottom first; none in an index. */
  readonly layers: readonly ReadDescriptor[];
  /** Of an index. */
  readonly manifests: readonly ReadDescriptor[];
  readonly subject: string | null;
  readonly artifactType: string | null;
  readonly annotations: Readonly<Record<string, string>> | null;
}

/** What is no manifest, and why. */
export class ManifestError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ManifestError';
  }
}

/** RFC 6838, 4.2. */
const MEDIA_TYPE = /^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}\/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}$/;

type Json = Readonly<Record<string, unknown>>;

function object(value: unknown, what: string): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  throw new ManifestError(`${what} is no object`);
}

function text(value: unknown, what: string): string {
  if (typeof value === 'string') return value;
  throw new ManifestError(`${what} is no text`);
}

function platformOf(value: unknown, what: string): Platform {
  const { os, architecture, variant } = object(value, what);
  return {
    os: text(os, `${what}.os`),
    architecture: text(architecture, `${what}.architecture`),
    ...(variant !== undefined && { variant: text(variant, `${what}.variant`) }),
  };
}

function descriptorOf(value: unknown, what: string): ReadDescriptor {
  const { mediaType, digest, size, urls, annotations, platform } = object(value, what);
  const type = text(mediaType, `${what}.mediaType`);
  if (!MEDIA_TYPE.test(type)) throw new ManifestError(`${what}.mediaType ${type} is no media type`);
  const name = text(digest, `${what}.digest`);
  if (!isDigest(name)) throw new ManifestError(`${what}.digest ${name} is no digest`);
  if (!Number.isSafeInteger(size) || (size as number) < 0) throw new ManifestError(`${what}.size is no size`);
  const notes = annotationsOf(annotations, `${what}.annotations`);
  return {
    mediaType: type,
    digest: name,
    size: size as number,
    foreign: isForeign(type) || (Array.isArray(urls) && urls.length > 0),
    ...(notes !== null && { annotations: notes }),
    ...(platform !== undefined && { platform: platformOf(platform, `${what}.platform`) }),
  };
}

function list(value: unknown, what: string): ReadDescriptor[] {
  if (!Array.isArray(value)) throw new ManifestError(`${what} is no list`);
  return value.map((each, i) => descriptorOf(each, `${what}[${i}]`));
}

function annotationsOf(value: unknown, what: string): Record<string, string> | null {
  if (value === undefined) return null;
  return Object.fromEntries(
    Object.entries(object(value, what)).map(([key, each]) => [key, text(each, `${what}.${key}`)]),
  );
}

/** Reads JSON that is an object. Throws ManifestError. */
export function parseObject(source: string): Json {
  let value: unknown;
  try {
    value = JSON.parse(source);
  } catch {
    throw new ManifestError('it is no JSON');
  }
  return object(value, 'it');
}

/**
 * Reads a manifest. `contentType` is what somebody says it is; null takes the manifest's own word. Throws ManifestError for what is no
 * manifest, or one of another type than is said.
 */
export function parseManifest(source: string, contentType: string | null): Manifest {
  const json = parseObject(source);
  if (json.schemaVersion !== 2) throw new ManifestError('its schemaVersion is not 2');
  const own = json.mediaType === undefined ? null : text(json.mediaType, 'mediaType');
  const guessed = 'manifests' in json ? OCI_INDEX : OCI_MANIFEST;
  const mediaType = own ?? guessed;
  if (contentType !== null && contentType !== mediaType)
    throw new ManifestError(`its Content-Type is ${contentType}, and it is ${mediaType}`);
  const isIndex = indexTypes.includes(mediaType);
  if (!isIndex && !manifestTypes.includes(mediaType))
    throw new ManifestError(`the media type ${mediaType} is unsupported`);
  // One that is both could be read as either by somebody else.
  for (const other of isIndex ? ['config', 'layers'] : ['manifests'])
    if (other in json) throw new ManifestError(`${other} has no place in ${mediaType}`);
  const config = isIndex ? null : descriptorOf(json.config, 'config');
  const artifactType = json.artifactType === undefined ? '' : text(json.artifactType, 'artifactType');
  return {
    mediaType,
    config,
    layers: config === null ? [] : list(json.layers, 'layers'),
    manifests: isIndex ? list(json.manifests, 'manifests') : [],
    subject: json.subject === undefined ? null : descriptorOf(json.subject, 'subject').digest,
    artifactType: artifactType || (config?.mediaType ?? null),
    annotations: annotationsOf(json.annotations, 'annotations'),
  };
}

/** Which of an index's manifests is for a platform: the first that is; null when there is none (image-index.md, "manifests"). */
export function manifestFor(
  { manifests }: Pick<Manifest, 'manifests'>,
  { os, architecture, variant }: Platform,
): ReadDescriptor | null {
  const fits = ({ platform }: ReadDescriptor): boolean =>
    platform !== undefined &&
    platform.os === os &&
    platform.architecture === architecture &&
    (variant === undefined || platform.variant === undefined || platform.variant === variant);
  return manifests.find(fits) ?? null;
}
