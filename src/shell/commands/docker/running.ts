/** docker run, create, start, exec, attach, wait, logs. */
import { type Answer, Connection } from '../../../container/index.ts';
import { type Sys, sys, writeAll } from '../../../linux/index.ts';
import type { OptionSpec } from '../options.ts';
import { orNull } from '../support.ts';
import { answerTo, api, DockerError, messageOf, relay, stream, tryApi } from './api.ts';
import { type DockerCommand, each } from './commands.ts';
import { createOptions } from './createOptions.ts';
import { bodyOf, create, environment, terminalSize, told } from './creating.ts';
import { detachKeysOf } from './detachKeys.ts';

const tell = (message: string) => writeAll(2, `${message}\n`);

const keysOption: OptionSpec = {
  ...{ long: 'detach-keys', argument: 'string' },
  help: 'Keys that leave the container alone (ctrl-p,ctrl-q)',
};
const proxyOption: OptionSpec = {
  ...{ long: 'sig-proxy', argument: 'bool' },
  help: 'Pass signals on (default true)',
};
/** Of a flag that is on unless it is given as `--flag=false`. */
const isOn = (text: string | null) => text !== 'false';

const detach: OptionSpec = { short: 'd', long: 'detach', help: 'Run in the background and print the id' };

function* startOrFail(id: string, connection: Connection): Sys<void> {
  const response = yield* tryApi('POST', `/containers/${id}/start`, null, connection);
  if (response.status >= 400) throw new DockerError(`Error response from daemon: ${messageOf(response)}`);
}

interface Streams {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
}

interface Foreground {
  readonly tty: boolean;
  readonly streams: Streams;
  /** The container goes when it has ended. */
  readonly autoRemove: boolean;
  readonly detachKeys: string | null;
  readonly passSignals: boolean;
  /** On which the start is asked for. */
  readonly connection: Connection;
}

const attachPath = (id: string, streams: Streams) =>
  `/containers/${id}/attach?stream=1${Object.entries(streams)
    .map(([name, wanted]) => `&${name}=${wanted ? 1 : 0}`)
    .join('')}`;

/** Attaches, starts, relays and waits: the foreground of docker run and docker start -a. */
function* foreground(
  id: string,
  options: Foreground,
  telling: (start: () => Sys<void>) => Sys<void>,
): Sys<number> {
  const { tty, streams, autoRemove, passSignals, connection } = options;
  const input = streams.stdin;
  const keys = detachKeysOf(options.detachKeys);
  const attached = yield* stream(attachPath(id, streams), null, 125);
  if (!input) yield* sys.shutdown(attached.fd, 'wr');
  const waiting = yield* waiterFor(id, autoRemove ? 'removed' : 'next-exit');
  yield* telling(() => startOrFail(id, connection));
  const end = yield* relay(attached, {
    ...{ tty, input, keys, patience: 3 },
    ...(tty ? { resize: resizing(`/containers/${id}`) } : {}),
    ...(passSignals && { onSignal: (signal) => killWith(id, signal) }),
  });
  return end === 'detached' ? 0 : yield* waiting();
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
  return () => exitStatusFrom(answer);
}

function* exitStatusFrom(answer: Answer): Sys<number> {
  const { body } = yield* answer.whole();
  yield* answer.close();
  return (body as { StatusCode: number } | null)?.StatusCode ?? 125;
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
    options: [...createOptions, detach, keysOption, proxyOption],
    operandsEndOptions: true,
    operands: [1, Number.POSITIVE_INFINITY],
    *run(parsed, env) {
      const background = parsed.has('detach');
      const body = yield* told('run', () => bodyOf(parsed, env));
      const { Tty: tty, AttachStdin, AttachStdout, AttachStderr } = body;
      if (!background && tty && AttachStdin) yield* requireTerminal();
      if (background && parsed.has('attach'))
        throw new DockerError('conflicting options: cannot specify both --attach and --detach');
      const nothing = { AttachStdin: false, AttachStdout: false, AttachStderr: false, StdinOnce: false };
      const whole = background ? { ...body, ...nothing } : body;
      const connection = new Connection();
      const id = yield* told('run', () => create(parsed, env, whole, connection));
      if (!background) {
        const streams = { stdin: AttachStdin, stdout: AttachStdout, stderr: AttachStderr };
        const detachKeys = parsed.value('detach-keys');
        const passSignals = isOn(parsed.value('sig-proxy'));
        const autoRemove = parsed.has('rm');
        const options = { tty, streams, detachKeys, passSignals, autoRemove, connection };
        return yield* foreground(id, options, (start) => told('run', start));
      }
      yield* told('run', () => startOrFail(id, connection));
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
      const body = yield* told('create', () => bodyOf(parsed, env));
      yield* writeAll(1, `${yield* create(parsed, env, body)}\n`);
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
      const connection = new Connection();
      if (parsed.has('attach') || parsed.has('interactive')) {
        const found = (yield* api('GET', `/containers/${parsed.operands[0]}/json`)) as {
          Id: string;
          Config: { Tty: boolean };
          HostConfig: { AutoRemove: boolean };
        };
        if (parsed.operands.length > 1)
          throw new DockerError('you cannot start and attach multiple containers at once');
        return yield* foreground(
          found.Id,
          {
            tty: found.Config.Tty,
            streams: { stdin: parsed.has('interactive'), stdout: true, stderr: true },
            autoRemove: found.HostConfig.AutoRemove,
            detachKeys: parsed.value('detach-keys'),
            passSignals: !found.Config.Tty,
            connection,
          },
          (start) => start(),
        );
      }
      const failed: string[] = [];
      for (const name of parsed.operands) {
        const { status, body } = yield* tryApi('POST', `/containers/${name}/start`, null, connection);
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
      { short: 'e', long: 'env', argument: 'env', help: 'Set environment variables' },
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
        Env: yield* environment(parsed, env, 1),
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
      const end = yield* relay(fd, { ...{ tty, input, keys, patience: 1 }, ...resize });
      if (end === 'detached') throw new DockerError('read escape sequence');
      if (end === 'interrupted') return 0;
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
      const fd = yield* stream(attachPath(id, { stdin: input, stdout: true, stderr: true }));
      const passSignals = !tty && isOn(parsed.value('sig-proxy'));
      // A terminal that seems to change makes a shell show its prompt anew.
      const [rows, cols] = yield* terminalSize();
      if (tty && rows > 0) yield* resizing(`/containers/${id}`)(rows + 1, cols + 1);
      const end = yield* relay(fd, {
        ...{ tty, input, keys, patience: 3 },
        ...(tty ? { resize: resizing(`/containers/${id}`) } : {}),
        ...(passSignals && { onSignal: (signal) => killWith(id, signal) }),
      });
      if (end === 'detached') throw new DockerError('read escape sequence');
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
