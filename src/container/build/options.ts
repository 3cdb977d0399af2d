/** What POST /build asks for: its query, and what belongs to the request besides the context (Engine API, "ImageBuild"). */
import { decodeUtf8, fromBase64 } from '../../base/index.ts';
import { SECRETS_HEADER } from '../builder.ts';
import type { Credentials } from '../distribution/repository.ts';
import { isTrue, type Request } from '../http.ts';
import { newReference } from '../images/references.ts';
import { EngineError } from '../model.ts';

export interface BuildRequest {
  readonly context: Uint8Array;
  readonly dockerfile: string;
  /** Files in the archive that are no part of the context: our own client tells them. */
  readonly apart: readonly string[];
  /** `repository:tag`, as they are kept. */
  readonly tags: readonly string[];
  readonly buildArgs: ReadonlyMap<string, string>;
  readonly labels: Readonly<Record<string, string>>;
  readonly target: string;
  readonly noCache: boolean;
  readonly pull: boolean;
  readonly quiet: boolean;
  /** The result's files are sent to the client, and no image is made: what they become there; null: an image. */
  readonly output: 'local' | 'tar' | null;
  /** Only look for what is strange, as our own client asks for it. */
  readonly check: boolean;
  /** `default`, `none` or `host`. */
  readonly network: string;
  readonly secrets: ReadonlyMap<string, Uint8Array>;
  /** Who the client is at which registry. */
  readonly logins: Readonly<Record<string, Credentials>>;
  /** The words of BuildKit's progress, not of the builder before it. */
  readonly buildKit: boolean;
}

function record(text: string | undefined, what: string): Record<string, unknown> {
  try {
    const value = JSON.parse(text || '{}') as unknown;
    if (typeof value === 'object') return (value ?? {}) as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw new EngineError(400, `invalid JSON in ${what}`);
}

function texts(text: string | undefined, what: string): [string, string][] {
  return Object.entries(record(text, what)).flatMap(([key, value]) =>
    value === null ? [] : [[key, `${value as string}`] as [string, string]],
  );
}

/** X-Registry-Config: JSON in base 64, server → who. */
function loginsOf(header: string | undefined): Record<string, Credentials> {
  const found: Record<string, Credentials> = {};
  const given = record(decodeUtf8(fromBase64(header ?? '') ?? new Uint8Array(0)), 'X-Registry-Config');
  for (const [server, value] of Object.entries(given)) {
    const { username = '', password = '' } = (value ?? {}) as Partial<Credentials>;
    if (username !== '') found[server] = { username, password };
  }
  return found;
}

/** What a query may ask and is not simulated: refused by name when it is set. */
const refused = ['remote', 'squash', 'memory', 'memswap', 'cpushares', 'cpusetcpus', 'cpuperiod', 'cpuquota'];

function bytesOf(digits: string): Uint8Array {
  const pairs = digits.match(/../g) ?? [];
  return Uint8Array.from(pairs, (pair) => Number.parseInt(pair, 16));
}

/** `name:tag` split; a tag is not needed. */
function reference(text: string): string {
  const at = /:[^/:]+$/.exec(text)?.index ?? text.length;
  return newReference(text.slice(0, at), text.slice(at + 1));
}

function outputOf(text: string): BuildRequest['output'] {
  if (text === '') return null;
  if (text !== 'local' && text !== 'tar') throw new EngineError(400, `invalid output: ${text}`);
  return text;
}

/** Throws EngineError 400 for what is not right or not there. */
export function buildRequest(request: Request): BuildRequest {
  const { query, body, headers } = request;
  for (const name of refused) {
    const value = query.get(name) ?? '';
    if (!['', '0', 'false'].includes(value))
      throw new EngineError(400, `docker: --${name} is not simulated on this host.`);
  }
  const platform = query.get('platform') ?? '';
  if (!['', 'linux', 'linux/amd64', 'amd64'].includes(platform))
    throw new EngineError(400, `docker: --platform ${platform} is not simulated on this host.`);
  if (!(body instanceof Uint8Array)) throw new EngineError(400, 'the build context is no archive');
  const network = query.get('networkmode') || 'default';
  const secrets = texts(headers[SECRETS_HEADER], SECRETS_HEADER);
  return {
    context: body,
    dockerfile: query.get('dockerfile') || 'Dockerfile',
    apart: Object.values(record(query.get('apart'), 'apart')).map(String),
    tags: [
      ...new Set(
        request
          .queryValues('t')
          .filter((tag) => tag !== '')
          .map(reference),
      ),
    ],
    buildArgs: new Map(texts(query.get('buildargs'), 'buildargs')),
    labels: Object.fromEntries(texts(query.get('labels'), 'labels')),
    target: query.get('target') ?? '',
    noCache: isTrue(query.get('nocache')),
    pull: isTrue(query.get('pull')),
    quiet: isTrue(query.get('q')),
    check: isTrue(query.get('check')),
    output: outputOf(query.get('output') ?? ''),
    network,
    secrets: new Map(secrets.map(([id, digits]) => [id, bytesOf(digits)])),
    logins: loginsOf(headers['x-registry-config']),
    buildKit: query.get('version') === '2',
  };
}
