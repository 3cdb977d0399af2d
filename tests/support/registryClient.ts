/** A registry in memory with a client that words requests shortly; time stands still until a test moves it. */
import { canonicalJson, decodeUtf8, encodeUtf8, sha256Hex } from '../../src/base/index.ts';
import { buildImage, type Image } from '../../src/oci/index.ts';
import {
  MemoryFiles,
  Registry,
  type RegistryEvent,
  type RegistryOptions,
  type RegistryResponse,
} from '../../src/registry/index.ts';

export const IMAGE = 'application/vnd.oci.image.manifest.v1+json';
export const INDEX = 'application/vnd.oci.image.index.v1+json';
const CONFIG = 'application/vnd.oci.image.config.v1+json';
const LAYER = 'application/vnd.oci.image.layer.v1.tar';

export const digestOf = (body: string | Uint8Array): string => `sha256:${sha256Hex(body)}`;

interface Extras {
  readonly headers?: Record<string, string>;
  readonly body?: string | Uint8Array;
  readonly remote?: string;
}

export interface Answer extends RegistryResponse {
  readonly text: string;
  /** The first error's code, '' without one. */
  readonly code: string;
}

export class RegistryClient {
  readonly files: RegistryOptions['files'];
  readonly registry: Registry;
  readonly events: RegistryEvent[] = [];
  /** Seconds since 1970. */
  now = 1_767_225_600;
  #ids = 0;

  constructor(options: Partial<RegistryOptions> = {}) {
    this.files = options.files ?? new MemoryFiles();
    this.registry = new Registry({
      files: this.files,
      now: () => this.now,
      newId: () => (++this.#ids).toString(16).padStart(32, '0'),
      report: (event) => this.events.push(event),
      ...options,
    });
  }

  /** `line` is `METHOD target`. */
  send(line: string, { headers = {}, body = '', remote = '192.0.2.1' }: Extras = {}): Answer {
    const [method = '', target = ''] = line.split(' ');
    const [path = '', query = ''] = target.split('?');
    const bytes = typeof body === 'string' ? encodeUtf8(body) : body;
    const response = this.registry.answer({ method, path, query, headers, body: bytes, remote });
    const text = decodeUtf8(response.body);
    const code = text.startsWith('{"errors":') ? JSON.parse(text).errors[0].code : '';
    return { ...response, text, code };
  }

  /** Begins an upload; its path. */
  upload(repository: string, headers: Record<string, string> = {}): string {
    return this.send(`POST /v2/${repository}/blobs/uploads/`, { headers }).headers.Location!;
  }

  pushBlob(repository: string, body: string | Uint8Array, headers: Record<string, string> = {}): Answer {
    return this.send(`POST /v2/${repository}/blobs/uploads/?digest=${digestOf(body)}`, { body, headers });
  }

  pushManifest(repository: string, reference: string, body: string, type = IMAGE): Answer {
    return this.send(`PUT /v2/${repository}/manifests/${reference}`, {
      headers: { 'content-type': type },
      body,
    });
  }

  /** A small image under a tag; its manifest. */
  pushImage(repository: string, tag: string, more: Record<string, unknown> = {}, layer = 'layer'): string {
    for (const blob of ['{}', layer]) this.pushBlob(repository, blob);
    const manifest = manifestText(['{}', layer], more);
    this.pushManifest(repository, tag, manifest);
    return manifest;
  }
}

const descriptor = (mediaType: string, body: string | Uint8Array) => ({
  mediaType,
  digest: digestOf(body),
  size: typeof body === 'string' ? encodeUtf8(body).length : body.length,
});

export function manifestText(
  [config = '{}', ...layers]: readonly (string | Uint8Array)[],
  more: Record<string, unknown> = {},
): string {
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: IMAGE,
    config: descriptor(CONFIG, config),
    layers: layers.map((layer) => descriptor(LAYER, layer)),
    ...more,
  });
}

export function indexText(manifests: readonly string[], more: Record<string, unknown> = {}): string {
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: INDEX,
    manifests: manifests.map((each) => descriptor(IMAGE, each)),
    ...more,
  });
}

/** The subject that a manifest would name this one by. */
export const subjectOf = (manifest: string) => ({ subject: descriptor(IMAGE, manifest) });

/** An image of the project's own making, as an OCI image layout (image-spec image-layout.md): its files by path. */
export function imageLayout(): {
  readonly image: Image;
  readonly files: Readonly<Record<string, Uint8Array>>;
} {
  const image = buildImage({
    reference: 'hello:latest',
    layers: [
      { '/etc/motd': 'hello\n' },
      { '/bin/hello': { content: '#!/bin/sh\ncat /etc/motd\n', mode: 0o755 } },
    ],
    config: { Cmd: ['/bin/hello'], Env: ['PATH=/bin'] },
  });
  const config = canonicalJson(image.config);
  const { mediaType, schemaVersion, ...rest } = JSON.parse(
    manifestText([config, ...image.layers.map((layer) => layer.tar)]),
  ) as Record<string, unknown>;
  const manifest = canonicalJson({ schemaVersion, mediaType, ...rest });
  const index = JSON.stringify({
    schemaVersion: 2,
    manifests: [
      { ...descriptor(IMAGE, manifest), annotations: { 'org.opencontainers.image.ref.name': 'latest' } },
    ],
  });
  const blobs = [config, manifest, ...image.layers.map((layer) => layer.tar)];
  return {
    image,
    files: {
      'oci-layout': encodeUtf8('{"imageLayoutVersion":"1.0.0"}'),
      'index.json': encodeUtf8(index),
      ...Object.fromEntries(
        blobs.map((blob) => [
          `blobs/${digestOf(blob).replace(':', '/')}`,
          typeof blob === 'string' ? encodeUtf8(blob) : blob,
        ]),
      ),
    },
  };
}
