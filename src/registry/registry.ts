/** An OCI distribution server (specification 1.1): requests to responses, without input or output of its own. */
import { isRepositoryPath } from '../oci/index.ts';
import { AccessControl, type AccessOptions, type Action, anybody, catalogGrants } from './access.ts';
import { answerBlob } from './blobs.ts';
import { type Collected, type CollectOptions, collectGarbage } from './collect.ts';
import type { Call, Context, RegistryEvent } from './context.ts';
import { RegistryError } from './errors.ts';
import type { RegistryFiles } from './files.ts';
import { listReferrers, listRepositories, listTags } from './listings.ts';
import { deleteManifest, pullManifest, pushManifest } from './manifests.ts';
import {
  decoded,
  errorResponse,
  jsonResponse,
  Parameters,
  type RegistryRequest,
  type RegistryResponse,
} from './messages.ts';
import { checkedDigest, checkedName } from './names.ts';
import { type PullLimitOptions, PullLimits } from './pullLimits.ts';
import { Quota } from './quota.ts';
import { Storage } from './storage.ts';
import type { Grant } from './tokens.ts';
import { continueUpload, startUpload } from './uploads.ts';

export interface RegistryOptions {
  readonly files: RegistryFiles;
  /** Seconds since 1970. */
  readonly now: () => number;
  /** 32 hex digits that nobody had before. */
  readonly newId: () => string;
  /** Without it anybody may do anything. */
  readonly access?: AccessOptions;
  readonly pullLimits?: PullLimitOptions;
  /** Whether blobs and manifests may be deleted; default true. */
  readonly deletes?: boolean;
  /** Bytes for each namespace; no limit without it. */
  readonly quota?: number;
  /** Bytes; 4 MiB without it, what the specification asks for at least. */
  readonly largestManifest?: number;
  /** Bytes; no limit without it. */
  readonly largestBlob?: number;
  readonly report?: (event: RegistryEvent) => void;
}

interface Handler {
  readonly actions: readonly Action[];
  readonly answer: (context: Context, call: Call, argument: string) => RegistryResponse;
  /** It counts as a pull. */
  readonly counts?: true;
}

const manifest: Handler = { actions: ['pull'], answer: pullManifest, counts: true };
const blob: Handler = {
  actions: ['pull'],
  answer: (context, call, digest) => answerBlob(context, call, checkedDigest(digest)),
};
const upload: Handler = { actions: ['pull', 'push'], answer: continueUpload };
const tags: Handler = { actions: ['pull'], answer: (_, call) => listTags(call) };
const referrers: Handler = {
  actions: ['pull'],
  answer: (context, call, digest) => listReferrers(context, call, checkedDigest(digest)),
};

/** Paths below /v2/ of a repository, the name first; what they stand for is the specification's "Endpoints". */
const routes: readonly { readonly path: RegExp; readonly methods: Readonly<Record<string, Handler>> }[] = [
  {
    path: /^(.+)\/blobs\/uploads\/?$/,
    methods: { POST: { actions: ['pull', 'push'], answer: startUpload } },
  },
  {
    path: /^(.+)\/blobs\/uploads\/([0-9a-f-]{36})$/,
    methods: { GET: upload, HEAD: upload, PATCH: upload, PUT: upload, DELETE: upload },
  },
  {
    path: /^(.+)\/blobs\/([^/]+)$/,
    methods: { GET: blob, HEAD: blob, DELETE: { ...blob, actions: ['delete'] } },
  },
  {
    path: /^(.+)\/manifests\/([^/]+)$/,
    methods: {
      GET: manifest,
      HEAD: manifest,
      PUT: { actions: ['pull', 'push'], answer: pushManifest },
      DELETE: { actions: ['delete'], answer: deleteManifest },
    },
  },
  { path: /^(.+)\/tags\/list$/, methods: { GET: tags, HEAD: tags } },
  { path: /^(.+)\/referrers\/([^/]+)$/, methods: { GET: referrers, HEAD: referrers } },
];

/** Throws RegistryError UNSUPPORTED, with the methods that there are. */
function handlerOf(methods: Readonly<Record<string, Handler>>, method: string): Handler {
  const handler = Object.hasOwn(methods, method) ? methods[method] : undefined;
  if (handler !== undefined) return handler;
  throw new RegistryError('UNSUPPORTED', { method }, { headers: { Allow: Object.keys(methods).join(', ') } });
}

/** Where a blob is to be mounted from one has to be able to pull; without that it is uploaded. */
function mountGrants({ method }: RegistryRequest, query: Parameters): Grant[] {
  const from = query.get('mount') === null ? null : query.get('from');
  return method === 'POST' && from !== null && isRepositoryPath(from)
    ? [{ type: 'repository', name: from, actions: ['pull'] }]
    : [];
}

export class Registry {
  readonly #context: Context;
  readonly #access: AccessControl | null;
  readonly #limits: PullLimits;
  readonly #deletes: boolean;

  constructor(options: RegistryOptions) {
    const storage = new Storage(options.files);
    this.#context = {
      storage,
      quota: new Quota(storage, options.quota ?? null),
      now: options.now,
      newId: options.newId,
      largestManifest: options.largestManifest ?? 4 << 20,
      largestBlob: options.largestBlob ?? Number.POSITIVE_INFINITY,
      report: options.report ?? (() => {}),
    };
    this.#deletes = options.deletes ?? true;
    this.#access =
      options.access === undefined
        ? null
        : new AccessControl(
            options.access,
            options.now,
            options.newId,
            (name) => isRepositoryPath(name) && storage.repository(name).known,
          );
    this.#limits = new PullLimits(options.pullLimits ?? { anonymous: null, user: null }, options.now);
  }

  answer(request: RegistryRequest): RegistryResponse {
    let response: RegistryResponse;
    try {
      response = this.#route(request, decoded(request.path));
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error;
      response = errorResponse(error);
    }
    const { status, headers, body } = response;
    return {
      status,
      headers: {
        'Docker-Distribution-Api-Version': 'registry/2.0',
        ...(status !== 204 && status !== 304 && { 'Content-Length': `${body.length}` }),
        ...headers,
      },
      body: request.method === 'HEAD' ? new Uint8Array(0) : body,
    };
  }

  /** Deletes what no manifest leads to. */
  collect(options: CollectOptions = {}): Collected {
    return collectGarbage(this.#context.storage, options);
  }

  #route(request: RegistryRequest, path: string): RegistryResponse {
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (path === '/token' && this.#access !== null && (isRead || request.method === 'POST'))
      return this.#access.answerToken(request);
    if (isRead && (path === '/v2' || path === '/v2/')) {
      this.#access?.visitor(request, []);
      return jsonResponse(200, {});
    }
    if (isRead && path === '/v2/_catalog') {
      this.#access?.visitor(request, catalogGrants);
      return listRepositories(this.#context, new Parameters(request.query));
    }
    for (const route of path.startsWith('/v2/') ? routes : []) {
      const [, name, argument = ''] = route.path.exec(path.slice(4)) ?? [];
      if (name !== undefined)
        return this.#handle(request, handlerOf(route.methods, request.method), checkedName(name), argument);
    }
    throw new RegistryError(
      'UNSUPPORTED',
      { path },
      { status: 404, message: 'there is nothing at that path' },
    );
  }

  #handle(request: RegistryRequest, handler: Handler, name: string, argument: string): RegistryResponse {
    const grants = [{ type: 'repository', name, actions: handler.actions }];
    const query = new Parameters(request.query);
    if (!this.#deletes && handler.actions.includes('delete'))
      throw new RegistryError('UNSUPPORTED', undefined);
    const visitor = this.#access?.visitor(request, grants, mountGrants(request, query)) ?? anybody;
    const call: Call = {
      request,
      query,
      repository: this.#context.storage.repository(name),
      mayPull: (other) => visitor.may(other, 'pull'),
    };
    if (handler.counts === undefined) return handler.answer(this.#context, call, argument);
    const puller = { user: visitor.user, remote: request.remote };
    const isPull = request.method === 'GET';
    if (isPull) this.#limits.admit(puller);
    const response = handler.answer(this.#context, call, argument);
    if (isPull && response.status === 200) this.#limits.count(puller);
    return { ...response, headers: { ...response.headers, ...this.#limits.headers(puller) } };
  }
}
