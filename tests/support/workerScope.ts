/** What a service worker stands on, for tests: a server of files, a store of the browser's that outlives workers, and events. */
import { createHash } from 'node:crypto';
import { type Asked, keepBook, type Told, type WorkerScope } from '../../src/site/offline/worker.ts';

const digestOf = (text: string) => createHash('sha256').update(text).digest('base64');

/** What a cache does of the standard's, over strings. */
class FakeCache {
  readonly entries = new Map<string, string>();

  async keys() {
    return [...this.entries.keys()].map((url) => ({ url }));
  }

  async put(key: string, response: Response) {
    this.entries.set(key, await response.text());
  }

  async delete({ url }: { url: string }) {
    return this.entries.delete(url);
  }

  async matchAll(request: Request | URL | string, { ignoreSearch = false } = {}) {
    const plain = (url: string) => (ignoreSearch ? (url.split('?')[0] ?? '') : url);
    const wanted = plain(request instanceof Request ? request.url : String(request));
    return [...this.entries].filter(([url]) => plain(url) === wanted).map(([, text]) => new Response(text));
  }

  async match(request: Request | URL | string, options?: { ignoreSearch?: boolean }) {
    return (await this.matchAll(request, options))[0];
  }
}

/** A browser that has been to `origin`, and the server there; `files` are what the server has, by path, and may be changed. */
export function browserAt(origin: string, files: Record<string, string>) {
  const cache = new FakeCache();
  const browser = {
    cache,
    files,
    /** `null` where nobody answers, else the status of all answers but for files that are not there. */
    status: 200 as number | null,
    saveData: false,
    /** Nothing that is stored can be had. */
    damaged: false,
    /** Null where the browser does not say. */
    free: 1e9 as number | null,
    /** A server that never answers. */
    slow: false,
    fetched: [] as string[],
    timers: [] as (() => void)[],
    waiting: null as unknown,
    stored: () => [...cache.entries.keys()].map((key) => key.slice(origin.length + 1).split('?')[0]).sort(),
    worker,
  };

  async function serve(address: Request | URL, options: RequestInit = {}): Promise<Response> {
    const { pathname } = new URL(address instanceof Request ? address.url : address);
    browser.fetched.push(pathname);
    if (browser.slow)
      await new Promise((_, reject) => options.signal?.addEventListener('abort', () => reject(new Error())));
    if (browser.status === null) throw new TypeError('Failed to fetch');
    const text = files[pathname.slice(1)];
    if (text === undefined) return new Response('no such page', { status: 404 });
    if (options.integrity && options.integrity !== `sha256-${digestOf(text)}`)
      throw new TypeError('Failed to fetch');
    return new Response(text, { status: browser.status });
  }

  /** A service worker of the files that the server has now. */
  function worker() {
    const digests = Object.fromEntries(Object.entries(files).map(([path, text]) => [path, digestOf(text)]));
    const listeners: Record<string, (event: never) => void> = {};
    let claimed = 0;
    const scope: WorkerScope = {
      location: { href: `${origin}/sw.js` },
      caches: {
        open: async () => {
          if (browser.damaged) throw new Error('the storage is damaged');
          return cache as unknown as Cache;
        },
      },
      clients: { claim: async () => void (claimed += 1) },
      get registration() {
        return { waiting: browser.waiting };
      },
      navigator: {
        get connection() {
          return { saveData: browser.saveData };
        },
        get storage() {
          const { free } = browser;
          return free === null ? undefined : { estimate: async () => ({ quota: 2e9, usage: 2e9 - free }) };
        },
      },
      fetch: serve,
      setTimeout: (task) => browser.timers.push(task),
      addEventListener: (type: string, listener: (event: never) => void) => {
        listeners[type] = listener;
      },
    };
    keepBook(scope, digests);
    const tell = async (type: string, event: object) => {
      const work: Promise<unknown>[] = [];
      listeners[type]?.({ ...event, waitUntil: (promise: Promise<unknown>) => work.push(promise) } as never);
      await Promise.all(work);
    };
    return {
      get claimed() {
        return claimed;
      },
      install: () => tell('install', {}),
      activate: () => tell('activate', {}),
      async ask(data: string): Promise<unknown> {
        let answer: unknown;
        const told: Pick<Told, 'data' | 'ports'> = {
          data,
          ports: [{ postMessage: (said) => (answer = said) }],
        };
        await tell('message', told);
        return answer;
      },
      /** What a page gets that asks for `path`; null where the worker leaves it to the browser. */
      async get(path: string, mode: 'navigate' | 'cors' = 'cors', method = 'GET'): Promise<string | null> {
        const request = new Request(`${origin}/${path}`, { method });
        // No script can make such a request; a browser does.
        Object.defineProperty(request, 'mode', { value: mode });
        let answered: Promise<Response> | null = null;
        const asked: Omit<Asked, 'waitUntil'> = {
          request,
          respondWith: (response) => {
            answered = response;
          },
        };
        await tell('fetch', asked);
        if (answered === null) return null;
        const response: Response = await answered;
        return response.status < 400 && response.status >= 300
          ? `to ${response.headers.get('location')}`
          : response.text();
      },
    };
  }
  return browser;
}
