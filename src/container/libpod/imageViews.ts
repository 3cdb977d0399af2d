/** Images as podman's API shows them: with the whole of their names, and ids without their algorithm. */
import type { Sys } from '../../linux/index.ts';
import { InvalidReference, parseNormalized, parseTagged, referenceText } from '../../oci/index.ts';
import { inspectImage } from '../images/views.ts';
import type { StoredImage } from '../model.ts';

/** `docker.io/library/base:latest` for `base`; what is no name is left as it is. */
export function canonicalName(name: string): string {
  if (/^(sha256:)?[0-9a-f]{12,64}$/.test(name)) return name;
  try {
    return referenceText(name.includes('@') ? parseNormalized(name) : parseTagged(name));
  } catch (error) {
    if (error instanceof InvalidReference) return name;
    throw error;
  }
}

interface Listed {
  readonly Id: string;
  readonly RepoTags: readonly string[];
  readonly RepoDigests: readonly string[];
  readonly Created: number;
  readonly Size: number;
  readonly Labels: Readonly<Record<string, string>> | null;
  readonly Containers: number;
}

/** Of GET /libpod/images/json, from what Docker's list says. */
export function imageView(image: Listed) {
  const names = image.RepoTags.map(canonicalName);
  const digests = image.RepoDigests.map(canonicalName);
  return {
    Id: image.Id.slice(7),
    ParentId: '',
    RepoTags: names,
    RepoDigests: digests,
    Created: image.Created,
    Size: image.Size,
    SharedSize: 0,
    VirtualSize: image.Size,
    Labels: image.Labels,
    Containers: image.Containers,
    ...(names.length === 0 && { Dangling: true }),
    ...(names.length > 0 && { Names: names }),
    ...(digests.length > 0 && { Digest: digests[0]!.replace(/^.*@/, '') }),
  };
}

/** Of GET /libpod/images/NAME/json. */
export function* imageInspectView(image: StoredImage): Sys<unknown> {
  const docker = (yield* inspectImage(image)) as Readonly<Record<string, unknown>> & {
    readonly RepoTags: string[];
    readonly RepoDigests: string[];
    readonly GraphDriver: { readonly Data: unknown };
  };
  const { config } = image;
  const digests = docker.RepoDigests.map(canonicalName);
  return {
    Id: image.id.slice(7),
    Digest: digests[0]?.replace(/^.*@/, '') ?? '',
    RepoTags: docker.RepoTags.map(canonicalName),
    RepoDigests: digests,
    ...{ Parent: '', Comment: docker.Comment, Created: docker.Created },
    Config: config.config,
    ...{ Version: '', Author: docker.Author, Architecture: docker.Architecture, Os: docker.Os },
    ...{ Size: docker.Size, VirtualSize: docker.Size },
    GraphDriver: { Name: 'overlay', Data: docker.GraphDriver.Data },
    RootFS: docker.RootFS,
    Labels: config.config.Labels ?? null,
    Annotations: {},
    ManifestType: 'application/vnd.oci.image.manifest.v1+json',
    User: config.config.User ?? '',
    History: config.history,
    NamesHistory: docker.RepoTags.map(canonicalName),
    ...(config.config.Healthcheck !== undefined && { Healthcheck: config.config.Healthcheck }),
  };
}
