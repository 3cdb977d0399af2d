/** /containers: list, create, and what is asked of one. */
import { type Sys, sys } from '../../linux/index.ts';
import { attach } from '../attaching.ts';
import { changesOf } from '../changes.ts';
import { readArchive, writeArchive } from '../copying.ts';
import { createContainer, requireName } from '../create.ts';
import type { Engine } from '../engine.ts';
import { readText } from '../files.ts';
import type { Response } from '../http.ts';
import { inspectContainer, listContainers } from '../inspect.ts';
import { awaitExit, remove, signalContainer, start, stop } from '../life.ts';
import { logsTo } from '../logs.ts';
import { type Container, overlayPath } from '../model.ts';
import { askShim } from '../shimClient.ts';
import { processesOf } from '../top.ts';
import { pruneContainers } from '../upkeep.ts';
import { type ContainerActions, done, ok, type Route } from './handler.ts';

function* changes(engine: Engine, container: Container): Sys<Response> {
  const lowers = ((yield* readText(`${overlayPath(container.MountId)}/lower`)) ?? '').split(':');
  return ok(
    yield* changesOf(
      `${overlayPath(container.MountId)}/diff`,
      engine.containers.has(container.ID) ? lowers : [],
    ),
  );
}

export const containerActions: ContainerActions = {
  'GET json': function* (engine, found) {
    return ok(yield* inspectContainer(engine, found));
  },
  'HEAD archive': (engine, found, request) => readArchive(engine, found, request),
  'GET archive': (engine, found, request) => readArchive(engine, found, request),
  'PUT archive': (engine, found, request) => writeArchive(engine, found, request),
  *'GET top'(_, found, { query }) {
    return ok(yield* processesOf(found, query.get('ps_args') ?? '-ef'));
  },
  'GET changes': (engine, found) => changes(engine, found),
  'GET logs': (_, found, { query }, client) => logsTo(found, query, client),
  'POST start': (engine, found) => start(engine, found),
  'POST stop': (engine, found, { query }) => stop(engine, found, Number(query.get('t') ?? 10)),
  *'POST restart'(engine, found, { query }) {
    yield* stop(engine, found, Number(query.get('t') ?? 10));
    return yield* start(engine, found);
  },
  *'POST kill'(_, found, { query }) {
    if (query.get('signal') === undefined || query.get('signal') === 'KILL') found.StopRequested = true;
    yield* signalContainer(found, query.get('signal') ?? 'KILL');
    return done;
  },
  *'POST wait'(_, found) {
    return ok({ StatusCode: yield* awaitExit(found) });
  },
  'POST attach': (_, found, __, client) => attach(found, client),
  *'POST resize'(_, found, { query }) {
    const fd = yield* askShim(found, `resize ${query.get('h')} ${query.get('w')}`);
    if (fd !== null) yield* sys.close(fd);
    return ok(null);
  },
  *'POST rename'(engine, found, { query }) {
    requireName(engine, query.get('name') ?? '');
    found.Name = `/${query.get('name')}`;
    yield* engine.networks.renamed(found);
    yield* engine.save(found);
    return done;
  },
};

export const containerRoutes: readonly Route[] = [
  [
    'POST',
    /^\/containers\/prune$/,
    function* (engine) {
      return ok(yield* pruneContainers(engine));
    },
  ],
  [
    'GET',
    /^\/containers\/json$/,
    function* (engine, { query }) {
      return ok(yield* listContainers(engine, query.get('all') === '1'));
    },
  ],
  [
    'POST',
    /^\/containers\/create$/,
    function* (engine, { query, body }) {
      const made = yield* createContainer(engine, query.get('name'), body as never);
      return { status: 201, body: { Id: made.ID, Warnings: [] } };
    },
  ],
  [
    'DELETE',
    /^\/containers\/([^/]+)$/,
    (engine, { query }, [name]) =>
      remove(engine, engine.findContainer(name!), query.get('force') === '1', query.get('v') === '1'),
  ],
];
