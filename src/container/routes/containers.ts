/** /containers: list, create, and what is asked of one. */
import { type Sys, sys } from '../../linux/index.ts';
import { attach } from '../attaching.ts';
import { changesOf } from '../changes.ts';
import { tell } from '../containerEvents.ts';
import { exportTree, readArchive, writeArchive } from '../copying.ts';
import { type CreateRequest, createContainer, requireName } from '../create.ts';
import type { Engine } from '../engine.ts';
import { readText } from '../files.ts';
import { type Exchange, isTrue, type Request, type Response } from '../http.ts';
import { inspectContainer } from '../inspect.ts';
import {
  awaitExit,
  kill,
  killWithSignal,
  pause,
  remove,
  restart,
  signalOf,
  stop,
  unpause,
  type WaitCondition,
} from '../life.ts';
import { listContainers } from '../listing.ts';
import { logsTo } from '../logs.ts';
import { type Container, EngineError, overlayPath } from '../model.ts';
import { networkWarnings } from '../networking.ts';
import { requireStartable } from '../requirements.ts';
import { askShim } from '../shimClient.ts';
import { startByUser } from '../starting.ts';
import { processesOf } from '../top.ts';
import { type UpdateRequest, updateContainer } from '../updating.ts';
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

/** `t` and `signal` of stop and restart. */
function stopping({ query }: Request): Parameters<typeof stop>[2] {
  const seconds = query.get('t');
  return { signal: query.get('signal'), seconds: seconds === undefined ? undefined : Number(seconds) };
}

const notModified: Response = { status: 304, body: null };

function* killContainer(engine: Engine, found: Container, { query }: Request): Sys<Response> {
  const signal = signalOf(query.get('signal') || 'KILL');
  if (signal === 'KILL') yield* kill(engine, found);
  else yield* killWithSignal(engine, found, signal);
  return done;
}

/** The answer's head is sent at once: clients that start the container afterwards wait for it. */
function* waitFor(engine: Engine, found: Container, { query }: Request, client: Exchange): Sys<null> {
  const condition = query.get('condition') || 'not-running';
  if (!['not-running', 'next-exit', 'removed'].includes(condition))
    throw new EngineError(400, `invalid condition: "${condition}"`);
  yield* client.stream();
  const StatusCode = yield* awaitExit(engine, found, condition as WaitCondition, client.fd);
  if (StatusCode !== null) yield* client.write(`${JSON.stringify({ StatusCode })}\n`);
  return null;
}

export const containerActions: ContainerActions = {
  'GET json': function* (engine, found, { query }) {
    return ok(yield* inspectContainer(engine, found, isTrue(query.get('size'))));
  },
  'HEAD archive': (engine, found, request) => readArchive(engine, found, request),
  'GET archive': (engine, found, request) => readArchive(engine, found, request),
  'PUT archive': (engine, found, request) => writeArchive(engine, found, request),
  *'GET export'(engine, found) {
    const response = yield* exportTree(engine, found);
    yield* tell(engine, found, 'export');
    return response;
  },
  *'GET top'(engine, found, { query }) {
    const processes = yield* processesOf(found, query.get('ps_args') ?? '-ef');
    yield* tell(engine, found, 'top');
    return ok(processes);
  },
  'GET changes': (engine, found) => changes(engine, found),
  'GET logs': (_, found, { query }, client) => logsTo(found, query, client),
  *'POST start'(engine, found) {
    if (!requireStartable(found)) return notModified;
    yield* startByUser(engine, found);
    return done;
  },
  *'POST stop'(engine, found, request) {
    return (yield* stop(engine, found, stopping(request))) ? done : notModified;
  },
  *'POST restart'(engine, found, request) {
    yield* restart(engine, found, stopping(request));
    return done;
  },
  'POST kill': killContainer,
  *'POST pause'(engine, found) {
    yield* pause(engine, found);
    return done;
  },
  *'POST unpause'(engine, found) {
    yield* unpause(engine, found);
    return done;
  },
  'POST wait': waitFor,
  'POST attach': (engine, found, { query }, client) => {
    const is = (name: string) => isTrue(query.get(name));
    const asked = { stream: is('stream'), logs: is('logs') };
    return attach(engine, found, client, {
      ...asked,
      ...{ stdin: is('stdin'), stdout: is('stdout'), stderr: is('stderr') },
    });
  },
  *'POST resize'(engine, found, { query }) {
    const [height = '', width = ''] = [query.get('h'), query.get('w')];
    const fd = yield* askShim(found, `resize ${height} ${width}`);
    if (fd !== null) yield* sys.close(fd);
    yield* tell(engine, found, 'resize', { height, width });
    return ok(null);
  },
  *'POST rename'(engine, found, { query }) {
    const oldName = found.Name;
    const name = query.get('name') ?? '';
    if (name === '') throw new EngineError(400, 'Neither old nor new names may be empty');
    if (oldName === `/${name}`)
      throw new EngineError(400, 'Renaming a container with the same name as its current name');
    requireName(engine, name);
    engine.containers.rename(found, name);
    yield* engine.networks.renamed(found);
    yield* engine.save(found);
    yield* tell(engine, found, 'rename', { oldName });
    return done;
  },
  *'POST update'(engine, found, { body }) {
    yield* updateContainer(engine, found, body as UpdateRequest);
    return ok({ Warnings: [] });
  },
};

/** What control groups v2 do not know is told and left out: moby's verifyPlatformContainerResources. */
const discarded = ({ HostConfig }: CreateRequest): string[] =>
  (HostConfig as { OomKillDisable?: boolean } | null | undefined)?.OomKillDisable === true
    ? ['Your kernel does not support OomKillDisable. OomKillDisable discarded.']
    : [];

export const containerRoutes: readonly Route[] = [
  [
    'POST',
    /^\/containers\/prune$/,
    function* (engine, { query }) {
      return ok(yield* pruneContainers(engine, query.get('filters')));
    },
  ],
  [
    'GET',
    /^\/containers\/json$/,
    function* (engine, { query }) {
      return ok(
        yield* listContainers(engine, {
          all: isTrue(query.get('all')),
          limit: Number(query.get('limit') ?? 0),
          size: isTrue(query.get('size')),
          filters: query.get('filters'),
        }),
      );
    },
  ],
  [
    'POST',
    /^\/containers\/create$/,
    function* (engine, { query, body }) {
      const request = body as CreateRequest;
      const made = yield* createContainer(engine, query.get('name'), request, query.get('platform'));
      return {
        status: 201,
        body: { Id: made.ID, Warnings: [...discarded(request), ...networkWarnings(made)] },
      };
    },
  ],
  [
    'DELETE',
    /^\/containers\/(.+)$/,
    function* (engine, { query }, [name]) {
      const found = engine.findContainer(name!);
      // Old links between containers are not there; each container still has its own name as one.
      if (isTrue(query.get('link')))
        throw new EngineError(500, 'Conflict, cannot remove the default link name of the container');
      yield* remove(engine, found, isTrue(query.get('force')), isTrue(query.get('v')));
      return done;
    },
  ],
];
