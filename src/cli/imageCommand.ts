/** `virtbook image`: images of the book for real tools, and those of others checked and shown. */
import { randomBytes } from 'node:crypto';
import { canonicalJson, encodeUtf8 } from '../base/index.ts';
import {
  contentOf,
  type Image,
  type ImageContent,
  InvalidReference,
  layerTree,
  OPAQUE_XATTR,
  type Platform,
  parseTagged,
  type SavedImage,
  sha256Of,
} from '../oci/index.ts';
import { Registry } from '../registry/index.ts';
import { BASE_REFERENCE, baseImage, buildImages } from '../world/index.ts';
import { CommandError } from './commandError.ts';
import { FolderFiles } from './folderFiles.ts';
import { parsePlace, type ReadImage, readPlace, writePlace } from './imagePlaces.ts';

interface SourceOptions {
  readonly exercise?: string;
  readonly seed: string;
}

/** Images of the book: the base image, or those of an exercise's hosts. */
async function imagesOf({ exercise: id, seed }: SourceOptions): Promise<Image[]> {
  if (id === undefined) return [baseImage()];
  const { loadExercise } = await import('./exercises.ts');
  const { exercise } = await loadExercise(id);
  const found = new Map<string, Image>([[BASE_REFERENCE, baseImage()]]);
  for (const host of exercise.scenario(seed).hosts)
    for (const image of buildImages(host.images ?? [])) found.set(image.reference, image);
  return [...found.values()];
}

const sizeOf = (image: Image): number => image.layers.reduce((sum, { tar }) => sum + tar.length, 0);

export async function listImages(options: SourceOptions): Promise<void> {
  for (const image of await imagesOf(options))
    process.stdout.write(
      `${image.reference.padEnd(30)} ${image.id.slice(7, 19)} ${image.layers.length} layers, ${sizeOf(image)} bytes\n`,
    );
}

export async function exportImage(
  reference: string,
  target: string,
  options: SourceOptions & { readonly docker?: true },
): Promise<void> {
  const place = parsePlace(target);
  const images = await imagesOf(options);
  const image = images.find(
    (each) => each.reference === reference || each.reference === `${reference}:latest`,
  );
  if (image === undefined)
    throw new CommandError(
      `There is no image ${reference}. There are: ${images.map((each) => each.reference).join(', ')}.`,
    );
  writePlace(place, savedImage(image), options.docker ?? false);
  process.stdout.write(`${image.id}\n`);
}

function savedImage({ config, layers, reference }: Image): SavedImage {
  return {
    config: encodeUtf8(canonicalJson(config)),
    parsed: config,
    tars: layers.map(({ tar }) => tar),
    names: [reference],
  };
}

export function importImage(
  source: string,
  options: { readonly platform: string; readonly registry?: string; readonly name?: string },
): void {
  const images = readPlace(parsePlace(source), platformOf(options.platform));
  for (const image of images) process.stdout.write(description(image));
  if (options.registry === undefined) {
    if (options.name !== undefined) throw new CommandError('--name is what --registry keeps the image as.');
    return;
  }
  const [image, ...more] = images;
  if (more.length > 0)
    throw new CommandError(`${source} has ${images.length} images: name one, as in oci:FOLDER:NAME.`);
  const name = options.name ?? image!.saved.names[0];
  if (name === undefined) throw new CommandError(`${source} does not name the image: give --name.`);
  putInto(options.registry, name, image!);
}

function platformOf(text: string): Platform {
  const [os = '', architecture = '', variant] = text.split('/');
  if (os === '' || architecture === '')
    throw new CommandError(`--platform ${text}: OS/ARCHITECTURE is needed.`);
  return { os, architecture, ...(variant !== undefined && { variant }) };
}

function description({ saved, layout }: ReadImage): string {
  const { parsed, config, tars, names } = saved;
  const lines: [string, string][] = [
    ['Id', sha256Of(config)],
    ...(layout === null
      ? []
      : ([
          [
            'Manifest',
            `${layout.image.manifest.descriptor.digest} ${layout.image.manifest.descriptor.mediaType}`,
          ],
        ] as [string, string][])),
    ...(layout?.index ? ([['Index', layout.index.digest]] as [string, string][]) : []),
    [
      'Platform',
      [parsed.os, parsed.architecture, parsed.variant].filter((part) => part !== undefined).join('/'),
    ],
    ['Created', parsed.created],
    ...Object.entries(parsed.config).map(([key, value]): [string, string] => [key, JSON.stringify(value)]),
  ];
  const layers = tars.map((tar, i) => `  layer ${parsed.rootfs.diff_ids[i]} ${layerText(tar)}\n`);
  const title = names.length === 0 ? '<no name>' : names.join(', ');
  return `${title}\n${lines.map(([key, value]) => `  ${key.padEnd(12)} ${value}\n`).join('')}${layers.join('')}`;
}

/** What a layer does, as an overlay's lower directory has it. */
function layerText(tar: Uint8Array): string {
  const specs = Object.values(layerTree(tar)).map((spec) => (typeof spec === 'string' ? {} : spec));
  const whiteouts = specs.filter(
    ({ type, rdev }) => type === 'chr' && rdev?.major === 0 && rdev.minor === 0,
  ).length;
  const opaque = specs.filter(({ xattrs }) => xattrs?.[OPAQUE_XATTR] !== undefined).length;
  const parts = [
    `${tar.length} bytes`,
    `${specs.length - whiteouts} files`,
    ...(whiteouts > 0 ? [`${whiteouts} whiteouts`] : []),
    ...(opaque > 0 ? [`${opaque} opaque directories`] : []),
  ];
  return parts.join(', ');
}

/** Keeps the image in the folder that `virtbook registry --data` serves, by the requests that a client would make. */
function putInto(folder: string, name: string, { saved, layout }: ReadImage): void {
  let target: ReturnType<typeof parseTagged>;
  try {
    target = parseTagged(name);
  } catch (error) {
    if (error instanceof InvalidReference) throw new CommandError(`${name}: ${error.message}`);
    throw error;
  }
  // The registry's repositories have no domain: `demo:1` is `demo` there, and not docker.io's `library/demo`.
  const repository = name.startsWith('library/') ? target.path : target.path.replace(/^library\//, '');
  const registry = new Registry({
    files: new FolderFiles(folder),
    now: () => Math.floor(Date.now() / 1000),
    newId: () => randomBytes(16).toString('hex'),
  });
  const content: ImageContent = layout?.image ?? contentOf(saved);
  const ask = (method: string, path: string, body: Uint8Array, query = '', type = ''): void => {
    const headers = type === '' ? {} : { 'content-type': type };
    const { status, body: answer } = registry.answer({
      ...{ method, path: `/v2/${repository}/${path}`, query, headers, body, remote: '' },
    });
    if (status !== 201) throw new CommandError(`${name}: ${Buffer.from(answer).toString()}`);
  };
  for (const { descriptor, bytes } of [content.config, ...content.layers])
    ask('POST', 'blobs/uploads/', bytes, `digest=${descriptor.digest}`);
  const { descriptor, bytes } = content.manifest;
  ask('PUT', `manifests/${target.tag ?? descriptor.digest}`, bytes, '', descriptor.mediaType);
  process.stdout.write(`${repository}:${target.tag ?? ''} is ${descriptor.digest}\n`);
}
