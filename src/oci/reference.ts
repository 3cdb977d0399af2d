/**
 * Names of images: `[domain/]path[:tag][@digest]`, after the grammar of the distribution project's reference package, with its errors by
 * their words. Two readings: as it stands (`parseReference`), and as Docker's tools take it (`parseNormalized`): `ubuntu` is
 * `docker.io/library/ubuntu`, and is shown as `ubuntu` again (its familiar form).
 */

export interface Reference {
  /** The registry, with its port; '' when the name has none. */
  readonly domain: string;
  /** The repository at that registry. */
  readonly path: string;
  readonly tag: string | null;
  readonly digest: string | null;
}

/** Why a text is no reference; `kind` names the reference package's error. */
export type InvalidReferenceKind =
  | 'format'
  | 'tag-format'
  | 'digest-format'
  | 'digest-length'
  | 'digest-unsupported'
  | 'uppercase'
  | 'empty'
  | 'too-long'
  | 'identifier'
  | 'not-canonical';

export class InvalidReference extends Error {
  readonly kind: InvalidReferenceKind;
  constructor(kind: InvalidReferenceKind, message: string) {
    super(message);
    this.name = 'InvalidReference';
    this.kind = kind;
  }
}

export const DEFAULT_DOMAIN = 'docker.io';
export const DEFAULT_TAG = 'latest';
const LEGACY_DOMAIN = 'index.docker.io';
const OFFICIAL = 'library/';
/** Characters of a path; the domain does not count. */
const LONGEST_PATH = 255;

const LABEL = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const DOMAIN = `(?:${LABEL}(?:\\.${LABEL})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`;
const COMPONENT = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const PATH = `${COMPONENT}(?:/${COMPONENT})*`;
const TAG = '[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,127}';
const DIGEST = '[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}';

const wholePath = new RegExp(`^${PATH}$`);
const wholeTag = new RegExp(`^${TAG}$`);
const wholeReference = new RegExp(`^(?:(${DOMAIN})/)?(${PATH})(?::(${TAG}))?(?:@(${DIGEST}))?$`);
const IDENTIFIER = /^[a-f0-9]{64}$/;

const badFormat = (): InvalidReference => new InvalidReference('format', 'invalid reference format');

/** A path alone, as a registry has it in its URLs. */
export const isRepositoryPath = (text: string): boolean =>
  text.length <= LONGEST_PATH && wholePath.test(text);

export const isTag = (text: string): boolean => wholeTag.test(text);

/** 64 hex digits: an image's id, and so never a name. */
export const isIdentifier = (text: string): boolean => IDENTIFIER.test(text);

/** What a digest in a reference has to be: of the algorithm that references have, and as long as that. Throws InvalidReference. */
function checkedDigest(digest: string): string {
  const hex = digest.slice(digest.indexOf(':') + 1);
  if (!digest.startsWith('sha256:'))
    throw new InvalidReference('digest-unsupported', 'unsupported digest algorithm');
  if (hex.length !== 64) throw new InvalidReference('digest-length', 'invalid checksum digest length');
  if (!IDENTIFIER.test(hex)) throw new InvalidReference('digest-format', 'invalid checksum digest format');
  return digest;
}

/** Reads a reference as it stands. Throws InvalidReference. */
export function parseReference(text: string): Reference {
  const match = wholeReference.exec(text);
  if (match === null) {
    if (text === '') throw new InvalidReference('empty', 'repository name must have at least one component');
    if (wholeReference.test(text.toLowerCase()))
      throw new InvalidReference('uppercase', 'repository name must be lowercase');
    throw badFormat();
  }
  const path = match[2]!;
  const digest = match[4];
  if (path.length > LONGEST_PATH)
    throw new InvalidReference(
      'too-long',
      `repository name must not be more than ${LONGEST_PATH} characters`,
    );
  return {
    domain: match[1] ?? '',
    path,
    tag: match[3] ?? null,
    digest: digest === undefined ? null : checkedDigest(digest),
  };
}

/** The registry of a name as people type it, and the rest: what is before the first slash is one if it looks like a host. */
function splitDomain(text: string): { readonly domain: string; readonly rest: string } {
  const slash = text.indexOf('/');
  if (slash < 0) return { domain: DEFAULT_DOMAIN, rest: OFFICIAL + text };
  const first = text.slice(0, slash);
  const rest = text.slice(slash + 1);
  const isHub = first === DEFAULT_DOMAIN || first === LEGACY_DOMAIN;
  if (isHub) return { domain: DEFAULT_DOMAIN, rest: rest.includes('/') ? rest : OFFICIAL + rest };
  const isHost = first === 'localhost' || /[.:]/.test(first) || first.toLowerCase() !== first;
  return isHost ? { domain: first, rest } : { domain: DEFAULT_DOMAIN, rest: text };
}

/** Reads a name as Docker's tools take it: always with a domain. Throws InvalidReference. */
export function parseNormalized(text: string): Reference {
  if (isIdentifier(text))
    throw new InvalidReference(
      'identifier',
      `invalid repository name (${text}), cannot specify 64-byte hexadecimal strings`,
    );
  const { domain, rest } = splitDomain(text);
  const colon = rest.indexOf(':');
  const path = colon < 0 ? rest : rest.slice(0, colon);
  if (path.toLowerCase() !== path)
    throw new InvalidReference(
      'uppercase',
      `invalid reference format: repository name (${path}) must be lowercase`,
    );
  return parseReference(`${domain}/${rest}`);
}

/** `parseNormalized`, with `latest` when it has neither tag nor digest. */
export function parseTagged(text: string): Reference {
  const parsed = parseNormalized(text);
  return parsed.tag === null && parsed.digest === null ? { ...parsed, tag: DEFAULT_TAG } : parsed;
}

/** A name that has to be in its full form, as stores keep it. Throws InvalidReference. */
export function parseCanonicalName(text: string): Reference {
  const parsed = parseNormalized(text);
  if (referenceText(parsed) === text) return parsed;
  throw new InvalidReference('not-canonical', 'repository name must be canonical');
}

/** Another tag. Throws InvalidReference. */
export function withTag(reference: Reference, tag: string): Reference {
  if (!isTag(tag)) throw new InvalidReference('tag-format', 'invalid tag format');
  return { ...reference, tag };
}

/** Domain and path. */
export const nameOf = ({ domain, path }: Reference): string => (domain === '' ? path : `${domain}/${path}`);

const suffixOf = ({ tag, digest }: Reference): string =>
  `${tag === null ? '' : `:${tag}`}${digest === null ? '' : `@${digest}`}`;

/** In full. */
export const referenceText = (reference: Reference): string => nameOf(reference) + suffixOf(reference);

/** The name as Docker shows it: without what it would add by itself. */
export function familiarName({ domain, path }: Reference): string {
  if (domain !== DEFAULT_DOMAIN) return nameOf({ domain, path, tag: null, digest: null });
  const below = path.startsWith(OFFICIAL) ? path.slice(OFFICIAL.length) : path;
  return below.includes('/') ? path : below;
}

export const familiarText = (reference: Reference): string => familiarName(reference) + suffixOf(reference);
