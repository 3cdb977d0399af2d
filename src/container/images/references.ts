/** Names of the engine's images: what people type, what is stored, what is shown. */
import {
  familiarName,
  familiarText,
  InvalidReference,
  parseNormalized,
  parseTagged,
  type Reference,
  withTag,
} from '../../oci/index.ts';
import { EngineError, type StoredImage } from '../model.ts';

/** Runs `read`; what is no name is refused with 400. */
function checked<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof InvalidReference) throw new EngineError(400, error.message);
    throw error;
  }
}

/** A name with a tag or a digest, `latest` without either. Throws EngineError. */
export const parseName = (text: string): Reference => checked(() => parseTagged(text));

/** A name without a tag. Throws EngineError. */
export const parseRepository = (text: string): Reference => checked(() => parseNormalized(text));

/**
 * `repository:tag` as it is stored and shown; without a tag of its own the repository may have one in its name, and has `latest` else: moby's
 * httputils.RepoTagReference. EngineError 400 for what is no name.
 */
export function newReference(repository: string, tag = ''): string {
  const parsed = checked(() => (tag === '' ? parseTagged(repository) : parseNormalized(repository)));
  if (parsed.digest !== null) throw new EngineError(400, 'cannot import digest reference');
  return checked(() => familiarText(tag === '' ? parsed : withTag(parsed, tag)));
}

/** With `:latest` when it has no tag. */
export function withDefaultTag(name: string): string {
  try {
    return familiarText(parseTagged(name));
  } catch (error) {
    if (error instanceof InvalidReference) return name;
    throw error;
  }
}

/** `repository:tag`; the others are `repository@digest`. */
export const isTagged = (reference: string): boolean => !reference.includes('@');

export const tagsOf = ({ references }: StoredImage): string[] => references.filter(isTagged);
export const digestsOf = ({ references }: StoredImage): string[] =>
  references.filter((reference) => !isTagged(reference));

/** `repository` of a stored reference. */
export const repositoryOf = (reference: string): string =>
  reference.replace(isTagged(reference) ? /:[^:/]+$/ : /@.*$/, '');

/** The stored reference that a name stands for; null when it can be none. */
export function storedName(name: string): string | null {
  try {
    const parsed = parseTagged(name);
    return parsed.digest === null ? familiarText(parsed) : `${familiarName(parsed)}@${parsed.digest}`;
  } catch (error) {
    if (error instanceof InvalidReference) return null;
    throw error;
  }
}

/** By id, name (`latest` assumed), or unambiguous start of an id. */
export function findImage(images: ReadonlyMap<string, StoredImage>, name: string): StoredImage | null {
  const whole = images.get(/^[0-9a-f]{64}$/.test(name) ? `sha256:${name}` : name);
  if (whole !== undefined) return whole;
  const all = [...images.values()];
  const named = (reference: string) => all.find(({ references }) => references.includes(reference));
  // What is stored is no other name's abbreviation: as it stands it means itself.
  const exact = named(name);
  if (exact !== undefined) return exact;
  const stored = storedName(name);
  const meant = stored === null ? undefined : named(stored);
  if (meant !== undefined) return meant;
  const hex = name.replace(/^sha256:/, '');
  const found = /^[0-9a-f]{1,64}$/.test(hex) ? all.filter(({ id }) => id.startsWith(`sha256:${hex}`)) : [];
  return found.length === 1 ? found[0]! : null;
}
