/** Method and path → what the daemon does: Docker Engine API v1.47. */
import { decodeUtf8, isOsError, MILLISECOND, SECOND } from '../base/index.ts';
import { type Fd, parseSignal, type Sys, sys, writeAll } from '../linux/index.ts';
import { changesOf } from './changes.ts';
import { readArchive, writeArchive } from './copying.ts';
import { createContainer, createVolume, requireName } from './create.ts';
import type { Engine } from './engine.ts';
import { runExec } from './exec.ts';
import { makeDirs, randomHex, readText, statOrNull } from './files.ts';
import { type Request, type Response, respondUpgrade } from './http.ts';
import {
  imageHistory,
  inspectContainer,
  inspectImage,
  listContainers,
  listImages,
  volumeView,
} from './inspect.ts';
import { logsTo } from './logs.ts';
import {
  API_VERSION,
  type Container,
  DOCKER_ROOT,
  EngineError,
  type Exec,
  overlayPath,
  shimAddress,
  VERSION,
  volumePath,
} from './model.ts';
import { newReference, withTag } from './references.ts';
import { removeImage, removeVolume, volumeNames } from './removal.ts';
import { readOrNothing, spawnShim, writeOrDrop } from './shim.ts';
import { processesOf } from './top.ts';
import { upkeepRoutes } from './upkeep.ts';

/** Null: the handler has answered by itself. */
type Handler = (
  engine: Engine,
  request: Request,
  args: readonly string[],
  client: Fd,
) => Sys<Response | null>;

const ok = (body: unknown): Response => ({ status: 200, body });
const done: Response = { status: 204, body: null };

/** A connection to the container's shim, after a command; null when there is none. */
function* askShim(container: Container, command: string): Sys<Fd | null> {
  const fd = yield* sys.socket();
  try {
    yield* sys.connect(fd, shimAddress(container.ID));
  } catch (error) {
    if (!isOsError(error, 'ECONNREFUSED')) throw error;
    yield* sys.close(fd);
    return null;
  }
  yield* writeAll(fd, `${command}\n`);
  return fd;
}

function* askLiveShim(container: Container, command: string): Sys<Fd> {
  const known = yield* askShim(container, command);
  if (known !== null) return known;
  yield* spawnShim(container);
  return (yield* askShim(container, command))!;
}

function* start(container: Container): Sys<Response> {
  if (container.State.Running) return { status: 304, body: null };
  const fd = yield* askLiveShim(container, 'start');
  const answer = decodeUtf8(yield* sys.read(fd, 4096)).trim();
  yield* sys.close(fd);
  if (answer === 'ok') return done;
  const why = answer.replace(/^error /, '');
  if (why.startsWith('unable to find user')) throw new EngineError(400, why);
  throw new EngineError(
    400,
    `failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: ${why}: unknown`,
  );
}

/** Waits for the end of a running container; its exit status. */
function* awaitExit(container: Container): Sys<number> {
  if (container.State.Running || container.State.Status === 'restarting') {
    const fd = yield* askShim(container, 'wait');
    if (fd !== null) {
      yield* sys.read(fd, 64);
      yield* sys.close(fd);
    }
  }
  return container.State.ExitCode;
}

function* signalContainer(container: Container, name: string): Sys<void> {
  const signal = parseSignal(name);
  if (signal === null) throw new EngineError(400, `Invalid signal: ${name}`);
  if (!container.State.Running) throw new EngineError(409, `container ${container.ID} is not running`);
  yield* sys.kill(container.State.Pid, signal);
}

/** SIGTERM, and after the grace time SIGKILL. */
function* stop(engine: Engine, container: Container, grace: number): Sys<Response> {
  if (container.State.Status === 'restarting') {
    container.StopRequested = true;
    container.State.Status = 'exited';
  }
  if (!container.State.Running) return { status: 304, body: null };
  container.StopRequested = true;
  yield* signalContainer(container, 'TERM');
  for (let waited = 0; container.State.Running && waited < grace * SECOND; waited += 10 * MILLISECOND)
    yield* sys.nanosleep(10 * MILLISECOND);
  if (container.State.Running) yield* signalContainer(container, 'KILL');
  yield* awaitExit(container);
  if (engine.containers.has(container.ID)) yield* engine.save(container);
  return done;
}

function* remove(engine: Engine, container: Container, force: boolean, volumes: boolean): Sys<Response> {
  const { State } = container;
  if (State.Running && !force) {
    throw new EngineError(
      409,
      `cannot remove container "${container.Name}": container is running: stop the container before removing or force remove`,
    );
  }
  container.StopRequested = true;
  if (State.Running) {
    yield* signalContainer(container, 'KILL');
    yield* awaitExit(container);
  }
  if (engine.containers.has(container.ID)) yield* engine.remove(container, volumes);
  return done;
}

function* attach(container: Container, client: Fd): Sys<null> {
  const shim = yield* askLiveShim(container, 'attach');
  yield* sys.read(shim, 3);
  yield* respondUpgrade(client);
  let listening = true;
  for (;;) {
    const fds = listening ? [shim, client] : [shim];
    for (const reply of yield* sys.poll(
      fds.map((fd) => ({ fd, events: 'in' })),
      null,
    )) {
      if (!reply.in && !reply.hup) continue;
      const bytes = yield* readOrNothing(reply.fd);
      if (reply.fd === shim) {
        if (bytes.length === 0) return null;
        yield* writeOrDrop(client, bytes);
      } else if (bytes.length > 0) yield* writeOrDrop(shim, bytes);
      else {
        listening = false;
        yield* sys.shutdown(shim, 'wr');
      }
    }
  }
}

function* changes(engine: Engine, container: Container): Sys<Response> {
  const lowers = ((yield* readText(`${overlayPath(container.MountId)}/lower`)) ?? '').split(':');
  return ok(
    yield* changesOf(
      `${overlayPath(container.MountId)}/diff`,
      engine.containers.has(container.ID) ? lowers : [],
    ),
  );
}

const container: Record<
  string,
  (engine: Engine, found: Container, request: Request, client: Fd) => Sys<Response | null>
> = {
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
  'POST logs': (_, found, { query }, client) => logsTo(found, query, client),
  'POST start': (_, found) => start(found),
  'POST stop': (engine, found, { query }) => stop(engine, found, Number(query.get('t') ?? 10)),
  *'POST restart'(engine, found, { query }) {
    yield* stop(engine, found, Number(query.get('t') ?? 10));
    return yield* start(found);
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
    yield* engine.save(found);
    return done;
  },
  *'POST exec'(engine, found, { body }) {
    if (!found.State.Running) throw new EngineError(409, `container ${found.ID} is not running`);
    const given = body as Partial<Exec['config']>;
    const id = yield* randomHex(32);
    const config = {
      Cmd: [],
      Tty: false,
      AttachStdin: false,
      Env: [],
      User: '',
      WorkingDir: '',
      ConsoleSize: [0, 0] as [number, number],
      ...given,
    };
    engine.execs.set(id, { id, container: found, config, exitCode: null, running: false });
    return { status: 201, body: { Id: id } };
  },
};

function imageOf(engine: Engine, name: string) {
  const image = engine.findImage(name);
  if (image === null) throw new EngineError(404, `No such image: ${withTag(name)}`);
  return image;
}

const routes: readonly (readonly [string, RegExp, Handler])[] = [
  ...upkeepRoutes,
  [
    'GET',
    /^\/_ping$/,
    function* () {
      return ok('OK');
    },
  ],
  [
    'GET',
    /^\/version$/,
    function* () {
      return ok({
        Version: VERSION,
        ApiVersion: API_VERSION,
        Os: 'linux',
        Arch: 'amd64',
        KernelVersion: (yield* sys.uname()).release,
      });
    },
  ],
  [
    'GET',
    /^\/info$/,
    function* (engine) {
      const all = [...engine.containers.values()];
      const running = all.filter((found) => found.State.Running).length;
      return ok({
        Containers: all.length,
        ContainersRunning: running,
        ContainersStopped: all.length - running,
        Images: engine.images.size,
        Driver: 'overlay2',
        LoggingDriver: 'json-file',
        ServerVersion: VERSION,
        DockerRootDir: DOCKER_ROOT,
        Name: (yield* sys.uname()).nodename,
      });
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
  [
    'POST',
    /^\/exec\/([^/]+)\/start$/,
    function* (engine, { body }, [id], client) {
      const exec = engine.execs.get(id!);
      if (exec === undefined) throw new EngineError(404, `No such exec instance: ${id}`);
      yield* runExec(exec, client, (body as { Detach?: boolean } | null)?.Detach === true);
      return null;
    },
  ],
  [
    'GET',
    /^\/exec\/([^/]+)\/json$/,
    function* (engine, _, [id]) {
      const exec = engine.execs.get(id!);
      if (exec === undefined) throw new EngineError(404, `No such exec instance: ${id}`);
      return ok({ ID: exec.id, Running: exec.running, ExitCode: exec.exitCode });
    },
  ],
  [
    'GET',
    /^\/images\/json$/,
    function* (engine) {
      return ok(yield* listImages(engine));
    },
  ],
  [
    'GET',
    /^\/images\/(.+)\/json$/,
    function* (engine, _, [name]) {
      return ok(yield* inspectImage(imageOf(engine, name!)));
    },
  ],
  [
    'GET',
    /^\/images\/(.+)\/history$/,
    function* (engine, _, [name]) {
      return ok(yield* imageHistory(imageOf(engine, name!)));
    },
  ],
  [
    'POST',
    /^\/images\/(.+)\/tag$/,
    function* (engine, { query }, [name]) {
      const image = imageOf(engine, name!);
      const reference = newReference(query.get('repo') ?? '', query.get('tag') ?? 'latest');
      for (const other of engine.images.values())
        other.references = other.references.filter((known) => known !== reference);
      image.references.push(reference);
      yield* engine.saveReferences();
      return { status: 201, body: null };
    },
  ],
  [
    'DELETE',
    /^\/images\/(.+)$/,
    (engine, { query }, [name]) => removeImage(engine, name!, query.get('force') === '1'),
  ],
  [
    'GET',
    /^\/volumes$/,
    function* () {
      const Volumes: unknown[] = [];
      for (const name of yield* volumeNames()) Volumes.push(yield* volumeView(name));
      return ok({ Volumes, Warnings: null });
    },
  ],
  [
    'POST',
    /^\/volumes\/create$/,
    function* (_, { body }) {
      const name = (body as { Name?: string }).Name || (yield* randomHex(32));
      yield* makeDirs(`${DOCKER_ROOT}/volumes`);
      yield* createVolume(name);
      return { status: 201, body: yield* volumeView(name) };
    },
  ],
  [
    'GET',
    /^\/volumes\/([^/]+)$/,
    function* (_, __, [name]) {
      if ((yield* statOrNull(volumePath(name!))) === null)
        throw new EngineError(404, `get ${name}: no such volume`);
      return ok(yield* volumeView(name!));
    },
  ],
  ['DELETE', /^\/volumes\/([^/]+)$/, (engine, _, [name]) => removeVolume(engine, name!)],
];

export function* route(engine: Engine, request: Request, client: Fd): Sys<Response | null> {
  const { method, path } = request;
  for (const [wanted, pattern, handler] of routes) {
    const match = wanted === method ? pattern.exec(path) : null;
    if (match !== null)
      return yield* handler(engine, request, match.slice(1).map(decodeURIComponent), client);
  }
  const [, name, action] = /^\/containers\/([^/]+)\/(\w+)$/.exec(path) ?? [];
  const handler = container[`${method} ${action}`];
  if (name !== undefined && action === 'kill') {
    try {
      return yield* handler!(engine, engine.findContainer(decodeURIComponent(name)), request, client);
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      throw new EngineError(error.status, `cannot kill container: ${name}: ${error.message}`);
    }
  }
  if (name !== undefined && handler !== undefined)
    return yield* handler(engine, engine.findContainer(decodeURIComponent(name)), request, client);
  throw new EngineError(404, 'page not found');
}
