/** Images as the API shows them. */
import type { Sys } from '../../linux/index.ts';
import { chainIds, type ImageConfig } from '../../oci/index.ts';
import type { Engine } from '../engine.ts';
import { readText } from '../files.ts';
import { overlayPath, type StoredImage } from '../model.ts';
import { layerFolder } from './layers.ts';
import { digestsOf, findImage, isTagged, tagsOf } from './references.ts';

const secondsOf = (time: string): number => Math.floor(Date.parse(time) / 1000);

function* layerSize(chainId: string): Sys<number> {
  return Number((yield* readText(`${layerFolder(chainId)}/size`)) ?? 0);
}

/** Bytes of the files of all its layers. */
export function* imageSize(image: StoredImage): Sys<number> {
  let total = 0;
  for (const chainId of chainIds(image.config.rootfs.diff_ids)) total += yield* layerSize(chainId);
  return total;
}

/** GET /images/NAME/history: the newest first; entries that made no layer have size 0. */
export function* imageHistory(image: StoredImage): Sys<unknown[]> {
  const chain = chainIds(image.config.rootfs.diff_ids);
  const entries: unknown[] = [];
  let next = 0;
  for (const [i, entry] of image.config.history.entries()) {
    const isLast = i === image.config.history.length - 1;
    const made = entry.empty_layer === true ? undefined : chain[next++];
    entries.push({
      Id: isLast ? image.id : '<missing>',
      Created: secondsOf(entry.created),
      CreatedBy: entry.created_by,
      Tags: isLast ? tagsOf(image) : null,
      Size: made === undefined ? 0 : yield* layerSize(made),
      Comment: entry.comment ?? '',
    });
  }
  return entries.reverse();
}

/** The filters of GET /images/json that are simulated: name → values. */
export type ImageFilters = Readonly<Record<string, readonly string[]>>;

/** Null: that filter is not simulated. */
function matches(images: Engine['images'], image: StoredImage, name: string, value: string): boolean | null {
  const at = (other: string) => secondsOf(findImage(images, other)?.config.created ?? '');
  const created = secondsOf(image.config.created);
  switch (name) {
    case 'dangling':
      return (tagsOf(image).length === 0) === ['true', '1'].includes(value);
    case 'reference':
      return image.references.some((reference) => isLike(reference, value));
    case 'label': {
      const [key = '', wanted] = value.split(/=(.*)/s);
      const label = image.config.config.Labels?.[key];
      return label !== undefined && (wanted === undefined || label === wanted);
    }
    case 'before':
      return created < at(value);
    case 'since':
      return created > at(value);
    default:
      return null;
  }
}

/** Go's path.Match, with or without the tag: `*` is anything but a slash. */
function isLike(reference: string, pattern: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|\\]/g, '\\$&')
    .replaceAll('*', '[^/]*')
    .replaceAll('?', '[^/]');
  const like = new RegExp(`^${source}$`);
  return like.test(reference) || like.test(reference.replace(isTagged(reference) ? /:[^:/]+$/ : /@.*$/, ''));
}

/** The name of the first filter that is not simulated. */
export const unknownFilter = (filters: ImageFilters): string | null =>
  Object.keys(filters).find(
    (name) => !['dangling', 'reference', 'label', 'before', 'since'].includes(name),
  ) ?? null;

/** GET /images/json: the newest first. */
export function* listImages(engine: Engine, filters: ImageFilters): Sys<unknown[]> {
  const containers = [...engine.containers.values()];
  const found: { Created: number }[] = [];
  for (const image of engine.images.values()) {
    const wanted = Object.entries(filters).every(([name, values]) =>
      name === 'label'
        ? values.every((value) => matches(engine.images, image, name, value))
        : values.some((value) => matches(engine.images, image, name, value)),
    );
    if (!wanted) continue;
    const isShown = (reference: string): boolean =>
      filters.reference === undefined || filters.reference.some((pattern) => isLike(reference, pattern));
    found.push({
      ...{
        Id: image.id,
        ParentId: '',
        RepoTags: tagsOf(image).filter(isShown),
        RepoDigests: digestsOf(image).filter(isShown),
      },
      Created: secondsOf(image.config.created),
      Size: yield* imageSize(image),
      SharedSize: -1,
      Labels: image.config.config.Labels ?? null,
      Containers: containers.filter((container) => container.Image === image.id).length,
    } as never);
  }
  return found.sort((a, b) => b.Created - a.Created);
}

/** What is absent is shown as Go shows the zero of its type. */
function fullConfig({ config }: ImageConfig): unknown {
  const { ExposedPorts, Healthcheck, StopSignal, Shell } = config;
  return {
    ...{ Hostname: '', Domainname: '', User: config.User ?? '' },
    ...{ AttachStdin: false, AttachStdout: false, AttachStderr: false },
    ...(ExposedPorts !== undefined && { ExposedPorts }),
    ...{ Tty: false, OpenStdin: false, StdinOnce: false },
    Env: config.Env ?? null,
    Cmd: config.Cmd ?? null,
    ...(Healthcheck !== undefined && { Healthcheck }),
    Image: '',
    Volumes: config.Volumes ?? null,
    WorkingDir: config.WorkingDir ?? '',
    Entrypoint: config.Entrypoint ?? null,
    OnBuild: config.OnBuild ?? null,
    Labels: config.Labels ?? null,
    ...(StopSignal !== undefined && { StopSignal }),
    ...(Shell !== undefined && { Shell }),
  };
}

/** GET /images/NAME/json. */
export function* inspectImage(image: StoredImage): Sys<unknown> {
  const { config } = image;
  const upper = image.cacheIds.at(-1) ?? '';
  const below = [...image.cacheIds].reverse().slice(1);
  return {
    Id: image.id,
    RepoTags: tagsOf(image),
    RepoDigests: digestsOf(image),
    Parent: '',
    Comment: config.history.at(-1)?.comment ?? '',
    Created: config.created,
    DockerVersion: '',
    Author: config.author ?? '',
    Config: fullConfig(config),
    Architecture: config.architecture,
    ...(config.variant !== undefined && { Variant: config.variant }),
    Os: config.os,
    Size: yield* imageSize(image),
    GraphDriver: {
      Data: {
        ...(below.length > 0 && { LowerDir: below.map((id) => `${overlayPath(id)}/diff`).join(':') }),
        MergedDir: `${overlayPath(upper)}/merged`,
        UpperDir: `${overlayPath(upper)}/diff`,
        WorkDir: `${overlayPath(upper)}/work`,
      },
      Name: 'overlay2',
    },
    RootFS: { Type: 'layers', Layers: config.rootfs.diff_ids },
    Metadata: { LastTagTime: '0001-01-01T00:00:00Z' },
  };
}
