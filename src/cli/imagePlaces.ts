/** Where images come from and go to, in the notation of skopeo and podman: `oci:FOLDER[:NAME]`, `oci-archive:FILE`, `docker-archive:FILE`. */
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  CONTAINERD_NAME,
  contentOf,
  ImageError,
  LAYOUT_FILE,
  type LayoutImage,
  type Platform,
  parseManifest,
  parseNormalized,
  REF_NAME,
  readArchive,
  readLayout,
  referenceText,
  type SavedImage,
  savedOf,
  tarOfFiles,
  writeDockerArchive,
  writeLayout,
} from '../oci/index.ts';
import { CommandError } from './commandError.ts';

const transports = ['oci', 'oci-archive', 'docker-archive'] as const;
type Transport = (typeof transports)[number];

export interface Place {
  readonly transport: Transport;
  readonly path: string;
  /** What the image is called in a layout; null when nothing is said. */
  readonly name: string | null;
}

/** `transport:path[:name]`; a path alone (of something that is there) is what it looks like. */
export function parsePlace(text: string): Place {
  const transport = transports.find((each) => text.startsWith(`${each}:`));
  if (transport !== undefined) {
    const rest = text.slice(transport.length + 1);
    const colon = rest.indexOf(':', /^[A-Za-z]:[\\/]/.test(rest) ? 2 : 0);
    const at = colon < 0 ? rest.length : colon;
    if (at === 0) throw new CommandError(`${text}: a path has to follow ${transport}:`);
    return { transport, path: rest.slice(0, at), name: rest.slice(at + 1) || null };
  }
  if (!existsSync(text))
    throw new CommandError(
      `${text}: neither a file nor one of ${transports.map((each) => `${each}:PATH`).join(', ')}`,
    );
  return { transport: statSync(text).isDirectory() ? 'oci' : 'docker-archive', path: text, name: null };
}

/** An image that was read, and where that can be told its manifest as it was there. */
export interface ReadImage {
  readonly saved: SavedImage;
  /** Null for a docker-archive, which has none. */
  readonly layout: LayoutImage | null;
}

/** All images of a place, or the one that it names; every digest is checked. Throws CommandError. */
export function readPlace({ path: at, name }: Place, platform: Platform): ReadImage[] {
  try {
    const images = statSync(at).isDirectory() ? readFolder(at, platform) : readFile(at, platform);
    const wanted = name === null ? images : images.filter((each) => isCalled(each, name));
    if (wanted.length > 0) return wanted;
    throw new CommandError(`${at}: there is no image ${name}`);
  } catch (error) {
    if (error instanceof ImageError) throw new CommandError(`${at}: ${error.message} (${error.kind})`);
    if ((error as NodeJS.ErrnoException).code !== undefined) throw new CommandError((error as Error).message);
    throw error;
  }
}

function isCalled({ saved, layout }: ReadImage, name: string): boolean {
  return saved.names.includes(name) || layout?.annotations[REF_NAME] === name;
}

function readFolder(folder: string, platform: Platform): ReadImage[] {
  const files = (name: string) => {
    const file = path.join(folder, ...name.split('/'));
    return existsSync(file) ? readFileSync(file) : null;
  };
  return readLayout(files, platform).map((layout) => ({ layout, saved: savedOf(layout) }));
}

function readFile(file: string, platform: Platform): ReadImage[] {
  return readArchive(readFileSync(file), platform).map((saved) => ({ saved, layout: null }));
}

/** Writes one image. An OCI layout that is there gets it added. Throws CommandError. */
export function writePlace(place: Place, image: SavedImage, docker: boolean): void {
  const { transport, path: at, name } = place;
  const called = name ?? image.names[0]!;
  try {
    if (transport === 'docker-archive') {
      if (docker) throw new CommandError('--docker is about manifests, and a docker-archive has none.');
      const names = name === null ? image.names : [name];
      writeFileSync(at, writeDockerArchive([{ ...image, names }]));
      return;
    }
    const files = writeLayout([
      { image: contentOf(image, docker), annotations: annotationsOf(called, name) },
    ]);
    if (transport === 'oci-archive') writeFileSync(at, tarOfFiles(files));
    else writeFolder(at, files, called);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== undefined) throw new CommandError((error as Error).message);
    throw error;
  }
}

/** A name that is chosen is kept as it is; a reference's tag is what tools look for in a layout. */
function annotationsOf(called: string, chosen: string | null): Record<string, string> {
  if (chosen !== null) return { [REF_NAME]: chosen };
  const full = parseNormalized(called);
  return { [CONTAINERD_NAME]: referenceText(full), [REF_NAME]: full.tag ?? 'latest' };
}

function writeFolder(folder: string, files: Map<string, Uint8Array>, called: string): void {
  mkdirSync(folder, { recursive: true });
  const isLayout = existsSync(path.join(folder, LAYOUT_FILE));
  if (!isLayout && readdirSync(folder).length > 0)
    throw new CommandError(`${folder}: there are files in it, and it is no OCI layout`);
  if (isLayout) mergeIndex(path.join(folder, 'index.json'), files, called);
  for (const [name, bytes] of files) {
    const file = path.join(folder, ...name.split('/'));
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, bytes);
  }
}

/** Puts what an index has already before what is added; an image of the same name gives way. */
function mergeIndex(file: string, files: Map<string, Uint8Array>, called: string): void {
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();
  const before = readFileSync(file, 'utf8');
  try {
    parseManifest(before, null);
  } catch (error) {
    throw new CommandError(`${file}: ${(error as Error).message}`);
  }
  const added = JSON.parse(text(files.get('index.json')!)) as { manifests: Entry[] };
  const name = added.manifests[0]?.annotations?.[REF_NAME] ?? called;
  const index = JSON.parse(before) as { manifests: Entry[] };
  const kept = index.manifests.filter((each) => each.annotations?.[REF_NAME] !== name);
  const merged = { ...index, manifests: [...kept, ...added.manifests] };
  files.set('index.json', Buffer.from(JSON.stringify(merged)));
}

interface Entry {
  readonly annotations?: Readonly<Record<string, string>>;
}
