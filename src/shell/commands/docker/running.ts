/** docker run, create, start, exec, attach, wait, logs. */
import { type Sys, sys, writeAll } from '../../../linux/index.ts';
import type { OptionSpec } from '../options.ts';
import { orNull } from '../support.ts';
import { api, DockerError, messageOf, relay, stream, tryApi } from './api.ts';
import { type DockerCommand, each } from './commands.ts';
import { create, createOptions, environment, terminalSize } from './creating.ts';

const tell = (message: string) => writeAll(2, `${message}\n`);

const detach: OptionSpec = { short: 'd', long: 'detach', help: 'Run in the background and print the id' };

/** The status of a refused start: as a shell gives it for what cannot be run. */
function startStatus(message: string): number {
  if (/executable file not found|no such file or directory/.test(message)) return 127;
  return /permission denied|is a directory/.test(message) ? 126 : 125;
}

function* startOrFail(id: string): Sys<void> {
  const response = yield* tryApi('POST', `/containers/${id}/start`);
  if (response.status < 400) return;
  const message = messageOf(response);
  throw new DockerError(
    `docker: Error response from daemon: ${message}\n\nRun 'docker run --help' for more information`,
    startStatus(message),
  );
}

/** Attaches, starts, relays and waits: the foreground of docker run and docker start -a. */
function* foreground(id: string, options: { tty: boolean; input: boolean }): Sys<number> {
  const attached = yield* stream(
    `/containers/${id}/attach?stream=1&stdin=${options.input ? 1 : 0}&stdout=1&stderr=1`,
    null,
    125,
  );
  if (!options.input) yield* sys.shutdown(attached.fd, 'wr');
  yield* startOrFail(id);
  const onSignal = function* (signal: 'INT' | 'TERM'): Sys<void> {
    yield* tryApi('POST', `/containers/${id}/kill?signal=${signal}`);
  };
  const waiting = yield* waiterFor(id);
  yield* relay(attached, options.tty ? options : { ...options, onSignal });
  return yield* waiting();
}

/** Asks for the exit status in a child before the container can be removed; the call gives it. */
function* waiterFor(id: string): Sys<() => Sys<number>> {
  const pid = yield* sys.fork(function* () {
    for (const signal of ['INT', 'TERM'] as const) yield* sys.sigaction(signal, 'ignore');
    const response = yield* tryApi('POST', `/containers/${id}/wait`);
    return response.status >= 400 ? 125 : (response.body as { StatusCode: number }).StatusCode;
  });
  return function* () {
    const { state } = yield* sys.wait4(pid);
    return state.kind === 'exited' ? state.code : 125;
  };
}

function* requireTerminal(): Sys<void> {
  if ((yield* orNull(() => sys.tcgetattr(0), 'ENOTTY', 'EBADF')) === null)
    throw new DockerError('the input device is not a TTY', 1);
}

export const running: readonly DockerCommand[] = [
  {
    name: 'run',
    aliases: ['container run'],
    usage: '[OPTIONS] IMAGE [COMMAND] [ARG...]',
    help: 'Create and run a new container from an image',
    options: [...createOptions, detach],
    operandsEndOptions: true,
    operands: [1, Number.POSITIVE_INFINITY],
    usageStatus: 125,
    *run(parsed, env) {
      const background = parsed.has('detach');
      const tty = parsed.has('tty');
      const input = parsed.has('interactive');
      if (!background && tty && input) yield* requireTerminal();
      const id = yield* create(parsed, env, !background);
      if (!background) return yield* foreground(id, { tty, input });
      yield* startOrFail(id);
      yield* writeAll(1, `${id}\n`);
      return 0;
    },
  },
  {
    name: 'create',
    aliases: ['container create'],
    usage: '[OPTIONS] IMAGE [COMMAND] [ARG...]',
    help: 'Create a new container',
    options: createOptions,
    operandsEndOptions: true,
    operands: [1, Number.POSITIVE_INFINITY],
    *run(parsed, env) {
      yield* writeAll(1, `${yield* create(parsed, env, true)}\n`);
      return 0;
    },
  },
  {
    name: 'start',
    aliases: ['container start'],
    usage: '[OPTIONS] CONTAINER [CONTAINER...]',
    help: 'Start one or more stopped containers',
    options: [
      { short: 'a', long: 'attach', help: 'Attach the output' },
      { short: 'i', long: 'interactive', help: 'Attach standard input' },
    ],
    operands: [1, Number.POSITIVE_INFINITY],
    *run(parsed) {
      if (parsed.has('attach') || parsed.has('interactive')) {
        const found = (yield* api('GET', `/containers/${parsed.operands[0]}/json`)) as {
          Id: string;
          Config: { Tty: boolean };
        };
        return yield* foreground(found.Id, { tty: found.Config.Tty, input: parsed.has('interactive') });
      }
      return yield* each(
        parsed.operands,
        function* (name) {
          yield* api('POST', `/containers/${name}/start`);
          yield* writeAll(1, `${name}\n`);
        },
        tell,
      );
    },
  },
  {
    name: 'exec',
    aliases: ['container exec'],
    usage: '[OPTIONS] CONTAINER COMMAND [ARG...]',
    help: 'Execute a command in a running container',
    options: [
      detach,
      { short: 'e', long: 'env', argument: 'list', help: 'Set environment variables' },
      { short: 'i', long: 'interactive', help: 'Keep standard input open' },
      { short: 't', long: 'tty', help: 'Give the command a terminal' },
      { short: 'u', long: 'user', argument: 'string', help: 'User or uid' },
      { short: 'w', long: 'workdir', argument: 'string', help: 'Working directory' },
    ],
    operandsEndOptions: true,
    operands: [2, Number.POSITIVE_INFINITY],
    *run(parsed, env) {
      const [name, ...Cmd] = parsed.operands;
      const tty = parsed.has('tty');
      const input = parsed.has('interactive');
      if (tty && input) yield* requireTerminal();
      const body = {
        Cmd,
        Tty: tty,
        AttachStdin: input,
        Env: yield* environment(parsed, env),
        User: parsed.value('user') ?? '',
        WorkingDir: parsed.value('workdir') ?? '',
        ConsoleSize: yield* terminalSize(),
      };
      const { Id } = (yield* api('POST', `/containers/${name}/exec`, body)) as { Id: string };
      if (parsed.has('detach')) {
        yield* api('POST', `/exec/${Id}/start`, { Detach: true });
        return 0;
      }
      const fd = yield* stream(`/exec/${Id}/start`, { Detach: false, Tty: tty }, 126, true);
      yield* relay(fd, { tty, input });
      for (;;) {
        const state = (yield* api('GET', `/exec/${Id}/json`)) as {
          Running: boolean;
          ExitCode: number | null;
        };
        if (!state.Running && state.ExitCode !== null) return state.ExitCode;
      }
    },
  },
  {
    name: 'attach',
    aliases: ['container attach'],
    usage: 'CONTAINER',
    help: 'Attach to a running container',
    options: [],
    operands: [1, 1],
    *run(parsed) {
      const found = (yield* api('GET', `/containers/${parsed.operands[0]}/json`)) as {
        Id: string;
        State: { Running: boolean };
        Config: { Tty: boolean; OpenStdin: boolean };
      };
      if (!found.State.Running) throw new DockerError('cannot attach to a stopped container, start it first');
      const stdin = found.Config.OpenStdin;
      const fd = yield* stream(
        `/containers/${found.Id}/attach?stream=1&stdin=${stdin ? 1 : 0}&stdout=1&stderr=1`,
      );
      const waiting = yield* waiterFor(found.Id);
      yield* relay(fd, { tty: found.Config.Tty, input: stdin });
      return yield* waiting();
    },
  },
  {
    name: 'wait',
    aliases: ['container wait'],
    usage: 'CONTAINER [CONTAINER...]',
    help: 'Wait until containers stop, then print their exit codes',
    options: [],
    operands: [1, Number.POSITIVE_INFINITY],
    run: (parsed) =>
      each(
        parsed.operands,
        function* (name) {
          const { StatusCode } = (yield* api('POST', `/containers/${name}/wait`)) as { StatusCode: number };
          yield* writeAll(1, `${StatusCode}\n`);
        },
        tell,
      ),
  },
];
