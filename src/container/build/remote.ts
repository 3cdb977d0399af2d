/** ADD of a URL: the file comes over the network, readable by root alone (Dockerfile reference, "Adding files from a URL"). */
import { isOsError, sha256Hex } from '../../base/index.ts';
import type { Sys } from '../../linux/index.ts';
import { DockerfileError } from '../../oci/dockerfile/index.ts';
import { endpointOf } from '../distribution/endpoint.ts';
import { type Incoming, Transport, wholeBody } from '../distribution/transport.ts';
import { EngineError } from '../model.ts';
import type { CopySource } from './copy.ts';

/** As Go's http.Client follows. */
const MOST_HOPS = 10;
const failed = (why: string) => new DockerfileError(`failed to load cache key: ${why}`);

/** `--checksum`; throws DockerfileError for what is no digest. */
export function requireDigest(text: string): void {
  if (!/^[a-z0-9]+:/.test(text)) throw new DockerfileError('invalid checksum digest format');
  if (!text.startsWith('sha256:')) throw new DockerfileError('unsupported digest algorithm');
  const hex = text.slice('sha256:'.length);
  if (hex.length !== 64) throw new DockerfileError('invalid checksum digest length');
  if (!/^[0-9a-f]*$/.test(hex)) throw new DockerfileError('invalid checksum digest format');
}

/** The last part of the path; BuildKit's word for none. */
function nameIn(url: string): string {
  const path = url.replace(/^https?:\/\/[^/]*/, '').replace(/[?#].*/s, '');
  const name = path.replace(/\/+$/, '').replace(/^.*\//, '');
  try {
    return decodeURIComponent(name) || '__unnamed__';
  } catch {
    return name;
  }
}

/** The answer at the end of redirections. Throws EngineError, DockerfileError. */
function* answerOf(transport: Transport, url: string): Sys<Incoming> {
  let at = url;
  for (let hops = 0; hops <= MOST_HOPS; hops++) {
    const endpoint = endpointOf(at);
    const path = at.replace(/^https?:\/\/[^/?#]*/, '').replace(/#.*/s, '') || '/';
    const answer = yield* transport.send(endpoint, {
      method: 'GET',
      path: path.startsWith('/') ? path : `/${path}`,
      headers: { 'User-Agent': 'buildkit/v0.0.0', Connection: 'close' },
    });
    const { location } = answer.headers;
    if (![301, 302, 303, 307, 308].includes(answer.status) || location === undefined) return answer;
    yield* wholeBody(answer);
    at = location.startsWith('/') ? `${endpoint.url}${location}` : location;
  }
  throw failed(`Get "${url}": stopped after ${MOST_HOPS} redirects`);
}

/** The file at a URL. Throws DockerfileError. */
export function* remoteFile(url: string, checksum: string): Sys<CopySource> {
  const transport = new Transport();
  try {
    const answer = yield* answerOf(transport, url);
    const content = yield* wholeBody(answer);
    if (answer.status < 200 || answer.status >= 400) throw failed(`invalid response status ${answer.status}`);
    const digest = `sha256:${sha256Hex(content)}`;
    if (checksum !== '' && digest !== checksum) throw failed(`digest mismatch ${digest}: ${checksum}`);
    const modified = Date.parse(answer.headers['last-modified'] ?? '');
    const name = nameIn(url);
    const entry = {
      ...{ name, type: 'file' as const, mode: 0o600, uid: 0, gid: 0, target: '', major: 0, minor: 0 },
      ...{ mtime: Number.isNaN(modified) ? 0 : Math.floor(modified / 1000), content, xattrs: {} },
    };
    return { name, dir: false, entries: [entry], archive: null };
  } catch (error) {
    if (error instanceof EngineError) throw failed(error.message);
    if (isOsError(error)) throw failed(error.message);
    throw error;
  } finally {
    yield* transport.close();
  }
}
