/** docker run, create, start, exec, attach, wait, logs. */
import { O_CREAT, O_WRONLY, type Sys, sys, writeAll } from '../../../linux/index.ts';
import type { OptionSpec } from '../options.ts';
import { orNull } from '../support.ts';
import { answerTo, api, DockerError, messageOf, relay, stream, tryApi } from './api.ts';
import { type DockerCommand, each } from './commands.ts';
import { create, createOptions, environment, terminalSize } from './creating.ts';
import { detachKeysOf } from './detachKeys.ts';

const tell = (message: string) => writeAll(2, `${message}\n`);

const keysOption: OptionSpec = {
  ...{ long: 'detach-keys', argument: 'string' },
  help: 'Keys that leave the container alone (ctrl-p,ctrl-q)',
};
const proxyOption: OptionSpec = {
  ...{ long: 'sig-proxy', argument: 'bool', optional: true },
  help: 'Pass signals on (default true)',
};
/** Of a flag that may be given as `--flag=false`. */
const isOn = (text: string | null) => !['false', '0', 'f'].includes((text ?? '').toLowerCase());

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

interface Foreground {
  readonly tty: boolean;
  readonly input: boolean;
  /** The container goes when it has ended. */
  readonly autoRemove: boolean;
  readonly detachKeys: string | null;
  readonly passSignals: boolean;
}

/** Attaches, starts, relays and waits: the foreground of docker run and docker start -a. */
function* foreground(id: string, options: Foreground): Sys<number> {
  const { tty, input, autoRemove, passSignals } = options;
  const keys = detachKeysOf(options.detachKeys);
  const attached = yield* stream(
    `/containers/${id}/attach?stream=1&stdin=${input ? 1 : 0}&stdout=1&stderr=1`,
    null,
    125,
  );
  if (!input) yield* sys.shutdown(attached.fd, 'wr');
  const waiting = yield* waiterFor(id, autoRemove ? 'removed' : 'next-exit');
  yield* startOrFail(id);
  const detached = yield* relay(attached, {
    ...{ tty, input, keys },
    ...(tty ? { resize: resizing(`/containers/${id}`) } : {}),
    ...(!tty && passSignals && { onSignal: (signal) => killWith(id, signal) }),
  });
  return detached ? 0 : yield* waiting();
}

function* killWith(id: string, signal: string): Sys<void> {
  yield* tryApi('POST', `/containers/${id}/kill?signal=${signal}`);
}

/** Tells the daemon a terminal's size. */
const resizing = (path: string) =>
  function* (rows: number, cols: number): Sys<void> {
    yield* tryApi('POST', `${path}/resize?h=${rows}&w=${cols}`);
  };

/** Asks for the exit status before the container can have ended; the call gives it. */
function* waiterFor(id: string, condition: string): Sys<() => Sys<number>> {
  const answer = yield* answerTo('POST', `/containers/${id}/wait?condition=${condition}`, null, 125);
  return function* () {
    const { body } = yield* answer.whole();
    yield* answer.close();
    return (body as { StatusCode: number } | null)?.StatusCode ?? 125;
  };
}

function* requireTerminal(): Sys<void> {
  if ((yield* orNull(() => sys.tcgetattr(0), 'ENOTTY', 'EBADF')) === null)
    throw new DockerError('the input device is not a TTY', 1);
}

function* requireAbsent(path: string): Sys<void> {
  if ((yield* orNull(() => sys.stat(path), 'ENOENT', 'ENOTDIR')) !== null)
    throw new DockerError(
      `docker: container ID file found, make sure the other container isn't running or delete ${path}`,
      125,
    );
}

function* writeId(path: string, id: string): Sys<void> {
  const fd = yield* sys.open(path, O_WRONLY | O_CREAT, 0o644);
  yield* writeAll(fd, id);
  yield* sys.close(fd);
}

export const running: readonly DockerCommand[] = [
  {
    name: 'run',
    aliases: ['container run'],
    usage: '[OPTIONS] IMAGE [COMMAND] [ARG...]',
    help: 'Create and run a new container from an image',
    options: [
      ...createOptions,
      detach,
      keysOption,
      proxyOption,
      { long: 'cidfile', argument: 'string', help: 'Write the id into a file' },
    ],
    operandsEndOptions: true,
    operands: [1, Number.POSITIVE_INFINITY],
    usageStatus: 125,
    *run(parsed, env) {
      const background = parsed.has('detach');
      const tty = parsed.has('tty');
      const input = parsed.has('interactive');
      if (!background && tty && input) yield* requireTerminal();
      const cidfile = parsed.value('cidfile');
      if (cidfile !== null) yield* requireAbsent(cidfile);
      const id = yield* create(parsed, env, !background);
      if (cidfile !== null) yield* writeId(cidfile, id);
      const detachKeys = parsed.value('detach-keys');
      const passSignals = isOn(parsed.value('sig-proxy'));
      const options = { tty, input, detachKeys, passSignals, autoRemove: parsed.has('rm') };
      if (!background) return yield* foreground(id, options);
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
      try {
        yield* writeAll(1, `${yield* create(parsed, env, true)}\n`);
      } catch (error) {
        // Only docker run says who it is, and has a status of its own.
        const own =
          error instanceof DockerError
            ? /^docker: (Error response .*?)\n\n/s.exec(error.message)?.[1]
            : undefined;
        throw own === undefined ? error : new DockerError(own);
      }
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
      keysOption,
    ],
    operands: [1, Number.POSITIVE_INFINITY],
    *run(parsed) {
      if (parsed.has('attach') || parsed.has('interactive')) {
        const found = (yield* api('GET', `/containers/${parsed.operands[0]}/json`)) as {
          Id: string;
          Config: { Tty: boolean };
          HostConfig: { AutoRemove: boolean };
        };
        if (parsed.operands.length > 1)
          throw new DockerError('you cannot start and attach multiple containers at once');
        return yield* foreground(found.Id, {
          tty: found.Config.Tty,
          input: parsed.has('interactive'),
          autoRemove: found.HostConfig.AutoRemove,
          detachKeys: parsed.value('detach-keys'),
          passSignals: true,
        });
      }
      const failed: string[] = [];
      for (const name of parsed.operands) {
        const { status, body } = yield* tryApi('POST', `/containers/${name}/start`);
        if (status < 400) yield* writeAll(1, `${name}\n`);
        else {
          failed.push(name);
          yield* tell(`Error response from daemon: ${messageOf({ status, body })}`);
        }
      }
      if (failed.length > 0) throw new DockerError(`Error: failed to start containers: ${failed.join(', ')}`);
      return 0;
    },
  },
  {
    name: 'exec',
    aliases: ['container exec'],
    usage: '[OPTIONS] CONTAINER COMMAND [ARG...]',
    help: 'Execute a command in a running container',
    options: [
      detach,
      keysOption,
      { short: 'e', long: 'env', argument: 'list', help: 'Set environment variables' },
      { long: 'env-file', argument: 'list', help: 'Read environment variables from files' },
      { short: 'i', long: 'interactive', help: 'Keep standard input open' },
      { long: 'privileged', help: 'All capabilities' },
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
        Privileged: parsed.has('privileged'),
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
      const keys = detachKeysOf(parsed.value('detach-keys'));
      const resize = tty ? { resize: resizing(`/exec/${Id}`) } : {};
      if (yield* relay(fd, { tty, input, keys, ...resize })) throw new DockerError('read escape sequence');
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
    usage: '[OPTIONS] CONTAINER',
    help: 'Attach to a running container',
    options: [keysOption, { long: 'no-stdin', help: 'Do not attach standard input' }, proxyOption],
    operands: [1, 1],
    *run(parsed) {
      const found = (yield* api('GET', `/containers/${parsed.operands[0]}/json`)) as {
        Id: string;
        State: { Running: boolean; Paused: boolean; Restarting: boolean };
        Config: { Tty: boolean; OpenStdin: boolean };
      };
      const { Id: id, State } = found;
      if (!State.Running) throw new DockerError('You cannot attach to a stopped container, start it first');
      if (State.Paused) throw new DockerError('You cannot attach to a paused container, unpause it first');
      if (State.Restarting)
        throw new DockerError('You cannot attach to a restarting container, wait until it is running');
      const input = found.Config.OpenStdin && !parsed.has('no-stdin');
      const tty = found.Config.Tty;
      if (tty && input) yield* requireTerminal();
      const keys = detachKeysOf(parsed.value('detach-keys'));
      const waiting = yield* waiterFor(id, 'not-running');
      const fd = yield* stream(`/containers/${id}/attach?stream=1&stdin=${input ? 1 : 0}&stdout=1&stderr=1`);
      const passSignals = !tty && isOn(parsed.value('sig-proxy'));
      const detached = yield* relay(fd, {
        ...{ tty, input, keys },
        ...(tty ? { resize: resizing(`/containers/${id}`) } : {}),
        ...(passSignals && { onSignal: (signal) => killWith(id, signal) }),
      });
      if (detached) throw new DockerError('read escape sequence');
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
