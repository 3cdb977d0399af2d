/** A repository at a registry, as the distribution specification lets a client use it: with credentials or tokens where it asks for them. */
import { decodeUtf8, encodeUtf8, JsonError, parseJson, toBase64 } from '../../base/index.ts';
import type { Sys } from '../../linux/index.ts';
import { digestOfPieces, indexTypes, manifestTypes } from '../../oci/index.ts';
import { HttpError } from '../http/message.ts';
import { EngineError } from '../model.ts';
import { type Endpoint, endpointOf } from './endpoint.ts';
import { type Incoming, type Outgoing, Transport, wholeBody } from './transport.ts';

/** As clients send it in X-Registry-Auth. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** A refusal of the registry's: its code in the words of the reference client, and the status. */
export class RegistryRefusal extends EngineError {
  readonly code: string;
  constructor(status: number, code: string, message: string) {
    super(status, message);
    this.code = code;
  }
}

const ACCEPT = [...manifestTypes, ...indexTypes].join(', ');

/** What a registry asks for: `Bearer realm="…",service="…"`. */
interface Challenge {
  readonly scheme: string;
  readonly parameters: Readonly<Record<string, string>>;
}

function challengeOf(header: string | undefined): Challenge | null {
  const [, scheme, rest = ''] = /^(\w+)\s+(.*)$/.exec(header ?? '') ?? [];
  if (scheme === undefined) return null;
  const pairs = [...rest.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [key!, value!]);
  return { scheme: scheme.toLowerCase(), parameters: Object.fromEntries(pairs) as Record<string, string> };
}

/** What RFC 6750, 3.1 names in a challenge → the reference client's error, which goes before those of the body. */
const challenged: Readonly<Record<string, readonly [code: string, words: string]>> = {
  invalid_token: ['UNAUTHORIZED', 'unauthorized: authentication required'],
  insufficient_scope: ['DENIED', 'denied: requested access to the resource is denied'],
};

/** The first error of an answer, as the reference client words it. */
function refusalOf(
  { status, headers }: Pick<Incoming, 'status' | 'headers'>,
  body: Uint8Array,
): RegistryRefusal {
  const { scheme, parameters } = challengeOf(headers['www-authenticate']) ?? { scheme: '', parameters: {} };
  const named = scheme === 'bearer' ? challenged[parameters.error ?? ''] : undefined;
  if (named !== undefined) return new RegistryRefusal(status, ...named);
  try {
    const { errors } = JSON.parse(decodeUtf8(body)) as { errors: { code: string; message: string }[] };
    const { code, message } = errors[0]!;
    const words = code.toLowerCase().replaceAll('_', ' ');
    return new RegistryRefusal(status, code, `${words}: ${message}`);
  } catch {
    const text = decodeUtf8(body).trim();
    return new RegistryRefusal(
      status,
      '',
      `received unexpected HTTP status: ${status}${text === '' ? '' : ` ${text.slice(0, 200)}`}`,
    );
  }
}

export interface FetchedManifest {
  readonly bytes: Uint8Array;
  readonly mediaType: string;
  readonly digest: string;
}

interface TagPage {
  readonly headers: Incoming['headers'];
  readonly body: readonly string[];
}

export class Repository {
  readonly endpoint: Endpoint;
  readonly path: string;
  readonly #credentials: Credentials | null;
  readonly #actions: string;
  readonly #transport = new Transport();
  #challenge: Challenge | null = null;
  /** By scope. */
  readonly #tokens = new Map<string, string>();

  constructor(
    endpoint: Endpoint,
    path: string,
    actions: 'pull' | 'push,pull',
    credentials: Credentials | null,
  ) {
    this.endpoint = endpoint;
    this.path = path;
    this.#actions = actions;
    this.#credentials = credentials;
  }

  /** Whether it is there, and what it asks for. Throws EngineError. */
  *ping(): Sys<void> {
    const answer = yield* this.#transport.send(this.endpoint, { method: 'GET', path: '/v2/' });
    yield* wholeBody(answer);
    this.#challenge = answer.status === 401 ? challengeOf(answer.headers['www-authenticate']) : null;
  }

  /** `docker login`: asks for the registry's front door with the credentials. */
  *login(): Sys<void> {
    yield* this.ping();
    const path = '/v2/';
    const headers = yield* this.#authorization({ method: 'GET', path }, '');
    const answer = yield* this.#transport.send(this.endpoint, { method: 'GET', path, headers });
    yield* wholeBody(answer);
    if (answer.status === 200) return;
    throw new EngineError(
      answer.status,
      `login attempt to ${this.endpoint.url}/v2/ failed with status: ${answer.status} ${answer.status === 401 ? 'Unauthorized' : ''}`,
    );
  }

  *close(): Sys<void> {
    yield* this.#transport.close();
  }

  /** The manifest of a tag or digest. Throws RegistryRefusal. */
  *manifest(reference: string): Sys<FetchedManifest> {
    const target = `manifests/${reference}`;
    const headers = { Accept: ACCEPT };
    let wanted = target;
    if (!reference.includes(':')) {
      // A tag is asked for what it stands for first, which costs no pull.
      const head = yield* this.#send({ method: 'HEAD', path: target, headers });
      const digest = head.headers['docker-content-digest'];
      if (head.status === 200 && digest !== undefined) wanted = `manifests/${digest}`;
    }
    const answer = yield* this.#good({ method: 'GET', path: wanted, headers }, 200);
    const bytes = yield* wholeBody(answer);
    const digest = digestOfPieces('sha256', [bytes]);
    const said = wanted.slice('manifests/'.length);
    if (said.includes(':') && said !== digest)
      throw new EngineError(500, `manifest verification failed for digest ${said}`);
    return { bytes, digest, mediaType: (answer.headers['content-type'] ?? '').replace(/;.*/, '') };
  }

  /** All tags, in the registry's order, page by page. Throws RegistryRefusal, or EngineError for what is no list. */
  *tags(): Sys<string[]> {
    const tags: string[] = [];
    const seen = new Set<string>();
    let path = 'tags/list';
    while (!seen.has(path)) {
      seen.add(path);
      const { headers, body }: TagPage = yield* this.#tagPage(path);
      tags.push(...body);
      const next = /<[^>?]*\?([^>]*)>; *rel="?next"?/.exec(headers.link ?? '');
      if (next !== null) path = `tags/list?${next[1]}`;
    }
    return tags;
  }

  *#tagPage(path: string): Sys<TagPage> {
    const answer = yield* this.#good({ method: 'GET', path }, 200);
    const text = decodeUtf8(yield* wholeBody(answer));
    try {
      const { tags } = (parseJson(text) ?? {}) as { readonly tags?: unknown };
      const found = Array.isArray(tags) ? tags.filter((tag): tag is string => typeof tag === 'string') : [];
      return { headers: answer.headers, body: found };
    } catch (error) {
      if (error instanceof JsonError) throw new EngineError(500, error.message);
      throw error;
    }
  }

  /** A blob, piece by piece. Throws RegistryRefusal, or EngineError for one that is cut off. */
  *blob(digest: string, piece: (bytes: Uint8Array, total: number) => Sys<void>): Sys<void> {
    const answer = yield* this.#good({ method: 'GET', path: `blobs/${digest}` }, 200);
    const total = Number(answer.headers['content-length'] ?? 0);
    try {
      while (!answer.body.done) {
        const part = yield* answer.body.next();
        if (part.length > 0) yield* piece(part, total);
      }
    } catch (error) {
      if (error instanceof HttpError) throw new EngineError(500, error.message || 'unexpected EOF');
      throw error;
    }
  }

  /** Null when the repository has it not. */
  *blobSize(digest: string): Sys<number | null> {
    const { status, headers } = yield* this.#send({ method: 'HEAD', path: `blobs/${digest}` });
    return status === 200 ? Number(headers['content-length'] ?? 0) : null;
  }

  *hasBlob(digest: string): Sys<boolean> {
    return (yield* this.blobSize(digest)) !== null;
  }

  /** Takes a blob from another repository of the registry; false when that is not to be had. Otherwise an upload may have begun. */
  *mount(digest: string, from: string): Sys<boolean> {
    const path = `blobs/uploads/?mount=${digest}&from=${encodeURIComponent(from)}`;
    const answer = yield* this.#send({ method: 'POST', path, body: new Uint8Array(0) }, from);
    yield* wholeBody(answer);
    return answer.status === 201;
  }

  *upload(digest: string, body: Uint8Array, sent: (bytes: number) => Sys<void>): Sys<void> {
    const begun = yield* this.#good({ method: 'POST', path: 'blobs/uploads/', body: new Uint8Array(0) }, 202);
    yield* wholeBody(begun);
    const chunk = yield* this.#good(
      {
        method: 'PATCH',
        path: this.#location(begun),
        body,
        sent,
        headers: { 'Content-Type': 'application/octet-stream' },
      },
      202,
    );
    yield* wholeBody(chunk);
    const at = this.#location(chunk);
    const path = `${at}${at.includes('?') ? '&' : '?'}digest=${encodeURIComponent(digest)}`;
    yield* wholeBody(yield* this.#good({ method: 'PUT', path, body: new Uint8Array(0) }, 201));
  }

  *putManifest(reference: string, mediaType: string, body: Uint8Array): Sys<void> {
    const request = {
      method: 'PUT',
      path: `manifests/${reference}`,
      body,
      headers: { 'Content-Type': mediaType },
    };
    yield* wholeBody(yield* this.#good(request, 201));
  }

  /** Where an upload goes on: absolute, at this registry. */
  #location({ headers }: Incoming): string {
    const { location = '' } = headers;
    const path = location.replace(/^https?:\/\/[^/]*/, '');
    if (path.startsWith('/')) return path;
    throw new EngineError(500, 'the registry does not say where the upload goes on');
  }

  *#good(request: Outgoing, ...wanted: readonly number[]): Sys<Incoming> {
    const answer = yield* this.#send(request);
    if (wanted.includes(answer.status)) return answer;
    const body = request.method === 'HEAD' ? new Uint8Array(0) : yield* wholeBody(answer);
    throw refusalOf(answer, body);
  }

  /** Paths that do not begin with a slash are the repository's. */
  *#send(request: Outgoing, from?: string): Sys<Incoming> {
    const path = request.path.startsWith('/') ? request.path : `/v2/${this.path}/${request.path}`;
    const whole = { ...request, path };
    const scopes = [
      `repository:${this.path}:${this.#actions}`,
      ...(from === undefined ? [] : [`repository:${from}:pull`]),
    ];
    const headers = { ...request.headers, ...(yield* this.#authorization(whole, scopes.join(' '))) };
    return yield* this.#transport.send(this.endpoint, { ...whole, headers });
  }

  *#authorization({ method, path }: Outgoing, scope: string): Sys<Record<string, string>> {
    if (this.#challenge === null) return {};
    if (this.#challenge.scheme === 'basic') {
      if (this.#credentials === null)
        throw new EngineError(
          500,
          `${method[0]}${method.slice(1).toLowerCase()} "${this.endpoint.url}${path}": no basic auth credentials`,
        );
      return { Authorization: basic(this.#credentials) };
    }
    const token =
      this.#tokens.get(scope) ??
      (yield* this.#fetchToken(
        this.#challenge,
        scope,
        `${method[0]}${method.slice(1).toLowerCase()} "${this.endpoint.url}${path}"`,
      ));
    this.#tokens.set(scope, token);
    return { Authorization: `Bearer ${token}` };
  }

  *#fetchToken({ parameters }: Challenge, scope: string, about: string): Sys<string> {
    const { realm = '', service = '' } = parameters;
    const query = [
      ...(this.#credentials === null ? [] : [`account=${encodeURIComponent(this.#credentials.username)}`]),
      ...scope
        .split(' ')
        .filter((each) => each !== '')
        .map((each) => `scope=${encodeURIComponent(each)}`),
      `service=${encodeURIComponent(service)}`,
    ].join('&');
    const to = endpointOf(realm);
    const path = `${realm.slice(to.url.length) || '/'}?${query}`;
    const headers: Record<string, string> =
      this.#credentials === null ? {} : { Authorization: basic(this.#credentials) };
    const answer = yield* this.#transport.send(to, { method: 'GET', path, headers });
    const body = yield* wholeBody(answer);
    if (answer.status !== 200)
      throw new EngineError(answer.status, `${about}: ${refusalOf(answer, body).message}`);
    const found = tokenIn(body);
    if (found === null)
      throw new EngineError(500, 'authorization server did not include a token in the response');
    return found;
  }
}

/** The token of an answer; null when there is none in it. */
function tokenIn(body: Uint8Array): string | null {
  try {
    const { token, access_token } = JSON.parse(decodeUtf8(body)) as Record<string, unknown>;
    const found = token ?? access_token;
    // It becomes part of a header's line.
    return typeof found === 'string' && /^[\x21-\x7e]+$/.test(found) ? found : null;
  } catch {
    return null;
  }
}

const basic = ({ username, password }: Credentials): string =>
  `Basic ${toBase64(encodeUtf8(`${username}:${password}`))}`;
