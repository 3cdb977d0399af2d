/**
 * The book without a network: the service worker that keeps all of it in the browser and answers from there (Service Workers, W3C).
 * `integrations/offline.ts` takes the types away and calls {@link keepBook} with the list of what was built, so this file imports nothing.
 *
 * - What a file is, its SHA-256 says, and the browser compares it (Subresource Integrity): a list and files of two deployments never mix.
 * - A new version is stored beside the old one while that goes on answering. It takes over, and the old files go, when no page is open any more
 *   (nothing here skips waiting): a lab that is open finds the code it asks for late, whatever has been deployed since.
 * - Pages are asked of the network first, so the next visit is of the new version; without an answer the newest stored one is shown.
 * - Only what the book was built of is touched: nothing here knows the database with the learner's work.
 */

interface Extendable {
  waitUntil(work: Promise<unknown>): void;
}

export interface Asked extends Extendable {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}

export interface Told extends Extendable {
  readonly data: unknown;
  readonly ports: readonly { postMessage(answer: unknown): void }[];
}

/** What is used of a ServiceWorkerGlobalScope. */
export interface WorkerScope {
  readonly location: { readonly href: string };
  readonly caches: Pick<CacheStorage, 'open'>;
  readonly clients: { claim(): Promise<void> };
  readonly registration: { readonly waiting: unknown };
  readonly navigator: {
    readonly connection?: { readonly saveData?: boolean };
    /** Not in every WebKit. */
    readonly storage?:
      | { estimate?(): Promise<{ readonly quota?: number; readonly usage?: number }> }
      | undefined;
  };
  fetch(address: Request | URL, options?: RequestInit): Promise<Response>;
  setTimeout(task: () => void, milliseconds: number): unknown;
  addEventListener(type: 'install' | 'activate', listener: (event: Extendable) => void): void;
  addEventListener(type: 'fetch', listener: (event: Asked) => void): void;
  addEventListener(type: 'message', listener: (event: Told) => void): void;
}

/**
 * Keeps the files whose SHA-256 (in base64) `digests` gives by their addresses relative to this script. Answers the messages `state`, by
 * `{ stored, of }` in files, and `store`, by storing what is missing; from `pause` to `resume`, or for a minute, it fetches nothing ahead.
 */
export function keepBook(scope: WorkerScope, digests: Readonly<Record<string, string>>): void {
  /** How long a page may take to come before the stored one is shown, in milliseconds. */
  const PATIENCE = 2000;
  /** Bytes that have to be free: the book takes a fifth of it, and the learner's work must never find the disk full because of it. */
  const ROOM = 100e6;
  /** The page that asked for a pause may be gone before it asks for its end, in milliseconds. */
  const LONGEST_PAUSE = 60_000;

  const files = new Map(Object.entries(digests));
  const base = new URL('./', scope.location.href);
  /** Of an origin with two books each has its own. */
  const openCache = () => scope.caches.open(`virtbook-offline ${base.pathname}`);
  /** Each version of a file has its own key. */
  const keyOf = (path: string) => new URL(`${path}?${files.get(path)}`, base).href;
  /** Whatever a server varies its answers by, the file is the same. */
  const ANY = { ignoreVary: true };
  const ANY_VERSION = { ...ANY, ignoreSearch: true };
  /** On the reader's own machine the "network" answers at once or not at all; who builds the book there wants to see what was built. */
  const isOwnMachine = ['localhost', '127.0.0.1', '[::1]'].includes(base.hostname);
  /** The name changes with what is in it. */
  const isNamedByContent = (path: string) => path.startsWith('_astro/');
  const savesData = () => scope.navigator.connection?.saveData === true;

  /** Rejects when the server has no such file any more, or one with other bytes. */
  async function fetchFile(path: string, options: RequestInit = {}): Promise<Response> {
    const response = await scope.fetch(new URL(path, base), {
      ...options,
      integrity: `sha256-${files.get(path)}`,
      // What the page itself has fetched is not fetched twice; what keeps its name is asked for anew.
      cache: isNamedByContent(path) ? 'default' : 'no-cache',
    });
    if (!response.ok) throw new Error(`${path}: the server answered ${response.status}`);
    return response;
  }

  async function storedKeys(): Promise<Set<string>> {
    const keys = await (await openCache()).keys();
    return new Set(keys.map(({ url }) => url));
  }

  let pauseBegins = new AbortController();
  let pauseEnds: Promise<void> | null = null;
  let endPause = () => {};

  function pause(): void {
    pauseBegins.abort();
    pauseEnds ??= new Promise((resolve) => {
      endPause = () => {
        pauseEnds = null;
        pauseBegins = new AbortController();
        resolve();
      };
      scope.setTimeout(endPause, LONGEST_PAUSE);
    });
  }

  /** In a pause it waits, and fetches again what it was fetching when that began. */
  async function storeFile(cache: Cache, path: string): Promise<void> {
    await pauseEnds;
    const { signal } = pauseBegins;
    try {
      await cache.put(keyOf(path), await fetchFile(path, { priority: 'low', signal }));
    } catch (error) {
      if (!signal.aborted) throw error;
      await storeFile(cache, path);
    }
  }

  /** One file after the other, behind everything that a page asks for. Goes on where an earlier attempt ended. */
  async function storeMissing(): Promise<void> {
    const cache = await openCache();
    const there = await storedKeys();
    const missing = [...files.keys()].filter((path) => !there.has(keyOf(path)));
    if (missing.length === 0) return;
    const { quota = Number.POSITIVE_INFINITY, usage = 0 } =
      (await scope.navigator.storage?.estimate?.()) ?? {};
    if (quota - usage < ROOM) throw new Error('there is no room to store the book');
    for (const path of missing) await storeFile(cache, path);
  }

  async function forgetOthers(): Promise<void> {
    const cache = await openCache();
    const own = new Set([...files.keys()].map(keyOf));
    for (const key of await cache.keys()) if (!own.has(key.url)) await cache.delete(key);
  }

  async function storedOf(path: string, request: Request): Promise<Response | undefined> {
    const cache = await openCache();
    // A newer version that is complete and waits for its turn: nobody who has seen its pages is led back to the old ones.
    if (request.mode === 'navigate' && scope.registration.waiting)
      return (await cache.matchAll(new URL(path, base), ANY_VERSION)).at(-1);
    return cache.match(keyOf(path), ANY);
  }

  async function answer(event: Asked, path: string): Promise<Response> {
    const { request } = event;
    const stored = await storedOf(path, request);
    if (stored === undefined) return fetchAndKeep(event, path);
    const asksFirst = isOwnMachine ? !isNamedByContent(path) : request.mode === 'navigate';
    if (!asksFirst) return stored;
    const fresh = scope.fetch(request).then(
      (response) => (response.status < 500 ? response : stored),
      () => stored,
    );
    if (isOwnMachine) return fresh;
    const late = new Promise<Response>((resolve) => scope.setTimeout(() => resolve(stored), PATIENCE));
    return Promise.race([fresh, late]);
  }

  /** Where not everything is stored, what is visited is. */
  async function fetchAndKeep(event: Asked, path: string): Promise<Response> {
    const response = await fetchFile(path).catch(() => null);
    // Another version is on the server: it is shown, and not kept under the name of this one.
    if (response === null) return scope.fetch(event.request);
    const copy = response.clone();
    event.waitUntil(openCache().then((cache) => cache.put(keyOf(path), copy)));
    return response;
  }

  /** A page of another version asks for what this one does not have. */
  async function ofAnotherVersion(request: Request): Promise<Response> {
    return (await (await openCache()).match(request, ANY_VERSION)) ?? scope.fetch(request);
  }

  async function state(): Promise<{ stored: number; of: number }> {
    const there = await storedKeys();
    return { stored: [...files.keys()].filter((path) => there.has(keyOf(path))).length, of: files.size };
  }

  scope.addEventListener('install', (event) => {
    if (!savesData()) event.waitUntil(storeMissing());
  });

  scope.addEventListener('activate', (event) => {
    // The page of the first visit needs no second one to go on without a network.
    event.waitUntil(forgetOthers().then(() => scope.clients.claim()));
  });

  scope.addEventListener('fetch', (event) => {
    const { request } = event;
    const url = new URL(request.url);
    if (request.method !== 'GET' || !url.href.startsWith(base.href)) return;
    // What follows "?" never matters to a static site; the search asks for its index with the time of day.
    const path = url.pathname.slice(base.pathname.length);
    // Without the browser's storage (a damaged profile, a full disk) the network alone answers.
    if (files.has(path)) event.respondWith(answer(event, path).catch(() => scope.fetch(request)));
    else if (request.mode !== 'navigate')
      event.respondWith(ofAnotherVersion(request).catch(() => scope.fetch(request)));
    else if (files.has(`${path}/`))
      event.respondWith(
        scope.fetch(request).catch(() => Response.redirect(new URL(`${url.pathname}/`, base).href)),
      );
  });

  scope.addEventListener('message', (event) => {
    if (event.data === 'state')
      event.waitUntil(state().then((counted) => event.ports[0]?.postMessage(counted)));
    if (event.data === 'pause') pause();
    if (event.data === 'resume') endPause();
    if (event.data === 'store' && !savesData()) event.waitUntil(storeMissing());
  });
}
