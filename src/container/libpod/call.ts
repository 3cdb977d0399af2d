/** What a route of podman's API gets, and how it has the daemon do what Docker's API names. */
import type { Sys } from '../../linux/index.ts';
import type { Engine } from '../engine.ts';
import type { Exchange, Request, Response } from '../http.ts';
import { API_VERSION, EngineError } from '../model.ts';
import { route } from '../routes/index.ts';

export interface Call {
  readonly engine: Engine;
  readonly request: Request;
  /** The groups of the path. */
  readonly args: readonly string[];
  readonly client: Exchange;
}

/** Null: it is answered already. */
export type LibpodHandler = (call: Call) => Sys<Response | null>;

/** Method, path, handler; the first that fits is taken. */
export type LibpodRoute = readonly [string, RegExp, LibpodHandler];

interface Asked {
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** The daemon's answer to a request of Docker's API. */
export function* asDocker(call: Call, line: string, { query = {}, body = null }: Asked = {}) {
  const [method = '', path = ''] = line.split(' ');
  const values = new Map(Object.entries(query));
  const request: Request = {
    ...{ method, path, body },
    version: API_VERSION,
    headers: call.request.headers,
    query: values,
    queryValues: (name) => (values.has(name) ? [values.get(name)!] : []),
  };
  return yield* route(call.engine, request, call.client);
}

/** The same as at Docker's path of that name; only parameters of the query may have other names there. */
export const same =
  (names: Readonly<Record<string, string>> = {}): LibpodHandler =>
  (call) => {
    const { method, path, query, body } = call.request;
    const renamed = [...query].map(([name, value]) => [names[name] ?? name, value]);
    return asDocker(call, `${method} ${path.slice('/libpod'.length)}`, {
      query: Object.fromEntries(renamed) as Record<string, string>,
      body,
    });
  };

/** The answer's body where only what is asked for counts. */
export function* bodyOf<T>(call: Call, line: string, asked?: Asked): Sys<T> {
  const response = yield* asDocker(call, line, asked);
  if (response === null) throw new EngineError(500, `${line} has no answer in one piece`);
  return response.body as T;
}

/** Whether there is something, as `exists` asks. */
export const exists = (find: (call: Call, name: string) => Sys<unknown>): LibpodHandler =>
  function* (call) {
    yield* find(call, call.args[0]!);
    return { status: 204, body: null };
  };

/** Sorted by their names, so that the same containers give the same text. */
export const sortedEntries = <T>(of: Readonly<Record<string, T>>): [string, T][] =>
  Object.entries(of).sort(([a], [b]) => (a < b ? -1 : 1));
