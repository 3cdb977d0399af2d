/** /exec, and making one for a container. */
import { runExec } from '../exec.ts';
import { randomHex } from '../files.ts';
import { EngineError, type Exec } from '../model.ts';
import { type ContainerActions, ok, type Route } from './handler.ts';

export const execActions: ContainerActions = {
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

export const execRoutes: readonly Route[] = [
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
];
