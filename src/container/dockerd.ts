/** The daemon: listens on /run/docker.sock and serves each connection in a process of its own, as a thread would. */
import { isOsError } from '../base/index.ts';
import { type Fd, type Program, type Sys, sys, writeAll } from '../linux/index.ts';
import { Engine } from './engine.ts';
import { readRequest, respond } from './http.ts';
import { DOCKER_SOCKET, EngineError } from './model.ts';
import { route } from './routes.ts';

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
  for (;;) {
    const client = yield* sys.accept(listener);
    yield* sys.fork(function* () {
      yield* sys.sigaction('CHLD', 'default');
      yield* sys.close(listener);
      yield* serve(engine, client);
      return 0;
    });
    yield* sys.close(client);
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
