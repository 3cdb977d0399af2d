/** What the daemon remembers of layers at registries: which compressed blob is which layer, and where it was seen (moby's distribution/metadata). */
import type { Sys } from '../../linux/index.ts';
import { makeDirs, readText, writeText } from '../files.ts';
import { METADATA } from '../images/layers.ts';

const FOLDER = `${METADATA}/distribution`;
/** Of a layer; the newest last. */
const KEPT = 50;

export interface SeenBlob {
  readonly Digest: string;
  /** `domain/path`. */
  readonly SourceRepository: string;
}

const byLayer = (diffId: string) => `${FOLDER}/v2metadata-by-diffid/${diffId.replace(':', '/')}`;
const byDigest = (digest: string) => `${FOLDER}/diffid-by-digest/${digest.replace(':', '/')}`;

export function* seenBlobs(diffId: string): Sys<SeenBlob[]> {
  try {
    return JSON.parse((yield* readText(byLayer(diffId))) ?? '[]') as SeenBlob[];
  } catch {
    // What somebody else has written there is worth nothing.
    return [];
  }
}

export function* remember(diffId: string, blob: SeenBlob): Sys<void> {
  const others = (yield* seenBlobs(diffId)).filter(
    ({ Digest, SourceRepository }) => Digest !== blob.Digest || SourceRepository !== blob.SourceRepository,
  );
  for (const [path, text] of [
    [byLayer(diffId), JSON.stringify([...others, blob].slice(-KEPT))],
    [byDigest(blob.Digest), diffId],
  ] as const) {
    yield* makeDirs(path.slice(0, path.lastIndexOf('/')));
    yield* writeText(path, text);
  }
}
