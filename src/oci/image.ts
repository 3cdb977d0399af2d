/** Images: a config, layers and a manifest, after image-spec 1.1 (config.md, manifest.md). */
import { canonicalJson, encodeUtf8, sha256Hex } from '../base/index.ts';
import type { FileTree } from '../linux/index.ts';
import { type Layer, makeLayer } from './layers.ts';

/** How Docker looks after a program's health: times in nanoseconds (moby's image spec, "Healthcheck"). */
export interface Healthcheck {
  /** `NONE`, `CMD` and arguments, or `CMD-SHELL` and one line; empty inherits. */
  readonly Test?: readonly string[];
  readonly Interval?: number;
  readonly Timeout?: number;
  readonly StartPeriod?: number;
  readonly StartInterval?: number;
  readonly Retries?: number;
}

/** The `config` object of an image's configuration; the last three are Docker's additions to image-spec's config.md. */
export interface RunConfig {
  readonly Cmd?: readonly string[];
  readonly Entrypoint?: readonly string[];
  readonly Env?: readonly string[];
  readonly WorkingDir?: string;
  readonly User?: string;
  readonly Volumes?: Readonly<Record<string, Record<string, never>>>;
  readonly Labels?: Readonly<Record<string, string>>;
  readonly ExposedPorts?: Readonly<Record<string, Record<string, never>>>;
  readonly StopSignal?: string;
  readonly Healthcheck?: Healthcheck;
  readonly OnBuild?: readonly string[];
  readonly Shell?: readonly string[];
}

export interface HistoryEntry {
  readonly created: string;
  readonly created_by: string;
  readonly comment?: string;
  readonly author?: string;
  /** This step made no layer. */
  readonly empty_layer?: boolean;
}

export interface ImageConfig {
  readonly architecture: string;
  readonly os: string;
  readonly variant?: string;
  readonly author?: string;
  readonly created: string;
  readonly config: RunConfig;
  readonly rootfs: { readonly type: 'layers'; readonly diff_ids: readonly string[] };
  readonly history: readonly HistoryEntry[];
}

export interface Image {
  /** `name:tag`. */
  readonly reference: string;
  /** Digest of the configuration: the image's id. */
  readonly id: string;
  readonly config: ImageConfig;
  /** Bottom first. */
  readonly layers: readonly Layer[];
  /** Digest of the manifest. */
  readonly digest: string;
}

export interface BuildOptions {
  readonly reference: string;
  /** The image whose layers come below. */
  readonly from?: Image;
  readonly layers: readonly FileTree[];
  readonly config?: RunConfig;
}

/** When images of the book were made: a fixed instant, so that the same input gives the same digest. */
const CREATED = '2026-01-01T00:00:00Z';

export const digestOf = (value: unknown): string => `sha256:${sha256Hex(canonicalJson(value))}`;

/** Builds an image; settings that `config` does not have come from `from`, its environment first. */
export function buildImage({ reference, from, layers: trees, config = {} }: BuildOptions): Image {
  const layers = [...(from?.layers ?? []), ...trees.map(makeLayer)];
  const below = from?.config.config ?? {};
  const merged: RunConfig = {
    ...below,
    ...config,
    ...((below.Env !== undefined || config.Env !== undefined) && {
      Env: [...(below.Env ?? []), ...(config.Env ?? [])],
    }),
  };
  const full: ImageConfig = {
    architecture: 'amd64',
    os: 'linux',
    created: CREATED,
    config: merged,
    rootfs: { type: 'layers', diff_ids: layers.map((layer) => layer.diffId) },
    history: [
      ...(from?.config.history ?? []),
      ...trees.map((_, i) => ({ created: CREATED, created_by: `layer ${i + 1} of ${reference}` })),
    ],
  };
  const id = digestOf(full);
  return { reference, id, config: full, layers, digest: digestOf(manifestOf(full, id, layers)) };
}

function manifestOf(config: ImageConfig, id: string, layers: readonly Layer[]): unknown {
  return {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: {
      mediaType: 'application/vnd.oci.image.config.v1+json',
      digest: id,
      size: encodeUtf8(canonicalJson(config)).length,
    },
    layers: layers.map((layer) => ({
      mediaType: 'application/vnd.oci.image.layer.v1.tar',
      digest: layer.diffId,
      size: layer.tar.length,
    })),
  };
}

/** The identity of a layer with all below it: image-spec config.md, "Layer ChainID". */
export function chainIds(diffIds: readonly string[]): string[] {
  const ids: string[] = [];
  for (const diffId of diffIds) {
    const below = ids.at(-1);
    ids.push(below === undefined ? diffId : `sha256:${sha256Hex(`${below} ${diffId}`)}`);
  }
  return ids;
}
