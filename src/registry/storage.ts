/**
 * The registry's layout of files, which is that of the reference implementation (distribution, registry/storage/paths.go): blobs by their
 * digest, once for all repositories, and in each repository links that say what of them it has.
 *   docker/registry/v2/blobs/ALGORITHM/XX/HEX/data
 *   docker/registry/v2/repositories/NAME/_layers/ALGORITHM/HEX/link
 *   docker/registry/v2/repositories/NAME/_manifests/{revisions/ALGORITHM/HEX/link, tags/TAG/current/link}
 *   docker/registry/v2/repositories/NAME/_uploads/ID/{data, startedat}
 * Besides those, `_manifests/referrers/ALGORITHM/HEX/ALGORITHM/HEX/link` is our index of manifests by their subject.
 */
import { decodeUtf8, encodeUtf8 } from '../base/index.ts';
import { isDigest, splitDigest } from '../oci/index.ts';
import type { RegistryFiles } from './files.ts';

const ROOT = 'docker/registry/v2';
const REPOSITORIES = `${ROOT}/repositories`;

const blobFolder = (digest: string): string => {
  const { algorithm, hex } = splitDigest(digest);
  return `${ROOT}/blobs/${algorithm}/${hex.slice(0, 2)}/${hex}`;
};
const linkIn = (folder: string, digest: string): string => `${folder}/${digest.replace(':', '/')}`;

/** The blobs, and the repositories by name. */
export class Storage {
  readonly files: RegistryFiles;

  constructor(files: RegistryFiles) {
    this.files = files;
  }

  /** Bytes of a blob, null when the registry has it not. */
  blobSize(digest: string): number | null {
    return this.files.size(`${blobFolder(digest)}/data`);
  }

  readBlob(digest: string, from?: number, to?: number): Uint8Array {
    return this.files.read(`${blobFolder(digest)}/data`, from, to);
  }

  writeBlob(digest: string, bytes: Uint8Array): void {
    if (this.blobSize(digest) === null) this.files.write(`${blobFolder(digest)}/data`, bytes);
  }

  /** Makes the file at `path`, whose digest this is, a blob. */
  adoptBlob(digest: string, path: string): void {
    if (this.blobSize(digest) === null) this.files.rename(path, `${blobFolder(digest)}/data`);
    else this.files.remove(path);
  }

  removeBlob(digest: string): void {
    this.files.remove(blobFolder(digest));
  }

  /** Digests of all blobs, sorted. */
  blobs(): string[] {
    const found: string[] = [];
    for (const algorithm of this.files.list(`${ROOT}/blobs`) ?? [])
      for (const prefix of this.files.list(`${ROOT}/blobs/${algorithm}`) ?? [])
        for (const hex of this.files.list(`${ROOT}/blobs/${algorithm}/${prefix}`) ?? [])
          found.push(`${algorithm}:${hex}`);
    return found.filter((digest) => isDigest(digest) && this.blobSize(digest) !== null);
  }

  repository(name: string): Repository {
    return new Repository(this.files, name);
  }

  /** Names of the repositories that have or had manifests or blobs, sorted by code units. */
  repositories(): string[] {
    const found: string[] = [];
    const visit = (folder: string, name: string): void => {
      const entries = this.files.list(folder) ?? [];
      if (entries.some((entry) => entry.startsWith('_'))) found.push(name);
      for (const entry of entries)
        if (!entry.startsWith('_')) visit(`${folder}/${entry}`, name === '' ? entry : `${name}/${entry}`);
    };
    visit(REPOSITORIES, '');
    return found.sort();
  }
}

/** What one repository has. */
export class Repository {
  readonly name: string;
  readonly #files: RegistryFiles;
  readonly #layers: string;
  readonly #revisions: string;
  readonly #referrers: string;
  readonly #tags: string;
  readonly uploads: string;

  constructor(files: RegistryFiles, name: string) {
    this.#files = files;
    this.name = name;
    const folder = `${REPOSITORIES}/${name}`;
    this.#layers = `${folder}/_layers`;
    this.#revisions = `${folder}/_manifests/revisions`;
    this.#referrers = `${folder}/_manifests/referrers`;
    this.#tags = `${folder}/_manifests/tags`;
    this.uploads = `${folder}/_uploads`;
  }

  /** A manifest was pushed to it once; blobs alone do not make a repository. */
  get known(): boolean {
    return this.#files.list(this.#revisions) !== null;
  }

  layers(): string[] {
    return this.#links(this.#layers);
  }

  hasLayer(digest: string): boolean {
    return this.#files.size(`${linkIn(this.#layers, digest)}/link`) !== null;
  }

  addLayer(digest: string): void {
    this.#files.write(`${linkIn(this.#layers, digest)}/link`, encodeUtf8(digest));
  }

  removeLayer(digest: string): void {
    this.#files.remove(linkIn(this.#layers, digest));
  }

  manifests(): string[] {
    return this.#links(this.#revisions);
  }

  hasManifest(digest: string): boolean {
    return this.#files.size(`${linkIn(this.#revisions, digest)}/link`) !== null;
  }

  addManifest(digest: string, subject: string | null): void {
    this.#files.write(`${linkIn(this.#revisions, digest)}/link`, encodeUtf8(digest));
    if (subject !== null)
      this.#files.write(`${linkIn(linkIn(this.#referrers, subject), digest)}/link`, encodeUtf8(digest));
  }

  /** With the tags that point to it, as the specification asks for ("Deleting Manifests"). */
  removeManifest(digest: string, subject: string | null): void {
    for (const tag of this.tags()) if (this.tagged(tag) === digest) this.removeTag(tag);
    this.#files.remove(linkIn(this.#revisions, digest));
    if (subject !== null) this.#files.remove(linkIn(linkIn(this.#referrers, subject), digest));
  }

  /** Manifests whose subject this is. */
  referrers(subject: string): string[] {
    return this.#links(linkIn(this.#referrers, subject));
  }

  /** Sorted by code units. */
  tags(): string[] {
    return this.#files.list(this.#tags) ?? [];
  }

  /** The digest that a tag points to, null when there is no such tag. */
  tagged(tag: string): string | null {
    const path = `${this.#tags}/${tag}/current/link`;
    return this.#files.size(path) === null ? null : decodeUtf8(this.#files.read(path));
  }

  setTag(tag: string, digest: string): void {
    this.#files.write(`${this.#tags}/${tag}/current/link`, encodeUtf8(digest));
  }

  removeTag(tag: string): void {
    this.#files.remove(`${this.#tags}/${tag}`);
  }

  #links(folder: string): string[] {
    const found: string[] = [];
    for (const algorithm of this.#files.list(folder) ?? [])
      for (const hex of this.#files.list(`${folder}/${algorithm}`) ?? [])
        if (this.#files.size(`${folder}/${algorithm}/${hex}/link`) !== null)
          found.push(`${algorithm}:${hex}`);
    return found;
  }
}
