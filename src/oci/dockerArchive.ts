/**
 * What `docker save` writes and `docker load` reads: a tar archive with `manifest.json` (moby's image spec 1.2, "Combined Image JSON +
 * Filesystem Changeset Format"). As Docker has it from version 25 on, it is an OCI image layout as well. Older ones have a folder a layer.
 */
import { canonicalJson, decodeUtf8, encodeUtf8 } from '../base/index.ts';
import { unpackLayer } from './compression.ts';
import { attempt, checkedTar, type ImageContent, ImageError, packImage, sha256Of } from './content.ts';
import type { ImageConfig } from './image.ts';
import { parseImageConfig } from './imageConfig.ts';
import {
  blobPath,
  CONTAINERD_NAME,
  LAYOUT_FILE,
  type LayoutImage,
  REF_NAME,
  readLayout,
  writeLayout,
} from './layout.ts';
import { ManifestError, type Platform } from './manifest.ts';
import { OCI_LAYER } from './mediaTypes.ts';
import { familiarText, parseNormalized, referenceText } from './reference.ts';
import { type TarEntry, writeTar } from './tar.ts';
import { readTar } from './tarReader.ts';

const MANIFEST_FILE = 'manifest.json';
const REPOSITORIES_FILE = 'repositories';

/** An image with its archives uncompressed, as Docker's engine keeps it. */
export interface SavedImage {
  readonly config: Uint8Array;
  readonly parsed: ImageConfig;
  /** Bottom first. */
  readonly tars: readonly Uint8Array[];
  /** Familiar names with tags. */
  readonly names: readonly string[];
}

const asFile = (name: string, content: Uint8Array, mtime: number): TarEntry => ({
  name,
  type: 'file',
  mode: 0o644,
  uid: 0,
  gid: 0,
  mtime,
  content,
  target: '',
  major: 0,
  minor: 0,
  xattrs: {},
});
const asFolder = (name: string): TarEntry => ({
  ...asFile(name, new Uint8Array(0), 0),
  type: 'dir',
  mode: 0o755,
});

/** A layout's files as one archive, folders first. */
export function tarOfFiles(files: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const folders = new Set<string>();
  for (const path of files.keys())
    for (let at = path.indexOf('/'); at > 0; at = path.indexOf('/', at + 1)) folders.add(path.slice(0, at));
  const names = [...folders, ...files.keys()].sort();
  return writeTar(
    names.map((name) => (folders.has(name) ? asFolder(name) : asFile(name, files.get(name)!, 0))),
  );
}

/** The archive of `docker save`. */
export function writeDockerArchive(images: readonly SavedImage[]): Uint8Array {
  const packed = images.map((image) => packImage(image.config, image.tars, { plain: true }));
  const files = writeLayout(
    images.flatMap(({ names }, i) => {
      const image = packed[i]!;
      if (names.length === 0) return [{ image, annotations: {} }];
      return names.map((name) => {
        const full = parseNormalized(name);
        return {
          image,
          annotations: {
            [CONTAINERD_NAME]: referenceText(full),
            ...(full.tag !== null && { [REF_NAME]: full.tag }),
          },
        };
      });
    }),
  );
  const manifest = images.map(({ names }, i) => ({
    Config: blobPath(packed[i]!.config.descriptor.digest),
    RepoTags: names.length === 0 ? null : names,
    Layers: packed[i]!.layers.map(({ descriptor }) => blobPath(descriptor.digest)),
  }));
  files.set(MANIFEST_FILE, encodeUtf8(canonicalJson(manifest)));
  const repositories: Record<string, Record<string, string>> = {};
  for (const [i, { names }] of images.entries())
    for (const name of names) {
      const { tag, ...rest } = parseNormalized(name);
      const top = packed[i]!.layers.at(-1)?.descriptor.digest.slice(7) ?? '';
      const repository = familiarText({ ...rest, tag: null });
      repositories[repository] = { ...repositories[repository], [tag ?? 'latest']: top };
    }
  if (Object.keys(repositories).length > 0)
    files.set(REPOSITORIES_FILE, encodeUtf8(canonicalJson(repositories)));
  return tarOfFiles(files);
}

/** Files of an archive by name; links to others among them are followed, as old ones have them between equal layers. */
function filesOf(bytes: Uint8Array): (path: string) => Uint8Array | null {
  const tar = attempt('archive', 'the archive', () => unpackLayer(bytes));
  const entries = new Map(
    attempt('archive', 'the archive', () => readTar(tar)).map((entry) => [entry.name, entry]),
  );
  return (path) => {
    let entry = entries.get(path);
    for (let hops = 0; entry !== undefined && entry.type !== 'file' && hops < 8; hops++) {
      if (entry.type !== 'link' && entry.type !== 'symlink') return null;
      const folder = entry.name.slice(0, entry.name.lastIndexOf('/') + 1);
      entry = entries.get(entry.type === 'link' ? entry.target : joined(folder, entry.target));
    }
    return entry?.type === 'file' ? entry.content : null;
  };
}

function joined(folder: string, target: string): string {
  const out: string[] = [];
  for (const part of `${folder}${target}`.split('/')) {
    if (part === '..') out.pop();
    else if (part !== '' && part !== '.') out.push(part);
  }
  return out.join('/');
}

/** Whatever of the two an archive is: what `docker load` takes. Throws ImageError. */
export function readArchive(bytes: Uint8Array, platform: Platform): SavedImage[] {
  const files = filesOf(bytes);
  const manifest = files(MANIFEST_FILE);
  if (manifest !== null) return readManifestFile(manifest, files);
  if (files(LAYOUT_FILE) === null)
    throw new ImageError('no-image', `the archive has neither ${MANIFEST_FILE} nor ${LAYOUT_FILE}`);
  return readLayout(files, platform).map(savedOf);
}

/** An image of a layout as an engine keeps it. */
export function savedOf({ image, annotations }: Pick<LayoutImage, 'image' | 'annotations'>): SavedImage {
  const name = annotations[CONTAINERD_NAME] ?? annotations[REF_NAME];
  return {
    config: image.config.bytes,
    parsed: image.parsed,
    tars: image.layers.map(({ bytes }) => unpackLayer(bytes)),
    names: name === undefined ? [] : namesOf([name]),
  };
}

/** Familiar names; what is no name of an image (a layout may call an image anything) is left out. */
function namesOf(texts: readonly string[]): string[] {
  return texts.flatMap((text) => {
    try {
      const parsed = parseNormalized(text);
      return [familiarText(parsed.tag === null ? { ...parsed, tag: 'latest' } : parsed)];
    } catch {
      return [];
    }
  });
}

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((each) => typeof each === 'string');

function readManifestFile(bytes: Uint8Array, files: (path: string) => Uint8Array | null): SavedImage[] {
  const list = attempt('manifest', MANIFEST_FILE, () => {
    try {
      return JSON.parse(decodeUtf8(bytes)) as unknown;
    } catch {
      throw new ManifestError('it is no JSON');
    }
  });
  if (!Array.isArray(list)) throw new ImageError('manifest', `${MANIFEST_FILE}: it is no list`);
  return list.map((each: unknown) => {
    const { Config, Layers, RepoTags } = (each ?? {}) as Record<string, unknown>;
    if (typeof Config !== 'string' || !isTexts(Layers))
      throw new ImageError('manifest', `${MANIFEST_FILE}: an entry without Config or Layers`);
    if (RepoTags !== undefined && RepoTags !== null && !isTexts(RepoTags))
      throw new ImageError('manifest', `${MANIFEST_FILE}: RepoTags is no list of names`);
    return readSaved(Config, Layers, RepoTags ?? [], files);
  });
}

function readSaved(
  configPath: string,
  layerPaths: readonly string[],
  names: readonly string[],
  files: (path: string) => Uint8Array | null,
): SavedImage {
  const wanted = (path: string): Uint8Array => {
    const content = files(path);
    if (content === null) throw new ImageError('blob-missing', `${path} is missing in the archive`);
    return content;
  };
  const config = wanted(configPath);
  // The name of the file is the image's id, with or without a folder before and `.json` behind it.
  const said = /(?:^|\/)([0-9a-f]{64})(?:\.json)?$/.exec(configPath)?.[1];
  if (said !== undefined && sha256Of(config) !== `sha256:${said}`)
    throw new ImageError('blob-digest', `${configPath} has the digest ${sha256Of(config)}`);
  const parsed = attempt('config', configPath, () => parseImageConfig(config));
  const { diff_ids } = parsed.rootfs;
  if (diff_ids.length !== layerPaths.length)
    throw new ImageError(
      'config',
      `${configPath} names ${diff_ids.length} layers, and the archive has ${layerPaths.length}`,
    );
  const tars = layerPaths.map((path, i) => {
    const bytes = wanted(path);
    return checkedTar({ mediaType: OCI_LAYER, digest: path, size: bytes.length }, bytes, diff_ids[i]!);
  });
  return { config, parsed, tars, names: namesOf(names) };
}

/** Both sides of the room speak of an image's bytes: this one as another place keeps it. */
export const contentOf = (image: SavedImage, docker = false): ImageContent =>
  packImage(image.config, image.tars, { docker });
