/** /networks. */
import type { Request } from '../http.ts';
import { EngineError } from '../model.ts';
import type { EndpointSettings, NetworkFilter } from '../networking.ts';
import { ok, type Route } from './handler.ts';

/** The query's `filters`: `{"name":{"n1":true}}`, or lists in place of the maps. */
function filterOf({ query }: Request): NetworkFilter {
  const text = query.get('filters');
  if (text === undefined || text === '') return new Map();
  let parsed: Record<string, Record<string, boolean> | readonly string[]>;
  try {
    parsed = JSON.parse(text) as typeof parsed;
  } catch {
    throw new EngineError(400, 'invalid filter');
  }
  return new Map(
    Object.entries(parsed).map(([key, values]) => [
      key,
      Array.isArray(values) ? (values as readonly string[]) : Object.keys(values),
    ]),
  );
}

interface ConnectRequest {
  readonly Container?: string;
  readonly EndpointConfig?: Partial<EndpointSettings> | null;
  readonly Force?: boolean;
}

export const networkRoutes: readonly Route[] = [
  [
    'GET',
    /^\/networks$/,
    function* (engine, request) {
      return ok(engine.networks.list(filterOf(request)));
    },
  ],
  [
    'POST',
    /^\/networks\/create$/,
    function* (engine, { body }) {
      return { status: 201, body: { Id: yield* engine.networks.create(body ?? {}), Warning: '' } };
    },
  ],
  [
    'POST',
    /^\/networks\/prune$/,
    function* (engine, request) {
      return ok({ NetworksDeleted: yield* engine.networks.prune(filterOf(request)) });
    },
  ],
  [
    'GET',
    /^\/networks\/([^/]+)$/,
    function* (engine, _, [name]) {
      return ok(engine.networks.inspect(name!));
    },
  ],
  [
    'DELETE',
    /^\/networks\/([^/]+)$/,
    function* (engine, _, [name]) {
      yield* engine.networks.destroy(name!);
      return { status: 204, body: null };
    },
  ],
  [
    'POST',
    /^\/networks\/([^/]+)\/connect$/,
    function* (engine, { body }, [name]) {
      const { Container = '', EndpointConfig = null } = (body ?? {}) as ConnectRequest;
      const container = engine.findContainer(Container);
      yield* engine.networks.connect(container, name!, EndpointConfig);
      yield* engine.save(container);
      return ok(null);
    },
  ],
  [
    'POST',
    /^\/networks\/([^/]+)\/disconnect$/,
    function* (engine, { body }, [name]) {
      const { Container = '' } = (body ?? {}) as ConnectRequest;
      const container = engine.findContainer(Container);
      yield* engine.networks.disconnect(container, name!);
      yield* engine.save(container);
      return ok(null);
    },
  ],
];
