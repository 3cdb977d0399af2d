/** The daemon: listens on /run/docker.sock and serves each connection in a process of its own, as a thread would. */
import { isOsError } from '../base/index.ts';
import { type Fd, type PollReply, type Program, type Sys, sys, writeAll } from '../linux/index.ts';
import { compareVersions, minApiVersion } from './daemonFile.ts';
import { Engine } from './engine.ts';
import { makeDirs, statOrNull } from './files.ts';
import { type Exchange, type Request, type Response, type Service, serveConnection } from './http.ts';
import {
  API_VERSION,
  CONTAINERD_SOCKET,
  DOCKER_SOCKET,
  EngineError,
  MIN_API_VERSION,
  VERSION,
} from './model.ts';
import { type EngineNetworks, makeNetworks } from './networking.ts';
import { receiveReport } from './reports.ts';
import { restoreContainers, shutDown, startWanted } from './restoring.ts';
import { route } from './routes/index.ts';
import { libpodFor } from './routes/libpodDoor.ts';

/** The group that may talk to the daemon: `docker` in /etc/group. */
const DOCKER_GROUP = 999;

export const dockerd: Program = function* () {
  const engine = new Engine();
  yield* engine.load();
  yield* restoreContainers(engine);
  engine.networks = yield* makeNetworks(engine);
  yield* engine.networks.start();
  yield* sys.sigaction('CHLD', 'ignore');
  yield* sys.sigaction('PIPE', 'ignore');
  for (const signal of ['TERM', 'INT'] as const) yield* sys.sigaction(signal, 'catch');
  const listener = yield* listenAt(DOCKER_SOCKET);
  yield* sys.chown(DOCKER_SOCKET, 0, DOCKER_GROUP);
  yield* sys.chmod(DOCKER_SOCKET, 0o660);
  yield* makeDirs(CONTAINERD_SOCKET.slice(0, CONTAINERD_SOCKET.lastIndexOf('/')), 0o700);
  const reports = yield* listenAt(CONTAINERD_SOCKET);
  const listeners = [listener, reports];
  for (const fd of listeners) yield* sys.setcloexec(fd, true);
  const { networks } = engine;
  yield* engine.background(() => startWanted(engine));
  while (!engine.stopped) {
    if ((yield* sys.takeSignals()).length > 0 && !engine.stopping) {
      engine.stopping = true;
      yield* engine.background(() => shutDown(engine));
    }
    const ready = yield* awaitClients(listeners, networks);
    if (ready?.length === 0) yield* networks.serve(null);
    for (const reply of ready ?? []) {
      const { fd } = reply;
      if (!listeners.includes(fd)) {
        yield* networks.serve(reply);
        continue;
      }
      const client = yield* sys.accept(fd);
      const others = [...listeners, ...networks.owned];
      yield* sys.fork(() => serveApart(engine, client, fd === reports, others));
      yield* sys.close(client);
    }
  }
  for (const path of [DOCKER_SOCKET, CONTAINERD_SOCKET]) yield* sys.unlink(path);
  return 0;
};

/** In a process of its own, which needs none of the daemon's `others`: serves a client, or who `reports` an exit. */
function* serveApart(engine: Engine, client: Fd, reports: boolean, others: readonly Fd[]): Sys<number> {
  yield* sys.prctl('PR_SET_PDEATHSIG', 'KILL');
  yield* sys.sigaction('CHLD', 'default');
  for (const signal of ['TERM', 'INT'] as const) yield* sys.sigaction(signal, 'default');
  for (const other of others) yield* sys.close(other);
  yield* reports ? receiveReport(engine, client) : serveConnection(client, service(engine));
  return 0;
}

/** A socket at `path`, in the place of one that an earlier daemon has left. */
function* listenAt(path: string): Sys<Fd> {
  if ((yield* statOrNull(path)) !== null) yield* sys.unlink(path);
  const fd = yield* sys.socket();
  yield* sys.bind(fd, path);
  yield* sys.listen(fd);
  return fd;
}

/** What there is to be read; nothing when the networks' time is over; null when SIGTERM or SIGINT has come. */
function* awaitClients(listeners: readonly Fd[], networks: EngineNetworks): Sys<readonly PollReply[] | null> {
  try {
    const own = listeners.map((fd) => ({ fd, events: 'in' as const }));
    const replies = yield* sys.poll([...own, ...networks.waiting], yield* networks.timeout());
    return replies.filter((reply) => reply.in);
  } catch (error) {
    if (!isOsError(error, 'EINTR')) throw error;
    return null;
  }
}

const service = (engine: Engine): Service => ({
  headers: {
    'api-version': API_VERSION,
    'docker-experimental': 'false',
    ostype: 'linux',
    server: `Docker/${VERSION} (linux)`,
  },
  version: API_VERSION,
  answer: (request, client) => answer(engine, request, client),
});

function* answer(engine: Engine, request: Request, client: Exchange): Sys<Response | null> {
  const libpod = libpodFor(request.path);
  if (libpod !== null) return yield* libpod(engine, request, client);
  try {
    yield* requireVersion(request.version);
    return yield* route(engine, request, client);
  } catch (error) {
    if (!(error instanceof EngineError) && !isOsError(error)) throw error;
    const status = error instanceof EngineError ? error.status : 500;
    if (status >= 500)
      yield* writeAll(2, `level=error msg="${request.method} ${request.path}: ${error.message}"\n`);
    // An answer that has begun cannot become another one.
    return client.begun ? null : { status, body: { message: error.message } };
  }
}

/** Throws EngineError when the daemon does not speak that version of the API. */
function* requireVersion(version: string): Sys<void> {
  if (compareVersions(version, MIN_API_VERSION) < 0) {
    const oldest = yield* minApiVersion();
    if (compareVersions(version, oldest) < 0)
      throw new EngineError(
        400,
        `client version ${version} is too old. Minimum supported API version is ${oldest}, please upgrade your client to a newer version`,
      );
  }
  if (compareVersions(version, API_VERSION) > 0)
    throw new EngineError(
      400,
      `client version ${version} is too new. Maximum supported API version is ${API_VERSION}`,
    );
}
