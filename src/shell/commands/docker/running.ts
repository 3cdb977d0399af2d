/** docker run, create, start, exec, attach, wait, logs. */
import { type Sys, sys, writeAll } from '../../../linux/index.ts';
import type { OptionSpec, Parsed } from '../options.ts';
import { orNull } from '../support.ts';
import { api, DockerError, messageOf, relay, stream, tryApi } from './api.ts';
import { type DockerCommand, each } from './commands.ts';

const tell = (message: string) => writeAll(2, `${message}\n`);

const createOptions: readonly OptionSpec[] = [
  { short: 'e', long: 'env', argument: 'list', help: 'Set environment variables' },
  { long: 'entrypoint', argument: 'string', help: "Overwrite the image's entrypoint" },
  { short: 'h', long: 'hostname', argument: 'string', help: 'Host name of the container' },
  { short: 'i', long: 'interactive', help: 'Keep standard input open' },
  { short: 'l', long: 'label', argument: 'list', help: 'Set labels' },
  { long: 'mount', argument: 'mount', help: 'Mount a volume, directory or tmpfs' },
  { long: 'name', argument: 'string', help: 'Give the container a name' },
  { long: 'read-only', help: 'Mount the root file system read-only' },
  { long: 'restart', argument: 'string', help: 'no, always, unless-stopped, on-failure[:N]' },
  { long: 'rm', help: 'Remove the container when it has ended' },
  { long: 'tmpfs', argument: 'list', help: 'Mount a tmpfs' },
  { short: 't', long: 'tty', help: 'Give the container a terminal' },
  { short: 'u', long: 'user', argument: 'string', help: 'User or uid (name|uid[:group|gid])' },
  { short: 'v', long: 'volume', argument: 'list', help: 'Bind mount a volume or directory' },
  { short: 'w', long: 'workdir', argument: 'string', help: 'Working directory' },
];

const detach: OptionSpec = { short: 'd', long: 'detach', help: 'Run in the background and print the id' };

function mountOf(text: string) {
  const fields = new Map(
    text
      .split(',')
      .map((part) => [part.split('=', 1)[0]!, part.includes('=') ? part.slice(part.indexOf('=') + 1) : '']),
  );
  const Type = fields.get('type') ?? 'volume';
  const Target = fields.get('target') ?? fields.get('destination') ?? fields.get('dst') ?? '';
  if (!['volume', 'bind', 'tmpfs'].includes(Type))
    throw new DockerError(
      `invalid argument "${text}" for "--mount" flag: type ${Type} is not simulated`,
      125,
    );
  if (Target === '')
    throw new DockerError(`invalid argument "${text}" for "--mount" flag: target is required`, 125);
  const ReadOnly = ['readonly', 'ro'].some((key) => fields.has(key) && fields.get(key) !== 'false');
  return { Type, Source: fields.get('source') ?? fields.get('src') ?? '', Target, ReadOnly };
}

function restartOf(text: string | null) {
  if (text === null) return undefined;
  const match = /^(no|always|unless-stopped|on-failure)(?::(\d+))?$/.exec(text);
  if (match === null)
    throw new DockerError(
      `invalid restart policy: unknown policy '${text}'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'`,
      125,
    );
  return { Name: match[1]!, MaximumRetryCount: Number(match[2] ?? 0) };
}

function* terminalSize(): Sys<[number, number]> {
  const size = yield* orNull(() => sys.tcgetwinsize(1), 'ENOTTY', 'EBADF');
  return size === null ? [0, 0] : [size.rows, size.cols];
}

function environment(parsed: Parsed, env: ReadonlyMap<string, string>): string[] {
  return parsed
    .values('env')
    .flatMap((pair) => (pair.includes('=') ? [pair] : env.has(pair) ? [`${pair}=${env.get(pair)}`] : []));
}

function* create(parsed: Parsed, env: ReadonlyMap<string, string>, attached: boolean): Sys<string> {
  const [image = '', ...Cmd] = parsed.operands;
  const labels = parsed
    .values('label')
    .map((label) => [
      label.split('=', 1)[0]!,
      label.includes('=') ? label.slice(label.indexOf('=') + 1) : '',
    ]);
  const entrypoint = parsed.value('entrypoint');
  const body = {
    Image: image,
    Cmd,
    ...(entrypoint !== null && { Entrypoint: entrypoint === '' ? [] : [entrypoint] }),
    Env: environment(parsed, env),
    Tty: parsed.has('tty'),
    OpenStdin: parsed.has('interactive'),
    AttachStdin: attached && parsed.has('interactive'),
    Hostname: parsed.value('hostname') ?? '',
    User: parsed.value('user') ?? '',
    WorkingDir: parsed.value('workdir') ?? '',
    Labels: Object.fromEntries(labels) as Record<string, string>,
    HostConfig: {
      Binds: parsed.values('volume'),
      Mounts: parsed.values('mount').map(mountOf),
      Tmpfs: parsed.values('tmpfs').map((text) => text.split(':', 1)[0]!),
      RestartPolicy: restartOf(parsed.value('restart')),
      AutoRemove: parsed.has('rm'),
      ReadonlyRootfs: parsed.has('read-only'),
      ConsoleSize: yield* terminalSize(),
    },
  };
  const name = parsed.value('name');
  const path = `/containers/create${name === null ? '' : `?name=${encodeURIComponent(name)}`}`;
  const response = yield* tryApi('POST', path, body);
  const message = messageOf(response);
  if (response.status === 404 && message.startsWith('No such image')) {
    const tagged = message.slice('No such image: '.length);
    const repository = tagged.replace(/:[^/]+$/, '');
    throw new DockerError(
      `Unable to find image '${tagged}' locally\ndocker: Error response from daemon: pull access denied for ${repository}, repository does not exist or may require 'docker login': this host has no network.\n\nRun 'docker run --help' for more information`,
      125,
    );
  }
  if (response.status >= 400)
    throw new DockerError(
      `docker: Error response from daemon: ${message}\n\nRun 'docker run --help' for more information`,
      125,
    );
  return (response.body as { Id: string }).Id;
}

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
      yield* writeAll(1, `${yield* create(parsed, env, false)}\n`);
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
        Env: environment(parsed, env),
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
      const fd = yield* stream(`/containers/${found.Id}/attach?stream=1`);
      const waiting = yield* waiterFor(found.Id);
      yield* relay(fd, { tty: found.Config.Tty, input: found.Config.OpenStdin });
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
