/** The daemon: listens on /run/docker.sock and serves each connection in a process of its own, as a thread would. */
import { isOsError } from '../base/index.ts';
import { type Fd, type Program, type Sys, sys, writeAll } from '../linux/index.ts';
import { Engine } from './engine.ts';
import { makeDirs } from './files.ts';
import { readRequest, respond } from './http.ts';
import { CONTAINERD_SOCKET, DOCKER_SOCKET, EngineError } from './model.ts';
import { receiveReport } from './reports.ts';
import { route } from './routes/index.ts';

/** The group that may talk to the daemon: `docker` in /etc/group. */
const DOCKER_GROUP = 999;

export const dockerd: Program = function* () {
  const engine = new Engine();
  yield* engine.load();
  yield* sys.sigaction('CHLD', 'ignore');
  yield* sys.sigaction('PIPE', 'ignore');
  const listener = yield* sys.socket();
  yield* sys.bind(listener, DOCKER_SOCKET);
  yield* sys.chown(DOCKER_SOCKET, 0, DOCKER_GROUP);
  yield* sys.chmod(DOCKER_SOCKET, 0o660);
  yield* sys.listen(listener);
  yield* makeDirs(CONTAINERD_SOCKET.slice(0, CONTAINERD_SOCKET.lastIndexOf('/')), 0o700);
  const reports = yield* sys.socket();
  yield* sys.bind(reports, CONTAINERD_SOCKET);
  yield* sys.listen(reports);
  const listeners = [listener, reports];
  for (;;) {
    const ready = yield* sys.poll(
      listeners.map((fd) => ({ fd, events: 'in' })),
      null,
    );
    for (const { fd } of ready.filter((reply) => reply.in)) {
      const client = yield* sys.accept(fd);
      yield* sys.fork(function* () {
        yield* sys.sigaction('CHLD', 'default');
        for (const other of listeners) yield* sys.close(other);
        yield* fd === reports ? receiveReport(engine, client) : serve(engine, client);
        return 0;
      });
      yield* sys.close(client);
    }
  }
};

function* serve(engine: Engine, client: Fd): Sys<void> {
  const request = yield* readRequest(client);
  if (request === null) return;
  try {
    const response = yield* route(engine, request, client);
    if (response !== null) yield* respond(client, response);
  } catch (error) {
    if (error instanceof EngineError) {
      yield* respond(client, { status: error.status, body: { message: error.message } });
    } else if (isOsError(error)) {
      yield* writeAll(2, `level=error msg="${request.method} ${request.path}: ${error.message}"\n`);
      yield* respond(client, { status: 500, body: { message: error.message } });
    } else throw error;
  }
}
