/** /exec, and making one for a container. */

import type { Engine } from '../engine.ts';
import { createExec, type ExecRequest, resizeExec, runExec } from '../exec.ts';
import { EngineError, type Exec } from '../model.ts';
import { type ContainerActions, ok, type Route } from './handler.ts';

export const execActions: ContainerActions = {
  *'POST exec'(engine, found, { body }) {
    const { id } = yield* createExec(engine, found, (body ?? {}) as ExecRequest);
    return { status: 201, body: { Id: id } };
  },
};

function execOf(engine: Engine, id: string): Exec {
  const exec = engine.execs.get(id);
  if (exec === undefined) throw new EngineError(404, `No such exec instance: ${id}`);
  return exec;
}

export const execRoutes: readonly Route[] = [
  [
    'POST',
    /^\/exec\/([^/]+)\/start$/,
    function* (engine, { body }, [id], client) {
      const exec = execOf(engine, id!);
      if (exec.running || exec.exitCode !== null)
        throw new EngineError(409, `exec command ${id} has already ${exec.running ? 'started' : 'run'}`);
      yield* runExec(engine, exec, client, (body as { Detach?: boolean } | null)?.Detach === true);
      return null;
    },
  ],
  [
    'POST',
    /^\/exec\/([^/]+)\/resize$/,
    function* (engine, { query }, [id]) {
      yield* resizeExec(execOf(engine, id!), Number(query.get('h')), Number(query.get('w')));
      return ok(null);
    },
  ],
  [
    'GET',
    /^\/exec\/([^/]+)\/json$/,
    function* (engine, _, [id]) {
      const { config, container, exitCode, pid, running } = execOf(engine, id!);
      const [entrypoint = '', ...args] = config.Cmd;
      return ok({
        ID: id,
        Running: running,
        ExitCode: exitCode,
        ProcessConfig: {
          tty: config.Tty,
          entrypoint,
          arguments: args,
          privileged: config.Privileged,
          ...(config.User !== '' && { user: config.User }),
        },
        OpenStdin: config.AttachStdin,
        OpenStderr: true,
        OpenStdout: true,
        CanRemove: false,
        ContainerID: container.ID,
        DetachKeys: '',
        Pid: pid,
      });
    },
  ],
];
