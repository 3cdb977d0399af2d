/** The files of a host that runs a registry: its configuration, its accounts, and the images that it has from the start. */
import { canonicalJson, encodeUtf8 } from '../../base/index.ts';
import type { FileTree } from '../../linux/index.ts';
import { type Image, packImage, parseTagged } from '../../oci/index.ts';
import { MemoryFiles } from '../files.ts';
import { Registry } from '../registry.ts';

export const CONFIG_PATH = '/etc/distribution/config.yml';
const ACCOUNTS_PATH = '/etc/distribution/accounts';
const ROOT = '/var/lib/registry';

export interface RegistryFilesOptions {
  /** The configuration's text; without it everybody may do everything at port 5000. */
  readonly config?: string;
  /**
   * In place of Docker Hub: at port 443, where its clients expect TLS and talk plainly in this world, with tokens, and with limits on pulls.
   */
  readonly hub?: boolean;
  /** Who may log in to such a hub, and push below their names. */
  readonly users?: readonly { readonly name: string; readonly password: string }[];
  readonly images: readonly Image[];
}

const PLAIN = `version: 0.1
log:
  fields:
    service: registry
storage:
  cache:
    blobdescriptor: inmemory
  filesystem:
    rootdirectory: ${ROOT}
  delete:
    enabled: true
http:
  addr: :5000
  headers:
    X-Content-Type-Options: [nosniff]
`;

const HUB = `version: 0.1
storage:
  filesystem:
    rootdirectory: ${ROOT}
http:
  addr: :443
auth:
  token:
    realm: https://auth.docker.io/token
    service: registry.docker.io
    accounts: ${ACCOUNTS_PATH}
    hides: true
limits:
  anonymous: 100
  user: 200
  window: 21600
`;

export function registryFiles(options: RegistryFilesOptions): FileTree {
  const { hub = false, users = [], images } = options;
  const accounts = users.map(
    ({ name, password }) => `${name} ${password} *=pull ${name}/*=pull,push,delete\n`,
  );
  return {
    [CONFIG_PATH]: options.config ?? (hub ? HUB : PLAIN),
    ...(hub && { [ACCOUNTS_PATH]: { content: `- *=pull\n${accounts.join('')}`, mode: 0o600 } }),
    [ROOT]: { type: 'dir' },
    ...storedFiles(images, hub),
  };
}

/** What pushing the images would leave behind. */
function storedFiles(images: readonly Image[], hub: boolean): FileTree {
  const files = new MemoryFiles();
  const registry = new Registry({ files, now: () => 0, newId: () => '0'.repeat(32) });
  for (const image of images) {
    const { path, tag } = parseTagged(image.reference);
    // Elsewhere than at the hub `demo` is a repository of that name.
    const repository = hub ? path : path.replace(/^library\//, '');
    const { config, layers, manifest } = packImage(
      encodeUtf8(canonicalJson(image.config)),
      image.layers.map(({ tar }) => tar),
      { docker: true },
    );
    const ask = (method: string, target: string, query: string, body: Uint8Array, type: string) =>
      registry.answer({
        method,
        path: `/v2/${repository}/${target}`,
        query,
        headers: { 'content-type': type },
        body,
        remote: '',
      });
    for (const { descriptor, bytes } of [config, ...layers])
      ask('POST', 'blobs/uploads/', `digest=${descriptor.digest}`, bytes, 'application/octet-stream');
    ask('PUT', `manifests/${tag}`, '', manifest.bytes, manifest.descriptor.mediaType);
  }
  const tree: Record<string, FileTree[string]> = {};
  const visit = (path: string): void => {
    for (const name of files.list(path) ?? []) {
      const at = `${path}/${name}`;
      if (files.list(at) !== null) visit(at);
      else tree[`${ROOT}/${at}`] = { content: files.read(at) };
    }
  };
  visit('docker');
  return tree;
}

/** Starts it at boot. */
export const REGISTRY_SCRIPT = `#!/bin/sh
registry serve ${CONFIG_PATH} >/var/log/registry.log 2>&1 &
while kill -0 $! && ! grep -q listening /var/log/registry.log; do sleep 0.01; done
`;
