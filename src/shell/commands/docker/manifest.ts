/** docker manifest inspect: what a registry has under a name, asked by the client itself. */
import { decodeUtf8 } from '../../../base/index.ts';
import { EngineError, endpointOf, Repository } from '../../../container/index.ts';
import { type Sys, writeAll } from '../../../linux/index.ts';
import { DOCKER_LIST, OCI_INDEX, parseTagged, type Reference } from '../../../oci/index.ts';
import type { Parsed } from '../options.ts';
import { DockerError } from './api.ts';
import type { DockerCommand } from './commands.ts';
import { serverOf, storedLogin } from './credentials.ts';

function referenceOf(text: string): Reference {
  try {
    return parseTagged(text);
  } catch (error) {
    throw new DockerError((error as Error).message);
  }
}

/** Docker Hub's registry, the host's own in plain, and with `insecure` any in plain. */
function urlOf(domain: string, insecure: boolean): string {
  if (domain === 'docker.io') return 'https://registry-1.docker.io';
  const isLocal = /^(localhost|127\.[\d.]+)(:\d+)?$/.test(domain);
  return `${insecure || isLocal ? 'http' : 'https'}://${domain}`;
}

function* inspect(parsed: Parsed, env: ReadonlyMap<string, string>): Sys<number> {
  const [name = ''] = parsed.operands;
  const { domain, path, tag, digest } = referenceOf(name);
  const login = yield* storedLogin(env, serverOf(domain));
  const repository = new Repository(endpointOf(urlOf(domain, parsed.has('insecure'))), path, 'pull', login);
  try {
    yield* repository.ping();
    const { bytes, mediaType } = yield* repository.manifest(digest ?? tag!);
    const isList = [DOCKER_LIST, OCI_INDEX].includes(mediaType);
    yield* writeAll(1, `${JSON.stringify(JSON.parse(decodeUtf8(bytes)), null, isList ? '   ' : '\t')}\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new DockerError(error.status === 404 ? `no such manifest: ${name}` : error.message);
  } finally {
    yield* repository.close();
  }
}

export const manifests: readonly DockerCommand[] = [
  {
    name: 'manifest inspect',
    usage: '[OPTIONS] MANIFEST',
    help: "Show what a registry has under an image's name",
    options: [{ long: 'insecure', help: 'Speak to the registry in plain' }],
    operands: [1, 1],
    run: inspect,
  },
];
